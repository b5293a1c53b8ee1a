//! One look at a store: every answer that a judgement needs, taken at one time.
//!
//! A job that has come due stays scheduled until somebody claims, so where nobody does, nothing is ready and all seems
//! well. Those are looked for one by one, as a page holds no count of them.

use std::collections::BTreeMap;

use banto_core::{Name, State, limits::PAGE_MAX};
use banto_store::{About, Census, QueueView, Seen, Select, Tally};

use crate::{cmd::Desk, exit::Failure};

/// What was seen.
pub(super) struct Look {
    pub now_ms: i64,
    pub about: About,
    pub queues: Vec<QueueView>,
    pub census: Vec<Census>,
    pub workers: Vec<Seen>,
    pub tally: Tally,
    /// Scheduled jobs that are due, by queue.
    due: BTreeMap<Name, Due>,
    /// Queues that were named and that nobody knows: they have no job, no pause and no worker, living or not.
    pub unseen: Vec<Name>,
}

/// Jobs that are due and still scheduled.
#[derive(Debug, Clone, Copy, Default)]
struct Due {
    jobs: u64,
    oldest_at: Option<i64>,
}

/// Looks at all queues, or at these.
pub(super) async fn look(desk: &Desk<'_>, only: &[Name]) -> Result<Look, Failure> {
    let fits = |queue: &Name| only.is_empty() || only.contains(queue);
    let (store, now_ms) = (desk.store(), desk.now_ms());
    let mut queues = store.queues().await?;
    queues.retain(|view| fits(&view.queue));
    let mut due = BTreeMap::new();
    for view in queues.iter().filter(|view| view.count(State::Scheduled) > 0) {
        due.insert(view.queue.clone(), due_in(desk, &view.queue, now_ms).await?);
    }
    let mut census = store.census().await?;
    census.retain(|line| fits(&line.queue));
    let mut workers = store.instances().await?;
    workers.retain(|seen| only.is_empty() || seen.instance.queues.iter().any(fits));
    let tally = store.tally().await?;
    let known = |queue: &Name| {
        let mut worked = workers.iter().flat_map(|seen| &seen.instance.queues);
        queues.iter().any(|view| view.queue == *queue) || worked.any(|known| known == queue)
    };
    let unseen = only.iter().filter(|queue| !known(queue)).cloned().collect();
    // Last: what it has to say may have come up with these very questions.
    let about = store.about();
    Ok(Look { now_ms, about, queues, census, workers, tally, due, unseen })
}

async fn due_in(desk: &Desk<'_>, queue: &Name, now_ms: i64) -> Result<Due, Failure> {
    let (mut due, mut before) = (Due::default(), None);
    loop {
        let select = Select { queue: Some(queue.clone()), limit: PAGE_MAX, ..Select::states([State::Scheduled]) };
        let page = desk.store().jobs(select, before).await?;
        for job in page.jobs.iter().filter(|job| job.run_at <= now_ms) {
            due.jobs += 1;
            due.oldest_at = due.oldest_at.into_iter().chain([job.run_at]).min();
        }
        before = page.jobs.last().map(|job| job.id);
        if !page.more || before.is_none() {
            return Ok(due);
        }
    }
}

impl Look {
    /// How many jobs of a queue are due and still scheduled.
    pub fn due(&self, queue: &Name) -> u64 {
        self.due.get(queue).map_or(0, |due| due.jobs)
    }

    /// Since when the job has been due that has waited longest in a queue.
    pub fn oldest_at(&self, view: &QueueView) -> Option<i64> {
        let due = self.due.get(&view.queue).and_then(|due| due.oldest_at);
        due.into_iter().chain(view.oldest_ready_at).min()
    }

    /// The living workers that take from a queue.
    pub fn living_on<'a>(&'a self, queue: &'a Name) -> impl Iterator<Item = &'a Seen> {
        self.workers.iter().filter(move |seen| seen.living && seen.instance.queues.contains(queue))
    }
}
