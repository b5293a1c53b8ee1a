//! A folder with a store, and the processes that work on it.

use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Output, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// How long anything here may take. It is never waited for in full unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct House {
    pub folder: TempDir,
    store: Option<String>,
}

/// A process that has ended.
#[derive(Debug)]
pub struct Said {
    pub exit: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    #[track_caller]
    pub fn ends(self, exit: i32) -> Said {
        assert_eq!(self.exit, Some(exit), "{self:#?}");
        self
    }

    /// The objects of the answer; a worker's log stands before it.
    pub fn objects(&self) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["timestamp"].is_null()).collect()
    }

    fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
    }

    pub fn object(&self) -> Value {
        self.objects().into_iter().next().unwrap()
    }

    /// The log's lines, each of which must be one JSON object.
    pub fn log(&self) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["timestamp"].is_string()).collect()
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Said {
        Said {
            exit: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl House {
    pub fn new() -> House {
        House { folder: TempDir::new().unwrap(), store: None }
    }

    /// With another store than the folder's own file.
    pub fn on(store: String) -> House {
        House { folder: TempDir::new().unwrap(), store: Some(store) }
    }

    /// The store's address.
    pub fn store(&self) -> String {
        self.store.clone().unwrap_or_else(|| format!("sqlite://{}", self.file().display()))
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("jobs.db")
    }

    fn command(&self, program: PathBuf, typed: &str) -> Command {
        let mut command = Command::new(program);
        command
            .args(typed.split_ascii_whitespace())
            .current_dir(self.folder.path())
            .env("BANTO_STORE", self.store())
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .env_remove("BANTO_STORE_FILE")
            .env_remove("BANTO_LOG")
            .env_remove("BANTO_LOG_DIR")
            .env_remove("BANTO_LOG_ZONE")
            .env_remove("BANTO_CONFIG")
            .env_remove("BANTO_ENV")
            .env_remove("BANTO_RUN")
            .env_remove("BANTO_HEALTH")
            .stdin(Stdio::null());
        command
    }

    /// The example application, not yet started.
    pub fn errands(&self, typed: &str) -> Command {
        // Examples lie beside the folder of the tests.
        let tests = std::env::current_exe().unwrap();
        let program = tests.parent().unwrap().parent().unwrap().join("examples/errands");
        assert!(program.exists(), "build it first: cargo build -p banto-cli --examples");
        self.command(program, typed)
    }

    /// The program, not yet started.
    pub fn banto_command(&self, typed: &str) -> Command {
        self.command(env!("CARGO_BIN_EXE_banto").into(), typed)
    }

    pub fn banto(&self, typed: &str) -> Said {
        self.banto_command(typed).output().unwrap().into()
    }

    pub fn types(&self, typed: &str) -> Said {
        self.errands(typed).output().unwrap().into()
    }

    pub fn build(&self, build: &str, typed: &str) -> Said {
        self.errands(typed).env("ERRANDS_BUILD", build).output().unwrap().into()
    }

    pub fn types_with(&self, typed: &str, input: &[u8]) -> Said {
        let mut child =
            self.errands(typed).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A process that refuses what it is given does not read it to the end.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap().into()
    }

    /// Enqueues and gives the id.
    pub fn enqueue(&self, flags: &str) -> String {
        self.types(&format!("queue enqueue {flags}")).ends(0).out.trim().to_owned()
    }

    /// The record of a job.
    pub fn job(&self, id: &str) -> Value {
        self.types(&format!("queue show {id} --json")).ends(0).object()["job"].clone()
    }

    /// Starts a worker and waits until it says so.
    pub fn worker(&self, flags: &str) -> Worker {
        House::starts(self.errands(&format!("queue work {flags}")))
    }

    /// Starts `banto` with something that works until it is told to stop, and waits until it says that it works.
    pub fn keeps(&self, typed: &str) -> Worker {
        House::starts(self.banto_command(typed))
    }

    /// As [`House::keeps`], by the example application.
    pub fn keeps_errands(&self, typed: &str) -> Worker {
        House::starts(self.errands(typed))
    }

    /// As [`House::keeps`], and waits until it says something else.
    pub fn keeps_with(&self, typed: &str, says: &str) -> Worker {
        House::starts_and(self.banto_command(typed), says)
    }

    /// Starts what works until it is told to stop, and waits until it says that it works.
    pub fn starts(command: Command) -> Worker {
        House::starts_and(command, "working")
    }

    fn starts_and(mut command: Command, says: &str) -> Worker {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let log = BufReader::new(child.stdout.take().unwrap());
        let mut worker = Worker { child, log, heard: Vec::new() };
        worker.hears(says);
        worker
    }

    /// Writes the folder's `banto.toml`.
    pub fn writes(&self, text: &str) {
        std::fs::write(self.folder.path().join("banto.toml"), text).unwrap();
    }

    /// Asks again and again until the answer is as it should be.
    pub fn until(&self, typed: &str, fits: impl Fn(&Said) -> bool) -> Said {
        let since = Instant::now();
        loop {
            let said = self.banto(typed);
            if fits(&said) {
                return said;
            }
            assert!(since.elapsed() < PATIENCE, "{typed} never fitted: {said:#?}");
        }
    }
}

/// A worker that runs.
pub struct Worker {
    child: Child,
    log: BufReader<ChildStdout>,
    pub heard: Vec<Value>,
}

impl Worker {
    /// Waits for a line of its log with that message; the line is answered.
    pub fn hears(&mut self, message: &str) -> Value {
        loop {
            let mut line = String::new();
            let read = self.log.read_line(&mut line).unwrap();
            assert!(read > 0, "\"{message}\" was never said; heard: {:#?}", self.heard);
            let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
            self.heard.push(said.clone());
            if said["message"].as_str().is_some_and(|text| text.contains(message)) {
                return said;
            }
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end and gives the exit code; every line of its log is in `heard` then.
    pub fn ends_with(mut self, heard: &mut Vec<Value>) -> Option<i32> {
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.log, &mut rest).unwrap();
        heard.append(&mut self.heard);
        heard.extend(rest.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
        self.child.wait().unwrap().code()
    }

    /// Waits for its end; gives the exit code and the last line of its log.
    pub fn ended(mut self) -> (Option<i32>, Value) {
        let stopped = loop {
            let said = self.hears("stopped");
            if said["message"] == "stopped" {
                break said;
            }
        };
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.code(), stopped);
            }
            assert!(since.elapsed() < PATIENCE, "it said that it stopped and goes on");
            std::thread::yield_now();
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
