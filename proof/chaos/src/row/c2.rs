//! C2: the wire is half open: what a client says arrives, and every answer to it vanishes.
//!
//! Promises: no call hangs for more than twice its time; once answers come again work is accepted within 5 s; whatever was
//! in doubt is asked again by its key, so nothing is enqueued twice and nothing is lost.

use std::{thread::sleep, time::Duration};

use super::wire;
use crate::{
    Told,
    kept::Kept,
    ledger::Word,
    load::Errand,
    process::Start,
    report::{Check, Report},
    stage::{Stage, now},
};

const LIMIT: Duration = Duration::from_secs(60);
const BACK_MS: u64 = 5_000;

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let net = stage.net()?;
    let mut scene = wire::across(stage)?;
    // What a call may take by its own words: Redis's answer, PostgreSQL's twice the statement's time and five seconds.
    let (options, call_ms) = match stage.kept {
        Kept::Redis => ("timeout_ms=1000", 1_000),
        _ => ("statement_timeout_ms=1000", 7_000),
    };
    scene.options = options.into();
    let mut client = scene.client("client", 1_000_000);
    (client.url, client.direct, client.keyed) = (scene.url_at(&wire::far_side(stage)?)?, true, true);
    (client.batch, client.every_ms, client.patience_ms) = (1, 20, 120_000);
    let mut process = Start::new("client", "client", &client)?.under(&net.there()).start(&scene)?;
    let _worker = scene.worker("worker").start(&scene)?;
    let acked = |since: u64| Ok(scene.acks()?.iter().any(|line| line.word == Word::Acked && line.at > since));
    stage.until("the first answers", LIMIT, || acked(0))?;
    net.swallow()?;
    let began = now();
    sleep(Duration::from_millis(stage.pick(call_ms + 4_000, 60_000)));
    net.answer()?;
    let back = now();
    stage.until("work accepted again", LIMIT, || acked(back))?;
    let wait = now() - back;
    process.kill()?;
    scene.drained(LIMIT)?;
    let acks = scene.acks()?;
    let spoken =
        acks.iter().filter(|line| matches!(line.word, Word::Sent | Word::Acked | Word::Refused) && line.at < back);
    let mut times: Vec<u64> = spoken.map(|line| line.at).collect();
    times.sort_unstable();
    let silent =
        times.windows(2).map(|two| two.iter().copied().max().unwrap_or(0) - two.iter().copied().min().unwrap_or(0));
    let silent = silent.max().unwrap_or(u64::MAX);
    let answered = acks.iter().filter(|l| l.word == Word::Acked && (began + 200..back).contains(&l.at)).count() as u64;
    let refused = acks.iter().filter(|line| line.word == Word::Refused).count();
    let (account, _, listed) = scene.account()?;
    let mut indices: Vec<u64> =
        listed.iter().filter_map(|job| job.payload.read::<Errand>().ok()).map(|errand| errand.index).collect();
    let all = indices.len();
    indices.sort_unstable();
    indices.dedup();
    let open = account.open;
    Ok(Report::of(account)
        .headed(Check::at_most("a call hangs for", silent as f64 / 1_000.0, "s", 2.0 * call_ms as f64 / 1_000.0))
        .check(Check::at_least("refusals heard", refused as f64, "", 1.0))
        .check(Check::none("answers through a wire that swallows them", answered))
        .check(Check::at_most("work accepted again after", wait as f64 / 1_000.0, "s", BACK_MS as f64 / 1_000.0))
        .check(Check::none("jobs enqueued twice", (all - indices.len()) as u64))
        .check(Check::none("not ended", open))
        .recovery(wait)
        .note(format!("{options}, half open for {} s", (back - began) / 1_000)))
}
