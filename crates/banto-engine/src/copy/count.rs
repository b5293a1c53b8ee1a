//! What a store holds, counted.

use banto_core::State;
use banto_store::{Board, QueueView, ScheduleView, SelectFires, Store, StoreError};
use serde::Serialize;

use super::again;

/// Rows of the ledger in one page.
pub(super) const PAGE: usize = 500;

/// What a store holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct House {
    /// Jobs in all.
    pub jobs: u64,
    /// Jobs by state, in the order of `State::ALL`.
    pub counts: [u64; 7],
    /// Queues that have a job or are paused.
    pub queues: u64,
    /// Services.
    pub services: u64,
    /// Schedules, those that were dropped included.
    pub schedules: u64,
    /// Rows of the ledger.
    pub fires: u64,
    /// Unique keys that are held.
    pub keys: u64,
}

/// Counts what a store holds; the longest is to go through its ledger and its keys, page by page.
pub async fn count(store: &dyn Store) -> Result<House, StoreError> {
    let queues = again(|| store.queues()).await?;
    let board = again(|| store.schedules()).await?;
    let mut house = of_queues(&queues, &board);
    for schedule in &board.schedules {
        house.fires += fires(store, schedule).await?;
    }
    let mut after = None;
    loop {
        let keys = again(|| store.keys(after.clone(), PAGE)).await?;
        house.keys += keys.keys.len() as u64;
        after = keys.next;
        if after.is_none() {
            return Ok(house);
        }
    }
}

/// What is kept as counts.
pub(super) fn of_queues(queues: &[QueueView], board: &Board) -> House {
    let mut house = House {
        queues: queues.len() as u64,
        services: board.services.len() as u64,
        schedules: board.schedules.len() as u64,
        ..House::default()
    };
    for state in State::ALL {
        let jobs: u64 = queues.iter().map(|queue| queue.count(state)).sum();
        house.jobs += jobs;
        house.counts.iter_mut().skip(usize::from(state.number())).take(1).for_each(|count| *count = jobs);
    }
    house
}

/// Rows of the ledger of one schedule.
pub(super) async fn fires(store: &dyn Store, schedule: &ScheduleView) -> Result<u64, StoreError> {
    let (mut count, mut before) = (0, None);
    loop {
        let page = again(|| store.fires(of(schedule, before))).await?;
        let Some(last) = page.last() else { return Ok(count) };
        before = Some(last.due_at);
        count += page.len() as u64;
    }
}

/// The next page of a schedule's rows: an instant is there once, so the last one says where to go on.
pub(super) fn of(schedule: &ScheduleView, before: Option<i64>) -> SelectFires {
    SelectFires { schedule: Some(schedule.name.clone()), before, limit: PAGE, ..SelectFires::default() }
}
