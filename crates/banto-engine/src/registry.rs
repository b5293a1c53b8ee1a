//! Which kinds this build can run.
//!
//! Filled by explicit `add`s, so that one place says which binary knows which job. [`Registry::judge`] is the one answer
//! to "can this build run this job": a call that is ready to be made, or the cause for which it is parked. It never
//! guesses: an unknown kind or a newer payload is set aside for who knows it.

use std::{collections::BTreeMap, future::Future, sync::Arc};

use banto_core::{Backoff, Cause, Job as Record, Name, Outcome, Park, Refusal, text::visible};
use serde_json::Value;

use crate::{
    BoxFuture,
    context::{Context, Run},
    handler::JobError,
    kind::{Job, Policy, lift},
    panic::guarded,
};

/// A decoded job, ready to be run once.
pub(crate) type Call = Box<dyn FnOnce(Arc<Run>) -> BoxFuture<'static, Outcome> + Send>;

type Decode = Arc<dyn Fn(&Record) -> Result<Call, Refused> + Send + Sync>;
type Missing = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

/// Why a payload was not taken.
enum Refused {
    Newer(u16),
    Undecodable(String),
}

/// One kind that this build can run.
#[derive(Clone)]
pub struct Entry {
    /// Its name.
    pub kind: Name,
    /// The newest version of its payload that this build reads.
    pub version: u16,
    /// How its jobs are queued and retried.
    pub policy: Policy,
    decode: Decode,
    missing: Missing,
}

impl Entry {
    /// What it needs and lacks, each in words; empty when it can run.
    pub fn missing(&self) -> Vec<String> {
        let panicked = |text| vec![format!("a check of its needs that does not panic ({text})")];
        guarded(|| (self.missing)()).unwrap_or_else(panicked)
    }
}

/// The kinds of a build, by name and alias.
#[derive(Clone, Default)]
pub struct Registry {
    build: String,
    entries: BTreeMap<Name, Entry>,
    faults: Vec<String>,
}

impl Registry {
    /// An empty registry of the build called `build`: a version or revision, as it shall be shown.
    pub fn new(build: impl Into<String>) -> Registry {
        Registry { build: build.into(), ..Registry::default() }
    }

    /// The name of this build.
    pub fn build(&self) -> &str {
        &self.build
    }

    /// Adds a kind with its state and handler. A name that is no name or is taken is reported by `preflight`.
    pub fn add<J, S, F, Fut>(&mut self, state: Arc<S>, handler: F)
    where
        J: Job,
        S: Send + Sync + 'static,
        F: Fn(J, Context<S>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        self.add_needing::<J, S, F, Fut>(state, handler, Vec::new);
    }

    /// As [`Registry::add`], for a kind that needs something: `missing` names what is absent, each in words. It is asked
    /// before the worker starts and again before each run.
    pub fn add_needing<J, S, F, Fut>(
        &mut self,
        state: Arc<S>,
        handler: F,
        missing: impl Fn() -> Vec<String> + Send + Sync + 'static,
    ) where
        J: Job,
        S: Send + Sync + 'static,
        F: Fn(J, Context<S>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let decode: Decode = Arc::new(move |record| {
            let value: J = decode(record)?;
            let (handler, state) = (handler.clone(), state.clone());
            Ok(Box::new(move |run| {
                // The handler is called within the future: what it does before its first await happens inside the layers.
                Box::pin(async move {
                    let ended = handler(value, Context { run, state }).await;
                    ended.map_or_else(|error| error.0, |()| Outcome::Done)
                })
            }))
        });
        let missing: Missing = Arc::new(missing);
        for name in std::iter::once(J::KIND).chain(J::ALIASES.iter().copied()) {
            match Name::new(name) {
                Err(refusal) => self.faults.push(format!("register a kind: could not {refusal}")),
                Ok(kind) if self.entries.contains_key(&kind) => {
                    self.faults.push(format!("register the kind \"{kind}\" twice; rename one or drop the alias"));
                }
                Ok(kind) => {
                    let (decode, missing) = (decode.clone(), missing.clone());
                    let entry = Entry { kind: kind.clone(), version: J::VERSION, policy: J::policy(), decode, missing };
                    self.entries.insert(kind, entry);
                }
            }
        }
    }

    /// The kinds, sorted by name; an alias is an entry of its own.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// The entry of a kind.
    pub fn entry(&self, kind: &Name) -> Option<&Entry> {
        self.entries.get(kind)
    }

    /// What went wrong while it was filled.
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// The back-off of a kind, if it has one of its own.
    pub(crate) fn backoff(&self, kind: &Name) -> Option<&Backoff> {
        self.entries.get(kind).and_then(|entry| entry.policy.backoff.as_ref())
    }

    /// Whether this build can run the job now: the call, or why not.
    pub(crate) fn judge(&self, record: &Record) -> Result<Call, Park> {
        let park = |cause, text| Err(Park { cause, text, build: self.build.clone() });
        let Some(entry) = self.entries.get(&record.kind) else {
            let text = format!("the kind \"{}\" is unknown to build {}", record.kind, self.build);
            return park(Cause::UnknownKind, text);
        };
        let missing = entry.missing();
        if !missing.is_empty() {
            return park(Cause::Missing, format!("{} lacks {}", record.kind, missing.join(", ")));
        }
        let decoded = guarded(|| (entry.decode)(record));
        match decoded.unwrap_or_else(|text| Err(Refused::Undecodable(format!("its decoding panicked: {text}")))) {
            Ok(call) => Ok(call),
            Err(Refused::Newer(version)) => {
                let text =
                    format!("the payload has version {}, build {} reads up to {version}", record.version, self.build);
                park(Cause::NewerVersion, text)
            }
            Err(Refused::Undecodable(why)) => park(Cause::Undecodable, visible(&why, 1_000)),
        }
    }

    /// Whether this build could run the job: `None`, or why not.
    pub fn verdict(&self, record: &Record) -> Option<Park> {
        self.judge(record).err()
    }
}

fn decode<J: Job>(record: &Record) -> Result<J, Refused> {
    let undecodable = |refusal: Refusal| Refused::Undecodable(refusal.to_string());
    if record.version == J::VERSION {
        return record.payload.read().map_err(undecodable);
    }
    if record.version > J::VERSION {
        return Err(Refused::Newer(J::VERSION));
    }
    let payload: Value = record.payload.read().map_err(undecodable)?;
    let lifted = lift::<J>(payload, record.version).map_err(Refused::Undecodable)?;
    serde_json::from_value(lifted).map_err(|error| Refused::Undecodable(error.to_string()))
}

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;
