//! The workers of a process: one for all queues, and one more for each change of the file that brings new queues.

use banto_core::Name;
use banto_engine::{Config, Halt, Registry, Report, Stop, Unfit, Worker, config::QueueWeight, worker::Pulses};
use tokio::task::JoinHandle;

use super::{
    keeper::Keeper,
    slot::{Slot, Turn},
    worker_words, works_kinds,
};
use crate::{
    cmd::{beside, schedule::run as tick, work},
    exit::{Exit, Failure},
    log,
    mean::{self, schedule::Part},
};

/// How a worker ends.
pub(super) type Worked = Result<Report, Unfit>;

/// A worker: where it stands, how it is told to stop, and what it takes from.
pub(super) struct Working {
    pub slot: Slot<Worked>,
    pub stop: Stop,
    pub queues: Vec<Name>,
    pub pulses: Pulses,
}

impl Keeper {
    pub(super) fn worker_turned(&mut self, at: usize, turn: Turn<Worked>) -> Result<(), Failure> {
        let why = match turn {
            Turn::Begin => {
                let Some(one) = self.workers.get(at) else { return Ok(()) };
                let (queues, pulses) = (one.queues.clone(), one.pulses.clone());
                let config = self.config_for(Some(queues))?;
                let (running, stop) = self.spawn_worker(config, pulses);
                let now = self.clock.steady_ms();
                if let Some(one) = self.workers.get_mut(at) {
                    one.stop = stop;
                    one.slot.begun(running, now);
                }
                return Ok(());
            }
            Turn::Ended(Ok(Ok(report))) => {
                let exit = work::exit_of(&report);
                if matches!(report.halt, Halt::Store | Halt::Memory) || !report.left.is_empty() {
                    // Another process must go on: this one cannot, or holds a run that heeds nobody.
                    self.ends(exit, report.reason.clone());
                    self.heeds_nobody(&report);
                    return Ok(());
                }
                report.reason
            }
            Turn::Ended(Ok(Err(unfit))) => unfit.to_string(),
            Turn::Ended(Err(broke)) => broke,
        };
        let now = self.clock.steady_ms();
        if let Some(one) = self.workers.get_mut(at) {
            let wait_ms = one.slot.rests(now).as_millis();
            tracing::error!(why, wait_ms, "the worker has ended although nobody asked; it is begun anew");
        }
        Ok(())
    }

    pub(super) fn heeds_nobody(&mut self, report: &Report) {
        for (job, kind) in &report.left {
            tracing::error!(%job, %kind, "the run did not stop; it ends with the process, and the job will run again");
        }
        if let Some(end) = self.end.as_mut().filter(|_| !report.left.is_empty()) {
            (end.stuck, end.exit) = (true, Exit::Stuck);
        }
    }

    /// The worker's configuration: every queue that it is for.
    pub(super) fn config(&self) -> Result<Config, Failure> {
        self.config_for(None)
    }

    pub(super) fn config_for(&self, only: Option<Vec<Name>>) -> Result<Config, Failure> {
        let mut words = worker_words(&self.written, &self.how);
        let runs = tick::queues(&self.written.timetable)?;
        let kinds = works_kinds(&self.how, self.kinds.as_ref());
        let registry = self.kinds.clone().filter(|_| kinds).unwrap_or_default();
        if let Some(only) = only {
            words.queue = only.iter().map(ToString::to_string).collect();
        } else if !kinds {
            words.queue = runs.iter().map(ToString::to_string).collect();
        }
        let mut config = mean::work::config(&words, &registry, &self.app)?;
        let weight = u32::from(config.queues.iter().any(|own| own.weight > 0));
        for queue in runs {
            if kinds && !config.queues.iter().any(|own| own.queue == queue) {
                config.queues.push(QueueWeight { queue, weight });
            }
        }
        Ok(config)
    }

    pub(super) fn worker(&self, config: Config) -> Worker {
        let mut registry = self.kinds.clone().unwrap_or_else(|| Registry::new(self.written.timetable.build.as_str()));
        self.current.clone().work_in(&mut registry);
        let mut worker = Worker::new(self.store.clone(), registry, config).clock(self.clock.clone());
        for layer in &self.layers {
            worker = worker.layer(work::Again(layer.clone()));
        }
        worker
    }

    pub(super) fn begin_worker(&mut self, config: Config) {
        let queues = config.queues.iter().map(|own| own.queue.clone()).collect();
        let pulses = self.vitals.worker();
        let (running, stop) = self.spawn_worker(config, pulses.clone());
        let slot = Slot::of(running, self.clock.steady_ms());
        self.workers.push(Working { slot, stop, queues, pulses });
    }

    /// Begins a worker for queues that none takes from yet: one that holds runs is not disturbed.
    pub(super) fn begin_for_new_queues(&mut self) -> Result<(), Failure> {
        if !self.how.parts.contains(&Part::Workers) {
            return Ok(());
        }
        let wanted = tick::queues(&self.written.timetable)?;
        let new: Vec<Name> =
            wanted.into_iter().filter(|queue| !self.workers.iter().any(|one| one.queues.contains(queue))).collect();
        if !new.is_empty() {
            let config = self.config_for(Some(new))?;
            self.begin_worker(config);
        }
        Ok(())
    }

    /// Its handlers run on the application's runtime, and what listens to one worker hears all.
    pub(super) fn spawn_worker(&mut self, config: Config, pulses: Pulses) -> (JoinHandle<Worked>, Stop) {
        let worker = self.worker(config).tell(self.events.clone()).pulses(pulses);
        let stop = worker.stop();
        if self.workers.is_empty() {
            self.listen();
        }
        (self.main.spawn(worker.start()), stop)
    }

    fn listen(&mut self) {
        if worker_words(&self.written, &self.how).verbose {
            self.jobs_told = Some(log::Jobs::tell(&self.main, self.events.subscribe()));
        }
        if let Some(own) = self.beside.clone().filter(|_| !self.how.only_runs) {
            let living = beside::keep(own, self.opened.clone(), self.events.clone());
            self.beside_running = Some(self.main.spawn(living));
        }
    }
}
