//! Rows are written away before they are deleted: one JSON object a line, in a new file only its owner may read.
//!
//! What was written is on the disk when [`Export::write`] answers, and only rows that still are as they were written are
//! deleted, so rows are never gone without an export. A crash between the two leaves both; the next run then writes them
//! again, into a file of its own.
//!
//! # Layout
//! - `follow`: what a row takes with it when it is deleted.

mod follow;

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use banto::{
    sqlite::rusqlite::{self, Connection, Params, types::ValueRef},
    text::visible,
};
use clap::Args;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::error::Error;

pub use follow::with_followers;

/// Where exports go.
#[derive(Debug, Clone, Args)]
pub struct To {
    /// The folder that what is deleted is written to first.
    #[arg(long = "exports", env = "MYTEACHER_EXPORTS", default_value = "storage/exports", value_name = "DIR")]
    pub folder: PathBuf,
}

/// A row: its columns by name. Bytes that are no text are hexadecimal digits.
pub type Row = Map<String, Value>;

/// A row and the table it is in.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The table.
    pub table: String,
    /// The row.
    pub row: Row,
}

impl Kept {
    /// It as a line of an export.
    fn line(&self) -> String {
        json!({ "table": self.table, "row": self.row }).to_string()
    }
}

/// An export under way; its file is made with the first row.
pub struct Export {
    path: PathBuf,
    file: Option<Arc<File>>,
}

impl Export {
    /// An export of `what` ("payments"), begun at that time. The name is nobody else's, not even that of a second run in
    /// the same millisecond.
    pub fn new(to: &To, what: &str, now_ms: i64) -> Export {
        let at = Timestamp::from_millisecond(now_ms).unwrap_or_default().strftime("%Y%m%dT%H%M%SZ");
        let name = format!("{what}-{at}-{:016x}.jsonl", fastrand::u64(..));
        Export { path: to.folder.join(name), file: None }
    }

    /// The file, if anything was written.
    pub fn path(&self) -> Option<&Path> {
        self.file.is_some().then_some(self.path.as_path())
    }

    /// Writes rows. They are on the disk when this answers.
    pub async fn write(&mut self, rows: &[Kept]) -> Result<(), Error> {
        let mut lines = String::new();
        for kept in rows {
            lines.push_str(&kept.line());
            lines.push('\n');
        }
        let (path, open) = (self.path.clone(), self.file.clone());
        let written = tokio::task::spawn_blocking(move || {
            let file = open.map_or_else(|| made(&path).map(Arc::new), Ok)?;
            (&*file).write_all(lines.as_bytes())?;
            file.sync_all()?;
            Ok::<_, io::Error>(file)
        });
        let written = written.await.unwrap_or_else(|stopped| Err(io::Error::other(stopped)));
        self.file = Some(written.map_err(|error| self.failed(error))?);
        Ok(())
    }

    fn failed(&self, error: io::Error) -> Error {
        let shown = visible(&self.path.to_string_lossy(), 300);
        Error::Export(format!("write \"{shown}\" before anything is deleted: {error}; what it was for is all there"))
    }
}

/// A new file. Its name is as durable as what will stand in it: up to the first folder that was there already.
fn made(path: &Path) -> io::Result<File> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let old = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new(".")).to_owned();
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    for folder in folder.ancestors().take_while(|folder| folder.starts_with(&old)) {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        File::open(folder)?.sync_all()?;
    }
    Ok(file)
}

/// The rows that SQL answers.
pub fn rows(db: &Connection, sql: &str, values: impl Params) -> rusqlite::Result<Vec<Row>> {
    let mut asked = db.prepare(sql)?;
    let names: Vec<String> = asked.column_names().map(str::to_owned).collect();
    let read = |row: &rusqlite::Row<'_>| {
        names.iter().enumerate().map(|(at, name)| Ok((name.clone(), value(row.get_ref(at)?)))).collect()
    };
    asked.query_map(values, read)?.collect()
}

fn value(of: ValueRef<'_>) -> Value {
    match of {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(bytes) => str::from_utf8(bytes).map_or_else(|_| hexadecimal(bytes), Value::from),
        ValueRef::Blob(bytes) => hexadecimal(bytes),
    }
}

fn hexadecimal(bytes: &[u8]) -> Value {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

/// Deletes those of `rows` that still are as they were written, by their `id`. Answers how many.
pub fn delete_unchanged(db: &Connection, rows: &[Kept]) -> rusqlite::Result<usize> {
    let mut deleted = 0;
    for Kept { table, row } in rows {
        let (table, id) = (named(table), row.get("id").and_then(Value::as_i64));
        let same = self::rows(db, &format!("SELECT * FROM {table} WHERE id = ?1"), [id])?.first() == Some(row);
        if same {
            deleted += db.execute(&format!("DELETE FROM {table} WHERE id = ?1"), [id])?;
        }
    }
    Ok(deleted)
}

/// A table's or column's name, which comes from the schema and never from data, as SQL has it.
fn named(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
#[path = "export_tests.rs"]
mod tests;
