//! A folder, and the processes that work in it.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use banto::sqlite::rusqlite::{Connection, types::FromSql};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// What would steer the program from outside the test.
pub const STEERING: [&str; 13] = [
    "BANTO_STORE",
    "BANTO_HEALTH",
    "BANTO_LOG",
    "BANTO_LOG_DIR",
    "BANTO_LOG_ZONE",
    "BANTO_CONFIG",
    "REDIS_URL",
    "MYTEACHER_DUAL_AUTH_FROM",
    "MYTEACHER_DUAL_AUTH_UNTIL",
    "MYTEACHER_FILES",
    "MYTEACHER_PAINTER",
    "MYTEACHER_WRITER",
    "RUST_BACKTRACE",
];

pub struct House {
    pub folder: TempDir,
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

    /// Its one line of JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        let lines = self.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        // A worker's log stands before its answer.
        let mut answers: Vec<Value> = lines.filter(|line| line["timestamp"].is_null()).collect();
        assert_eq!(answers.len(), 1, "{self:#?}");
        answers.remove(0)
    }

    /// Refused in one line, with that exit code, without a panic and without an answer.
    #[track_caller]
    pub fn refused(self, exit: i32) -> String {
        let said = self.ends(exit);
        assert!(said.err.starts_with("myteacher: could not ") && said.out.is_empty(), "{said:#?}");
        assert!(!said.err.contains("panicked"), "{said:#?}");
        said.err
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
        House { folder: TempDir::new().unwrap() }
    }

    /// A house whose user 1 has tokens, and one avatar.
    pub fn lived_in() -> House {
        let house = House::new();
        house.types("demo --seed 7").ends(0);
        house
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The program with these words, not yet started.
    pub fn command(&self, typed: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_myteacher"));
        command.args(typed.split_ascii_whitespace()).current_dir(self.path()).stdin(Stdio::null());
        for name in STEERING {
            command.env_remove(name);
        }
        command
    }

    pub fn types(&self, typed: &str) -> Said {
        self.command(typed).output().unwrap().into()
    }

    /// Orders an avatar: its number and its job.
    pub fn create(&self, flags: &str) -> (i64, String) {
        let ordered = self.types(&format!("avatars create --json {flags}")).ends(0).json();
        (ordered["avatar"].as_i64().unwrap(), ordered["job"].as_str().unwrap().to_owned())
    }

    /// The row of an avatar, as the program shows it.
    pub fn avatar(&self, id: i64) -> Value {
        self.types(&format!("avatars show {id} --json")).ends(0).json()
    }

    /// The record of a job.
    pub fn job(&self, id: &str) -> Value {
        self.types(&format!("queue show {id} --json")).ends(0).json()["job"].clone()
    }

    /// The store's file, opened by somebody else.
    pub fn db(&self) -> Connection {
        Connection::open(self.path().join("storage/myteacher.db")).unwrap()
    }

    /// The one value that SQL answers.
    #[track_caller]
    pub fn one<T: FromSql>(&self, sql: &str) -> T {
        self.db().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Every picture below a folder of the house.
    pub fn pictures(&self, folder: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                match entry.is_dir() {
                    true => folders.push(entry),
                    false => found.push(entry),
                }
            }
        }
        found.sort();
        found
    }

    /// Starts a worker, with what `set` adds to it, and waits until it works.
    pub fn worker_with(&self, flags: &str, set: impl FnOnce(&mut Command)) -> Worker {
        let mut command = self.command(&format!("queue work --verbose {flags}"));
        set(command.stdout(Stdio::piped()));
        let mut worker = Worker::of(&mut command);
        worker.hears("working");
        worker
    }

    pub fn worker(&self, flags: &str) -> Worker {
        self.worker_with(flags, |_| {})
    }
}

/// Sends a signal to a child.
pub fn signalled(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// A worker that runs; dropped, it is killed.
pub struct Worker {
    child: Child,
    log: BufReader<ChildStdout>,
    heard: Vec<Value>,
}

impl Worker {
    /// Starts it; its standard output is piped.
    pub fn of(command: &mut Command) -> Worker {
        let mut child = command.spawn().unwrap();
        let log = BufReader::new(child.stdout.take().unwrap());
        Worker { child, log, heard: Vec::new() }
    }

    /// Waits for a line of its log with that message; the line is answered.
    #[track_caller]
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

    /// As `kill -9`: nothing of it goes on.
    pub fn dies(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As an orchestrator stops it: TERM, and it ends well.
    #[track_caller]
    pub fn stops(mut self) {
        signalled(&self.child, Signal::TERM);
        self.hears("stopped");
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{:#?}", self.heard);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
