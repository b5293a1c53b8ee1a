//! The keeper: begins every part, begins anew what ends although nobody asked, and stops all in order.

use std::{path::PathBuf, sync::Arc};

use banto_core::Name;
use banto_engine::{Events, Layer, Registry, Stop, timetable::Current};
use banto_store::{Clock, Store};
use banto_web::Served;
use tokio::{runtime::Handle, sync::mpsc, task::JoinHandle};

use super::{
    End, How,
    programs::Programs,
    scheduling::Watched,
    serve::{self, Asked},
    slot::{Slot, Turn},
    workers::{Worked, Working},
};
use crate::{
    app::{Beside, Opened},
    cmd::{
        Desk,
        signals::{Order, Signals},
        work,
    },
    exit::{Exit, Failure},
    given::{Given, Written},
    health::{self, Door, Told, Vitals},
    log,
    mean::{self, schedule::Part},
};

/// The number of a container's first process: every orphan becomes its child.
const FIRST_PROCESS: u32 = 1;

/// What keeps everything running.
pub(super) struct Keeper {
    pub(super) given: Given,
    pub(super) written: Written,
    pub(super) how: How,
    pub(super) kinds: Option<Registry>,
    pub(super) current: Arc<Current>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) programs: Programs,
    pub(super) store: Arc<dyn Store>,
    pub(super) opened: Opened,
    pub(super) app: String,
    pub(super) layers: Vec<Arc<dyn Layer>>,
    pub(super) beside: Option<Beside>,
    pub(super) main: Handle,
    pub(super) scheduler: Option<(Slot<Watched>, Stop)>,
    pub(super) workers: Vec<Working>,
    pub(super) beside_running: Option<JoinHandle<()>>,
    /// Who tells of their jobs, if that is wanted.
    pub(super) jobs_told: Option<log::Jobs>,
    /// Where all its workers tell theirs.
    pub(super) events: Events,
    pub(super) end: Option<End>,
    pub(super) vitals: Vitals,
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
            beside_running: None,
            jobs_told: None,
            events: Events::default(),
            end: None,
            vitals: Vitals::default(),
        };
        // What does not fit is said now, before anything runs.
        keeper.worker(keeper.config()?).preflight().map_err(work::unfit)?;
        keeper.scheduler()?;
        Ok(keeper)
    }

    /// From now on it tells how its parts are, if there is a door to be asked at.
    pub fn tells(&mut self, desk: &Desk<'_>, door: Option<Door>) -> Result<Option<Served>, Failure> {
        let keeps = |part| self.how.parts.contains(&part);
        let programs = self.programs.shown();
        let told = Told {
            build: Some(self.written.timetable.build.clone()),
            schedules: keeps(Part::Schedules).then(|| self.current.clone()),
            programs: keeps(Part::Programs).then(|| Arc::new(move || programs.status()) as _),
        };
        let name = mean::schedule::scheduler(&self.how.typed, &self.app, &self.written.scheduler)?.name;
        let (vitals, served) = health::serve(desk, door, name, told)?;
        self.vitals = vitals;
        Ok(served)
    }

    /// Begins all, keeps all, ends all.
    pub async fn live(mut self, mut signals: Signals, folders: Result<Vec<PathBuf>, String>) -> Result<End, Failure> {
        log::store(&self.store.about());
        let (asks, mut asked) = mpsc::channel(16);
        let door = serve::open(folders, asks).await;
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
        self.vitals.stopping(self.end.as_ref().map_or("", |end| &end.reason));
        let end = self.wind_down(&mut signals).await;
        if let Some(reaping) = reaping {
            reaping.abort();
        }
        Ok(end)
    }

    /// The duties of PID 1, for whoever keeps programs, and for whoever is the first process of a container: there is nobody else.
    fn adopts_orphans(&self) -> Option<JoinHandle<()>> {
        let programs = self.how.parts.contains(&Part::Programs);
        if !programs && std::process::id() != FIRST_PROCESS {
            return None;
        }
        if programs && let Err(error) = banto_process::reap::adopt_orphans() {
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
            let turns = self
                .workers
                .iter_mut()
                .enumerate()
                .map(|(at, working)| Box::pin(async move { (at, working.slot.turn().await) }));
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

    pub(super) fn ends(&mut self, exit: Exit, reason: impl Into<String>) {
        self.end.get_or_insert(End { exit, reason: reason.into(), stuck: false });
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
