//! `up`, and `schedule work`, which is the same with fewer parts: keeps everything running until it is told to stop.
//!
//! Programs are started first, then the worker, then the scheduler; the end comes the other way round, each part with its
//! grace. The loops live on a thread of their own, apart from the application's handlers. What is wrong is said before
//! anything is started, all at once.

use std::{io::Write, sync::Arc};

use banto_engine::{Registry, preflight, timetable::Current};
use serde_json::json;

use self::{keeper::Keeper, programs::Programs};
use super::{Desk, schedule::run as tick, signals};
use crate::{
    args::{self, Work, schedule::HowToRun, schedule::WorkSchedules, up::Reach, up::Up, work::LogTo},
    exit::{Exit, Failure},
    given::{Given, Written},
    health,
    log::{self, Logs},
    mean::{self, schedule::Part},
    reach,
};

mod keeper;
mod programs;
mod reload;
mod scheduling;
mod serve;
mod slot;
mod wind_down;
mod workers;

/// How everything is kept running.
struct How {
    log: LogTo,
    parts: Vec<Part>,
    typed: HowToRun,
    /// Whether the worker takes only runs of schedules.
    only_runs: bool,
}

/// How it all ended.
struct End {
    exit: Exit,
    reason: String,
    /// Runs go on that heeded nobody: the process must end.
    stuck: bool,
}

/// `up`.
pub(super) async fn run(desk: &mut Desk<'_>, typed: Up) -> Result<Exit, Failure> {
    let given = Given::of(desk.app, &desk.opened, &typed.source).await?;
    let parts = mean::schedule::parts(&typed.only)?;
    let how = HowToRun { allow_empty: typed.how.allow_empty || !parts.contains(&Part::Schedules), ..typed.how };
    let how = How { log: typed.log, parts, typed: how, only_runs: false };
    keep(desk, given, how, &typed.reach, &typed.health).await
}

/// `schedule work`.
pub(super) async fn clock(desk: &mut Desk<'_>, given: Given, typed: WorkSchedules) -> Result<Exit, Failure> {
    let parts = vec![Part::Schedules, Part::Workers];
    let how = How { log: typed.log, parts, typed: typed.how, only_runs: true };
    keep(desk, given, how, &typed.reach, &typed.health).await
}

async fn keep(
    desk: &mut Desk<'_>,
    given: Given,
    how: How,
    reach: &Reach,
    health: &args::up::Health,
) -> Result<Exit, Failure> {
    let folders = reach::folders(reach.run_dir.as_deref(), &desk.opened.url);
    let kinds = desk.known().await.map_err(|failure| match failure.exit {
        Exit::Unready => Failure { exit: Exit::Unfit, ..failure },
        _ => failure,
    })?;
    let written = given.read(kinds.as_ref())?;
    let logs = Logs::meant(desk.app.logs.as_ref(), &written.log, &how.log)?;
    log::begin(desk.clock(), &desk.app.name, &parts_of_log(&how), logs.as_ref())?;
    begins(desk, &given, &written, &how, kinds.as_ref())?;
    let signals = signals::listen(true)?;
    let current = Arc::new(Current::new(Arc::new(written.timetable.clone())));
    let door = health::bind(health.health.as_deref(), &written.health)?;
    let mut keeper = Keeper::new(desk, given, written, how, kinds, current)?;
    // Until the process ends: that it stops is told too.
    let _served = keeper.tells(desk, door)?;
    let (done, ended) = tokio::sync::oneshot::channel();
    let live = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let end = match runtime {
            Ok(runtime) => runtime.block_on(keeper.live(signals, folders)),
            Err(error) => Err(Failure::new(Exit::Machine, format!("start the keeper's runtime: {error}"))),
        };
        let _ = done.send(end);
    };
    let failed = |error| Failure::new(Exit::Machine, format!("start the keeper's thread: {error}"));
    std::thread::Builder::new().name("banto-keeper".into()).spawn(live).map_err(failed)?;
    let silent =
        || Failure::new(Exit::Machine, "hear from the keeper's thread: it ended without a word; this is a bug");
    let end = ended.await.map_err(|_| silent())??;
    told(desk, &end)
}

/// Everything that can be known to be wrong before the first part is started.
fn begins(
    desk: &mut Desk<'_>,
    given: &Given,
    written: &Written,
    how: &How,
    kinds: Option<&Registry>,
) -> Result<(), Failure> {
    let mut faults = Vec::new();
    if how.parts.contains(&Part::Programs) {
        faults.extend(Programs::check(&written.programs, &desk.clock()).err().map(|unfit| unfit.to_string()));
    }
    if let Some(kinds) = kinds.filter(|_| how.parts.contains(&Part::Workers) && !how.only_runs) {
        faults.extend(preflight::kinds_of(&written.timetable, kinds).err().map(|unfit| unfit.to_string()));
    }
    // A container of programs alone has nothing due, and that is no fault.
    let empty = how.typed.allow_empty || (how.parts.contains(&Part::Programs) && !written.programs.is_empty());
    if how.parts.contains(&Part::Schedules)
        && let Err(failure) = tick::begins(given, written, empty)
    {
        if failure.exit != Exit::Unfit {
            return Err(failure);
        }
        faults.push(failure.text);
    }
    if faults.is_empty() { Ok(()) } else { Err(Failure::new(Exit::Unfit, faults.join("; could not "))) }
}

/// The words of `queue work` for the worker of this process.
fn worker_words(written: &Written, how: &How) -> Work {
    let file = written.worker.clone().filter(|_| !how.only_runs).unwrap_or_default();
    let HowToRun { concurrency, grace, name, verbose, .. } = how.typed.clone();
    Work {
        concurrency: concurrency.or(file.concurrency),
        grace: grace.or(file.grace.clone()).or_else(|| Some(mean::schedule::GRACE.into())),
        name: name.or(file.name.clone()),
        verbose: verbose || file.verbose,
        ..file
    }
}

/// Says how it ended, and ends the process itself when a run goes on: the runtime would wait for it for ever.
fn told(desk: &mut Desk<'_>, end: &End) -> Result<Exit, Failure> {
    let (reason, exit) = (end.reason.as_str(), end.exit.code());
    match end.exit {
        Exit::Well => tracing::info!(reason, exit, "stopped"),
        _ => tracing::error!(reason, exit, "stopped"),
    }
    if desk.print.json() {
        desk.print.object(&json!({ "reason": reason, "exit": exit }))?;
    }
    if !end.stuck {
        return Ok(end.exit);
    }
    log::flush();
    let _ = std::io::stdout().flush();
    std::process::exit(exit.into())
}

/// Whose lines this process says, first what it is itself.
fn parts_of_log(how: &How) -> Vec<log::Part> {
    let line = |part: &Part| match part {
        Part::Schedules => log::Part::Scheduler,
        Part::Programs => log::Part::Program,
        Part::Workers => log::Part::Queue,
    };
    let mut parts: Vec<log::Part> = how.parts.iter().map(line).collect();
    // `up` is a worker that has a scheduler beside it; `schedule work` is a scheduler that runs what it fires.
    parts.sort_by_key(|part| !how.only_runs && *part != log::Part::Queue);
    parts
}

/// Whether a worker has anything to do here besides runs of schedules.
fn works_kinds(how: &How, kinds: Option<&Registry>) -> bool {
    !how.only_runs && kinds.is_some_and(|kinds| kinds.entries().next().is_some())
}
