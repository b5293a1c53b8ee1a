//! `fire`: due instants are accounted for.
//!
//! The primary key of the ledger is the schedule and the instant: two schedulers cannot both write one. What fires is
//! enqueued in the same transaction, so a due instant and its job are there together or not at all.

use std::collections::{BTreeMap, HashSet};

use banto_core::{Fate, JobId, NewJob, Reason, text::cut};
use banto_store::{Act, Enqueued, Fire, Fired, Firing, Pause, StoreError, fire::NOTE_BYTES_MAX};
use rusqlite::{OptionalExtension, params};

use crate::{
    desk::Desk,
    enqueue,
    error::{Result, fault},
    mutate, pause, schedule,
};

/// Refuses what cannot be fired. Needs no desk, so it is asked before the queue.
pub(crate) fn check(firing: &Firing) -> Result<()> {
    firing.check().map_err(StoreError::from)
}

/// Accounts for due instants.
pub(crate) fn fire(desk: &mut Desk<'_>, firing: &Firing) -> Result<Vec<Fired>> {
    write(desk, firing).map_err(|error| fault("account for due instants", &error))
}

fn write(desk: &mut Desk<'_>, firing: &Firing) -> rusqlite::Result<Vec<Fired>> {
    let halts = pause::SCHEDULES.all(desk.db, desk.now)?;
    let mut answers = Vec::with_capacity(firing.fires.len());
    let mut rest = firing.fires.as_slice();
    while !rest.is_empty() {
        let (part, after) = rest.split_at(distinct(rest));
        answers.extend(write_part(desk, firing, part, &halts)?);
        rest = after;
    }
    schedule::account(desk, firing)?;
    Ok(answers)
}

/// How many of the first are all different due instants: what is said twice in one call is looked at twice.
fn distinct(fires: &[Fire]) -> usize {
    let mut seen = HashSet::new();
    fires.iter().take_while(|fire| seen.insert((&fire.schedule, fire.due_at))).count()
}

type Halts = BTreeMap<String, Pause>;

fn write_part(desk: &mut Desk<'_>, firing: &Firing, fires: &[Fire], halts: &Halts) -> rusqlite::Result<Vec<Fired>> {
    let judged = fires.iter().map(|fire| judge(desk, firing, fire, halts)).collect::<rusqlite::Result<Vec<_>>>()?;
    let runs: Vec<NewJob> =
        judged.iter().filter_map(|judged| judged.as_ref().err()).map(|job| (**job).clone()).collect();
    let mut started = enqueue::accept(desk, &runs)?.into_iter();
    let mut answers = Vec::with_capacity(fires.len());
    for (fire, judged) in fires.iter().zip(judged) {
        let (answer, note) = match judged {
            Ok(answer) => (answer, None),
            Err(job) => of_enqueued(started.next(), job),
        };
        write_row(desk, firing, fire, answer, note.as_deref().unwrap_or(&fire.note))?;
        answers.push(answer);
    }
    Ok(answers)
}

/// What is to be answered, or the job that is to run.
fn judge<'a>(
    desk: &Desk<'_>,
    firing: &Firing,
    fire: &'a Fire,
    halts: &Halts,
) -> rusqlite::Result<std::result::Result<Fired, &'a NewJob>> {
    let registered = desk
        .db
        .prepare_cached(REGISTERED)?
        .query_row(params![fire.schedule.as_str(), firing.service.as_str(), fire.revision], |_| Ok(()))
        .optional()?;
    if registered.is_none() {
        return Ok(Ok(Fired::Stale));
    }
    let fate: Option<i64> = desk
        .db
        .prepare_cached(FATE)?
        .query_row(params![fire.schedule.as_str(), fire.due_at], |row| row.get(0))
        .optional()?
        .filter(|_| !mutate::due_dropped());
    let missed = fate == Some(number(Fate::Missed));
    Ok(match &fire.act {
        Act::Not(_) if fate.is_some() => Ok(Fired::There),
        Act::Run(_) if fate.is_some() && !missed => Ok(Fired::There),
        Act::Not(reason) => Ok(Fired::Not(*reason)),
        Act::Run(_) if halts.contains_key(fire.schedule.as_str()) => Ok(Fired::Not(Reason::Paused)),
        Act::Run(_) if halts.contains_key("") && !fire.even_in_maintenance => Ok(Fired::Not(Reason::Maintenance)),
        Act::Run(job) => Err(job),
    })
}

pub(crate) const REGISTERED: &str =
    "SELECT 1 FROM banto_schedule WHERE name = ?1 AND service = ?2 AND revision = ?3 AND retired_at IS NULL";
pub(crate) const FATE: &str = "SELECT fate FROM banto_fire WHERE schedule = ?1 AND due_at = ?2";

/// Where another job stands for a run, it holds its key.
fn of_enqueued(enqueued: Option<Enqueued>, job: &NewJob) -> (Fired, Option<String>) {
    match enqueued {
        Some(Enqueued { id, fresh: false }) => (Fired::Not(Reason::Overlap), Some(format!("job {id} has not ended"))),
        _ => (Fired::Run(job.id), None),
    }
}

/// A due instant has one row; only one that was missed is written over.
pub(crate) const ROW: &str =
    "INSERT OR REPLACE INTO banto_fire (schedule, due_at, fate, reason, count, late, note, at, by, job)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
pub(crate) const LAST: &str = "INSERT INTO banto_fire_last (schedule, fate, due_at) VALUES (?1, ?2, ?3)
    ON CONFLICT DO UPDATE SET due_at = max(due_at, excluded.due_at)";
pub(crate) const UNMISS: &str = "DELETE FROM banto_fire_last WHERE schedule = ?1 AND fate = 2 AND due_at = ?2";
const LAST_MISSED: &str = "INSERT INTO banto_fire_last SELECT schedule, fate, max(due_at) FROM banto_fire
    WHERE schedule = ?1 AND fate = 2 GROUP BY schedule, fate";

fn write_row(desk: &mut Desk<'_>, firing: &Firing, fire: &Fire, answer: Fired, note: &str) -> rusqlite::Result<()> {
    let (reason, job) = match answer {
        Fired::Run(job) => (None, Some(job)),
        Fired::Not(reason) => (Some(reason), None),
        Fired::There | Fired::Stale => return Ok(()),
    };
    let fate = reason.map_or(Fate::Fired, Reason::fate);
    let (schedule, due_at) = (fire.schedule.as_str(), fire.due_at);
    desk.db.prepare_cached(ROW)?.execute(params![
        schedule,
        due_at,
        number(fate),
        reason.map(Reason::word),
        fire.count.cast_signed(),
        fire.late,
        cut(note, NOTE_BYTES_MAX),
        desk.now.wall,
        firing.by.0.cast_signed(),
        job.as_ref().map(JobId::bytes),
    ])?;
    note_last(desk, schedule, fate, due_at)?;
    desk.counts.touched = true;
    Ok(())
}

/// Notes which due instant of each fate is the last, once one is written.
pub(crate) fn note_last(desk: &Desk<'_>, schedule: &str, fate: Fate, due_at: i64) -> rusqlite::Result<()> {
    desk.db.prepare_cached(LAST)?.execute(params![schedule, number(fate), due_at])?;
    if fate != Fate::Missed && desk.db.prepare_cached(UNMISS)?.execute(params![schedule, due_at])? > 0 {
        desk.db.prepare_cached(LAST_MISSED)?.execute([schedule])?;
    }
    Ok(())
}

/// The number that stands for a fate. Never renumber: files of older builds hold them.
pub(crate) fn number(fate: Fate) -> i64 {
    fate as i64
}
