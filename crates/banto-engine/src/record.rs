//! `record`: writes down what running jobs say of themselves, in batches.
//!
//! Called by `finish`, so that what a run said is always written before its end. What cannot be written is dropped after a
//! second try: progress is said again soon, and no end may wait for a line.

use std::time::Duration;

use banto_store::{Note, Record};
use tokio::time::sleep;

use crate::{event::Event, worker::Shared};

/// Most records in one call.
const BATCH_MAX: usize = 1_000;

/// Writes `records` down and leaves none.
pub(crate) async fn write(shared: &Shared, records: &mut Vec<Record>) {
    for record in records.iter() {
        if let Note::Progress(progress) = &record.note {
            shared.events.tell(|| Event::Progressed { job: record.lease.job, progress: progress.clone() });
        }
    }
    while !records.is_empty() {
        let batch: Vec<Record> = records.drain(..records.len().min(BATCH_MAX)).collect();
        if !put(shared, batch).await {
            records.clear();
        }
    }
}

/// Writes a batch; answers whether the store took it.
async fn put(shared: &Shared, batch: Vec<Record>) -> bool {
    for wait_ms in [200, 0] {
        match shared.store.record(batch.clone()).await {
            Ok(_) => return true,
            Err(error) => {
                shared.outage("record", &error);
                sleep(Duration::from_millis(wait_ms)).await;
            }
        }
    }
    false
}
