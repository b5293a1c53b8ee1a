//! What an `Ok` is worth: read from the server, not hoped for.
//!
//! At the start and every ten seconds the server is asked whether it keeps an append-only file, how it syncs that, whether
//! it evicts keys, how many replicas it has and how old it is. A server that keeps nothing or throws keys away is refused
//! unless that is asked for by name (`durability=memory`); where the settings are changed later, the store says so.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use banto_store::{Fault, StoreError};
use redis::{Cmd, Value};
use tokio::task::AbortHandle;

use crate::{Durability, Options, Redis, error::Result, handle::Inner, link::Link};

/// How often the server is asked.
const EVERY: Duration = Duration::from_secs(10);
/// The oldest server whose scripts do what ours need.
const LEAST: (u32, u32) = (6, 2);

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    version: Option<(u32, u32)>,
    /// Whether it keeps an append-only file; `None` if it does not say.
    file: Option<bool>,
    /// How it syncs that file; `None` if it does not say.
    sync: Option<String>,
    /// What it does when memory is full; `None` if it does not say.
    policy: Option<String>,
    replicas: u32,
    /// Whether the last rewrite or write of the file failed.
    failing: bool,
    /// What could not be asked just now.
    unasked: Option<String>,
    /// Whether changes of other processes are heard at once.
    pub deaf: bool,
}

/// Asks the server.
pub(crate) async fn look(link: &Link) -> Result<Found> {
    let info = lines(&link.ask("ask the server about itself", redis::cmd("INFO").arg("everything")).await?);
    let config = settings(link).await;
    let said = |name: &str| info.get(name).map(String::as_str);
    let policy = config.get("maxmemory-policy").cloned().or_else(|| said("maxmemory_policy").map(str::to_owned));
    let found = Found {
        version: said("redis_version").and_then(version),
        file: said("aof_enabled").map(|enabled| enabled == "1"),
        sync: config.get("appendfsync").cloned(),
        policy,
        replicas: said("connected_slaves").and_then(|count| count.parse().ok()).unwrap_or(0),
        failing: ["aof_last_write_status", "aof_last_bgrewrite_status"].iter().any(|name| said(name) == Some("err")),
        unasked: None,
        deaf: false,
    };
    Ok(found)
}

/// The settings, where the server lets itself be asked; managed services do not.
async fn settings(link: &Link) -> HashMap<String, String> {
    let mut found = HashMap::new();
    for name in ["appendfsync", "maxmemory-policy"] {
        let mut ask: Cmd = redis::cmd("CONFIG");
        ask.arg("GET").arg(name);
        let Ok(value) = link.ask("ask for a setting", &ask).await else { continue };
        if let Ok(pairs) = redis::from_redis_value_ref::<HashMap<String, String>>(&value) {
            found.extend(pairs);
        }
    }
    found
}

fn lines(value: &Value) -> HashMap<String, String> {
    let text = redis::from_redis_value_ref::<String>(value).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.into(), value.trim().into()))
        .collect()
}

fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

/// How to take a server as it is.
const BY_NAME: &str = "or take it as it is by saying durability=memory in the address";

impl Found {
    /// Refuses a server that keeps nothing, evicts keys, does not say so much, or is too old.
    pub fn refuse(&self, options: &Options) -> Result<()> {
        let refused = |what: String| Err(StoreError::new(Fault::Config, format!("use this Redis: {what}")));
        if let Some((major, minor)) = self.version.filter(|version| *version < LEAST) {
            return refused(format!(
                "it is version {major}.{minor}, and {}.{} is the oldest that will do",
                LEAST.0, LEAST.1
            ));
        }
        match self.broken() {
            Some(what) if options.durability == Durability::Checked => refused(format!("{what}; {BY_NAME}")),
            _ => Ok(()),
        }
    }

    /// Why an `Ok` would be worth nothing.
    fn broken(&self) -> Option<String> {
        match (self.file, self.policy.as_deref()) {
            (Some(false), _) => Some(
                "it keeps no append-only file, so all jobs since the last snapshot are lost with the process; \
                 set `appendonly yes`"
                    .into(),
            ),
            (None, _) => Some("it does not say whether it keeps an append-only file".into()),
            (_, Some(policy)) if policy.starts_with("allkeys") => Some(format!(
                "its maxmemory-policy is {policy}, which throws jobs away when memory is full; set `maxmemory-policy noeviction`"
            )),
            (_, None) => Some("it does not say what it does when memory is full (maxmemory-policy)".into()),
            _ => None,
        }
    }

    /// What an `Ok` survives, in words.
    pub fn durability(&self, options: &Options, waits: u32) -> String {
        let survives = match (self.file, self.sync.as_deref()) {
            (Some(true), Some("always")) => "process crash and power loss (append-only file, synced with each write)".into(),
            (Some(true), Some("everysec")) => {
                "process crash; power loss but for the last 1 to 2 s (append-only file, synced every second)".to_owned()
            }
            (Some(true), Some(_)) => {
                "process crash; power loss takes what the kernel had not written (append-only file, never synced by Redis)".into()
            }
            (Some(true), None) => {
                "process crash; the server does not say how it syncs its append-only file for power loss".into()
            }
            (Some(false), _) => "nothing: all since the last snapshot goes with the server's process".into(),
            (None, _) => "unknown: the server does not say whether it keeps an append-only file".into(),
        };
        let asked = if options.durability == Durability::Memory { " (durability=memory)" } else { "" };
        let copies = match waits {
            0 if self.replicas == 0 => String::new(),
            0 => "; a failover may lose the last writes (wait=0)".into(),
            1 => "; each write is on one replica too, else it is said to be in doubt".into(),
            waits => format!("; each write is on {waits} replicas too, else it is said to be in doubt"),
        };
        format!("{survives}{asked}{copies}")
    }

    /// What an operator should know now.
    pub fn notices(&self, options: &Options) -> Vec<String> {
        let mut notices = Vec::new();
        if let Some(broken) = self.broken() {
            notices.push(match options.durability {
                Durability::Checked => format!("the server's settings were changed: {broken}"),
                Durability::Memory => format!("durability=memory: this Redis is taken as it is: {broken}"),
            });
        }
        if self.failing {
            notices
                .push("Redis could not write its append-only file the last time: look at its disk and its log".into());
        }
        if self.deaf {
            notices.push(
                "changes of other processes are looked for once a second: Redis lets no channel be listened to".into(),
            );
        }
        if let Some(unasked) = &self.unasked {
            notices.push(format!("what an `Ok` is worth could not be asked for just now: {unasked}"));
        }
        notices
    }

    /// Takes over what follows from it: how many replicas a write waits for.
    pub fn apply(&self, options: &Options, link: &Link) {
        let wait = options.wait.unwrap_or(self.replicas.min(1));
        link.wait.store(wait, Ordering::Relaxed);
    }
}

impl Redis {
    /// Reads anew what the server keeps, as is done every ten seconds; what was found is in [`About`](banto_store::About).
    pub async fn look(&self) {
        self.inner().look().await;
    }
}

impl Inner {
    async fn look(&self) {
        let looked = look(&self.link).await;
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        match looked {
            Ok(new) => {
                *found = Found { deaf: found.deaf, ..new };
                found.apply(&self.options, &self.link);
            }
            Err(error) => found.unasked = Some(error.to_string()),
        }
    }
}

/// Asks every ten seconds, for as long as the store lives.
pub(crate) fn watch(inner: &Arc<Inner>) -> AbortHandle {
    let inner = Arc::downgrade(inner);
    let watching = async move {
        loop {
            tokio::time::sleep(EVERY).await;
            let Some(inner) = inner.upgrade() else { break };
            inner.look().await;
        }
    };
    tokio::spawn(watching).abort_handle()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;

    fn found() -> Found {
        Found {
            version: Some((7, 0)),
            file: Some(true),
            sync: Some("everysec".into()),
            policy: Some("noeviction".into()),
            ..Found::default()
        }
    }

    fn options(durability: Durability) -> Options {
        Options { durability, ..Options::of(Place::One(("h".into(), 1))) }
    }

    #[test]
    fn a_server_that_keeps_what_it_is_given_is_taken() {
        assert!(found().refuse(&options(Durability::Checked)).is_ok());
        // No key of ours ever expires, so what evicts only those that do takes none.
        let volatile = Found { policy: Some("volatile-lru".into()), ..found() };
        assert!(volatile.refuse(&options(Durability::Checked)).is_ok());
    }

    #[test]
    fn one_that_does_not_is_refused_unless_it_is_asked_for_by_name() {
        let worse = [
            (Found { file: Some(false), ..found() }, "appendonly yes"),
            (Found { file: None, ..found() }, "does not say whether"),
            (Found { policy: Some("allkeys-lru".into()), ..found() }, "noeviction"),
            (Found { policy: None, ..found() }, "maxmemory-policy"),
        ];
        for (found, cure) in worse {
            let told = found.refuse(&options(Durability::Checked)).unwrap_err();
            assert_eq!(*told.fault(), Fault::Config);
            assert!(told.to_string().contains(cure) && told.to_string().contains("durability=memory"), "{told}");
            assert!(found.refuse(&options(Durability::Memory)).is_ok());
            assert_eq!(found.notices(&options(Durability::Memory)).len(), 1);
        }
        let old = Found { version: Some((6, 0)), ..found() };
        assert!(old.refuse(&options(Durability::Memory)).unwrap_err().to_string().contains("6.2"));
    }

    #[test]
    fn what_an_ok_is_worth_is_said() {
        let said = |sync: &str, waits| {
            Found { sync: Some(sync.into()), ..found() }.durability(&options(Durability::Checked), waits)
        };
        assert!(said("always", 0).starts_with("process crash and power loss"));
        assert!(said("everysec", 0).contains("but for the last"));
        assert!(said("no", 2).contains("2 replicas"));
        let memory = Found { file: Some(false), ..found() }.durability(&options(Durability::Memory), 0);
        assert!(memory.contains("nothing") && memory.contains("durability=memory"), "{memory}");
    }
}
