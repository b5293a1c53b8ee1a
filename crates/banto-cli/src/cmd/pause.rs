//! `queue pause`, `queue resume` and `queue restart`: orders on queues and workers.

use banto_core::text::count_of;
use banto_engine::steer::steer;
use banto_store::Order;
use serde_json::json;

use super::{Desk, steer::who};
use crate::{
    args,
    exit::{Exit, Failure},
    mean::{self, clock_time},
};

pub(super) async fn pause(desk: &mut Desk<'_>, typed: &args::Pause) -> Result<Exit, Failure> {
    let queue = mean::name("a queue", &typed.queue)?;
    let now = desk.now_ms();
    let until = typed.until.as_deref().map(|text| mean::until("--until", text, now)).transpose()?;
    let reason = match typed.reason.trim() {
        "" => args::NO_REASON.to_owned(),
        reason => banto_core::text::visible(reason, 200),
    };
    let known = desk.store().queues().await?.iter().any(|view| view.queue == queue);
    let order = Order::Pause { queue: queue.clone(), reason, until };
    let steered = steer(desk.store(), order, &who(), false).await?;
    if desk.print.json() {
        desk.print.object(&json!({ "queue": queue, "paused": true, "changed": steered.count > 0, "until": until }))?;
        return Ok(Exit::Well);
    }
    let until = until.map_or_else(|| "until it is resumed".into(), |at| format!("until {}", clock_time(at)));
    desk.print.say(match steered.count {
        0 => format!("the queue \"{queue}\" was paused so already"),
        _ => format!("the queue \"{queue}\" is paused {until}; what runs goes on"),
    });
    if !known {
        desk.print.note(format!("note: no job was ever seen in the queue \"{queue}\"; is it the right name?"));
    }
    Ok(Exit::Well)
}

pub(super) async fn resume(desk: &mut Desk<'_>, typed: &args::OneQueue) -> Result<Exit, Failure> {
    let queue = mean::name("a queue", &typed.queue)?;
    let steered = steer(desk.store(), Order::Resume { queue: queue.clone() }, &who(), false).await?;
    if desk.print.json() {
        desk.print.object(&json!({ "queue": queue, "paused": false, "changed": steered.count > 0 }))?;
        return Ok(Exit::Well);
    }
    desk.print.say(match steered.count {
        0 => format!("the queue \"{queue}\" was not paused"),
        _ => format!("the queue \"{queue}\" gives jobs again"),
    });
    Ok(Exit::Well)
}

pub(super) async fn restart(desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let steered = steer(desk.store(), Order::Restart, &who(), false).await?;
    if desk.print.json() {
        desk.print.object(&json!({ "instances": steered.count }))?;
        return Ok(Exit::Well);
    }
    if steered.count > 0 {
        let workers = count_of(steered.count, "worker", "workers");
        desk.print.say(format!("{workers} will stop gracefully with the next beat; a supervisor must start them anew"));
        return Ok(Exit::Well);
    }
    let living = desk.store().instances().await?.iter().filter(|seen| seen.living).count();
    desk.print.say(match living {
        0 => "none lives: there is no worker to restart".to_owned(),
        living => format!("{} told already, and will stop", count_of(living, "worker was", "workers were")),
    });
    Ok(Exit::Well)
}
