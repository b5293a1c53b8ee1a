//! A13: healthy jobs that run much longer than their lease, with other workers waiting to take them.
//!
//! Half of them sleep, half block their thread. Promises: none is ever taken away or run twice.

use std::time::Duration;

use crate::{
    Told,
    load::Act,
    report::{Check, Report},
    stage::Stage,
};

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let (lease_ms, long_ms) = stage.pick((3_000, 18_000), (10_000, 600_000));
    let specs: Vec<_> = (0..3).map(|n| scene.worker(&format!("worker-{n}"))).collect();
    let workers: Vec<_> = specs
        .into_iter()
        .map(|mut spec| {
            (spec.lease_ms, spec.concurrency, spec.grace_ms) = (lease_ms, 2, 1_000);
            spec.start(&scene)
        })
        .collect::<Told<_>>()?;
    for (name, act) in [("sleeps", Act::Sleep), ("blocks", Act::Block)] {
        let mut client = scene.client(name, 2);
        (client.act, client.ms) = (act, (long_ms, long_ms + 500));
        client.finish(&scene, Duration::from_secs(20))?;
    }
    scene.drained(Duration::from_millis(long_ms + 30_000))?;
    drop(workers);
    let (account, _, listed) = scene.account()?;
    let tally = scene.tally()?;
    let crashes = listed.iter().map(|job| u64::from(job.crashes)).sum();
    let (doubled, late, open) = (account.duplicated_runs, account.late_refused, account.open);
    Ok(Report::of(account)
        .headed(Check::none("run twice", doubled))
        .check(Check::none("rescued", tally.rescued))
        .check(Check::none("crashes counted", crashes))
        .check(Check::none("late", late))
        .check(Check::none("not ended", open))
        .note(format!("4 jobs of {} s, leases of {} s", long_ms / 1_000, lease_ms / 1_000)))
}
