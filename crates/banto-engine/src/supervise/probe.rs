//! Whether a program is healthy: a command that succeeds, a port that answers, a page that is there.
//!
//! For programs that live and do not work. Only loopback is asked, by its address: no name is looked up, no proxy, no
//! redirect is followed.

use std::{net::SocketAddr, time::Duration};

use banto_core::text::visible;
use banto_process::{Runner, Sink, Spec};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

/// How much of an answer is read for its first line, in bytes.
const ANSWER_BYTES_MAX: u64 = 1_024;

/// How to ask a program for its health, and what to make of the answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What is asked.
    pub how: How,
    /// How long to wait between two questions, in milliseconds.
    pub interval_ms: u64,
    /// How long an answer may take, in milliseconds.
    pub timeout_ms: u64,
    /// So many failures in a row restart the program.
    pub failures_max: u32,
    /// For so long after its start failures do not count, unless it was healthy before, in milliseconds.
    pub start_period_ms: u64,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// A command that must succeed.
    Command(Box<Spec>),
    /// An address on loopback that must take a connection.
    Tcp(SocketAddr),
    /// A page on loopback that must answer 200 to 399.
    Http {
        /// The address.
        addr: SocketAddr,
        /// The path, with a slash first: `/health`.
        path: String,
    },
}

impl Probe {
    /// Asks every 10 s, waits 5 s for an answer, restarts after 3 failures in a row, and is patient for 30 s after a
    /// start.
    pub fn new(how: How) -> Probe {
        Probe { how, interval_ms: 10_000, timeout_ms: 5_000, failures_max: 3, start_period_ms: 30_000 }
    }

    /// What is wrong with it; the texts fit after "could not".
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = match &self.how {
            How::Command(spec) => spec.check().err().map(|wrong| wrong.list).unwrap_or_default(),
            How::Tcp(addr) => away(*addr),
            How::Http { addr, path } => {
                let wrong = !path.starts_with('/') || path.bytes().any(|byte| !byte.is_ascii_graphic());
                let wrong =
                    wrong.then(|| format!("ask for \"{}\": a path begins with / and has no blanks", visible(path, 80)));
                away(*addr).into_iter().chain(wrong).collect()
            }
        };
        for (what, value) in [
            ("interval", self.interval_ms),
            ("time-out", self.timeout_ms),
            ("number of failures", self.failures_max.into()),
        ] {
            if value == 0 {
                faults.push(format!("use 0 as {what}; 1 or more is allowed"));
            }
        }
        faults
    }

    /// Waits until it is time to ask, and asks.
    pub(crate) async fn next(&self, runner: &Runner) -> Result<(), String> {
        sleep(Duration::from_millis(self.interval_ms)).await;
        let asked = timeout(Duration::from_millis(self.timeout_ms), self.how.ask(runner)).await;
        asked.unwrap_or_else(|_| Err(format!("no answer within {} ms", self.timeout_ms)))
    }
}

fn away(addr: SocketAddr) -> Vec<String> {
    let away = !addr.ip().is_loopback();
    away.then(|| format!("ask {addr}: only loopback is asked, such as 127.0.0.1 or [::1]")).into_iter().collect()
}

impl How {
    async fn ask(&self, runner: &Runner) -> Result<(), String> {
        match self {
            How::Command(spec) => command(spec, runner).await,
            How::Tcp(addr) => connect(*addr).await.map(drop),
            How::Http { addr, path } => get(*addr, path).await,
        }
    }
}

async fn command(spec: &Spec, runner: &Runner) -> Result<(), String> {
    let run = runner.start(spec, Sink::none()).await.map_err(|faults| format!("could not {faults}"))?;
    let ended = run.await;
    if ended.is_success(spec) { Ok(()) } else { Err(ended.words()) }
}

async fn connect(addr: SocketAddr) -> Result<TcpStream, String> {
    TcpStream::connect(addr).await.map_err(|error| format!("could not connect to {addr}: {error}"))
}

/// RFC 9112: a request of three lines; of the answer only its first line is of interest.
async fn get(addr: SocketAddr, path: &str) -> Result<(), String> {
    let mut stream = connect(addr).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\nUser-Agent: banto\r\nConnection: close\r\n\r\n");
    let failed = |error| format!("could not ask {addr} for {path}: {error}");
    stream.write_all(request.as_bytes()).await.map_err(failed)?;
    let mut answer = Vec::new();
    let mut answers = stream.take(ANSWER_BYTES_MAX);
    while !answer.contains(&b'\n') && answers.read_buf(&mut answer).await.map_err(failed)? > 0 {}
    let line = String::from_utf8_lossy(answer.split(|byte| *byte == b'\n').next().unwrap_or_default());
    let mut words = line.split_ascii_whitespace();
    let http = words.next().is_some_and(|word| word.starts_with("HTTP/1."));
    match words.next().and_then(|word| word.parse::<u16>().ok()) {
        Some(200..=399) if http => Ok(()),
        Some(code) if http => Err(format!("{path} answers {code}")),
        _ => Err(format!("{path} answers with something else than HTTP: \"{}\"", visible(line.trim(), 80))),
    }
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;
