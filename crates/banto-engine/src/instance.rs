//! `beat`: says that this process lives, what it can run and what it does, and hears its orders.

use std::{sync::Arc, time::Duration};

use banto_core::Label;
use banto_store::{Instance, Orders, Status, StoreError};
use tokio::time::sleep;

use crate::{
    stop::Halt,
    worker::{Duty, Shared},
};

/// The loop; runs until it is dropped. `registered` is what the first beat, which registers the worker, came to.
pub(crate) async fn work(shared: Arc<Shared>, registered: Result<Orders, StoreError>) {
    let mut answer = registered;
    loop {
        let wait = match answer {
            Ok(Orders { restart, .. }) => {
                if let Some(by) = restart {
                    shared.stop.halt(Halt::Restart, format!("a restart was ordered by {by}"));
                }
                Duration::from_millis(shared.config.renew_ms)
            }
            // Soon: after an outage a rescuer tells by the beats who has lived through it.
            Err(error) => {
                shared.pulses.beat.say(shared.moment(), Duty::StoreDown { error: error.to_string() });
                shared.outage("beat", &error);
                shared.again_in(&error)
            }
        };
        sleep(wait).await;
        answer = once(&shared, Status::Working).await;
    }
}

/// Beats once.
pub(crate) async fn once(shared: &Shared, status: Status) -> Result<Orders, StoreError> {
    let status = if shared.stop.asked() && status == Status::Working { Status::Stopping } else { status };
    let (_, busy) = shared.slots.count();
    let reason = shared.stop.asked().then(|| shared.stop.reason().to_owned());
    let busy = u32::try_from(busy).unwrap_or(u32::MAX);
    let orders = shared.store.beat(Instance { status, busy, reason, ..shared.identity.clone() }).await?;
    shared.pulses.beat.tick(shared.moment(), Duty::Waiting);
    shared.store_answers();
    Ok(orders)
}

/// Who this process is, as far as it does not change.
pub(crate) fn identity(config: &crate::Config, registry: &crate::Registry, id: banto_core::InstanceId) -> Instance {
    let label = |text: &str| Label::new(text).unwrap_or_else(|_| Label::from(&config.name));
    Instance {
        id,
        name: config.name.clone(),
        host: label(&host()),
        pid: std::process::id(),
        build: label(registry.build()),
        kinds: registry.entries().map(|entry| (entry.kind.clone(), entry.version)).collect(),
        queues: config.queues.iter().map(|weighted| weighted.queue.clone()).collect(),
        service: None,
        concurrency: u32::try_from(config.concurrency).unwrap_or(u32::MAX),
        busy: 0,
        status: Status::Working,
        reason: None,
    }
}

/// The name of this host.
pub(crate) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
