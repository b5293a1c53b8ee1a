//! A calendar of days off: named dates on which a schedule skips or moves.
//!
//! For schedules with holidays. Whoever has the dates (a file, a table) brings them; they are kept inside the schedule
//! itself, so that every instance decides by the same days.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    civil::Date,
    limits::DAYS_OFF_MAX,
    name::{Label, Name},
    refusal::Refusal,
};

/// Named days off. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Kept")]
pub struct Calendar {
    name: Name,
    #[serde(serialize_with = "kept")]
    days: Arc<BTreeMap<Date, Label>>,
}

fn kept<S: serde::Serializer>(days: &Arc<BTreeMap<Date, Label>>, to: S) -> Result<S::Ok, S::Error> {
    days.as_ref().serialize(to)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    name: Name,
    days: BTreeMap<Date, Label>,
}

impl TryFrom<Kept> for Calendar {
    type Error = Refusal;
    fn try_from(kept: Kept) -> Result<Calendar, Refusal> {
        Calendar::new(kept.name, kept.days)
    }
}

impl Calendar {
    /// A calendar of that name. Refuses more than 10,000 days; of a date that is given twice the last name counts.
    pub fn new(name: Name, days: impl IntoIterator<Item = (Date, Label)>) -> Result<Calendar, Refusal> {
        let days: BTreeMap<Date, Label> = days.into_iter().take(DAYS_OFF_MAX + 1).collect();
        if days.len() > DAYS_OFF_MAX {
            return Err(Refusal::new("a calendar", name.as_str(), format!("at most {DAYS_OFF_MAX} days are allowed")));
        }
        Ok(Calendar { name, days: Arc::new(days) })
    }

    /// Its name.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// What a date is called if it is a day off.
    pub fn day(&self, date: Date) -> Option<&Label> {
        self.days.get(&date)
    }

    /// All its days, in order.
    pub fn days(&self) -> impl Iterator<Item = (Date, &Label)> {
        self.days.iter().map(|(date, name)| (*date, name))
    }

    /// Its last day, so that one may say when it ran out.
    pub fn last(&self) -> Option<Date> {
        self.days.keys().next_back().copied()
    }
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
