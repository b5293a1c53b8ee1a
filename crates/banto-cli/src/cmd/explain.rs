//! `queue explain`: why a job is not running, or who holds a key.

use banto_core::JobId;
use banto_engine::explain::explain;
use serde_json::json;

use super::{Desk, line::from_now, show::not_listed};
use crate::{
    args::Explain,
    exit::{Exit, Failure},
    mean::{self, clock_time},
};

pub(super) async fn run(desk: &mut Desk<'_>, typed: &Explain) -> Result<Exit, Failure> {
    match (&typed.id, &typed.key) {
        (Some(id), _) => job(desk, mean::id(id)?).await,
        (None, Some(key)) => holder(desk, key).await,
        (None, None) => Err(Failure::usage("explain nothing: name a job's id, or a key with --key")),
    }
}

async fn job(desk: &mut Desk<'_>, id: JobId) -> Result<Exit, Failure> {
    let explained = explain(desk.store(), id, desk.now_ms()).await?.ok_or_else(|| not_listed(id))?;
    if desk.print.json() {
        desk.print.object(&explained)?;
        return Ok(Exit::Well);
    }
    let job = &explained.card.job;
    desk.print.say(format!("{} {}: {}", job.kind, job.id, explained.answer));
    for fact in &explained.facts {
        desk.print.say(format!("  - {fact}"));
    }
    if let Some(cure) = &explained.cure {
        desk.print.say(format!("what to do: {cure}"));
    }
    Ok(Exit::Well)
}

async fn holder(desk: &mut Desk<'_>, key: &str) -> Result<Exit, Failure> {
    let key = mean::label("--key", key)?;
    let holder = desk.store().holder(key.clone()).await?;
    if desk.print.json() {
        desk.print.object(&json!({ "key": key, "holder": holder }))?;
        return Ok(Exit::Well);
    }
    let Some(holder) = holder else {
        desk.print.say(format!("the key \"{key}\" is free: nobody holds it"));
        return Ok(Exit::Well);
    };
    let now = desk.now_ms();
    let until = holder.until.map(|at| format!(" until {} ({})", clock_time(at), from_now(at, now))).unwrap_or_default();
    desk.print.say(format!("the key \"{key}\" is held by job {}{until}", holder.job));
    match desk.store().job(holder.job).await? {
        Some(_) => job(desk, holder.job).await,
        None => {
            desk.print.say("the job has ended and is not listed any more; its key is remembered");
            Ok(Exit::Well)
        }
    }
}
