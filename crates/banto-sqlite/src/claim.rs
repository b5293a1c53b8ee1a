//! `claim`: leases jobs to an instance.
//!
//! First parked jobs that it can adopt, then due jobs of its queues in their order; what comes due is made ready on the
//! way. A row that does not hold is parked as damaged and the next takes its place, so it never blocks its queue.

use std::sync::LazyLock;

use banto_core::{Job, JobId, Lease, Name, State, limits::CLAIM_MAX};
use banto_store::{Claim, Claimed};
use rusqlite::{Row, params, types::Value};

use crate::{
    bulk::{self, Values},
    damage,
    desk::Desk,
    error::{Result, fault},
    key,
    leased::Known,
    pause,
    row::{self, Damaged, Reader, Stored, WAITING, lossy},
    seat,
};

/// The most jobs of one queue that one claim makes ready: a million that come due at once must not hold up the file.
const PROMOTE_MAX: i64 = 10_000;

/// Leases jobs.
pub(crate) fn claim(desk: &mut Desk<'_>, claim: &Claim) -> Result<Claimed> {
    give(desk, claim).map_err(|error| fault("claim jobs", &error))
}

fn give(desk: &mut Desk<'_>, claim: &Claim) -> rusqlite::Result<Claimed> {
    let limit = claim.limit.min(CLAIM_MAX);
    let paused = pause::in_force(desk.db, desk.now)?;
    let open = |queue: &Name| !paused.contains_key(queue.as_str());
    let mut claimed = Claimed::default();
    let mut reader = Reader::default();
    for queue in &claim.queues {
        promote(desk, queue)?;
    }
    for id in &claim.adopt {
        if claimed.jobs.len() == limit {
            break;
        }
        let job = adopted(desk, &mut reader, *id, &paused)?;
        lease(desk, claim, job.into_iter().collect(), &mut claimed)?;
    }
    for queue in claim.queues.iter().filter(|queue| open(queue)) {
        while claimed.jobs.len() < limit {
            let (due, damaged) = due(desk, &mut reader, queue, limit - claimed.jobs.len())?;
            if due.is_empty() && damaged.is_empty() {
                break;
            }
            lease(desk, claim, due, &mut claimed)?;
            for row in damaged {
                if damage::park(desk, &row)? {
                    claimed.damaged.push(row.job.id);
                }
            }
        }
    }
    claimed.due_in_ms = due_in(desk, &claim.queues, &paused)?;
    Ok(claimed)
}

/// Jobs whose time has come become ready.
fn promote(desk: &mut Desk<'_>, queue: &Name) -> rusqlite::Result<()> {
    let mut due = desk.db.prepare_cached(DUE)?;
    let mut rows = due.query(params![queue.as_str(), desk.now.wall, PROMOTE_MAX])?;
    let mut found: Vec<(i64, String, i64)> = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((row.get(0)?, lossy(row, 1)?, row.get(2)?));
    }
    for (seq, kind, version) in found {
        desk.db
            .prepare_cached(
                "UPDATE banto_job SET state = 1, run_at = iif(crashes > 0, min(run_at, enqueued_at), run_at)
                 WHERE seq = ?1",
            )?
            .execute([seq])?;
        desk.db
            .prepare_cached(
                "INSERT OR REPLACE INTO banto_ready (queue, priority, run_at, id, seq)
                 SELECT queue, priority, run_at, id, seq FROM banto_job WHERE seq = ?1",
            )?
            .execute([seq])?;
        desk.counts.moved((queue.as_str(), &kind, version), State::Scheduled, State::Ready);
    }
    Ok(())
}

/// Takes a parked job out of its park, for the one who can run it.
fn adopted(
    desk: &mut Desk<'_>,
    reader: &mut Reader,
    id: JobId,
    paused: &pause::Paused,
) -> rusqlite::Result<Option<Stored>> {
    let parked = row::find(desk.db, reader, id)?.and_then(std::result::Result::ok);
    let fits = |stored: &Stored| stored.job.state == State::Parked && !paused.contains_key(stored.job.queue.as_str());
    let Some(stored) = parked.filter(fits) else { return Ok(None) };
    let job = Job { state: State::Ready, park: None, ..stored.job.clone() };
    seat::save(desk, &stored, &job, stored.written)?;
    let ready = Stored { job, ..stored };
    seat::leave(desk, &ready)?;
    Ok(Some(ready))
}

type Due = (Vec<Stored>, Vec<Damaged>);

/// The line of a queue, in order. A place that leads to no job is found too, as damaged.
pub(crate) static LINE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{WAITING} FROM banto_ready r LEFT JOIN banto_job j ON j.seq = r.seq
         WHERE r.queue = ?1 ORDER BY r.priority, r.run_at, r.id LIMIT ?2"
    )
});
/// The last of so many (and one) in line, and those up to it leave the line. Asked of the line itself: what stands in the
/// jobs may have been tampered with.
pub(crate) const LAST: &str = "SELECT priority, run_at, id FROM banto_ready WHERE queue = ?1
    ORDER BY priority, run_at, id LIMIT 1 OFFSET ?2";
pub(crate) const TAKE: &str = "DELETE FROM banto_ready WHERE queue = ?1 AND (priority, run_at, id) <= (?2, ?3, ?4)";
/// What comes due.
pub(crate) const DUE: &str = "SELECT seq, kind, version FROM banto_job WHERE state = 0 AND queue = ?1 AND run_at <= ?2
    ORDER BY run_at LIMIT ?3";
/// When the next comes due.
pub(crate) const NEXT: &str = "SELECT min(run_at) FROM banto_job WHERE state = 0 AND queue = ?1";

/// Takes the next jobs out of the line of their queue.
fn due(desk: &Desk<'_>, reader: &mut Reader, queue: &Name, limit: usize) -> rusqlite::Result<Due> {
    let mut find = desk.db.prepare_cached(&LINE)?;
    let mut rows = find.query(params![queue.as_str(), limit as i64])?;
    let (mut due, mut damaged) = (Vec::with_capacity(limit.min(64)), Vec::new());
    let mut met = 0i64;
    while let Some(row) = rows.next()? {
        met += 1;
        match reader.read(row) {
            // Whoever does not stand ready has no business in the line.
            Ok(stored) if stored.job.state == State::Ready => due.push(stored),
            Ok(_) => {}
            Err(row) => damaged.push(*row),
        }
    }
    drop(rows);
    if met > 0 {
        let place = |row: &Row<'_>| Ok([row.get::<_, Value>(0)?, row.get(1)?, row.get(2)?]);
        let [priority, run_at, id] =
            desk.db.prepare_cached(LAST)?.query_row(params![queue.as_str(), met - 1], place)?;
        desk.db.prepare_cached(TAKE)?.execute(params![queue.as_str(), priority, run_at, id])?;
    }
    Ok((due, damaged))
}

/// Leases jobs that were taken out of their lines.
fn lease(desk: &mut Desk<'_>, claim: &Claim, found: Vec<Stored>, claimed: &mut Claimed) -> rusqlite::Result<()> {
    let mut given = Vec::with_capacity(found.len());
    for Stored { seq, mut job, .. } in found {
        if job.progress.is_some() {
            desk.db.prepare_cached("UPDATE banto_job SET progress = NULL WHERE seq = ?1")?.execute([seq])?;
        }
        if let Some(unique) = &job.unique {
            key::at_claim(desk, unique, job.id)?;
        }
        leased(&mut job, claim, desk.now.wall);
        desk.counts.moved((job.queue.as_str(), job.kind.as_str(), job.version.into()), State::Ready, State::Running);
        desk.counts.tally.claimed += 1;
        let lease = Lease { job: job.id, fence: job.fence, token: desk.token() };
        given.push((seq, job, lease));
    }
    let until = desk.now.steady_in(claim.lease_ms);
    let (parts, rest) = bulk::parts(&given);
    let each = |desk: &Desk<'_>, given: &[Given]| {
        given.chunks(1).try_for_each(|one| insert(desk, &LEASE, one, until).map(|_| ()))
    };
    for part in parts {
        if bulk::new_rows(insert(desk, &LEASES, part, until))? < bulk::ROWS {
            each(desk, part)?;
        }
    }
    each(desk, rest)?;
    for (seq, job, lease) in given {
        if job.unique.is_none() {
            desk.leased.know(Known {
                lease,
                seq,
                started_at: desk.now.wall,
                instance: claim.instance.0.cast_signed(),
                queue: job.queue.clone(),
                kind: job.kind.clone(),
                version: job.version.into(),
            });
        }
        claimed.jobs.push((job, lease));
    }
    Ok(())
}

const LEASE_HEAD: &str = "INTO banto_lease (seq, fence, token, boot, until, instance, started_at, cancel_asked)";
/// One lease, whatever stands there; several, where nothing does.
pub(crate) static LEASE: LazyLock<String> =
    LazyLock::new(|| format!("INSERT OR REPLACE {LEASE_HEAD} VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
pub(crate) static LEASES: LazyLock<String> =
    LazyLock::new(|| bulk::insert(&format!("INSERT OR IGNORE {LEASE_HEAD}"), 8));

/// A job's row, the job as it is now, and its lease.
type Given = (i64, Job, Lease);

fn insert(desk: &Desk<'_>, sql: &str, given: &[Given], until: i64) -> rusqlite::Result<usize> {
    let mut statement = desk.db.prepare_cached(sql)?;
    let mut values = Values::of(&mut statement);
    for (seq, job, lease) in given {
        values.add(seq)?;
        values.add(lease.fence)?;
        values.add(lease.token.cast_signed())?;
        values.add(desk.now.boot)?;
        values.add(until)?;
        values.add(job.instance.map(|instance| instance.0.cast_signed()))?;
        values.add(desk.now.wall)?;
        values.add(job.cancel_asked)?;
    }
    statement.raw_execute()
}

/// The job as it is once claimed.
fn leased(job: &mut Job, claim: &Claim, now: i64) {
    job.state = State::Running;
    job.attempt = job.attempt.saturating_add(1);
    job.fence = job.fence.saturating_add(1);
    job.started_at = Some(now);
    job.instance = Some(claim.instance);
    job.park = None;
    job.progress = None;
}

/// How long until time alone brings these queues more: a job comes due, or a pause ends.
fn due_in(desk: &Desk<'_>, queues: &[Name], paused: &pause::Paused) -> rusqlite::Result<Option<u64>> {
    let mut first = desk.db.prepare_cached(NEXT)?;
    let mut next = None::<i64>;
    for queue in queues {
        let due = match paused.get(queue.as_str()) {
            Some(until) => *until,
            None => first.query_row([queue.as_str()], |row| row.get::<_, Option<i64>>(0))?,
        };
        next = next.into_iter().chain(due).min();
    }
    Ok(next.map(|at| u64::try_from(at.saturating_sub(desk.now.wall)).unwrap_or(0)))
}
