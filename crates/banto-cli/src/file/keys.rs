//! Every key of banto.toml, in one table.
//!
//! For whoever reads a section, which refuses what is not listed here, and for the page `docs/banto.toml.md`, which must
//! explain each. A key that is read stands here, and one that stands here is read: tests hold both.

/// A section of the file and the keys it may have.
pub(crate) struct Section {
    /// As it is written.
    pub title: &'static str,
    /// Its keys.
    pub keys: &'static [&'static str],
}

/// What stands before the first section, and the sections.
pub(crate) const FILE: Section = Section {
    title: "banto.toml",
    keys: &[
        "store",
        "service",
        "environment",
        "timezone",
        "crontab",
        "calendar",
        "schedule",
        "program",
        "worker",
        "scheduler",
        "health",
        "log",
    ],
};

pub(crate) const CRONTAB: Section = Section { title: "crontab", keys: &["file", "form"] };

pub(crate) const CALENDAR: Section = Section { title: "[[calendar]]", keys: &["name", "days", "file"] };

pub(crate) const DAY: Section = Section { title: "days", keys: &["date", "name"] };

pub(crate) const SCHEDULE: Section = Section {
    title: "[[schedule]]",
    keys: &[
        "name",
        "every",
        "cron",
        "at",
        "day",
        "month",
        "weekdays",
        "timezone",
        "between",
        "unless_between",
        "from",
        "until",
        "environments",
        "when",
        "skip",
        "days_off",
        "gap",
        "fold",
        "missed",
        "missed_age_max",
        "spread",
        "late",
        "jitter",
        "no_overlap",
        "one_server",
        "even_in_maintenance",
        "group",
        "description",
        "enqueue",
        "queue",
        "attempts",
        "timeout",
        "run",
        "shell",
        "dir",
        "user",
        "nice",
        "env",
        "env_pass",
        "memory_max",
        "grace",
        "stop_signal",
        "success",
        "output",
    ],
};

pub(crate) const WHEN: Section = Section { title: "when", keys: &["file"] };

pub(crate) const DAYS_OFF: Section = Section { title: "days_off", keys: &["calendar", "weekends", "then"] };

pub(crate) const MISSED: Section = Section { title: "missed", keys: &["all"] };

pub(crate) const ENQUEUE: Section = Section {
    title: "enqueue",
    keys: &["kind", "payload", "version", "queue", "priority", "attempts", "timeout", "tags"],
};

pub(crate) const OUTPUT: Section =
    Section { title: "output", keys: &["file", "max_size", "daily", "keep", "compress"] };

pub(crate) const PROGRAM: Section = Section {
    title: "[[program]]",
    keys: &[
        "name",
        "after",
        "start",
        "restart",
        "backoff",
        "healthy",
        "brake",
        "probe",
        "reload_signal",
        "run",
        "shell",
        "dir",
        "user",
        "nice",
        "env",
        "env_pass",
        "memory_max",
        "grace",
        "stop_signal",
        "success",
        "output",
    ],
};

pub(crate) const BACKOFF: Section = Section { title: "backoff", keys: &["first", "longest"] };

pub(crate) const BRAKE: Section = Section { title: "brake", keys: &["starts", "within", "then", "every"] };

pub(crate) const PROBE: Section =
    Section { title: "probe", keys: &["http", "tcp", "command", "every", "timeout", "failures", "start_period"] };

pub(crate) const WORKER: Section = Section {
    title: "[worker]",
    keys: &[
        "queue",
        "concurrency",
        "sleep",
        "rest",
        "tries",
        "timeout",
        "max_jobs",
        "max_time",
        "memory",
        "backoff",
        "verbose",
        "name",
        "grace",
        "keep_done",
        "keep_cancelled",
        "keep_dead",
        "start_anyway",
    ],
};

pub(crate) const SCHEDULER: Section = Section { title: "[scheduler]", keys: &["name", "stand_by", "offset_max"] };

pub(crate) const HEALTH: Section = Section {
    title: "[health]",
    keys: &["listen", "hosts", "tick_max", "stall_max", "unworked_max", "age_max", "parked_max", "died_max"],
};

pub(crate) const LOG: Section = Section { title: "[log]", keys: &["dir", "zone", "size_max", "keep", "compress"] };

/// All of them, for the page that explains them.
#[cfg(test)]
pub(crate) const ALL: [&Section; 18] = [
    &FILE, &CRONTAB, &CALENDAR, &DAY, &SCHEDULE, &WHEN, &DAYS_OFF, &MISSED, &ENQUEUE, &OUTPUT, &PROGRAM, &BACKOFF,
    &BRAKE, &PROBE, &WORKER, &SCHEDULER, &HEALTH, &LOG,
];

/// Words that people bring along from other places, and what to say here.
pub(crate) const ELSEWHERE: [(&str, &str); 27] = [
    ("command", "say run"),
    ("cmd", "say run"),
    ("exec", "say run"),
    ("job", "say enqueue"),
    ("kind", "say enqueue = { kind = … }"),
    ("payload", "say enqueue = { kind = …, payload = … }"),
    ("expression", "say cron"),
    ("schedule", "say cron, every or at"),
    ("on", "say weekdays, day or month"),
    ("days", "say weekdays"),
    ("time", "say at"),
    ("daily_at", "say at"),
    ("hourly", "say every = \"hour\""),
    ("daily", "say every = \"day\""),
    ("weekly", "say every = \"week\""),
    ("monthly", "say every = \"month\""),
    ("quarterly", "say every = \"quarter\""),
    ("yearly", "say every = \"year\""),
    ("tz", "say timezone"),
    ("without_overlapping", "say no_overlap"),
    ("on_one_server", "say one_server, or nothing: it is always so"),
    ("run_in_background", "leave it out: no run waits for another one"),
    ("holidays", "say days_off"),
    ("working_dir", "say dir"),
    ("directory", "say dir"),
    ("depends_on", "say after"),
    ("queues", "say queue"),
];
