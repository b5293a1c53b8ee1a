//! How fates and times of schedules are told.
//!
//! Times are in a schedule's own zone, or in the one that was asked for, and always with their offset.

use banto_core::{Fate, Reason, Schedule, State, Zone};
use banto_engine::explain::span;
use banto_store::{FireView, Run};

use crate::{args::schedule::InZone, exit::Failure};

/// In whose local time times are told.
pub(super) struct Local(Option<Zone>);

impl Local {
    /// As it was typed.
    pub fn of(typed: &InZone) -> Result<Local, Failure> {
        Ok(Local(typed.timezone.as_deref().map(Zone::new).transpose()?))
    }

    /// A time of that schedule.
    pub fn time(&self, schedule: Option<&Schedule>, at_ms: i64) -> String {
        match (&self.0, schedule) {
            (Some(zone), _) => zone.shown(at_ms),
            (None, Some(schedule)) => schedule.local(at_ms),
            (None, None) => Zone::utc().shown(at_ms),
        }
    }

    /// The zone that times of that schedule are told in.
    pub fn zone(&self, schedule: Option<&Schedule>) -> String {
        let own = schedule.map_or_else(Zone::utc, |schedule| schedule.zone.clone());
        self.0.as_ref().unwrap_or(&own).to_string()
    }
}

/// What became of a due instant, in a word or two.
pub(super) fn fate(fire: &FireView) -> String {
    let count = if fire.count > 1 { format!(" ({} of them)", fire.count) } else { String::new() };
    match (fire.fate, fire.reason) {
        (Fate::Fired, _) => format!("fired{}", if fire.late { " late" } else { "" }),
        (fate, Some(reason)) => format!("{fate}: {}{count}", why(reason)),
        (fate, None) => format!("{fate}{count}"),
    }
}

/// Why a due instant did not fire.
pub(super) fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::Overlap => "the run before had not ended",
        Reason::Filter => "its condition did not hold",
        Reason::Paused => "it was paused",
        Reason::Maintenance => "everything was paused",
        Reason::Holiday => "a day off",
        Reason::Gap => "a local time that does not exist",
        Reason::Fold => "a local time that came twice",
        Reason::Refused => "its job was refused",
        Reason::Policy => "nobody was there",
        Reason::TooOld => "nobody was there, and it was too old to be made up for",
        Reason::OverMax => "nobody was there, and enough were made up for",
    }
}

/// How a run stands or ended.
pub(super) fn outcome(run: &Run) -> String {
    let ended = |word: &str| match exit(run) {
        Some(exit) => format!("{word} ({exit})"),
        None => word.to_owned(),
    };
    match run.state {
        Some(State::Done) => "done".into(),
        Some(State::Dead) => ended("failed"),
        Some(State::Cancelled) => ended("cancelled"),
        Some(State::Running) => "running".into(),
        Some(State::Parked) => "parked: nobody here can run it".into(),
        Some(State::Scheduled) if run.attempt > 0 => ended("waits for another attempt"),
        Some(State::Scheduled | State::Ready) => "waits".into(),
        None => "its job is missing".into(),
    }
}

/// Whether a run ended and did not end well.
pub(super) fn failed(run: &Run) -> bool {
    matches!(run.state, Some(State::Dead | State::Cancelled) | None)
}

/// How a command ended: its code, or what ended it.
pub(super) fn exit(run: &Run) -> Option<String> {
    let output = run.output.as_ref()?;
    match (output.out_of_memory, output.exit, output.signal) {
        (true, _, _) => Some("out of memory".into()),
        (_, Some(code), _) => Some(format!("exit code {code}")),
        (_, _, Some(signal)) => Some(format!("signal {signal}")),
        _ => None,
    }
}

/// How long a run took, in milliseconds, once it has ended.
pub(super) fn took_ms(run: &Run) -> Option<i64> {
    Some(run.finished_at?.saturating_sub(run.started_at?).max(0))
}

/// A span for people; nothing for none.
pub(super) fn took(run: &Run) -> String {
    took_ms(run).map(span).unwrap_or_default()
}
