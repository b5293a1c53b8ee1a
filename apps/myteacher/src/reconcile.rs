//! Reconcile: no avatar stays `pending` or `generating` without somebody working on it.
//!
//! Looks at every unfinished row and at its job. A job that has ended badly brings its row to `failed` with the reason; a
//! row without a listed job gets a new one under the row's key; a row whose job lives is left alone. So running it
//! twice, or in two processes, doubles nothing. It runs as a command, as a sweep beside every worker, and for a single row
//! as soon as a worker sees its job end.

use banto::{Card, State};
use serde::Serialize;

use crate::{app::App, avatar, avatar::Avatar, error::Error, order};

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

/// Reconciles every unfinished row. With `dry_run` it only counts.
pub async fn reconcile(app: &App, dry_run: bool) -> Result<Reconciled, Error> {
    let rows = app.read(|db| Ok(avatar::unfinished(db)?)).await?;
    let mut counts = Reconciled { looked_at: rows.len(), ..Reconciled::default() };
    for row in &rows {
        one(app, row, dry_run, &mut counts).await?;
    }
    Ok(counts)
}

/// Reconciles the row that this job makes, if there is one.
pub async fn after(app: &App, job: &str) -> Result<Reconciled, Error> {
    let rows = app.read(|db| Ok(avatar::unfinished(db)?)).await?;
    let mut counts = Reconciled::default();
    for row in rows.iter().filter(|row| row.job == job) {
        counts.looked_at += 1;
        one(app, row, false, &mut counts).await?;
    }
    Ok(counts)
}

async fn one(app: &App, row: &Avatar, dry_run: bool, counts: &mut Reconciled) -> Result<(), Error> {
    let card = match row.job.parse() {
        Ok(id) => app.store().job(id).await?,
        Err(_) => None,
    };
    match card {
        Some(card) if !card.job.state.ended() => counts.alive += 1,
        Some(card) if matches!(card.job.state, State::Dead | State::Cancelled) => {
            counts.failed += 1;
            if !dry_run {
                let reason = reason(&card);
                let (row, now) = (row.clone(), app.now());
                app.write(move |db| Ok(avatar::fail(db, &row, &reason, now)?)).await?;
            }
        }
        // Never enqueued, lost, or done without completing the row: it is made anew, from its checkpoints.
        _ => {
            counts.enqueued += 1;
            if !dry_run {
                enqueue_again(app, row).await?;
            }
        }
    }
    Ok(())
}

/// Why a job has ended, in words for the avatar's owner: its error, or who ordered its end.
fn reason(card: &Card) -> String {
    let ordered = card.trail.last().map(|line| format!("{} by {}", card.job.state, line.text));
    match card.job.state {
        State::Cancelled => ordered.or(card.job.error.clone()),
        _ => card.job.error.clone().or(ordered),
    }
    .unwrap_or_else(|| format!("the job is {}", card.job.state))
}

/// Enqueues a job for a row that is still in that run and unfinished, in one transaction with the look at it. The job's
/// key keeps a second one out.
async fn enqueue_again(app: &App, row: &Avatar) -> Result<(), Error> {
    let (ours, id, run) = (app.clone(), row.id, row.run.clone());
    app.write(move |db| {
        let still = avatar::unfinished(db)?.iter().any(|row| row.id == id && row.run == run);
        if still {
            order::enqueue(&ours, db, id)?;
        }
        Ok(())
    })
    .await
}
