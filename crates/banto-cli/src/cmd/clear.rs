//! `queue clear`: cancels a queue's waiting jobs; and the way it shares with `queue flush`.

use std::path::Path;

use banto_core::{JobId, State};
use banto_engine::steer::steer;
use banto_store::{Order, Select, Steered};

use super::{
    Desk, export, line,
    steer::{Words, confirm, count, fewer, left, told, who},
};
use crate::{
    args::{Clear, Sure},
    exit::{Exit, Failure},
    mean,
};

/// Jobs in one order by id.
const SLICE: usize = 5_000;

const CLEAR: Words = Words {
    of: ("waiting job", "waiting jobs"),
    spares: "Running, parked and dead jobs are not touched.",
    done: "cancelled",
    applies: "it applies to waiting jobs",
    order: Order::Cancel,
};

pub(super) async fn run(desk: &mut Desk<'_>, typed: &Clear) -> Result<Exit, Failure> {
    let queue = mean::name("--queue", &typed.queue)?;
    let select = Select { queue: Some(queue.clone()), ..Select::states([State::Scheduled, State::Ready]) };
    let question = |count| format!("cancel {} of the queue \"{queue}\"? {}", CLEAR.count(count), CLEAR.spares);
    carry_out(desk, &CLEAR, select, &typed.sure, typed.export.as_deref(), question).await
}

/// Counts, asks, writes away if that is wished, and does it. What was written away is exactly what is touched.
pub(super) async fn carry_out(
    desk: &mut Desk<'_>,
    words: &Words,
    select: Select,
    sure: &Sure,
    to: Option<&Path>,
    question: impl FnOnce(usize) -> String,
) -> Result<Exit, Failure> {
    if to.is_some_and(|path| path == Path::new("-")) {
        return Err(mean::refuse("--export", "-", "the name of a new file is wanted, for it must outlive the jobs"));
    }
    let counted = count(desk, words, select.clone()).await?;
    if sure.dry_run || counted.count == 0 {
        told(desk, words, &counted, sure.dry_run)?;
        if let Some(path) = to {
            desk.print.note(format!("nothing was written to \"{}\"", shown(path)));
        }
        return Ok(Exit::Well);
    }
    confirm(desk, sure.yes, &question(counted.count))?;
    let (expected, steered) = match to {
        None => (counted.count, steer(desk.store(), (words.order)(select), &who(), false).await?),
        Some(path) => {
            let ids = export::write(desk, &select, path).await?;
            desk.print.note(format!("{} written to \"{}\"", line::jobs(ids.len()), shown(path)));
            (counted.count.max(ids.len()), by_id(desk, words, &select, &ids).await?)
        }
    };
    told(desk, words, &steered, false)?;
    let fewer = fewer(expected, steered.count);
    Ok(left(desk, words, fewer, Exit::Found))
}

fn shown(path: &Path) -> String {
    banto_core::text::visible(&path.to_string_lossy(), 300)
}

/// The order on exactly these jobs, as far as they still are as they were chosen.
async fn by_id(desk: &Desk<'_>, words: &Words, select: &Select, ids: &[JobId]) -> Result<Steered, Failure> {
    let mut all = Steered::default();
    for slice in ids.chunks(SLICE) {
        let order = (words.order)(Select { ids: slice.to_vec(), ..select.clone() });
        let steered = steer(desk.store(), order, &who(), false)
            .await
            .map_err(|error| line::after(error.into(), all.count, words.done))?;
        all.count += steered.count;
        all.sample.extend(steered.sample);
        all.sample.truncate(20);
    }
    Ok(all)
}
