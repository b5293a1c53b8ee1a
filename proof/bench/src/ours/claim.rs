//! What one claim costs, by the contract, whatever else lies in the store.
//!
//! With an `Ok` that does not wait for the disk, and only here: the disk's own time would cover what is looked for. So a claim
//! that grows with what is stored shows more, not less.

use std::time::Instant;

use banto_core::InstanceId;
use banto_store::Claim;

use crate::{
    Tried,
    child::{Ask, Took},
    ours, raw,
    sort::Sort,
};

/// Claims one job, `times` times; each claim's time in milliseconds.
pub fn measure(ask: &Ask, times: usize) -> Tried<Took> {
    let options = match raw::sort(&ask.address)? {
        Sort::Sqlite => "?synchronous=normal",
        Sort::Postgres => "?durability=async",
        Sort::Redis => "",
    };
    let queues = vec![ours::name(ours::QUEUE)?];
    let claim = Claim { instance: InstanceId(ask.seed), queues, limit: 1, lease_ms: 600_000, adopt: Vec::new() };
    ours::on_runtime(async {
        let store = ours::open(&ask.address, options).await?.store;
        let mut took = Took::default();
        for _ in 0..times {
            let began = Instant::now();
            let claimed = store.claim(claim.clone()).await.map_err(|error| error.to_string())?;
            took.samples.push(began.elapsed().as_secs_f64() * 1e3);
            if claimed.jobs.len() != 1 {
                return Err(format!("claim one job: {} came", claimed.jobs.len()));
            }
        }
        Ok(took)
    })
}
