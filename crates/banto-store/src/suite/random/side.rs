//! One of the two stores, and all it shows, made comparable.

use std::{collections::BTreeMap, sync::Arc};

use banto_core::{Job, JobId, State};

use super::super::stage::label;
use crate::{Select, SelectFires, Store};

/// The keys that a history uses.
pub(super) const KEYS: [&str; 3] = ["k1", "k2", "k3"];

/// One of the two.
pub(super) struct Side {
    pub(super) store: Arc<dyn Store>,
}

impl Side {
    pub(super) fn new(store: Arc<dyn Store>) -> Side {
        Side { store }
    }

    /// Each job's state as it is written down.
    pub(super) async fn states(&self) -> Vec<(JobId, State)> {
        listed(&*self.store).await.iter().map(|job| (job.id, job.state)).collect()
    }
}

async fn listed(store: &dyn Store) -> Vec<Job> {
    store.jobs(Select::default(), None).await.unwrap().jobs
}

/// All that a store shows, line by line. What is scheduled and due counts as ready; `plain` says that nothing is.
pub(super) async fn view(store: &dyn Store, now: i64, plain: bool, trails: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for mut job in listed(store).await {
        if job.state == State::Scheduled && job.run_at <= now {
            job.state = State::Ready;
        }
        lines.push(format!("{job:?}"));
        if trails {
            lines.push(format!("{:?}", store.job(job.id).await.unwrap().unwrap().trail));
        }
    }
    for mut view in store.queues().await.unwrap() {
        if !plain {
            view.counts[1] += std::mem::take(&mut view.counts[0]);
            (view.due, view.oldest_at) = (0, None);
        }
        lines.push(format!("{view:?}"));
    }
    lines.extend(census(store, plain).await);
    lines.extend(store.instances().await.unwrap().iter().map(|seen| format!("{seen:?}")));
    for key in KEYS {
        lines.push(format!("{key}: {:?}", store.holder(label(key)).await.unwrap()));
    }
    lines.push(format!("{:?}", store.schedules().await.unwrap()));
    for mut fire in store.fires(SelectFires { limit: 1_000, ..SelectFires::default() }).await.unwrap() {
        if let Some(state) = fire.run.as_mut().and_then(|run| run.state.as_mut())
            && *state == State::Scheduled
            && !plain
        {
            *state = State::Ready;
        }
        lines.push(format!("{fire:?}"));
    }
    lines.push(format!("{:?}", store.tally().await.unwrap()));
    lines
}

async fn census(store: &dyn Store, plain: bool) -> Vec<String> {
    let mut counts = BTreeMap::new();
    for mut line in store.census().await.unwrap() {
        if !plain && line.state == State::Scheduled {
            line.state = State::Ready;
        }
        let jobs = std::mem::take(&mut line.jobs);
        *counts.entry(line).or_insert(0) += jobs;
    }
    counts.iter().map(|count| format!("{count:?}")).collect()
}
