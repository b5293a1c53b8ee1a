//! What a program says: line by line to whoever listens, to a file, and its end into the report.
//!
//! For the run. A flood costs the memory of one chunk and one line a stream. A listener that is slow never holds the
//! program up: lines are dropped then, and the next one that is heard says how many. A file is waited for, as a shell
//! would, but on another thread; one that cannot be written is said once, and what it missed is counted. Secrets are
//! blacked out here, once for all who see a line.

use std::{
    borrow::Cow,
    io,
    os::fd::OwnedFd,
    sync::{Arc, Mutex, PoisonError},
};

use banto_core::Secrets;
use tokio::{io::AsyncReadExt, net::unix::pipe, sync::mpsc, task::spawn_blocking};

use crate::{
    Clocks, Spec,
    file::{Log, Tidy},
    line::Cutter,
    tail::Tail,
};

/// How much is read at once, in bytes.
const CHUNK_BYTES: usize = 64 << 10;

/// A line of a program's output, already harmless to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it was written.
    pub stream: Stream,
    /// The line: control bytes and what is no text made visible, cut if it was too long.
    pub text: String,
    /// How many lines right before this one were dropped because the listener was slow.
    pub dropped: u64,
}

/// One of the two streams of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stream {
    /// Its standard output.
    Out,
    /// Its standard error.
    Err,
}

impl Stream {
    /// `stdout` or `stderr`.
    pub fn word(self) -> &'static str {
        match self {
            Stream::Out => "stdout",
            Stream::Err => "stderr",
        }
    }
}

/// Who listens to a program's lines.
#[derive(Debug, Clone, Default)]
pub struct Sink(Option<mpsc::Sender<Line>>);

impl Sink {
    /// Nobody.
    pub fn none() -> Sink {
        Sink(None)
    }

    /// The other end of `lines`; its capacity is how many lines may wait before others are dropped.
    pub fn to(lines: mpsc::Sender<Line>) -> Sink {
        Sink(Some(lines))
    }
}

/// How much was said on a stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Lines.
    pub lines: u64,
    /// Bytes, as they came.
    pub bytes: u64,
}

/// What is known of the output at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// On standard output.
    pub out: Count,
    /// On standard error.
    pub err: Count,
    /// Lines that were too long.
    pub cut: u64,
    /// Lines that the listener was too slow for.
    pub dropped: u64,
    /// Why the file misses lines, if it does: the first error, and how many bytes were not written.
    pub file_fault: Option<String>,
}

/// Both streams of a run.
pub(crate) struct Output {
    out: Pipe,
    err: Pipe,
    rest: Rest,
}

struct Pipe {
    pipe: Option<pipe::Receiver>,
    chunk: Vec<u8>,
    cutter: Cutter,
    stream: Stream,
}

/// Where lines go.
struct Rest {
    sink: Sink,
    tail: Tail,
    said: Said,
    waiting: u64,
    log: Option<Arc<Mutex<Log>>>,
    missed: u64,
    clocks: Clocks,
    secrets: Secrets,
}

impl Output {
    pub fn new(
        out: OwnedFd,
        err: OwnedFd,
        spec: &Spec,
        sink: Sink,
        log: Option<Log>,
        clocks: Clocks,
    ) -> io::Result<Self> {
        let pipe = |fd, stream| {
            io::Result::Ok(Pipe {
                pipe: Some(pipe::Receiver::from_owned_fd(fd)?),
                chunk: vec![0; CHUNK_BYTES],
                cutter: Cutter::new(spec.line_bytes_max),
                stream,
            })
        };
        let rest = Rest {
            sink,
            tail: Tail::new(spec.tail_bytes_max),
            said: Said::default(),
            waiting: 0,
            log: log.map(|log| Arc::new(Mutex::new(log))),
            missed: 0,
            clocks,
            secrets: spec.env.secrets(std::env::vars_os()),
        };
        Ok(Output { out: pipe(out, Stream::Out)?, err: pipe(err, Stream::Err)?, rest })
    }

    /// Reads both streams to their ends, however long that takes. Nothing that was read is lost when it is dropped.
    pub async fn read(&mut self) {
        while self.out.pipe.is_some() || self.err.pipe.is_some() {
            let batch = tokio::select! {
                got = self.out.fill(), if self.out.pipe.is_some() => self.rest.take(&mut self.out, got),
                got = self.err.fill(), if self.err.pipe.is_some() => self.rest.take(&mut self.err, got),
            };
            self.rest.write(batch).await;
        }
    }

    /// What was said, and the tail. Lines that were begun are ended.
    pub async fn finish(mut self) -> (Said, String) {
        for pipe in [&mut self.out, &mut self.err] {
            let batch = self.rest.end(pipe);
            self.rest.write(batch).await;
        }
        let mut said = self.rest.said;
        if self.rest.missed > 0 {
            let fault = said.file_fault.unwrap_or_default();
            said.file_fault = Some(format!("{fault} ({} bytes are missing)", self.rest.missed));
        }
        (said, self.rest.tail.text())
    }
}

impl Pipe {
    /// The next chunk's length; nought at the end.
    async fn fill(&mut self) -> usize {
        let Some(pipe) = &mut self.pipe else { return 0 };
        // A pipe that cannot be read has nothing more to say.
        pipe.read(&mut self.chunk).await.unwrap_or(0)
    }
}

impl Rest {
    /// Deals with a chunk; answers what belongs into the file.
    fn take(&mut self, pipe: &mut Pipe, got: usize) -> String {
        if got == 0 {
            pipe.pipe = None;
            return self.end(pipe);
        }
        let mut batch = String::new();
        let chunk = pipe.chunk.get(..got).unwrap_or_default();
        self.count(pipe.stream).bytes += got as u64;
        pipe.cutter.feed(chunk, |text, cut| self.line(pipe.stream, text, cut, &mut batch));
        batch
    }

    fn end(&mut self, pipe: &mut Pipe) -> String {
        let mut batch = String::new();
        pipe.cutter.finish(|text, cut| self.line(pipe.stream, text, cut, &mut batch));
        batch
    }

    fn count(&mut self, stream: Stream) -> &mut Count {
        match stream {
            Stream::Out => &mut self.said.out,
            Stream::Err => &mut self.said.err,
        }
    }

    fn line(&mut self, stream: Stream, text: String, cut: bool, batch: &mut String) {
        self.count(stream).lines += 1;
        self.said.cut += u64::from(cut);
        let text = match self.secrets.redact(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(shown) => shown,
        };
        self.tail.push(&text);
        if self.log.is_some() {
            batch.push_str(&text);
            batch.push('\n');
        }
        let Some(sink) = &self.sink.0 else { return };
        match sink.try_send(Line { stream, text, dropped: self.waiting }) {
            Ok(()) => self.waiting = 0,
            Err(_) => {
                self.waiting += 1;
                self.said.dropped += 1;
            }
        }
    }

    /// Writes to the file on another thread: a disk may be slow or gone.
    async fn write(&mut self, batch: String) {
        let Some(log) = self.log.clone().filter(|_| !batch.is_empty()) else { return };
        let (bytes, wall_ms) = (batch.len() as u64, self.clocks.wall_ms());
        let write = move || {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.write(&batch, wall_ms)?;
            if let Some(Err(error)) = log.tidy(wall_ms).map(Tidy::run) {
                tracing::warn!(%error, "old output files of a program could not be tidied");
            }
            Ok(())
        };
        let done = spawn_blocking(write).await.unwrap_or_else(|error| Err(io::Error::other(error)));
        let Err(error) = done else { return };
        self.missed += bytes;
        if self.said.file_fault.is_none() {
            tracing::error!(%error, "the output of a program could not be written to its file");
            self.said.file_fault = Some(error.to_string());
        }
    }
}
