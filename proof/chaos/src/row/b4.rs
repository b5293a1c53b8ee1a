//! B4: every connection to the server is cut, ten times a second (Redis) or twice (PostgreSQL), while there is work.
//!
//! Promises: nothing is lost or finished wrongly, and the pace stays at half of what it was, at least.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    Told,
    account::count,
    kept::Kept,
    ledger::Word,
    report::{Check, Report},
    stage::{Scene, Stage},
};

const LIMIT: Duration = Duration::from_secs(60);
/// The long form leaves work of a minute on a quiet machine.
const DRAINED: Duration = Duration::from_secs(240);
const TERMINATE: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let (window, jobs) = stage.pick((Duration::from_secs(3), 4_000), (Duration::from_secs(30), 40_000));
    let mut client = scene.client("client", jobs);
    (client.batch, client.ms) = (200, (20, 30));
    client.finish(&scene, LIMIT)?;
    let _workers = (0..2).map(|n| scene.worker(&format!("worker-{n}")).start(&scene)).collect::<Told<Vec<_>>>()?;
    stage.until("the first ends", LIMIT, || Ok(count(&scene.runs()?, Word::Wrote) > 50))?;
    let (undisturbed, _) = pace(&scene, window, || Ok(()))?;
    let every = if stage.kept == Kept::Redis { 100 } else { 500 };
    let mut other = scene.client("other", 1_000_000);
    (other.keyed, other.every_ms, other.patience_ms) = (true, 50, 60_000);
    let mut other = other.start(&scene)?;
    let (disturbed, cuts) = pace(&scene, window, || {
        sleep(Duration::from_millis(every));
        cut(stage)
    })?;
    other.kill()?;
    scene.drained(DRAINED)?;
    let (account, ..) = scene.account()?;
    let (open, doubled) = (account.open, account.duplicated_runs);
    Ok(Report::of(account)
        .headed(Check::at_least("pace of what it was", disturbed / undisturbed.max(1.0), "", 0.5))
        .check(Check::none("not ended", open))
        .check(Check::none("rules of the store that are broken", scene.broken()?.len() as u64))
        .note(format!(
            "{cuts} cuts of everything; {undisturbed:.0} and {disturbed:.0} ends a second; {doubled} ran twice"
        )))
}

/// How many jobs end in a second while `harm` is done again and again, and how often it was.
fn pace(scene: &Scene<'_>, window: Duration, mut harm: impl FnMut() -> Told<()>) -> Told<(f64, u64)> {
    let (before, since) = (count(&scene.runs()?, Word::Wrote), Instant::now());
    let mut harms = 0;
    while since.elapsed() < window {
        harm()?;
        harms += 1;
        sleep(Duration::from_millis(5));
    }
    let ended = count(&scene.runs()?, Word::Wrote) - before;
    Ok((ended as f64 / since.elapsed().as_secs_f64(), harms))
}

fn cut(stage: &Stage) -> Told<()> {
    match stage.kept {
        Kept::Redis => stage.redis(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).map(drop),
        _ => stage.psql(TERMINATE).map(drop),
    }
}
