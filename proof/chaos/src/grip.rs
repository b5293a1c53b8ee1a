//! A process that holds the store's file: an exclusive lock, a backup that takes its time, a VACUUM.
//!
//! As a tool of the operator's would, through SQLite itself. It says in its log when it holds, and when it lets go.

use std::{path::PathBuf, process::ExitCode, thread::sleep, time::Duration};

use rusqlite::{Connection, backup::Backup};
use serde::{Deserialize, Serialize};

use crate::Told;

/// What it does to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// `BEGIN EXCLUSIVE`, and nothing for a while.
    Exclusive,
    /// The backup API, a few pages at a time.
    Backup,
    /// `VACUUM`.
    Vacuum,
}

/// What it is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GripSpec {
    /// The store's file.
    pub db: PathBuf,
    /// What to do.
    pub hold: Hold,
    /// For how long, in milliseconds, where it can choose.
    pub ms: u64,
    /// A file that is made once it holds, and where a backup goes.
    pub sign: PathBuf,
}

/// Holds the file.
pub fn grip(spec: &GripSpec) -> Told<ExitCode> {
    hold(spec).map_err(|error| format!("{:?} the store: {error}", spec.hold))?;
    Ok(ExitCode::SUCCESS)
}

fn hold(spec: &GripSpec) -> rusqlite::Result<()> {
    let db = Connection::open(&spec.db)?;
    db.busy_timeout(Duration::from_secs(20))?;
    match spec.hold {
        Hold::Exclusive => {
            db.execute_batch("BEGIN EXCLUSIVE")?;
            let _made = std::fs::write(&spec.sign, b"held");
            sleep(Duration::from_millis(spec.ms));
            db.execute_batch("COMMIT")
        }
        Hold::Backup => {
            let mut copy = Connection::open(&spec.sign)?;
            let backup = Backup::new(&db, &mut copy)?;
            // It begins anew whenever somebody writes, so a busy store is copied in larger steps in the end.
            let mut pages = 5;
            while backup.step(pages)? != rusqlite::backup::StepResult::Done {
                pages = (pages * 5 / 4).min(100_000);
                sleep(Duration::from_millis(20));
            }
            drop(backup);
            // A copy taken in one piece has no log of its own.
            copy.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)).map(drop)
        }
        Hold::Vacuum => db.execute_batch("VACUUM"),
    }
}
