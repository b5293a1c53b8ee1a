//! Children: this very program under another word, ended by pid and never left behind.
//!
//! A child holds the reading end of a pipe whose other end lives here, and asks the kernel to be killed when its parent
//! is: so a row that is killed, or that panics, takes its children along, frozen ones too.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    io::Read,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, set_parent_process_death_signal};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Told, command,
    stage::{Scene, now},
};

/// A child and its end of the pipe.
pub struct Process {
    child: Child,
    name: String,
    ended: Option<ExitStatus>,
}

/// How a child is started.
pub struct Start<'a> {
    word: &'a str,
    name: &'a str,
    arguments: Vec<OsString>,
    before: Vec<OsString>,
    variables: Vec<(&'a str, String)>,
    reads: Option<File>,
}

impl<'a> Start<'a> {
    /// This program under that word, with what it is to do.
    pub fn new(word: &'a str, name: &'a str, spec: &impl Serialize) -> Told<Start<'a>> {
        let spec = serde_json::to_string(spec).map_err(|error| format!("tell {name} what to do: {error}"))?;
        Ok(Start { word, name, arguments: vec![spec.into()], before: Vec::new(), variables: Vec::new(), reads: None })
    }

    /// The commands of banto, typed like this.
    pub fn command(name: &'a str, scene: &Scene<'_>, words: &[&str]) -> Start<'a> {
        Start::typed(name, scene, words.iter().map(OsString::from).collect())
    }

    /// The same, with words that need not be text.
    pub fn typed(name: &'a str, scene: &Scene<'_>, arguments: Vec<OsString>) -> Start<'a> {
        let variables = vec![(command::VARIABLE, scene.dir.display().to_string())];
        Start { word: "", name, arguments, before: Vec::new(), variables, reads: None }
    }

    /// With a file as its standard input.
    pub fn reading(mut self, file: &Path) -> Told<Start<'a>> {
        let opened = File::open(file).map_err(|error| format!("open \"{}\": {error}", file.display()));
        self.reads = Some(opened?);
        Ok(self)
    }

    /// With a variable of the environment.
    pub fn with(mut self, variable: &'a str, value: impl Into<String>) -> Start<'a> {
        self.variables.push((variable, value.into()));
        self
    }

    /// Started by another program, which is given these words before ours.
    pub fn under(mut self, words: &[&str]) -> Start<'a> {
        self.before = words.iter().map(OsString::from).collect();
        self
    }

    /// Starts it. What it says goes to a file of its name beside the store.
    pub fn start(self, scene: &Scene<'_>) -> Told<Process> {
        let failed = |error| format!("start {}: {error}", self.name);
        let said = OpenOptions::new().append(true).create(true).open(scene.dir.join(format!("{}.log", self.name)));
        let said = said.map_err(failed)?;
        let mut words = self.before;
        words.push(std::env::current_exe().map_err(failed)?.into());
        words.extend((!self.word.is_empty()).then(|| self.word.into()));
        words.extend(self.arguments);
        let mut words = words.into_iter();
        let mut command = Command::new(words.next().unwrap_or_default());
        command
            .args(words)
            .stdin(self.reads.map_or_else(Stdio::piped, Stdio::from))
            .stdout(said.try_clone().map_err(failed)?)
            .stderr(said);
        command.env_remove("BANTO_FAILPOINT").envs(self.variables);
        let child = command.spawn().map_err(failed)?;
        Ok(Process { child, name: self.name.to_owned(), ended: None })
    }
}

impl Process {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it at once, and answers when that was.
    pub fn kill(&mut self) -> Told<u64> {
        self.signal(Signal::KILL)?;
        let at = now();
        self.wait(Duration::from_secs(10))?;
        Ok(at)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) -> Told<()> {
        if self.ended.is_some() {
            return Ok(());
        }
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw);
        let sent = pid.map(|pid| kill_process(pid, signal)).unwrap_or(Ok(()));
        sent.map_err(|error| format!("signal {}: {error}", self.name))
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Told<Option<ExitStatus>> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().map_err(|error| format!("wait for {}: {error}", self.name))?;
        }
        Ok(self.ended)
    }

    /// Waits for its end.
    pub fn wait(&mut self, limit: Duration) -> Told<ExitStatus> {
        let since = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if since.elapsed() > limit {
                return Err(format!("see {} end within {:.1} s", self.name, limit.as_secs_f64()));
            }
            sleep(Duration::from_millis(5));
        }
    }

    /// Waits for its end, which must be a good one.
    pub fn succeed(&mut self, limit: Duration) -> Told<()> {
        let status = self.wait(limit)?;
        let how = status.code().map_or_else(
            || format!("was ended by signal {}", status.signal().unwrap_or(0)),
            |code| format!("exited with {code}"),
        );
        if status.success() { Ok(()) } else { Err(format!("do without {}: it {how}", self.name)) }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.ended(), Ok(None)) {
            let _gone = self.child.kill();
            let _reaped = self.child.wait();
        }
    }
}

/// What a child does first: it ends when its parent does.
pub fn follow_parent() {
    // The death signal is for those that are frozen; the pipe for those whose parent is a program in between.
    die_with_parent();
    std::thread::spawn(|| {
        let mut byte = [0];
        while matches!(std::io::stdin().read(&mut byte), Ok(1..)) {}
        std::process::exit(99);
    });
}

/// The same for a child whose standard input is its own.
pub fn die_with_parent() {
    let _best = set_parent_process_death_signal(Some(Signal::KILL));
}

/// What the child was told to do.
pub fn told<T: DeserializeOwned>(text: &str) -> Told<T> {
    serde_json::from_str(text).map_err(|error| format!("understand what to do: {error}"))
}
