//! `reload`: takes up a changed file while everything runs, valid or not at all.
//!
//! What is wrong is found before anything is touched. Runs that have begun go on; what was due by the old file is accounted
//! for by it, as after any start of a new build.

use std::sync::Arc;

use banto_engine::{Timetable, preflight};

use super::{keeper::Keeper, programs::Change, programs::Programs};
use crate::{exit::Failure, given::Written, mean::schedule::Part};

impl Keeper {
    /// Takes the file up. Answers what has changed in lines, or why nothing was touched.
    pub(super) async fn reload(&mut self, why: &str) -> Result<Vec<String>, String> {
        let taken = self.take_up().await;
        match &taken {
            Ok(lines) if lines.is_empty() => tracing::info!(why, "reloaded: nothing has changed"),
            Ok(lines) => tracing::info!(why, changes = lines.join("; "), "reloaded"),
            Err(fault) => tracing::error!(why, fault, "not reloaded: all goes on as it was"),
        }
        taken
    }

    async fn take_up(&mut self) -> Result<Vec<String>, String> {
        let file = self.given.file().ok_or("read a file again: none is read here (see --config)")?;
        let written = self.given.read(self.kinds.as_ref()).map_err(|failure| failure.text)?;
        self.judge(&written, &file)?;
        let mut lines = between(&self.written.timetable, &written.timetable);
        if self.written.scheduler != written.scheduler {
            lines.push("[scheduler] has changed".into());
        }
        let schedules_changed = !lines.is_empty();
        let counts = "it counts from the next start of this process; to have it count, stop this one and start it anew";
        let changed = [
            // `schedule work` goes by its flags alone.
            ("worker", !self.how.only_runs && self.written.worker != written.worker),
            ("health", self.written.health != written.health),
            ("log", self.written.log != written.log),
        ];
        if self.written.store != written.store {
            lines.push(format!("store has changed: {counts}"));
        }
        for (section, _) in changed.into_iter().filter(|(_, changed)| *changed) {
            lines.push(format!("[{section}] has changed: {counts}"));
        }
        let Written { worker, health, log, store, .. } = self.written.clone();
        self.written = Written { worker, health, log, store, ..written };
        self.current.set(Arc::new(self.written.timetable.clone()));
        let begun = |failure: Failure| failure.text;
        if schedules_changed {
            self.begin_for_new_queues().map_err(begun)?;
            self.end_scheduler("the file has changed").await;
            self.begin_scheduler().map_err(begun)?;
        }
        if self.how.parts.contains(&Part::Programs) {
            let programs = self.written.programs.clone();
            let change = self.programs.become_these(programs).await.map_err(|unfit| unfit.to_string())?;
            lines.extend(told(&change));
        }
        Ok(lines)
    }

    /// Refuses what a start would refuse.
    fn judge(&self, written: &Written, file: &str) -> Result<(), String> {
        if self.how.parts.contains(&Part::Schedules) {
            preflight::timetable(&written.timetable).map_err(|unfit| unfit.to_string())?;
            if written.timetable.is_empty() && !self.how.typed.allow_empty && self.written.programs.is_empty() {
                return Err(format!("go on with {file}: it has no schedule for this environment any more"));
            }
        }
        if let Some(kinds) = self.kinds.as_ref().filter(|_| !self.how.only_runs) {
            preflight::kinds_of(&written.timetable, kinds).map_err(|unfit| unfit.to_string())?;
        }
        if self.how.parts.contains(&Part::Programs) {
            Programs::check(&written.programs, &self.clock).map_err(|unfit| unfit.to_string())?;
        }
        if self.given_service_changed(written) {
            return Err("change the service while it runs: stop this process and start it anew".into());
        }
        Ok(())
    }

    fn given_service_changed(&self, written: &Written) -> bool {
        self.written.timetable.service != written.timetable.service
    }
}

/// What has changed between two timetables, in lines.
fn between(old: &Timetable, new: &Timetable) -> Vec<String> {
    let mut lines = Vec::new();
    for entry in new.entries() {
        let name = &entry.schedule.name;
        match old.entry(name) {
            None => lines.push(format!("the schedule {name} is new")),
            Some(before) if !entry.is_as(before) => lines.push(format!("the schedule {name} has changed")),
            Some(_) => {}
        }
    }
    let gone = old.entries().map(|entry| &entry.schedule.name).filter(|name| new.entry(name).is_none());
    lines.extend(gone.map(|name| format!("the schedule {name} is gone")));
    lines
}

fn told(change: &Change) -> Vec<String> {
    let each = |names: &[banto_core::Name], what: &str| {
        names.iter().map(|name| format!("the program {name} {what}")).collect::<Vec<_>>()
    };
    let Change { new, changed, dropped } = change;
    [each(new, "is new"), each(changed, "has changed and was started anew"), each(dropped, "is gone and was stopped")]
        .concat()
}
