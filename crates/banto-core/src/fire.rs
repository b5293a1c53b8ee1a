//! What becomes of a due instant of a schedule.
//!
//! Every due instant is accounted for: it has fired, was skipped for a reason, or was missed because nobody was there. The
//! words here are what the ledger keeps, so they never change their meaning.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// What became of a due instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It has a job, which runs, waits or has ended.
    Fired,
    /// Somebody was there, and there was a reason not to run it.
    Skipped,
    /// Nobody was there in time, and the schedule's policy says not to make up for it.
    Missed,
}

/// Why a due instant did not fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Skipped: the run of an earlier due instant had not ended.
    Overlap,
    /// Skipped: a condition of the schedule's own (`when`, `skip`) did not hold.
    Filter,
    /// Skipped: the schedule is paused.
    Paused,
    /// Skipped: everything is paused, and this schedule does not run in maintenance.
    Maintenance,
    /// Skipped: it fell on a day off.
    Holiday,
    /// Skipped: its local time does not exist on that day (a clock change forward).
    Gap,
    /// Skipped: its local time came twice on that day (a clock change back), and the other one counts.
    Fold,
    /// Skipped: its job could not be made, or was refused.
    Refused,
    /// Missed: nobody was there, and the policy makes up for none, or for later ones only.
    Policy,
    /// Missed: nobody was there, and it was older than the policy makes up for.
    TooOld,
    /// Missed: nobody was there, and the policy had made up for as many as it allows.
    OverMax,
}

impl Fate {
    /// All of them.
    pub const ALL: [Fate; 3] = [Fate::Fired, Fate::Skipped, Fate::Missed];

    /// The word that people and stores use.
    pub fn word(self) -> &'static str {
        match self {
            Fate::Fired => "fired",
            Fate::Skipped => "skipped",
            Fate::Missed => "missed",
        }
    }
}

impl Reason {
    /// All of them.
    pub const ALL: [Reason; 11] = [
        Reason::Overlap,
        Reason::Filter,
        Reason::Paused,
        Reason::Maintenance,
        Reason::Holiday,
        Reason::Gap,
        Reason::Fold,
        Reason::Refused,
        Reason::Policy,
        Reason::TooOld,
        Reason::OverMax,
    ];

    /// The word that people and stores use.
    pub fn word(self) -> &'static str {
        match self {
            Reason::Overlap => "overlap",
            Reason::Filter => "filter",
            Reason::Paused => "paused",
            Reason::Maintenance => "maintenance",
            Reason::Holiday => "holiday",
            Reason::Gap => "gap",
            Reason::Fold => "fold",
            Reason::Refused => "refused",
            Reason::Policy => "policy",
            Reason::TooOld => "too_old",
            Reason::OverMax => "over_max",
        }
    }

    /// What becomes of a due instant for this reason.
    pub fn fate(self) -> Fate {
        match self {
            Reason::Policy | Reason::TooOld | Reason::OverMax => Fate::Missed,
            _ => Fate::Skipped,
        }
    }
}

macro_rules! worded {
    ($type:ident, $thing:literal) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }
        impl FromStr for $type {
            type Err = Refusal;
            fn from_str(text: &str) -> Result<$type, Refusal> {
                let words: Vec<&str> = $type::ALL.iter().map(|one| one.word()).collect();
                let found = $type::ALL.into_iter().find(|one| one.word() == text);
                found.ok_or_else(|| Refusal::new($thing, text, format!("allowed are {}", words.join(", "))))
            }
        }
    };
}
worded!(Fate, "what became of a due instant");
worded!(Reason, "a reason");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back_and_no_other() {
        for fate in Fate::ALL {
            assert_eq!(fate.word().parse(), Ok(fate));
        }
        for reason in Reason::ALL {
            assert_eq!(reason.word().parse(), Ok(reason));
            assert_ne!(reason.fate(), Fate::Fired);
        }
        let refused = "late".parse::<Fate>().unwrap_err().to_string();
        assert_eq!(refused, "take \"late\" as what became of a due instant: allowed are fired, skipped, missed");
    }
}
