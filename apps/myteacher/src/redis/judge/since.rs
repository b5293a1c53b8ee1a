//! What was added since the look before. A server's counters only grow; what they say of today is their difference.
//!
//! A server that was restarted counts from nought again, under another run's name; so does one whose counters were reset by hand.
//! Then, and at the first look, what there is was added since that.

use jiff::{SignedDuration, fmt::friendly::SpanPrinter};
use serde::Serialize;

use crate::redis::{info::Info, look::Look};

/// The counters as they stood at a look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters {
    /// The name of the server's present run.
    pub run_id: Option<String>,
    /// Commands it has carried out.
    pub commands: Option<u64>,
    /// Lookups that found something.
    pub hits: Option<u64>,
    /// Lookups that did not.
    pub misses: Option<u64>,
    /// Keys that were evicted.
    pub evicted: Option<u64>,
    /// Connections that were rejected.
    pub rejected: Option<u64>,
    /// The newest number in its slow log.
    pub slow_last: Option<u64>,
}

impl Counters {
    /// The counters of a look.
    pub fn of(look: &Look) -> Counters {
        let number = |name| Info::number(&look.info, name);
        Counters {
            run_id: look.info.text("run_id").map(str::to_owned),
            commands: number("total_commands_processed"),
            hits: number("keyspace_hits"),
            misses: number("keyspace_misses"),
            evicted: number("evicted_keys"),
            rejected: number("rejected_connections"),
            slow_last: look.slow.as_ref().ok().and_then(|log| log.last()),
        }
    }

    /// Whether these can only have been reached by beginning anew after `before`.
    fn began_anew(&self, before: &Counters) -> bool {
        let pairs = [
            (self.commands, before.commands),
            (self.hits, before.hits),
            (self.misses, before.misses),
            (self.evicted, before.evicted),
            (self.rejected, before.rejected),
        ];
        pairs.iter().any(|(now, before)| now.zip(*before).is_some_and(|(now, before)| now < before))
    }
}

/// Since when is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// Since the look before.
    LookBefore,
    /// Since the server started: this is the first look.
    FirstLook,
    /// Since the server started, which it did after the look before.
    Restart,
    /// Since its counters were reset, after the look before.
    Reset,
}

/// What was added, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// Since when.
    pub from: From,
    /// In words, to follow a number.
    pub words: String,
    /// What was added; `slow_last` is the number after which the slow log is new.
    pub added: Counters,
}

impl Since {
    /// Compares a look with the one before, which was at `before.0`.
    pub fn new(look: &Look, before: Option<&(i64, Counters)>, now_ms: i64) -> Since {
        let now = Counters::of(look);
        let up = look.info.number("uptime_in_seconds").map(|s| span(i64::try_from(s).unwrap_or(i64::MAX)));
        let up = up.unwrap_or_else(|| "an unknown time".to_owned());
        let (from, words, base) = match before {
            None => (From::FirstLook, format!("since its start {up} ago"), Counters::default()),
            Some((_, before)) if before.run_id != now.run_id => {
                (From::Restart, format!("since its restart {up} ago"), Counters::default())
            }
            Some((_, before)) if now.began_anew(before) => {
                let base = Counters { slow_last: before.slow_last, ..Counters::default() };
                (From::Reset, "since its counters were reset".to_owned(), base)
            }
            Some((at_ms, before)) => {
                let ago = span(now_ms.saturating_sub(*at_ms).max(0) / 1000);
                (From::LookBefore, format!("since the look {ago} ago"), before.clone())
            }
        };
        let added = |now: Option<u64>, base: Option<u64>| now.map(|now| now.saturating_sub(base.unwrap_or(0)));
        let added = Counters {
            commands: added(now.commands, base.commands),
            hits: added(now.hits, base.hits),
            misses: added(now.misses, base.misses),
            evicted: added(now.evicted, base.evicted),
            rejected: added(now.rejected, base.rejected),
            slow_last: base.slow_last,
            run_id: now.run_id,
        };
        Since { from, words, added }
    }
}

/// Seconds for people: `5m`, `3h 20m`.
pub(super) fn span(seconds: i64) -> String {
    let seconds = if seconds >= 3_600 { seconds - seconds % 60 } else { seconds };
    SpanPrinter::new().duration_to_string(&SignedDuration::from_secs(seconds))
}
