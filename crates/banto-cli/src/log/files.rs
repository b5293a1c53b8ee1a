//! The files of a log, written on a thread of their own: a disk that is slow, full or gone holds nobody up.
//!
//! Lines wait in memory, bounded; what finds no room there, or cannot be written, is on the standard output all the same, and is
//! counted. That a file cannot be written is said once, it is tried again with each line, and its return is said, with how
//! many lines it misses. A process that ends waits for its lines, not long.

use std::{
    collections::VecDeque,
    fs,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

use banto_process::{Log, OutputFile, Tidy};
use banto_store::Clock;

use super::{
    logs::Logs,
    part::{LOST, Part},
};
use crate::exit::{Exit, Failure};

/// What may wait to be written, in bytes.
const WAITING_BYTES_MAX: usize = 8 << 20;
/// What is written at once, in bytes; a line that is longer is written whole.
const WRITE_BYTES_MAX: u64 = 64 << 10;
/// How long the end of a process waits for its lines.
const END: Duration = Duration::from_secs(2);
/// No midnight comes inside of a minute.
const MINUTE_MS: i64 = 60_000;

const PARTS: [Part; 3] = [Part::Queue, Part::Scheduler, Part::Program];

/// Lines on their way into files.
pub(super) struct Files {
    clock: Arc<dyn Clock>,
    waiting: Mutex<Waiting>,
    /// Something waits.
    more: Condvar,
    /// Nothing waits, and nothing is being written.
    idle: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: VecDeque<Line>,
    bytes: usize,
    /// Lines of each part that found no room.
    lost: [u64; 3],
    busy: bool,
}

struct Line {
    part: Part,
    at: i64,
    text: String,
}

impl Files {
    /// Begins to write. Refused if the folder cannot be made, or a file of one of these parts cannot be written: with the
    /// path, the user and the cure.
    pub fn begin(logs: &Logs, parts: &[Part], clock: Arc<dyn Clock>) -> Result<Arc<Files>, Failure> {
        let unfit = |text: String| Failure::new(Exit::Machine, text);
        let made = fs::create_dir_all(&logs.dir);
        made.map_err(|error| unfit(OutputFile::new(&logs.dir).fault(&error)))?;
        let mut kept = PARTS.map(|part| Kept { file: logs.file(part), log: None, failing: false, lost: 0 });
        for (part, kept) in PARTS.iter().zip(&mut kept).filter(|(part, _)| parts.contains(*part)) {
            let faults = kept.file.faults();
            if !faults.is_empty() {
                return Err(unfit(faults.join("; could not ")));
            }
            let log = Log::open(&kept.file, clock.wall_ms());
            kept.log = Some(log.map_err(|error| unfit(logs.file(*part).fault(&error)))?);
        }
        let (waiting, more, idle) = (Mutex::default(), Condvar::new(), Condvar::new());
        let files = Arc::new(Files { clock, waiting, more, idle });
        let own = files.clone();
        let thread = std::thread::Builder::new().name("banto-log".into());
        let begun = thread.spawn(move || own.write_all(kept));
        begun.map_err(|error| unfit(format!("start the log's thread: {error}")))?;
        Ok(files)
    }

    /// Takes a whole line.
    pub fn push(&self, part: Part, text: String) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.bytes + text.len() > WAITING_BYTES_MAX && !waiting.lines.is_empty() {
            if let Some(lost) = waiting.lost.get_mut(part as usize) {
                *lost += 1;
            }
            return;
        }
        waiting.bytes += text.len();
        waiting.lines.push_back(Line { part, at: self.clock.wall_ms(), text });
        drop(waiting);
        self.more.notify_one();
    }

    /// Waits until every line is written, not long.
    pub fn flush(&self) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let goes_on = |waiting: &mut Waiting| waiting.busy || !waiting.lines.is_empty();
        // Who does not get them written in time leaves them: they were said.
        drop(self.idle.wait_timeout_while(waiting, END, goes_on));
    }

    fn write_all(&self, mut kept: [Kept; 3]) {
        loop {
            let (lines, lost) = self.take();
            for ((part, kept), lost) in PARTS.into_iter().zip(&mut kept).zip(lost) {
                kept.lost += lost;
                let own: Vec<&Line> = lines.iter().filter(|line| line.part == part).collect();
                kept.write(&own);
            }
        }
    }

    /// Everything that waits; whoever asks again has written what it was given.
    fn take(&self) -> (VecDeque<Line>, [u64; 3]) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.busy = false;
        if waiting.lines.is_empty() {
            self.idle.notify_all();
        }
        let empty = |waiting: &mut Waiting| waiting.lines.is_empty();
        let mut waiting = self.more.wait_while(waiting, empty).unwrap_or_else(PoisonError::into_inner);
        (waiting.busy, waiting.bytes) = (true, 0);
        (std::mem::take(&mut waiting.lines), std::mem::take(&mut waiting.lost))
    }
}

/// The file of a part, and how it stands.
struct Kept {
    file: OutputFile,
    log: Option<Log>,
    failing: bool,
    lost: u64,
}

impl Kept {
    /// Writes lines in pieces of one day that fit into a file.
    fn write(&mut self, mut lines: &[&Line]) {
        let most = self.file.bytes_max.unwrap_or(u64::MAX).min(WRITE_BYTES_MAX);
        while let Some(first) = lines.first() {
            let (mut text, mut count) = (String::new(), 0);
            for line in lines {
                let fits = text.is_empty() || (text.len() + line.text.len()) as u64 <= most;
                if !fits || line.at.div_euclid(MINUTE_MS) != first.at.div_euclid(MINUTE_MS) {
                    break;
                }
                text.push_str(&line.text);
                count += 1;
            }
            self.append(&text, count as u64, first.at);
            lines = lines.get(count..).unwrap_or_default();
        }
    }

    fn append(&mut self, text: &str, count: u64, at: i64) {
        let file = self.file.path.with_extension("");
        let file = banto_core::text::visible(&file.to_string_lossy(), 200);
        match self.written(text, at) {
            Ok(()) => {
                if self.failing || self.lost > 0 {
                    let lost = std::mem::take(&mut self.lost);
                    tracing::warn!(file, lost, "lines are written to their file again; it misses those that are lost");
                }
                self.failing = false;
                self.tidy(at);
            }
            Err(error) => {
                self.lost += count;
                if !self.failing {
                    let fault = self.file.fault(&error);
                    tracing::error!(target: LOST, file, "could not {fault}; lines go on here, and it is tried again");
                }
                self.failing = true;
            }
        }
    }

    fn written(&mut self, text: &str, at: i64) -> std::io::Result<()> {
        if self.log.is_none() {
            self.log = Some(Log::open(&self.file, at)?);
        }
        self.log.as_mut().map_or(Ok(()), |log| log.write(text, at))
    }

    /// Has old files compressed and removed, on a thread that may take its time.
    fn tidy(&mut self, at: i64) {
        let Some(tidy) = self.log.as_mut().and_then(|log| log.tidy(at)) else { return };
        let tell = |done: std::io::Result<()>| {
            if let Err(error) = done {
                tracing::warn!(%error, "old log files could not all be compressed or removed; it is tried again tomorrow");
            }
        };
        let begun = std::thread::Builder::new().name("banto-tidy".into()).spawn(move || tell(Tidy::run(tidy)));
        if let Err(error) = begun {
            tracing::warn!(%error, "old log files are not tidied: no thread could be started");
        }
    }
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
