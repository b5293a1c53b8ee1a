//! `finish`, `expired` and `rescue`: verdicts, under a lease that holds or on one that is over.

use banto_core::{Refusal, State};
use banto_store::{Expired, Finish, Finished};

use crate::{
    Redis,
    call::Call,
    damage::{self, Wreck},
    error::Result,
    reads,
    renew::word,
    row::{Moving, id_of, number_of},
    script::{self, Script},
    time,
};

/// The most verdicts one script writes; more are written in several steps.
const VERDICTS_MAX: usize = 2_000;
/// The most that are looked at in one script.
const LOOK_MAX: usize = 500;

/// A verdict ends the run; there is none that goes on running.
fn check(finishes: &[Finish]) -> Result<()> {
    match finishes.iter().any(|finish| finish.verdict.to == State::Running) {
        true => Err(Refusal::new("a verdict", State::Running.word(), "any other state is allowed").into()),
        false => Ok(()),
    }
}

/// Writes verdicts under their leases.
pub(crate) async fn finish(store: &Redis, finishes: &[Finish]) -> Result<Vec<Finished>> {
    write(store, &script::FINISH, finishes).await
}

/// Writes verdicts on leases that are over.
pub(crate) async fn rescue(store: &Redis, finishes: &[Finish]) -> Result<Vec<Finished>> {
    write(store, &script::RESCUE, finishes).await
}

async fn write(store: &Redis, script: &'static Script, finishes: &[Finish]) -> Result<Vec<Finished>> {
    check(finishes)?;
    let mut answers = Vec::with_capacity(finishes.len());
    for some in finishes.chunks(VERDICTS_MAX) {
        let mut call = Call::of(script);
        some.iter().for_each(|finish| push(&mut call, finish));
        let mut parts = store.call(call).await?.parts;
        for _ in some {
            answers.push(if parts.int()? == 1 { Finished::Written } else { Finished::Late });
        }
    }
    Ok(answers)
}

/// A verdict as scripts take it.
fn push(call: &mut Call, Finish { lease, verdict }: &Finish) {
    let delay = i64::try_from(verdict.delay_ms).unwrap_or(i64::MAX);
    let cause = number_of(verdict.park.as_ref().map(|park| park.cause));
    let more = u8::from(verdict.error.is_some()) | u8::from(verdict.park.is_some()) << 1;
    let mut bytes = word(lease);
    bytes.extend_from_slice(&[verdict.to.number(), cause]);
    bytes.extend_from_slice(&verdict.attempt.to_le_bytes());
    bytes.extend_from_slice(&verdict.crashes.to_le_bytes());
    bytes.extend_from_slice(&delay.to_le_bytes());
    bytes.push(more);
    call.push(bytes);
    if let Some(error) = &verdict.error {
        call.push(verdict.word);
        call.push(error.as_str());
    }
    if let Some(park) = &verdict.park {
        // Two texts, which serde_json always can write.
        call.push(serde_json::to_vec(&(&park.text, &park.build)).unwrap_or_default());
    }
}

/// Running jobs whose lease is over, the longest over first.
pub(crate) async fn expired(store: &Redis, limit: usize) -> Result<Vec<Expired>> {
    if limit == 0 || !time::settled(store).await? {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    let call = Call::of(&script::EXPIRED).number(limit.min(LOOK_MAX));
    let mut ids = store.call(call).await?.parts.list()?;
    let mut over = Vec::with_capacity(ids.len());
    while ids.len() > 0 {
        over.extend(id_of(&ids.bytes()?));
    }
    let mut wrecks = Vec::new();
    for (id, raw) in reads::rows(store, &over).await? {
        match raw.read(id) {
            Ok(job) if job.state == State::Running => {
                let lease =
                    raw.moving.as_deref().and_then(|bytes| Moving::read(bytes).ok()).map(|moving| moving.lease(id));
                found.extend(lease.map(|lease| Expired { job, lease }));
            }
            // It has moved since, or its place leads nowhere.
            Ok(_) => {}
            Err(damaged) => wrecks.push(Wreck::of(id, damaged)),
        }
    }
    damage::park(store, &wrecks).await?;
    Ok(found)
}
