//! The application's state: what every job and command of MyTeacher works with.
//!
//! One SQLite file holds our tables; banto's store is that file too, or another engine. One set of providers is chosen by the
//! settings; one folder (or bucket) keeps the pictures. Everything that a kind needs and lacks is named by [`App::missing`] before a worker starts.

use std::sync::Arc;

use banto::{
    Client, Clock, Registry, Store,
    sqlite::{Sqlite, rusqlite::Connection},
};

use crate::{
    error::Error,
    files::Files,
    generate,
    jobs::Jobs,
    port::{Painter, Writer},
    table::Tables,
};

/// The name of this build, as banto shows it.
pub const BUILD: &str = concat!("myteacher ", env!("CARGO_PKG_VERSION"));

/// What MyTeacher works with. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// Enqueues jobs.
    pub client: Client,
    /// Paints pictures.
    pub painter: Arc<dyn Painter>,
    /// Writes comments.
    pub writer: Arc<dyn Writer>,
    /// Keeps pictures.
    pub files: Files,
    /// Where jobs go.
    pub jobs: Jobs,
    /// The tables.
    pub tables: Tables,
}

impl App {
    /// Puts the parts together, with jobs and tables in one file, and brings the application's tables up to date.
    pub async fn new(
        store: Sqlite,
        clock: Arc<dyn Clock>,
        painter: Arc<dyn Painter>,
        writer: Arc<dyn Writer>,
        files: Files,
    ) -> Result<App, Error> {
        let tables = Tables::open(store.clone(), clock).await?;
        Ok(App::on(Jobs::Together(store), tables, painter, writer, files))
    }

    /// Puts the parts together, on tables that are open.
    pub fn on(jobs: Jobs, tables: Tables, painter: Arc<dyn Painter>, writer: Arc<dyn Writer>, files: Files) -> App {
        let client = Client::new(jobs.store()).clock(tables.clock());
        App { client, painter, writer, files, jobs, tables }
    }

    /// The store, as banto's commands want it.
    pub fn store(&self) -> Arc<dyn Store> {
        self.jobs.store()
    }

    /// The clock.
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.tables.clock()
    }

    /// Wall-clock time, in milliseconds since 1970.
    pub fn now(&self) -> i64 {
        self.tables.now()
    }

    /// The settings that the chosen providers and the place of the pictures lack; empty when all can work.
    pub fn missing(&self) -> Vec<String> {
        let mut missing = self.painter.missing();
        missing.extend(self.writer.missing());
        missing.extend_from_slice(self.files.missing());
        missing.sort();
        missing.dedup();
        missing
    }

    /// The kinds this build can run.
    pub fn registry(&self) -> Registry {
        let mut registry = Registry::new(BUILD);
        let app = self.clone();
        registry.add_needing(Arc::new(self.clone()), generate::generate, move || app.missing());
        registry
    }

    /// Writes in one durable transaction; after an error nothing of it remains.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.tables.write(work).await
    }

    /// Reads in one snapshot.
    pub async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.tables.read(question).await
    }
}
