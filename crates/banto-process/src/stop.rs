//! How a program is made to end: told, given its grace, killed.
//!
//! For the run, which asks it what to do next. The whole group is told, so that a program behind a shell hears it too;
//! it is woken first if somebody had stopped it.

use std::{future::pending, pin::Pin, time::Duration};

use tokio::time::{Sleep, sleep};

use crate::{Signal, Spec, group::Group};

/// How a program ended that was told to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// It ended within its grace.
    Gracefully,
    /// It had to be killed.
    Killed,
}

/// Where a run stands on its way to its end.
pub(crate) struct Stopping {
    signal: Signal,
    grace: Duration,
    stopped: Option<Stopped>,
    timed_out: bool,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Stopping {
    pub fn new(spec: &Spec) -> Stopping {
        let timeout = spec.timeout_ms.map(|ms| Box::pin(sleep(Duration::from_millis(ms))));
        let grace = Duration::from_millis(spec.grace_ms);
        Stopping { signal: spec.stop_signal, grace, stopped: None, timed_out: false, timer: timeout }
    }

    /// Told to stop; again, it changes nothing.
    pub fn stop(&mut self, group: &Group) {
        if self.stopped.is_none() {
            self.stopped = Some(Stopped::Gracefully);
            self.timer = Some(Box::pin(sleep(self.grace)));
            group.tell_all(self.signal);
            group.tell_all(Signal::CONT);
        }
    }

    /// Killed, now.
    pub fn kill(&mut self, group: &Group) {
        self.stopped = Some(Stopped::Killed);
        self.timer = None;
        group.tell_all(Signal::KILL);
    }

    /// The next limit of time: the time-out, then the grace.
    pub async fn over(&mut self) {
        match &mut self.timer {
            Some(timer) => timer.await,
            None => pending().await,
        }
    }

    /// That limit has come.
    pub fn go_on(&mut self, group: &Group) {
        match self.stopped {
            None => {
                self.timed_out = true;
                self.stop(group);
            }
            Some(_) => self.kill(group),
        }
    }

    pub fn stopped(&self) -> Option<Stopped> {
        self.stopped
    }

    pub fn timed_out(&self) -> bool {
        self.timed_out
    }
}
