//! `queue monitor`: how the queues are, and what needs a person.
//!
//! One look gathers everything (queues, workers, parked jobs, the tally, what the store has to say), judges it against the
//! limits that were typed and the house's own rules, and ends with 1 if anything was found. It changes nothing.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::Desk;
use crate::{
    args,
    exit::{Exit, Failure},
    mean,
};

mod findings;
mod look;
mod page;

use findings::Limits;

pub(super) async fn run(desk: &mut Desk<'_>, typed: &args::Monitor) -> Result<Exit, Failure> {
    let queues = typed.queue.iter().map(|text| mean::name("--queue", text)).collect::<Result<Vec<_>, _>>()?;
    let limits = Limits {
        waiting_max: typed.max_waiting,
        age_ms_max: typed.max_age.as_deref().map(|text| mean::span("--max-age", text)).transpose()?,
        dead_max: typed.max_dead,
    };
    let every = typed.watch.as_deref().map(|text| mean::some_span("--watch", text)).transpose()?;
    // Before the first look: an INT that comes during one ends the watch after it.
    let failed = |error| Failure::new(Exit::Machine, format!("listen for signals: {error}"));
    let mut int = every.map(|_| signal(SignalKind::interrupt())).transpose().map_err(failed)?;
    loop {
        let look = look::look(desk, &queues).await?;
        let found = findings::of(&look, &limits);
        match desk.print.json() {
            true => desk.print.object(&page::json(&look, &found))?,
            false => page::print(desk.print, &look, &found),
        }
        let exit = if found.is_empty() { Exit::Well } else { Exit::Found };
        let Some((every, int)) = every.zip(int.as_mut()).filter(|_| !desk.print.gone()) else { return Ok(exit) };
        tokio::select! {
            biased;
            _ = int.recv() => return Ok(exit),
            () = tokio::time::sleep(Duration::from_millis(every)) => {}
        }
    }
}
