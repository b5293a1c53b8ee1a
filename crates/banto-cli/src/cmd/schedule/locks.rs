//! `schedule locks`: which runs hold back the next due instants of schedules that do not overlap, and who has them.
//!
//! Nobody has to be asked to let go: a lock is the run's own job, and one whose worker died is taken back when its lease is
//! over.

use banto_core::{Job, JobId, ScheduleName, lease::LEASE_MS};
use banto_engine::timetable::key;
use banto_store::{Seen, Status};
use serde_json::{Value, json};

use super::{look::Look, say::Local};
use crate::{
    args::schedule::Locks,
    cmd::{Desk, line::from_now},
    exit::{Exit, Failure},
    given::Given,
    table,
};

/// Who holds a schedule back.
struct Lock<'a> {
    schedule: &'a ScheduleName,
    id: JobId,
    /// `None` if the job is not listed (any more).
    job: Option<Job>,
    holder: Option<Seen>,
}

pub(super) async fn run(desk: &mut Desk<'_>, given: &Given, typed: &Locks) -> Result<Exit, Failure> {
    let local = Local::of(&typed.zone)?;
    let look = Look::at(desk, given).await?;
    let instances = desk.store().instances().await?;
    let mut locks = Vec::new();
    for line in &look.lines {
        // Whether it overlaps may have changed since the run began.
        let Some(held) = desk.store().holder(key(&line.name)?).await? else { continue };
        let job = desk.store().job(held.job).await?.map(|card| card.job);
        let instance = job.as_ref().and_then(|job| job.instance);
        let holder = instances.iter().find(|seen| Some(seen.instance.id) == instance).cloned();
        locks.push(Lock { schedule: &line.name, id: held.job, job, holder });
    }
    if desk.print.json() {
        return locks.iter().try_for_each(|lock| desk.print.object(&json(lock))).map(|()| Exit::Well);
    }
    if locks.is_empty() {
        desk.print.note("no schedule is held back by a run of its own");
        return Ok(Exit::Well);
    }
    let time = |lock: &Lock<'_>, at| {
        let schedule =
            look.lines.iter().find(|line| line.name == *lock.schedule).and_then(|line| line.schedule.as_ref());
        format!("{} ({})", local.time(schedule, at), from_now(at, look.now_ms))
    };
    let heads = ["schedule", "job", "state", "since", "instance", "worker", "host", "pid", "its worker"];
    let rows = locks.iter().map(|lock| row(lock, &time));
    let drawn = table::draw(heads, rows, desk.print.width());
    desk.print.say(drawn);
    Ok(Exit::Well)
}

fn row<'a>(lock: &Lock<'a>, time: &dyn Fn(&Lock<'a>, i64) -> String) -> [String; 9] {
    let job = lock.job.as_ref();
    let instance = lock.holder.as_ref().map(|seen| &seen.instance);
    let known = job.and_then(|job| job.instance).map(|id| id.to_string()).unwrap_or_default();
    [
        lock.schedule.to_string(),
        lock.id.to_string(),
        job.map_or_else(|| "not listed".into(), |job| job.state.to_string()),
        job.map(|job| time(lock, since(job))).unwrap_or_default(),
        known,
        instance.map(|instance| instance.name.to_string()).unwrap_or_default(),
        instance.map(|instance| instance.host.to_string()).unwrap_or_default(),
        instance.map(|instance| instance.pid.to_string()).unwrap_or_default(),
        is(lock),
    ]
}

/// How the worker of a run is.
fn is(lock: &Lock<'_>) -> String {
    let Some(instance) = lock.job.as_ref().and_then(|job| job.instance) else {
        return "nobody has begun it yet".into();
    };
    match &lock.holder {
        Some(seen) if seen.living => "lives".into(),
        Some(seen) if seen.instance.status == Status::Stopped => "has left; others take the run over".into(),
        Some(seen) => format!(
            "silent for {}; others take the run over {} s after its last renewal",
            banto_engine::explain::span(i64::try_from(seen.silent_ms).unwrap_or(i64::MAX)),
            LEASE_MS / 1_000
        ),
        None => format!("{instance} is not registered any more"),
    }
}

fn since(job: &Job) -> i64 {
    job.started_at.unwrap_or(job.enqueued_at)
}

fn json(lock: &Lock<'_>) -> Value {
    let instance = lock.holder.as_ref().map(|seen| &seen.instance);
    json!({
        "schedule": lock.schedule,
        "job": lock.id,
        "state": lock.job.as_ref().map(|job| job.state),
        "since": lock.job.as_ref().map(since),
        "instance": lock.job.as_ref().and_then(|job| job.instance),
        "worker": instance.map(|instance| &instance.name),
        "host": instance.map(|instance| &instance.host),
        "pid": instance.map(|instance| instance.pid),
        "living": lock.holder.as_ref().map(|seen| seen.living),
        "silent_ms": lock.holder.as_ref().map(|seen| seen.silent_ms),
    })
}
