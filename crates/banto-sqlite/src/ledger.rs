//! The ledger of due instants: what is known of each, what its run left behind, and what may go.
//!
//! A row names its job, which says how the run stands for as long as it is listed. When the job goes, what it said last
//! goes onto the row.

use banto_core::{Fate, FireId, InstanceId, JobId, Options, Reason, ScheduleName, limits::PAGE_MAX};
use banto_store::{FireView, Output, Prune, Run, SelectFires};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    desk::Desk,
    error::{Result, fault},
    fire::{self, number},
    row::{self, Reader, lossy},
};

/// Rows of one fate, or of one schedule, the latest due first.
pub(crate) const OF_FATE: &str =
    "SELECT schedule, due_at, fate, reason, count, late, note, at, by, job, output, last FROM banto_fire
    WHERE fate = ?1 AND due_at < ?2 AND due_at >= ?3 ORDER BY due_at DESC, schedule LIMIT ?4";
pub(crate) const OF_SCHEDULE: &str =
    "SELECT schedule, due_at, fate, reason, count, late, note, at, by, job, output, last FROM banto_fire
    WHERE schedule = ?5 AND due_at < ?2 AND due_at >= ?3 AND (?1 >> fate) & 1 ORDER BY due_at DESC LIMIT ?4";

/// Rows that fit.
pub(crate) fn fires(db: &Connection, select: &SelectFires) -> Result<Vec<FireView>> {
    list(db, select).map_err(|error| fault("read the ledger of schedules", &error))
}

fn list(db: &Connection, select: &SelectFires) -> rusqlite::Result<Vec<FireView>> {
    let limit = select.limit.min(PAGE_MAX);
    let (before, since) = (select.before.unwrap_or(i64::MAX), select.since.unwrap_or(i64::MIN));
    let wanted = Fate::ALL.into_iter().filter(|fate| select.fates.is_empty() || select.fates.contains(fate));
    let rows = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    if let Some(schedule) = &select.schedule {
        let fates = wanted.fold(0, |fates, fate| fates | 1_i64 << number(fate));
        let mut find = db.prepare_cached(OF_SCHEDULE)?;
        let rows = find.query_map(params![fates, before, since, rows, schedule.as_str()], |row| view(db, row))?;
        found.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
    } else {
        for fate in wanted {
            let mut find = db.prepare_cached(OF_FATE)?;
            let rows = find.query_map(params![number(fate), before, since, rows], |row| view(db, row))?;
            found.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
        }
    }
    let mut found: Vec<FireView> = found.into_iter().flatten().collect();
    found.sort_by(|one, other| other.due_at.cmp(&one.due_at).then_with(|| one.schedule.cmp(&other.schedule)));
    found.truncate(limit);
    Ok(found)
}

/// A row; `None` if its schedule's name is none, so that nobody could ask for it.
fn view(db: &Connection, row: &Row<'_>) -> rusqlite::Result<Option<FireView>> {
    let Ok(schedule) = ScheduleName::new(&lossy(row, 0)?) else { return Ok(None) };
    let number: i64 = row.get(2)?;
    let said = row.get_ref(3)?.as_str().unwrap_or_default().parse::<Reason>().ok();
    let fate = usize::try_from(number).ok().and_then(|at| Fate::ALL.get(at).copied());
    let mut note = lossy(row, 6)?;
    let fits = fate.is_some_and(|fate| said.map_or(Fate::Fired, Reason::fate) == fate);
    if !fits {
        note = format!("this row of the ledger was changed by somebody else: fate {number}; {note}");
    }
    let job = row.get_ref(9)?.as_blob().ok().and_then(|bytes| bytes.try_into().ok()).map(JobId::of_bytes);
    let run = match job {
        Some(job) => Some(run(db, job, &lossy(row, 11)?, &lossy(row, 10)?)?),
        None => None,
    };
    Ok(Some(FireView {
        schedule,
        due_at: row.get(1)?,
        count: row.get::<_, i64>(4)?.cast_unsigned(),
        fate: fate.unwrap_or(Fate::Missed),
        reason: said.filter(|_| fits),
        late: row.get(5)?,
        note,
        at: row.get(7)?,
        by: InstanceId(row.get::<_, i64>(8)?.cast_unsigned()),
        run,
    }))
}

/// A run as its job stands, or as it stood when it was removed.
fn run(db: &Connection, job: JobId, last: &str, output: &str) -> rusqlite::Result<Run> {
    let run = match row::find(db, &mut Reader::default(), job)? {
        Some(Ok(stored)) => Run::of(&stored.job),
        Some(Err(damaged)) => Run::of(&damaged.job),
        None => serde_json::from_str(last).ok().filter(|run: &Run| run.job == job).unwrap_or_else(|| Run::gone(job)),
    };
    Ok(Run { output: serde_json::from_str::<Output>(output).ok().map(Output::cut), ..run })
}

/// The due instant that the job in that row is the run of, by what it says itself.
fn fire_of(db: &Connection, seq: i64) -> rusqlite::Result<Option<(JobId, FireId)>> {
    let sql = "SELECT id, options FROM banto_job WHERE seq = ?1 AND options IS NOT NULL";
    let read = |row: &Row<'_>| Ok((row.get_ref(0)?.as_blob().ok().and_then(|id| id.try_into().ok()), lossy(row, 1)?));
    let Some((Some(id), options)) = db.prepare_cached(sql)?.query_row([seq], read).optional()? else { return Ok(None) };
    let fire = serde_json::from_str::<Options>(&options).ok().and_then(|options| options.fire);
    Ok(fire.map(|fire| (JobId::of_bytes(id), fire)))
}

/// Keeps a row as it is said elsewhere.
pub(crate) fn put(desk: &mut Desk<'_>, view: &FireView) -> rusqlite::Result<()> {
    let (schedule, run) = (view.schedule.as_str(), view.run.as_ref());
    let last = run.map(|run| Run { output: None, ..run.clone() });
    // Numbers and text, which serde_json always can write.
    let output = run.and_then(|run| run.output.as_ref()).and_then(|output| serde_json::to_string(output).ok());
    desk.db
        .prepare_cached(
            "INSERT OR REPLACE INTO banto_fire (schedule, due_at, fate, reason, count, late, note, at, by, job, output, last)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            schedule,
            view.due_at,
            number(view.fate),
            view.reason.map(Reason::word),
            view.count.cast_signed(),
            view.late,
            view.note,
            view.at,
            view.by.0.cast_signed(),
            run.map(|run| run.job.bytes()),
            output,
            last.and_then(|last| serde_json::to_string(&last).ok()),
        ])?;
    fire::note_last(desk, schedule, view.fate, view.due_at)
}

/// Keeps what became of a job that is about to be removed on the due instant it belongs to.
pub(crate) fn keep_run(desk: &mut Desk<'_>, seq: i64) -> rusqlite::Result<()> {
    let Some((id, FireId { schedule, due_at })) = fire_of(desk.db, seq)? else { return Ok(()) };
    let Some(Ok(stored)) = row::find(desk.db, &mut Reader::default(), id)? else { return Ok(()) };
    // Numbers and text, which serde_json always can write.
    let last = serde_json::to_string(&Run::of(&stored.job)).ok();
    desk.db
        .prepare_cached("UPDATE banto_fire SET last = ?4 WHERE schedule = ?1 AND due_at = ?2 AND job = ?3")?
        .execute(params![schedule.as_str(), due_at, id.bytes(), last])?;
    Ok(())
}

/// Keeps what the run of a due instant left behind; says whether the job is one.
pub(crate) fn keep_output(desk: &mut Desk<'_>, seq: i64, output: &Output) -> rusqlite::Result<bool> {
    let Some((id, FireId { schedule, due_at })) = fire_of(desk.db, seq)? else { return Ok(false) };
    let output = serde_json::to_string(&output.clone().cut()).ok();
    let kept = desk
        .db
        .prepare_cached("UPDATE banto_fire SET output = ?4 WHERE schedule = ?1 AND due_at = ?2 AND job = ?3")?
        .execute(params![schedule.as_str(), due_at, id.bytes(), output])?;
    desk.counts.touched |= kept > 0;
    Ok(kept > 0)
}

/// Rows of one fate that are old enough; the last of a schedule stays, and so does one whose job is listed.
pub(crate) const OLD: &str = "SELECT schedule, due_at FROM banto_fire f WHERE fate = ?1 AND due_at <= ?2
    AND NOT EXISTS (SELECT 1 FROM banto_fire_last l WHERE l.schedule = f.schedule AND l.fate = f.fate AND l.due_at = f.due_at)
    AND (job IS NULL OR NOT EXISTS (SELECT 1 FROM banto_job j WHERE j.id = f.job))
    ORDER BY due_at, schedule LIMIT ?3";

/// Deletes rows that are old enough, the oldest first; says how many, and whether there are more.
pub(crate) fn prune(desk: &Desk<'_>, prune: &Prune) -> rusqlite::Result<(usize, bool)> {
    let one_more = i64::try_from(prune.limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut old: Vec<(i64, String)> = Vec::new();
    for fate in Fate::ALL {
        let keep = if fate == Fate::Skipped { prune.skips_ms } else { prune.fires_ms };
        let mut find = desk.db.prepare_cached(OLD)?;
        let due = desk.now.wall.saturating_sub_unsigned(keep);
        let rows = find.query_map(params![number(fate), due, one_more], |row| Ok((row.get(1)?, lossy(row, 0)?)))?;
        old.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
    }
    old.sort();
    let more = old.len() > prune.limit;
    old.truncate(prune.limit);
    let mut delete = desk.db.prepare_cached("DELETE FROM banto_fire WHERE schedule = ?1 AND due_at = ?2")?;
    for (due_at, schedule) in &old {
        delete.execute(params![schedule, due_at])?;
    }
    Ok((old.len(), more))
}
