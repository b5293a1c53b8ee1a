//! `beat`: the processes that work, and what they are ordered.

use banto_core::InstanceId;
use banto_store::{Fault, Instance, Orders, Seen, Status, StoreError, instance::LIVING_MS};

use crate::{Redis, call::Call, error::Result, script};

/// Registers an instance or says that it lives.
pub(crate) async fn beat(store: &Redis, instance: &Instance) -> Result<Orders> {
    let odd = |error| StoreError::new(Fault::Damaged, format!("register an instance: {error}"));
    let said = serde_json::to_vec(instance).map_err(odd)?;
    let left = if instance.status == Status::Stopped { "1" } else { "0" };
    let call = Call::of(&script::BEAT).arg(instance.id.0.to_be_bytes()).arg(left).arg(said);
    let mut said = store.call(call).await?;
    let restart = said.parts.maybe_bytes()?.map(|by| String::from_utf8_lossy(&by).into_owned());
    Ok(Orders { restart, wall_ms: said.wall })
}

/// Orders all to start anew; says how many living ones hear of it first now.
pub(crate) async fn restart(store: &Redis, by: &str, preview: bool) -> Result<usize> {
    let call = Call::of(&script::RESTART).arg(by).number(LIVING_MS).number(u8::from(preview));
    store.call(call).await?.parts.count()
}

/// Every instance that is registered, by id. One whose entry cannot be read is left out.
pub(crate) async fn seen(store: &Redis) -> Result<Vec<Seen>> {
    let mut parts = store.call(Call::of(&script::INSTANCES)).await?.parts;
    let (steady, boot) = (parts.digits()?, parts.text()?);
    Ok(of(parts.pairs()?, steady, &boot))
}

/// Instances as they are stored, at that steady time of that boot.
pub(crate) fn of(stored: Vec<(Vec<u8>, Vec<u8>)>, steady: i64, boot: &str) -> Vec<Seen> {
    let mut seen: Vec<Seen> = stored.into_iter().filter_map(|(id, stored)| one(&id, &stored, steady, boot)).collect();
    seen.sort_by_key(|seen| seen.instance.id);
    seen
}

fn one(id: &[u8], stored: &[u8], steady: i64, boot: &str) -> Option<Seen> {
    let id = InstanceId(u64::from_be_bytes(id.try_into().ok()?));
    let (head, said) = std::str::from_utf8(stored).ok()?.split_once('\n')?;
    let mut words = head.splitn(4, ' ');
    let (since, beat) = (words.next()?.parse().ok()?, words.next()?.parse::<i64>().ok()?);
    let (_, of_boot) = (words.next()?, words.next()?);
    let instance = serde_json::from_str::<Instance>(said).ok().filter(|instance| instance.id == id)?;
    // One of another boot has been silent since this boot, at least.
    let silent = if of_boot == boot { steady.saturating_sub(beat) } else { steady };
    let silent_ms = u64::try_from(silent).unwrap_or(0);
    let living = instance.status != Status::Stopped && of_boot == boot && silent_ms <= LIVING_MS;
    Some(Seen { instance, since, silent_ms, living })
}
