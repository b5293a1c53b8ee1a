//! Which kinds this build can run.
//!
//! Filled by explicit `add`s, so that one place says which binary knows which job. `judge` is the one answer
//! to "can this build run this job": a call that is ready to be made, or the cause for which it is parked. It never
//! guesses: an unknown kind or a newer payload is set aside for who knows it. [`Entry::made`] goes the other way: from a
//! payload that somebody typed to the job that the kind's own type would have made.

use std::{collections::BTreeMap, future::Future, sync::Arc};

use banto_core::{
    Backoff, Cause, Job as JobRecord, JobId, Name, NewJob, Outcome, Park, Payload, Refusal, text::visible,
};
use serde_json::Value;

use crate::{
    BoxFuture,
    context::{Context, Run},
    enqueue,
    handler::JobError,
    kind::{Job, Policy, lift},
    panic::guarded,
};

/// A decoded job, ready to be run once.
pub(crate) type Call = Box<dyn FnOnce(Arc<Run>) -> BoxFuture<'static, Outcome> + Send>;

type Decode = Arc<dyn Fn(&JobRecord) -> Result<Call, Refused> + Send + Sync>;
type Make = fn(&Payload, u16, JobId, i64) -> Result<NewJob, Refused>;
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
    make: Make,
    missing: Missing,
}

impl Entry {
    /// The job that this kind's type would make of `payload`, which has that version of the payload's form: with its queue
    /// and numbers, its key, its tags and the time until which it is retried, counted from `now_ms` (milliseconds since
    /// 1970). The payload stays as it was given, and so does the name, which may be an alias.
    ///
    /// Refuses what this build would park; the text is a fragment that fits after "could not".
    pub fn made(&self, payload: Payload, version: u16, id: JobId, now_ms: i64) -> Result<NewJob, String> {
        let kind = &self.kind;
        let made = guarded(|| (self.make)(&payload, version, id, now_ms));
        match made.unwrap_or_else(|text| Err(Refused::Undecodable(format!("reading it panicked: {text}")))) {
            Ok(job) => Ok(NewJob { kind: kind.clone(), payload, version, ..job }),
            Err(Refused::Newer(known)) => {
                Err(format!("make a job of {kind}: its payload has version {version}, this build reads up to {known}"))
            }
            Err(Refused::Undecodable(why)) => {
                Err(format!("make a job of {kind}: its payload is not one: {}", visible(&why, 1_000)))
            }
        }
    }

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
            let value: J = decode(&record.payload, record.version)?;
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
                    let (version, policy, make) = (J::VERSION, J::policy(), make::<J> as Make);
                    let entry = Entry { kind: kind.clone(), version, policy, decode, make, missing };
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

    /// The attempts that a kind asks for, if it asks for a number.
    pub(crate) fn attempts_max(&self, kind: &Name) -> Option<u16> {
        self.entries.get(kind).and_then(|entry| entry.policy.attempts_max)
    }

    /// Whether this build can run the job now: the call, or why not.
    pub(crate) fn judge(&self, record: &JobRecord) -> Result<Call, Park> {
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
    pub fn verdict(&self, record: &JobRecord) -> Option<Park> {
        self.judge(record).err()
    }
}

fn make<J: Job>(payload: &Payload, version: u16, id: JobId, now_ms: i64) -> Result<NewJob, Refused> {
    let value: J = decode(payload, version)?;
    enqueue::made(&value, id, now_ms).map_err(|refusal| Refused::Undecodable(refusal.to_string()))
}

fn decode<J: Job>(payload: &Payload, version: u16) -> Result<J, Refused> {
    let undecodable = |refusal: Refusal| Refused::Undecodable(refusal.to_string());
    if version == J::VERSION {
        return payload.read().map_err(undecodable);
    }
    if version > J::VERSION {
        return Err(Refused::Newer(J::VERSION));
    }
    let payload: Value = payload.read().map_err(undecodable)?;
    let lifted = lift::<J>(payload, version).map_err(Refused::Undecodable)?;
    // As text again: what a payload says of itself when it does not fit is said without its values.
    Payload::of(&lifted).and_then(|lifted| lifted.read()).map_err(undecodable)
}

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;
