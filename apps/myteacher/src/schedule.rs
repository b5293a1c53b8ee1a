//! The schedule: which chore is due when.
//!
//! As the application's guide meant it, with what its live definition had beside it; README.md says where the two differ and which
//! was taken. A chore runs in a process of its own, so that its exit code, its output and its memory are told apart from
//! everything else; `up` is the scheduler and the worker of these runs.
//!
//! Words that change nothing here, but that people look for: `one_server` (a due instant always fires once, however many schedulers
//! live); "in the background" (a scheduler never waits for a run).

use std::{collections::BTreeMap, ffi::OsString, path::Path, time::Duration};

use banto::{
    Context, Date, Does, JobError, Keep, Name, OutputFile, ScheduleDraft, Scheduled, Span, Spec, Timetable, Weekday,
    schedule,
};
use banto_cli::Address;

pub use crate::tokyo::ZONE as TOKYO;
use crate::{
    app::{App, BUILD},
    args::{Avatars, Typed, Verb},
    chore::Chore,
    error::Error,
    reconcile,
};

/// Whose schedules these are.
pub const SERVICE: &str = "myteacher";
/// Where chores' output is kept.
pub const LOGS: &str = "storage/logs";
/// How long turned files of it stay: 60 days.
const KEPT_MS: u64 = 60 * 86_400_000;
/// The days on which two logins live side by side, both in it, in Tokyo. `MYTEACHER_DUAL_AUTH_FROM` and `_UNTIL` move them.
const DUAL_AUTH: (&str, &str) = ("2025-12-01", "2025-12-14");
/// What of the environment a chore is given, beside what every command gets and what is meant for S3.
const SETTINGS: [&str; 13] = [
    "BANTO_LOG",
    "MYTEACHER_APP_LOG",
    "MYTEACHER_APP_LOG_ZONE",
    "MYTEACHER_DATA",
    "MYTEACHER_EXPORTS",
    "MYTEACHER_FILES",
    "MYTEACHER_FREE_TOKENS",
    "MYTEACHER_KEEP_YEARS",
    "MYTEACHER_OF_AGE",
    "MYTEACHER_PAINTER",
    "MYTEACHER_WRITER",
    "MYTEACHER_YEAR_ENDS",
    "REDIS_URL",
];

/// How chores are run.
#[derive(Clone)]
pub enum How {
    /// Each in a process of its own.
    Process {
        /// This program.
        program: String,
        /// The store's address.
        store: String,
        /// The folder that output is kept in.
        logs: String,
    },
    /// Inside the worker, by its clock: for a test that lets a month pass in a moment.
    Here {
        /// With what.
        app: App,
        /// What each is told besides, by its name.
        flags: BTreeMap<String, Vec<String>>,
    },
}

/// The schedules of this build. An error is a fragment that fits after "could not".
pub fn timetable(how: &How) -> Result<Timetable, String> {
    let service = Name::new(SERVICE).map_err(|refusal| refusal.to_string())?;
    let mut timetable = Timetable::new(service, BUILD);
    let (first, last) = dual_auth_days()?;
    // Without an address there is no Redis to be watched: its due instants are skipped, and the ledger says so.
    let redis = how.has_redis();
    let mut add = |scheduled: Result<Scheduled, String>| match scheduled {
        Ok(scheduled) => timetable.add(scheduled),
        Err(fault) => timetable.fault(fault),
    };

    let monitors = |name: &str| schedule(name).every(5.minutes()).no_overlap().one_server().group("monitors");
    let watched = how.runs(monitors("redis:monitor"), &["redis:monitor"], "redis-monitoring.log");
    add(watched.map(|scheduled| scheduled.skip_when("REDIS_URL names no server", move || !redis)));
    let dual_auth = monitors("auth:monitor-dual-auth").timezone(TOKYO).from(&first).until(&last);
    add(how.runs(dual_auth, &["auth:monitor-dual-auth", "--alert"], "dual-auth-monitoring.log"));

    let batch = schedule("batch:execute-scheduled-tasks").every_minute().no_overlap().one_server();
    add(how.runs(batch, &["batch:execute-scheduled-tasks"], "scheduled-tasks.log"));
    add(how.runs(kept("avatars:reconcile").every(5.minutes()), &["avatars:reconcile"], "avatars-reconcile.log"));

    let daily = |name: &str| kept(name).daily();
    add(how.runs(
        daily("notifications:delete-expired"),
        &["notifications:delete-expired"],
        "notifications-cleanup.log",
    ));
    add(how.runs(daily("cache:clear").at("03:00"), &["cache:clear", "--tag", "dashboard"], "cache-clear.log"));
    let sunday = kept("executions:clean").weekly_on(Weekday::Sunday, "03:00");
    add(how.runs(sunday, &["executions:clean"], "executions-clean.log"));
    let payments = kept("payment:clean-old-histories").monthly_on(1, "01:00");
    add(how.runs(payments, &["payment:clean-old-histories", "--yes"], "payments-clean.log"));

    let in_tokyo = |name: &str| kept(name).timezone(TOKYO);
    let inactive = in_tokyo("batch:delete-inactive-users").daily_at("01:00");
    add(how.runs(inactive, &["batch:delete-inactive-users", "--days", "90"], "delete-inactive-users.log"));
    let subscriptions = in_tokyo("subscription:cleanup-expired").daily_at("03:00");
    add(how.runs(subscriptions, &["subscription:cleanup-expired"], "subscription-cleanup.log"));
    let minors = in_tokyo("legal:delete-unconsented-minors").daily_at("03:00");
    add(how.runs(minors, &["legal:delete-unconsented-minors", "--yes"], "delete-unconsented-minors.log"));
    let first_of_month = |name: &str, time: &str| in_tokyo(name).monthly_on(1, time);
    add(how.runs(first_of_month("tokens:reset-free", "00:00"), &["tokens:reset-free"], "tokens-reset.log"));
    let counters = first_of_month("group:reset-monthly-task-count", "00:00");
    add(how.runs(counters, &["group:reset-monthly-task-count"], "group-task-reset.log"));
    add(how.runs(
        first_of_month("reports:generate-monthly", "02:00"),
        &["reports:generate-monthly"],
        "monthly-reports.log",
    ));
    Ok(timetable)
}

/// A chore that keeps the data in order.
fn kept(name: &str) -> ScheduleDraft {
    schedule(name).no_overlap().one_server().group("upkeep")
}

/// What a chore is given of these variables, by name. S3 is asked with a key, a token, or a role of a container or a machine, and
/// each has names of its own: who deletes a user's pictures proves who he is as the worker does that painted them.
pub fn handed_on(ours: impl Iterator<Item = OsString>) -> Vec<String> {
    let names = ours.filter_map(|name| name.into_string().ok());
    names.filter(|name| SETTINGS.contains(&name.as_str()) || name.starts_with("AWS_")).collect()
}

/// The first and the last day of two logins side by side.
fn dual_auth_days() -> Result<(String, String), String> {
    let day = |variable: &str, otherwise: &str| {
        let set = std::env::var(variable).ok().filter(|text| !text.is_empty());
        let text = set.unwrap_or_else(|| otherwise.to_owned());
        text.parse::<Date>().map(|_| text).map_err(|refusal| format!("read {variable}: could not {refusal}"))
    };
    Ok((day("MYTEACHER_DUAL_AUTH_FROM", DUAL_AUTH.0)?, day("MYTEACHER_DUAL_AUTH_UNTIL", DUAL_AUTH.1)?))
}

impl How {
    /// Whether there is a Redis that chores know of.
    fn has_redis(&self) -> bool {
        match self {
            How::Process { .. } => crate::health::redis_url().is_some(),
            How::Here { flags, .. } => flags.contains_key("redis:monitor"),
        }
    }

    /// Has a chore run when that schedule is due, if there is such a chore: what does not exist is found at start, not once a
    /// month.
    fn runs(&self, draft: ScheduleDraft, chore: &[&str], log: &str) -> Result<Scheduled, String> {
        match self {
            How::Process { program, store, logs } => {
                meant(chore)?;
                let words = [program.as_str()].into_iter().chain(chore.iter().copied());
                // Everybody can read a command; the address of a server may hold a password.
                let is_file = Address::typed(store).map_err(|error| error.to_string())?.file().is_some();
                let mut spec = Spec::argv(words.chain(["--store", store].into_iter().filter(|_| is_file)));
                if !is_file {
                    spec.env.set.insert("BANTO_STORE".into(), store.clone());
                }
                spec.env.pass.extend(handed_on(std::env::vars_os().map(|(name, _)| name)));
                let file = Path::new(logs).join(log);
                spec.file = Some(turning(&file));
                Ok(draft.append_output_to(&file.to_string_lossy()).spec(spec).timeout(Duration::from_secs(3_600)))
            }
            How::Here { app, flags } => {
                let besides = chore.first().and_then(|name| flags.get(*name)).into_iter().flatten().map(String::as_str);
                let meant = meant(&chore.iter().copied().chain(besides).collect::<Vec<_>>())?;
                let app = app.clone();
                Ok(draft.call(move |context| meant.clone().here(app.clone(), context)))
            }
        }
    }
}

/// A chore's output, kept as the program's own lines are: it turns at midnight in Tokyo, and what is old is compressed, then gone.
fn turning(file: &Path) -> OutputFile {
    let zone = Some(TOKYO.to_owned());
    OutputFile { daily: true, compress: true, keep: Keep::Age(KEPT_MS), zone, ..OutputFile::new(file) }
}

/// What is to be done.
#[derive(Clone)]
enum Meant {
    Chore(Box<Chore>),
    Reconcile,
}

/// What those words mean.
fn meant(words: &[&str]) -> Result<Meant, String> {
    let odd = |fault: &str| format!("schedule {}: {fault}", words.join(" "));
    let typed = banto_cli::parse_from::<Typed>(["myteacher"].iter().chain(words));
    // What follows the first line is help for whoever types.
    let typed = typed.map_err(|failure| odd(failure.text.lines().next().unwrap_or_default()))?;
    match typed.verb {
        Verb::Chore(chore) => Ok(Meant::Chore(Box::new(chore))),
        Verb::Avatars(Avatars::Reconcile { dry_run: false, .. }) => Ok(Meant::Reconcile),
        _ => Err(odd("it is no chore")),
    }
}

impl Meant {
    async fn here(self, app: App, context: Context) -> Result<(), JobError> {
        let dead = |error: Error| JobError::dead(error.to_string());
        let Meant::Chore(chore) = self else { return reconcile::reconcile(&app, false).await.map(drop).map_err(dead) };
        let report = chore.carry_out(&app.tables).await.map_err(dead)?;
        report.lines.iter().for_each(|line| context.log(line.as_str()));
        if report.exit == 0 { Ok(()) } else { Err(JobError::dead(format!("it ended with {}", report.exit))) }
    }
}
