//! Tests of due instants: clock changes in many zones, days off, windows.

use super::*;
use crate::{Cron, Fold, Gap, Hours, ScheduleName, Weekday, Zone};

fn schedule(cron: &str, zone: &str) -> Schedule {
    let name = ScheduleName::new("test").unwrap();
    let timing = Timing::Cron(cron.split('|').map(|one| Cron::new(one).unwrap()).collect());
    Schedule { zone: Zone::new(zone).unwrap(), ..Schedule::new(name, timing) }
}

fn ms(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

/// What is due after one instant up to another, as `instant mark`.
fn due(schedule: &Schedule, after: &str, until: &str) -> Vec<String> {
    let found = schedule.occurrences(ms(after), ms(until), 1_000);
    let shown = |one: Occurrence| {
        let at = jiff::Timestamp::from_millisecond(one.at_ms).unwrap();
        one.mark.map_or(at.to_string(), |mark| format!("{at} {mark}"))
    };
    found.into_iter().map(shown).collect()
}

#[test]
fn berlin() {
    let daily = schedule("30 2 * * *", "Europe/Berlin");
    let spring = ("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z");
    assert_eq!(due(&daily, spring.0, spring.1), ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
    for (gap, first) in [(Gap::Skip, "2026-03-29T01:00:00Z gap"), (Gap::Before, "2026-03-29T00:30:00Z")] {
        let daily = Schedule { gap: Some(gap), ..daily.clone() };
        assert_eq!(due(&daily, spring.0, spring.1), [first, "2026-03-30T00:30:00Z"]);
    }
}
