//! `claim`: leases jobs to an instance, in one call.
//!
//! The server leases, skipping whatever others are just leasing; then the rows are read, and one that does not hold is parked as
//! damaged and another takes its place.

use std::collections::HashSet;

use banto_core::{JobId, limits::CLAIM_MAX};
use banto_store::{Claim, Claimed};
use tokio_postgres::Row;

use crate::{
    conn::Conn,
    damage,
    error::Worked,
    row::{self, Int, Stored, uuids},
};

/// Longest lease, in milliseconds: what is longer is cut, so that no time runs over.
pub(crate) const LEASE_MS_MAX: u64 = 1 << 52;

const CLAIM: &str = "SELECT * FROM {s}.claim($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// The columns before those of the job.
const BEFORE: usize = 2;

/// Leases jobs. Gives too what time it was.
pub(crate) async fn claim(conn: &mut Conn, claim: &Claim) -> Worked<(Claimed, i64)> {
    let limit = claim.limit.min(CLAIM_MAX);
    let mut claimed = Claimed::default();
    let mut wall = 0;
    loop {
        let rows = lease(conn, claim, limit - claimed.jobs.len()).await?;
        let (head, rows) = rows.split_first().map_or((None, &[][..]), |(head, rows)| (Some(head), rows));
        if let Some(head) = head {
            let due_at: Option<i64> = head.try_get(0)?;
            wall = head.try_get(1)?;
            claimed.due_in_ms = due_at.map(|at| u64::try_from(at.saturating_sub(wall)).unwrap_or(0));
        }
        let damaged = read(rows, claim, &mut claimed)?;
        if damaged.is_empty() {
            return Ok((claimed, wall));
        }
        claimed.damaged.extend(damage::set_aside(conn, &damaged).await?);
    }
}

async fn lease(conn: &mut Conn, claim: &Claim, limit: usize) -> Worked<Vec<Row>> {
    let instance = claim.instance.0.cast_signed();
    let queues: Vec<&str> = claim.queues.iter().map(|queue| queue.as_str()).collect();
    let limit = i32::try_from(limit).unwrap_or(i32::MAX);
    let lease_ms = claim.lease_ms.min(LEASE_MS_MAX).cast_signed();
    let mut seen = HashSet::new();
    let adopt: Vec<JobId> = claim.adopt.iter().filter(|id| seen.insert(**id)).copied().collect();
    let adopt = (!adopt.is_empty()).then(|| uuids(&adopt));
    let seed = fastrand::u64(..).cast_signed();
    let now = conn.now;
    conn.query(CLAIM, &[&instance, &queues, &limit, &lease_ms, &adopt, &seed, &now.wall, &now.steady, &now.boot]).await
}

/// Reads what was leased, in the order in which it is given; gives the rows that do not hold.
fn read(rows: &[Row], claim: &Claim, claimed: &mut Claimed) -> Worked<Vec<row::Damaged>> {
    let mut damaged = Vec::new();
    let mut given = Vec::with_capacity(rows.len());
    for row in rows {
        let section = row.try_get::<_, Int>(1)?.0;
        match row::read(row, BEFORE) {
            Ok(Stored { job, held: Some(held), .. }) => given.push((section, job, held.lease)),
            // It was leased by this very call, so it runs; a row that says otherwise was not read as damaged only by chance.
            Ok(Stored { .. }) => {}
            Err(row) => damaged.push(*row),
        }
    }
    let adopted = |id: &JobId| claim.adopt.iter().position(|adopt| adopt == id);
    given.sort_by_key(|(section, job, _)| {
        let adopted = Some(&job.id).filter(|_| *section == 0).and_then(adopted);
        (*section, adopted, job.priority, job.run_at, job.id)
    });
    claimed.jobs.extend(given.into_iter().map(|(_, job, lease)| (job, lease)));
    Ok(damaged)
}
