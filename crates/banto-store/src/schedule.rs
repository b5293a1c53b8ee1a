//! Words of `register`: the schedules that a service has, as data.
//!
//! A service is whoever owns a timetable: an application, a `banto.toml`. It registers all of its schedules at once, so that
//! what it has dropped is known to be dropped. A store keeps a schedule's model as text and reads none of it.

use std::collections::BTreeSet;

use banto_core::{InstanceId, Label, Name, Refusal, ScheduleName};
use serde::Serialize;

use crate::read::Pause;

/// Longest model of a schedule, in bytes of JSON text: a calendar of days off is part of it.
pub const MODEL_BYTES_MAX: usize = 256 << 10;
/// Most schedules of one service.
pub const SCHEDULES_MAX: usize = 100_000;

/// All schedules of a service, by the build that registers them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    /// Whose they are.
    pub service: Name,
    /// Who registers them.
    pub by: InstanceId,
    /// The build it runs.
    pub build: Label,
    /// As of when, in milliseconds since 1970: what is new or changed counts from then on, what is dropped counted up to then.
    /// A time that the store has not reached yet means its now.
    pub as_of: i64,
    /// All of them. What is registered for this service and is not here is retired.
    pub schedules: Vec<NewSchedule>,
}

/// A schedule as it is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSchedule {
    /// What it is called.
    pub name: ScheduleName,
    /// A fingerprint of all that matters: when it changes, who goes by the old one may not fire any more.
    pub revision: i64,
    /// When it is due, as JSON: at most [`MODEL_BYTES_MAX`].
    pub model: String,
    /// What it does, in words for people.
    pub action: String,
    /// Where it was written down: "code", a file's name.
    pub source: String,
}

/// The answer to a registration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registration {
    /// The service's generation: it grows with each registration that changes something.
    pub generation: i64,
    /// One answer for each schedule, in order.
    pub answers: Vec<Registered>,
}

/// The answer to one schedule of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// It was not there, or was retired. Its due instants count from now.
    New,
    /// It was there in this revision.
    Same,
    /// It was there in another revision. Its due instants by this one count from now.
    Changed,
    /// Another service has a schedule of that name; this one was not registered.
    Taken,
}

/// A service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Service {
    /// Whose timetable it is.
    pub service: Name,
    /// How often its schedules were changed.
    pub generation: i64,
    /// Who registered them last.
    pub registered_by: InstanceId,
    /// Up to when all due instants of its schedules are accounted for, in milliseconds since 1970.
    pub accounted_until: i64,
    /// Who accounted last: the leader, as long as it lives.
    pub by: Option<InstanceId>,
    /// The store's wall-clock time, in milliseconds since 1970; where a store has no clock of its own, the leader's as long as
    /// that lives.
    pub wall_ms: i64,
}

/// A schedule as the store sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScheduleView {
    /// Its name.
    pub name: ScheduleName,
    /// Whose it is.
    pub service: Name,
    /// Its revision.
    pub revision: i64,
    /// When it is due, as JSON.
    pub model: String,
    /// What it does, in words.
    pub action: String,
    /// Where it was written down.
    pub source: String,
    /// The build that registered it last.
    pub build: Label,
    /// Since when its due instants count, in milliseconds since 1970.
    pub since: i64,
    /// When its service came without it, in milliseconds since 1970.
    pub retired_at: Option<i64>,
    /// Its own pause in force, if there is one.
    pub pause: Option<Pause>,
}

/// Every service and schedule that is or was registered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Board {
    /// The services, by name.
    pub services: Vec<Service>,
    /// The schedules, by name.
    pub schedules: Vec<ScheduleView>,
    /// Pauses in force of schedules that are not registered (yet), by name.
    pub ahead: Vec<(ScheduleName, Pause)>,
    /// The pause of everything, if it is in force.
    pub maintenance: Option<Pause>,
}

impl Register {
    /// Refuses too many schedules, one whose model is too long, and two of one name.
    pub fn check(&self) -> Result<(), Refusal> {
        let count = self.schedules.len();
        if count > SCHEDULES_MAX {
            let allowed = format!("at most {SCHEDULES_MAX} are allowed for one service");
            return Err(Refusal::new("a number of schedules", &count.to_string(), allowed));
        }
        let mut names = BTreeSet::new();
        for NewSchedule { name, model, .. } in &self.schedules {
            if model.len() > MODEL_BYTES_MAX {
                let allowed = format!("its model may have {MODEL_BYTES_MAX} bytes of JSON");
                return Err(Refusal::new("a schedule", name.as_str(), allowed));
            }
            if !names.insert(name) {
                return Err(Refusal::new("a schedule", name.as_str(), "its name must not be another's too"));
            }
        }
        Ok(())
    }
}
