//! A school with two groups, a clock that the test sets, and the commands as they are typed.

use banto::{Clock, GivenClock, sqlite::Sqlite, sqlite::rusqlite::types::FromSql};
use clap::Parser;
use jiff::Timestamp;
use myteacher::{
    args::{Typed, Verb},
    batch::{Batch, Chance, entry::Entry, run::Done},
    chore::Chore,
    error::Error,
    report::Report,
    table::Tables,
};
use serde_json::Value;
use tempfile::TempDir;

/// Group 1 in Tokyo: 1 may edit it; 2, 3 and 4 do what is to be done, 2 and 3 are children. Group 2 in New York: 20 and 21.
const PEOPLE: &str = "INSERT INTO groups (id, name) VALUES (1, 'Tokyo'), (2, 'New York');
    INSERT INTO users (id, name, timezone, theme, group_id, group_edit_flg) VALUES
      (1, 'Hanako', 'Asia/Tokyo', 'adult', 1, 1), (2, 'Taro', 'Asia/Tokyo', 'child', 1, 0),
      (3, 'Jiro', 'Asia/Tokyo', 'child', 1, 0), (4, 'Saburo', 'Asia/Tokyo', 'adult', 1, 0),
      (20, 'Ann', 'America/New_York', 'adult', 2, 1), (21, 'Bob', 'America/New_York', 'child', 2, 0)";

pub struct Desk {
    pub tables: Tables,
    pub clock: GivenClock,
    pub folder: TempDir,
}

pub fn ms(time: &str) -> i64 {
    time.parse::<Timestamp>().unwrap().as_millisecond()
}

impl Desk {
    /// The school at that time (`2026-12-01T00:00:00Z`).
    pub async fn at(time: &str) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let clock = GivenClock::at(ms(time));
        let tables = open(&folder, &clock).await;
        let desk = Desk { tables, clock, folder };
        desk.tables.write(|db| Ok::<_, Error>(db.execute_batch(PEOPLE)?)).await.unwrap();
        desk
    }

    /// The same tables, opened by another container.
    pub async fn second(&self) -> Tables {
        open(&self.folder, &self.clock).await
    }

    /// The wall clock is set.
    pub fn set(&self, time: &str) {
        self.clock.jump(ms(time) - self.clock.wall_ms());
    }

    /// A scheduled task of Hanako's (group 1), made now; `more` are columns, as `reward = 5`.
    pub async fn plan(&self, when: &str, more: &str) -> i64 {
        self.plan_of(1, 1, when, more).await
    }

    pub async fn plan_of(&self, group: i64, by: i64, when: &str, more: &str) -> i64 {
        let entries = when.split('|').map(|when| Entry::typed(when.trim()).unwrap().to_json());
        let schedules = Value::from_iter(entries).to_string();
        let (now, more) = (self.clock.wall_ms(), more.to_owned());
        let planned = self.tables.write(move |db| {
            let sql = "INSERT INTO scheduled_group_tasks (group_id, created_by, title, schedules, start_date, created_at, updated_at)
                       VALUES (?1, ?2, 'sweep', ?3, '2020-01-01', ?4, ?4) RETURNING id";
            let id: i64 = db.query_row(sql, (group, by, schedules, now), |row| row.get(0))?;
            if !more.is_empty() {
                db.execute(&format!("UPDATE scheduled_group_tasks SET {more} WHERE id = {id}"), [])?;
            }
            Ok::<_, Error>(id)
        });
        planned.await.unwrap()
    }

    pub fn batch(&self) -> Batch {
        Batch { tables: self.tables.clone(), chance: Chance::seeded(7) }
    }

    pub async fn run(&self) -> Done {
        self.batch().execute().await.unwrap()
    }

    /// A run at each of these times; nothing may fail.
    pub async fn run_at(&self, times: &[&str]) {
        for time in times {
            self.set(time);
            let done = self.run().await;
            assert!(done.lines.iter().all(|line| line.errors.is_empty()), "{time}: {done:?}");
        }
    }

    /// A command as it is typed; words in single quotes are one.
    pub async fn asks(&self, typed: &str) -> Result<Report, Error> {
        chore(typed).carry_out(&self.tables).await
    }

    pub async fn types(&self, typed: &str) -> Report {
        self.asks(typed).await.unwrap()
    }

    pub async fn sql(&self, sql: &str) -> usize {
        let sql = sql.to_owned();
        self.tables.write(move |db| Ok::<_, Error>(db.execute(&sql, [])?)).await.unwrap()
    }

    pub async fn one<T: FromSql + Send + 'static>(&self, sql: &str) -> T {
        let sql = sql.to_owned();
        self.tables.read(move |db| Ok::<_, Error>(db.query_row(&sql, [], |row| row.get(0))?)).await.unwrap()
    }

    /// The rows of a scheduled task, in the order of their time: `Tue 2026-12-01 09:00 +09:00 success`.
    pub async fn rows(&self, id: i64) -> Vec<String> {
        let sql = format!(
            "SELECT due_local || ' ' || status FROM scheduled_task_executions WHERE scheduled_task_id = {id} ORDER BY due_at, id"
        );
        self.texts(sql).await
    }

    pub async fn texts(&self, sql: String) -> Vec<String> {
        let found = self.tables.read(move |db| {
            Ok::<_, Error>(db.prepare(&sql)?.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?)
        });
        found.await.unwrap()
    }
}

async fn open(folder: &TempDir, clock: &GivenClock) -> Tables {
    let clock = std::sync::Arc::new(clock.clone());
    let store = Sqlite::open(folder.path().join("jobs.db").to_str().unwrap(), clock.clone()).unwrap();
    Tables::open(store, clock).await.unwrap()
}

pub fn chore(typed: &str) -> Chore {
    let mut words = vec!["myteacher".to_owned()];
    for (place, part) in typed.split('\'').enumerate() {
        match place % 2 {
            0 => words.extend(part.split_ascii_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    match Typed::try_parse_from(words).unwrap().verb {
        Verb::Chore(chore) => chore,
        other => panic!("{typed} is no chore: {other:?}"),
    }
}
