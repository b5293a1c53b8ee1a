//! Opening the file: where it is, how it is asked for, and what is refused before a byte is written.
//!
//! An address is `sqlite://path/to/file.db?synchronous=full`, or a plain path. Whatever would weaken the promise is
//! asked for by name (`synchronous=normal`), or refused: a folder shared over the network, where the processes would
//! not see each other's locks, and a SQLite older than its own repair of the WAL. An address of another sort may hold a
//! password, so no more of it is shown than its first word.

use std::{
    fs::OpenOptions,
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::atomic::AtomicBool,
    time::Duration,
};

use banto_core::text::visible;
use banto_store::{Fault, StoreError};
use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};

use crate::{
    error::{Result, fault},
    wait::patiently,
};

/// SQLite before 3.51.3 can lose a commit when a WAL is reset.
const SQLITE_LEAST: i32 = 3_051_003;
/// What an address may say after its `?`.
const KNOWN: &str =
    "synchronous=full|normal, busy_ms=MILLISECONDS, reserve=BYTES (k, m and g are understood), readers=NUMBER";
/// An address as it should be.
const EXAMPLE: &str = "sqlite://path/to/jobs.db";
/// Pages of WAL after which SQLite carries them into the file.
const WAL_PAGES: u64 = 1_000;
/// SQLite's page size.
const PAGE_BYTES: u64 = 4_096;

/// Whether an `Ok` waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    /// It does: what was accepted survives the loss of power.
    Full,
    /// It does not: it survives the end of the process, and a loss of power may take the last commits.
    Normal,
}

/// How a file is to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The file.
    pub path: PathBuf,
    /// Whether an `Ok` waits for the disk. Full by default.
    pub synchronous: Synchronous,
    /// How long to wait for another process's write lock, in milliseconds. 5,000 by default.
    pub busy_ms: u64,
    /// The emergency reserve beside the file, in bytes; 0 is none. 4 MiB by default.
    pub reserve_bytes: u64,
    /// How many questions may be asked at once. 4 by default.
    pub readers: usize,
    /// Whether a store is made where there is none, and an older schema brought up to date. If not, both are refused and
    /// the file is left as it is. True by default.
    pub migrate: bool,
}

impl Options {
    /// A file with the house's defaults.
    pub fn of(path: impl Into<PathBuf>) -> Options {
        Options {
            path: path.into(),
            synchronous: Synchronous::Full,
            busy_ms: 5_000,
            reserve_bytes: 4 << 20,
            readers: 4,
            migrate: true,
        }
    }

    fn set(&mut self, option: &str) -> Option<()> {
        let (name, value) = option.split_once('=')?;
        match name {
            "synchronous" => self.synchronous = synchronous(value)?,
            "busy_ms" => self.busy_ms = value.parse().ok().filter(|ms| *ms <= 3_600_000)?,
            "reserve" => self.reserve_bytes = bytes(value)?,
            "readers" => self.readers = value.parse().ok().filter(|readers| (1..=64).contains(readers))?,
            _ => return None,
        }
        Some(())
    }
}

impl FromStr for Options {
    type Err = StoreError;
    /// Reads an address. Refuses unknown options, naming those there are.
    fn from_str(address: &str) -> Result<Options> {
        let rest = address.strip_prefix("sqlite://").or_else(|| address.strip_prefix("sqlite:")).unwrap_or(address);
        let (path, options) = match rest.split_once('?') {
            Some((path, options)) if rest.len() < address.len() => (path, options),
            _ => (rest, ""),
        };
        let refused = |what| Err(StoreError::new(Fault::Config, what));
        if let Some(sort) = sort(rest) {
            let sort = visible(sort, 40);
            return refused(format!("open a store of the sort \"{sort}\": a file is wanted, as in {EXAMPLE}"));
        }
        if path.is_empty() || path.starts_with(":memory:") {
            let path = visible(path, 200);
            return refused(format!("open \"{path}\" as a store: a file is wanted, as in {EXAMPLE}"));
        }
        let mut parsed = Options::of(path);
        for option in options.split('&').filter(|option| !option.is_empty()) {
            if parsed.set(option).is_none() {
                let option = visible(shown_option(option), 80);
                return refused(format!("take \"{option}\" as an option of the store: allowed are {KNOWN}"));
            }
        }
        Ok(parsed)
    }
}

/// The first word of an address that is no path: `postgres` of `postgres://…`.
fn sort(address: &str) -> Option<&str> {
    let (word, rest) = address.split_once(':')?;
    let named = word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-'));
    (named || rest.starts_with("//")).then_some(word)
}

/// As much of an option as may be shown: the value of one that nobody here knows may be a password.
fn shown_option(option: &str) -> &str {
    let name = option.split_once('=').map_or(option, |(name, _)| name);
    if matches!(name, "synchronous" | "busy_ms" | "reserve" | "readers") { option } else { name }
}

fn synchronous(word: &str) -> Option<Synchronous> {
    match word {
        "full" => Some(Synchronous::Full),
        "normal" => Some(Synchronous::Normal),
        _ => None,
    }
}

fn bytes(text: &str) -> Option<u64> {
    let (digits, shift) = match text.as_bytes().last()? {
        b'k' => (text.strip_suffix('k')?, 10),
        b'm' => (text.strip_suffix('m')?, 20),
        b'g' => (text.strip_suffix('g')?, 30),
        _ => (text, 0),
    };
    digits.parse::<u64>().ok().filter(|bytes| *bytes <= (1 << 40) >> shift).map(|bytes| bytes << shift)
}

/// Looks at the place before anything is opened there, and makes the file if there is none and one may be made, for its
/// owner only.
pub(crate) fn prepare(options: &Options) -> Result<()> {
    let refused = |fault, why: &str| Err(StoreError::new(fault, format!("open \"{}\": {why}", shown(&options.path))));
    if rusqlite::version_number() < SQLITE_LEAST {
        let why = format!(
            "SQLite {} is linked and 3.51.3 is the least that is safe; build with the bundled one",
            rusqlite::version()
        );
        return refused(Fault::Config, &why);
    }
    let folder = match options.path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return refused(
            Fault::Config,
            &format!("there is no folder \"{}\"; look at the address, or make it first", shown(folder)),
        );
    }
    if !options.migrate && !options.path.exists() {
        return refused(Fault::Config, "there is no such file; look at --store, or make the store with `migrate`");
    }
    if options.path.is_dir() {
        return refused(Fault::Config, "it is a folder; name a file in it");
    }
    if options.path.exists() && !options.path.is_file() {
        return refused(Fault::Config, "it is a device, a pipe or a socket; name a file");
    }
    if let Some(kind) = network(folder) {
        return refused(
            Fault::Config,
            &format!("it lies on {kind}, where processes do not share locks; use a local disk"),
        );
    }
    if !options.migrate {
        return Ok(());
    }
    // Only ever created, never opened: closing a second handle would drop the locks SQLite holds for this process.
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&options.path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => refused(Fault::Config, &format!("{error}; look at the folder and its rights")),
    }
}

/// The kind of network file system that a folder lies on, if it does.
fn network(folder: &Path) -> Option<&'static str> {
    let kind = rustix::fs::statfs(folder).ok()?.f_type;
    match u32::try_from(kind).ok()? {
        0x6969 => Some("NFS"),
        0x517b | 0xfe53_4d42 | 0xff53_4d42 => Some("SMB"),
        0x0102_1997 => Some("9P"),
        0x5346_414f | 0x6b41_4653 => Some("AFS"),
        0x00c3_6400 => Some("CephFS"),
        0x0bd0_0bd0 => Some("Lustre"),
        0x7375_7245 => Some("Coda"),
        _ => None,
    }
}

/// A connection to look at the file with, before anything in it is changed.
pub(crate) fn inspector(options: &Options) -> Result<Connection> {
    let failed = |error| unopened(options, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(&options.path, flags).map_err(failed)?;
    common(&db, options).map_err(failed)?;
    // SQLite opens a file with the first question; with a WAL it then wants to write beside it.
    db.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(())).map_err(failed)?;
    Ok(db)
}

/// The connection that writes.
pub(crate) fn writer(options: &Options) -> Result<Connection> {
    let failed = |error| unopened(options, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(&options.path, flags).map_err(failed)?;
    if db.is_readonly("main").map_err(failed)? {
        let what = format!("open \"{}\": it may not be written to; look at its rights", shown(&options.path));
        return Err(StoreError::new(Fault::Config, what));
    }
    common(&db, options).map_err(failed)?;
    let mode = wal(&db, options).map_err(failed)?;
    if mode != "wal" {
        let what = format!(
            "open \"{}\": its journal stays \"{mode}\" and WAL is wanted; use a local disk",
            shown(&options.path)
        );
        return Err(StoreError::new(Fault::Config, what));
    }
    let pages = match options.reserve_bytes {
        0 => WAL_PAGES,
        // What waits in the WAL must find room in the file when all that is left is the reserve.
        reserve => (reserve / PAGE_BYTES).clamp(64, WAL_PAGES),
    };
    let synchronous = match options.synchronous {
        Synchronous::Full => "FULL",
        Synchronous::Normal => "NORMAL",
    };
    db.execute_batch(&format!(
        "PRAGMA synchronous = {synchronous}; PRAGMA wal_autocheckpoint = {pages};
         PRAGMA journal_size_limit = {}; PRAGMA cache_size = -12288;",
        pages * 4 * PAGE_BYTES
    ))
    .map_err(failed)?;
    Ok(db)
}

/// Turns the WAL on and says what the journal is. SQLite itself does not wait for another process that makes the WAL, or
/// closes it as its last user, at that very moment.
fn wal(db: &Connection, options: &Options) -> rusqlite::Result<String> {
    let turn_on = |db: &Connection| db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0));
    let mode = patiently(db, options.busy_ms, &AtomicBool::new(false), turn_on)?;
    db.busy_timeout(Duration::from_millis(options.busy_ms))?;
    Ok(mode)
}

/// A connection that only reads.
pub(crate) fn reader(options: &Options) -> Result<Connection> {
    let failed = |error| fault(&format!("open \"{}\" to read", shown(&options.path)), &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(&options.path, flags).map_err(failed)?;
    common(&db, options).map_err(failed)?;
    db.execute_batch("PRAGMA cache_size = -2048; PRAGMA query_only = ON;").map_err(failed)?;
    Ok(db)
}

/// Why the file cannot be opened. What its rights forbid they forbid the next time too, so nobody is told to try again.
fn unopened(options: &Options, error: &rusqlite::Error) -> StoreError {
    let doing = format!("open \"{}\"", shown(&options.path));
    match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            let error = visible(&error.to_string(), 300);
            let next = "is it a file, and do its rights and those of its folder let you read and write?";
            StoreError::new(Fault::Config, format!("{doing}: {error}; {next}"))
        }
        _ => fault(&doing, error),
    }
}

fn common(db: &Connection, options: &Options) -> rusqlite::Result<()> {
    db.busy_timeout(Duration::from_millis(options.busy_ms))?;
    db.set_prepared_statement_cache_capacity(64);
    // Where values may sway a plan (SQLITE_ENABLE_STAT4, as it is bundled), SQLite prepares such a statement anew each time
    // that a value is bound: half of the time of a question, and some of each order's.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // The file may come from anybody: no function of a schema is run that could do harm.
    db.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;")
}

/// A path as it may be printed.
pub(crate) fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy(), 300)
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn no_statement_is_prepared_anew_because_a_value_is_bound() {
        let folder = tempfile::tempdir().unwrap();
        let options = Options::of(folder.path().join("banto.db"));
        prepare(&options).unwrap();
        let mut db = writer(&options).unwrap();
        crate::migrate::migrate(&mut db).unwrap();
        for db in [&db, &reader(&options).unwrap()] {
            let mut find = db.prepare("SELECT max(n) FROM banto_line WHERE seq = ?1").unwrap();
            for seq in 0..10 {
                find.query_row([seq], |row| row.get::<_, Option<i64>>(0)).unwrap();
            }
            assert_eq!(find.get_status(StatementStatus::RePrepare), 0);
        }
    }
}
