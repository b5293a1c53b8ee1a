//! Lost rows: what to do when the store is behind its mark.
//!
//! Counted once, in the transaction that also writes down the notice, so a crash in between counts nothing twice. The
//! notice stays in the file until somebody acknowledges it.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::{
    connect::shown,
    error::{Result, while_doing},
    mark::{Found, Height, Mark},
};

/// How every notice of a loss begins.
pub(crate) const LOSS: &str = "rows were lost";

/// Compares the store with its mark; gives the mark and what is to be said.
pub(crate) fn look(db: &mut Connection, path: &Path, new: bool) -> Result<(Mark, Vec<String>)> {
    let failed = while_doing("compare the store with its mark");
    let store: String =
        db.query_row("SELECT value FROM banto_meta WHERE name = 'store'", [], |row| row.get(0)).map_err(&failed)?;
    // The mark first: it is written after the commit, so a store that is read later cannot be behind it by right.
    let (mut mark, found) = Mark::open(path, &store, new);
    if let Found::Height(height) = found {
        count(db, path, height)?;
    }
    let (height, notice) = state(db).map_err(&failed)?;
    mark.raise(height);
    let why = match found {
        Found::Useless(why) => Some(why),
        // Nothing can be lost where nothing was ever committed.
        Found::Unmade(why) if height != Height::default() => Some(why),
        Found::Unmade(_) | Found::Height(_) | Found::Fresh => None,
    };
    let useless = |why| format!("the mark of \"{}\" {why}: rows lost before now cannot be noticed", shown(path));
    let said = why.map(useless).into_iter().chain(notice).collect();
    Ok((mark, said))
}

/// Counts what is missing, if anything is.
fn count(db: &mut Connection, path: &Path, mark: Height) -> Result<()> {
    let failed = while_doing("count lost rows");
    // Without the lock first: a store that is not behind can be opened while somebody else holds it.
    if !behind(state(db).map_err(&failed)?.0, mark) {
        return Ok(());
    }
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
    let (at, _) = state(&tx).map_err(&failed)?;
    if !behind(at, mark) {
        return Ok(());
    }
    let jobs = mark.accepted.saturating_sub(at.accepted);
    let commits = mark.commits.saturating_sub(at.commits);
    let notice = format!(
        "{LOSS}: \"{}\" is {commits} commits behind its mark, and {jobs} accepted jobs are missing (a backup put back, \
         a log cut off, or power lost); enqueue them anew, then acknowledge",
        shown(path)
    );
    tx.execute(
        "UPDATE banto_tally SET lost = lost + ?1, accepted = accepted + ?1, commits = ?2",
        params![jobs.cast_signed(), mark.commits.max(at.commits).saturating_add(1).cast_signed()],
    )
    .map_err(&failed)?;
    // Behind a notice that nobody has acknowledged yet: a second loss does not hide the first.
    tx.execute(
        "INSERT INTO banto_meta VALUES ('loss', ?1)
         ON CONFLICT (name) DO UPDATE SET value = value || '; then ' || excluded.value",
        [notice],
    )
    .map_err(&failed)?;
    tx.commit().map_err(&failed)
}

fn behind(at: Height, mark: Height) -> bool {
    at.commits < mark.commits || at.accepted < mark.accepted
}

fn state(db: &Connection) -> rusqlite::Result<(Height, Option<String>)> {
    let height = db.query_row("SELECT commits, accepted FROM banto_tally", [], |row| {
        Ok(Height { commits: row.get::<_, i64>(0)?.cast_unsigned(), accepted: row.get::<_, i64>(1)?.cast_unsigned() })
    })?;
    let notice = db.query_row("SELECT value FROM banto_meta WHERE name = 'loss'", [], |row| row.get(0)).optional()?;
    Ok((height, notice))
}
