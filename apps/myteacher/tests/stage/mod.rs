//! A stage for the avatar job: a real store in a folder of its own, the real worker, and the offline providers behind a
//! script that makes chosen calls fail.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test code says what it wants and fails loudly")]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use banto::{Config, Event, JobRecord, Report, sqlite::Sqlite};
use myteacher::{
    app::App,
    avatar::{self, Avatar},
    failure::Failure,
    files::Files,
    look::Look,
    order::{self, Ordered},
    paint::offline::OfflinePainter,
    port::{BoxFuture, PaintOrder, Painted, Painter},
    token::{self, Balance},
    work,
    write::offline::OfflineWriter,
};

/// The offline painter, failing as told: one entry a call, `None` paints.
#[derive(Default)]
pub struct Scripted {
    script: Mutex<VecDeque<Option<Failure>>>,
    softness: Mutex<Vec<u8>>,
    lacks: Mutex<Vec<String>>,
}

impl Scripted {
    pub fn then(&self, calls: impl IntoIterator<Item = Option<Failure>>) {
        self.script.lock().unwrap().extend(calls);
    }

    pub fn lack(&self, names: &[&str]) {
        *self.lacks.lock().unwrap() = names.iter().map(|name| (*name).to_owned()).collect();
    }

    /// The softness of every call so far.
    pub fn calls(&self) -> Vec<u8> {
        self.softness.lock().unwrap().clone()
    }
}

impl Painter for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn missing(&self) -> Vec<String> {
        self.lacks.lock().unwrap().clone()
    }

    fn paint<'a>(&'a self, order: &'a PaintOrder) -> BoxFuture<'a, Result<Painted, Failure>> {
        self.softness.lock().unwrap().push(order.softness);
        match self.script.lock().unwrap().pop_front().flatten() {
            Some(failure) => Box::pin(async { Err(failure) }),
            None => OfflinePainter.paint(order),
        }
    }

    fn cut_out<'a>(&'a self, order: &'a PaintOrder, painted: &'a Painted) -> BoxFuture<'a, Result<Painted, Failure>> {
        OfflinePainter.cut_out(order, painted)
    }
}

pub struct Stage {
    pub app: App,
    pub painter: Arc<Scripted>,
    pub folder: tempfile::TempDir,
}

pub const USER: i64 = 7;

impl Stage {
    pub async fn new() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let painter = Arc::new(Scripted::default());
        let store = Sqlite::open(folder.path().join("jobs.db").to_str().unwrap(), banto::clock()).unwrap();
        let files = Files::open(folder.path().join("pictures").to_str().unwrap()).unwrap();
        let app = App::new(store, banto::clock(), painter.clone(), Arc::new(OfflineWriter), files).await.unwrap();
        let stage = Stage { app, painter, folder };
        stage.sql("INSERT INTO users (id, name) VALUES (7, 'Hanako')").await;
        stage.grant(10_000, 100_000).await;
        stage
    }

    pub async fn grant(&self, free: i64, paid: i64) {
        self.app.write(move |db| Ok(token::grant(db, USER, free, paid, "test", 0)?)).await.unwrap();
    }

    pub async fn sql(&self, sql: &'static str) {
        self.app.write(move |db| Ok(db.execute(sql, []).map(drop)?)).await.unwrap();
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        self.app.read(move |db| Ok(db.query_row(sql, [], |row| row.get(0))?)).await.unwrap()
    }

    pub async fn order(&self) -> Ordered {
        order::create(&self.app, USER, Look::from_seed(3)).await.unwrap()
    }

    /// A worker that works off what is due and then stops.
    pub async fn work(&self) -> Report {
        let name = "stage".parse().unwrap();
        let config = Config { stop_when_empty: true, ..Config::new(name, ["avatars".parse().unwrap()]) };
        work::work(&self.app, work::worker(&self.app, config)).await.expect("the worker starts")
    }

    /// A worker that stays until it has taken a parked job back and ended it.
    pub async fn work_until_adopted(&self, ordered: Ordered) {
        let config = Config::new("stage".parse().unwrap(), ["avatars".parse().unwrap()]);
        let worker = work::worker(&self.app, config);
        let (mut events, stop) = (worker.events().subscribe(), worker.stop());
        let until = async {
            while !matches!(events.recv().await.unwrap(), Event::Ended { job, .. } if job == ordered.job) {}
            stop.graceful("it was adopted");
        };
        let (report, ()) = tokio::join!(work::work(&self.app, worker), until);
        report.expect("the worker starts");
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
