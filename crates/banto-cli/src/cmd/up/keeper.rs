//! The keeper: begins every part, begins anew what ends although nobody asked, and stops all in order.

use std::{path::PathBuf, sync::Arc};

use banto_core::Name;
use banto_engine::{
    Config, Events, Halt, Layer, Registry, Report, Scheduler, Stop, Unfit, Worker, scheduler::Watch,
    timetable::Current,
};
use banto_store::{Clock, Store};
use tokio::{runtime::Handle, sync::mpsc, task::JoinHandle};

use super::{
    End, How,
    programs::Programs,
    serve::{self, Asked},
    slot::{Slot, Turn},
    worker_words, works_kinds,
};
use crate::{
    app::{Beside, Opened},
    cmd::{
        Desk,
        schedule::run as tick,
        signals::{Order, Signals},
        work,
    },
    exit::{Exit, Failure},
    given::{Given, Written},
    log,
    mean::{self, schedule::Part},
};

type Watched = Result<Watch, Unfit>;
type Worked = Result<Report, Unfit>;

/// A worker: where it stands, how it is told to stop, and what it takes from.
struct Working {
    slot: Slot<Worked>,
    stop: Stop,
    queues: Vec<Name>,
}

/// What keeps everything running.
pub(super) struct Keeper {
    pub(super) given: Given,
    pub(super) written: Written,
    pub(super) how: How,
    pub(super) kinds: Option<Registry>,
    pub(super) current: Arc<Current>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) programs: Programs,
    store: Arc<dyn Store>,
    opened: Opened,
    app: String,
    layers: Vec<Arc<dyn Layer>>,
    beside: Option<Beside>,
    main: Handle,
    scheduler: Option<(Slot<Watched>, Stop)>,
    workers: Vec<Working>,
    beside_running: Vec<JoinHandle<()>>,
    end: Option<End>,
}

/// What the keeper hears next.
enum Next {
    Order(Order),
    Asked(Asked),
    Scheduler(Turn<Watched>),
    Worker(usize, Turn<Worked>),
}

impl Keeper {
    /// A keeper to be.
    pub fn new(
        desk: &Desk<'_>,
        given: Given,
        written: Written,
        how: How,
        kinds: Option<Registry>,
        current: Arc<Current>,
    ) -> Result<Keeper, Failure> {
        let clock = desk.clock();
        let keeper = Keeper {
            programs: Programs::none(clock.clone()),
            given,
            written,
            how,
            kinds,
            current,
            clock,
            store: desk.store().clone(),
            opened: desk.opened.clone(),
            app: desk.app.name.clone(),
            layers: desk.app.layers.clone(),
            beside: desk.app.beside.clone(),
            main: Handle::current(),
            scheduler: None,
            workers: Vec::new(),
            beside_running: Vec::new(),
            end: None,
        };
        // What does not fit is said now, before anything runs.
        keeper.worker(keeper.config()?).preflight().map_err(work::unfit)?;
        keeper.scheduler()?;
        Ok(keeper)
    }

    /// Begins all, keeps all, ends all.
    pub async fn live(mut self, mut signals: Signals, folder: Result<PathBuf, String>) -> Result<End, Failure> {
        for notice in self.store.about().notices {
            tracing::warn!(notice, "the store has something to say");
        }
        let (asks, mut asked) = mpsc::channel(16);
        let door = serve::open(folder, asks);
        let reaping = self.adopts_orphans();
        self.begin_all().await?;
        while self.end.is_none() {
            match self.next(&mut signals, &mut asked).await {
                Next::Order(Order::Stop(signal)) => {
                    tracing::info!(signal, "told to stop; once more stops at once");
                    self.ends(Exit::Well, Order::Stop(signal).reason());
                }
                Next::Order(order @ Order::Now(..)) => self.ends(Exit::Hurried, order.reason()),
                Next::Order(Order::Reload) => drop(self.reload("HUP was received").await),
                Next::Asked(asked) => serve::answer(&mut self, asked).await,
                Next::Scheduler(turn) => self.scheduler_turned(turn)?,
                Next::Worker(at, turn) => self.worker_turned(at, turn)?,
            }
        }
        drop(door);
        let end = self.wind_down(&mut signals).await;
        if let Some(reaping) = reaping {
            reaping.abort();
        }
        Ok(end)
    }

    /// The duties of PID 1, for whoever keeps programs.
    fn adopts_orphans(&self) -> Option<JoinHandle<()>> {
        if !self.how.parts.contains(&Part::Programs) {
            return None;
        }
        if let Err(error) = banto_process::reap::adopt_orphans() {
            tracing::warn!(%error, "orphans of programs are left to this machine's first process");
        }
        Some(tokio::spawn(banto_process::reap::reap(|pid| tracing::debug!(pid, "an orphan was laid to rest"))))
    }

    async fn begin_all(&mut self) -> Result<(), Failure> {
        if self.how.parts.contains(&Part::Programs) {
            let programs = self.written.programs.clone();
            let begun = self.programs.become_these(programs).await;
            begun.map_err(|unfit| Failure::new(Exit::Unfit, unfit.to_string()))?;
        }
        if self.how.parts.contains(&Part::Workers) {
            let config = self.config()?;
            self.begin_worker(config);
        }
        if self.how.parts.contains(&Part::Schedules) {
            let scheduler = self.scheduler()?;
            let stop = scheduler.stop();
            let slot = Slot::of(tokio::spawn(scheduler.run()), self.clock.steady_ms());
            self.scheduler = Some((slot, stop));
        }
        let (schedules, programs) = (self.written.timetable.entries().count(), self.programs.status().len());
        let queues: Vec<&str> = self.workers.iter().flat_map(|one| &one.queues).map(Name::as_str).collect();
        tracing::info!(schedules, programs, queues = queues.join(","), "working");
        Ok(())
    }

    async fn next(&mut self, signals: &mut Signals, asked: &mut mpsc::Receiver<Asked>) -> Next {
        let scheduler = async {
            match &mut self.scheduler {
                Some((slot, _)) => slot.turn().await,
                None => std::future::pending().await,
            }
        };
        let workers = async {
            let turns = self.workers.iter_mut().enumerate().map(|(at, working)| {
                Box::pin(async move { (at, working.slot.turn().await) })
            });
            let turns: Vec<_> = turns.collect();
            first(turns).await
        };
        tokio::select! { biased;
            Some(order) = signals.orders.recv() => Next::Order(order),
            turn = scheduler => Next::Scheduler(turn),
            (at, turn) = workers => Next::Worker(at, turn),
            Some(asked) = asked.recv() => Next::Asked(asked),
        }
    }

    fn ends(&mut self, exit: Exit, reason: impl Into<String>) {
        self.end.get_or_insert(End { exit, reason: reason.into(), stuck: false });
    }

    fn scheduler_turned(&mut self, turn: Turn<Watched>) -> Result<(), Failure> {
        let why = match turn {
            Turn::Begin => return self.begin_scheduler(),
            Turn::Ended(Ok(Ok(watch))) if watch.halt == Halt::Store => {
                // Trying again mends nothing.
                self.ends(Exit::Damaged, watch.reason);
                return Ok(());
            }
            Turn::Ended(Ok(Ok(watch))) if watch.halt == Halt::Restart => {
                tracing::info!(reason = watch.reason, "the scheduler is begun anew");
                return self.begin_scheduler();
            }
            Turn::Ended(Ok(Ok(watch))) => watch.reason,
            Turn::Ended(Ok(Err(unfit))) => unfit.to_string(),
            Turn::Ended(Err(broke)) => broke,
        };
        let now = self.clock.steady_ms();
        if let Some((slot, _)) = &mut self.scheduler {
            let wait_ms = slot.rests(now).as_millis();
            tracing::error!(why, wait_ms, "the scheduler has ended although nobody asked; it is begun anew");
        }
        Ok(())
    }

    /// Begins the scheduler anew, in its place.
    pub(super) fn begin_scheduler(&mut self) -> Result<(), Failure> {
        let scheduler = self.scheduler()?;
        let (own, now) = (scheduler.stop(), self.clock.steady_ms());
        if let Some((slot, stop)) = &mut self.scheduler {
            *stop = own;
            slot.begun(tokio::spawn(scheduler.run()), now);
        }
        Ok(())
    }

    /// Stops the scheduler and waits for its end, for another to take its place.
    pub(super) async fn end_scheduler(&mut self, reason: &str) {
        if let Some((slot, stop)) = &mut self.scheduler {
            stop.graceful(reason);
            slot.end().await;
        }
    }

    fn worker_turned(&mut self, at: usize, turn: Turn<Worked>) -> Result<(), Failure> {
        let why = match turn {
            Turn::Begin => {
                let Some(queues) = self.workers.get(at).map(|one| one.queues.clone()) else { return Ok(()) };
                let config = self.config_for(Some(queues))?;
                let (running, stop) = self.spawn_worker(config);
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

    fn heeds_nobody(&mut self, report: &Report) {
        for (job, kind) in &report.left {
            tracing::error!(%job, %kind, "the run did not stop; it ends with the process, and the job will run again");
        }
        if let Some(end) = self.end.as_mut().filter(|_| !report.left.is_empty()) {
            (end.stuck, end.exit) = (true, Exit::Stuck);
        }
    }

    fn scheduler(&self) -> Result<Scheduler, Failure> {
        let config = mean::schedule::scheduler(&self.how.typed, &self.app, &self.written.scheduler)?;
        Ok(Scheduler::new(self.store.clone(), self.current.get(), config).clock(self.clock.clone()))
    }

    /// The worker's configuration: every queue that it is for.
    fn config(&self) -> Result<Config, Failure> {
        self.config_for(None)
    }

    fn config_for(&self, only: Option<Vec<Name>>) -> Result<Config, Failure> {
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
                config.queues.push(banto_engine::config::QueueWeight { queue, weight });
            }
        }
        Ok(config)
    }

    fn worker(&self, config: Config) -> Worker {
        let mut registry = self.kinds.clone().unwrap_or_else(|| Registry::new(self.written.timetable.build.as_str()));
        self.current.clone().work_in(&mut registry);
        let mut worker = Worker::new(self.store.clone(), registry, config).clock(self.clock.clone());
        for layer in &self.layers {
            worker = worker.layer(work::Again(layer.clone()));
        }
        worker
    }

    fn begin_worker(&mut self, config: Config) {
        let queues = config.queues.iter().map(|own| own.queue.clone()).collect();
        let (running, stop) = self.spawn_worker(config);
        let slot = Slot::of(running, self.clock.steady_ms());
        self.workers.push(Working { slot, stop, queues });
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

    /// Its handlers run on the application's runtime.
    fn spawn_worker(&mut self, config: Config) -> (JoinHandle<Worked>, Stop) {
        let worker = self.worker(config);
        let (stop, events): (Stop, Events) = (worker.stop(), worker.events());
        if worker_words(&self.written, &self.how).verbose {
            self.main.spawn(log::lines(events.subscribe()));
        }
        if let Some(beside) = self.beside.as_ref().filter(|_| !self.how.only_runs && self.beside_running.is_empty()) {
            self.beside_running.push(self.main.spawn(beside(self.opened.clone(), events)));
        }
        (self.main.spawn(worker.start()), stop)
    }

    /// Stops the scheduler, then runs, then programs, each with its grace; a second order stops all at once.
    async fn wind_down(mut self, signals: &mut Signals) -> End {
        let mut end = self.end.take().unwrap_or(End { exit: Exit::Well, reason: String::new(), stuck: false });
        let reason = end.reason.clone();
        let mut hurried = end.exit == Exit::Hurried;
        tracing::info!(reason, "stopping: the scheduler, then runs, then programs");
        if hurried {
            self.stop_now(&reason);
        }
        self.end_scheduler(&reason).await;
        for one in &self.workers {
            one.stop.graceful(reason.as_str());
        }
        let mut reports = Vec::new();
        for at in 0..self.workers.len() {
            let ended = self.hurriedly(signals, &mut hurried, &mut end, at).await;
            reports.extend(ended.and_then(Result::ok).and_then(Result::ok));
        }
        self.programs.stop_all(hurried);
        self.programs_end(signals, &mut hurried, &mut end).await;
        self.beside_running.iter().for_each(JoinHandle::abort);
        self.end = Some(end);
        for report in &reports {
            let ended: Vec<String> = report.ended.iter().map(|(word, count)| format!("{word} {count}")).collect();
            tracing::info!(ended = ended.join(", "), late = report.late, "the worker has stopped");
            self.heeds_nobody(report);
        }
        self.end.take().unwrap_or(End { exit: Exit::Well, reason, stuck: false })
    }

    fn stop_now(&mut self, reason: &str) {
        for one in &self.workers {
            one.stop.now(reason);
        }
        self.programs.stop_all(true);
    }

    /// The end of one worker; a second signal on the way hurries all.
    async fn hurriedly(
        &mut self,
        signals: &mut Signals,
        hurried: &mut bool,
        end: &mut End,
        at: usize,
    ) -> Option<Result<Worked, String>> {
        loop {
            let order = {
                let one = self.workers.get_mut(at)?;
                tokio::select! { biased;
                    ended = one.slot.end() => return ended,
                    Some(order) = signals.orders.recv() => order,
                }
            };
            self.hurry(order, hurried, end);
        }
    }

    async fn programs_end(&mut self, signals: &mut Signals, hurried: &mut bool, end: &mut End) {
        loop {
            let order = tokio::select! { biased;
                () = self.programs.ended() => return,
                Some(order) = signals.orders.recv() => order,
            };
            self.hurry(order, hurried, end);
        }
    }

    fn hurry(&mut self, order: Order, hurried: &mut bool, end: &mut End) {
        if let Order::Now(_, signal) = order {
            tracing::warn!(signal, "told a second time: stopping at once");
            (*hurried, end.exit, end.reason) = (true, Exit::Hurried, order.reason());
            let reason = end.reason.clone();
            self.stop_now(&reason);
        }
    }
}

/// The first of several that is ready; for ever, if there is none.
async fn first<T>(mut waits: Vec<std::pin::Pin<Box<impl Future<Output = T>>>>) -> T {
    std::future::poll_fn(move |context| {
        for wait in &mut waits {
            if let std::task::Poll::Ready(ready) = wait.as_mut().poll(context) {
                return std::task::Poll::Ready(ready);
            }
        }
        std::task::Poll::Pending
    })
    .await
}
