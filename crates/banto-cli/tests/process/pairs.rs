//! What arrives is what was there: a full house moved between any two sorts of store, and back again.

use std::{collections::BTreeMap, sync::Arc};

use banto_core::{
    Cause, Due, Facts, Fate, FireId, Hold, Ids, InstanceId, JobId, Label, Name, NewJob, Outcome, Park, Payload,
    Progress, Reason, ScheduleName, State, Unique, decide, retry::Backoff,
};
use banto_engine::copy::Copier;
use banto_store::{
    Act, Claim, Clock, Finish, Fire, Firing, GivenClock, NewSchedule, Note, Order, Output, Record, Register, Select,
    SelectFires, Steer, Store, suite::shown,
};

use super::kept::Kept;

const START_MS: i64 = 1_893_456_000_000;
const BY: InstanceId = InstanceId(1);
/// What no store may take for its own sign, and none may change.
const ODD: &str = "é\u{0}\u{1b}[2J\n'\"\\u0000\u{202e}";

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn schedule(text: &str) -> ScheduleName {
    ScheduleName::new(text).unwrap()
}

async fn steer(store: &dyn Store, order: Order) {
    store.steer(Steer { order, by: "ann".into(), preview: false }).await.unwrap();
}

async fn copied(from: &Arc<dyn Store>, to: &Arc<dyn Store>, clock: &GivenClock, history: bool) -> Copier {
    let (from, to) = (from.clone(), to.clone());
    let copier = Copier { from, to, clock: Arc::new(clock.clone()), history, by: "ann".into() };
    let moved = copier.run(&mut |_| {}).await.unwrap().unwrap();
    assert_eq!(moved.unreadable, 0);
    assert_eq!(copier.run(&mut |_| {}).await.unwrap(), None, "it is done");
    copier
}

/// A full house by seed: jobs of every end, hold, urgency and due time, what was said of them, schedules, pauses.
async fn fill(store: &dyn Store, clock: &GivenClock, seed: u64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut ids = Ids::new(seed);
    let schedules = ["a", "b"].map(|text| NewSchedule {
        name: schedule(text),
        revision: 1,
        model: "{}".into(),
        action: "run".into(),
        source: "code".into(),
    });
    let build = Label::new("b1").unwrap();
    let register = Register { service: name("app"), by: BY, build, as_of: i64::MAX, schedules: schedules.into() };
    store.register(register).await.unwrap();
    for round in 0..200 {
        let job = drawn(&mut rng, ids.make(clock.wall_ms()));
        match rng.u8(0..5) {
            0 => fire(store, clock, &mut rng, job, round).await,
            _ => drop(store.enqueue([job].into()).await.unwrap()),
        }
        if rng.bool() {
            run(store, clock, &mut rng).await;
        }
        clock.pass(rng.u64(0..100));
    }
    let until = Some(clock.wall_ms() + 9_000_000);
    for order in [
        Order::Cancel(Select { limit: 9, ..Select::states([State::Ready]) }),
        Order::Retry(Select { limit: 3, ..Select::states([State::Dead]) }),
        Order::Release(Select { limit: 3, ..Select::states([State::Parked]) }),
        Order::Forget(Select { limit: 15, ..Select::states([State::Done]) }),
        Order::Pause { queue: name("mail"), reason: ODD.into(), until: None },
        Order::Pause { queue: name("empty"), reason: "r".into(), until },
        Order::PauseSchedule { schedule: Some(schedule("a")), reason: ODD.into(), until },
        Order::PauseSchedule { schedule: Some(schedule("later")), reason: "r".into(), until: None },
        Order::PauseSchedule { schedule: None, reason: "upkeep".into(), until: None },
    ] {
        steer(store, order).await;
    }
}

fn drawn(rng: &mut fastrand::Rng, id: JobId) -> NewJob {
    let queue = ["mail", "post"][rng.usize(0..2)];
    let mut job = NewJob::new(id, name("send"), name(queue), Payload::parse("{\"é\":1.50}").unwrap());
    job.version = rng.u16(1..3);
    job.priority = rng.u8(0..10);
    job.attempts_max = rng.bool().then(|| rng.u16(1..4));
    job.due = [Due::Now, Due::Now, Due::In(rng.u64(1..90_000))][rng.usize(0..3)];
    let holds = [Hold::Queued, Hold::Done, Hold::Remember(9_000_000), Hold::Period(9_000_000)];
    let key = Label::new(&format!("k{}", rng.u32(0..60))).unwrap();
    job.unique = rng.bool().then(|| Unique { key, hold: holds[rng.usize(0..4)] });
    if rng.bool() {
        job.options.tags = vec![Label::new("late").unwrap(), Label::new("é").unwrap()];
        job.options.timeout_ms = Some(rng.u64(1..90_000));
        job.options.backoff = Some(Backoff::Table(vec![rng.u64(1..9_000)]));
        job.options.crashes_max = Some(2);
    }
    job
}

/// A due instant of one of the two schedules: it runs the job, or does not.
async fn fire(store: &dyn Store, clock: &GivenClock, rng: &mut fastrand::Rng, mut job: NewJob, round: i64) {
    let schedule = schedule(["a", "b"][rng.usize(0..2)]);
    let due_at = clock.wall_ms() - round;
    job.options.fire = Some(FireId { schedule: schedule.clone(), due_at });
    let act = match rng.u8(0..5) {
        0 => Act::Not(Reason::Holiday),
        1 => Act::Not(Reason::TooOld),
        _ => Act::Run(Box::new(job)),
    };
    let (note, late) = (ODD.to_owned(), rng.bool());
    let count = if matches!(act, Act::Not(Reason::TooOld)) { 7 } else { 1 };
    let fire = Fire { schedule, revision: 1, due_at, count, act, late, even_in_maintenance: false, note };
    let until = Some(clock.wall_ms());
    let firing = Firing { service: name("app"), by: BY, fires: vec![fire], until, generation: 1, rewind: false };
    store.fire(firing).await.unwrap();
}

/// One job is run, speaks, and ends in one of all ways.
async fn run(store: &dyn Store, clock: &GivenClock, rng: &mut fastrand::Rng) {
    let queues = vec![name("mail"), name("post")];
    let claim = Claim { instance: BY, queues, limit: 1, lease_ms: 10_000, adopt: Vec::new() };
    for (job, lease) in store.claim(claim).await.unwrap().jobs {
        let output = Output { exit: Some(3), peak_bytes: 1 << 40, tail: "é\u{1b}[2J".into(), ..Output::default() };
        let notes = [
            Note::Progress(Progress { done: 1, total: 2, text: ODD.into() }),
            Note::Line(ODD.into()),
            Note::Output(output),
        ];
        let said = notes.into_iter().filter(|_| rng.bool()).map(|note| Record { lease, note }).collect();
        store.record(said).await.unwrap();
        let error = ODD.to_owned();
        let outcome = match rng.u8(0..10) {
            0 => Outcome::Dead { error },
            1 => Outcome::Park(Park { cause: Cause::Missing, text: ODD.into(), build: "b".into() }),
            2 => Outcome::Retry { error, delay_ms: None },
            3 => Outcome::Cancel { reason: error },
            4 => Outcome::Snooze { delay_ms: 5, reason: error },
            5 => Outcome::Crashed { error },
            6 => Outcome::HandBack { delay_ms: 0 },
            _ => Outcome::Done,
        };
        let backoff = Backoff::Table(vec![1_000]);
        let verdict = decide(&Facts::of(&job, &backoff), outcome, clock.wall_ms(), 1);
        store.finish(vec![Finish { lease, verdict }]).await.unwrap();
    }
}

/// All that it gives once nothing keeps it back, in its order.
async fn given(store: &dyn Store) -> Vec<String> {
    steer(store, Order::Resume { queue: name("mail") }).await;
    let mut lines = Vec::new();
    loop {
        let queues = vec![name("mail"), name("post")];
        let claim = Claim { instance: BY, queues, limit: 7, lease_ms: 10_000, adopt: Vec::new() };
        let jobs = store.claim(claim).await.unwrap().jobs;
        if jobs.is_empty() {
            return lines;
        }
        lines.extend(jobs.iter().map(|(job, lease)| format!("{job:?} {}", lease.fence)));
    }
}

#[track_caller]
fn same(here: &[String], wanted: &[String], what: &str) {
    let wrong = here.iter().zip(wanted).find(|(here, wanted)| here != wanted);
    assert_eq!(wrong.map(|(here, _)| here), wrong.map(|(_, wanted)| wanted), "{what}");
    assert_eq!(here.len(), wanted.len(), "{what}");
}

/// A house that was filled in one sort of store is the same in each other, and when it comes back.
async fn goes_and_comes_back(from: Kept) {
    for (seed, to) in (1u64..).zip(Kept::ALL) {
        let places = [from.place(), to.place(), from.place()];
        let (clock, by) = (GivenClock::at(START_MS), GivenClock::at(START_MS));
        let (twin, one) = (Kept::Memory.place().given(by.clone()).await, places[0].given(clock.clone()).await);
        fill(&*twin, &by, seed).await;
        fill(&*one, &clock, seed).await;
        let wanted = shown(&*twin).await;
        assert!(wanted.len() > 200, "{}", wanted.len());
        same(&shown(&*one).await, &wanted, &format!("{from:?} means what memory means, seed {seed}"));
        let two = places[1].given(clock.clone()).await;
        copied(&one, &two, &clock, true).await;
        same(&shown(&*two).await, &wanted, &format!("from {from:?} to {to:?}, seed {seed}"));
        let three = places[2].given(clock.clone()).await;
        copied(&two, &three, &clock, true).await;
        same(&shown(&*three).await, &wanted, &format!("from {from:?} to {to:?} and back, seed {seed}"));
        clock.pass(100_000);
        by.pass(100_000);
        let (given, wanted) = (given(&*three).await, given(&*twin).await);
        assert!(wanted.len() > 20, "{}", wanted.len());
        same(&given, &wanted, &format!("what is given after {from:?}, {to:?} and back, seed {seed}"));
    }
}

#[tokio::test]
async fn what_leaves_memory_arrives_everywhere_and_comes_back() {
    goes_and_comes_back(Kept::Memory).await;
}

#[tokio::test]
async fn what_leaves_a_file_arrives_everywhere_and_comes_back() {
    goes_and_comes_back(Kept::Sqlite).await;
}

#[tokio::test]
async fn what_leaves_postgres_arrives_everywhere_and_comes_back() {
    goes_and_comes_back(Kept::Postgres).await;
}

#[tokio::test]
async fn what_leaves_redis_arrives_everywhere_and_comes_back() {
    goes_and_comes_back(Kept::Redis).await;
}

/// Jobs by how they stand.
async fn states(store: &dyn Store) -> BTreeMap<u8, u64> {
    let queues = store.queues().await.unwrap();
    State::ALL.into_iter().map(|state| (state.number(), queues.iter().map(|queue| queue.count(state)).sum())).collect()
}

#[tokio::test]
async fn without_history_what_has_ended_stays() {
    for (from, to) in [(Kept::Memory, Kept::Memory), (Kept::Redis, Kept::Postgres), (Kept::Postgres, Kept::Redis)] {
        let clock = GivenClock::at(START_MS);
        let places = [from.place(), to.place()];
        let (one, two) = (places[0].given(clock.clone()).await, places[1].given(clock.clone()).await);
        fill(&*one, &clock, 4).await;
        let copier = copied(&one, &two, &clock, false).await;
        let (there, here) = (states(&*copier.from).await, states(&*copier.to).await);
        assert!(here.iter().all(|(state, jobs)| *jobs == if *state < 4 { there[state] } else { 0 }), "{here:?}");
        assert!(there.iter().any(|(state, jobs)| *state >= 4 && *jobs > 0), "{there:?}");
        assert_eq!(copier.from.census().await.unwrap(), copier.to.census().await.unwrap());
        let all = || SelectFires { limit: 1_000, ..SelectFires::default() };
        assert_eq!(
            copier.from.fires(all()).await.unwrap(),
            copier.to.fires(all()).await.unwrap(),
            "runs keep their end"
        );
        let fired = SelectFires { fates: vec![Fate::Fired], limit: 1, ..SelectFires::default() };
        assert_eq!(copier.to.fires(fired).await.unwrap().len(), 1);
    }
}
