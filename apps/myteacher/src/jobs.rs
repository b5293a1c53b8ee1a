//! Where jobs go: the one seam between the application's tables and banto's store.
//!
//! Where both are one SQLite file, a row and its job are committed in one transaction. Where the store is another engine, no
//! transaction holds both: the row is committed first and names the job that is to make it, then that job is enqueued under
//! the row's key. What a crash leaves in between is a row whose job is not listed; [`crate::reconcile`] enqueues one for it, and
//! the key keeps a second one out, whoever is first.

use std::sync::Arc;

use banto::{
    Clock, Fault, Job, JobId, Store, StoreError,
    sqlite::{Options, Sqlite, rusqlite::Connection},
};
use banto_cli::{Address, Found, Wanted};

use crate::{
    app::App,
    avatar,
    error::Error,
    generate::GenerateAvatar,
    order::{Ordered, Wish},
};

/// A store, as the application's tables stand to it.
#[derive(Clone)]
pub enum Jobs {
    /// Jobs are in the very file of the tables.
    Together(Sqlite),
    /// Jobs are somewhere else.
    Apart(Arc<dyn Store>),
}

impl Jobs {
    /// Opens the store that is wanted. With tables in `data`, a file of their own, jobs are apart from them; without one, a
    /// SQLite store holds both.
    pub async fn open(
        wanted: &Wanted,
        data: Option<&Options>,
        clock: Arc<dyn Clock>,
    ) -> Result<(Jobs, Found), StoreError> {
        match wanted.address()? {
            Address::Sqlite(options) if data.is_none_or(|data| same(data, &options)) => {
                let options = Options { migrate: wanted.migrate, ..options };
                let store = Sqlite::open_aside(options, clock).await?;
                Ok((Jobs::Together(store.clone()), store.into()))
            }
            _ => {
                let found = wanted.open(clock).await?;
                Ok((Jobs::Apart(found.store.clone()), found))
            }
        }
    }

    /// The store, as banto's commands want it.
    pub fn store(&self) -> Arc<dyn Store> {
        match self {
            Jobs::Together(store) => Arc::new(store.clone()),
            Jobs::Apart(store) => store.clone(),
        }
    }

    /// Writes what is wished into the row, has its job enqueued, and names the job in the row. `None` if the row wants no job
    /// any more. A row whose making is under way already keeps its job.
    pub async fn enqueue_with(&self, app: &App, wish: Wish) -> Result<Option<Ordered>, Error> {
        match self {
            Jobs::Together(store) => together(store.clone(), app, wish).await,
            Jobs::Apart(store) => apart(&**store, app, wish).await,
        }
    }
}

/// Whether two files are one.
fn same(one: &Options, other: &Options) -> bool {
    let whole = |options: &Options| {
        let path = std::path::absolute(&options.path).unwrap_or_else(|_| options.path.clone());
        path.canonicalize().unwrap_or(path)
    };
    whole(one) == whole(other)
}

/// All in one transaction.
async fn together(store: Sqlite, app: &App, wish: Wish) -> Result<Option<Ordered>, Error> {
    let (client, now) = (app.client.clone(), app.now());
    app.write(move |db| {
        let Some(id) = wish.row(db, now)? else { return Ok(None) };
        let job = client.draft(&GenerateAvatar { avatar_id: id }).ready()?;
        let answer = store.enqueue_in(db, &[job])?.first().copied().ok_or_else(unheard)?;
        if answer.fresh {
            wish.begin(db, now)?;
        }
        avatar::made_by(db, id, &answer.id.to_string())?;
        Ok(Some(Ordered { avatar: id, job: answer.id, fresh: answer.fresh }))
    })
    .await
}

/// The row first, then the job.
async fn apart(store: &dyn Store, app: &App, wish: Wish) -> Result<Option<Ordered>, Error> {
    if let Some(job) = under_way(store, &wish).await? {
        let now = app.now();
        let named = app.write(move |db| {
            let Some(id) = wish.row(db, now)? else { return Ok(None) };
            name(db, id, job)?;
            Ok(Some(Ordered { avatar: id, job, fresh: false }))
        });
        return named.await;
    }
    let (job, now) = (app.client.id(), app.now());
    let written = app.write(move |db| {
        let Some(id) = wish.row(db, now)? else { return Ok(None) };
        wish.begin(db, now)?;
        name(db, id, job)?;
        Ok(Some(id))
    });
    let Some(id) = written.await? else { return Ok(None) };
    // Here a crash, or a store that does not answer, leaves a row whose job is not listed.
    let mut new = app.client.draft(&GenerateAvatar { avatar_id: id }).ready()?;
    new.id = job;
    let later = |error| Error::Later { avatar: id, error };
    let answers = app.client.put(vec![new]).await.map_err(later)?;
    let answer = answers.first().copied().ok_or_else(unheard)?;
    if answer.id != job {
        // The sweep was quicker, or the job of an earlier order still held the key.
        app.write(move |db| name(db, id, answer.id)).await?;
    }
    Ok(Some(Ordered { avatar: id, job: answer.id, fresh: answer.fresh }))
}

/// The living job that holds the key of a row that is there.
async fn under_way(store: &dyn Store, wish: &Wish) -> Result<Option<JobId>, Error> {
    let Some(avatar_id) = wish.avatar() else { return Ok(None) };
    let key = Job::unique(&GenerateAvatar { avatar_id })?.map(|unique| unique.key);
    let Some(key) = key else { return Ok(None) };
    Ok(store.holder(key).await?.map(|holder| holder.job))
}

fn name(db: &Connection, id: i64, job: JobId) -> Result<(), Error> {
    Ok(avatar::made_by(db, id, &job.to_string())?)
}

fn unheard() -> StoreError {
    StoreError::new(Fault::InDoubt, "hear what became of the job: the store gave no answer")
}
