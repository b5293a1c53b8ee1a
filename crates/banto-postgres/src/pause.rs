//! Pauses: which queues give nothing now, and which schedules do not fire.

use std::collections::BTreeMap;

use banto_store::Pause;

use crate::{
    conn::Conn,
    error::Worked,
    said::{keep, said},
};

/// A table of pauses: how it is read and written.
pub(crate) struct Pauses {
    all: &'static str,
    begin: &'static str,
    end: &'static str,
}

/// The pauses of queues.
pub(crate) const QUEUES: Pauses = Pauses {
    all: "SELECT queue, by, reason, at, until FROM {s}.pause WHERE until IS NULL OR until > $1",
    begin: "INSERT INTO {s}.pause (queue, by, reason, at, until) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (queue) DO UPDATE SET by = excluded.by, reason = excluded.reason, at = excluded.at, until = excluded.until",
    end: "DELETE FROM {s}.pause WHERE queue = $1",
};

/// The pauses of schedules; under `""` that of all.
pub(crate) const SCHEDULES: Pauses = Pauses {
    all: "SELECT schedule, by, reason, at, until FROM {s}.halt WHERE until IS NULL OR until > $1",
    begin: "INSERT INTO {s}.halt (schedule, by, reason, at, until) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (schedule) DO UPDATE SET by = excluded.by, reason = excluded.reason, at = excluded.at,
            until = excluded.until",
    end: "DELETE FROM {s}.halt WHERE schedule = $1",
};

impl Pauses {
    /// Those in force, with who made them and why.
    pub async fn all(&self, conn: &mut Conn, wall: i64) -> Worked<BTreeMap<String, Pause>> {
        let mut found = BTreeMap::new();
        for row in conn.query(self.all, &[&wall]).await? {
            let pause = Pause {
                by: said(row.try_get(1)?),
                reason: said(row.try_get(2)?),
                at: row.try_get(3)?,
                until: row.try_get(4)?,
            };
            found.insert(row.try_get(0)?, pause);
        }
        Ok(found)
    }

    /// Pauses it; says whether that says anything new.
    pub async fn begin(&self, conn: &mut Conn, what: &str, by: &str, reason: &str, until: Option<i64>) -> Worked<bool> {
        let at = conn.wall().await?;
        let pause = Pause { by: by.to_owned(), reason: reason.to_owned(), at, until };
        if self.all(conn, at).await?.get(what).is_some_and(|old| old.says_what(&pause)) {
            return Ok(false);
        }
        conn.execute(self.begin, &[&what, &keep(by), &keep(reason), &at, &until]).await?;
        Ok(true)
    }

    /// Pauses it as another store did, whatever is said here.
    pub async fn put(&self, conn: &mut Conn, what: &str, pause: &Pause) -> Worked<()> {
        let (by, reason) = (keep(&pause.by), keep(&pause.reason));
        conn.execute(self.begin, &[&what, &by, &reason, &pause.at, &pause.until]).await.map(drop)
    }

    /// Ends its pause; says whether there was one.
    pub async fn end(&self, conn: &mut Conn, what: &str) -> Worked<bool> {
        let wall = conn.wall().await?;
        let was = self.all(conn, wall).await?.contains_key(what);
        conn.execute(self.end, &[&what]).await?;
        Ok(was)
    }
}
