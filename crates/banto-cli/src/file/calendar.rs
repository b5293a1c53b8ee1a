//! A calendar of a file: named days off, written there or in a list of their own.
//!
//! A list has one day a line: the date, a comma, its name. Empty lines and lines that begin with `#` are passed over, and so
//! is a first line of headings.

use std::collections::BTreeMap;

use banto_core::{Calendar, Date, Label, Name, Refusal};

use super::{
    keys::{CALENDAR, DAY},
    open,
    source::{Fault, Source},
    table::Table,
    value::Value,
};

/// The most of a list of days that is read, in bytes.
const LIST_BYTES_MAX: usize = 1 << 20;

/// The calendars of a file, by name.
pub(crate) type Calendars = BTreeMap<Name, Calendar>;

/// Adds the calendar that `value` is.
pub(crate) fn add(value: Value<'_>, calendars: &mut Calendars) {
    let Some(table) = value.table(&CALENDAR) else { return };
    if !table.has("name") {
        table.fault("know what the calendar is called: name is wanted");
    }
    if !table.has("days") && !table.has("file") {
        table.fault("know the days of the calendar: days or file is wanted");
    }
    let mut days = table.each("days", day);
    days.extend(table.read("file", list).unwrap_or_default());
    let mut seen = BTreeMap::new();
    for (date, label) in &days {
        if let Some(other) = seen.insert(*date, label) {
            table.fault(format!("take {date} twice in a calendar (\"{other}\" and \"{label}\"): leave one out"));
        }
    }
    let Some((name, called)) = table.get("name").and_then(|name| Some((name, name.parsed::<Name>()?))) else { return };
    let Some(calendar) = name.checked(Calendar::new(called.clone(), days)) else { return };
    if calendars.insert(called.clone(), calendar).is_some() {
        name.fault(format!("have the calendar {called} twice; rename one"));
    }
}

fn day(value: Value<'_>) -> Option<(Date, Label)> {
    let table: Table<'_> = value.table(&DAY)?;
    for key in ["date", "name"] {
        if !table.has(key) {
            table.fault(format!(
                "know a day off whole: {key} is wanted, as {{ date = 2026-01-01, name = \"New Year\" }}"
            ));
        }
    }
    table.read("date", Value::date).zip(table.read("name", Value::parsed))
}

/// The days in the list at a path.
fn list(value: Value<'_>) -> Option<Vec<(Date, Label)>> {
    let path = value.source.path(value.text()?);
    let text = open::text_of(&path, LIST_BYTES_MAX).map_err(|why| value.fault(why)).ok()?;
    let source = Source::new(&text, &path);
    let mut days = Vec::new();
    let lines = (1..).zip(text.lines()).map(|(number, line)| (number, line.trim()));
    for (number, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let (date, name) = line.split_once(',').unwrap_or((line, ""));
        match (date.trim().parse::<Date>(), label(name)) {
            (Ok(date), Ok(label)) => days.push((date, label)),
            (Err(_), _) if number == 1 && !line.starts_with(|c: char| c.is_ascii_digit()) => {}
            (Err(refusal), _) | (_, Err(refusal)) => {
                let text = refusal.to_string();
                value.source.push(Fault { line: number, column: 1, file: source.name.clone(), text });
            }
        }
    }
    Some(days)
}

fn label(name: &str) -> Result<Label, Refusal> {
    let name = name.trim();
    let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
    Label::new(name)
}
