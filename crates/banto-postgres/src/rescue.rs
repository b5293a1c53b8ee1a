//! `expired` and `rescue`: running jobs whose lease is over, and verdicts on them.
//!
//! That the lease is over is asked again in the very statement that writes, so a job that was renewed, finished or rescued in
//! between is left alone. By the server's own clock both wait one lease after that clock has jumped.

use banto_core::Lease;
use banto_store::{Expired, Finish, Finished};

use crate::{
    conn::Conn,
    error::Worked,
    finish,
    row::{self, Held},
    time::{Known, Watch},
};

/// What lies so much further in the future than its own length, in milliseconds, was given by a clock that was ahead.
const AHEAD_MS: i64 = 1_000;

/// Running jobs whose lease is over, the longest over first. A row that cannot be read is left to the sweep.
pub(crate) async fn expired(conn: &mut Conn, watch: &Watch, limit: usize) -> Worked<Vec<Expired>> {
    let wall = conn.wall().await?;
    let now = conn.now.known(wall);
    let given = conn.now.wall.is_some();
    if !given && !watch.look(wall) {
        return Ok(Vec::new());
    }
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    // A lease of another boot has been over for longer than any of this one.
    let over = "SELECT w.* FROM {s}.live l, LATERAL (SELECT * FROM {s}.whole x WHERE x.id = l.id OFFSET 0) AS w
        WHERE l.state = 2 AND (l.boot <> $1 OR l.until <= $2 OR ($4 AND l.until - $2 > l.length + $5))
        ORDER BY l.boot = $1, l.until, l.id LIMIT $3";
    let rows = conn.query(over, &[&now.boot, &now.steady, &limit, &!given, &AHEAD_MS]).await?;
    let read = rows.iter().filter_map(|row| row::read(row, 0).ok());
    let found: Vec<(Expired, Held)> = read
        .filter_map(|stored| stored.held.map(|held| (Expired { lease: held.lease, job: stored.job }, held)))
        .collect();
    let strange: Vec<(Lease, u64)> = found
        .iter()
        .filter(|(_, held)| is_ahead(held, now))
        .map(|(_, held)| (held.lease, held.length.unsigned_abs()))
        .collect();
    let over = watch.over(&strange);
    let waits: Vec<Lease> = strange.iter().zip(over).filter(|(_, over)| !over).map(|((lease, _), _)| *lease).collect();
    Ok(found.into_iter().map(|(expired, _)| expired).filter(|expired| !waits.contains(&expired.lease)).collect())
}

fn is_ahead(held: &Held, now: Known) -> bool {
    held.boot == now.boot && held.until.saturating_sub(now.steady) > held.length.saturating_add(AHEAD_MS)
}

/// Writes verdicts on expired leases.
pub(crate) async fn rescue(conn: &mut Conn, watch: &Watch, finishes: &[Finish]) -> Worked<Vec<Finished>> {
    if conn.now.wall.is_none() {
        let wall = conn.wall().await?;
        if !watch.look(wall) {
            return Ok(vec![Finished::Late; finishes.len()]);
        }
    }
    let strange: Vec<bool> = finishes.iter().map(|finish| watch.is_strange(&finish.lease)).collect();
    finish::write(conn, finishes, Some(&strange)).await
}
