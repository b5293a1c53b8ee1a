//! Schedulers over every sort of store, by given time: who leads is frozen before the due instant, or dies, or nobody is there for
//! hours. Each due instant is accounted for once. The rows D4 to D6 of the proof show the same with real processes and clocks.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use banto_core::{Fate, ScheduleDraft, Span, schedule};
use banto_engine::{Does, Scheduler, SchedulerConfig, Timetable, pulse::Pulse, scheduler::Standing};
use banto_store::{
    FireView, GivenClock, SelectFires, Store,
    faulty::{Faulty, Verb},
};
use tokio::task::JoinHandle;

use super::kept::Kept;

/// A full minute: 2030-01-01 00:00 UTC.
const START_MS: i64 = 1_893_456_000_000;
/// Schedules that are due together, and how often: a thousand due instants.
const SCHEDULES: usize = 100;
const ROUNDS: usize = 10;
/// How long anything here may take. It is never waited for in full unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(120);

fn timetable(all: impl IntoIterator<Item = (String, ScheduleDraft)>) -> Arc<Timetable> {
    let mut table = Timetable::new("app".parse().unwrap(), "b1");
    all.into_iter().for_each(|(_, draft)| table.add(draft.command(["true"])));
    assert_eq!(table.faults(), [""; 0]);
    Arc::new(table)
}

fn scheduler(store: Arc<dyn Store>, table: &Arc<Timetable>, clock: &GivenClock) -> Scheduler {
    Scheduler::new(store, table.clone(), SchedulerConfig::new("s".parse().unwrap())).clock(Arc::new(clock.clone()))
}

/// A scheduler at work, whose calls of the store can be made to hang.
struct Seat {
    wire: Faulty,
    pulse: Pulse<Standing>,
    works: JoinHandle<()>,
}

impl Seat {
    fn new(store: &Arc<dyn Store>, table: &Arc<Timetable>, clock: &GivenClock) -> Seat {
        let (wire, pulse) = (Faulty::new(store.clone(), 1), Pulse::default());
        let scheduler = scheduler(Arc::new(wire.clone()), table, clock).pulse(pulse.clone());
        let works = tokio::spawn(async move { drop(scheduler.run().await.unwrap()) });
        Seat { wire, pulse, works }
    }

    fn is(&self, standing: Standing) -> bool {
        self.pulse.heard().state == standing
    }
}

/// Looks again and again until it is so.
async fn until(what: &str, so: impl AsyncFn() -> bool) {
    let since = Instant::now();
    while !so().await {
        assert!(since.elapsed() < PATIENCE, "{what}: it never was so");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn rows(store: &Arc<dyn Store>, schedule: &str) -> Vec<FireView> {
    let schedule = Some(schedule.parse().unwrap());
    store.fires(SelectFires { schedule, limit: 1_000, ..SelectFires::default() }).await.unwrap()
}

/// D4: of three schedulers the one that leads is frozen ten milliseconds before the due instant, again and again, and in the end dies of it.
async fn a_thousand_due_instants_are_a_thousand_fires(kept: Kept) {
    let (place, clock) = (kept.place(), GivenClock::at(START_MS + 1_000));
    let store = place.given(clock.clone()).await;
    let names: Vec<String> = (0..SCHEDULES).map(|n| format!("s{n}")).collect();
    let table = timetable(names.iter().map(|name| (name.clone(), schedule(name).every(2.seconds()))));
    let mut seats: Vec<Seat> = Vec::new();
    for stands in [Standing::Leads, Standing::StandsBy, Standing::StandsBy] {
        seats.push(Seat::new(&store, &table, &clock));
        until("it has begun", async || seats.last().is_some_and(|seat| seat.is(stands.clone()))).await;
    }
    for round in 1..=ROUNDS {
        clock.pass(990);
        let at = seats.iter().position(|seat| seat.is(Standing::Leads)).unwrap();
        let wire = seats[at].wire.clone();
        wire.hold(Verb::Fire);
        clock.pass(10);
        wire.until_held(Verb::Fire, 1).await;
        clock.pass(800);
        let due = START_MS + 2_000 * round as i64;
        until("another takes over", async || {
            let others = seats.iter().enumerate().any(|(other, seat)| other != at && seat.is(Standing::Leads));
            let service = store.service("app".parse().unwrap()).await.unwrap();
            others && service.is_some_and(|service| service.accounted_until >= due)
        })
        .await;
        if round == ROUNDS {
            // The last of them never wakes.
            seats[at].works.abort();
            break;
        }
        wire.let_go(Verb::Fire);
        until("the one that was frozen stands by", async || seats[at].is(Standing::StandsBy)).await;
        clock.pass(200);
    }
    seats.into_iter().for_each(|seat| seat.works.abort());
    let mut fired = 0;
    for name in &names {
        let rows = rows(&store, name).await;
        let due: Vec<i64> = rows.iter().rev().map(|row| row.due_at).collect();
        let wanted: Vec<i64> = (1..=ROUNDS as i64).map(|n| START_MS + 2_000 * n).collect();
        assert_eq!(due, wanted, "{kept:?} {name}");
        assert!(rows.iter().all(|row| row.fate == Fate::Fired && row.count == 1), "{kept:?}: {rows:?}");
        fired += rows.len() as u64;
    }
    assert_eq!((fired, store.tally().await.unwrap().accepted), (1_000, 1_000), "{kept:?}: each has one job");
}

/// D5: nobody is there for three hours, over 180 due instants of each schedule.
async fn what_three_hours_left_out_follows_each_policy(kept: Kept) {
    let (place, clock) = (kept.place(), GivenClock::at(START_MS + 30_000));
    let store = place.given(clock.clone()).await;
    let minutely = |name: &str| schedule(name).every_minute();
    let all = [
        ("skip", minutely("skip").skip_missed().late_up_to(10.seconds())),
        ("last", minutely("last").catch_up_last().late_up_to(10.seconds())),
        ("all", minutely("all").catch_up_all(50).late_up_to(10.seconds())),
        ("young", minutely("young").catch_up_all(1_000).not_older_than(1.hours()).late_up_to(10.seconds())),
    ];
    let table = timetable(all.map(|(name, draft)| (name.to_owned(), draft)));
    let look = async || scheduler(store.clone(), &table, &clock).once().await.unwrap().unwrap();
    assert_eq!(look().await.fired, 0, "what is new is due from now on");
    clock.pass(3 * 3_600_000);
    look().await;
    for (name, fired) in [("skip", 0), ("last", 1), ("all", 50), ("young", 60)] {
        let rows = rows(&store, name).await;
        let count = |fate| rows.iter().filter(|row| row.fate == fate).map(|row| row.count).sum::<u64>();
        assert_eq!((count(Fate::Fired), count(Fate::Missed)), (fired, 180 - fired), "{kept:?} {name}");
    }
    assert_eq!(look().await.fired, 0, "{kept:?}: once");
    assert_eq!(store.tally().await.unwrap().accepted, 111, "{kept:?}");
}

#[tokio::test]
async fn a_thousand_due_instants_in_memory_are_a_thousand_fires() {
    a_thousand_due_instants_are_a_thousand_fires(Kept::Memory).await;
}

#[tokio::test]
async fn a_thousand_due_instants_in_a_file_are_a_thousand_fires() {
    a_thousand_due_instants_are_a_thousand_fires(Kept::Sqlite).await;
}

#[tokio::test]
async fn a_thousand_due_instants_on_postgres_are_a_thousand_fires() {
    a_thousand_due_instants_are_a_thousand_fires(Kept::Postgres).await;
}

#[tokio::test]
async fn a_thousand_due_instants_on_redis_are_a_thousand_fires() {
    a_thousand_due_instants_are_a_thousand_fires(Kept::Redis).await;
}

#[tokio::test]
async fn what_three_hours_left_out_follows_each_policy_on_every_store() {
    for kept in Kept::ALL {
        what_three_hours_left_out_follows_each_policy(kept).await;
    }
}
