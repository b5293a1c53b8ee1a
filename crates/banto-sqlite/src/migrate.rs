//! The schema and its steps, forward only.
//!
//! `PRAGMA user_version` is the application's, whose tables may live in the same file, so banto's version is a row of
//! its own `banto_meta`. Each step is one transaction; two processes that migrate at once take turns, and the second
//! finds nothing left to do. A file made by a newer build is refused, never guessed at.

use banto_store::{Fault, StoreError};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::error::{Result, while_doing};

/// All steps, oldest first. A step that was released is never changed.
const STEPS: &[&str] =
    &[include_str!("../migrations/0001_first.sql"), include_str!("../migrations/0002_schedules.sql")];

/// The version of the schema that this build makes and reads.
pub const SCHEMA: usize = STEPS.len();

/// What a migration found and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// The version before its own steps; 0 is an empty file. Where another process took them all, the one it left.
    pub from: usize,
    /// The version it left.
    pub to: usize,
}

/// Brings the schema of `db` up to this build's. Says too whether there was none when it was first looked at, whoever made
/// it then.
pub(crate) fn migrate(db: &mut Connection) -> Result<(Migrated, bool)> {
    let first = version(db)?;
    let mut migrated = Migrated { from: first, to: first };
    while migrated.to < STEPS.len() {
        let (found, left) = step(db)?;
        // Until it has taken a step itself, all that was done was another's.
        if migrated.from == migrated.to {
            migrated.from = found;
        }
        migrated.to = left;
    }
    Ok((migrated, first == 0))
}

/// Refuses a file whose schema is not this build's. Changes nothing.
pub(crate) fn current(db: &Connection) -> Result<()> {
    let refused = |what: String| Err(StoreError::new(Fault::Config, what));
    match version(db)? {
        0 => refused("use the store: there is none in this file yet; run `migrate` first".into()),
        at if at < STEPS.len() => refused(format!(
            "use the store: its schema is version {at} and this build wants {}; run `migrate` first",
            STEPS.len()
        )),
        _ => Ok(()),
    }
}

/// Takes the next step, if there is one left, and gives the versions before and after it.
fn step(db: &mut Connection) -> Result<(usize, usize)> {
    let failed = while_doing("migrate the store");
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
    let at = version(&tx)?;
    let Some(step) = STEPS.get(at) else { return Ok((at, at)) };
    if at == 0 {
        tx.execute_batch("CREATE TABLE banto_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;")
            .map_err(&failed)?;
    }
    tx.execute_batch(step).map_err(&failed)?;
    tx.execute("INSERT OR REPLACE INTO banto_meta VALUES ('schema', ?1)", [(at + 1).to_string()]).map_err(&failed)?;
    tx.commit().map_err(&failed)?;
    Ok((at, at + 1))
}

/// The version of the schema in the file. Refuses one that this build does not know.
fn version(db: &Connection) -> Result<usize> {
    let failed = while_doing("read the store's version");
    let made = db
        .query_row("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'banto_meta'", [], |_| Ok(()))
        .optional()
        .map_err(&failed)?;
    if made.is_none() {
        return Ok(0);
    }
    let text: Option<String> = db
        .query_row("SELECT value FROM banto_meta WHERE name = 'schema'", [], |row| row.get(0))
        .optional()
        .map_err(&failed)?;
    let text = text.unwrap_or_default();
    match text.parse::<usize>() {
        Ok(version) if (1..=STEPS.len()).contains(&version) => Ok(version),
        Ok(version) if version > STEPS.len() => Err(StoreError::new(
            Fault::Newer,
            format!(
                "use the store: its schema is version {version} and this build knows up to {}; run the newer build",
                STEPS.len()
            ),
        )),
        _ => Err(StoreError::new(
            Fault::Damaged,
            format!(
                "read the store's version: {text:?} stands in banto_meta where a number is wanted; restore a backup"
            ),
        )),
    }
}
