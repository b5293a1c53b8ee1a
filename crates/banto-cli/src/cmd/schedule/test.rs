//! `schedule test`: runs what a schedule does, now, in the foreground.
//!
//! A command runs under its own limits and what it prints is printed here. A function or a job runs in a worker of its own,
//! over a store in memory: so it goes the very way of a real run, and nothing of it is on the ledger.

use std::sync::Arc;

use banto_core::{FireId, Ids, JobId, Name, NewJob, Payload, State};
use banto_engine::{
    Action, Config, Entry, Registry, Timetable, Worker, preflight,
    timetable::{RUN_KIND, RUN_QUEUE},
};
use banto_process::{Clocks, Ended, Runner, Sink, Spec, Stream};
use banto_store::{Clock, Store, memory::Memory};
use serde_json::json;
use tokio::sync::mpsc;

use crate::{
    cmd::{Desk, schedule::look::Look},
    exit::{Exit, Failure},
    given::Given,
    mean,
};

/// Lines of output that may wait to be printed.
const LINES_WAITING: usize = 1_024;

pub(super) async fn run(desk: &mut Desk<'_>, given: &Given, name: &str) -> Result<Exit, Failure> {
    let name = mean::schedule::name(name)?;
    let registry = desk.known().await?;
    let timetable = given.read(registry.as_ref())?.timetable;
    let found = timetable.entry(&name).or_else(|| timetable.elsewhere().find(|entry| entry.schedule.name == name));
    let Some(entry) = found.cloned() else {
        let faults = timetable.faults().join("; could not ");
        return Err(match faults.is_empty() {
            true if desk.store().schedules().await?.schedules.iter().any(|view| view.name == name) => Failure::new(
                Exit::NotListed,
                format!("run the schedule {name}: the store has it, and what it does stands in another build or file"),
            ),
            true => Look::at(desk, given).await?.not_listed(&name),
            false => Failure::new(Exit::Unfit, format!("run the schedule {name}: could not {faults}")),
        });
    };
    desk.print.note(format!("{name}: {}", entry.words()));
    match &entry.action {
        Action::Command(spec) => command(desk, spec).await,
        Action::Call(_) | Action::Enqueue { .. } => {
            in_memory(desk, timetable, &entry, registry.unwrap_or_default()).await
        }
    }
}

async fn command(desk: &mut Desk<'_>, spec: &Spec) -> Result<Exit, Failure> {
    let (wall, steady) = (desk.clock(), desk.clock());
    let runner = Runner::new(Clocks::new(move || wall.wall_ms(), move || steady.steady_ms()));
    let (lines, mut heard) = mpsc::channel(LINES_WAITING);
    let started = runner.start(spec, Sink::to(lines)).await;
    let started = started.map_err(|faults| Failure::new(Exit::Unfit, faults.to_string()))?;
    let json = desk.print.json();
    let print = &mut desk.print;
    let listening = async {
        while let Some(line) = heard.recv().await {
            match line.stream {
                Stream::Out if !json => print.say(&line.text),
                _ => print.note(&line.text),
            }
        }
    };
    let (ended, ()) = tokio::join!(started, listening);
    let well = ended.is_success(spec);
    told(desk, well, &ended.words(), Some(&ended))
}

/// Runs a function, or a job of a kind, in a worker over a store in memory.
async fn in_memory(
    desk: &mut Desk<'_>,
    timetable: Timetable,
    entry: &Entry,
    mut registry: Registry,
) -> Result<Exit, Failure> {
    let clock = desk.clock();
    let now = clock.wall_ms();
    let id = Ids::new(fastrand::u64(..)).make(now);
    let job = match &entry.action {
        Action::Enqueue { make, .. } => {
            let mut alone = Timetable::new(timetable.service.clone(), timetable.build.as_str());
            alone.add_entry(entry.clone());
            preflight::kinds_of(&alone, &registry).map_err(|unfit| Failure::new(Exit::NoKinds, unfit.0.join("; ")))?;
            make(id, now)?
        }
        Action::Call(_) | Action::Command(_) => call(entry, id, now)?,
    };
    let store: Arc<dyn Store> = Arc::new(Memory::new(clock.clone(), fastrand::u64(..)));
    // It is not tried again, and has nobody to overlap with.
    let job = NewJob { attempts_max: Some(1), unique: None, ..job };
    let queue = job.queue.clone();
    store.enqueue(Arc::new([job])).await?;
    // Whatever the environment: it was asked for by name.
    let environment = entry.schedule.environments.first().map_or("production", Name::as_str);
    let mut own = Timetable::new(timetable.service.clone(), timetable.build.as_str()).environment(environment);
    own.add_entry(entry.clone());
    work(desk, store.clone(), queue, Arc::new(own), &mut registry, clock).await?;
    let card = store.job(id).await?;
    let ended = card.map(|card| (card.job.state, card.job.error));
    let (well, text) = match ended {
        Some((State::Done, _)) | None => (true, "it ended well".to_owned()),
        Some((state, error)) => (false, format!("it is {state}: {}", error.unwrap_or_default())),
    };
    told(desk, well, &text, None)
}

/// The job of a run that was due just now.
fn call(entry: &Entry, id: JobId, now: i64) -> Result<NewJob, Failure> {
    let fire = FireId { schedule: entry.schedule.name.clone(), due_at: now };
    let mut job = NewJob::new(id, Name::new(RUN_KIND)?, Name::new(RUN_QUEUE)?, Payload::of(&fire)?);
    job.options.fire = Some(fire);
    Ok(job)
}

async fn work(
    desk: &Desk<'_>,
    store: Arc<dyn Store>,
    queue: Name,
    timetable: Arc<Timetable>,
    registry: &mut Registry,
    clock: Arc<dyn Clock>,
) -> Result<(), Failure> {
    timetable.work_in(registry);
    let config = Config { stop_when_empty: true, start_anyway: true, ..Config::new(Name::new("test")?, [queue]) };
    let mut worker = Worker::new(store, registry.clone(), config).clock(clock);
    for layer in &desk.app.layers {
        worker = worker.layer(crate::cmd::work::Again(layer.clone()));
    }
    worker.start().await.map_err(|unfit| Failure::new(Exit::Unfit, unfit.to_string()))?;
    Ok(())
}

fn told(desk: &mut Desk<'_>, well: bool, words: &str, ended: Option<&Ended>) -> Result<Exit, Failure> {
    let exit = if well { Exit::Well } else { Exit::Found };
    if desk.print.json() {
        let code = ended.and_then(|ended| match ended.exit {
            banto_process::Exit::Code(code) => Some(code),
            _ => None,
        });
        let (ran_ms, tail) = (ended.map(|ended| ended.ran_ms), ended.map(|ended| &ended.tail));
        desk.print.object(&json!({ "well": well, "words": words, "exit": code, "ran_ms": ran_ms, "tail": tail }))?;
    } else {
        desk.print.note(words);
    }
    Ok(exit)
}
