//! Preflight: all that is wrong, at once, and nothing claimed before.

use std::sync::Arc;

use banto_core::Backoff;
use banto_engine::{Context, Job, Unfit};
use banto_store::Read;
use serde::{Deserialize, Serialize};

use crate::house::{Act, House, acting};

#[derive(Serialize, Deserialize)]
struct Needy;

impl Job for Needy {
    const KIND: &'static str = "needy";
    const ALIASES: &'static [&'static str] = &["no good:name"];
}

#[tokio::test(start_paused = true)]
async fn every_fault_is_named_at_once_and_nothing_is_claimed() {
    let house = House::new();
    house.enqueue("x").await;
    let mut registry = acting(|_, _| async { Ok(()) });
    registry.add::<Act, (), _, _>(Arc::new(()), |_, _: Context| async { Ok(()) });
    let missing = || vec!["A_KEY".to_owned(), "a bucket".to_owned()];
    registry.add_needing::<Needy, (), _, _>(Arc::new(()), |_, _: Context| async { Ok(()) }, missing);
    let worker = house.worker(registry, |config| {
        config.queues.clear();
        config.concurrency = 0;
        config.lease_ms = 9_999;
        config.backoff = Backoff::Table(vec![]);
    });
    let Unfit(faults) = worker.run().await.unwrap_err();
    let wanted = [
        "register the kind \"act\" twice",
        "register a kind: could not take \"no good:name\"",
        "work without a queue",
        "work with concurrency 0",
        "work with leases of 9999 ms renewed every 3000 ms",
        "as a back-off",
        "run needy: it lacks A_KEY, a bucket",
    ];
    assert_eq!(faults.len(), wanted.len(), "{faults:#?}");
    for (fault, wanted) in faults.iter().zip(wanted) {
        assert!(fault.contains(wanted), "{fault} instead of {wanted}");
    }
    assert_eq!(house.memory.tally().await.unwrap().claimed, 0);
    assert_eq!(house.memory.instances().await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn leases_too_short_to_be_trusted_are_refused() {
    let house = House::new();
    for (lease_ms, renew_ms, good) in [(10_000, 3_000, true), (1_300, 100, true), (900, 300, false), (9_000, 0, false)]
    {
        let worker = house.worker(acting(|_, _| async { Ok(()) }), |config| {
            (config.lease_ms, config.renew_ms) = (lease_ms, renew_ms);
        });
        assert_eq!(worker.preflight().is_ok(), good, "{lease_ms} {renew_ms}");
    }
}
