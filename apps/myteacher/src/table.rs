//! The application's own tables, in the same SQLite file as banto's.
//!
//! That is what lets an avatar's row and its job be committed in one transaction. Migrations go forward only, each in one
//! transaction; the file's `user_version` is ours (banto keeps its own elsewhere).

use banto::sqlite::rusqlite::{self, Connection};

/// Every migration, in order.
const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001_avatars.sql")];

/// Brings the tables up to this build's. Answers how many steps were taken. Refuses a file of a newer build.
pub fn migrate(tx: &Connection) -> rusqlite::Result<usize> {
    let have: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let have = usize::try_from(have).unwrap_or(usize::MAX);
    if have > MIGRATIONS.len() {
        let text = format!(
            "use a database of version {have} with a build that knows {}; run the newer build",
            MIGRATIONS.len()
        );
        return Err(rusqlite::Error::ToSqlConversionFailure(text.into()));
    }
    for migration in MIGRATIONS.iter().skip(have) {
        tx.execute_batch(migration)?;
    }
    tx.pragma_update(None, "user_version", i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX))?;
    Ok(MIGRATIONS.len() - have)
}
