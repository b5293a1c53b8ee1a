//! `banto.toml`: schedules, programs and settings from a file.
//!
//! For the commands and for applications that have one. A file is taken whole or not at all: every fault is found at once,
//! with its line and column, and a key that is not known is one. Reading it runs nothing, asks no store and looks up no
//! program; that is the preflight's, at the start.
//!
//! # Layout
//! - `open` reads with suspicion; `source` knows lines and keeps faults; `keys` is the table of all keys
//! - `table` and `value`: what stands there, and what it can mean
//! - `store`: the address that it says; `schedule` (`timing`, `command`, `payload`, `calendar`), `program`, `worker`, `health`, `log`: one file a section; `crontab`: the
//!   lines of one
//! - `differ`: what a newer file changes; `write`: a schedule as the file would have it, for `import`

mod alone;
mod calendar;
mod command;
pub(crate) mod crontab;
mod differ;
mod health;
mod keys;
mod log;
pub(crate) mod open;
mod payload;
mod program;
mod schedule;
mod source;
mod store;
mod table;
mod timing;
mod value;
mod worker;
pub(crate) mod write;

pub use differ::{Change, Difference};
pub use health::HealthSettings;
pub use log::LogSettings;
pub use program::ProgramSpec;
pub use schedule::{Does, Order, Written};
pub use source::{Fault, Faults};
pub use store::StoreUrl;
pub use worker::SchedulerSettings;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use banto_core::{JobId, Name, NewJob, Refusal, Zone, text::visible};
use banto_engine::{Action, Entry, Registry, Timetable};
use toml::{Spanned, de::DeTable, de::DeValue};

use crate::{
    args::{Enqueue, Work},
    exit::{Exit, Failure},
    mean,
};
use keys::FILE;
use schedule::Common;
use source::Source;
use table::Table;
use value::Value;

/// The most of a file that is read, in bytes.
const FILE_BYTES_MAX: usize = 4 << 20;
/// How much longer than its own time-out and grace a command's job may take, in milliseconds: the command is to end first,
/// because its end says more.
const AFTER_TIMEOUT_MS: u64 = 5_000;

/// What a `banto.toml` says.
#[derive(Debug, Clone)]
pub struct File {
    /// Where it was read from.
    pub path: PathBuf,
    /// Whose schedules these are; `default` where it does not say.
    pub service: Name,
    /// The environment this process runs in: `BANTO_ENV`, else what the file says, else `production`.
    pub environment: Name,
    /// Its schedules, in its order.
    pub schedules: Vec<Written>,
    /// Its programs, in its order.
    pub programs: Vec<ProgramSpec>,
    /// The words of `queue work`, if it has a `[worker]`.
    pub worker: Option<Work>,
    /// How a scheduler works.
    pub scheduler: SchedulerSettings,
    /// Where and when it says how it is.
    pub health: HealthSettings,
    /// Where lines are kept.
    pub log: LogSettings,
    /// The store's address, if it says one; the path of a SQLite file is complete.
    pub store: Option<StoreUrl>,
}

impl File {
    /// Reads the file at `path`, in the environment that `BANTO_ENV` names if it does. Everything that is wrong is in the
    /// failure's text.
    pub fn read(path: impl AsRef<Path>) -> Result<File, Failure> {
        let named = std::env::var_os("BANTO_ENV").map(|name| name.to_string_lossy().into_owned());
        let path = path.as_ref();
        let text = open::text_of(path, FILE_BYTES_MAX).map_err(|why| Failure::new(Exit::Usage, why))?;
        Ok(File::parse(&text, path, named.as_deref().filter(|name| !name.is_empty()))?)
    }

    /// Takes `text` as the file at `path` (to whose folder its paths are relative); `environment` counts before the one
    /// that it names.
    pub fn parse(text: &str, path: &Path, environment: Option<&str>) -> Result<File, Faults> {
        let source = Source::new(text, path);
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            source.fault(at, format!("read it as TOML: {}", visible(error.message(), 300)));
        }
        let file = Reader { source: &source, environment }.file(&table, path);
        match (file, source.faults()) {
            (Some(file), None) => Ok(file),
            (_, Some(faults)) => Err(faults),
            (None, None) => Err(Faults { file: visible(&path.to_string_lossy(), 200), list: Vec::new() }),
        }
    }

    /// Adds its schedules to a timetable. What they enqueue is of the kinds of `registry`, where it knows them.
    pub fn fill(&self, timetable: &mut Timetable, registry: Option<&Registry>) {
        for written in &self.schedules {
            match written.entry(registry.cloned()) {
                Ok(entry) => timetable.add_entry(entry),
                Err(refusal) => {
                    timetable.fault(format!("take the schedule at {}: could not {refusal}", written.source))
                }
            }
        }
    }

    /// A timetable of its schedules, for its service and environment, in the build called `build`.
    pub fn timetable(&self, build: impl Into<String>, registry: Option<&Registry>) -> Timetable {
        let mut timetable = Timetable::new(self.service.clone(), build).environment(self.environment.as_str());
        self.fill(&mut timetable, registry);
        timetable
    }
}

impl Written {
    fn entry(&self, registry: Option<Registry>) -> Result<Entry, Refusal> {
        let (action, timeout_ms) = match &self.does {
            Does::Run(spec) => {
                let timeout_ms = spec.timeout_ms.map(|ms| ms.saturating_add(spec.grace_ms + AFTER_TIMEOUT_MS));
                (Action::Command(Arc::new((**spec).clone())), timeout_ms)
            }
            Does::Enqueue(order) => {
                let (kind, order) = (order.kind.clone(), order.clone());
                // Made once now, so that what cannot be made is found before it is due.
                let tried = order.job(registry.as_ref(), JobId::of_bytes([0; 16]), 0)?;
                if let Some(own) = tried.unique.filter(|_| self.schedule.no_overlap) {
                    let allowed = "its kind gives it this key and no_overlap that of the schedule; drop one of them";
                    return Err(Refusal::new("the key of a schedule's job", own.key.as_str(), allowed));
                }
                let make = move |id, now_ms| order.job(registry.as_ref(), id, now_ms);
                (Action::Enqueue { kind, make: Arc::new(make) }, None)
            }
        };
        let entry = Entry::new(self.schedule.clone(), action, self.source.clone())?;
        let entry = entry.run_as(self.queue.clone(), self.attempts_max, timeout_ms)?;
        let entry = self.when.iter().fold(entry, |entry, file| entry.only_while(file, true));
        Ok(self.skip.iter().fold(entry, |entry, file| entry.only_while(file, false)))
    }
}

impl Order {
    /// The job, as if it had been typed.
    fn job(&self, registry: Option<&Registry>, id: JobId, now_ms: i64) -> Result<NewJob, Refusal> {
        let typed = Enqueue {
            kind: self.kind.to_string(),
            payload: String::new(),
            version: self.version.map(|version| version.to_string()),
            queue: self.queue.as_ref().map(Name::to_string),
            priority: self.priority.map(|priority| priority.to_string()),
            attempts: self.attempts_max.map(|attempts| attempts.to_string()),
            timeout: self.timeout_ms.map(|ms| format!("{ms}ms")),
            tag: self.tags.iter().map(ToString::to_string).collect(),
            delay: None,
            at: None,
            backoff: Vec::new(),
            once: None,
            unique: None,
            unique_for: String::new(),
            count: 1,
            anyway: false,
        };
        let made = mean::enqueue::job(&typed, self.payload.as_str(), registry, id, now_ms);
        made.map_err(|failure| Refusal::new("a job of a schedule", self.kind.as_str(), failure.text))
    }
}

/// What reads the whole of a file.
struct Reader<'a> {
    source: &'a Source<'a>,
    environment: Option<&'a str>,
}

impl<'a> Reader<'a> {
    fn file(self, table: &'a Spanned<DeTable<'a>>, path: &Path) -> Option<File> {
        let table = Table::new(self.source, &FILE, table.get_ref(), 0);
        let service = table.read("service", Value::parsed);
        let environment = self.environment(table);
        let named = table.read("timezone", Value::parsed);
        let zone = named.clone().unwrap_or_else(Zone::utc);
        let mut calendars = calendar::Calendars::new();
        for value in tables(table, "calendar") {
            calendar::add(value, &mut calendars);
        }
        let common = Common { zone: &zone, calendars: &calendars };
        let mut schedules: Vec<Written> =
            tables(table, "schedule").filter_map(|value| schedule::read(value, &common)).collect();
        for value in table.get("crontab").map(Value::items).unwrap_or_default() {
            let lines = crontab::read(value, &zone);
            let names: BTreeSet<_> = schedules.iter().map(|written| written.schedule.name.clone()).collect();
            for line in lines.iter().filter(|line| names.contains(&line.schedule.name)) {
                value.fault(format!(
                    "take the schedule {} of {} too: the name is taken; import the crontab and rename it there",
                    line.schedule.name, line.source
                ));
            }
            schedules.extend(lines);
        }
        let programs: Vec<ProgramSpec> = tables(table, "program").filter_map(program::read).collect();
        self.twice(tables(table, "schedule"));
        self.twice(tables(table, "program"));
        self.unknown(table, &programs);
        Some(File {
            path: path.to_owned(),
            service: service.or_else(|| Name::new("default").ok())?,
            environment: environment?,
            schedules,
            programs,
            worker: table.read("worker", worker::work),
            scheduler: table.read("scheduler", worker::scheduler).unwrap_or_default(),
            health: table.read("health", health::health).unwrap_or_default(),
            log: table.read("log", |value| log::read(value, named.as_ref())).unwrap_or_default(),
            store: table.read("store", store::read),
        })
    }

    fn environment(&self, table: Table<'_>) -> Option<Name> {
        let written = table.read("environment", Value::parsed::<Name>);
        match self.environment.map(Name::new) {
            Some(Ok(name)) => Some(name),
            Some(Err(refusal)) => {
                table.fault(format!("{refusal} (BANTO_ENV)"));
                None
            }
            None => written.or_else(|| Name::new("production").ok()),
        }
    }

    /// Reports names that stand there twice.
    fn twice(&self, values: impl Iterator<Item = Value<'a>>) {
        let mut seen = std::collections::BTreeMap::new();
        for name in values.filter_map(named) {
            let Some(text) = name.inner().as_str() else { continue };
            if let Some(line) = seen.get(text) {
                name.fault(format!(
                    "take \"{}\" twice: it stands in line {line} already; rename one",
                    visible(text, 80)
                ));
            } else {
                seen.insert(text.to_owned(), name.line());
            }
        }
    }

    /// Reports programs that are started after one that is not there.
    fn unknown(&self, table: Table<'a>, programs: &[ProgramSpec]) {
        let known: BTreeSet<&str> =
            tables(table, "program").filter_map(named).filter_map(|name| name.inner().as_str()).collect();
        for program in programs {
            for after in program.after.iter().filter(|after| !known.contains(after.as_str())) {
                table.fault(format!(
                    "start {} after {after} ({}): there is no [[program]] of this name",
                    program.name, program.source
                ));
            }
        }
    }
}

/// The tables of a section that may stand there several times.
fn tables<'a>(table: Table<'a>, key: &'static str) -> impl Iterator<Item = Value<'a>> {
    let value = table.get(key);
    if let Some(value) = value.filter(|value| !matches!(value.inner(), DeValue::Array(_))) {
        value.fault(format!("take {key} as one table: write [[{key}]], with two brackets, for each"));
    }
    value.into_iter().flat_map(|value| match value.inner() {
        DeValue::Array(_) => value.items(),
        _ => Vec::new(),
    })
}

/// The name in a section, where it is a text.
fn named(value: Value<'_>) -> Option<Value<'_>> {
    match value.inner() {
        DeValue::Table(table) => {
            table.get("name").filter(|name| name.get_ref().is_str()).map(|at| Value::new(value.source, "name", at))
        }
        _ => None,
    }
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
