//! A desk at which chores are typed: a store in a folder of its own, and a clock that stands where it is put.

use std::{path::PathBuf, sync::Arc};

use banto::{
    Clock, GivenClock,
    sqlite::{
        Sqlite,
        rusqlite::{self, types::FromSql},
    },
};
use clap::Parser;
use jiff::Timestamp;
use myteacher::{
    args::{Typed, Verb},
    chore::Chore,
    error::Error,
    report::Report,
    table::Tables,
};
use serde_json::Value;
use tempfile::TempDir;

pub const DAY: i64 = 86_400_000;

pub struct Desk {
    pub folder: TempDir,
    pub tables: Tables,
    clock: GivenClock,
}

/// Milliseconds since 1970.
pub fn ms(time: &str) -> i64 {
    time.parse::<Timestamp>().unwrap().as_millisecond()
}

/// The exit code, and what the report has for programs under these names.
#[track_caller]
pub fn numbers<const N: usize>(report: &Report, names: [&str; N]) -> [i64; N] {
    names.map(|name| report.object[name].as_i64().unwrap_or_else(|| panic!("no number {name} in {report:?}")))
}

impl Desk {
    pub async fn at(time: &str) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let clock = GivenClock::at(ms(time));
        let file = folder.path().join("jobs.db");
        let store = Sqlite::open(file.to_str().unwrap(), Arc::new(clock.clone())).unwrap();
        let tables = Tables::open(store, Arc::new(clock.clone())).await.unwrap();
        Desk { folder, tables, clock }
    }

    pub fn now(&self) -> i64 {
        self.clock.wall_ms()
    }

    /// Puts the clock there.
    pub fn is(&self, time: &str) {
        self.is_at(ms(time));
    }

    pub fn is_at(&self, at_ms: i64) {
        self.clock.jump(at_ms - self.now());
    }

    pub fn exports(&self) -> PathBuf {
        self.folder.path().join("exports")
    }

    /// A chore as it is typed; its places are in the desk's folder.
    pub fn chore(&self, typed: &str) -> Chore {
        let folder = self.folder.path().display();
        let places = match typed.split([' ', ':']).next() {
            Some("payment" | "payments") => format!(" --exports {folder}/exports"),
            Some("users" | "legal") => format!(" --exports {folder}/exports --files {folder}/pictures"),
            _ => String::new(),
        };
        let words = format!("myteacher {typed}{places}");
        match Typed::try_parse_from(words.split_ascii_whitespace()).unwrap_or_else(|error| panic!("{error}")).verb {
            Verb::Chore(chore) => chore,
            other => panic!("no chore: {other:?}"),
        }
    }

    pub async fn carries_out(&self, typed: &str) -> Result<Report, Error> {
        self.chore(typed).carry_out(&self.tables).await
    }

    /// Carries out a chore, and answers its report, which must be well.
    #[track_caller]
    pub fn types(&self, typed: &str) -> impl Future<Output = Report> {
        let typed = typed.to_owned();
        async move {
            let report = self.carries_out(&typed).await.unwrap_or_else(|error| panic!("{typed}: could not {error}"));
            assert_eq!(report.exit, 0, "{typed}: {report:?}");
            report
        }
    }

    /// The same chore twice at once, each as somebody else. Answers the sum of a number of their reports.
    pub async fn both(&self, typed: &str, number: &str) -> i64 {
        let (one, other) = tokio::join!(self.types(typed), self.types(typed));
        numbers(&one, [number])[0] + numbers(&other, [number])[0]
    }

    pub async fn sql(&self, sql: &str) {
        let sql = sql.to_owned();
        self.tables.write(move |db| Ok(db.execute_batch(&sql)?)).await.unwrap();
    }

    /// The one value that SQL answers.
    pub async fn one<T: FromSql + Send + 'static>(&self, sql: &str) -> T {
        let sql = sql.to_owned();
        self.tables.read(move |db| Ok(db.query_row(&sql, [], |row| row.get(0))?)).await.unwrap()
    }

    /// The first column of what SQL answers, parted by blanks.
    pub async fn all(&self, sql: &str) -> String {
        let sql = sql.to_owned();
        let read = |row: &rusqlite::Row<'_>| Ok(format!("{:?}", row.get::<_, rusqlite::types::Value>(0)?));
        let found = self.tables.read(move |db| {
            let found: Vec<String> = db.prepare(&sql)?.query_map([], read)?.collect::<Result<_, _>>()?;
            Ok(found)
        });
        let plain = |word: String| {
            let word = word.trim_start_matches("Integer(").trim_start_matches("Text(").trim_end_matches(')');
            word.trim_matches('"').to_owned()
        };
        found.await.unwrap().into_iter().map(plain).collect::<Vec<_>>().join(" ")
    }

    /// Every line of every export.
    pub fn exported(&self) -> Vec<Value> {
        let Ok(folder) = std::fs::read_dir(self.exports()) else { return Vec::new() };
        let files = folder.map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|kind| kind == "jsonl"));
        let mut lines = Vec::new();
        for file in files {
            let text = std::fs::read_to_string(file).unwrap();
            lines.extend(text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
        }
        lines
    }
}
