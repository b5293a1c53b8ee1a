//! A5: a deploy, over and over: under load, one worker after the other gets TERM, ends, and is started anew.
//!
//! Promises: no run is cut, so no job runs twice; no attempt is burned; every worker ends well and within its grace.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::{
    Told,
    ledger::Word,
    report::{Check, Report},
    stage::Stage,
};

const WORKERS: usize = 4;

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let (jobs, restarts) = stage.pick((1_000, 8), (10_000, 20));
    let specs: Vec<_> = (0..WORKERS).map(|n| scene.worker(&format!("worker-{n}"))).collect();
    let mut workers: Vec<_> = specs.iter().map(|spec| spec.start(&scene)).collect::<Told<_>>()?;
    let mut client = scene.client("client", jobs);
    (client.ms, client.every_ms) = ((20, 100), 10);
    let mut client = client.start(&scene)?;
    stage
        .until("the first run", Duration::from_secs(20), || Ok(scene.runs()?.iter().any(|l| l.word == Word::Begin)))?;
    let (mut longest, mut bad) = (Duration::ZERO, 0);
    for (worker, spec) in (0..restarts).map(|n| n % WORKERS).filter_map(|n| Some((n, specs.get(n)?))) {
        sleep(Duration::from_millis(stage.draw(50..=400)));
        let Some(worker) = workers.get_mut(worker) else { continue };
        let since = Instant::now();
        worker.signal(Signal::TERM)?;
        bad += u64::from(!worker.wait(Duration::from_millis(spec.grace_ms + 5_000))?.success());
        longest = longest.max(since.elapsed());
        *worker = spec.start(&scene)?;
    }
    client.succeed(Duration::from_secs(120))?;
    scene.drained(Duration::from_secs(60))?;
    drop(workers);
    let (account, _, listed) = scene.account()?;
    let burned = listed.iter().filter(|job| job.attempt != 1 || job.crashes > 0).count() as u64;
    let (open, dead, doubled, late) = (account.open, account.dead, account.duplicated_runs, account.late_refused);
    Ok(Report::of(account)
        .headed(Check::none("burned attempts", burned))
        .check(Check::none("run twice", doubled))
        .check(Check::none("dead", dead))
        .check(Check::none("not ended", open))
        .check(Check::none("late", late))
        .check(Check::none("restarts that ended badly", bad))
        .check(Check::at_most("longest stop", longest.as_secs_f64(), "s", 11.0))
        .note(format!("{restarts} restarts under load")))
}
