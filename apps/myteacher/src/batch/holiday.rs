//! Days off: those of the law, which the program brings along, and own ones, which people keep.
//!
//! The law's days are in `data/holidays_jp.csv`, with their source. Whoever asks for the calendar first sees to it that they
//! are in the table, so that an empty table cannot mean that there are none. Own days (a school's anniversary) stand beside
//! them and are never touched by that.

use std::{collections::BTreeMap, sync::LazyLock};

use banto::{
    Date, Refusal,
    sqlite::rusqlite::{Connection, OptionalExtension, params},
};
use banto_core::{Calendar, Label, Name};
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

use crate::{error::Error, table::Tables};

const LAW: &str = include_str!("../../data/holidays_jp.csv");
/// How long before the law's days end one is told, in milliseconds: a year.
const SOON_MS: i64 = 366 * 86_400_000;

/// The law's days by date, in order.
pub static OF_LAW: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| {
    LAW.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(',')).collect()
});

/// A day off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holiday {
    /// The date, as `2026-05-06`.
    pub date: String,
    /// What it is called.
    pub name: String,
    /// `law` or `own`.
    pub source: String,
}

/// The days off as banto's calendar, and what is to be said about them.
#[derive(Debug, Clone)]
pub struct Days {
    /// For schedules.
    pub calendar: Calendar,
    /// For people; often empty.
    pub warnings: Vec<String>,
}

/// Every day off, in order; the law's are in the table afterwards.
pub async fn all(tables: &Tables) -> Result<Vec<Holiday>, Error> {
    let found = tables.read(rows).await?;
    let have: BTreeMap<&str, &str> = found.iter().map(|day| (day.date.as_str(), day.name.as_str())).collect();
    let lacks = OF_LAW.keys().any(|date| !have.contains_key(date));
    let (now, law) = (tables.now(), found.iter().filter(|day| day.source == "law"));
    if !lacks && law.clone().all(|day| OF_LAW.get(day.date.as_str()) == Some(&day.name.as_str())) {
        return Ok(found);
    }
    tables.write(move |db| bring(db, now).and_then(|()| rows(db))).await
}

/// The calendar for schedules.
pub async fn days(tables: &Tables) -> Result<Days, Error> {
    let found = all(tables).await?;
    let mut warnings: Vec<String> = over_soon(tables.now()).into_iter().collect();
    let mut days = Vec::new();
    for day in &found {
        // A name is for people only: an odd one must not turn a day off into a working day.
        let name = Label::new(&day.name).or_else(|_| Label::new("a day off"));
        match (day.date.parse::<Date>(), name) {
            (Ok(date), Ok(name)) => days.push((date, name)),
            (Err(refusal), _) | (_, Err(refusal)) => {
                warnings.push(format!("a holiday is left out: could not {refusal}"))
            }
        }
    }
    Ok(Days { calendar: Calendar::new(Name::new("holidays")?, days)?, warnings })
}

/// What is to be said within a year of the end of the law's days, and after it.
fn over_soon(now_ms: i64) -> Option<String> {
    let last = OF_LAW.keys().next_back()?;
    let until = format!("{}-12-31", last.get(..4)?);
    let until_ms = Timestamp::from_millisecond(now_ms.saturating_add(SOON_MS)).ok()?;
    let soon = until_ms.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string();
    let text =
        format!("the public holidays are known until {until} only; use a newer build, or add them with `holidays add`");
    (soon > until).then_some(text)
}

fn rows(db: &Connection) -> Result<Vec<Holiday>, Error> {
    let mut found = db.prepare("SELECT date, name, source FROM holidays ORDER BY date")?;
    let row = |row: &banto::sqlite::rusqlite::Row<'_>| {
        Ok(Holiday { date: row.get(0)?, name: row.get(1)?, source: row.get(2)? })
    };
    Ok(found.query_map([], row)?.collect::<Result<_, _>>()?)
}

/// The law's days into the table, and out of it what a newer build knows better. Own days stay as they are.
fn bring(db: &Connection, now: i64) -> Result<(), Error> {
    db.execute("DELETE FROM holidays WHERE source = 'law'", [])?;
    let sql = "INSERT INTO holidays (date, name, source, created_at) VALUES (?1, ?2, 'law', ?3) ON CONFLICT DO NOTHING";
    let mut insert = db.prepare(sql)?;
    for (date, name) in OF_LAW.iter() {
        insert.execute(params![date, name, now])?;
    }
    Ok(())
}

/// Adds an own day off. Refuses a date that does not exist, a name that cannot be shown, and a day that is off already.
pub async fn add(tables: &Tables, date: &str, name: &str) -> Result<(), Error> {
    let date = date.parse::<Date>()?.to_string();
    let allowed = |_| Refusal::new("a holiday's name", name, "1 to 255 bytes without control characters are allowed");
    let name = Label::new(name).map_err(allowed)?.to_string();
    all(tables).await?;
    let now = tables.now();
    let added = tables.write(move |db| {
        let there: Option<String> =
            db.query_row("SELECT name FROM holidays WHERE date = ?1", [&date], |row| row.get(0)).optional()?;
        if let Some(there) = there {
            return Err(Error::Asked(format!("add {date} to the holidays: it is one already ({there})")));
        }
        let sql = "INSERT INTO holidays (date, name, source, created_at) VALUES (?1, ?2, 'own', ?3)";
        db.execute(sql, params![date, name, now])?;
        Ok(())
    });
    added.await
}

/// Removes an own day off. The law's are refused: they would come back.
pub async fn remove(tables: &Tables, date: &str) -> Result<(), Error> {
    let date = date.parse::<Date>()?.to_string();
    let removed = tables.write(move |db| {
        if db.execute("DELETE FROM holidays WHERE date = ?1 AND source = 'own'", [&date])? == 1 {
            return Ok(());
        }
        let why = match OF_LAW.get(date.as_str()) {
            Some(name) => format!("it is one by law ({name}), and only own ones can be removed"),
            None => "it is none; `holidays list` shows them".to_owned(),
        };
        Err(Error::Asked(format!("remove {date} from the holidays: {why}")))
    });
    removed.await
}

#[cfg(test)]
#[path = "holiday_tests.rs"]
mod tests;
