//! What a newer file changes, in words.
//!
//! For `reload`: the new file is valid as a whole or the old one stays, and whoever asked for it is told what is different
//! now.

use std::{collections::BTreeMap, fmt};

use banto_core::Schedule;

use super::{File, ProgramSpec, Written};
use crate::exit::Failure;

/// One thing that is different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A schedule or program that was not there.
    Added(String),
    /// One that is not there any more.
    Dropped(String),
    /// One that is another, and in what.
    Changed(String, Vec<String>),
    /// A setting that counts only after a restart.
    Restart(String),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Added(what) => write!(f, "added {what}"),
            Change::Dropped(what) => write!(f, "dropped {what}"),
            Change::Changed(what, keys) => write!(f, "changed {what}: {}", keys.join(", ")),
            Change::Restart(what) => write!(f, "changed {what}: it counts after a restart"),
        }
    }
}

/// Everything that a newer file changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Each change; empty if the files mean the same.
    pub changes: Vec<Change>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.changes.is_empty() {
            return f.write_str("nothing has changed");
        }
        let lines: Vec<String> = self.changes.iter().map(Change::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl File {
    /// Reads the same file again. If anything is wrong with it, the failure says all of it and this one stays as it is;
    /// else the newer one comes with what it changes.
    pub fn reload(&self) -> Result<(File, Difference), Failure> {
        let newer = File::read(&self.path)?;
        let difference = self.difference(&newer);
        Ok((newer, difference))
    }

    /// What `newer` changes. Where something stands in the file does not count.
    pub fn difference(&self, newer: &File) -> Difference {
        let mut changes = Vec::new();
        let settings = [
            ("store", self.store == newer.store),
            ("the service", self.service == newer.service),
            ("the environment", self.environment == newer.environment),
            ("[worker]", format!("{:?}", self.worker) == format!("{:?}", newer.worker)),
            ("[scheduler]", self.scheduler == newer.scheduler),
            ("[log]", self.log == newer.log),
        ];
        changes.extend(settings.iter().filter(|(_, same)| !same).map(|(what, _)| Change::Restart((*what).to_owned())));
        let by_name = |list: &[Written]| -> BTreeMap<String, Written> {
            list.iter().map(|written| (format!("schedule {}", written.schedule.name), written.clone())).collect()
        };
        compare(&by_name(&self.schedules), &by_name(&newer.schedules), scheduled, &mut changes);
        let by_name = |list: &[ProgramSpec]| -> BTreeMap<String, ProgramSpec> {
            list.iter().map(|program| (format!("program {}", program.name), program.clone())).collect()
        };
        compare(&by_name(&self.programs), &by_name(&newer.programs), supervised, &mut changes);
        Difference { changes }
    }
}

/// What is added, dropped and changed between two maps; `differ` says in what two of one name do.
fn compare<T>(
    old: &BTreeMap<String, T>,
    new: &BTreeMap<String, T>,
    differ: impl Fn(&T, &T) -> Vec<String>,
    changes: &mut Vec<Change>,
) {
    for (name, one) in new {
        match old.get(name).map(|other| differ(other, one)) {
            None => changes.push(Change::Added(name.clone())),
            Some(keys) if keys.is_empty() => {}
            Some(keys) => changes.push(Change::Changed(name.clone(), keys)),
        }
    }
    changes.extend(old.keys().filter(|name| !new.contains_key(*name)).map(|name| Change::Dropped(name.clone())));
}

fn scheduled(old: &Written, new: &Written) -> Vec<String> {
    let (before, after) = (fields(&old.schedule), fields(&new.schedule));
    let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
    let mut keys: Vec<String> = keys.filter(|key| before.get(*key) != after.get(*key)).cloned().collect();
    let beside = [
        ("what it does", old.does == new.does),
        ("queue", old.queue == new.queue),
        ("attempts", old.attempts_max == new.attempts_max),
        ("when", old.when == new.when),
        ("skip", old.skip == new.skip),
    ];
    keys.extend(beside.iter().filter(|(_, same)| !same).map(|(key, _)| (*key).to_owned()));
    keys
}

/// The fields of a schedule that are not as usual.
fn fields(schedule: &Schedule) -> serde_json::Map<String, serde_json::Value> {
    match serde_json::to_value(schedule) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    }
}

fn supervised(old: &ProgramSpec, new: &ProgramSpec) -> Vec<String> {
    let beside = [
        ("what runs", old.spec == new.spec),
        ("after", old.after == new.after),
        ("start", old.start == new.start),
        ("restart", old.restart == new.restart),
        ("backoff", old.backoff == new.backoff),
        ("healthy", old.healthy_ms == new.healthy_ms),
        ("brake", old.brake == new.brake),
        ("probe", old.probe == new.probe),
        ("reload_signal", old.reload_signal == new.reload_signal),
    ];
    beside.iter().filter(|(_, same)| !same).map(|(key, _)| (*key).to_owned()).collect()
}

#[cfg(test)]
#[path = "differ_tests.rs"]
mod tests;
