//! What a worker, a scheduler and programs say: a line for people on a terminal, one JSON object a line elsewhere.
//!
//! On the standard output, so that a container's log has all of it, and in files, if some are wanted. Foreign text is shown
//! with its control bytes visible and on one line, and secrets are blacked out. An application that has set a subscriber of
//! its own keeps it, and then there are no files. `BANTO_LOG` chooses what is said (`info` unless set; `banto_engine=debug`,
//! `warn`, …).
//!
//! # Layout
//! - `part`: whose line it is; `line`: how one goes out; `logs` (settings) and `files`: where it is kept
//! - `jobs`: when each begins and ends; `recent`: the last lines of programs, for whoever asks

use std::{
    io::{self, IsTerminal},
    sync::{Arc, OnceLock},
};

use banto_core::Secrets;
use banto_store::{About, Clock};
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter,
    fmt::{
        self,
        format::{DefaultFields, Format, Full, Json, JsonFields},
    },
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use crate::exit::Failure;
use files::Files;
use line::{Machines, People, Time};

mod files;
mod jobs;
mod line;
pub(crate) mod logs;
pub(crate) mod part;
pub(crate) mod recent;

pub(crate) use jobs::Jobs;
pub use logs::Logs;
pub(crate) use part::Part;

/// The files of this process's log.
static FILES: OnceLock<Arc<Files>> = OnceLock::new();

// Nobody here tells of a line that could not be written: it would do so on the standard error, and panic when that is what
// cannot be written to.

/// Begins to log on the standard output, and in files of `logs`, unless the application has a log of its own. `parts` are
/// what this process has, first what it is itself. Refused if the files cannot be written.
pub(crate) fn begin(clock: Arc<dyn Clock>, app: &str, parts: &[Part], logs: Option<&Logs>) -> Result<(), Failure> {
    let files = logs.map(|logs| Files::begin(logs, parts, clock.clone())).transpose()?;
    let own = parts.first().copied().unwrap_or(Part::Queue);
    if install(clock, app, io::stdout, io::stdout().is_terminal(), files.clone(), own)
        && let Some(files) = files
    {
        // A process logs once, so nobody was here before.
        let _ = FILES.set(files);
    }
    Ok(())
}

/// Begins to log on the standard error, beside an answer, unless the application does already. `banto`'s own commands do so by
/// themselves; this is for an application's, with the clock of its times and its name.
pub fn begin_beside(clock: Arc<dyn Clock>, app: &str) {
    install(clock, app, io::stderr, io::stderr().is_terminal(), None, Part::Scheduler);
}

/// Says which store is worked on, what its `Ok` is worth, and what it has to say.
pub(crate) fn store(about: &About) {
    tracing::info!(store = about.store, place = about.place, durability = about.durability, "the store is open");
    for notice in &about.notices {
        tracing::warn!(notice, "the store has something to say");
    }
}

/// Waits until what was said is written, not long: for the end of a process.
pub(crate) fn flush() {
    if let Some(files) = FILES.get() {
        files.flush();
    }
}

/// Answers whether it is our log that is used.
fn install<F, W>(clock: Arc<dyn Clock>, app: &str, to: F, people: bool, files: Option<Arc<Files>>, own: Part) -> bool
where
    F: Fn() -> W + Clone + Send + Sync + 'static,
    W: io::Write + 'static,
{
    let asked = std::env::var_os("BANTO_LOG").filter(|text| !text.is_empty());
    let chosen = asked.as_ref().map(|text| text.to_str().and_then(filter).ok_or(text));
    let odd = chosen.as_ref().and_then(|chosen| chosen.as_ref().err().map(|text| text.to_string_lossy().into_owned()));
    let filter = chosen.and_then(Result::ok).unwrap_or_else(|| EnvFilter::new("info"));
    let secrets = Arc::new(secrets());
    let shown = people.then(|| for_people(clock.clone(), People { to: to.clone(), secrets: secrets.clone() }));
    let to = Some(to).filter(|_| !people);
    let kept =
        (to.is_some() || files.is_some()).then(|| for_machines(clock.clone(), Machines { to, secrets, files, own }));
    let lines = tracing_subscriber::registry().with(filter).with(recent::Keep(clock)).with(shown).with(kept);
    if lines.try_init().is_err() {
        tracing::debug!(app, "the application's own log is used");
        return false;
    }
    if let Some(odd) = odd {
        let allowed =
            "a level (error, warn, info, debug, trace, off), or parts like banto_engine=debug, parted by commas";
        tracing::warn!(BANTO_LOG = odd, allowed, "BANTO_LOG means nothing; what is said is as with info");
    }
    true
}

/// What this process knows and must not say.
fn secrets() -> Secrets {
    Secrets::of(
        std::env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())),
    )
}

/// What was asked for. A word alone is a level: as the name of a part it would silence all others.
fn filter(text: &str) -> Option<EnvFilter> {
    let levels = ["error", "warn", "info", "debug", "trace", "off"];
    let known = |part: &str| part.contains('=') || levels.contains(&part.trim().to_lowercase().as_str());
    text.split(',').all(known).then(|| EnvFilter::try_new(text).ok()).flatten()
}

/// The part of the log that writes lines.
type Lines<S, N, F, W> = fmt::Layer<S, N, Format<F, Time>, W>;

fn for_people<S, F, W>(clock: Arc<dyn Clock>, to: People<F>) -> Lines<S, DefaultFields, Full, People<F>>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    F: Fn() -> W + Send + Sync + 'static,
    W: io::Write + 'static,
{
    let lines = fmt::layer().with_timer(Time { clock, exact: false });
    lines.with_target(false).with_ansi(false).log_internal_errors(false).with_writer(to)
}

fn for_machines<S, F, W>(clock: Arc<dyn Clock>, to: Machines<F>) -> Lines<S, JsonFields, Json, Machines<F>>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    F: Fn() -> W + Send + Sync + 'static,
    W: io::Write + 'static,
{
    let lines = fmt::layer().json().with_timer(Time { clock, exact: true }).with_target(false);
    let lines = lines.log_internal_errors(false).flatten_event(true);
    lines.with_current_span(false).with_span_list(false).with_writer(to)
}

#[cfg(test)]
mod tests;
