//! C4: a wire that delays replies, cuts them in the middle, and ends connections before they come, by seed.
//!
//! Everything goes through it: enqueue, claim, finish, renew. Promises: what is in doubt is asked again, by its key; nothing
//! is enqueued twice, lost or finished wrongly, and what runs twice was claimed by an answer that nobody heard.

use std::{thread::sleep, time::Duration};

use super::outage::Load;
use crate::{
    Told,
    ledger::Word,
    load::Errand,
    proxy::{Ill, Proxy},
    report::{Check, Report},
    stage::Stage,
};

const LIMIT: Duration = Duration::from_secs(60);

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let proxy = Proxy::before(stage.server(|server| server.port())?, stage.seed)?;
    let mut load = Load::start(&scene, &scene.url_at(&proxy.at())?)?;
    proxy.be(Ill { dropped: 10, cut: 15, delay_ms: 10, says: None });
    sleep(Duration::from_secs(stage.pick(10, 120)));
    proxy.be(Ill::default());
    let (ended, refused) = load.stop(&scene)?;
    scene.drained(LIMIT)?;
    let (account, runs, listed) = scene.account()?;
    let mut indices: Vec<u64> =
        listed.iter().filter_map(|job| job.payload.read::<Errand>().ok()).map(|errand| errand.index).collect();
    let all = indices.len();
    indices.sort_unstable();
    indices.dedup();
    let rescued = runs.iter().filter(|line| line.word == Word::Rescued).count() as u64;
    let ((replies, harmed), open, doubled) = (proxy.counts(), account.open, account.duplicated_runs);
    let acked = account.acked;
    Ok(Report::of(account)
        .headed(Check::none("jobs enqueued twice", (all - indices.len()) as u64))
        .check(Check::none("not ended", open))
        .check(Check::at_most("runs that no rescue explains", doubled.saturating_sub(rescued) as f64, "", 0.0))
        .check(Check::none("processes of ours that ended", ended))
        .check(Check::at_least("replies cut or dropped", harmed as f64, "", 10.0))
        .check(Check::at_least("accepted all the same", acked as f64, "", 100.0))
        .check(Check::none("rules of the store that are broken", scene.broken()?.len() as u64))
        .note(format!(
            "{harmed} of {replies} replies were cut or dropped; {refused} refusals were heard and asked again"
        )))
}
