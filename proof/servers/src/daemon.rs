//! A server's process and what it said.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, geteuid, kill_process};

use crate::{Told, spawn};

/// How long a server may take to say something; only a broken one takes it all.
const PATIENCE: Duration = Duration::from_secs(60);
/// How much of a log is kept, in bytes.
const LOG_BYTES_MAX: usize = 256 << 10;

/// A process that is killed when this goes.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    said: Arc<Said>,
}

#[derive(Debug, Default)]
struct Said {
    log: Mutex<Log>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct Log {
    text: String,
    open: usize,
}

impl Said {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads to the end, so that the server never waits for a reader.
    fn listen(self: Arc<Said>, stream: impl Read + Send + 'static) {
        self.log().open += 1;
        thread::spawn(move || {
            let mut lines = BufReader::new(stream);
            let mut line = Vec::new();
            while lines.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let mut log = self.log();
                if log.text.len() > LOG_BYTES_MAX {
                    log.text.clear();
                }
                log.text.push_str(&String::from_utf8_lossy(&line));
                line.clear();
                drop(log);
                self.news.notify_all();
            }
            self.log().open -= 1;
            self.news.notify_all();
        });
    }
}

impl Daemon {
    /// Starts `command`, to die with this process, as the user of that name if this is root and `user` is given, in that
    /// network namespace if one is given.
    pub fn start(command: &Command, user: Option<&str>, namespace: Option<&str>) -> Told<Daemon> {
        let mut ours = Command::new(if namespace.is_some() { "ip" } else { "setpriv" });
        if let Some(namespace) = namespace {
            ours.args(["netns", "exec", namespace, "setpriv"]);
        }
        ours.args(["--pdeathsig", "KILL"]);
        if let Some(user) = user.filter(|_| geteuid().is_root()) {
            ours.args(["--reuid", user, "--regid", user, "--clear-groups"]);
        }
        ours.arg("--").arg(command.get_program()).args(command.get_args());
        if let Some(folder) = command.get_current_dir() {
            ours.current_dir(folder);
        }
        ours.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = spawn::spawn(ours)?;
        let said = Arc::new(Said::default());
        let (out, err) = (child.stdout.take(), child.stderr.take());
        out.into_iter().for_each(|out| Arc::clone(&said).listen(out));
        err.into_iter().for_each(|err| Arc::clone(&said).listen(err));
        Ok(Daemon { child, said })
    }

    /// Waits until it has said `message` since it was started. Otherwise what it said instead.
    pub fn hears(&self, message: &str) -> Told<()> {
        let mut log = self.said.log();
        let until = Instant::now() + PATIENCE;
        while !log.text.contains(message) {
            let left = until.saturating_duration_since(Instant::now());
            if log.open == 0 || left.is_zero() {
                return Err(format!("hear \"{message}\" from the server; it said: {}", log.text));
            }
            log = self.said.news.wait_timeout(log, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// What it has said, the last of it.
    pub fn log(&self) -> String {
        self.said.log().text.clone()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) -> Told<()> {
        kill_process(Pid::from_child(&self.child), signal).map_err(|error| format!("send {signal:?}: {error}"))
    }

    /// Waits until it has ended.
    pub fn ended(&mut self) -> Told<ExitStatus> {
        self.child.wait().map_err(|error| format!("wait for the server: {error}"))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
