//! Reconcile: no avatar stays `pending` or `generating` without somebody working on it.
//!
//! Looks at every unfinished row and at its job. A job that has ended badly brings its row to `failed` with the reason; a
//! row without a listed job (it was lost, or a crash came between row and job) gets a new one under the row's key; a row whose
//! job lives is left alone. So running it
//! twice, or in two processes, doubles nothing, and each counts only what it changed itself. It runs as a command, as a
//! sweep beside every worker, and for a single row as soon as a worker sees its job end.

use banto::{Card, State};
use serde::Serialize;

use crate::{
    app::App,
    avatar::{self, Unfinished},
    error::Error,
    order::Wish,
    reason::Why,
};

/// What was found and mended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Reconciled {
    /// Rows that are pending or generating.
    pub looked_at: usize,
    /// Rows whose job waits, runs or is parked.
    pub alive: usize,
    /// Rows that had no job and got one.
    pub enqueued: usize,
    /// Rows whose job had ended badly and that are failed now.
    pub failed: usize,
}

/// What a row needs.
enum Needs {
    Nothing,
    Job,
    End(Why),
}

/// Reconciles every unfinished row. With `dry_run` it only counts. A row that cannot be mended does not keep the others from
/// it; the first error is answered when all were looked at.
pub async fn reconcile(app: &App, dry_run: bool) -> Result<Reconciled, Error> {
    let rows = app.read(|db| Ok(avatar::unfinished(db)?)).await?;
    each(app, &rows, dry_run).await
}

/// Reconciles the row that this job makes, if there is one.
pub async fn after(app: &App, job: &str) -> Result<Reconciled, Error> {
    let mut rows = app.read(|db| Ok(avatar::unfinished(db)?)).await?;
    rows.retain(|row| row.job == job);
    each(app, &rows, false).await
}

async fn each(app: &App, rows: &[Unfinished], dry_run: bool) -> Result<Reconciled, Error> {
    let mut counts = Reconciled { looked_at: rows.len(), ..Reconciled::default() };
    let mut first = None;
    for row in rows {
        if let Err(error) = one(app, row, dry_run, &mut counts).await {
            tracing::error!(avatar = row.id, %error, "could not reconcile an avatar");
            first.get_or_insert(error);
        }
    }
    first.map_or(Ok(counts), Err)
}

async fn one(app: &App, row: &Unfinished, dry_run: bool, counts: &mut Reconciled) -> Result<(), Error> {
    let card = match row.job.parse() {
        Ok(id) => app.store().job(id).await?,
        Err(_) => None,
    };
    match needs(card.as_ref()) {
        Needs::Nothing => counts.alive += 1,
        Needs::End(why) => counts.failed += usize::from(dry_run || fail(app, row, why).await?),
        Needs::Job => counts.enqueued += usize::from(dry_run || enqueue_again(app, row).await?),
    }
    Ok(())
}

fn needs(card: Option<&Card>) -> Needs {
    match card {
        Some(card) if !card.job.state.ended() => Needs::Nothing,
        Some(card) if matches!(card.job.state, State::Dead | State::Cancelled) => Needs::End(Why::of(card)),
        // Never enqueued, lost, or done without completing the row: it is made anew, from its checkpoints.
        _ => Needs::Job,
    }
}

async fn fail(app: &App, row: &Unfinished, why: Why) -> Result<bool, Error> {
    let (row, now) = (row.clone(), app.now());
    app.write(move |db| Ok(avatar::fail(db, &row, &why, now)?)).await
}

/// Has a job enqueued for a row that is still as it was seen. The job's key keeps a second one out. Answers whether the job
/// is new.
async fn enqueue_again(app: &App, row: &Unfinished) -> Result<bool, Error> {
    let ordered = app.jobs.enqueue_with(app, Wish::Mended(row.clone())).await?;
    Ok(ordered.is_some_and(|ordered| ordered.fresh))
}
