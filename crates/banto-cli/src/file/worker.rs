//! `[worker]` and `[scheduler]` of a file: the words of `queue work`, and how a scheduler stands by.

use banto_core::Name;
use banto_engine::Registry;

use super::{
    keys::{SCHEDULER, WORKER},
    table::Table,
    value::Value,
};
use crate::{args::Work, mean};

/// How a scheduler works, as far as the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchedulerSettings {
    /// What people call it.
    pub name: Option<Name>,
    /// How long one that does not lead waits after a due instant before it looks, in milliseconds.
    pub stand_by_ms: Option<u64>,
    /// How far this machine's clock may be off the store's, in milliseconds.
    pub offset_ms_max: Option<u64>,
}

/// The worker that `value` describes, as it would have been typed.
pub(crate) fn work(value: Value<'_>) -> Option<Work> {
    let table = value.table(&WORKER)?;
    let texts = |key| table.each(key, |value| value.text().map(str::to_owned));
    let span = |key| table.read(key, |value| value.span().map(|_| value.as_typed()));
    let some_span = |key| table.read(key, |value| value.some_span().map(|_| value.as_typed()));
    let flag = |key| table.read(key, Value::flag).unwrap_or(false);
    let whole = |key, most| table.read(key, |value| value.whole(1u64..=most));
    let work = Work {
        queue: texts("queue"),
        concurrency: whole("concurrency", 10_000).and_then(|slots| usize::try_from(slots).ok()),
        sleep: some_span("sleep"),
        rest: span("rest"),
        tries: whole("tries", u64::from(banto_core::limits::ATTEMPTS_MAX)).map(|tries| tries.to_string()),
        timeout: some_span("timeout"),
        max_jobs: whole("max_jobs", u64::from(u32::MAX)),
        max_time: some_span("max_time"),
        memory: whole("memory", u64::from(u32::MAX)),
        backoff: table.each("backoff", |value| value.span().map(|_| value.as_typed())),
        verbose: flag("verbose"),
        name: table.read("name", Value::parsed::<Name>).map(|name| name.to_string()),
        grace: span("grace"),
        keep_done: span("keep_done"),
        keep_cancelled: span("keep_cancelled"),
        keep_dead: span("keep_dead"),
        start_anyway: flag("start_anyway"),
        ..Work::default()
    };
    // What a worker's flags mean is said in one place; it is asked here so that its faults have theirs.
    if let Err(failure) = mean::work::config(&work, &Registry::default(), "worker") {
        let at = ["queue", "backoff"].into_iter().find(|key| failure.text.contains(&format!("--{key}")));
        match at.and_then(|key| table.get(key)) {
            Some(value) => value.fault(failure.text.replace("--", "")),
            None => table.fault(failure.text.replace("--", "")),
        }
    }
    Some(work)
}

/// The scheduler that `value` describes.
pub(crate) fn scheduler(value: Value<'_>) -> Option<SchedulerSettings> {
    let table: Table<'_> = value.table(&SCHEDULER)?;
    Some(SchedulerSettings {
        name: table.read("name", Value::parsed),
        stand_by_ms: table.read("stand_by", Value::some_span),
        offset_ms_max: table.read("offset_max", Value::some_span),
    })
}
