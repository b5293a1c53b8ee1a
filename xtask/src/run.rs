//! Runs one program to its end: shows what it prints, watches the time, and ends all of it when it must stop.
//!
//! For the steps of `cargo xtask test`. The program gets a process group of its own and no standard input; the whole
//! group is ended after its time, on a signal to xtask, and when its leader is gone. It never leaves a process behind
//! that stayed in the group it was born in.

use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::house::{House, told_by_cargo};

/// How often a silent program is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// From TERM to KILL. Longer than nextest's own 10 s for the tests it must end.
const GRACE: Duration = Duration::from_secs(15);
/// How long the output of a program that has ended may stay open, held by one that left the group.
const DRAIN: Duration = Duration::from_secs(2);

/// A program to run.
#[derive(Debug)]
pub struct Run {
    command: Command,
    shown: String,
    limit: Duration,
    quiet: bool,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With this code.
    Exit(i32),
    /// By a signal that did not come from here.
    Signal(i32),
    /// Ended from here, since it ran longer than this.
    OverTime(Duration),
    /// Ended from here, since xtask was told to stop.
    Stopped,
    /// It could not be started or waited for.
    Lost(String),
}

/// Where a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// All that can happen while a program runs.
enum Event {
    Line(Stream, Vec<u8>),
    Closed,
    Exited(io::Result<ExitStatus>),
}

impl Run {
    /// A program with its arguments, to be run in the root of the project.
    pub fn new<A: AsRef<OsStr>>(house: &House, program: &str, arguments: impl IntoIterator<Item = A>) -> Self {
        let arguments: Vec<OsString> = arguments.into_iter().map(|one| one.as_ref().to_owned()).collect();
        let mut command = Command::new(program);
        command.args(&arguments).current_dir(&house.root);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        for name in told_by_cargo() {
            command.env_remove(name);
        }
        if house.ci {
            // A machine builds once, from nothing: what would make a second build quicker only costs time and disk.
            command.env("CARGO_INCREMENTAL", "0");
        }
        let name = program.rsplit('/').next().unwrap_or(program).to_owned();
        let words = std::iter::once(name).chain(arguments.iter().map(|one| one.to_string_lossy().into_owned()));
        Self { command, shown: words.collect::<Vec<_>>().join(" "), limit: Duration::from_secs(60), quiet: false }
    }

    /// One variable of its environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// How long it may run; a minute unless said.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Do not show what it prints.
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// Runs it to its end, and gives `watch` every line it prints.
    pub fn go(mut self, house: &House, mut watch: impl FnMut(Stream, &str)) -> End {
        if house.stopping() {
            return End::Stopped;
        }
        if !self.quiet {
            eprintln!("$ {}", self.shown);
        }
        let child = match self.command.spawn() {
            Ok(child) => child,
            Err(error) => return End::Lost(format!("could not start \"{}\": {error}", self.shown)),
        };
        let mut course = Course::begin(child, self.limit);
        while let Some(event) = course.next(house) {
            if let Event::Line(stream, bytes) = event {
                if !self.quiet {
                    show(stream, &bytes);
                }
                watch(stream, String::from_utf8_lossy(&bytes).trim_end());
            }
        }
        course.end()
    }
}

/// A running program and what is known of it.
struct Course {
    group: Option<Pid>,
    events: Receiver<Event>,
    open: usize,
    limit: Duration,
    over_at: Instant,
    exited: Option<io::Result<ExitStatus>>,
    drained_at: Option<Instant>,
    why: Option<End>,
    kill_at: Option<Instant>,
}

impl Course {
    fn begin(mut child: Child, limit: Duration) -> Self {
        let (sender, events) = channel();
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let mut open = 0;
        if let Some(out) = child.stdout.take() {
            open += read(Stream::Out, out, sender.clone());
        }
        if let Some(err) = child.stderr.take() {
            open += read(Stream::Err, err, sender.clone());
        }
        thread::spawn(move || sender.send(Event::Exited(child.wait())));
        let over_at = Instant::now() + limit;
        Self { group, events, open, limit, over_at, exited: None, drained_at: None, why: None, kill_at: None }
    }

    /// The next thing that happened, or none when all is over.
    fn next(&mut self, house: &House) -> Option<Event> {
        loop {
            let now = Instant::now();
            if self.exited.is_some() && (self.open == 0 || self.drained_at.is_some_and(|at| now >= at)) {
                return None;
            }
            self.end_if_due(house, now);
            match self.events.recv_timeout(LOOK) {
                Ok(Event::Exited(status)) => {
                    self.exited = Some(status);
                    self.drained_at = Some(Instant::now() + DRAIN);
                    self.send(Signal::KILL);
                }
                Ok(Event::Closed) => self.open -= 1,
                Ok(event) => return Some(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// TERM when the time is over or xtask must stop, KILL when that did not help.
    fn end_if_due(&mut self, house: &House, now: Instant) {
        if self.why.is_none() && self.exited.is_none() {
            if house.stopping() {
                self.why = Some(End::Stopped);
            } else if now >= self.over_at {
                self.why = Some(End::OverTime(self.limit));
            }
            if self.why.is_some() {
                self.kill_at = Some(now + GRACE);
                self.send(Signal::TERM);
            }
        }
        if self.kill_at.is_some_and(|at| now >= at) {
            self.kill_at = None;
            self.send(Signal::KILL);
        }
    }

    /// To the whole group. The one error left, that nobody is in it any more, is what is wanted.
    fn send(&self, signal: Signal) {
        if let Some(group) = self.group {
            kill_process_group(group, signal).ok();
        }
    }

    fn end(self) -> End {
        match (self.why, self.exited) {
            (Some(why), _) => why,
            (None, Some(Ok(status))) => match (status.code(), status.signal()) {
                (Some(code), _) => End::Exit(code),
                (None, signal) => End::Signal(signal.unwrap_or(0)),
            },
            (None, Some(Err(error))) => End::Lost(format!("could not wait for it: {error}")),
            (None, None) => End::Lost("could not wait for it".into()),
        }
    }
}

/// Reads lines until the stream ends, in a thread of its own.
fn read(stream: Stream, from: impl Read + Send + 'static, to: Sender<Event>) -> usize {
    thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            if to.send(Event::Line(stream, std::mem::take(&mut line))).is_err() {
                return;
            }
        }
        to.send(Event::Closed).ok();
    });
    1
}

/// A terminal or pipe that is gone takes nothing any more; the program's end still counts.
fn show(stream: Stream, bytes: &[u8]) {
    match stream {
        Stream::Out => io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()).ok(),
        Stream::Err => io::stderr().write_all(bytes).ok(),
    };
}

#[cfg(test)]
mod tests;
