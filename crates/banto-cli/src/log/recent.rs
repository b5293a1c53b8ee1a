//! The last lines of each supervised program, for whoever asks: kept as the log gets them.
//!
//! Bounded in lines, bytes and programs. A line has passed the program's own reader: its control bytes are visible already.
//! Nothing is kept where the application has a log of its own, or where `BANTO_LOG` leaves such lines out.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use banto_core::text::cut;
use banto_store::Clock;
use tokio::sync::broadcast::{self, Receiver, error::RecvError};
use tracing::{
    Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

/// What the lines of programs are logged as.
const TARGET: &str = "banto::program";
/// Lines that are kept of one program.
const LINES_MAX: usize = 500;
/// Bytes that are kept of one line.
const LINE_BYTES_MAX: usize = 16 << 10;
/// Programs of which lines are kept.
const PROGRAMS_MAX: usize = 256;
/// Lines that a slow follower may be behind.
const BEHIND_MAX: usize = 1_024;

/// A line of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// When it was heard, in milliseconds since 1970.
    pub at: i64,
    /// Where it was written: stdout or stderr; banto, if the log says something about the lines.
    pub stream: String,
    /// The line.
    pub text: String,
}

/// What a follower hears.
pub(crate) enum Heard {
    Line(Line),
    /// So many were too fast.
    Missed(u64),
}

struct Kept {
    lines: Mutex<BTreeMap<String, VecDeque<Line>>>,
    heard: broadcast::Sender<(Arc<str>, Line)>,
}

static KEPT: LazyLock<Kept> =
    LazyLock::new(|| Kept { lines: Mutex::default(), heard: broadcast::channel(BEHIND_MAX).0 });

/// The last lines of a program, and what follows them: no line is in both, none in neither.
pub(crate) fn of(program: &str) -> (Vec<Line>, Follow) {
    let lines = KEPT.lines.lock().unwrap_or_else(PoisonError::into_inner);
    let follow = Follow(KEPT.heard.subscribe());
    (lines.get(program).map(|lines| lines.iter().cloned().collect()).unwrap_or_default(), follow)
}

/// What is printed from now on.
pub(crate) struct Follow(Receiver<(Arc<str>, Line)>);

impl Follow {
    /// The next line of that program.
    pub async fn next(&mut self, program: &str) -> Heard {
        loop {
            match self.0.recv().await {
                Ok((whose, line)) if *whose == *program => return Heard::Line(line),
                Ok(_) => {}
                Err(RecvError::Lagged(count)) => return Heard::Missed(count),
                Err(RecvError::Closed) => return std::future::pending().await,
            }
        }
    }
}

fn keep(program: String, line: Line) {
    let mut lines = KEPT.lines.lock().unwrap_or_else(PoisonError::into_inner);
    if lines.len() >= PROGRAMS_MAX && !lines.contains_key(&program) {
        return;
    }
    let own = lines.entry(program.clone()).or_default();
    if own.len() >= LINES_MAX {
        own.pop_front();
    }
    own.push_back(line.clone());
    // Under the lock, so that who begins to follow misses none. Nobody has to listen.
    let _ = KEPT.heard.send((program.into(), line));
}

/// The part of the log that keeps them.
pub(crate) struct Keep(pub Arc<dyn Clock>);

impl<S: Subscriber> Layer<S> for Keep {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != TARGET {
            return;
        }
        let mut said = Said::default();
        event.record(&mut said);
        if let Some(program) = said.program {
            let (at, text) = (self.0.wall_ms(), cut(&said.text, LINE_BYTES_MAX));
            keep(program, Line { at, stream: said.stream.unwrap_or_else(|| "banto".into()), text });
        }
    }
}

#[derive(Default)]
struct Said {
    program: Option<String>,
    stream: Option<String>,
    text: String,
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "program" => self.program = Some(value.to_owned()),
            "stream" => self.stream = Some(value.to_owned()),
            "message" => self.text = value.to_owned(),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "program" => self.program = Some(format!("{value:?}")),
            "message" => self.text = format!("{value:?}"),
            _ => {}
        }
    }
}

#[cfg(test)]
#[path = "recent_tests.rs"]
mod tests;
