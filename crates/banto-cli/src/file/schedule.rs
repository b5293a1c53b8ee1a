//! One `[[schedule]]` of a file: when it is due, by which policies, and what it does.

use std::path::PathBuf;

use banto_core::{
    DaysOff, Hours, Label, Missed, Name, Output, Payload, Refusal, Schedule, ScheduleName, Then, Zone,
    limits::{ATTEMPTS_MAX, PRIORITY_MAX},
    run::queue_for_runs,
};
use banto_core::{Fold, Gap};
use banto_process::Spec;
use toml::de::DeValue;

use super::{
    calendar::Calendars,
    command,
    keys::{DAYS_OFF, ENQUEUE, MISSED, SCHEDULE, WHEN},
    payload,
    table::Table,
    timing::timing,
    value::Value,
};

/// A schedule as it is written down, before it becomes an entry of a timetable.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// When it is due, and by which policies.
    pub schedule: Schedule,
    /// What it does.
    pub does: Does,
    /// Where it was written down: the file and the line.
    pub source: String,
    /// The queue that a command's job waits in, if it is another than the usual one.
    pub queue: Option<Name>,
    /// How often a command is tried in all, if it is not once.
    pub attempts_max: Option<u16>,
    /// It fires only while these are there.
    pub when: Vec<PathBuf>,
    /// It fires only while these are not there.
    pub skip: Vec<PathBuf>,
}

impl Written {
    /// One of which nothing is said but when it is due and what it does.
    pub(crate) fn new(schedule: Schedule, does: Does, source: String) -> Written {
        let (when, skip) = (Vec::new(), Vec::new());
        Written { schedule, does, source, queue: None, attempts_max: None, when, skip }
    }
}

/// What a schedule of a file does.
#[derive(Debug, Clone, PartialEq)]
pub enum Does {
    /// A command runs.
    Run(Box<Spec>),
    /// A job is enqueued.
    Enqueue(Box<Order>),
}

/// A job to be enqueued. What it does not say is as its kind has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Its kind.
    pub kind: Name,
    /// With what.
    pub payload: Payload,
    /// The version of the payload's form.
    pub version: Option<u16>,
    /// Into this queue.
    pub queue: Option<Name>,
    /// Urgency: 0 (first) to 9 (last).
    pub priority: Option<u8>,
    /// Attempts before it is dead.
    pub attempts_max: Option<u16>,
    /// The longest run of an attempt, in milliseconds.
    pub timeout_ms: Option<u64>,
    /// Labels to find it by.
    pub tags: Vec<Label>,
}

/// What is the same for all schedules of a file.
pub(crate) struct Common<'a> {
    /// In whose local time, where a schedule does not say.
    pub zone: &'a Zone,
    pub calendars: &'a Calendars,
}

/// The schedule that `value` is, if nothing is wrong with it.
pub(crate) fn read(value: Value<'_>, common: &Common<'_>) -> Option<Written> {
    let table = value.table(&SCHEDULE)?;
    if !table.has("name") {
        table.fault("know what the schedule is called: name is wanted");
    }
    let name = table.read("name", Value::parsed::<ScheduleName>);
    let timed = timing(table);
    let zone = table.read("timezone", Value::parsed).unwrap_or_else(|| common.zone.clone());
    let does = does(table, &zone);
    let source = format!("{}:{}", table.source.name, table.get("name").map_or(table.line(), Value::line));
    let queue = table.read("queue", |value| value.checked(queue_for_runs(value.parsed()?)));
    let attempts_max = table.read("attempts", attempts);
    // Without a name or a time its other keys are looked at all the same.
    let nameless = ScheduleName::new("unnamed").ok()?;
    let mut schedule = Schedule::new(name.clone().unwrap_or(nameless), banto_core::Timing::Every(60));
    schedule.zone = zone;
    windows(table, &mut schedule, common);
    policies(table, &mut schedule);
    let (when, skip) = (table.each("when", file), table.each("skip", file));
    let (timing, weekdays) = timed?;
    (schedule.timing, schedule.weekdays) = (timing, weekdays);
    let does = does?;
    if let Does::Run(spec) = &does {
        let file = spec.file.as_ref();
        schedule.output = file.map(|file| Output { path: file.path.to_string_lossy().into_owned(), append: true });
    }
    for refusal in schedule.check() {
        table.get("name").map_or_else(|| table.fault(refusal.to_string()), |name| name.fault(refusal.to_string()));
    }
    name.map(|_| Written { queue, attempts_max, when, skip, ..Written::new(schedule, does, source) })
}

/// The file that a condition looks for.
fn file(value: Value<'_>) -> Option<PathBuf> {
    let table = value.table(&WHEN)?;
    if !table.has("file") {
        table.fault("know which file is looked for: file is wanted, as { file = \"storage/framework/down\" }");
    }
    table.read("file", command::path)
}

/// Dates, times of day, environments and days on which it is due or not.
fn windows(table: Table<'_>, schedule: &mut Schedule, common: &Common<'_>) {
    schedule.between = table.each("between", Value::parsed::<Hours>);
    schedule.unless_between = table.each("unless_between", Value::parsed::<Hours>);
    schedule.from = table.read("from", Value::date);
    schedule.until = table.read("until", Value::date);
    schedule.environments = table.each("environments", Value::parsed).into_iter().collect();
    schedule.days_off = table.read("days_off", |value| days_off(value, common.calendars));
    schedule.gap =
        table.read("gap", |value| value.word(&[("skip", Gap::Skip), ("next", Gap::Next), ("before", Gap::Before)]));
    schedule.fold = table
        .read("fold", |value| value.word(&[("first", Fold::First), ("second", Fold::Second), ("both", Fold::Both)]));
}

/// What becomes of what is missed, late or still running, and how it is listed.
fn policies(table: Table<'_>, schedule: &mut Schedule) {
    schedule.missed = table.read("missed", missed).unwrap_or_default();
    schedule.age_ms_max = table.read("missed_age_max", Value::some_span);
    schedule.spread_ms = table.read("spread", Value::span).unwrap_or(0);
    schedule.late_ms = table.read("late", Value::span).unwrap_or(banto_core::schedule::LATE_MS_DEFAULT);
    schedule.jitter_ms = table.read("jitter", Value::span).unwrap_or(0);
    schedule.no_overlap = table.read("no_overlap", Value::flag).unwrap_or(false);
    schedule.even_in_maintenance = table.read("even_in_maintenance", Value::flag).unwrap_or(false);
    schedule.group = table.read("group", Value::parsed);
    schedule.description = table.read("description", Value::text).map(str::to_owned);
    if let Some((value, false)) = table.get("one_server").and_then(|value| value.flag().map(|flag| (value, flag))) {
        value.refuse("it is always so: a due instant fires once, however many schedulers live; leave it out");
    }
}

fn missed(value: Value<'_>) -> Option<Missed> {
    if let DeValue::Table(_) = value.inner() {
        let table = value.table(&MISSED)?;
        if !table.has("all") {
            table.fault("know how many to make up for at most: all is wanted, as missed = { all = 10 }");
        }
        return table.read("all", |value| value.whole(1u32..=100_000)).map(|max| Missed::All { max });
    }
    match value.inner() {
        DeValue::String(text) if text == "skip" => Some(Missed::Skip),
        DeValue::String(text) if text == "last" => Some(Missed::Last),
        _ => {
            value.refuse("\"skip\", \"last\" or { all = 10 } (the newest ten at most) is allowed");
            None
        }
    }
}

fn days_off(value: Value<'_>, calendars: &Calendars) -> Option<DaysOff> {
    let table = value.table(&DAYS_OFF)?;
    let weekends = table.read("weekends", Value::flag).unwrap_or(false);
    if !table.has("calendar") && !weekends {
        table.fault("know which days are off: calendar = \"…\" or weekends = true is wanted");
    }
    let calendar = table.read("calendar", |value| {
        let name = value.parsed::<Name>()?;
        let found = calendars.get(&name).cloned();
        if found.is_none() {
            let known: Vec<&str> = calendars.keys().map(Name::as_str).collect();
            value.refuse(&match known.is_empty() {
                true => "there is no [[calendar]] in this file".to_owned(),
                false => format!("no [[calendar]] has this name; there are {}", known.join(", ")),
            });
        }
        found
    });
    let then = table
        .read("then", |value| value.word(&[("skip", Then::Skip), ("next_business_day", Then::NextBusinessDay)]))
        .unwrap_or_default();
    Some(DaysOff { calendar, weekends, then })
}

fn does(table: Table<'_>, zone: &Zone) -> Option<Does> {
    match (table.get("run"), table.get("enqueue")) {
        (Some(_), Some(value)) => {
            value.fault("take run and enqueue in one schedule: it does one of the two");
            None
        }
        (None, None) => {
            table.fault(
                "know what is to be done: run = [\"program\", \"argument\"] or enqueue = { kind = \"…\" } is wanted",
            );
            None
        }
        (Some(_), None) => {
            let mut spec = command::spec(table, Some(zone.as_str()))?;
            spec.timeout_ms = table.read("timeout", Value::some_span);
            Some(Does::Run(Box::new(spec)))
        }
        (None, Some(value)) => {
            table.refuse(&command::KEYS, "it belongs to a command; this schedule enqueues a job");
            table.refuse(&["queue", "attempts", "timeout"], "of a job it is said inside enqueue");
            order(value).map(|order| Does::Enqueue(Box::new(order)))
        }
    }
}

fn order(value: Value<'_>) -> Option<Order> {
    let table = value.table(&ENQUEUE)?;
    if !table.has("kind") {
        table.fault("know which job to enqueue: kind is wanted, as enqueue = { kind = \"report.make\" }");
    }
    let payload = match table.get("payload") {
        Some(value) => payload::payload(value),
        None => Payload::parse("{}").ok(),
    };
    let kind = table.read("kind", Value::parsed);
    let order = Order {
        version: table.read("version", |value| value.whole(1u16..=u16::MAX)),
        queue: table.read("queue", Value::parsed),
        priority: table.read("priority", |value| value.whole(0u8..=PRIORITY_MAX)),
        attempts_max: table.read("attempts", attempts),
        timeout_ms: table.read("timeout", Value::some_span),
        tags: table.each("tags", |value| value.checked(Label::new(value.text()?))),
        kind: kind?,
        payload: payload?,
    };
    if order.tags.len() > banto_core::limits::TAGS_MAX {
        let most = banto_core::limits::TAGS_MAX.to_string();
        table.read("tags", |value| {
            let many = order.tags.len().to_string();
            value.checked::<()>(Err(Refusal::new("a number of tags", &many, format!("at most {most} are allowed"))))
        });
    }
    Some(order)
}

fn attempts(value: Value<'_>) -> Option<u16> {
    value.whole(1u16..=ATTEMPTS_MAX)
}
