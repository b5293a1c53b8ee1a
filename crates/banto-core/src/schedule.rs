//! A schedule as data: what is due when, and by which policies.
//!
//! For every way in (Rust, banto.toml, a crontab) and for every store: one model, kept as JSON that says only what is not
//! the default. What is to be done when it is due is not in here; the engine puts an action beside it. The verbs are in
//! other files: [`occurrence`](crate::occurrence) says when it is due, [`plan`](mod@crate::plan) what becomes of that,
//! [`lint`](mod@crate::lint) what people should know, [`draft`](crate::draft) builds it fluently.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    calendar::Calendar,
    civil::{Date, Hours, Weekday},
    cron::Cron,
    limits::{CRONS_MAX, DESCRIPTION_BYTES_MAX, LIST_MAX, SPAN_MS_MAX},
    name::{Name, ScheduleName},
    refusal::Refusal,
    retry::mix,
    text::{cut, hides},
    zone::{Fold, Gap, Zone},
};

/// How late a due instant still counts as an ordinary one, in milliseconds, where a schedule does not say: one minute.
pub const LATE_MS_DEFAULT: u64 = 60_000;

/// When a schedule is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Timing {
    /// Whenever one of these expressions matches the local time.
    #[serde(rename = "cron")]
    Cron(Vec<Cron>),
    /// Every so many seconds, counted from 1970-01-01T00:00Z: for periods that do not divide a minute, an hour or a day.
    #[serde(rename = "every_s")]
    Every(u64),
}

/// What becomes of due instants that nobody was there for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// They are missed.
    Skip,
    /// The last one fires.
    #[default]
    Last,
    /// All of them fire, the newest `max` at most.
    All {
        /// At most this many.
        max: u32,
    },
}

/// What becomes of a due instant on a day off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// It is skipped.
    #[default]
    Skip,
    /// It moves to the next day that is neither off nor Saturday or Sunday, same local time.
    NextBusinessDay,
}

/// The days on which a schedule does not run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DaysOff {
    /// Named days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Calendar>,
    /// Saturdays and Sundays too.
    #[serde(skip_serializing_if = "is_default")]
    pub weekends: bool,
    /// What becomes of what falls on one.
    #[serde(skip_serializing_if = "is_default")]
    pub then: Then,
}

/// Where the output of a command goes, beside the ledger's tail of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// The file's path, as it was given.
    pub path: String,
    /// Whether each run adds to it; else each run begins it anew.
    #[serde(default, skip_serializing_if = "is_default")]
    pub append: bool,
}

/// A schedule: see the file's story. Fields that are absent in JSON have their default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// What it is called.
    pub name: ScheduleName,
    /// When it is due.
    pub timing: Timing,
    /// In whose local time; UTC where it does not say.
    #[serde(default, skip_serializing_if = "is_default")]
    pub zone: Zone,
    /// What becomes of a local time that does not exist. `None`: fixed times are due at the next valid instant, and what
    /// recurs in real time (see [`Cron::is_real_time`]) is not touched.
    #[serde(default, skip_serializing_if = "is_default")]
    pub gap: Option<Gap>,
    /// What becomes of a local time that comes twice. `None`: of fixed times the first counts, and what recurs in real
    /// time runs through both.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fold: Option<Fold>,
    /// Its first day, local.
    #[serde(default, skip_serializing_if = "is_default")]
    pub from: Option<Date>,
    /// Its last day, local; that whole day is in it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub until: Option<Date>,
    /// Due within these spans of the day only; empty means all day.
    #[serde(default, skip_serializing_if = "is_default")]
    pub between: Vec<Hours>,
    /// Not due within these.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unless_between: Vec<Hours>,
    /// Due on these weekdays only; empty means all.
    #[serde(default, skip_serializing_if = "is_default")]
    pub weekdays: BTreeSet<Weekday>,
    /// Fires in these environments only; empty means all.
    #[serde(default, skip_serializing_if = "is_default")]
    pub environments: BTreeSet<Name>,
    /// Days on which it does not run.
    #[serde(default, skip_serializing_if = "is_default")]
    pub days_off: Option<DaysOff>,
    /// What becomes of due instants that nobody was there for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub missed: Missed,
    /// Missed ones older than this are not made up for, in milliseconds; `None` means of any age.
    #[serde(default, skip_serializing_if = "is_default")]
    pub age_ms_max: Option<u64>,
    /// Made-up fires are spread over this time, in milliseconds.
    #[serde(default, skip_serializing_if = "is_default")]
    pub spread_ms: u64,
    /// How late a due instant still counts as an ordinary one, in milliseconds.
    #[serde(default = "late_ms_default", skip_serializing_if = "is_late_ms_default")]
    pub late_ms: u64,
    /// A due instant is skipped while the run of an earlier one has not ended.
    #[serde(default, skip_serializing_if = "is_default")]
    pub no_overlap: bool,
    /// Each fire waits up to this long, by name and due instant always the same, in milliseconds.
    #[serde(default, skip_serializing_if = "is_default")]
    pub jitter_ms: u64,
    /// Fires also while everything is paused.
    #[serde(default, skip_serializing_if = "is_default")]
    pub even_in_maintenance: bool,
    /// The group it is listed, paused and resumed with.
    #[serde(default, skip_serializing_if = "is_default")]
    pub group: Option<Name>,
    /// For people.
    #[serde(default, skip_serializing_if = "is_default")]
    pub description: Option<String>,
    /// Where the output of a command goes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub output: Option<Output>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn late_ms_default() -> u64 {
    LATE_MS_DEFAULT
}

fn is_late_ms_default(ms: &u64) -> bool {
    *ms == LATE_MS_DEFAULT
}

impl Schedule {
    /// A schedule of that name and timing, everything else by default.
    pub fn new(name: ScheduleName, timing: Timing) -> Schedule {
        Schedule {
            name,
            timing,
            zone: Zone::utc(),
            gap: None,
            fold: None,
            from: None,
            until: None,
            between: Vec::new(),
            unless_between: Vec::new(),
            weekdays: BTreeSet::new(),
            environments: BTreeSet::new(),
            days_off: None,
            missed: Missed::default(),
            age_ms_max: None,
            spread_ms: 0,
            late_ms: LATE_MS_DEFAULT,
            no_overlap: false,
            jitter_ms: 0,
            even_in_maintenance: false,
            group: None,
            description: None,
            output: None,
        }
    }

    /// The schedule that a store or a file holds as JSON. Refuses what cannot be read and what [`check`](Self::check) refuses.
    pub fn from_json(json: &str) -> Result<Schedule, Refusal> {
        let schedule: Schedule = serde_json::from_str(json)
            .map_err(|error| Refusal::new("a schedule", json, cut(&error.to_string(), 500)))?;
        match schedule.check().into_iter().next() {
            None => Ok(schedule),
            Some(fault) => Err(fault),
        }
    }

    /// Its JSON: fields in a fixed order, defaults left out.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// A number that changes when anything in it does: the same in every build, for the same JSON.
    pub fn fingerprint(&self) -> i64 {
        hash(self.to_json().as_bytes()) as i64
    }

    /// When it is due, in English, without its zone and its windows.
    pub fn words(&self) -> String {
        match &self.timing {
            Timing::Cron(crons) => crons.iter().map(Cron::words).collect::<Vec<_>>().join(" "),
            Timing::Every(period_s) => format!("Every {period_s} seconds, counted from 1970."),
        }
    }

    /// As [`fingerprint`](Self::fingerprint), of this and what else matters beside it.
    pub fn fingerprint_with(&self, beside: &[&str]) -> i64 {
        let all = format!("{}\0{}", self.to_json(), beside.join("\0"));
        hash(all.as_bytes()) as i64
    }

    /// Whether it fires in the environment of that name.
    pub fn is_for(&self, environment: &str) -> bool {
        self.environments.is_empty() || self.environments.iter().any(|one| one.as_str() == environment)
    }

    /// All that is wrong with it beyond its single fields; empty if nothing is.
    pub fn check(&self) -> Vec<Refusal> {
        let mut faults = Vec::new();
        let mut within = |thing, value: u64, least: u64, most: u64| {
            if !(least..=most).contains(&value) {
                faults.push(Refusal::new(thing, &value.to_string(), format!("{least} to {most} is allowed")));
            }
        };
        match &self.timing {
            Timing::Cron(crons) => within("a number of cron expressions", crons.len() as u64, 1, CRONS_MAX as u64),
            Timing::Every(period_s) => within("a period in seconds", *period_s, 1, SPAN_MS_MAX / 1_000),
        }
        for (thing, many) in [
            ("a number of spans of the day", self.between.len()),
            ("a number of spans of the day", self.unless_between.len()),
            ("a number of environments", self.environments.len()),
        ] {
            within(thing, many as u64, 0, LIST_MAX as u64);
        }
        for (thing, ms) in [
            ("a spread in milliseconds", self.spread_ms),
            ("a lateness in milliseconds", self.late_ms),
            ("a jitter in milliseconds", self.jitter_ms),
            ("an age in milliseconds", self.age_ms_max.unwrap_or(0)),
        ] {
            within(thing, ms, 0, SPAN_MS_MAX);
        }
        if let Missed::All { max } = self.missed {
            within("a number of missed due instants to make up for", u64::from(max), 1, 100_000);
        }
        faults.extend(self.check_dates());
        faults.extend(self.check_texts());
        faults
    }

    fn check_dates(&self) -> Option<Refusal> {
        let (from, until) = self.from.zip(self.until).filter(|(from, until)| from > until)?;
        let allowed = "the first day must not come after the last one";
        Some(Refusal::new("a date window", &format!("{from} to {until}"), allowed))
    }

    fn check_texts(&self) -> Vec<Refusal> {
        let mut faults = Vec::new();
        if let Some(text) = self.description.as_ref().filter(|text| text.len() > DESCRIPTION_BYTES_MAX) {
            let allowed = format!("at most {DESCRIPTION_BYTES_MAX} bytes are allowed");
            faults.push(Refusal::new("a description", text, allowed));
        }
        let bad = |path: &&String| path.is_empty() || path.len() > 4_096 || path.chars().any(hides);
        if let Some(path) = self.output.as_ref().map(|output| &output.path).filter(bad) {
            let allowed = "1 to 4096 bytes without control or invisible characters are allowed";
            faults.push(Refusal::new("a path for the output", path, allowed));
        }
        faults
    }
}

/// FNV-1a (Fowler, Noll, Vo), 64 bits, then mixed: the same in every build, which the standard library does not promise.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    mix(bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |sum: u64, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)))
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
