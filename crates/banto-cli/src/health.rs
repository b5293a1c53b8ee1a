//! How a running process says how it is: `--health`, `[health]`, and what an application adds.
//!
//! The address is taken before anything runs, so that one that is taken is a fault at the start. The answers come from a
//! thread of their own (banto-web), put together by the engine from the pulses that the parts of this process are given here.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use banto_core::Name;
use banto_engine::{
    BoxFuture,
    health::{self, Check, Health, Programs},
    pulse::Pulse,
    scheduler::Standing,
    timetable::Current,
    worker::Pulses,
};
use banto_web::{PATIENCE, Served};
use tokio::runtime::Handle;

use crate::{
    app::Opened,
    cmd::Desk,
    exit::{Exit, Failure},
    file::HealthSettings,
    mean, store,
};

/// What an application asks of something of its own.
pub(crate) type Asks = Arc<dyn Fn(Opened) -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// An address that is listened at, and how it is to be answered there.
pub(crate) struct Door {
    listener: TcpListener,
    settings: HealthSettings,
}

/// What the parts of this process tell of themselves; told to nobody, if nobody may ask. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Vitals {
    health: Option<Health>,
    /// The scheduler's.
    pub scheduler: Pulse<Standing>,
}

impl Vitals {
    /// Those of one more worker.
    pub fn worker(&self) -> Pulses {
        self.health.as_ref().map(Health::worker).unwrap_or_default()
    }

    /// The process stops, for that reason.
    pub fn stopping(&self, reason: &str) {
        if let Some(health) = &self.health {
            health.stopping(reason);
        }
    }
}

/// What of a process is told, besides its workers.
#[derive(Default)]
pub(crate) struct Told {
    pub build: Option<String>,
    pub schedules: Option<Arc<Current>>,
    pub programs: Option<Programs>,
}

/// Takes the address that was typed, else the one that is written down, if there is one.
pub(crate) fn bind(typed: Option<&str>, written: &HealthSettings) -> Result<Option<Door>, Failure> {
    let typed = typed.filter(|text| !text.is_empty());
    let at = match typed {
        Some(text) => mean::health::address("--health", text)?,
        None => written.listen,
    };
    let door = |at: SocketAddr| {
        let listener = banto_web::bind(at).map_err(|text| Failure::new(Exit::Machine, text))?;
        Ok(Door { listener, settings: written.clone() })
    };
    at.map(door).transpose()
}

/// Begins to answer there. Whoever holds what comes back keeps it going.
pub(crate) fn serve(
    desk: &Desk<'_>,
    door: Option<Door>,
    name: Name,
    told: Told,
) -> Result<(Vitals, Option<Served>), Failure> {
    let Some(Door { listener, settings }) = door else { return Ok((Vitals::default(), None)) };
    let scheduler = Pulse::default();
    let health = Health::new(health::Parts {
        name,
        build: told.build.unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned()),
        clock: desk.clock(),
        store: desk.store().clone(),
        folders: store::folder(&desk.opened.url).into_iter().collect(),
        schedules: told.schedules.map(|current| (current, scheduler.clone())),
        programs: told.programs,
        handlers: Handle::current(),
        checks: checks(desk)?,
        limits: settings.limits,
    });
    let routes = banto_web::routes(health.clone(), settings.hosts);
    let served = banto_web::serve(listener, routes, PATIENCE, health.clone().watch());
    let served = served.map_err(|text| Failure::new(Exit::Machine, text))?;
    tracing::info!(at = %served.at, "health is answered");
    if !served.at.ip().is_loopback() {
        tracing::info!(at = %served.at, "whoever can reach this machine may ask for its health, as the address says");
    }
    Ok((Vitals { health: Some(health), scheduler }, Some(served)))
}

fn checks(desk: &Desk<'_>) -> Result<Vec<Check>, Failure> {
    let check = |(name, asks): &(String, Asks)| {
        let name = Name::new(name).map_err(|refusal| Failure::new(Exit::Unready, format!("{refusal} (a check)")))?;
        let (asks, opened) = (asks.clone(), desk.opened.clone());
        Ok(Check { name, ask: Arc::new(move || asks(opened.clone())) })
    };
    desk.app.checks.iter().map(check).collect()
}
