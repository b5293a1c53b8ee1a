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
    /// Queues that were named and that nobody knows: they have no job, no pause and no worker, living or not.
    pub unseen: Vec<Name>,
}

/// Looks at all queues, or at these.
pub(super) async fn look(desk: &Desk<'_>, only: &[Name]) -> Result<Look, Failure> {
    let fits = |queue: &Name| only.is_empty() || only.contains(queue);
    let (store, now_ms) = (desk.store(), desk.now_ms());
    let mut queues = store.queues().await?;
    queues.retain(|view| fits(&view.queue));
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
    Ok(Look { now_ms, about, queues, census, workers, tally, unseen })
}

impl Look {
    /// The living workers that take from a queue.
    pub fn living_on<'a>(&'a self, queue: &'a Name) -> impl Iterator<Item = &'a Seen> {
        self.workers.iter().filter(move |seen| seen.living && seen.instance.queues.contains(queue))
    }
}
