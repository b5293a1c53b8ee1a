//! Preflight: everything that can be known to be wrong before the first job is taken, named at once.
//!
//! A worker that lacks something refuses to start; a job that fails in four milliseconds because a setting is absent, for
//! weeks, is how banto's story began.

use std::{collections::BTreeMap, fmt};

use banto_core::lease::MARGIN_MS;

use crate::{
    Config, Registry,
    timetable::{Action, Entry, Timetable},
};

/// Why a worker or a scheduler does not start: every fault at once, each a fragment that fits after "could not".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit(pub Vec<String>);

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "start: could not {}", self.0.join("; could not "))
    }
}

impl std::error::Error for Unfit {}

/// Checks a worker to be.
pub fn check(registry: &Registry, config: &Config) -> Result<(), Unfit> {
    let mut faults = registry.faults().to_vec();
    if config.queues.is_empty() {
        faults.push("work without a queue; name at least one (--queue default)".into());
    }
    if config.concurrency == 0 {
        faults.push("work with concurrency 0; 1 or more is allowed".into());
    }
    if config.renew_ms == 0 || config.lease_ms < 3 * config.renew_ms + MARGIN_MS {
        let (lease, renew) = (config.lease_ms, config.renew_ms);
        faults.push(format!(
            "work with leases of {lease} ms renewed every {renew} ms; three renewals and {MARGIN_MS} ms must fit into a lease"
        ));
    }
    if let Err(refusal) = config.backoff.check() {
        faults.push(refusal.to_string());
    }
    if !config.start_anyway {
        // A kind and its aliases lack the same, which is said once.
        let mut lacking: BTreeMap<Vec<String>, Vec<&str>> = BTreeMap::new();
        for entry in registry.entries() {
            lacking.entry(entry.missing()).or_default().push(entry.kind.as_str());
        }
        lacking.remove(&Vec::new());
        let fault = |(missing, kinds): (Vec<String>, Vec<&str>)| {
            let lacks = if kinds.len() == 1 { "it lacks" } else { "they lack" };
            format!("run {}: {lacks} {}", kinds.join(" and "), missing.join(", "))
        };
        faults.extend(lacking.into_iter().map(fault));
    }
    if faults.is_empty() { Ok(()) } else { Err(Unfit(faults)) }
}

/// Checks a timetable to be fired: what was written down wrongly, commands that cannot run, dates that are over.
pub fn timetable(timetable: &Timetable) -> Result<(), Unfit> {
    let mut faults = timetable.faults().to_vec();
    for entry in timetable.entries() {
        if let Action::Command(spec) = &entry.action
            && let Err(wrong) = spec.check()
        {
            let name = &entry.schedule.name;
            faults.extend(wrong.list.iter().map(|fault| format!("run the schedule {name}: could not {fault}")));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Unfit(faults)) }
}

/// Checks that a registry knows the kinds whose jobs a timetable enqueues: for a process that works on them itself.
pub fn kinds_of(timetable: &Timetable, registry: &Registry) -> Result<(), Unfit> {
    let unknown = |entry: &Entry| match &entry.action {
        Action::Enqueue { kind, .. } if registry.entry(kind).is_none() => {
            Some(format!("fire the schedule {}: no kind {kind} is known to this build", entry.schedule.name))
        }
        _ => None,
    };
    let faults: Vec<String> = timetable.entries().filter_map(unknown).collect();
    if faults.is_empty() { Ok(()) } else { Err(Unfit(faults)) }
}
