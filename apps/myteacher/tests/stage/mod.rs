//! A stage for the avatar job: a real store in a folder of its own and the real worker; painter, writer and place of the
//! pictures are the test's.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test code says what it wants and fails loudly")]

use std::sync::Arc;

use banto::{Clock, Config, Event, JobRecord, Report, Select, Steer, sqlite::Sqlite, steer::Order};
use myteacher::{
    app::App,
    avatar::{self, Avatar},
    files::Files,
    look::Look,
    order::{self, Ordered},
    port::{Painter, Writer},
    token::{self, Balance},
    work,
};
use tempfile::TempDir;

pub struct Stage {
    pub app: App,
    pub folder: Arc<TempDir>,
}

pub const USER: i64 = 7;

/// A new folder and a store in it.
pub fn house() -> (Arc<TempDir>, Sqlite) {
    house_by(banto::clock())
}

/// The same, by a clock of the test's.
pub fn house_by(clock: Arc<dyn Clock>) -> (Arc<TempDir>, Sqlite) {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(folder.path().join("jobs.db").to_str().unwrap(), clock).unwrap();
    (Arc::new(folder), store)
}

/// A worker that works off what is due and then stops.
pub fn config() -> Config {
    Config { stop_when_empty: true, ..Config::new("stage".parse().unwrap(), ["avatars".parse().unwrap()]) }
}

impl Stage {
    /// Sets the stage in a house, which keeps the pictures too unless a place is given; a second stage in the same house is
    /// what a restart with other settings is.
    pub async fn set(
        house: (Arc<TempDir>, Sqlite),
        painter: Arc<dyn Painter>,
        writer: Arc<dyn Writer>,
        place: Option<Files>,
    ) -> Stage {
        Stage::set_by(banto::clock(), house, painter, writer, place).await
    }

    /// The same, by the clock that the house was made with.
    pub async fn set_by(
        clock: Arc<dyn Clock>,
        (folder, store): (Arc<TempDir>, Sqlite),
        painter: Arc<dyn Painter>,
        writer: Arc<dyn Writer>,
        place: Option<Files>,
    ) -> Stage {
        let files = place.unwrap_or_else(|| Files::open(folder.path().join("pictures").to_str().unwrap()).unwrap());
        let app = App::new(store, clock, painter, writer, files).await.unwrap();
        let stage = Stage { app, folder };
        if stage.sql("INSERT INTO users (id, name) VALUES (7, 'Hanako') ON CONFLICT DO NOTHING").await == 1 {
            stage.app.write(|db| Ok(token::grant(db, USER, 10_000, 100_000, "test", 0)?)).await.unwrap();
        }
        stage
    }

    pub async fn sql(&self, sql: &'static str) -> usize {
        self.app.write(move |db| Ok(db.execute(sql, [])?)).await.unwrap()
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        self.app.read(move |db| Ok(db.query_row(sql, [], |row| row.get(0))?)).await.unwrap()
    }

    pub async fn order(&self) -> Ordered {
        order::create(&self.app, USER, Look::from_seed(3)).await.unwrap()
    }

    pub async fn work(&self) -> Report {
        work::work(&self.app, work::worker(&self.app, config())).await.expect("the worker starts")
    }

    /// A worker that stays until it has taken a parked job back and ended it.
    pub async fn work_until_adopted(&self, ordered: Ordered) {
        let worker = work::worker(&self.app, Config { stop_when_empty: false, ..config() });
        let (mut events, stop) = (worker.events().subscribe(), worker.stop());
        let until = async {
            while !matches!(events.recv().await.unwrap(), Event::Ended { job, .. } if job == ordered.job) {}
            stop.graceful("it was adopted");
        };
        let (report, ()) = tokio::join!(work::work(&self.app, worker), until);
        report.expect("the worker starts");
    }

    /// As an operator would: retry makes a scheduled job due now.
    pub async fn run_now(&self, ordered: Ordered) {
        let order = Order::Retry(Select::ids([ordered.job]));
        let steer = Steer { order, by: "test".into(), preview: false };
        assert_eq!(self.app.store().steer(steer).await.unwrap().count, 1);
        self.work().await;
    }

    pub async fn avatar(&self, id: i64) -> Avatar {
        self.app.read(move |db| Ok(avatar::find(db, id)?)).await.unwrap().expect("the avatar is listed")
    }

    pub async fn job(&self, ordered: Ordered) -> JobRecord {
        self.app.store().job(ordered.job).await.unwrap().expect("the job is listed").job
    }

    pub async fn balance(&self) -> Balance {
        self.app.read(|db| Ok(token::balance(db, USER)?)).await.unwrap()
    }
}
