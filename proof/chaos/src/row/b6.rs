//! B6: a Redis that throws keys away when its memory is full (asynq, issue 1144: a lease was evicted, and its job ran twice).
//!
//! Promises: it is refused at the start, with the cure; taken only when that is asked for by name, and then said; and if
//! somebody changes the policy under a store that is open, the store says so.

use std::time::Duration;

use banto_store::Fault;

use crate::{
    Told,
    kept::{self, Kept},
    report::{Check, Report},
    stage::Stage,
};

/// How long a store may take to see that the policy was changed: it looks every ten seconds.
const SEEN: Duration = Duration::from_secs(14);

pub(super) fn play(stage: &Stage) -> Told<Report> {
    debug_assert_eq!(stage.kept, Kept::Redis, "only Redis evicts");
    let policies = ["allkeys-lru", "allkeys-lfu", "allkeys-random"];
    let url = format!("redis://127.0.0.1:{}", stage.server(|server| server.port())?);
    let (mut refused, mut cured) = (0, 0);
    for policy in policies {
        stage.redis(&["CONFIG", "SET", "maxmemory-policy", policy])?;
        if let Err(error) = stage.wait(kept::open(&url, true)) {
            refused += u64::from(*error.fault() == Fault::Config);
            cured += u64::from(error.to_string().contains("noeviction"));
        }
    }
    let by_name =
        stage.wait(kept::open(&format!("{url}?durability=memory"), true)).map_err(|error| error.to_string())?;
    let said = by_name.about().notices.iter().any(|notice| notice.contains("allkeys-random"));
    stage.redis(&["CONFIG", "SET", "maxmemory-policy", "noeviction"])?;
    let open = stage.wait(kept::open(&url, true)).map_err(|error| error.to_string())?;
    let quiet = open.about().notices.is_empty();
    stage.redis(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"])?;
    let says = || Ok(open.about().notices.iter().any(|notice| notice.contains("allkeys-lru")));
    let seen = stage.until("the store see it", SEEN, says);
    let report = Report::default()
        .check(Check::exactly("policies that evict are refused", refused, "", policies.len() as u64))
        .check(Check::exactly("refusals that name the cure", cured, "", policies.len() as u64))
        .check(Check::exactly("said, where it is taken by name", u64::from(said), "", 1))
        .check(Check::exactly("nothing said of one that keeps all", u64::from(quiet), "", 1))
        .check(Check::exactly("a policy changed under an open store is said", u64::from(seen.is_ok()), "", 1));
    Ok(report)
}
