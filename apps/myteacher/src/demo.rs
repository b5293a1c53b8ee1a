//! `myteacher demo`: an avatar, made end to end, with no server, no key and no network.
//!
//! The row and its job are committed in one transaction; a worker in this very process claims the job through the durable
//! queue, as any other worker would. A second demo makes a second avatar. Whatever keeps the job from its end is said at
//! once (`watch`), and what is not done at the end is explained as `queue explain` does.

mod watch;

use banto::{Config, JobId, Name, State, sqlite::rusqlite::OptionalExtension};
use banto_engine::explain::{Explanation, explain};
use serde::Serialize;

use crate::{
    app::App,
    avatar::{self, Avatar, Made},
    error::Error,
    look::Look,
    order, price,
    token::{self, Balance},
    work,
};

pub use watch::Told;

/// The demo's user, and what it is given whenever it has too little.
const USER: i64 = 1;
const GRANT_FREE: i64 = 5_000;
const GRANT_PAID: i64 = 50_000;
/// Whoever stops a demo wants it to stop: what runs is handed back at once, and goes on from its checkpoints elsewhere.
const GRACE_MS: u64 = 0;

/// What a demo made.
#[derive(Debug, Serialize)]
pub struct Demo {
    /// The avatar's row.
    pub avatar: Avatar,
    /// Its pictures and comments.
    pub made: Made,
    /// How many of the pictures are not in this demo's place: another worker made them, and keeps them in its own.
    pub elsewhere: usize,
    /// The job that made it.
    pub job: JobId,
    /// Where the job stands.
    pub state: State,
    /// Attempts burned.
    pub attempts: u16,
    /// From the order to the durable end, in milliseconds.
    pub took_ms: u64,
    /// Tokens charged.
    pub charged: i64,
    /// What the user has now.
    pub balance: Balance,
    /// Title and message of the notification.
    pub notification: Option<(String, String)>,
    /// Why the job is not done, and the cure.
    pub explained: Option<Why>,
    /// The signal that ended the demo, if one did.
    pub told: Option<Told>,
}

/// Why a job is not done: what `queue explain` says.
#[derive(Debug, Serialize)]
pub struct Why {
    /// The reason that counts most.
    pub answer: String,
    /// Everything else that bears on it.
    pub facts: Vec<String>,
    /// What to do about it.
    pub cure: Option<String>,
}

/// Makes one avatar of that look. How far it is and what holds it up is told on stderr: as JSON if `json`, else with a
/// progress bar if that is a terminal.
pub async fn demo(app: &App, look: Look, json: bool) -> Result<Demo, Error> {
    let missing = app.missing();
    if !missing.is_empty() {
        return Err(Error::Asked(format!("make a demo: what was chosen needs {}; set it first", missing.join(", "))));
    }
    let since = app.clock().steady_ms();
    provide(app, look).await?;
    let ordered = order::create(app, USER, look).await?;
    // Not before: nothing runs yet that would have to be handed back, and a store that does not answer holds nobody up.
    let signals = watch::Signals::listen()?;
    let (name, queue) = (Name::new("demo")?, Name::new("avatars")?);
    let config = Config { concurrency: 1, grace_ms: GRACE_MS, ..Config::new(name, [queue.clone()]) };
    let worker = work::worker(app, config);
    let mut watch = watch::Watch::new(app, &worker, ordered, queue, signals, json);
    tokio::select! {
        report = work::work(app, worker) => drop(report?),
        never = watch.watch() => match never {},
    }
    let told = watch.told();
    let took_ms = app.clock().steady_ms().saturating_sub(since);
    let demo = made(app, ordered.avatar, ordered.job, took_ms).await?;
    let elsewhere = if demo.state == State::Done { elsewhere(app, &demo.made).await? } else { 0 };
    Ok(Demo { told, elsewhere, ..demo })
}

/// How many pictures are not in our place.
async fn elsewhere(app: &App, made: &Made) -> Result<usize, Error> {
    let mut missing = 0;
    for (_, path, _) in &made.pictures {
        missing += usize::from(!app.files.has(path).await?);
    }
    Ok(missing)
}

/// Makes sure that the user exists and can pay.
async fn provide(app: &App, look: Look) -> Result<(), Error> {
    let now = app.now();
    app.write(move |db| {
        db.execute("INSERT INTO users (id, name) VALUES (?1, 'Demo') ON CONFLICT DO NOTHING", [USER])?;
        if token::balance(db, USER)?.available() < price::most(db, &look)? {
            token::grant(db, USER, GRANT_FREE, GRANT_PAID, "demo", now)?;
        }
        Ok(())
    })
    .await
}

async fn made(app: &App, id: i64, job: JobId, took_ms: u64) -> Result<Demo, Error> {
    let gone = move || Error::Asked(format!("show the demo: job {job} or avatar {id} is not listed any more"));
    let Explanation { card, answer, facts, cure } = explain(&app.store(), job, app.now()).await?.ok_or_else(gone)?;
    let (state, attempts) = (card.job.state, card.job.attempt);
    let explained = (state != State::Done).then_some(Why { answer, facts, cure });
    app.read(move |db| {
        let avatar = avatar::find(db, id)?.ok_or_else(gone)?;
        let one = |sql: &str| db.query_row(sql, [&avatar.run], |row| row.get(0));
        let charged = one("SELECT coalesce(sum(-amount), 0) FROM token_transactions WHERE run = ?1")?;
        let sql = "SELECT title, message FROM notification_templates WHERE run = ?1";
        let notification = db.query_row(sql, [&avatar.run], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let (made, balance) = (avatar::made(db, &avatar)?, token::balance(db, avatar.user)?);
        let (elsewhere, told) = (0, None);
        Ok(Demo {
            avatar,
            made,
            elsewhere,
            job,
            state,
            attempts,
            took_ms,
            charged,
            balance,
            notification,
            explained,
            told,
        })
    })
    .await
}
