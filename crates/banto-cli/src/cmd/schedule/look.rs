//! One look at schedules: what this build has, what the store has, put beside each other by name.

use std::collections::BTreeMap;

use banto_core::{Schedule, ScheduleName};
use banto_engine::{Entry, Timetable};
use banto_store::{Board, FireView, ScheduleView, SelectFires};

use crate::{
    cmd::Desk,
    exit::{Exit, Failure},
    given::Given,
};

/// Most names that are told to somebody who typed another.
const NAMES_MAX: usize = 30;

/// What was seen.
pub(in crate::cmd) struct Look {
    pub now_ms: i64,
    /// This build's own, if it has any.
    pub timetable: Option<Timetable>,
    pub board: Board,
    /// By name.
    pub lines: Vec<Line>,
}

/// One schedule, as this build and the store have it.
pub(in crate::cmd) struct Line {
    pub name: ScheduleName,
    /// When it is due: as this build says, else as the store does. `None` if the store's model cannot be read.
    pub schedule: Option<Schedule>,
    /// As this build has it.
    pub entry: Option<Entry>,
    /// It fires in other environments than this process's.
    pub elsewhere: bool,
    /// As the store has it.
    pub view: Option<ScheduleView>,
}

/// How this build and the store agree about a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cmd) enum Stands {
    /// Registered as this build has it, or this build has no schedules at all.
    Registered,
    /// This build has it, and the store does not (any more).
    Unregistered,
    /// The store has it as another build has it.
    Changed,
    /// Another service has one of this name.
    Taken,
    /// The store has it, and this build of the same service does not.
    Dropped,
    /// It is for other environments.
    Elsewhere,
    /// Its service came without it.
    Retired,
}

impl Look {
    /// At all schedules of this build and of the store.
    pub async fn at(desk: &Desk<'_>, given: &Given) -> Result<Look, Failure> {
        let timetable = if given.is_some() { Some(given.read(None)?.timetable) } else { None };
        let board = desk.store().schedules().await?;
        let mut lines: BTreeMap<ScheduleName, Line> = BTreeMap::new();
        for view in &board.schedules {
            let line = Line {
                name: view.name.clone(),
                schedule: Schedule::from_json(&view.model).ok(),
                entry: None,
                elsewhere: false,
                view: Some(view.clone()),
            };
            lines.insert(view.name.clone(), line);
        }
        let here = timetable.iter().flat_map(|own| own.entries().map(|entry| (entry, false)));
        let elsewhere = timetable.iter().flat_map(|own| own.elsewhere().map(|entry| (entry, true)));
        for (entry, elsewhere) in here.chain(elsewhere) {
            let name = entry.schedule.name.clone();
            let view = lines.remove(&name).and_then(|line| line.view);
            let (schedule, entry) = (Some(entry.schedule.clone()), Some(entry.clone()));
            lines.insert(name.clone(), Line { name, schedule, entry, elsewhere, view });
        }
        Ok(Look { now_ms: desk.now_ms(), timetable, board, lines: lines.into_values().collect() })
    }

    /// One schedule.
    pub fn line(&self, name: &ScheduleName) -> Result<&Line, Failure> {
        self.lines.iter().find(|line| line.name == *name).ok_or_else(|| self.not_listed(name))
    }

    /// There is no such schedule, neither in this build nor in the store.
    pub fn not_listed(&self, name: &ScheduleName) -> Failure {
        let mut known: Vec<&str> = self.lines.iter().take(NAMES_MAX).map(|line| line.name.as_str()).collect();
        if self.lines.len() > NAMES_MAX {
            known.push("… (`schedule list` has them all)");
        }
        let known =
            if known.is_empty() { "there is none at all".into() } else { format!("known are {}", known.join(", ")) };
        let text = format!("find the schedule {name}: neither this build nor the store has it; {known}");
        Failure::new(Exit::NotListed, text)
    }

    /// How the two agree about a schedule.
    pub fn stands(&self, line: &Line) -> Stands {
        let own = self.timetable.as_ref();
        match (&line.entry, &line.view) {
            (Some(_), _) if line.elsewhere => Stands::Elsewhere,
            (Some(_), Some(view)) if own.is_some_and(|own| own.service != view.service) => match view.retired_at {
                Some(_) => Stands::Unregistered,
                None => Stands::Taken,
            },
            (Some(_), Some(view)) if view.retired_at.is_some() => Stands::Unregistered,
            (Some(entry), Some(view)) if entry.revision() != view.revision => Stands::Changed,
            (Some(_), Some(_)) => Stands::Registered,
            (Some(_), None) => Stands::Unregistered,
            (None, Some(view)) if view.retired_at.is_some() => Stands::Retired,
            (None, Some(view)) if own.is_some_and(|own| own.service == view.service) => Stands::Dropped,
            (None, _) => Stands::Registered,
        }
    }

    /// Whether it fires by itself some time, as things are.
    pub fn fires(&self, line: &Line) -> bool {
        !matches!(self.stands(line), Stands::Retired | Stands::Elsewhere | Stands::Taken)
    }
}

impl Line {
    /// What it does, in words.
    pub fn action(&self) -> String {
        let own = self.entry.as_ref().map(Entry::words);
        own.or_else(|| self.view.as_ref().map(|view| view.action.clone())).unwrap_or_default()
    }

    /// Where it was written down.
    pub fn source(&self) -> String {
        let own = self.entry.as_ref().map(|entry| entry.source.clone());
        own.or_else(|| self.view.as_ref().map(|view| view.source.clone())).unwrap_or_default()
    }
}

/// The last row of a schedule's ledger.
pub(in crate::cmd) async fn last(desk: &Desk<'_>, name: &ScheduleName) -> Result<Option<FireView>, Failure> {
    let select = SelectFires { schedule: Some(name.clone()), limit: 1, ..SelectFires::default() };
    Ok(desk.store().fires(select).await?.into_iter().next())
}
