//! `claim`: leases jobs to an instance.
//!
//! First parked jobs that it can adopt, then due jobs of its queues in their order; what comes due is made ready on the
//! way. A row that does not hold is parked as damaged and the next takes its place, so it never blocks its queue.

use banto_core::{Job, JobId, Lease, Name, State, limits::CLAIM_MAX};
use banto_store::{Claim, Claimed};
use rusqlite::{OptionalExtension, params};

use crate::{
    damage,
    desk::Desk,
    error::{Result, fault},
    key, pause,
    row::{COLUMNS, Damaged, Reader, Stored},
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
        let parked = parked(desk, &mut reader, *id)?.filter(|stored| open(&stored.job.queue));
        lease(desk, claim, parked.into_iter().collect(), &mut claimed)?;
    }
    for queue in claim.queues.iter().filter(|queue| open(queue)) {
        while claimed.jobs.len() < limit {
            let (due, damaged) = due(desk, &mut reader, queue, limit - claimed.jobs.len())?;
            if due.is_empty() && damaged.is_empty() {
                break;
            }
            lease(desk, claim, due, &mut claimed)?;
            for row in damaged {
                claimed.damaged.push(row.job.id);
                damage::park(desk, &row)?;
            }
        }
    }
    claimed.due_in_ms = due_in(desk, &claim.queues, &paused)?;
    Ok(claimed)
}

/// Jobs whose time has come become ready.
fn promote(desk: &mut Desk<'_>, queue: &Name) -> rusqlite::Result<()> {
    let mut due = desk.db.prepare_cached(
        "SELECT seq, kind, version FROM banto_job WHERE state = 0 AND queue = ?1 AND run_at <= ?2 ORDER BY run_at LIMIT ?3",
    )?;
    let mut ready = desk.db.prepare_cached("UPDATE banto_job SET state = 1 WHERE seq = ?1")?;
    let mut rows = due.query(params![queue.as_str(), desk.now.wall, PROMOTE_MAX])?;
    let mut found: Vec<(i64, String, i64)> = Vec::new();
    while let Some(row) = rows.next()? {
        let kind = String::from_utf8_lossy(row.get_ref(1)?.as_bytes().unwrap_or_default()).into_owned();
        found.push((row.get(0)?, kind, row.get(2)?));
    }
    for (seq, kind, version) in found {
        ready.execute([seq])?;
        desk.counts.moved((queue.as_str(), &kind, version), State::Scheduled, State::Ready);
    }
    Ok(())
}

fn parked(desk: &Desk<'_>, reader: &mut Reader, id: JobId) -> rusqlite::Result<Option<Stored>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM banto_job j LEFT JOIN banto_payload p ON p.seq = j.seq WHERE j.id = ?1 AND j.state = 3"
    );
    let mut find = desk.db.prepare_cached(&sql)?;
    Ok(find.query_row([id.bytes()], |row| Ok(reader.read(row).ok())).optional()?.flatten())
}

type Due = (Vec<Stored>, Vec<Damaged>);

fn due(desk: &Desk<'_>, reader: &mut Reader, queue: &Name, limit: usize) -> rusqlite::Result<Due> {
    // The index gives the rows in the order they are wanted; a job without its payload is found too, as damaged.
    static SQL: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        format!(
            "SELECT {COLUMNS} FROM banto_job j LEFT JOIN banto_payload p ON p.seq = j.seq
             WHERE j.state = 1 AND j.queue = ?1 ORDER BY j.priority, j.run_at, j.id LIMIT ?2"
        )
    });
    let mut find = desk.db.prepare_cached(&SQL)?;
    let mut rows = find.query(params![queue.as_str(), limit as i64])?;
    let (mut due, mut damaged) = (Vec::with_capacity(limit.min(64)), Vec::new());
    while let Some(row) = rows.next()? {
        match reader.read(row) {
            Ok(stored) => due.push(stored),
            Err(row) => damaged.push(*row),
        }
    }
    Ok((due, damaged))
}

fn lease(desk: &mut Desk<'_>, claim: &Claim, found: Vec<Stored>, claimed: &mut Claimed) -> rusqlite::Result<()> {
    // What the last finish was written under goes aside, so that its repetition is known though the job runs again.
    let mut update = desk.db.prepare_cached(
        "UPDATE banto_job SET state = 2, attempt = ?2, fence = ?3,
             written = ifnull(token, written), written_fence = iif(token IS NULL, written_fence, fence),
             token = ?4, lease_boot = ?5, lease_until = ?6, instance = ?7, started_at = ?8,
             cause = NULL, park_text = NULL, park_build = NULL, progress = NULL
         WHERE seq = ?1",
    )?;
    let until = desk.now.steady_in(claim.lease_ms);
    for Stored { seq, mut job, .. } in found {
        let from = job.state;
        let token = desk.token();
        leased(&mut job, claim, desk.now.wall);
        update.execute(params![
            seq,
            job.attempt,
            job.fence,
            token.cast_signed(),
            desk.now.boot,
            until,
            claim.instance.0.cast_signed(),
            desk.now.wall
        ])?;
        if let Some(unique) = &job.unique {
            key::at_claim(desk, unique, job.id)?;
        }
        desk.counts.moved((job.queue.as_str(), job.kind.as_str(), job.version.into()), from, State::Running);
        desk.counts.tally.claimed += 1;
        let lease = Lease { job: job.id, fence: job.fence, token };
        claimed.jobs.push((job, lease));
    }
    Ok(())
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
    let mut first = desk.db.prepare_cached("SELECT min(run_at) FROM banto_job WHERE state = 0 AND queue = ?1")?;
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
