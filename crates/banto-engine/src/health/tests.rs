//! What is well and what is ill, part by part, on a given clock; and that nothing foreign holds an answer up.

use std::time::Duration;

use banto_core::{ScheduleDraft, schedule};
use banto_store::{
    GivenClock, Instance, Order, Status as Is, Steer, Store as _,
    faulty::{Faulty, Verb},
    memory::Memory,
};

use super::*;
use crate::{Does, Job, Scheduler, SchedulerConfig, Timetable, supervise::Phase, worker::Duty};

const BEGIN_MS: i64 = 1_893_456_000_000;
const LIMITS: Limits = Limits {
    tick_ms_max: 300_000,
    stall_ms_max: 60_000,
    unworked_ms_max: 60_000,
    age_ms_max: None,
    parked_max: None,
    died_max: None,
};

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Letter;

impl Job for Letter {
    const KIND: &'static str = "letter";
}

/// A process with a scheduler, whose parts are played by the test.
pub struct House {
    pub clock: GivenClock,
    pub memory: Memory,
    store: Faulty,
    timetable: Arc<Timetable>,
    pulse: Pulse<Standing>,
    pub parts: Parts,
}

impl House {
    pub fn new() -> House {
        let clock = GivenClock::at(BEGIN_MS);
        let memory = Memory::new(Arc::new(clock.clone()), 1);
        let store = Faulty::new(Arc::new(memory.clone()), 1);
        let mut timetable = Timetable::new(name("shop"), "b1");
        let every = |named, draft: fn(ScheduleDraft) -> ScheduleDraft| draft(schedule(named)).command(["true"]);
        timetable.add(every("redis:monitor", ScheduleDraft::every_minute));
        timetable.add(every("nightly", ScheduleDraft::daily));
        let (timetable, pulse) = (Arc::new(timetable), Pulse::default());
        let parts = Parts {
            name: name("shop"),
            build: "b1".into(),
            clock: Arc::new(clock.clone()),
            store: Arc::new(store.clone()),
            folders: Vec::new(),
            schedules: Some((Arc::new(Current::new(timetable.clone())), pulse.clone())),
            programs: None,
            handlers: Handle::current(),
            checks: Vec::new(),
            limits: LIMITS,
        };
        House { clock, memory, store, timetable, pulse, parts }
    }

    pub fn health(&self) -> Health {
        Health::new(self.parts.clone())
    }

    pub fn now(&self) -> Moment {
        Moment::now(&self.clock)
    }

    /// The scheduler ticks and leads.
    pub fn ticks(&self) {
        self.pulse.begin(self.now(), Standing::Starting);
        self.pulse.tick(self.now(), Standing::Leads);
    }

    /// A scheduler of this service fires what is due, under that number.
    pub async fn fires(&self, by: u64) {
        let config = SchedulerConfig::new(name("clock"));
        let store: Arc<dyn Store> = Arc::new(self.memory.clone());
        let scheduler = Scheduler::new(store, self.timetable.clone(), config).clock(Arc::new(self.clock.clone()));
        scheduler.seed(by).once().await.unwrap().unwrap();
    }

    pub async fn orders(&self, order: Order) {
        self.memory.steer(Steer { order, by: "ada".into(), preview: false }).await.unwrap();
    }

    /// An instance says that it lives: a scheduler of the shop, or a worker on a queue.
    pub async fn beats(&self, id: u64, pid: u32, queue: Option<&str>) {
        self.memory.beat(instance(id, pid, queue)).await.unwrap();
    }
}

fn instance(id: u64, pid: u32, queue: Option<&str>) -> Instance {
    Instance {
        id: banto_core::InstanceId(id),
        name: name("other"),
        host: "host-b".parse().unwrap(),
        pid,
        build: "b1".parse().unwrap(),
        kinds: Vec::new(),
        queues: queue.map(name).into_iter().collect(),
        service: queue.is_none().then(|| name("shop")),
        concurrency: u32::from(queue.is_some()),
        busy: 0,
        status: Is::Working,
        reason: None,
    }
}

impl Health {
    /// Everything is asked once, now, and answers.
    pub async fn looks(&self) {
        let Parts { store, clock, schedules, limits, .. } = &self.0.parts;
        let current = schedules.as_ref().map(|(current, _)| current.clone());
        let looker = Looker::new(store.clone(), clock.clone(), current, limits.tick_ms_max);
        let look = looker.look().await.map_err(|error| error.to_string());
        self.0.store.told(self.now(), self.now(), look);
        self.0.handlers.told(self.now(), self.now(), Ok(()));
        self.0.checks.iter().for_each(|(_, ask)| ask.told(self.now(), self.now(), Ok(())));
    }

    #[track_caller]
    fn ill(&self, of: &str, why: &str) {
        let Answer { well, body } = self.process();
        assert!(!well && body["status"] == "unhealthy", "{body:#}");
        let part = body["parts"].as_array().unwrap().iter().find(|part| part["part"] == of).unwrap();
        assert_eq!(part["status"], "unhealthy", "{body:#}");
        assert!(part["reason"].as_str().unwrap().contains(why) && part["since"].is_i64(), "{part:#}");
        let mut reasons = body["reasons"].as_array().unwrap().iter();
        assert!(reasons.any(|reason| reason.as_str().unwrap().contains(why)), "{body:#}");
    }

    #[track_caller]
    fn well(&self) {
        let Answer { well, body } = self.process();
        assert!(well && body["status"] == "healthy" && body["reasons"] == serde_json::json!([]), "{body:#}");
    }
}

#[tokio::test]
async fn a_process_that_works_says_so_part_by_part() {
    let house = House::new();
    let health = house.health();
    health.ill("store", "it has not answered yet");
    health.looks().await;
    house.ticks();
    let pulses = health.worker();
    pulses.beat.tick(house.now(), Duty::Waiting);
    pulses.claim.tick(house.now(), Duty::Waiting);
    health.well();
    let body = health.process().body;
    let parts: Vec<&str> =
        body["parts"].as_array().unwrap().iter().map(|part| part["part"].as_str().unwrap()).collect();
    assert_eq!(parts, ["store", "scheduler", "worker", "handlers"]);
    assert!(body["parts"].as_array().unwrap().iter().all(|part| !part["reason"].as_str().unwrap().is_empty()));
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["at", "durability", "notices", "parts", "process", "reasons", "status"],
        "docs/health.md promises these"
    );
    health.stopping("TERM was received");
    health.stopping("another word");
    health.ill("process", "it stops: TERM was received");
}

#[tokio::test]
async fn d15_a_scheduler_that_does_not_tick_is_ill_whoever_else_lives() {
    let house = House::new();
    let health = house.health();
    house.ticks();
    house.fires(7).await;
    house.clock.pass(300_000);
    house.fires(8).await;
    house.beats(8, 80, None).await;
    health.looks().await;
    health.well();
    let answer = health.schedules().unwrap();
    assert!(answer.well && answer.body["overdue"].is_null(), "{:#}", answer.body);
    house.clock.pass(1);
    health.looks().await;
    health.ill("scheduler", "it has not ticked for 5 min, and 5 min are allowed (leads)");
    let Answer { well, body } = health.schedules().unwrap();
    assert!(!well, "{body:#}");
    let other = &body["instances"][0];
    assert_eq!(
        (&other["is"], &other["pid"], &other["leads"], &other["own"]),
        (&"working".into(), &80.into(), &true.into(), &false.into())
    );
    house.ticks();
    health.well();
}

#[tokio::test]
async fn one_that_was_never_begun_or_never_ticked_is_ill_after_its_time_too() {
    let house = House::new();
    let health = house.health();
    house.clock.pass(300_001);
    health.looks().await;
    health.ill("scheduler", "(starting)");
    house.pulse.begin(house.now(), Standing::Starting);
    health.well();
    house.clock.pass(150_000);
    house.pulse.say(house.now(), Standing::StoreDown { error: "fire: the \x1b[2J store is gone".into() });
    house.clock.pass(150_001);
    health.looks().await;
    health.ill("scheduler", "(store_down: could not fire: the \\u{1b}[2J store is gone)");
}

#[tokio::test]
async fn a_frozen_neighbour_is_listed_and_makes_nobody_else_ill() {
    let house = House::new();
    let health = house.health();
    house.fires(7).await;
    house.beats(9, 90, None).await;
    house.clock.pass(60_000);
    house.ticks();
    house.fires(8).await;
    house.beats(8, 80, None).await;
    health.looks().await;
    let Answer { well, body } = health.schedules().unwrap();
    assert!(well, "{body:#}");
    let listed = body["instances"].as_array().unwrap();
    let frozen = listed.iter().find(|one| one["pid"] == 90).unwrap();
    assert_eq!((&frozen["is"], &frozen["silent_ms"]), (&"silent".into(), &60_000.into()), "{body:#}");
    assert_eq!(listed.len(), 2, "those that left in order are not listed: {body:#}");
}

#[tokio::test]
async fn a_scheduler_of_another_service_is_not_listed_among_this_ones() {
    let house = House::new();
    let health = house.health();
    house.ticks();
    house.beats(8, 80, None).await;
    for (id, pid, service) in [(9, 90, Some(name("office"))), (10, 100, None)] {
        house.memory.beat(Instance { service, ..instance(id, pid, None) }).await.unwrap();
    }
    health.looks().await;
    let Answer { body, .. } = health.schedules().unwrap();
    let mut pids: Vec<_> =
        body["instances"].as_array().unwrap().iter().map(|one| (one["pid"].clone(), one["service"].clone())).collect();
    pids.sort_by_key(|(pid, _)| pid.as_u64());
    let of_before = (100.into(), serde_json::Value::Null);
    assert_eq!(pids, [(80.into(), "shop".into()), of_before], "one of an older build may be ours: {body:#}");
}

/// Who is killed or frozen cannot answer for itself.
#[tokio::test]
async fn any_process_answers_for_each_scheduler_of_the_store() {
    let house = House::new();
    let health = house.health();
    let Answer { well, body } = health.scheduler("other").unwrap();
    assert!(!well && body["instance"].is_null(), "nobody knows before the store has answered: {body:#}");
    house.beats(9, 90, None).await;
    house.beats(7, 70, Some("mail")).await;
    health.looks().await;
    assert!(health.scheduler("nobody").is_none() && health.scheduler("0000000000000007").is_none(), "no scheduler");
    for which in ["other", "0000000000000009"] {
        let Answer { well, body } = health.scheduler(which).unwrap();
        assert!(well && body["instance"]["pid"] == 90, "{body:#}");
    }
    house.clock.pass(LIMITS.tick_ms_max + 1);
    house.beats(8, 80, None).await;
    health.looks().await;
    let Answer { well, body } = health.scheduler("0000000000000009").unwrap();
    assert!(!well, "{body:#}");
    let reason = body["reasons"][0].as_str().unwrap();
    assert!(reason.starts_with("other (host-b, pid 90) is silent for "), "{reason}");
    let Answer { well, body } = health.scheduler("other").unwrap();
    assert!(well && body["instance"]["pid"] == 80, "who came in its place, under its name, counts: {body:#}");
    // What is known grows old with the store's silence.
    house.clock.pass(LIMITS.tick_ms_max + 1);
    let Answer { well, body } = health.scheduler("0000000000000008").unwrap();
    assert!(!well && body["reasons"].to_string().contains("pid 80) is silent for "), "{body:#}");
}

#[tokio::test]
async fn a_clock_that_is_off_is_ill_after_its_time_and_a_superseded_timetable_is_not() {
    let house = House::new();
    let health = house.health();
    let off = || Standing::ClockOff { why: "fire: this clock is 9 ms off".into() };
    house.pulse.begin(house.now(), Standing::Starting);
    for _ in 0..301 {
        house.pulse.tick(house.now(), off());
        health.looks().await;
        health.well();
        house.clock.pass(1_000);
    }
    health.looks().await;
    health.ill("scheduler", "could not fire: this clock is 9 ms off");
    for _ in 0..302 {
        house.pulse.tick(house.now(), Standing::Superseded);
        house.clock.pass(1_000);
    }
    health.looks().await;
    health.well();
}

#[tokio::test]
async fn what_is_overdue_is_told_with_why_and_ill_after_its_time() {
    let house = House::new();
    let health = house.health();
    house.fires(7).await;
    house.beats(7, 70, None).await;
    house.clock.pass(60_000 + 60_000);
    house.ticks();
    health.looks().await;
    let Answer { well, body } = health.schedules().unwrap();
    assert!(well && body["overdue"].is_null(), "a minute is no long time: {body:#}");
    house.clock.pass(1);
    health.looks().await;
    let Answer { well, body } = health.schedules().unwrap();
    let overdue = &body["overdue"];
    assert!(well, "{body:#}");
    assert_eq!((&overdue["schedule"], &overdue["due_at"]), (&"redis:monitor".into(), &(BEGIN_MS + 60_000).into()));
    let why = overdue["reason"].as_str().unwrap();
    assert!(why.contains("nobody leads: other (host-b, pid 70), which did last, is silent for 2 min"), "{why}");
    house.clock.pass(240_000);
    house.ticks();
    house.beats(7, 70, None).await;
    health.looks().await;
    let Answer { well, body } = health.schedules().unwrap();
    assert!(!well, "{body:#}");
    let why = body["reasons"][0].as_str().unwrap();
    assert!(
        why.starts_with("redis:monitor is overdue for 5 min") && why.contains("leads and has not accounted"),
        "{why}"
    );
    health.well();
    house.fires(7).await;
    health.looks().await;
    assert!(health.schedules().unwrap().well, "it was made up for");
}

#[tokio::test]
async fn pauses_are_shown_and_no_illness_and_what_they_say_is_visible() {
    let house = House::new();
    house.fires(7).await;
    let select = banto_core::ScheduleName::new("nightly").unwrap();
    house
        .orders(Order::PauseSchedule { schedule: Some(select), reason: "it \u{202e} rests".into(), until: None })
        .await;
    house.orders(Order::PauseSchedule { schedule: None, reason: "it \u{202e} rests".into(), until: None }).await;
    house.clock.pass(60_000);
    house.fires(7).await;
    house.ticks();
    let health = house.health();
    health.looks().await;
    let Answer { well, body } = health.schedules().unwrap();
    assert!(well, "{body:#}");
    assert_eq!((&body["paused"]["schedules"], &body["paused"]["some"][0]), (&1.into(), &"nightly".into()));
    assert_eq!(body["paused"]["everything"]["reason"], "it \\u{202e} rests", "{body:#}");
    assert_eq!(body["last_hour"]["fired"], 0, "{body:#}");
}

#[tokio::test]
async fn without_a_scheduler_there_is_no_answer_about_one() {
    let house = House::new();
    let health = Health::new(Parts { schedules: None, ..house.parts.clone() });
    health.looks().await;
    assert!(health.schedules().is_none());
    health.well();
}

#[tokio::test]
async fn a_worker_is_ill_when_it_says_nothing_or_the_store_holds_it_and_not_because_it_is_busy() {
    let house = House::new();
    let health = house.health();
    house.ticks();
    let pulses = health.worker();
    let lives = || pulses.beat.tick(house.now(), Duty::Waiting);
    pulses.beat.begin(house.now(), Duty::Starting);
    lives();
    pulses.claim.tick(house.now(), Duty::Waiting);
    house.clock.pass(60_000);
    health.looks().await;
    health.well();
    house.clock.pass(1);
    health.looks().await;
    health.ill("worker", "it has not said that it lives for 1 min");
    lives();
    health.well();
    pulses.claim.say(house.now(), Duty::Full);
    house.clock.pass(120_000);
    lives();
    health.looks().await;
    health.well();
    pulses.claim.say(house.now(), Duty::Asking);
    house.clock.pass(60_001);
    lives();
    health.looks().await;
    health.ill("worker", "the store has let it take no job for 1 min");
    pulses.claim.say(house.now(), Duty::StoreDown { error: "claim: it is gone".into() });
    health.well();
    house.clock.pass(60_001);
    lives();
    health.looks().await;
    health.ill("worker", "for 1 min: could not claim: it is gone");
}

#[tokio::test]
async fn handlers_that_block_their_runtime_are_told_after_their_time() {
    let house = House::new();
    let health = house.health();
    health.looks().await;
    house.ticks();
    house.clock.pass(60_001);
    house.ticks();
    let look = Looker::new(house.parts.store.clone(), house.parts.clock.clone(), None, 1).look().await;
    health.0.store.told(house.now(), house.now(), Ok(look.unwrap()));
    health.well();
    house.clock.pass(3_000);
    let look = Looker::new(house.parts.store.clone(), house.parts.clock.clone(), None, 1).look().await;
    health.0.store.told(house.now(), house.now(), Ok(look.unwrap()));
    health.ill("handlers", "handlers block its threads");
}

#[tokio::test]
async fn a_program_that_was_given_up_is_ill_and_one_that_is_started_anew_is_not() {
    let house = House::new();
    house.ticks();
    let stands = Arc::new(Mutex::new(Status { phase: Phase::Running, ..Status::of(&name("web")) }));
    let shown = stands.clone();
    let programs: Programs = Arc::new(move || vec![shown.lock().unwrap().clone()]);
    let health = Health::new(Parts { programs: Some(programs), ..house.parts.clone() });
    health.looks().await;
    for phase in [Phase::Running, Phase::BackingOff, Phase::Stopped, Phase::Finished, Phase::Waiting] {
        stands.lock().unwrap().phase = phase;
        health.well();
    }
    for phase in [Phase::Braked, Phase::GivenUp] {
        stands.lock().unwrap().phase = phase;
        health.ill("program web", phase.word());
    }
    *stands.lock().unwrap() = Status { fault: Some("start it: no \n such file".into()), ..Status::of(&name("web")) };
    health.ill("program web", "could not start it: no \\n such file");
}

/// Waits until it is so. In real time: what hangs here hangs threads.
async fn until(fits: impl Fn() -> bool) {
    tokio::time::timeout(Duration::from_secs(30), async {
        while !fits() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn whatever_hangs_or_panics_an_answer_is_there_at_once_with_what_was_known_last() {
    let house = House::new();
    house.ticks();
    let check = |named: &str, ask: fn() -> BoxFuture<'static, Result<(), String>>| Check {
        name: name(named),
        ask: Arc::new(ask),
    };
    let checks = vec![
        check("fine", || Box::pin(async { Ok(()) })),
        check("silent", || Box::pin(std::future::pending())),
        check("falls", || panic!("before it has begun")),
        check("breaks", || Box::pin(async { Err("no bucket\u{7}".into()) })),
    ];
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("gone");
    let folders = vec![folder.path().to_owned(), gone.clone()];
    let pace = Pace { every_ms: 10, deadline_ms: 100 };
    let paces = Paces { store: pace, storage: pace, check: pace };
    let health = Health::paced(
        Parts { checks, folders, clock: Arc::new(banto_store::SystemClock), ..house.parts.clone() },
        paces,
    );
    let asking = tokio::spawn(health.clone().watch());
    let part = |part: &str| {
        let body = health.process().body;
        let of = |one: &&Value| one["part"] == part;
        let parts = body["parts"].as_array().unwrap().iter().filter(of).cloned().collect::<Vec<_>>();
        parts.iter().find(|one| one["status"] == "unhealthy").or(parts.first()).unwrap().clone()
    };
    let says = |of: &str, why: &str| part(of)["reason"].as_str().unwrap().contains(why);
    until(|| part("store")["status"] == "healthy" && part("fine")["status"] == "healthy").await;
    until(|| says("falls", "it panicked: before it has begun") && says("breaks", "no bucket\\u{7}")).await;
    until(|| says("silent", "no answer within 100 ms") && says("storage", "gone cannot be written")).await;
    std::fs::create_dir(&gone).unwrap();
    until(|| part("storage")["status"] == "healthy").await;
    assert_eq!(std::fs::read_dir(&gone).unwrap().count(), 0, "nothing stays in it");

    let waiting = crate::Client::new(Arc::new(house.memory.clone())).clock(Arc::new(house.clock.clone()));
    waiting.enqueue(&Letter).await.unwrap();
    until(|| health.queues().body["queues"][0]["waiting"] == 1).await;
    house.store.hold(Verb::Read);
    until(|| says("store", "the store does not answer, for")).await;
    let body = health.queues().body;
    assert_eq!((&body["queues"][0]["waiting"], &body["store"]["status"]), (&1.into(), &"unhealthy".into()), "{body:#}");
    assert!(!health.queues().well && body["store"]["age_ms"].as_u64() >= Some(100), "{body:#}");
    assert!(!health.schedules().unwrap().well);
    house.store.let_go(Verb::Read);
    until(|| part("store")["status"] == "healthy").await;
    asking.abort();
}
