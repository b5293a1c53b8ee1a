//! A creator's calendar: by when a task is to be done, and where a day begins and ends.

use banto::Date;
use jiff::{
    Span, Timestamp, civil,
    tz::{TimeZone, TimeZoneDatabase},
};

use super::{
    scheduled_task::ScheduledTask,
    wish::{DUE_DAYS_MAX, DUE_HOURS_MAX},
};
use crate::error::Error;

/// The due date as the web application keeps it (`2026-12-01T09:00:00+09:00`), counted from `from_ms` (ms since 1970); `None`
/// if there is none. A day is a day on the wall: it ends at the same local time, whatever the clock change between.
pub fn date(task: &ScheduledTask, from_ms: i64) -> Result<Option<String>, Error> {
    if task.due_days.is_none() && task.due_hours.is_none() {
        return Ok(None);
    }
    let within = |value: Option<i64>, most: i64, what: &str| match value.unwrap_or(0) {
        value if (0..=most).contains(&value) => Ok(value),
        value => Err(Error::Asked(format!("set the due date: {value} {what}; 0 to {most} are allowed"))),
    };
    let days = within(task.due_days, DUE_DAYS_MAX, "days")?;
    let hours = within(task.due_hours, DUE_HOURS_MAX, "hours")?;
    let wrong = |error: jiff::Error| Error::Asked(format!("set the due date: {error}"));
    let from = Timestamp::from_millisecond(from_ms).map_err(wrong)?.to_zoned(zone(task)?);
    let due = from.checked_add(Span::new().days(days)).and_then(|day| day.checked_add(Span::new().hours(hours)));
    Ok(Some(due.map_err(wrong)?.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()))
}

/// The first millisecond of a local day, and the first one after it (ms since 1970); today at `now` where no date is given.
pub fn day(task: &ScheduledTask, date: Option<Date>, now: i64) -> Result<(i64, i64), Error> {
    let wrong = |error: jiff::Error| Error::Asked(format!("find the day: {error}"));
    let zone = zone(task)?;
    let day = match date.map(Date::parts) {
        Some((year, month, day)) => {
            let part = |part: u32| i8::try_from(part).unwrap_or_default();
            civil::Date::new(i16::try_from(year).unwrap_or_default(), part(month), part(day)).map_err(wrong)?
        }
        None => Timestamp::from_millisecond(now).map_err(wrong)?.to_zoned(zone.clone()).date(),
    };
    let begins = |day: civil::Date| day.to_zoned(zone.clone()).map(|at| at.timestamp().as_millisecond());
    let next = day.tomorrow().and_then(&begins);
    Ok((begins(day).map_err(wrong)?, next.map_err(wrong)?))
}

fn zone(task: &ScheduledTask) -> Result<TimeZone, Error> {
    let found = TimeZoneDatabase::bundled().get(&task.timezone);
    found.map_err(|error| Error::Asked(format!("find the time zone of user {}: {error}", task.created_by)))
}
