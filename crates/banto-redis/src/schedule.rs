//! `register`: the schedules of a service; who has which, and the account of what was due.

use std::collections::HashMap;

use banto_core::{InstanceId, Label, Name, ScheduleName};
use banto_store::{Board, NewSchedule, Register, Registered, Registration, ScheduleView, Seen, Service, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    Redis, beat,
    call::{Call, Parts},
    error::Result,
    pause, script,
};

/// What a schedule says, which scripts do not read.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    model: String,
    action: String,
    source: String,
    build: String,
}

/// Registers all schedules of a service.
pub(crate) async fn register(store: &Redis, register: &Register) -> Result<Registration> {
    register.check().map_err(StoreError::from)?;
    let mut call =
        Call::of(&script::REGISTER).arg(register.service.as_str()).number(register.by).number(register.as_of);
    for NewSchedule { name, revision, model, action, source } in &register.schedules {
        let build = register.build.as_str().to_owned();
        let words = Words { model: model.clone(), action: action.clone(), source: source.clone(), build };
        call.push(name.as_str());
        call.push(revision.to_string());
        // Text, which serde_json always can write.
        call.push(serde_json::to_vec(&words).unwrap_or_default());
    }
    let mut parts = store.call(call).await?.parts;
    let (generation, mut answers) = (parts.int()?, parts.list()?);
    let answer = |_| match answers.int()? {
        0 => Ok(Registered::New),
        1 => Ok(Registered::Same),
        2 => Ok(Registered::Changed),
        3 => Ok(Registered::Taken),
        _ => Err(answers.odd()),
    };
    let answers = register.schedules.iter().map(answer).collect::<Result<_>>()?;
    Ok(Registration { generation, answers })
}

/// One service.
pub(crate) async fn service(store: &Redis, name: &Name) -> Result<Option<Service>> {
    let mut said = store.call(Call::of(&script::BOARD).arg(name.as_str())).await?;
    Ok(services(&mut said.parts, said.wall)?.pop())
}

/// Every service and schedule. An entry whose names are no names is left out: nobody could ask for it.
pub(crate) async fn board(store: &Redis) -> Result<Board> {
    let mut said = store.call(Call::of(&script::BOARD).arg("")).await?;
    let services = services(&mut said.parts, said.wall)?;
    let stored = said.parts.pairs()?;
    let mut words: HashMap<Vec<u8>, Vec<u8>> = said.parts.pairs()?.into_iter().collect();
    let mut halts = pause::in_force(said.parts.pairs()?, said.wall);
    let maintenance = halts.remove("");
    let view = |(name, stored): (Vec<u8>, Vec<u8>)| {
        let mut view = view(&name, &stored, words.remove(&name).as_deref())?;
        view.pause = halts.remove(view.name.as_str());
        Some(view)
    };
    let mut schedules: Vec<ScheduleView> = stored.into_iter().filter_map(view).collect();
    schedules.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Board { services, schedules, ahead: Vec::new(), maintenance })
}

/// Reads the instances and the services.
fn services(parts: &mut Parts, wall: i64) -> Result<Vec<Service>> {
    let (steady, boot) = (parts.digits()?, parts.text()?);
    let instances = beat::of(parts.pairs()?, steady, &boot);
    let read = |(name, stored): (Vec<u8>, Vec<u8>)| {
        let name = Name::new(std::str::from_utf8(&name).ok()?).ok()?;
        read_service(name, std::str::from_utf8(&stored).ok()?, &instances, wall, (steady, &boot))
    };
    let mut services: Vec<Service> = parts.pairs()?.into_iter().filter_map(read).collect();
    services.sort_by(|one, other| one.service.cmp(&other.service));
    Ok(services)
}

/// The leader's clock is the one that counts, as long as the leader lives and it is of this boot. With the server's clock
/// that is always the server's own.
fn read_service(
    service: Name,
    stored: &str,
    instances: &[Seen],
    wall: i64,
    (steady, boot): (i64, &str),
) -> Option<Service> {
    let mut words = stored.splitn(6, ' ');
    let generation = words.next()?.parse().ok()?;
    let registered_by = words.next()?.parse().ok()?;
    let accounted_until = words.next()?.parse().ok()?;
    let by: Option<InstanceId> = words.next()?.parse().ok();
    let base: i64 = words.next()?.parse().ok()?;
    let lives = by.is_some_and(|by| instances.iter().any(|one| one.instance.id == by && one.living));
    let counts = lives && words.next()? == boot;
    let wall_ms = if counts { base.saturating_add(steady) } else { wall };
    Some(Service { service, generation, registered_by, accounted_until, by, wall_ms })
}

fn view(name: &[u8], stored: &[u8], words: Option<&[u8]>) -> Option<ScheduleView> {
    let name = ScheduleName::new(std::str::from_utf8(name).ok()?).ok()?;
    let mut parts = std::str::from_utf8(stored).ok()?.split(' ');
    let service = Name::new(parts.next()?).ok()?;
    let unreadable =
        || Words { model: "null".into(), action: "(unreadable)".into(), source: String::new(), build: String::new() };
    let words = words.and_then(|json| serde_json::from_slice(json).ok()).unwrap_or_else(unreadable);
    Some(ScheduleView {
        revision: parts.next()?.parse().ok()?,
        since: parts.next()?.parse().ok()?,
        retired_at: parts.next()?.parse().ok(),
        model: words.model,
        action: words.action,
        source: words.source,
        build: Label::new(&words.build).unwrap_or_else(|_| Label::from(&service)),
        pause: None,
        name,
        service,
    })
}
