//! `queue flush`: deletes dead jobs, and nothing else.
//!
//! They are the evidence of what went wrong and the list of what to retry, so it counts first, offers to write them away,
//! and asks.

use banto_core::State;
use banto_store::{Order, Select};

use super::{Desk, clear::carry_out, steer::Words};
use crate::{
    args::Flush,
    exit::{Exit, Failure},
    mean,
};

const FLUSH: Words = Words {
    of: ("dead job", "dead jobs"),
    spares: "Waiting, running and parked jobs are not touched.",
    done: "flushed",
    applies: "it applies to dead jobs",
    order: Order::Forget,
};

pub(super) async fn run(desk: &mut Desk<'_>, typed: &Flush) -> Result<Exit, Failure> {
    let before = typed.hours.as_deref().map(|text| hours_ago(text, desk.now_ms())).transpose()?;
    let queue = typed.queue.as_deref().map(|text| mean::name("--queue", text)).transpose()?;
    let select = Select { queue, ended_before: before, ..Select::states([State::Dead]) };
    let question = |count| format!("delete {} for ever? {}", FLUSH.count(count), FLUSH.spares);
    carry_out(desk, &FLUSH, select, &typed.sure, typed.export.as_deref(), question).await
}

/// The wall-clock time so many hours ago.
fn hours_ago(text: &str, now_ms: i64) -> Result<i64, Failure> {
    let hours = text.parse::<u32>().ok().filter(|hours| *hours <= 87_600);
    let hours = hours.ok_or_else(|| mean::refuse("--hours", text, "whole hours from 0 to 87600 are wanted"))?;
    // "Longer ago than 0 hours" is all of them, also one that died in this very millisecond.
    Ok(if hours == 0 { i64::MAX } else { now_ms.saturating_sub(i64::from(hours) * 3_600_000) })
}
