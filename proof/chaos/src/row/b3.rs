//! B3: the wire between the primary Redis and all others is cut, with clients on both sides; a replica is promoted on the
//! one side, and the other side's primary goes on by itself. Then the wire is whole again, and the old one is demoted.
//!
//! Promises: on the old side nothing is accepted, since no replica has it (`WAIT`); so nothing is lost when all that was
//! written there is wiped. On the new side work goes on within 10 s. Whoever asks for less
//! (`wait=0`) loses what it was told on the old side: the row counts that too.

use std::{thread::sleep, time::Duration};

use super::{
    b2::Group,
    outage::{Load, works_again},
};
use crate::{
    Told,
    ledger::Word,
    net::{HERE, THERE},
    process::Start,
    report::{Check, Report},
    server,
    stage::{Stage, now},
};

const BACK_MS: u64 = 10_000;
const LIMIT: Duration = Duration::from_secs(60);
/// An answer may have been on its way when the wire was cut, in milliseconds.
const ON_ITS_WAY_MS: u64 = 100;

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let net = stage.net()?;
    let group = Group::start(Some(net.name()), THERE, HERE)?;
    let primary = format!("{THERE}:{}", group.primary.port());
    group.ready(stage, &primary)?;
    let mut scene = stage.scene("split")?;
    scene.home = Some(group.address("split"));
    scene.options = "wait=1&wait_ms=500&timeout_ms=1000".into();
    let mut load = Load::start(&scene, &scene.url())?;
    let mut old = scene.client("old", 1_000_000);
    old.url = format!("redis://127.0.0.1:{}/0?prefix=split&{}", group.primary.port(), scene.options);
    (old.direct, old.keyed, old.batch, old.every_ms, old.patience_ms) = (true, true, 1, 20, 600_000);
    let mut process = Start::new("client", "old", &old)?.under(&net.there()).start(&scene)?;
    // The same without WAIT, in a store of its own: it shows what the wire does to whoever asks for less.
    let mut careless_scene = stage.scene("careless")?;
    careless_scene.home = Some(group.address("careless"));
    let mut careless = careless_scene.client("careless", 1_000_000);
    careless.url = format!("redis://127.0.0.1:{}/0?prefix=careless&wait=0", group.primary.port());
    (careless.direct, careless.batch, careless.every_ms) = (true, 1, 20);
    let mut careless = Start::new("client", "careless", &careless)?.under(&net.there()).start(&careless_scene)?;
    let by_old = |word, since: u64| -> Told<u64> {
        let lines = crate::ledger::read(&old.acks)?;
        Ok(lines.iter().filter(|line| line.word == word && line.at > since).count() as u64)
    };
    stage.until("the old side's first answers", LIMIT, || Ok(by_old(Word::Acked, 0)? > 20))?;
    net.cut()?;
    let cut = now();
    let wait = works_again(&scene, cut + ON_ITS_WAY_MS)?.saturating_sub(cut);
    sleep(Duration::from_secs(stage.pick(3, 30)));
    let (acked, refused) = (by_old(Word::Acked, cut + ON_ITS_WAY_MS)?, by_old(Word::Refused, cut)?);
    process.kill()?;
    careless.kill()?;
    net.join()?;
    stage.until("the old primary follow the new one", LIMIT, || {
        // Whoever is made a replica lets go of its clients, of this one too.
        Ok(server::redis(&primary, &["INFO", "replication"]).is_ok_and(|said| said.contains("role:slave")))
    })?;
    let (ended, _) = load.stop(&scene)?;
    scene.drained(LIMIT)?;
    let (account, ..) = scene.account()?;
    let open = account.open;
    let careless = careless_scene.account()?.0;
    Ok(Report::of(account)
        .headed(Check::none("accepted on the old side", acked))
        .check(Check::at_least("refusals on the old side", refused as f64, "", 1.0))
        .check(Check::at_most("work goes on after", wait as f64 / 1_000.0, "s", BACK_MS as f64 / 1_000.0))
        .check(Check::none("not ended", open))
        .check(Check::at_least("lost where nothing waits for a replica (wait=0)", careless.lost as f64, "", 1.0))
        .check(Check::none("processes of ours that ended", ended))
        .recovery(wait)
        .note(format!("without WAIT {} of {} accepted jobs were lost", careless.lost, careless.acked)))
}
