//! Lets a plan happen, then lets the faults stop and time pass, and says what was seen.

use std::sync::Arc;

use banto_core::{Due, JobId, Label, Name, NewJob, Payload, Refusal, Unique};
use banto_engine::{Client, steer};
use banto_store::{Order as Command, Select, Store, faulty::Faulty};
use serde_json::json;
use tokio::time::{Duration, sleep, timeout};

use crate::{
    clock::Tied,
    kept::Kept,
    ledger::Counts,
    mutate::{Mutated, Mutation},
    plan::{Action, Form, Order, Plan, QUEUES, SEATS, name},
    team::{Seat, failed, struck},
    witness::{Scene, Witness},
};

/// What was seen.
#[derive(Debug, Clone)]
pub struct Played<C = Counts> {
    /// Promises broken, as sentences; none is well.
    pub broken: Vec<String>,
    /// The history as a table.
    pub table: String,
    /// Its fingerprint.
    pub fingerprint: u64,
    /// What was counted.
    pub counts: C,
}

/// How long things may take after the last fault, in seconds of given time.
const SETTLE_S: u64 = 1_800;

/// Lets a plan happen, on this thread.
pub fn play(plan: &Plan, kept: Kept, mutation: Option<Mutation>) -> Result<Played, String> {
    runtime()?.block_on(async {
        let clock = Arc::new(Tied::new());
        let opened = kept.open(clock.clone(), plan.seed).await?;
        let store = match mutation {
            Some(mutation) => Arc::new(Mutated::new(opened.store.clone(), mutation)),
            None => opened.store.clone(),
        };
        let scene = Scene::new(store, opened.memory.clone(), clock);
        // The engine draws its jitter and its identities from the thread's generator (and so did the folder its name).
        fastrand::seed(plan.seed);
        let mut played = Stage::new(scene, plan.seed).play(plan).await;
        played.broken.extend(opened.broken().await);
        Ok(played)
    })
}

/// Where time is given.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.map_err(|error| format!("make a runtime: {error}"))
}

/// Where a plan happens.
struct Stage {
    scene: Arc<Scene>,
    seats: [Option<Seat>; SEATS],
    desk: Faulty,
    client: Client,
    people: Arc<dyn Store>,
    enqueued: Vec<JobId>,
    jumped_ms: i64,
    furthest_ms: i64,
    strikes: u64,
    seed: u64,
}

impl Stage {
    fn new(scene: Arc<Scene>, seed: u64) -> Stage {
        let people: Arc<dyn Store> = Arc::new(Witness::new(scene.clone(), 0));
        let desk = Faulty::new(people.clone(), seed);
        let client = Client::seeded(Arc::new(desk.clone()), scene.clock.clone(), seed);
        let (seats, enqueued) = Default::default();
        Stage { scene, seats, desk, client, people, enqueued, jumped_ms: 0, furthest_ms: 0, strikes: 0, seed }
    }

    async fn play(mut self, plan: &Plan) -> Played {
        for (wait_ms, action) in &plan.actions {
            sleep(Duration::from_millis(*wait_ms)).await;
            self.clear_seats().await;
            self.act(action).await;
            if !self.scene.ledger().broken.is_empty() {
                break;
            }
        }
        if self.scene.ledger().broken.is_empty() {
            self.settle().await;
        }
        for seat in self.seats.into_iter().flatten() {
            self.strikes += seat.failed();
            seat.kill();
        }
        let mut ledger = self.scene.ledger();
        ledger.counts.strikes = self.strikes + failed(&self.desk);
        Played {
            broken: ledger.broken.clone(),
            table: ledger.history.table(),
            fingerprint: ledger.history.fingerprint(),
            counts: ledger.counts,
        }
    }

    /// Frees the seats of workers that have left.
    async fn clear_seats(&mut self) {
        for seat in &mut self.seats {
            let Some(gone) = seat.take_if(|seat| seat.over()) else { continue };
            self.strikes += gone.failed();
            if let Some(wrong) = gone.ended().await {
                self.scene.judge(|ledger, now| ledger.must(false, now, || wrong));
            }
        }
    }

    async fn act(&mut self, action: &Action) {
        match action {
            Action::Enqueue(orders) => self.enqueue(orders).await,
            Action::Start { seat, build } => self.start(*seat, *build),
            Action::Stop { seat } => self.seat(*seat, |seat| seat.stop(false)),
            Action::StopNow { seat } => self.seat(*seat, |seat| seat.stop(true)),
            Action::Kill { seat } => {
                if let Some(seat) = self.seats.get_mut(*seat).and_then(Option::take) {
                    self.strikes += seat.failed();
                    seat.kill();
                }
            }
            Action::Freeze { seat } => self.seat(*seat, |seat| seat.freeze(true)),
            Action::Thaw { seat } => self.seat(*seat, |seat| seat.freeze(false)),
            Action::Strikes { seat: Some(seat), percent } => self.seat(*seat, |seat| seat.strikes(*percent)),
            Action::Strikes { seat: None, percent } => {
                self.seats.iter().flatten().for_each(|seat| seat.strikes(*percent));
                struck(&self.desk, *percent);
            }
            Action::Heal => self.heal(),
            Action::Jump { ms } => self.jump(*ms),
            Action::Pause { queue, for_ms } => self.pause(*queue, *for_ms).await,
            Action::Resume { queue } => self.resume(*queue).await,
            Action::Cancel { job } => self.order_on(*job, Command::Cancel).await,
            Action::Retry { job } => self.order_on(*job, Command::Retry).await,
            Action::Release => self.order(Command::Release(Select::default())).await,
            Action::Restart => {
                self.seats.iter().flatten().for_each(|seat| self.scene.ledger().stopping(seat.who));
                self.order(Command::Restart).await;
            }
        }
    }

    fn seat(&self, seat: usize, act: impl FnOnce(&Seat)) {
        if let Some(seat) = self.seats.get(seat).and_then(Option::as_ref) {
            act(seat);
        }
    }

    fn start(&mut self, seat: usize, build: u8) {
        if let Some(free) = self.seats.get_mut(seat).filter(|seat| seat.is_none()) {
            *free = Some(Seat::start(&self.scene, build, self.seed));
        }
    }

    async fn enqueue(&mut self, orders: &[Order]) {
        let mut jobs = Vec::new();
        for order in orders {
            let Ok(job) = row(order, self.client.id()) else { continue };
            self.scene.ledger().orders.insert(job.id, order.clone());
            self.enqueued.push(job.id);
            jobs.push(job);
        }
        match self.client.put(jobs).await {
            Ok(answers) => self.scene.ledger().acked(answers.iter().map(|answer| answer.id)),
            Err(error) => self.scene.judge(|ledger, now| ledger.note(0, now, format!("could not {error}"))),
        }
    }

    fn jump(&mut self, ms: i64) {
        self.scene.clock.jump(ms);
        self.jumped_ms += ms;
        self.furthest_ms = self.furthest_ms.max(self.jumped_ms);
        self.scene.judge(|ledger, now| ledger.note(0, now, format!("set the wall clock by {ms} ms")));
    }

    async fn pause(&self, queue: usize, for_ms: Option<u64>) {
        let name = queue_name(queue);
        let until = for_ms.map(|ms| self.scene.now().wall.saturating_add_unsigned(ms));
        self.scene.ledger().paused.insert(name.to_string(), until);
        self.order(Command::Pause { queue: name, reason: "on purpose".into(), until }).await;
    }

    async fn resume(&self, queue: usize) {
        let name = queue_name(queue);
        self.scene.ledger().paused.remove(name.as_str());
        self.order(Command::Resume { queue: name }).await;
    }

    async fn order_on(&self, job: usize, command: fn(Select) -> Command) {
        if let Some(id) = self.enqueued.get(job) {
            self.order(command(Select::ids([*id]))).await;
        }
    }

    async fn order(&self, command: Command) {
        // What the store itself refuses, the witness has seen.
        let _ = steer::steer(&self.people, command, "people", false).await;
    }

    fn heal(&self) {
        self.seats.iter().flatten().for_each(|seat| seat.strikes(0));
        struck(&self.desk, 0);
    }

    /// The faults stop, a worker of the newest build lives, and time passes.
    async fn settle(&mut self) {
        self.heal();
        self.seats.iter().flatten().for_each(|seat| seat.freeze(false));
        for queue in 0..QUEUES.len() {
            self.resume(queue).await;
        }
        // What was put off while the wall clock stood further on is due then.
        self.jump(self.furthest_ms - self.jumped_ms);
        self.scene.judge(|ledger, now| ledger.note(0, now, "the faults are over"));
        for _ in 0..SETTLE_S {
            self.clear_seats().await;
            let newest = |seat: &&Option<Seat>| seat.as_ref().is_some_and(|seat| seat.build == 2 && !seat.stopping());
            if self.seats.iter().find(newest).is_none() {
                match self.seats.iter().position(Option::is_none) {
                    Some(free) => self.start(free, 2),
                    None => self.seat(0, |seat| seat.stop(false)),
                }
            }
            sleep(Duration::from_secs(1)).await;
            let ledger = self.scene.ledger();
            if ledger.open().is_empty() || !ledger.broken.is_empty() {
                break;
            }
        }
        self.scene.judge(|ledger, now| ledger.all_settled(now));
        self.go_home().await;
    }

    /// Everybody stops, soon and in order.
    async fn go_home(&mut self) {
        self.seats.iter().flatten().for_each(|seat| seat.stop(false));
        for seat in self.seats.iter_mut().filter_map(Option::take) {
            self.strikes += seat.failed();
            let who = seat.who;
            let wrong = match timeout(Duration::from_secs(60), seat.ended()).await {
                Ok(wrong) => wrong,
                Err(_) => Some(format!("worker {who} has not stopped after a minute")),
            };
            self.scene.judge(|ledger, now| ledger.must(wrong.is_none(), now, || wrong.unwrap_or_default()));
        }
    }
}

fn queue_name(queue: usize) -> Name {
    name(QUEUES.get(queue).unwrap_or(&"elsewhere"))
}

/// The row that a client sends.
fn row(order: &Order, id: JobId) -> Result<NewJob, Refusal> {
    let (kind, version) = match order.form {
        Form::First | Form::Garbled => ("play", 1),
        Form::Second => ("play", 2),
        Form::Old => ("play.old", 1),
        Form::New => ("play.new", 1),
        Form::Unknown => ("play.none", 1),
    };
    let payload = match order.form {
        Form::First | Form::Old | Form::Unknown => json!({ "acts": order.script }),
        Form::Second | Form::New => json!({ "script": order.script }),
        Form::Garbled => json!(["neither", "nor"]),
    };
    let mut job = NewJob::new(id, name(kind), queue_name(order.queue), Payload::of(&payload)?);
    job.version = version;
    job.priority = order.priority;
    job.attempts_max = Some(order.attempts_max);
    job.options.timeout_ms = order.timeout_ms;
    if order.delay_ms > 0 {
        job.due = Due::In(order.delay_ms);
    }
    if let Some((key, hold)) = order.key {
        job.unique = Some(Unique { key: Label::new(&format!("key-{key}"))?, hold });
    }
    Ok(job)
}
