//! One look at a store: every answer that a judgement needs, taken at one time.

use banto_core::Name;
use banto_store::{About, Census, QueueView, Seen, Tally};

use crate::{cmd::Desk, exit::Failure};

/// What was seen.
pub(super) struct Look {
    pub now_ms: i64,
    pub about: About,
    pub queues: Vec<QueueView>,
    pub census: Vec<Census>,
    pub workers: Vec<Seen>,
    pub tally: Tally,
}

/// Looks at all queues, or at these.
pub(super) async fn look(desk: &Desk<'_>, only: &[Name]) -> Result<Look, Failure> {
    let fits = |queue: &Name| only.is_empty() || only.contains(queue);
    let store = desk.store();
    let mut queues = store.queues().await?;
    queues.retain(|view| fits(&view.queue));
    let mut census = store.census().await?;
    census.retain(|line| fits(&line.queue));
    let mut workers = store.instances().await?;
    workers.retain(|seen| only.is_empty() || seen.instance.queues.iter().any(fits));
    let tally = store.tally().await?;
    Ok(Look { now_ms: desk.now_ms(), about: store.about(), queues, census, workers, tally })
}

impl Look {
    /// The living workers that take from a queue.
    pub fn living_on<'a>(&'a self, queue: &'a Name) -> impl Iterator<Item = &'a Seen> {
        self.workers.iter().filter(move |seen| seen.living && seen.instance.queues.contains(queue))
    }
}
