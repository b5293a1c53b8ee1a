//! Rows that do not hold: set aside with the reason, so that their neighbours go on.
//!
//! Somebody wrote into the tables, or a disk did. Such a row is parked for [`banto_core::Cause::Damaged`] by whoever stumbles on
//! it; the [`sweep`], part of every prune, finds those under a lease that is over, which nobody else would meet.

use banto_core::JobId;

use crate::{
    conn::Conn,
    error::Worked,
    row::{self, Damaged, uuids},
    said::keep,
};

/// The most rows one sweep looks at.
const SWEEP_MAX: i64 = 500;

/// Parks rows that do not hold; gives their ids.
pub(crate) async fn set_aside(conn: &mut Conn, damaged: &[Damaged]) -> Worked<Vec<JobId>> {
    if damaged.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<JobId> = damaged.iter().map(|row| row.0.id).collect();
    let whys: Vec<String> = damaged.iter().map(|row| keep(&row.why()).into_owned()).collect();
    let wall = conn.now.wall;
    conn.execute("SELECT {s}.set_aside($1, $2, $3)", &[&uuids(&ids), &whys, &wall]).await?;
    Ok(ids)
}

/// Parks rows under leases that are over and that lead to a row that cannot be read, or to none.
pub(crate) async fn sweep(conn: &mut Conn) -> Worked<()> {
    let wall = conn.wall().await?;
    let now = conn.now.known(wall);
    let over =
        "SELECT l.id FROM {s}.live l WHERE l.state = 2 AND (l.boot <> $1 OR l.until <= $2 OR l.until IS NULL) LIMIT $3";
    let rows = conn.query(over, &[&now.boot, &now.steady, &SWEEP_MAX]).await?;
    let ids: Vec<JobId> = rows.iter().map(|row| row.try_get(0).map(row::job_id)).collect::<Result<_, _>>()?;
    if ids.is_empty() {
        return Ok(());
    }
    let rows = row::find(conn, &ids).await?;
    let mut found = Vec::new();
    let mut there = Vec::new();
    for row in &rows {
        there.push(row::job_id(row.try_get(0)?));
        found.extend(row::read(row, 0).err().map(|row| *row));
    }
    set_aside(conn, &found).await?;
    let lost: Vec<JobId> = ids.into_iter().filter(|id| !there.contains(id)).collect();
    if !lost.is_empty() {
        let whys: Vec<&str> = lost.iter().map(|_| "it leads to no job").collect();
        let wall = conn.now.wall;
        conn.execute("SELECT {s}.set_aside($1, $2, $3)", &[&uuids(&lost), &whys, &wall]).await?;
    }
    Ok(())
}
