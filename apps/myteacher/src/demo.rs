//! `myteacher demo`: an avatar, made end to end, with no server, no key and no network.
//!
//! The row and its job are committed in one transaction; a worker in this very process claims the job through the durable
//! queue, as any other worker would. A second demo makes a second avatar.

use banto::{Config, Event, JobId, Name, State, Stop};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::{
    app::App,
    avatar::{self, Avatar, Made},
    error::Error,
    look::Look,
    order, price,
    token::{self, Balance},
    work,
};

/// The demo's user, and what it is given whenever it has too little.
const USER: i64 = 1;
const GRANT_FREE: i64 = 5_000;
const GRANT_PAID: i64 = 50_000;

/// What a demo made.
#[derive(Debug, Serialize)]
pub struct Demo {
    /// The avatar's row.
    pub avatar: Avatar,
    /// Its pictures and comments.
    pub made: Made,
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
}

/// Makes one avatar of that look. With `bar` a progress bar is shown on stderr, if that is a terminal.
pub async fn demo(app: &App, look: Look, bar: bool) -> Result<Demo, Error> {
    let missing = app.missing();
    if !missing.is_empty() {
        return Err(Error::Asked(format!("make a demo: the chosen painter and writer lack {}", missing.join(", "))));
    }
    let since = app.clock().steady_ms();
    provide(app, look).await?;
    let ordered = order::create(app, USER, look).await?;
    let worker =
        work::worker(app, Config { concurrency: 1, ..Config::new(Name::new("demo")?, [Name::new("avatars")?]) });
    let ending = tokio::spawn(until_ended(worker.events().subscribe(), worker.stop(), ordered.job, progress(bar)));
    work::work(app, worker).await?;
    ending.abort();
    let took_ms = app.clock().steady_ms().saturating_sub(since);
    made(app, ordered.avatar, ordered.job, took_ms).await
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

/// Shows how far the job is and stops the worker when it has ended, however it did.
async fn until_ended(mut events: Receiver<Event>, stop: Stop, job: JobId, bar: ProgressBar) {
    loop {
        match events.recv().await {
            Ok(Event::Progressed { job: of, progress }) if of == job => {
                bar.set_length(progress.total);
                bar.set_position(progress.done);
                bar.set_message(progress.text);
            }
            Ok(Event::Ended { job: of, state, .. }) if of == job && state.ended() => break,
            Ok(Event::Parked { job: of, .. }) if of == job => break,
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => break,
        }
    }
    bar.finish_and_clear();
    stop.graceful("the demo's job has ended");
}

fn progress(shown: bool) -> ProgressBar {
    if !shown {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{bar:32} {pos}/{len} {msg}");
    style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
}

async fn made(app: &App, id: i64, job: JobId, took_ms: u64) -> Result<Demo, Error> {
    let gone = move || Error::Asked(format!("show the demo: job {job} or avatar {id} is not listed any more"));
    let record = app.store().job(job).await?.ok_or_else(gone)?.job;
    app.read(move |db| {
        let avatar = avatar::find(db, id)?.ok_or_else(gone)?;
        let one = |sql: &str| db.query_row(sql, [&avatar.run], |row| row.get(0));
        let charged = one("SELECT coalesce(sum(-amount), 0) FROM token_transactions WHERE run = ?1")?;
        let sql = "SELECT title, message FROM notification_templates WHERE run = ?1";
        let notification = db.query_row(sql, [&avatar.run], |row| Ok((row.get(0)?, row.get(1)?))).ok();
        let (made, balance) = (avatar::made(db, &avatar)?, token::balance(db, avatar.user)?);
        let (state, attempts) = (record.state, record.attempt);
        Ok(Demo { avatar, made, job, state, attempts, took_ms, charged, balance, notification })
    })
    .await
}
