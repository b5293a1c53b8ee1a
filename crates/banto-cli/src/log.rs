//! A worker's lines: coloured for people on a terminal, one JSON object a line for machines elsewhere.
//!
//! On the standard error, so that a container's log has all of it. Foreign text is shown with its control bytes visible
//! and on one line. An application that has set a subscriber of its own keeps it. `BANTO_LOG` chooses what is said
//! (`info` unless set; `banto_engine=debug`, `warn`, …).

use std::{
    fmt,
    io::{self, IsTerminal},
    sync::Arc,
};

use banto_core::text::hides;
use banto_engine::Event;
use banto_store::Clock;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter,
    fmt::{format::Writer, time::FormatTime},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use crate::{mean::clock_time, print::one_line};

pub(crate) mod recent;

/// Longest line, in bytes; what is over is cut.
const LINE_BYTES_MAX: usize = 16 << 10;

// Neither of the two tells of a line that could not be written: it would do so on the standard error, and panic when that
// is what cannot be written to.

/// Begins to log on the standard error, unless the application does already. `banto`'s own commands that live long do so by
/// themselves; this is for an application's, with the clock of its times and its name.
pub fn begin(clock: Arc<dyn Clock>, app: &str) {
    let asked = std::env::var_os("BANTO_LOG").filter(|text| !text.is_empty());
    let chosen = asked.as_ref().map(|text| text.to_str().and_then(filter).ok_or(text));
    let odd = chosen.as_ref().and_then(|chosen| chosen.as_ref().err().map(|text| text.to_string_lossy().into_owned()));
    let filter = chosen.and_then(Result::ok).unwrap_or_else(|| EnvFilter::new("info"));
    let keep = recent::Keep(clock.clone());
    let begun = match io::stderr().is_terminal() {
        true => for_people(clock, filter, io::stderr).with(keep).try_init(),
        false => for_machines(clock, filter, io::stderr).with(keep).try_init(),
    };
    if begun.is_err() {
        return tracing::debug!(app, "the application's own log is used");
    }
    if let Some(odd) = odd {
        let allowed =
            "a level (error, warn, info, debug, trace, off), or parts like banto_engine=debug, parted by commas";
        tracing::warn!(BANTO_LOG = odd, allowed, "BANTO_LOG means nothing; what is said is as with info");
    }
}

/// What was asked for. A word alone is a level: as the name of a part it would silence all others.
fn filter(text: &str) -> Option<EnvFilter> {
    let levels = ["error", "warn", "info", "debug", "trace", "off"];
    let known = |part: &str| part.contains('=') || levels.contains(&part.trim().to_lowercase().as_str());
    text.split(',').all(known).then(|| EnvFilter::try_new(text).ok()).flatten()
}

fn for_people<W: io::Write>(
    clock: Arc<dyn Clock>,
    filter: EnvFilter,
    to: impl Fn() -> W + Send + Sync + 'static,
) -> impl Subscriber + for<'a> LookupSpan<'a> + Send + Sync {
    let (to, time) = (move || Visible(to()), Time { clock, exact: false });
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_timer(time)
        .with_target(false)
        .with_ansi(false)
        .log_internal_errors(false)
        .with_writer(to)
        .finish()
}

fn for_machines<W: io::Write>(
    clock: Arc<dyn Clock>,
    filter: EnvFilter,
    to: impl Fn() -> W + Send + Sync + 'static,
) -> impl Subscriber + for<'a> LookupSpan<'a> + Send + Sync {
    let (to, time) = (move || OneLine(to()), Time { clock, exact: true });
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_timer(time).with_target(false);
    let lines = lines.log_internal_errors(false);
    lines.json().flatten_event(true).with_current_span(false).with_span_list(false).with_writer(to).finish()
}

/// Says when each job begins and ends. What did not end well is said by the engine.
pub(crate) async fn lines(mut events: Receiver<Event>) {
    loop {
        match events.recv().await {
            Ok(Event::Started { job, kind, queue, attempt }) => {
                tracing::info!(%job, %kind, %queue, attempt, "running");
            }
            Ok(Event::Ended { job, kind, outcome: outcome @ "done", ran_ms, attempt, .. }) => {
                tracing::info!(%job, %kind, attempt, ran_ms, outcome, "ended");
            }
            Ok(_) => {}
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "jobs began and ended faster than they can be told")
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// The time of a line, by the house's clock: to the second for people, to the millisecond (RFC 3339) for machines.
struct Time {
    clock: Arc<dyn Clock>,
    exact: bool,
}

impl FormatTime for Time {
    fn format_time(&self, to: &mut Writer<'_>) -> fmt::Result {
        let now = self.clock.wall_ms();
        match jiff::Timestamp::from_millisecond(now) {
            Ok(at) if self.exact => write!(to, "{at:.3}"),
            _ => to.write_str(&clock_time(now)),
        }
    }
}

/// A terminal that is shown no control byte.
struct Visible<W>(W);

impl<W: io::Write> io::Write for Visible<W> {
    /// Gets whole lines: the formatter writes each in one piece.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let mut shown = String::with_capacity(text.len());
        for c in text.trim_end_matches('\n').chars() {
            if shown.len() > LINE_BYTES_MAX {
                shown.push('…');
                break;
            }
            match hides(c) {
                true => shown.extend(c.escape_unicode()),
                false => shown.push(c),
            }
        }
        shown.push('\n');
        self.0.write_all(shown.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A log for machines that a person may look at all the same: the JSON is the same, and nothing in it hides.
struct OneLine<W>(W);

impl<W: io::Write> io::Write for OneLine<W> {
    /// Gets whole lines, too.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = one_line(String::from_utf8_lossy(bytes).trim_end_matches('\n'));
        self.0.write_all(format!("{line}\n").as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests;
