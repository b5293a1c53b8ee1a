//! The supervised programs of a process, through changes of their file.
//!
//! A supervisor has a fixed list. A changed file stops what it changes or drops, and gives what is new or changed to another
//! supervisor; what stays the same runs on and hears nothing of it.

use std::sync::{Arc, Mutex, PoisonError};

use banto_core::{Name, Refusal};
use banto_engine::supervise::{Handle, Phase, Program, Status, Supervisor, Unfit};
use banto_store::Clock;
use tokio::task::JoinHandle;

/// A supervisor and what is left to it.
struct Set {
    handle: Handle,
    running: JoinHandle<()>,
    names: Vec<Name>,
}

/// Programs that are kept running.
pub(super) struct Programs {
    clock: Arc<dyn Clock>,
    sets: Vec<Set>,
    wanted: Vec<Program>,
    shown: Shown,
}

/// A supervisor, and which of its programs are left to it.
type Kept = (Handle, Vec<Name>);

/// How the programs of a process stand, from any thread. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Shown(Arc<Mutex<Vec<Kept>>>);

impl Shown {
    /// How each stands.
    pub fn status(&self) -> Vec<Status> {
        let sets = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let of = |(handle, names): Kept| {
            handle.status().into_iter().filter(move |status| names.contains(&status.name)).collect::<Vec<_>>()
        };
        sets.into_iter().flat_map(of).collect()
    }
}

/// What a changed file does to programs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    pub new: Vec<Name>,
    pub changed: Vec<Name>,
    pub dropped: Vec<Name>,
}

impl Change {
    /// From one list to another.
    pub fn between(old: &[Program], new: &[Program]) -> Change {
        let of = |list: &[Program], name: &Name| list.iter().find(|program| program.name == *name).cloned();
        let mut change = Change::default();
        for program in new {
            match of(old, &program.name) {
                None => change.new.push(program.name.clone()),
                Some(before) if before != *program => change.changed.push(program.name.clone()),
                Some(_) => {}
            }
        }
        change.dropped =
            old.iter().map(|program| program.name.clone()).filter(|name| of(new, name).is_none()).collect();
        change
    }
}

impl Programs {
    /// None yet.
    pub fn none(clock: Arc<dyn Clock>) -> Programs {
        Programs { clock, sets: Vec::new(), wanted: Vec::new(), shown: Shown::default() }
    }

    /// Checks a list whole, before anything of it is done.
    pub fn check(programs: &[Program], clock: &Arc<dyn Clock>) -> Result<(), Unfit> {
        Supervisor::new(programs.to_vec(), clock.clone()).map(drop)
    }

    /// What runs becomes what is wanted.
    pub async fn become_these(&mut self, wanted: Vec<Program>) -> Result<Change, Unfit> {
        let change = Change::between(&self.wanted, &wanted);
        for name in change.changed.iter().chain(&change.dropped) {
            self.stop(name).await;
        }
        let begins = |program: &&Program| change.new.contains(&program.name) || change.changed.contains(&program.name);
        let mut begin: Vec<Program> = wanted.iter().filter(begins).cloned().collect();
        let names: Vec<Name> = begin.iter().map(|program| program.name.clone()).collect();
        for program in &mut begin {
            // What it is started after runs already, in another set.
            program.after.retain(|name| names.contains(name));
        }
        self.wanted = wanted;
        self.show();
        if !begin.is_empty() {
            let supervisor = Supervisor::new(begin, self.clock.clone())?;
            let handle = supervisor.handle();
            self.sets.push(Set { handle, running: tokio::spawn(supervisor.run()), names });
            self.show();
        }
        Ok(change)
    }

    /// How they stand, for whoever asks from another thread.
    pub fn shown(&self) -> Shown {
        self.shown.clone()
    }

    fn show(&self) {
        let sets = self.sets.iter().map(|set| (set.handle.clone(), set.names.clone())).collect();
        *self.shown.0.lock().unwrap_or_else(PoisonError::into_inner) = sets;
    }

    /// Stops one for good and waits for its end.
    async fn stop(&mut self, name: &Name) {
        for set in &mut self.sets {
            if !set.names.contains(name) {
                continue;
            }
            if let Ok(one) = set.handle.program(name) {
                one.stop();
                one.until(Phase::Stopped).await;
            }
            set.names.retain(|own| own != name);
        }
        for set in self.sets.extract_if(.., |set| set.names.is_empty()) {
            set.handle.stop();
        }
    }

    /// How each stands, in the order of the file.
    pub fn status(&self) -> Vec<Status> {
        let all: Vec<Status> = self
            .sets
            .iter()
            .flat_map(|set| set.handle.status().into_iter().filter(|status| set.names.contains(&status.name)))
            .collect();
        let place = |status: &Status| self.wanted.iter().position(|program| program.name == status.name);
        let mut sorted = all;
        sorted.sort_by_key(place);
        sorted
    }

    /// Does something with one of them.
    pub fn with<T>(&self, name: &Name, act: impl FnOnce(banto_engine::supervise::One<'_>) -> T) -> Result<T, Refusal> {
        if let Some(set) = self.sets.iter().find(|set| set.names.contains(name)) {
            return set.handle.program(name).map(act);
        }
        let names: Vec<&str> = self.wanted.iter().map(|program| program.name.as_str()).collect();
        let there = if names.is_empty() { "there is none".into() } else { format!("there are {}", names.join(", ")) };
        Err(Refusal::new("a program", name.as_str(), there))
    }

    /// Tells all to stop: each with its grace, or at once.
    pub fn stop_all(&self, now: bool) {
        for set in &self.sets {
            match now {
                true => set.handle.stop_now(),
                false => set.handle.stop(),
            }
        }
    }

    /// Waits until all have ended.
    pub async fn ended(&mut self) {
        for set in &mut self.sets {
            if let Err(error) = (&mut set.running).await {
                tracing::error!(%error, "a supervisor of programs broke; this is a bug");
            }
        }
        self.sets.clear();
    }
}

#[cfg(test)]
#[path = "programs_tests.rs"]
mod tests;
