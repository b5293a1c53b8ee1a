//! What the words of `schedule …` mean.

use banto_core::{Fate, Name, ScheduleName};
use banto_engine::{Config, Registry, SchedulerConfig};

use super::{moment, refuse};
use crate::{
    args::{Work, schedule::HowToRun},
    exit::Failure,
    file::SchedulerSettings,
};

/// How long runs may go on after TERM where nothing is said: programs, which stop after them, have their own ten seconds,
/// and container platforms kill after thirty.
pub(crate) const GRACE: &str = "15";

/// A schedule's name.
pub(crate) fn name(text: &str) -> Result<ScheduleName, Failure> {
    Ok(ScheduleName::new(text)?)
}

/// Fates by their words.
pub(crate) fn fates(words: &[String]) -> Result<Vec<Fate>, Failure> {
    words.iter().map(|word| word.parse::<Fate>().map_err(Failure::from)).collect()
}

/// A time that has been.
pub(crate) fn past(flag: &str, text: &str, now_ms: i64) -> Result<i64, Failure> {
    let at = moment(flag, text)?;
    if at < now_ms { Ok(at) } else { Err(refuse(flag, text, "a time that has been is wanted")) }
}

/// A part of `up`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The scheduler.
    Schedules,
    /// The supervised programs.
    Programs,
    /// The worker.
    Workers,
}

/// Parts by their words; none is all.
pub(crate) fn parts(words: &[String]) -> Result<Vec<Part>, Failure> {
    const ALL: [(&str, Part); 3] =
        [("schedules", Part::Schedules), ("programs", Part::Programs), ("workers", Part::Workers)];
    let part = |word: &String| {
        let found = ALL.iter().find(|(known, _)| known == word).map(|(_, part)| *part);
        found.ok_or_else(|| refuse("--only", word, "allowed are schedules, programs, workers"))
    };
    let parts = words.iter().map(part).collect::<Result<Vec<_>, _>>()?;
    Ok(if parts.is_empty() { ALL.map(|(_, part)| part).to_vec() } else { parts })
}

/// The worker that runs what is fired, on these queues, in the application called `app`.
pub(crate) fn worker(typed: &HowToRun, app: &str, queues: Vec<Name>) -> Result<Config, Failure> {
    let work = Work {
        queue: queues.iter().map(ToString::to_string).collect(),
        concurrency: typed.concurrency,
        grace: Some(typed.grace.clone().unwrap_or_else(|| GRACE.into())),
        name: typed.name.clone(),
        ..Work::default()
    };
    super::work::config(&work, &Registry::default(), app)
}

/// The scheduler: as it was typed, else as the file says.
pub(crate) fn scheduler(typed: &HowToRun, app: &str, written: &SchedulerSettings) -> Result<SchedulerConfig, Failure> {
    let typed = typed.name.as_deref().map(|text| super::name("--name", text)).transpose()?;
    let called = typed.or_else(|| written.name.clone());
    let plain = SchedulerConfig::new(called.map_or_else(|| Name::new(app).or_else(|_| Name::new("scheduler")), Ok)?);
    Ok(SchedulerConfig {
        stand_by_ms: written.stand_by_ms.unwrap_or(plain.stand_by_ms),
        offset_ms_max: written.offset_ms_max.unwrap_or(plain.offset_ms_max),
        ..plain
    })
}
