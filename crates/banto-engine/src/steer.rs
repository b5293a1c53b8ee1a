//! `steer`: what people order.
//!
//! A thin verb: the store carries an order out as one step. Orders on very many jobs go in slices, so that no other
//! writer waits long; each slice is a step of its own, and an error says how many jobs
//! the slices before it have changed.

use std::sync::Arc;

use banto_store::{Order, Select, Steer, Steered, Store, StoreError};

/// Jobs in one slice.
const SLICE: usize = 5_000;

/// Carries out `order` in the name of `by`. A preview only counts.
pub async fn steer(store: &Arc<dyn Store>, order: Order, by: &str, preview: bool) -> Result<Steered, StoreError> {
    let steer = |order| Steer { order, by: by.to_owned(), preview };
    let Some(select) = selection(&order) else { return store.steer(steer(order)).await };
    if preview || select.limit <= SLICE || !select.ids.is_empty() {
        return store.steer(steer(order)).await;
    }
    let mut left = select.limit;
    let mut all = Steered::default();
    while left > 0 {
        // Held jobs stay where they are, so the next slice meets the same ones again, and must reach beyond them.
        let slice = left.min(SLICE.saturating_add(all.held));
        let done = store.steer(steer(limited(order.clone(), slice))).await.map_err(|error| after(error, &all))?;
        all.count += done.count;
        all.asked += done.asked;
        let met_before = std::mem::replace(&mut all.held, done.held);
        all.sample.extend(done.sample);
        all.sample.truncate(20);
        let changed = done.count + done.asked;
        if changed + done.held < slice || (changed == 0 && done.held == met_before) {
            break;
        }
        left -= changed;
    }
    Ok(all)
}

/// The error of a slice; those before it stay done.
fn after(error: StoreError, all: &Steered) -> StoreError {
    if all.count + all.asked == 0 {
        return error;
    }
    let done = format!("{} jobs were done before that, {} running ones were asked to stop", all.count, all.asked);
    StoreError::new(error.fault().clone(), format!("{error}; {done}, and stay so; order it again for the rest"))
}

fn selection(order: &Order) -> Option<&Select> {
    match order {
        Order::Cancel(select) | Order::Retry(select) | Order::Release(select) | Order::Forget(select) => Some(select),
        Order::Pause { .. }
        | Order::Resume { .. }
        | Order::PauseSchedule { .. }
        | Order::ResumeSchedule { .. }
        | Order::Restart => None,
    }
}

fn limited(order: Order, limit: usize) -> Order {
    let cut = |select: Select| Select { limit, ..select };
    match order {
        Order::Cancel(select) => Order::Cancel(cut(select)),
        Order::Retry(select) => Order::Retry(cut(select)),
        Order::Release(select) => Order::Release(cut(select)),
        Order::Forget(select) => Order::Forget(cut(select)),
        other => other,
    }
}
