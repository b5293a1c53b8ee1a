//! B8: PostgreSQL is slow: statements are given up after 50 ms, every table is locked, every answer comes late.
//!
//! Promises: workers' memory stays bounded, nothing is lost or finished wrongly, work goes on within 5 s, and as long as no
//! lease is over nothing runs twice.

use std::{thread::sleep, time::Duration};

use super::outage::{BACK_MS, Load, works_again};
use crate::{
    Told,
    ledger::Word,
    proxy::{Ill, Proxy},
    report::{Check, Report},
    server::Psql,
    stage::{Scene, Stage, now},
};

const LIMIT: Duration = Duration::from_secs(60);
const MEMORY_MIB: f64 = 100.0;
/// How often it is begun to lock all tables.
const LOCKS_MAX: u32 = 30;

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let proxy = Proxy::before(stage.server(|server| server.port())?, stage.seed)?;
    let mut load = Load::start(&scene, &scene.url_at(&proxy.at())?)?;
    let mut waits = Vec::new();
    let mut slow = |harm: &dyn Fn() -> Told<()>| -> Told<()> {
        harm()?;
        let back = now();
        waits.push(works_again(&scene, back)?.saturating_sub(back));
        Ok(())
    };
    slow(&|| {
        stage.psql("ALTER ROLE postgres SET statement_timeout = '50ms'")?;
        proxy.cut_all();
        sleep(Duration::from_secs(stage.pick(3, 20)));
        stage.psql("ALTER ROLE postgres RESET statement_timeout")?;
        proxy.cut_all();
        Ok(())
    })?;
    // Shorter than a lease, in the short form.
    slow(&|| lock(&scene, Duration::from_secs(stage.pick(5, 20))))?;
    slow(&|| {
        proxy.be(Ill { delay_ms: 100, ..Ill::default() });
        sleep(Duration::from_secs(stage.pick(4, 60)));
        proxy.be(Ill::default());
        Ok(())
    })?;
    let peak = load.peak_mib();
    let (ended, refused) = load.stop(&scene)?;
    scene.drained(LIMIT)?;
    let (account, runs, _) = scene.account()?;
    let (open, doubled, longest) = (account.open, account.duplicated_runs, waits.iter().copied().max().unwrap_or(0));
    let told = runs.iter().filter(|line| line.word == Word::Rescued).count() as u64;
    Ok(Report::of(account)
        .headed(Check::at_most("work goes on after", longest as f64 / 1_000.0, "s", BACK_MS as f64 / 1_000.0))
        .check(Check::none("not ended", open))
        .check(Check::none("processes of ours that ended", ended))
        .check(Check::at_most("memory of a process", peak, "MiB", MEMORY_MIB))
        .check(Check::at_most("runs that no rescue explains", doubled.saturating_sub(told) as f64, "", 0.0))
        .check(Check::none("rules of the store that are broken", scene.broken()?.len() as u64))
        .recovery(longest)
        .note(format!("{refused} refusals were heard and asked again; {doubled} ran twice")))
}

/// Locks every table of the store for so long.
fn lock(scene: &Scene<'_>, long: Duration) -> Told<()> {
    let stage = scene.stage;
    let port = stage.server(|server| server.port())?;
    stage.wait(async {
        let psql = Psql::open(port).await?;
        let tables = psql
            .say("SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables WHERE schemaname = 'store'")
            .await?;
        // Tables are locked one after the other, so a worker may come in between, and one of the two is given up.
        let locking = format!("BEGIN; LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", tables.join(", "));
        let mut left = LOCKS_MAX;
        while let Err(wrong) = psql.say(&locking).await {
            left -= 1;
            if left == 0 || !wrong.contains("deadlock detected") {
                return Err(wrong);
            }
            psql.say("ROLLBACK").await?;
        }
        tokio::time::sleep(long).await;
        psql.say("COMMIT").await.map(drop)
    })
}
