//! What the words of `schedule …` mean.

use banto_core::{Fate, ScheduleName};

use super::{moment, refuse};
use crate::exit::Failure;

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
