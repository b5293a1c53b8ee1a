//! Rows that do not hold: set aside with the reason, so that their neighbours go on.
//!
//! Somebody wrote into the file, or a disk did. Such a row is parked for [`Cause::Damaged`] by whoever stumbles on it; the
//! [`sweep`], part of every prune, finds those that nobody would stumble on: with a state that does not exist, or
//! running under a lease that cannot be read.

use banto_core::{Cause, State};
use rusqlite::params;

use crate::{
    desk::Desk,
    row::{COLUMNS, Damaged, Reader},
};

/// The most rows one sweep looks at.
const SWEEP_MAX: usize = 500;

/// Parks a row that does not hold, whatever its state is.
pub(crate) fn park(desk: &mut Desk<'_>, row: &Damaged) -> rusqlite::Result<()> {
    let why = row.job.park.as_ref().map(|park| park.text.as_str());
    desk.db
        .prepare_cached(
            "UPDATE banto_job SET state = 3, cause = ?2, park_text = ?3, token = NULL, lease_boot = NULL,
                 lease_until = NULL, finished_at = NULL WHERE seq = ?1",
        )?
        .execute(params![row.seq, Cause::Damaged.word(), why])?;
    // Without an id of sixteen bytes nobody could name it. Left as it is where that id is another's.
    desk.db
        .prepare_cached("UPDATE OR IGNORE banto_job SET id = ?2 WHERE seq = ?1 AND length(id) <> 16")?
        .execute(params![row.seq, row.job.id.bytes()])?;
    let class = (row.class.0.as_str(), row.class.1.as_str(), row.class.2);
    if let Some(state) = row.state {
        desk.counts.jobs(class, state, -1);
    }
    desk.counts.jobs(class, State::Parked, 1);
    Ok(())
}

/// Parks damaged rows that no verb would meet; says how many.
pub(crate) fn sweep(desk: &mut Desk<'_>) -> rusqlite::Result<usize> {
    let from = format!("SELECT {COLUMNS} FROM banto_job j LEFT JOIN banto_payload p ON p.seq = j.seq");
    let mut found = damaged(desk, &format!("{from} WHERE j.state < 0 OR j.state > 6 LIMIT {SWEEP_MAX}"))?;
    found.extend(damaged(desk, &format!("{from} WHERE j.state = 2 AND j.lease_boot IS NULL LIMIT {SWEEP_MAX}"))?);
    found.extend(damaged(
        desk,
        &format!("{from} WHERE j.state = 2 ORDER BY j.lease_boot, j.lease_until LIMIT {SWEEP_MAX}"),
    )?);
    for row in &found {
        park(desk, row)?;
    }
    Ok(found.len())
}

fn damaged(desk: &Desk<'_>, sql: &str) -> rusqlite::Result<Vec<Damaged>> {
    let mut find = desk.db.prepare_cached(sql)?;
    let mut rows = find.query([])?;
    let mut found = Vec::new();
    let mut reader = Reader::default();
    while let Some(row) = rows.next()? {
        found.extend(reader.read(row).err().map(|row| *row));
    }
    Ok(found)
}
