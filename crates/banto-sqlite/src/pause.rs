//! Pauses: which queues give nothing now, and which schedules do not fire.

use std::collections::BTreeMap;

use banto_store::Pause;
use rusqlite::{Connection, params};

use crate::{
    desk::{Desk, Now},
    row::lossy,
};

/// The end of each pause in force, by queue; `None` is for ever.
pub(crate) type Paused = BTreeMap<String, Option<i64>>;

/// A table of pauses: how it is read and written.
pub(crate) struct Pauses {
    all: &'static str,
    begin: &'static str,
    end: &'static str,
}

/// The pauses of queues.
pub(crate) const QUEUES: Pauses = Pauses {
    all: "SELECT queue, by, reason, at, until FROM banto_pause WHERE until IS NULL OR until > ?1",
    begin: "INSERT OR REPLACE INTO banto_pause (queue, by, reason, at, until) VALUES (?1, ?2, ?3, ?4, ?5)",
    end: "DELETE FROM banto_pause WHERE queue = ?1",
};

/// The pauses of schedules; under `""` that of all.
pub(crate) const SCHEDULES: Pauses = Pauses {
    all: "SELECT schedule, by, reason, at, until FROM banto_halt WHERE until IS NULL OR until > ?1",
    begin: "INSERT OR REPLACE INTO banto_halt (schedule, by, reason, at, until) VALUES (?1, ?2, ?3, ?4, ?5)",
    end: "DELETE FROM banto_halt WHERE schedule = ?1",
};

impl Pauses {
    /// Those in force, with who made them and why.
    pub fn all(&self, db: &Connection, now: Now) -> rusqlite::Result<BTreeMap<String, Pause>> {
        let read = |row: &rusqlite::Row<'_>| {
            let pause = Pause { by: lossy(row, 1)?, reason: lossy(row, 2)?, at: row.get(3)?, until: row.get(4)? };
            Ok((lossy(row, 0)?, pause))
        };
        db.prepare_cached(self.all)?.query_map([now.wall], read)?.collect()
    }

    /// Pauses it; says whether that says anything new.
    pub fn begin(&self, desk: &Desk<'_>, what: &str, pause: &Pause) -> rusqlite::Result<bool> {
        if self.all(desk.db, desk.now)?.get(what).is_some_and(|old| old.says_what(pause)) {
            return Ok(false);
        }
        self.put(desk, what, pause)?;
        Ok(true)
    }

    /// Keeps a pause as it is said elsewhere.
    pub fn put(&self, desk: &Desk<'_>, what: &str, pause: &Pause) -> rusqlite::Result<()> {
        desk.db.prepare_cached(self.begin)?.execute(params![what, pause.by, pause.reason, pause.at, pause.until])?;
        Ok(())
    }

    /// Ends its pause; says whether there was one.
    pub fn end(&self, desk: &Desk<'_>, what: &str) -> rusqlite::Result<bool> {
        let was = self.all(desk.db, desk.now)?.contains_key(what);
        desk.db.prepare_cached(self.end)?.execute([what])?;
        Ok(was)
    }
}

/// When each queue that is paused goes on.
pub(crate) fn in_force(db: &Connection, now: Now) -> rusqlite::Result<Paused> {
    Ok(QUEUES.all(db, now)?.into_iter().map(|(queue, pause)| (queue, pause.until)).collect())
}
