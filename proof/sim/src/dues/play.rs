//! Lets a plan of schedules happen, then lets the faults stop and time pass, and says what was seen.

use std::sync::Arc;

use banto_core::{Lease, ScheduleName, State, Verdict};
use banto_engine::{steer, timetable::RUN_QUEUE};
use banto_store::{Claim, Clock, Finish, Order, Store};
use tokio::time::{Duration, sleep, timeout};

use crate::{
    clock::{Lent, Own, Tied},
    dues::{
        eyes::{Eyes, Scene},
        ledger::{Counts, Ledger},
        plan::{Action, Plan, SEATS},
        seat::Seat,
        timetable::NAMES,
    },
    kept::Kept,
    mutate::{Mutated, Mutation},
    plan::name,
    play::{Played, runtime},
};

/// How long everything is left alone after the last fault, in seconds of given time: a build that was superseded waits a
/// minute, and whoever is dead is known to be after a lease.
const SETTLE_S: u64 = 110;

/// Lets a plan happen, on this thread.
pub fn play(plan: &Plan, kept: Kept, mutation: Option<Mutation>) -> Result<Played<Counts>, String> {
    runtime()?.block_on(async {
        let tied = Arc::new(Tied::at(plan.begin_ms));
        let lent = (!plan.own_clock).then(|| Arc::new(Lent::new(tied.clone())));
        let clock: Arc<dyn Clock> = match &lent {
            Some(lent) => lent.clone(),
            None => tied.clone(),
        };
        let opened = kept.open(clock, plan.seed).await?;
        let store = match mutation {
            Some(mutation) => Arc::new(Mutated::new(opened.store.clone(), mutation)),
            None => opened.store.clone(),
        };
        let ledger = Ledger::new(&plan.editions, plan.own_clock)?;
        let scene = Scene::new(store, opened.memory.clone(), tied, lent, ledger);
        fastrand::seed(plan.seed);
        let mut played = Stage::new(scene, plan).play().await?;
        played.broken.extend(opened.broken().await);
        Ok(played)
    })
}

/// Where a plan happens.
struct Stage<'a> {
    scene: Arc<Scene>,
    plan: &'a Plan,
    people: Arc<dyn Store>,
    seats: [Option<Seat>; SEATS],
    strikes: u64,
    runs: Vec<(u64, Lease)>,
}

impl<'a> Stage<'a> {
    fn new(scene: Arc<Scene>, plan: &'a Plan) -> Stage<'a> {
        let clock = Arc::new(Own::new(scene.clock.clone()));
        let people: Arc<dyn Store> = Arc::new(Eyes::new(scene.clone(), 0, clock));
        Stage { scene, plan, people, seats: Default::default(), strikes: 0, runs: Vec::new() }
    }

    async fn play(mut self) -> Result<Played<Counts>, String> {
        for (wait_ms, action) in &self.plan.actions {
            self.pass(*wait_ms).await?;
            self.act(action).await?;
            if self.broken() {
                break;
            }
        }
        if !self.broken() {
            self.settle().await?;
        }
        for seat in self.seats.iter_mut().filter_map(Option::take) {
            self.strikes += seat.kill();
        }
        let mut ledger = self.scene.ledger();
        ledger.counts.strikes = self.strikes;
        Ok(Played {
            broken: ledger.broken.clone(),
            table: ledger.history.table(),
            fingerprint: ledger.history.fingerprint(),
            counts: ledger.counts,
        })
    }

    fn broken(&self) -> bool {
        !self.scene.ledger().broken.is_empty()
    }

    /// Lets time pass, a second at a time: jobs run and end, and what is owed is looked at.
    async fn pass(&mut self, mut ms: u64) -> Result<(), String> {
        while ms > 0 && !self.broken() {
            let step = ms.min(1_000);
            sleep(Duration::from_millis(step)).await;
            ms -= step;
            self.clear_seats().await;
            self.work().await?;
            self.scene.judge(|ledger, now| ledger.owed(now));
        }
        Ok(())
    }

    /// Frees the seats of schedulers that have left.
    async fn clear_seats(&mut self) {
        for seat in &mut self.seats {
            let Some(gone) = seat.take_if(|seat| seat.over()) else { continue };
            let (failed, wrong) = gone.ended().await;
            self.strikes += failed;
            self.scene.judge(|ledger, now| ledger.must(wrong.is_none(), now, || wrong.unwrap_or_default()));
        }
    }

    /// Runs what is there to run, and ends what has run long enough.
    async fn work(&mut self) -> Result<(), String> {
        let now = self.scene.now().age;
        let failed = |error| format!("run jobs: {error}");
        let (over, going): (Vec<_>, Vec<_>) = self.runs.drain(..).partition(|(end, _)| *end <= now);
        self.runs = going;
        let finishes: Vec<Finish> = over.into_iter().map(|(_, lease)| Finish { lease, verdict: done() }).collect();
        if !finishes.is_empty() {
            self.people.finish(finishes).await.map_err(failed)?;
        }
        let claim = Claim {
            instance: banto_core::InstanceId(1),
            queues: vec![name(RUN_QUEUE)],
            limit: 100,
            lease_ms: 3_600_000,
            adopt: Vec::new(),
        };
        let claimed = self.people.claim(claim).await.map_err(failed)?;
        for (job, lease) in claimed.jobs {
            let fire = job.options.fire.as_ref();
            let schedule = fire.and_then(|fire| NAMES.iter().position(|name| *name == fire.schedule.as_str()));
            let lasts_ms = schedule.and_then(|schedule| self.plan.lasts_ms.get(schedule)).copied().unwrap_or(0);
            self.runs.push((now + lasts_ms, lease));
        }
        Ok(())
    }

    async fn act(&mut self, action: &Action) -> Result<(), String> {
        match action {
            Action::Start { seat, edition } => self.start(*seat, *edition)?,
            Action::Stop { seat } => self.seat(*seat, Seat::stop),
            Action::Kill { seat } => {
                if let Some(seat) = self.seats.get_mut(*seat).and_then(Option::take) {
                    self.strikes += seat.kill();
                }
            }
            Action::Freeze { seat } => self.seat(*seat, |seat| seat.freeze(true)),
            Action::Thaw { seat } => self.seat(*seat, |seat| seat.freeze(false)),
            Action::Strikes { seat: Some(seat), percent } => self.seat(*seat, |seat| seat.strikes(*percent)),
            Action::Strikes { seat: None, percent } => {
                self.seats.iter().flatten().for_each(|seat| seat.strikes(*percent));
            }
            Action::Heal => self.seats.iter().flatten().for_each(|seat| seat.strikes(0)),
            Action::Jump { seat, ms } => {
                self.seat(*seat, |seat| seat.meddle(&format!("by {ms} ms"), |clock| clock.jump(*ms)));
            }
            Action::Pace { seat, pace } => {
                self.seat(*seat, |seat| seat.meddle(&format!("to {pace} times its pace"), |clock| clock.pace(*pace)));
            }
            Action::Right { seat } => self.seat(*seat, |seat| seat.meddle("right", Own::right)),
            Action::Pause { schedule, for_ms } => {
                let until = for_ms.map(|ms| self.scene.now().store.saturating_add_unsigned(ms));
                let (schedule, reason) = (schedule_name(*schedule), "on purpose".into());
                self.order(Order::PauseSchedule { schedule, reason, until }).await;
            }
            Action::Resume { schedule } => {
                self.order(Order::ResumeSchedule { schedule: schedule_name(*schedule) }).await;
            }
            Action::Wait => {}
        }
        Ok(())
    }

    fn seat(&self, seat: usize, act: impl FnOnce(&Seat)) {
        if let Some(seat) = self.seats.get(seat).and_then(Option::as_ref) {
            act(seat);
        }
    }

    fn start(&mut self, seat: usize, edition: usize) -> Result<(), String> {
        if let Some(free) = self.seats.get_mut(seat).filter(|seat| seat.is_none()) {
            *free = Some(Seat::start(&self.scene, self.plan, edition)?);
        }
        Ok(())
    }

    async fn order(&self, order: Order) {
        // What the store itself refuses, the eyes have seen.
        let _ = steer::steer(&self.people, order, "people", false).await;
    }

    /// The faults stop, every clock is right, somebody lives, and time passes.
    async fn settle(&mut self) -> Result<(), String> {
        for seat in self.seats.iter().flatten() {
            seat.strikes(0);
            seat.freeze(false);
            seat.meddle("right", Own::right);
        }
        for schedule in std::iter::once(None).chain((0..NAMES.len()).map(Some)) {
            self.order(Order::ResumeSchedule { schedule: schedule_name(schedule) }).await;
        }
        self.scene.judge(|ledger, now| {
            ledger.straight(now);
            ledger.note(0, now, "the faults are over");
        });
        // Whoever was told to stop and could not goes now.
        self.pass(3_000).await?;
        if self.seats.iter().all(Option::is_none) {
            self.start(0, 0)?;
        }
        self.pass(SETTLE_S * 1_000).await?;
        if self.broken() {
            return Ok(());
        }
        self.scene.judge(|ledger, now| ledger.all_served(now));
        self.seats.iter().flatten().for_each(Seat::stop);
        for seat in self.seats.iter_mut().filter_map(Option::take) {
            let who = seat.who;
            let (failed, wrong) = match timeout(Duration::from_secs(60), seat.ended()).await {
                Ok(ended) => ended,
                Err(_) => (0, Some(format!("scheduler {who} has not stopped after a minute"))),
            };
            self.strikes += failed;
            self.scene.judge(|ledger, now| ledger.must(wrong.is_none(), now, || wrong.unwrap_or_default()));
        }
        Ok(())
    }
}

fn schedule_name(schedule: Option<usize>) -> Option<ScheduleName> {
    schedule.and_then(|one| ScheduleName::new(NAMES.get(one)?).ok())
}

fn done() -> Verdict {
    Verdict { to: State::Done, delay_ms: 0, attempt: 1, crashes: 0, word: "done", error: None, park: None }
}
