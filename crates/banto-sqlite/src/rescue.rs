//! `expired` and `rescue`: running jobs whose lease is over, and verdicts on them.
//!
//! That the lease is over is asked again in the very transaction that writes, so a job that was renewed, finished or
//! rescued in between is left alone.

use banto_store::{Expired, Finish, Finished};
use rusqlite::{Connection, params};

use crate::{
    desk::{Desk, Now},
    error::{Result, fault},
    finish::Pen,
    row::{COLUMNS, Reader},
};

/// Running jobs whose lease is over, the longest over first. A row that cannot be read is left to the sweep.
pub(crate) fn expired(db: &Connection, now: Now, limit: usize) -> Result<Vec<Expired>> {
    over(db, now, limit).map_err(|error| fault("look for expired leases", &error))
}

fn over(db: &Connection, now: Now, limit: usize) -> rusqlite::Result<Vec<Expired>> {
    // A lease of another boot has been over for longer than any of this one.
    let from =
        format!("SELECT {COLUMNS} FROM banto_job j LEFT JOIN banto_payload p ON p.seq = j.seq WHERE j.state = 2");
    let mut other =
        db.prepare_cached(&format!("{from} AND j.lease_boot <> ?1 ORDER BY j.lease_until, j.id LIMIT ?2"))?;
    let mut ours = db.prepare_cached(&format!(
        "{from} AND j.lease_boot = ?1 AND j.lease_until <= ?2 ORDER BY j.lease_until, j.id LIMIT ?3"
    ))?;
    let mut found = Vec::new();
    let mut reader = Reader::default();
    let mut keep = |mut rows: rusqlite::Rows<'_>| -> rusqlite::Result<()> {
        while let Some(row) = rows.next()? {
            let Ok(stored) = reader.read(row) else { continue };
            found.extend(stored.held.map(|held| Expired { lease: held.lease, job: stored.job }));
        }
        Ok(())
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    keep(other.query(params![now.boot, limit])?)?;
    keep(ours.query(params![now.boot, now.steady, limit])?)?;
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

/// Writes verdicts on expired leases.
pub(crate) fn rescue(desk: &mut Desk<'_>, finishes: &[Finish]) -> Result<Vec<Finished>> {
    let mut pen = Pen::new(desk).map_err(|error| fault("rescue jobs", &error))?;
    let mut one = |finish: &Finish| {
        let stand = pen.stand(desk, &finish.lease)?.filter(|stand| stand.runs_under(&finish.lease));
        let over = stand.filter(|stand| stand.until.is_some_and(|(boot, until)| desk.now.over(boot, until)));
        let Some(stand) = over else { return Ok(Finished::Late) };
        pen.write(desk, &stand, finish, true)?;
        desk.counts.tally.rescued += 1;
        Ok(Finished::Written)
    };
    finishes.iter().map(&mut one).collect::<rusqlite::Result<_>>().map_err(|error| fault("rescue jobs", &error))
}
