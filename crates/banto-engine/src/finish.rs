//! `finish`: writes down how runs ended, in batches, for as long as the leases live.
//!
//! Ends gather while the last batch is being written, so the batch grows with the load by itself. A store that does not
//! answer is asked again; an end whose lease is over meanwhile is let go, because the rescuer has the job then.

use std::sync::Arc;

use banto_core::{Facts, Verdict, decide};
use banto_store::{Finish, Finished, Record, StoreError};
use tokio::{sync::mpsc::UnboundedReceiver, time::sleep};

use crate::{
    event::Event,
    record,
    run::{self, Ended},
    worker::Shared,
};

/// Most ends in one call.
const BATCH_MAX: usize = 1_000;

/// The loop; runs until it is dropped.
pub(crate) async fn work(shared: Arc<Shared>, mut ends: UnboundedReceiver<Ended>, mut said: UnboundedReceiver<Record>) {
    let (mut batch, mut records) = (Vec::with_capacity(BATCH_MAX), Vec::new());
    loop {
        tokio::select! { biased;
            _ = ends.recv_many(&mut batch, BATCH_MAX) => {}
            _ = said.recv_many(&mut records, BATCH_MAX) => {}
        }
        // A run speaks before it ends, and an end takes the lease under which it speaks. So what was said is collected
        // after the ends and written before them.
        for _ in 0..said.len() {
            records.extend(said.try_recv().ok());
        }
        record::write(&shared, &mut records).await;
        write(&shared, batch.drain(..).map(|ended| decided(&shared, ended)).collect()).await;
        // A suspect waits until all others were let go.
        run::begin(&shared);
    }
}

fn decided(shared: &Shared, ended: Ended) -> (Ended, Finish) {
    let job = &ended.job;
    let backoff = shared.registry.backoff(&job.kind).unwrap_or(&shared.config.backoff);
    let mut facts = Facts::of(job, backoff);
    // A job or a kind that asks for a number of its own keeps it.
    let of_kind = || shared.registry.attempts_max(&job.kind).or(shared.config.attempts_max);
    if let Some(most) = job.attempts_max.or_else(of_kind) {
        facts.attempts_max = most;
    }
    let verdict = decide(&facts, ended.outcome.clone(), shared.clock.wall_ms(), fastrand::u64(..));
    let lease = ended.lease;
    (ended, Finish { lease, verdict })
}

async fn write(shared: &Shared, mut batch: Vec<(Ended, Finish)>) {
    while !batch.is_empty() {
        let finishes: Vec<Finish> = batch.iter().map(|(_, finish)| finish.clone()).collect();
        match shared.store.finish(finishes).await {
            Ok(answers) => {
                shared.store_answers();
                return told(shared, &batch, &answers);
            }
            Err(error) if error.again() => {
                shared.outage("finish", &error);
                sleep(shared.again_in(&error)).await;
                let now = shared.clock.steady_ms();
                let (kept, over): (Vec<_>, Vec<_>) =
                    batch.into_iter().partition(|(ended, _)| shared.slots.holds(&ended.lease, now));
                too_late(shared, &over);
                batch = kept;
            }
            Err(error) if batch.len() > 1 => {
                tracing::error!(%error, ends = batch.len(), "the store refused a batch of ends; they are written one by one");
                for one in batch {
                    Box::pin(write(shared, vec![one])).await;
                }
                return;
            }
            Err(error) => return refused(shared, &batch, &error),
        }
    }
}

/// Ends that the store did not take while their leases lived. Whether it wrote them all the same, nobody here knows.
fn too_late(shared: &Shared, batch: &[(Ended, Finish)]) {
    for (ended, _) in batch {
        let (job, outcome) = (ended.job.id, ended.outcome.word());
        shared.count_late();
        tracing::warn!(%job, outcome, "could not write down how a run ended before its lease was over");
        shared.events.tell(|| Event::Late { job });
    }
    shared.slots.let_go(batch.iter().map(|(ended, _)| ended.lease));
}

/// A single end that the store will never take: the lease is let go, so the rescuer will have the job.
fn refused(shared: &Shared, batch: &[(Ended, Finish)], error: &StoreError) {
    for (ended, _) in batch {
        let (job, outcome) = (ended.job.id, ended.outcome.word());
        tracing::error!(%job, outcome, %error, "could not write down how a run ended; it will run again");
    }
    shared.slots.let_go(batch.iter().map(|(ended, _)| ended.lease));
}

fn told(shared: &Shared, batch: &[(Ended, Finish)], answers: &[Finished]) {
    shared.slots.let_go(batch.iter().map(|(ended, _)| ended.lease));
    for ((ended, finish), answer) in batch.iter().zip(answers) {
        let job = &ended.job;
        match answer {
            Finished::Late => {
                shared.count_late();
                tracing::warn!(job = %job.id, kind = %job.kind, "an end came too late; its lease was lost");
                shared.events.tell(|| Event::Late { job: job.id });
            }
            Finished::Written => {
                shared.count_ended(&finish.verdict);
                said(ended, &finish.verdict);
                shared.events.tell(|| written(ended, &finish.verdict));
            }
        }
    }
}

fn written(ended: &Ended, verdict: &Verdict) -> Event {
    let job = &ended.job;
    if let Some(park) = &verdict.park {
        return Event::Parked { job: job.id, kind: job.kind.clone(), cause: park.cause, text: park.text.clone() };
    }
    Event::Ended {
        job: job.id,
        kind: job.kind.clone(),
        queue: job.queue.clone(),
        attempt: job.attempt,
        outcome: verdict.word,
        state: verdict.to,
        ran_ms: ended.ran_ms,
        error: verdict.error.clone(),
    }
}

/// What did not end well is said; what did is only worth a line to those who ask for it.
fn said(ended: &Ended, verdict: &Verdict) {
    let (job, kind, attempt, ran_ms) = (ended.job.id, &ended.job.kind, ended.job.attempt, ended.ran_ms);
    if let Some(park) = &verdict.park {
        tracing::warn!(%job, %kind, cause = park.cause.word(), text = park.text, cure = park.cause.cure(), "parked");
    } else if let Some(error) = &verdict.error {
        tracing::warn!(%job, %kind, attempt, ran_ms, outcome = verdict.word, state = verdict.to.word(), error, "ended");
    } else {
        tracing::debug!(%job, %kind, attempt, ran_ms, outcome = verdict.word, "ended");
    }
}
