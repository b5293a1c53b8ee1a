//! The timetable that a process goes by now.
//!
//! For a process that takes up a changed file while it runs: its scheduler is started anew, its worker goes on and asks here
//! what each schedule does. A run that has begun keeps what it began with.

use std::sync::{Arc, PoisonError, RwLock};

use super::{RunSchedule, Timetable, run};
use crate::registry::Registry;

/// A timetable that may be exchanged for another.
#[derive(Debug)]
pub struct Current(RwLock<Arc<Timetable>>);

impl Current {
    /// Goes by that timetable at first.
    pub fn new(timetable: Arc<Timetable>) -> Current {
        Current(RwLock::new(timetable))
    }

    /// The timetable of now.
    pub fn get(&self) -> Arc<Timetable> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on it is that one.
    pub fn set(&self, timetable: Arc<Timetable>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = timetable;
    }

    /// Has a worker with that registry run the commands and closures of the timetable of the moment.
    pub fn work_in(self: Arc<Current>, registry: &mut Registry) {
        registry.add::<RunSchedule, _, _, _>(self, run);
    }
}
