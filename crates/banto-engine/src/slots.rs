//! What this process holds: every lease it was given and has not yet let go of.
//!
//! A held job waits (claimed ahead), runs, or has ended and is not yet written down. All three are renewed, so a lease
//! lives until its end is durable. One lock, never held across an await.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use banto_core::{Job, Lease};
use tokio::{sync::Notify, task::AbortHandle};

mod held;

use held::{Held, Phase, Slot};

use crate::context::{Run, Why};

/// Runs shorter than this on average are claimed ahead, in milliseconds: longer ones would only be hoarded.
const SHORT_RUN_MS: u64 = 20;
/// How long after being dropped a run may still go on before it is called stuck, in milliseconds.
const STUCK_MS: u64 = 1_000;

/// The held jobs of a worker.
pub(crate) struct Slots {
    inner: Mutex<Held>,
    concurrency: usize,
    prefetch_max: usize,
    jobs_max: u64,
    /// Rung when a slot is free.
    pub freed: Notify,
    /// Rung when a job begins, ends or is let go.
    pub moved: Notify,
}

/// The next job in turn.
pub(crate) enum Turn {
    /// To be begun.
    Begin(Arc<Job>, Lease),
    /// To be handed back, because it must not run beside another suspect.
    Apart(Arc<Job>, Lease),
}

/// What became too old: see [`Slots::overdue`].
#[derive(Default)]
pub(crate) struct Overdue {
    pub timed_out: Vec<Arc<Job>>,
    pub stuck: Vec<Arc<Job>>,
}

impl Slots {
    pub fn new(concurrency: usize, prefetch_max: usize, jobs_max: u64) -> Slots {
        let inner = Mutex::new(Held { mean_run_ms: 1_000, ..Held::default() });
        Slots { inner, concurrency, prefetch_max, jobs_max, freed: Notify::new(), moved: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many jobs to ask for: the free slots, and ahead of them as many as ran since the last claim, doubled, when
    /// runs are short.
    pub fn room(&self) -> usize {
        let inner = self.lock();
        let ahead = if inner.mean_run_ms < SHORT_RUN_MS { (inner.pace * 2).min(self.prefetch_max) } else { 0 };
        let active = inner.waiting() + inner.running + inner.resting;
        let held_max = 2 * (self.concurrency + self.prefetch_max);
        let left = self.jobs_max.saturating_sub(inner.begun + inner.waiting() as u64);
        (self.concurrency + ahead)
            .saturating_sub(active)
            .min(held_max.saturating_sub(inner.held.len()))
            .min(usize::try_from(left).unwrap_or(usize::MAX))
    }

    /// How long runs take here, in milliseconds, within reason: so long should a job rest that is kept apart.
    pub fn about_a_run_ms(&self) -> u64 {
        self.lock().mean_run_ms.clamp(50, 1_000)
    }

    /// Whether as many jobs as allowed have begun and all were let go.
    pub fn spent(&self) -> bool {
        let inner = self.lock();
        inner.begun >= self.jobs_max && inner.held.is_empty()
    }

    /// Takes in what a claim brought; the pace is counted anew.
    pub fn put(&self, jobs: Vec<(Job, Lease)>, since: u64, until: u64) {
        let mut inner = self.lock();
        inner.pace = 0;
        for (job, lease) in jobs {
            inner.take_in(lease, Slot { job: Arc::new(job), until, phase: Phase::Waiting { since } });
        }
        self.moved.notify_one();
    }

    /// The next job to hand back, or to begin if a slot is free.
    pub fn next(&self, now: u64) -> Option<Turn> {
        let mut inner = self.lock();
        while let Some(lease) = inner.apart.pop_front() {
            if let Some(slot) = inner.held.get_mut(&lease) {
                slot.phase = Phase::Ended;
                return Some(Turn::Apart(slot.job.clone(), lease));
            }
        }
        loop {
            if inner.running + inner.resting >= self.concurrency {
                return None;
            }
            let lease = inner.turn()?;
            match inner.held.get_mut(&lease) {
                Some(slot) if slot.until > now => {
                    slot.phase = Phase::Begins;
                    let job = slot.job.clone();
                    inner.running += 1;
                    inner.pace += 1;
                    inner.begun += 1;
                    return Some(Turn::Begin(job, lease));
                }
                _ => inner.forget(&lease), // lost while it waited; it never began
            }
        }
    }

    /// Notes that a run has begun.
    pub fn begun(&self, run: &Arc<Run>, deadline: u64) {
        if let Some(slot) = self.lock().held.get_mut(&run.lease) {
            let run = run.clone();
            slot.phase = Phase::Running { run, deadline, abort: None, drop_at: None, stuck: false };
        }
        self.moved.notify_one();
    }

    /// Notes how a run can be dropped.
    pub fn droppable(&self, lease: &Lease, handle: AbortHandle) {
        if let Some(Slot { phase: Phase::Running { abort, .. }, .. }) = self.lock().held.get_mut(lease) {
            *abort = Some(handle);
        }
    }

    /// Notes that a run has ended after `ran_ms`; it stays held until it is written down. `rests` keeps its slot.
    pub fn ended(&self, lease: &Lease, ran_ms: u64, rests: bool) {
        let mut inner = self.lock();
        inner.running = inner.running.saturating_sub(1);
        inner.resting += usize::from(rests);
        inner.mean_run_ms = (inner.mean_run_ms * 7 + ran_ms) / 8;
        if let Some(slot) = inner.held.get_mut(lease) {
            slot.phase = Phase::Ended;
        }
        drop(inner);
        self.freed.notify_one();
        self.moved.notify_one();
    }

    /// A slot has rested.
    pub fn rested(&self) {
        let mut inner = self.lock();
        inner.resting = inner.resting.saturating_sub(1);
        drop(inner);
        self.freed.notify_one();
    }

    /// Lets go: the end is durable, or the lease is not ours any more.
    pub fn let_go(&self, leases: impl IntoIterator<Item = Lease>) {
        let mut inner = self.lock();
        for lease in leases {
            inner.forget(&lease);
        }
        drop(inner);
        self.freed.notify_one();
        self.moved.notify_one();
    }

    /// Every lease held.
    pub fn leases(&self) -> Vec<Lease> {
        self.lock().held.keys().copied().collect()
    }

    /// Whether the lease is held and to be trusted at `now`.
    pub fn holds(&self, lease: &Lease, now: u64) -> bool {
        self.lock().held.get(lease).is_some_and(|slot| slot.until > now)
    }

    /// A lease was renewed until then; `cancel_asked` tells its run to stop.
    pub fn renewed(&self, lease: &Lease, until: u64, cancel_asked: bool) {
        if let Some(slot) = self.lock().held.get_mut(lease) {
            slot.until = until;
            if let (Phase::Running { run, .. }, true) = (&slot.phase, cancel_asked) {
                run.ask_to_stop(Why::Cancelled);
            }
        }
    }

    /// A lease is lost: a waiting job is forgotten, a run is told, an end is left to be refused by the store. Answers the
    /// job if this was news.
    pub fn lost(&self, lease: &Lease) -> Option<Arc<Job>> {
        let mut inner = self.lock();
        let slot = inner.held.get_mut(lease)?;
        let job = slot.job.clone();
        match &slot.phase {
            Phase::Waiting { .. } => {
                inner.forget(lease);
                inner.waiting.retain(|waiting| waiting != lease);
                inner.apart.retain(|apart| apart != lease);
                Some(job)
            }
            Phase::Begins => {
                slot.until = 0; // there is no run to tell yet; `expired` will name it again
                None
            }
            Phase::Running { run, .. } => {
                slot.until = 0;
                let news = run.stop().is_none();
                run.ask_to_stop(Why::LeaseLost);
                news.then_some(job)
            }
            // The end may be what took the lease, its answer still under way: the store knows, and is asked again.
            Phase::Ended => None,
        }
    }

    /// Leases that were not renewed in time: nobody has said that they are lost, but they are not to be trusted.
    pub fn expired(&self, now: u64) -> Vec<Lease> {
        self.lock().held.iter().filter(|(_, slot)| slot.until <= now).map(|(lease, _)| *lease).collect()
    }

    /// What has become too old at `now`: runs over their time are told to stop, those that were told and go on are dropped
    /// after `grace_ms`, those that cannot even be dropped are named once.
    pub fn overdue(&self, now: u64, grace_ms: u64) -> Overdue {
        let mut overdue = Overdue::default();
        for slot in self.lock().held.values_mut() {
            let Phase::Running { run, deadline, abort, drop_at, stuck } = &mut slot.phase else { continue };
            if *deadline <= now && run.stop().is_none() {
                run.ask_to_stop(Why::TimedOut);
                overdue.timed_out.push(slot.job.clone());
            }
            if run.stop().is_none() {
                continue;
            }
            let at = *drop_at.get_or_insert(now + grace_ms);
            if at <= now {
                abort.iter().for_each(AbortHandle::abort);
            }
            if at + STUCK_MS <= now && !*stuck {
                *stuck = true;
                overdue.stuck.push(slot.job.clone());
            }
        }
        overdue
    }

    /// Takes out the jobs that have waited since before `before`, to be handed back.
    pub fn take_waiting(&self, before: u64) -> Vec<(Arc<Job>, Lease)> {
        let mut inner = self.lock();
        let mut taken = Vec::new();
        for (lease, slot) in &mut inner.held {
            if slot.phase.since() < before {
                slot.phase = Phase::Ended;
                taken.push((slot.job.clone(), *lease));
            }
        }
        let Held { held, waiting, apart, .. } = &mut *inner;
        waiting.retain(|lease| held::waits(held, lease));
        apart.retain(|lease| held::waits(held, lease));
        // Whoever has to give jobs back was wrong about the pace, and does not take as many again.
        if !taken.is_empty() {
            inner.pace = 0;
        }
        taken
    }

    /// Tells every run to stop, and drops it after `grace_ms`.
    pub fn stop_runs(&self, now: u64, grace_ms: u64) {
        for slot in self.lock().held.values_mut() {
            if let Phase::Running { run, drop_at, .. } = &mut slot.phase {
                run.ask_to_stop(Why::Stopping);
                *drop_at = Some(drop_at.unwrap_or(u64::MAX).min(now + grace_ms));
            }
        }
        self.moved.notify_one();
    }

    /// Drops every run and forgets what waits, without an order: the worker is gone.
    pub fn abandon(&self) {
        let mut inner = self.lock();
        inner.waiting.clear();
        inner.apart.clear();
        let aborts = inner.held.values().filter_map(|slot| match &slot.phase {
            Phase::Running { run, abort, .. } => {
                run.ask_to_stop(Why::Stopping);
                abort.clone()
            }
            _ => None,
        });
        let aborts: Vec<AbortHandle> = aborts.collect();
        drop(inner);
        aborts.iter().for_each(AbortHandle::abort);
    }

    /// How many jobs are held, and how many of them run.
    pub fn count(&self) -> (usize, usize) {
        let inner = self.lock();
        (inner.held.len(), inner.running)
    }

    /// The jobs that run.
    pub fn running(&self) -> Vec<Arc<Job>> {
        let inner = self.lock();
        let runs = inner.held.values().filter(|slot| matches!(slot.phase, Phase::Running { .. }));
        runs.map(|slot| slot.job.clone()).collect()
    }
}

#[cfg(test)]
#[path = "slots_tests.rs"]
mod tests;
