//! `settle`: a move to or from another store.
//!
//! What becomes of the standing is decided here, on what the store has; the script writes it down only if nothing of that
//! has changed since, else it is looked at and decided anew. Every script that only an open store runs reads the
//! standing first, so whoever comes after a step is bound by it, and nobody can be under way meanwhile.

use banto_core::{FireId, ScheduleName, State};
use banto_store::{
    Card, Fault, FireView, Found, Key, Line, Load, Pause, Run, ScheduleView, Service, Settle, Settled, Standing, Step,
    StoreError,
    settle::{LOAD_MAX, ordered},
};

use crate::{
    Redis,
    call::Call,
    damage::{self, Wreck},
    enqueue,
    error::Result,
    fixed, keys, ledger, pause, reads,
    row::{Moving, id_of},
    schedule, script,
};

/// How often a step is decided anew because the store has changed under it.
const LOOKS_MAX: usize = 200;

/// How the store stands, and what a step must know of it.
struct Looked {
    wall: i64,
    /// As it is stored.
    text: String,
    standing: Option<Standing>,
    found: Found,
}

/// Takes a step.
pub(crate) async fn settle(store: &Redis, settle: &Settle) -> Result<Settled> {
    if let Step::Put(load) = &settle.step {
        load.check().map_err(StoreError::from)?;
    }
    if matches!(settle.step, Step::Close) {
        set_aside(store).await?;
    }
    for _ in 0..LOOKS_MAX {
        let looked = look(store).await?;
        if let Some(settled) = write(store, settle, looked).await? {
            return Ok(settled);
        }
    }
    let told = "move to or from another store: it changes all the time; try again";
    Err(StoreError::new(Fault::Busy, told))
}

/// How the store stands in a move.
pub(crate) async fn standing(store: &Redis) -> Result<Option<Standing>> {
    Ok(look(store).await?.standing)
}

async fn look(store: &Redis) -> Result<Looked> {
    let mut said = store.call(Call::of(&script::STANDING)).await?;
    let text = said.parts.maybe_bytes()?.unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let standing = match text.as_str() {
        "" => None,
        _ => Some(read(text.split_once('\n').map_or("", |(_, words)| words))?),
    };
    let found = Found { running: said.parts.count()? as u64, empty: said.parts.int()? == 1 };
    Ok(Looked { wall: said.wall, text, standing, found })
}

/// Reads how a store stands.
pub(crate) fn read(words: &str) -> Result<Standing> {
    serde_json::from_str(words).map_err(|error| {
        let what = format!("read how the store stands: {error} in the key `standing`; restore a backup");
        StoreError::new(Fault::Damaged, what)
    })
}

fn written(standing: Option<&Standing>) -> String {
    // Numbers and text, which serde_json always can write.
    let text = |standing: &Standing| {
        format!("{}\n{}", standing.stand.word(), serde_json::to_string(standing).unwrap_or_default())
    };
    standing.map(text).unwrap_or_default()
}

/// Takes the step if the store still stands as it was seen.
async fn write(store: &Redis, settle: &Settle, looked: Looked) -> Result<Option<Settled>> {
    let Looked { wall, text, standing, found } = looked;
    let clears = matches!(settle.step, Step::Clear { .. });
    let next = settle.decide(standing.as_ref(), Found { empty: found.empty && !clears, ..found }, wall)?;
    let unchanged = next == standing;
    let mut call = Call::of(&script::SETTLE).arg(text).arg(written(next.as_ref()));
    match &settle.step {
        Step::Put(load) => {
            call.push("put");
            put(&mut call, load);
        }
        // One that is cleared stays so.
        Step::Clear { limit } if !unchanged || next.as_ref().is_some_and(|next| !next.open()) => {
            let cleared = settle.decide(next.as_ref(), Found { empty: true, ..found }, wall)?;
            call.push("clear");
            call.push((*limit).min(LOAD_MAX).to_string());
            call.push(written(cleared.as_ref()));
        }
        Step::Close if !unchanged => call.push("close"),
        Step::Arrive(_) if !unchanged => call.push("arrive"),
        _ => call.push("step"),
    }
    let mut parts = store.call(call).await?.parts;
    let (done, fresh, more) = (parts.int()?, parts.count()?, parts.int()?);
    Ok((done == 1).then_some(Settled { fresh: fresh as u64, more: more == 1 }))
}

/// What nobody can read, nobody can end: it is parked, whoever runs it.
async fn set_aside(store: &Redis) -> Result<()> {
    let seat = keys::seat(State::Running, &banto_store::unreadable::stand_in());
    let mut parts = store.call(Call::of(&script::SEATS).number(LOAD_MAX).arg(seat)).await?.parts.list()?;
    let mut ids = Vec::with_capacity(parts.len());
    while parts.len() > 0 {
        ids.extend(id_of(&parts.bytes()?));
    }
    let read = reads::rows(store, &ids).await?;
    let wrecks: Vec<Wreck> = read.iter().filter_map(|(id, raw)| Some(Wreck::of(*id, raw.read(*id).err()?))).collect();
    damage::park(store, &wrecks).await.map(drop)
}

/// Things as the script takes them.
fn put(call: &mut Call, load: &Load) {
    load.jobs.iter().for_each(|card| put_job(call, card));
    load.keys.iter().for_each(|key| put_key(call, key));
    load.services.iter().for_each(|service| put_service(call, service));
    load.schedules.iter().for_each(|view| put_schedule(call, view));
    load.fires.iter().for_each(|view| put_fire(call, view));
    let mut field = |key: &str, what: &str, pause: &Pause| {
        put_field(call, key, what, pause::written(pause));
    };
    load.pauses.iter().for_each(|(queue, pause)| field("pause", queue.as_str(), pause));
    for (schedule, pause) in &load.halts {
        field("halt", schedule.as_ref().map_or("", ScheduleName::as_str), pause);
    }
}

fn put_field(call: &mut Call, key: &str, field: &str, value: impl Into<Vec<u8>>) {
    call.push("field");
    call.push(key);
    call.push(field);
    call.push(value);
}

fn put_job(call: &mut Call, Card { job, trail, .. }: &Card) {
    let (classes, _) = enqueue::classes([&ordered(job)].into_iter());
    // A text that is there begins with a sign, one that is not is another sign alone.
    let maybe = |text: Option<Vec<u8>>| text.map_or(b"-".to_vec(), |text| [b"+".as_slice(), &text].concat());
    let json = |park: &banto_core::Park| serde_json::to_vec(&(&park.text, &park.build)).unwrap_or_default();
    call.push("job");
    call.push(job.id.bytes().as_slice());
    call.push(Moving::of(job).written());
    call.push(fixed::of_job(job));
    call.push(classes.into_iter().next().unwrap_or_default());
    call.push(maybe(job.error.as_ref().map(|error| error.clone().into_bytes())));
    call.push(maybe(job.park.as_ref().map(json)));
    call.push(maybe(job.progress.as_ref().map(|said| serde_json::to_vec(said).unwrap_or_default())));
    call.push(trail.len().to_string());
    trail.iter().for_each(|line| call.push(written_line(line)));
}

fn written_line(line: &Line) -> Vec<u8> {
    let head = [line.at.to_le_bytes().as_slice(), &line.fence.to_le_bytes()].concat();
    [head.as_slice(), line.word.as_bytes(), b"\0", line.text.as_bytes()].concat()
}

fn put_key(call: &mut Call, Key { key, holder }: &Key) {
    call.push("key");
    call.push(key.as_str());
    call.push(holder.job.bytes().as_slice());
    call.push(holder.until.map(|until| until.to_string()).unwrap_or_default());
}

fn put_service(call: &mut Call, service: &Service) {
    put_field(call, "service", service.service.as_str(), schedule::written_service(service));
}

fn put_schedule(call: &mut Call, view: &ScheduleView) {
    let (stored, words) = schedule::written(view);
    put_field(call, "schedule", view.name.as_str(), stored);
    put_field(call, "model", view.name.as_str(), words);
}

fn put_fire(call: &mut Call, view: &FireView) {
    call.push("fire");
    call.push(fixed::field(&FireId { schedule: view.schedule.clone(), due_at: view.due_at }));
    call.push(view.fate.word());
    call.push(ledger::written(view));
    let output = view.run.as_ref().and_then(|run| run.output.as_ref());
    // Numbers and text, which serde_json always can write.
    call.push(output.map(|output| serde_json::to_vec(output).unwrap_or_default()).unwrap_or_default());
    call.push(view.run.as_ref().and_then(last).unwrap_or_default());
}

/// A run as its job stood last, if that is known.
fn last(run: &Run) -> Option<Vec<u8>> {
    let moving = Moving::of_run(run)?.written();
    Some([moving.as_slice(), run.error.as_deref().unwrap_or_default().as_bytes()].concat())
}
