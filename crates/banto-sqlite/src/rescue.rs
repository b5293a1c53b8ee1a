//! `expired` and `rescue`: running jobs whose lease is over, and verdicts on them.
//!
//! That the lease is over is asked again in the very transaction that writes, so a job that was renewed, finished or
//! rescued in between is left alone.

use banto_store::{Expired, Finish, Finished};
use rusqlite::{Connection, params};

use crate::{
    desk::{Desk, Now},
    error::{Result, fault},
    finish,
    row::{ANY, Held, Reader},
};

/// Running jobs whose lease is over, the longest over first. A row that cannot be read is left to the sweep.
pub(crate) fn expired(db: &Connection, now: Now, limit: usize) -> Result<Vec<Expired>> {
    over(db, now, limit).map_err(|error| fault("look for expired leases", &error))
}

fn over(db: &Connection, now: Now, limit: usize) -> rusqlite::Result<Vec<Expired>> {
    // A lease of another boot has been over for longer than any of this one.
    let sql = format!(
        "{ANY} WHERE j.seq IN (SELECT seq FROM banto_lease CROSS JOIN banto_job USING (seq) WHERE boot <> ?1 OR until <= ?2
             ORDER BY boot = ?1, until, id LIMIT ?3) ORDER BY l.boot = ?1, l.until, j.id"
    );
    let mut find = db.prepare_cached(&sql)?;
    let mut rows = find.query(params![now.boot, now.steady, i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut found = Vec::new();
    let mut reader = Reader::default();
    while let Some(row) = rows.next()? {
        let Ok(stored) = reader.read(row) else { continue };
        found.extend(stored.held.map(|held| Expired { lease: held.lease, job: stored.job }));
    }
    Ok(found)
}

/// Writes verdicts on expired leases.
pub(crate) fn rescue(desk: &mut Desk<'_>, finishes: &[Finish]) -> Result<Vec<Finished>> {
    let one = |finish: &Finish| write(desk, finish);
    finishes.iter().map(one).collect::<rusqlite::Result<_>>().map_err(|error| fault("rescue jobs", &error))
}

fn write(desk: &mut Desk<'_>, finish: &Finish) -> rusqlite::Result<Finished> {
    let Some(stored) = finish::stored(desk, finish.lease.job)? else { return Ok(Finished::Late) };
    let over = |held: Held| held.lease == finish.lease && desk.now.over(held.boot, held.until);
    if !stored.held.is_some_and(over) {
        return Ok(Finished::Late);
    }
    // What was last written stays what it was, so its holder, should it come back, is late.
    finish::apply(desk, &stored, &finish.verdict, stored.written)?;
    desk.counts.tally.rescued += 1;
    Ok(Finished::Written)
}
