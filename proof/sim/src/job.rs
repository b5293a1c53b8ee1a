//! Jobs that do as they are told: each carries a script, one act for each time it is claimed.
//!
//! Two builds know them. Build 1 knows `play` in its first form; build 2 has lifted it to version 2, knows `play.old` as
//! an alias and `play.new` as a kind of its own. Nobody knows `play.none`.

use std::{sync::Arc, time::Duration};

use banto_engine::{Context, Job, JobError, Registry, Why};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::team::Actor;

/// What a run does, after so many milliseconds of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// Ends well.
    Done(u64),
    /// Ends well, and gives up when it is told to stop.
    Heed(u64),
    /// Ends with an error.
    Fail(u64),
    /// Asks to be run later.
    Snooze(u64),
    /// Ends for good.
    Dead(u64),
    /// Has nothing left to do.
    Cancel(u64),
    /// Misses something.
    Miss(u64),
    /// Panics.
    Panic(u64),
    /// Never ends by itself.
    Hang,
    /// Takes its process down.
    Poison(u64),
}

/// The script of a job: the act of its first claim, of its second, and so on; then it ends well.
pub fn act_of(script: &[Act], fence: u32) -> Act {
    let at = usize::try_from(fence).unwrap_or(usize::MAX).saturating_sub(1);
    script.get(at).copied().unwrap_or(Act::Done(5))
}

#[derive(Serialize, Deserialize)]
struct First {
    acts: Vec<Act>,
}

impl Job for First {
    const KIND: &'static str = "play";
}

#[derive(Serialize, Deserialize)]
struct Second {
    script: Vec<Act>,
}

impl Job for Second {
    const KIND: &'static str = "play";
    const VERSION: u16 = 2;
    const ALIASES: &'static [&'static str] = &["play.old"];
    fn upcast(_: u16, mut payload: Value) -> Result<Value, String> {
        let acts = payload.get_mut("acts").map(Value::take).ok_or("it has no acts")?;
        Ok(json!({ "script": acts }))
    }
}

#[derive(Serialize, Deserialize)]
struct New {
    script: Vec<Act>,
}

impl Job for New {
    const KIND: &'static str = "play.new";
}

/// What build 1 or 2 can run.
pub fn registry(build: u8, actor: Arc<Actor>) -> Registry {
    let mut registry = Registry::new(format!("build-{build}"));
    if build == 1 {
        registry.add::<First, Actor, _, _>(actor, |job, context| run(job.acts, context));
    } else {
        registry.add::<Second, Actor, _, _>(actor.clone(), |job, context| run(job.script, context));
        registry.add::<New, Actor, _, _>(actor, |job, context| run(job.script, context));
    }
    registry
}

async fn run(script: Vec<Act>, context: Context<Actor>) -> Result<(), JobError> {
    let actor = context.state();
    let _runs = actor.begins(&context);
    context.log("begins");
    let act = act_of(&script, context.fence());
    match act {
        Act::Done(ms) => work(ms).await,
        Act::Heed(ms) => heed(ms, &context).await?,
        Act::Fail(ms) => return after(ms, JobError::retry("it fails on purpose")).await,
        Act::Snooze(ms) => {
            return after(ms, JobError::snooze("it snoozes on purpose", Duration::from_millis(700))).await;
        }
        Act::Dead(ms) => return after(ms, JobError::dead("it is dead on purpose")).await,
        Act::Cancel(ms) => return after(ms, JobError::cancel("it cancels itself on purpose")).await,
        Act::Miss(ms) => return after(ms, JobError::missing("it misses something on purpose")).await,
        Act::Panic(ms) => {
            work(ms).await;
            // As a panic, but for the hook that would print it.
            std::panic::resume_unwind(Box::new(OnPurpose));
        }
        Act::Hang => std::future::pending().await,
        Act::Poison(ms) => {
            work(ms).await;
            actor.kill_process().await;
        }
    }
    context.progress(1, 1, "whole");
    actor.did_well(&context);
    Ok(())
}

/// What a job that panics on purpose throws.
struct OnPurpose;

async fn work(ms: u64) {
    sleep(Duration::from_millis(ms)).await;
}

async fn after(ms: u64, error: JobError) -> Result<(), JobError> {
    work(ms).await;
    Err(error)
}

async fn heed(ms: u64, context: &Context<Actor>) -> Result<(), JobError> {
    tokio::select! { biased;
        why = context.stopped() => match why {
            Why::TimedOut | Why::Stopping | Why::LeaseLost | Why::Cancelled => Err(JobError::retry("it was told to stop")),
        },
        () = work(ms) => Ok(()),
    }
}
