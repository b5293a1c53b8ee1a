//! Rows that do not hold: set aside with the reason, so that their neighbours go on.
//!
//! Somebody wrote into the file, or a disk did. Such a row is parked for [`Cause::Damaged`] by whoever stumbles on it; the
//! [`sweep`], part of every prune, finds those that nobody would stumble on: with a state that does not exist, or under a
//! lease that is over and leads to a row that cannot be read, or to none.

use std::sync::LazyLock;

use banto_core::{Cause, State};
use rusqlite::params;

use crate::{
    desk::Desk,
    row::{ANY, Damaged, Reader},
};

/// The most rows one sweep looks at.
const SWEEP_MAX: i64 = 500;

/// Parks a row that does not hold, wherever it stands; one that stood in line was taken out by the claim that met it.
/// Says whether there is such a row at all.
pub(crate) fn park(desk: &mut Desk<'_>, row: &Damaged) -> rusqlite::Result<bool> {
    desk.counts.touched = true;
    desk.db.prepare_cached("DELETE FROM banto_lease WHERE seq = ?1")?.execute([row.seq])?;
    desk.db.prepare_cached("DELETE FROM banto_done WHERE seq = ?1")?.execute([row.seq])?;
    let why = row.job.park.as_ref().map(|park| park.text.as_str());
    let parked = desk
        .db
        .prepare_cached(
            "UPDATE banto_job SET state = 3, cause = ?2, park_text = ?3, park_build = NULL, finished_at = NULL
             WHERE seq = ?1",
        )?
        .execute(params![row.seq, Cause::Damaged.word(), why])?;
    if parked == 0 {
        return Ok(false);
    }
    // Without an id of sixteen bytes nobody could name it. Left as it is where the mended id is another's.
    desk.db
        .prepare_cached("UPDATE OR IGNORE banto_job SET id = ?2 WHERE seq = ?1 AND length(id) <> 16")?
        .execute(params![row.seq, row.job.id.bytes()])?;
    let class = (row.class.0.as_str(), row.class.1.as_str(), row.class.2);
    match row.state.filter(|state| is_counted(desk, class, *state)) {
        Some(state) => desk.counts.moved(class, state, State::Parked),
        None => desk.counts.recount = true,
    }
    Ok(true)
}

/// Whether any job is counted there; if not, the row's class is not the one it came with.
fn is_counted(desk: &Desk<'_>, (queue, kind, version): (&str, &str, i64), state: State) -> bool {
    let counted = desk
        .db
        .prepare_cached("SELECT jobs FROM banto_count WHERE (queue, kind, version, state) = (?1, ?2, ?3, ?4)")
        .and_then(|mut find| find.query_row(params![queue, kind, version, state.number()], |row| row.get(0)));
    counted.is_ok_and(|jobs: i64| jobs > 0)
}

/// Jobs in a state that does not exist, those under a lease that is over, and leases that lead to no job.
pub(crate) static STRANGE: LazyLock<String> =
    LazyLock::new(|| format!("{ANY} WHERE j.state < 0 OR j.state = 2 OR j.state = 4 OR j.state > 6 LIMIT ?1"));
pub(crate) static OVER: LazyLock<String> = LazyLock::new(|| {
    let over = "SELECT seq FROM banto_lease WHERE boot <> ?2 OR until <= ?3";
    format!("{ANY} WHERE j.seq IN ({over}) LIMIT ?1")
});
pub(crate) const LOST: &str = "DELETE FROM banto_lease WHERE seq NOT IN (SELECT seq FROM banto_job)";

/// Parks damaged rows that no verb would meet.
pub(crate) fn sweep(desk: &mut Desk<'_>) -> rusqlite::Result<()> {
    let mut found = Vec::new();
    let mut reader = Reader::default();
    for (sql, given) in [(&*STRANGE, 1), (&*OVER, 3)] {
        let mut find = desk.db.prepare_cached(sql)?;
        let values = [SWEEP_MAX, desk.now.boot, desk.now.steady];
        let mut rows = find.query(rusqlite::params_from_iter(values.iter().take(given)))?;
        while let Some(row) = rows.next()? {
            found.extend(reader.read(row).err().map(|row| *row));
        }
    }
    for row in &found {
        park(desk, row)?;
    }
    desk.counts.touched |= desk.db.prepare_cached(LOST)?.execute([])? > 0;
    Ok(())
}
