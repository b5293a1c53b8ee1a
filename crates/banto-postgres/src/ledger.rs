//! The ledger of due instants: what is known of each, what its run left behind, and what may go.
//!
//! A row names its job, which says how the run stands for as long as it is listed. When the job goes, what it said last goes
//! onto the row.

use std::collections::HashMap;

use banto_core::{Fate, InstanceId, JobId, Reason, ScheduleName, limits::PAGE_MAX};
use banto_store::{FireView, Output, Prune, Run, SelectFires};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{
    conn::Conn,
    error::Worked,
    fire::number,
    row::{self, Int, job_id, uuids},
    said::{keep, said},
};

/// Rows of one fate, or of one schedule, the latest due first.
pub(crate) const OF_FATE: &str =
    "SELECT schedule, due_at, fate, reason, count, late, note, at, by, job, output, last FROM {s}.fire
    WHERE fate = $1 AND due_at < $2 AND due_at >= $3 ORDER BY due_at DESC, schedule LIMIT $4";
pub(crate) const OF_SCHEDULE: &str =
    "SELECT schedule, due_at, fate, reason, count, late, note, at, by, job, output, last FROM {s}.fire
    WHERE schedule = $5 AND due_at < $2 AND due_at >= $3 AND fate = ANY ($1) ORDER BY due_at DESC LIMIT $4";

/// Rows that fit.
pub(crate) async fn fires(conn: &mut Conn, select: &SelectFires) -> Worked<Vec<FireView>> {
    conn.begin_asking().await?;
    let limit = select.limit.min(PAGE_MAX);
    let (before, since) = (select.before.unwrap_or(i64::MAX), select.since.unwrap_or(i64::MIN));
    let wanted = Fate::ALL.into_iter().filter(|fate| select.fates.is_empty() || select.fates.contains(fate));
    let fates: Vec<i16> = wanted.filter_map(|fate| i16::try_from(number(fate)).ok()).collect();
    let count = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = Vec::new();
    if let Some(schedule) = &select.schedule {
        rows = conn.query(OF_SCHEDULE, &[&fates, &before, &since, &count, &schedule.as_str()]).await?;
    } else {
        for fate in &fates {
            rows.extend(conn.query(OF_FATE, &[fate, &before, &since, &count]).await?);
        }
    }
    let runs = runs(conn, &rows).await?;
    conn.commit().await?;
    let mut found = Vec::new();
    for row in &rows {
        found.extend(view(row, &runs)?);
    }
    found.sort_by(|one, other| other.due_at.cmp(&one.due_at).then_with(|| one.schedule.cmp(&other.schedule)));
    found.truncate(limit);
    Ok(found)
}

/// Keeps a row as another store had it.
pub(crate) async fn put(conn: &mut Conn, view: &FireView) -> Worked<()> {
    let (schedule, run) = (view.schedule.as_str(), view.run.as_ref());
    // Numbers and text, which serde_json always can write.
    let last = run.and_then(|run| serde_json::to_string(&Run { output: None, ..run.clone() }).ok());
    let output = run.and_then(|run| run.output.as_ref()).and_then(|output| serde_json::to_string(output).ok());
    let fate = i16::try_from(number(view.fate)).unwrap_or(0);
    let (reason, count, by) = (view.reason.map(Reason::word), view.count.cast_signed(), view.by.0.cast_signed());
    let (note, job) = (keep(&view.note), run.map(|run| row::uuid(&run.job)));
    let sql = "INSERT INTO {s}.fire (schedule, due_at, fate, reason, count, late, note, at, by, job, output, last)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (schedule, due_at) DO UPDATE SET fate = excluded.fate, reason = excluded.reason, count = excluded.count,
            late = excluded.late, note = excluded.note, at = excluded.at, by = excluded.by, job = excluded.job,
            output = excluded.output, last = excluded.last";
    conn.execute(
        sql,
        &[&schedule, &view.due_at, &fate, &reason, &count, &view.late, &note, &view.at, &by, &job, &output, &last],
    )
    .await
    .map(drop)
}

/// How the jobs of those rows stand, where they are listed.
async fn runs(conn: &mut Conn, rows: &[Row]) -> Worked<HashMap<JobId, Run>> {
    let mut ids = Vec::new();
    for row in rows {
        ids.extend(row.try_get::<_, Option<Uuid>>(9)?.map(job_id));
    }
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = row::find(conn, &ids).await?;
    Ok(rows.iter().map(|row| Run::of(&row::show(row).job)).map(|run| (run.job, run)).collect())
}

/// A row; `None` if its schedule's name is none, so that nobody could ask for it.
fn view(row: &Row, runs: &HashMap<JobId, Run>) -> Worked<Option<FireView>> {
    let Ok(schedule) = ScheduleName::new(row.try_get(0)?) else { return Ok(None) };
    let number = row.try_get::<_, Int>(2)?.0;
    let reason = row.try_get::<_, Option<&str>>(3)?.unwrap_or_default().parse::<Reason>().ok();
    let fate = usize::try_from(number).ok().and_then(|at| Fate::ALL.get(at).copied());
    let mut note = said(row.try_get(6)?);
    let fits = fate.is_some_and(|fate| reason.map_or(Fate::Fired, Reason::fate) == fate);
    if !fits {
        note = format!("this row of the ledger was changed by somebody else: fate {number}; {note}");
    }
    let job = row.try_get::<_, Option<Uuid>>(9)?.map(job_id);
    let text = |at| row.try_get::<_, Option<&str>>(at).map(Option::unwrap_or_default);
    let (output, last) = (text(10)?, text(11)?);
    Ok(Some(FireView {
        schedule,
        due_at: row.try_get(1)?,
        count: row.try_get::<_, i64>(4)?.cast_unsigned(),
        fate: fate.unwrap_or(Fate::Missed),
        reason: reason.filter(|_| fits),
        late: row.try_get(5)?,
        note,
        at: row.try_get(7)?,
        by: InstanceId(row.try_get::<_, i64>(8)?.cast_unsigned()),
        run: job.map(|job| run(job, runs, last, output)),
    }))
}

/// A run as its job stands, or as it stood when it was removed.
fn run(job: JobId, runs: &HashMap<JobId, Run>, last: &str, output: &str) -> Run {
    let gone = || serde_json::from_str(last).ok().filter(|run: &Run| run.job == job).unwrap_or_else(|| Run::gone(job));
    let run = runs.get(&job).cloned().unwrap_or_else(gone);
    Run { output: serde_json::from_str::<Output>(output).ok().map(Output::cut), ..run }
}

/// What became of each of those jobs that is the run of a due instant, to be kept there when the job is removed.
pub(crate) async fn lasts(conn: &mut Conn, ids: &[JobId]) -> Worked<Vec<Option<String>>> {
    let sql = "SELECT w.* FROM {s}.fire f, LATERAL (SELECT * FROM {s}.whole x WHERE x.id = f.job OFFSET 0) AS w
        WHERE f.job = ANY ($1)";
    let rows = conn.query(sql, &[&uuids(ids)]).await?;
    let read = rows.iter().filter_map(|row| row::read(row, 0).ok());
    // Numbers and text, which serde_json always can write.
    let mut runs: HashMap<JobId, Option<String>> =
        read.map(|stored| (stored.job.id, serde_json::to_string(&Run::of(&stored.job)).ok())).collect();
    Ok(ids.iter().map(|id| runs.remove(id).flatten()).collect())
}

/// Rows of one fate that are old enough; the last of a schedule stays, and so does one whose job is listed.
pub(crate) const OLD: &str = "SELECT f.schedule, f.due_at FROM {s}.fire f WHERE f.fate = $1 AND f.due_at <= $2
    AND f.due_at < (SELECT max(g.due_at) FROM {s}.fire g WHERE g.schedule = f.schedule AND g.fate = f.fate)
    AND (f.job IS NULL OR NOT EXISTS (SELECT FROM {s}.job j WHERE j.id = f.job))
    ORDER BY f.due_at, f.schedule LIMIT $3";

/// Deletes rows that are old enough, the oldest first; says how many, and whether there are more.
pub(crate) async fn prune(conn: &mut Conn, prune: &Prune, wall: i64) -> Worked<(usize, bool)> {
    let one_more = i64::try_from(prune.limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut old: Vec<(i64, String)> = Vec::new();
    for fate in Fate::ALL {
        let keep = if fate == Fate::Skipped { prune.skips_ms } else { prune.fires_ms };
        let due = wall.saturating_sub_unsigned(keep);
        let fate = i16::try_from(number(fate)).unwrap_or(0);
        for row in conn.query(OLD, &[&fate, &due, &one_more]).await? {
            old.push((row.try_get(1)?, row.try_get(0)?));
        }
    }
    old.sort();
    let more = old.len() > prune.limit;
    old.truncate(prune.limit);
    let (dues, schedules): (Vec<i64>, Vec<&str>) = old.iter().map(|(due, schedule)| (*due, schedule.as_str())).unzip();
    let sql = "DELETE FROM {s}.fire f USING unnest($1::text[], $2::bigint[]) AS o (schedule, due_at)
        WHERE f.schedule = o.schedule AND f.due_at = o.due_at";
    conn.execute(sql, &[&schedules, &dues]).await?;
    Ok((old.len(), more))
}
