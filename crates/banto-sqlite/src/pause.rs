//! Pauses: which queues give nothing now.

use std::collections::BTreeMap;

use banto_store::Pause;
use rusqlite::Connection;

use crate::desk::Now;

/// The end of each pause in force, by queue; `None` is for ever.
pub(crate) type Paused = BTreeMap<String, Option<i64>>;

/// The pauses in force.
pub(crate) fn in_force(db: &Connection, now: Now) -> rusqlite::Result<Paused> {
    Ok(all(db, now)?.into_iter().map(|(queue, pause)| (queue, pause.until)).collect())
}

/// The pauses in force, with who made them and why.
pub(crate) fn all(db: &Connection, now: Now) -> rusqlite::Result<BTreeMap<String, Pause>> {
    let mut find =
        db.prepare_cached("SELECT queue, by, reason, at, until FROM banto_pause WHERE until IS NULL OR until > ?1")?;
    let read = |row: &rusqlite::Row<'_>| {
        let text = |at| {
            Ok::<_, rusqlite::Error>(
                String::from_utf8_lossy(row.get_ref(at)?.as_bytes().unwrap_or_default()).into_owned(),
            )
        };
        Ok((text(0)?, Pause { by: text(1)?, reason: text(2)?, at: row.get(3)?, until: row.get(4)? }))
    };
    find.query_map([now.wall], read)?.collect()
}
