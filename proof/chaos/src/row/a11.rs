//! A11: panics: in a handler, in a layer around it, and in the drop of a value that a handler leaves.
//!
//! Promises: each is one failed attempt with the panic's text kept; the worker lives, and its other jobs are done.

use std::{collections::BTreeSet, time::Duration};

use banto_core::{Job, State};

use crate::{
    Told,
    ledger::Word,
    load::Act,
    report::{Check, Report},
    stage::Stage,
};

const LIMIT: Duration = Duration::from_secs(30);
const ACTS: [(Act, &str); 3] =
    [(Act::Panic, "the handler of"), (Act::PanicInLayer, "the layer around"), (Act::PanicInDrop, "a value of")];

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let (each, neighbours) = stage.pick((20, 300), (500, 5_000));
    let mut worker = scene.worker("worker").start(&scene)?;
    let mut clients = Vec::new();
    for (act, name) in ACTS {
        let mut client = scene.client(&name.replace(' ', "-"), each);
        (client.act, client.attempts_max) = (act, 1);
        clients.push(client.start(&scene)?);
    }
    clients.push(scene.client("neighbours", neighbours).start(&scene)?);
    clients.iter_mut().try_for_each(|client| client.succeed(LIMIT))?;
    scene.drained(LIMIT)?;
    let alive = worker.ended()?.is_none();
    let (account, runs, listed) = scene.account()?;
    let kept = |job: &&Job| {
        let error = job.error.as_deref().unwrap_or_default();
        job.state == State::Dead
            && job.attempt == 1
            && job.crashes == 0
            && ACTS.iter().any(|(_, text)| error.contains(text))
    };
    let kept = listed.iter().filter(kept).count() as u64;
    let done = listed.iter().filter(|job| job.state == State::Done).count() as u64;
    let pids: BTreeSet<u32> = runs.iter().filter(|line| line.word == Word::Up).map(|line| line.pid).collect();
    let doubled = account.duplicated_runs;
    Ok(Report::of(account)
        .headed(Check::exactly("one failed attempt, text kept", kept, "", (ACTS.len() * each) as u64))
        .check(Check::exactly("other jobs done", done, "", neighbours as u64))
        .check(Check::exactly("the worker that began lives", u64::from(alive && pids.len() == 1), "", 1))
        .check(Check::none("run twice", doubled)))
}
