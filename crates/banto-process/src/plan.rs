//! A spec, looked up: the program's place, the whole environment, the user's ids. Or all that is wrong, at once.
//!
//! For `check` (which throws the plan away) and for the start (which carries it out): what the preflight found good is
//! what is started.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
};

use banto_core::text::visible;
use rustix::{
    fs::{Access, access},
    process::geteuid,
};

use crate::{
    find::find,
    spec::{Command, Spec},
    user::{self, User},
};

/// The least memory a program can be started with, in bytes.
const MEMORY_MIN_BYTES: u64 = 1 << 20;

/// Why a program cannot be started: every fault at once, each a fragment that fits after "could not".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    program: String,
    /// The faults.
    pub list: Vec<String>,
}

impl Faults {
    pub(crate) fn one(spec: &Spec, fault: String) -> Faults {
        Faults { program: visible(spec.program(), 80), list: vec![fault] }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run {}: could not {}", self.program, self.list.join("; could not "))
    }
}

impl std::error::Error for Faults {}

/// What is carried out.
#[derive(Debug)]
pub(crate) struct Plan {
    pub program: PathBuf,
    /// All arguments, the program's own name first.
    pub argv: Vec<String>,
    pub env: BTreeMap<OsString, OsString>,
    pub dir: PathBuf,
    pub user: Option<User>,
}

/// Looks everything up.
pub(crate) fn plan(spec: &Spec) -> Result<Plan, Faults> {
    let mut faults = Vec::new();
    let dir = keep(directory(spec.dir.as_deref()), &mut faults);
    let user = spec.user.as_deref().and_then(|name| keep(user::look_up(name), &mut faults).flatten());
    faults.extend(spec.env.faults());
    let env = spec.env.build(std::env::vars_os(), user.as_ref());
    let argv = match &spec.command {
        Command::Argv(argv) => argv.clone(),
        Command::Shell(text) => ["/bin/sh", "-c", text].map(str::to_owned).into(),
    };
    let path = env.get(&OsString::from("PATH")).cloned().unwrap_or_default();
    let from = dir.clone().unwrap_or_else(|| PathBuf::from("/"));
    let program = keep(find(argv.first().map_or("", String::as_str), &path, &from), &mut faults);
    if argv.iter().any(|arg| arg.contains('\0')) {
        faults.push("hand over an argument with a zero byte in it; a program cannot be given one".into());
    }
    faults.extend(limits(spec));
    if let Some(file) = &spec.file {
        faults.extend(file.faults());
    }
    match (program, dir) {
        (Some(program), Some(dir)) if faults.is_empty() => Ok(Plan { program, argv, env, dir, user }),
        _ => Err(Faults { program: visible(spec.program(), 80), list: faults }),
    }
}

fn keep<T>(found: Result<T, String>, faults: &mut Vec<String>) -> Option<T> {
    found.map_err(|fault| faults.push(fault)).ok()
}

fn directory(dir: Option<&Path>) -> Result<PathBuf, String> {
    let own = || std::env::current_dir().map_err(|error| format!("find the working directory: {error}"));
    let Some(dir) = dir else { return own() };
    let dir = if dir.is_absolute() { dir.to_owned() } else { own()?.join(dir) };
    let shown = visible(&dir.to_string_lossy(), 200);
    match std::fs::metadata(&dir) {
        Err(error) => Err(format!("enter the directory \"{shown}\": {error}")),
        Ok(meta) if !meta.is_dir() => Err(format!("enter \"{shown}\": it is no directory")),
        Ok(_) => match access(&dir, Access::EXEC_OK) {
            Err(error) => Err(format!("enter the directory \"{shown}\": {error}")),
            Ok(()) => Ok(dir),
        },
    }
}

fn limits(spec: &Spec) -> Vec<String> {
    let mut faults = Vec::new();
    if let Some(nice) = spec.nice {
        if !(-20..=19).contains(&nice) {
            faults.push(format!("run with nice {nice}; -20 to 19 is allowed"));
        } else if nice < own_nice() && !geteuid().is_root() {
            faults.push(format!("run with nice {nice}: only root can go below {}", own_nice()));
        }
    }
    if let Some(max) = spec.memory_max_bytes.filter(|max| *max < MEMORY_MIN_BYTES) {
        faults.push(format!("run in {max} bytes of memory; {MEMORY_MIN_BYTES} or more are allowed"));
    }
    if spec.timeout_ms == Some(0) {
        faults.push("run for 0 ms; leave timeout_ms out for no time-out".into());
    }
    if spec.line_bytes_max == 0 {
        faults.push("cut lines of output to 0 bytes; 1 or more is allowed".into());
    }
    if let Some(code) = spec.success.iter().find(|code| !(0..=255).contains(*code)) {
        faults.push(format!("take {code} as a success; exit codes are 0 to 255"));
    }
    if spec.success.is_empty() {
        faults.push("succeed without a success code; name at least one (0)".into());
    }
    faults
}

fn own_nice() -> i32 {
    rustix::process::getpriority_process(None).unwrap_or(0)
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
