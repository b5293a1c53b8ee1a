//! Schedules: each due instant fires once, and whatever does not fire says why.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use banto_core::{Fate, Reason, ScheduleDraft, Span, State, schedule};
use banto_engine::{Does, Event, Registry, Scheduler, SchedulerConfig, Timetable};
use banto_store::{
    Clock, Fault, Order, Read, Select,
    faulty::{Plan, Strike, Verb},
};

use crate::{
    clockwork::{Ahead, MINUTE_MS, Ticks, minutely, says, timetable, timetable_of, until},
    house::{Act, House, Running, act, acting, name, pass},
};

#[tokio::test(start_paused = true)]
async fn what_is_due_fires_at_its_instant_and_is_on_the_ledger() {
    let house = House::new();
    let ticks = house.ticks(timetable([minutely("a:one"), says("b", |draft| draft.every(90.seconds()))]));
    until(&house, 310).await;
    assert_eq!(house.due("a:one", Fate::Fired).await, [0, 60, 120, 180, 240, 300]);
    // 90 s divide no circle of the clock, so they count from 1970.
    let due = house.due("b", Fate::Fired).await;
    assert!(due.len() == 4 && due.windows(2).all(|pair| pair[1] - pair[0] == 90), "{due:?}");
    assert_eq!((due[0] + MINUTE_MS / 1_000) % 90, 0);
    for row in house.ledger().await {
        assert!(!row.late && row.at - row.due_at < 100, "{row:?}");
        let job = house.job(row.run.as_ref().unwrap().job).await;
        assert_eq!((job.kind.as_str(), job.options.fire.unwrap().due_at), ("act", row.due_at));
    }
    let watch = ticks.halt().await;
    assert_eq!(watch.looked.fired, house.ledger().await.len());
    house.check();
}

/// The reference system's loop ran, slept for sixty seconds and so left out a minute now and then (D9).
#[tokio::test(start_paused = true)]
async fn d9_nothing_drifts_in_a_day_of_runs_that_take_their_time() {
    let house = House::new();
    let ticks = house.ticks(timetable([minutely("a")]));
    let work = house.work(acting(|_, _| async {
        tokio::time::sleep(Duration::from_millis(5_300)).await;
        Ok(())
    }));
    until(&house, 86_400 - 1).await;
    let page = house.memory.service(name("app")).await.unwrap().unwrap();
    assert!(page.accounted_until >= MINUTE_MS + (86_400 - 60) * 1_000);
    let first = house.memory.fires(banto_store::SelectFires {
        before: Some(MINUTE_MS + 43_200_000),
        limit: 1_000,
        ..Default::default()
    });
    let (first, second) = (
        first.await.unwrap(),
        house
            .memory
            .fires(banto_store::SelectFires { since: Some(MINUTE_MS + 43_200_000), limit: 1_000, ..Default::default() })
            .await
            .unwrap(),
    );
    assert_eq!(first.len() + second.len(), 1_440);
    assert!(first.iter().chain(&second).all(|row| row.fate == Fate::Fired && row.due_at % 60_000 == 0));
    work.halt().await;
    ticks.halt().await;
}

#[tokio::test(start_paused = true)]
async fn d4_of_three_schedulers_one_fires_each_due_instant() {
    let house = House::new();
    let table = || timetable([says("a", |draft| draft.every(1.seconds()))]);
    let all = [house.ticks(table()), house.ticks(table()), house.ticks(table())];
    until(&house, 300).await;
    let rows = house.ledger().await;
    assert!(rows.len() >= 300 && rows.iter().all(|row| row.fate == Fate::Fired), "{} rows", rows.len());
    assert!(rows.windows(2).all(|pair| pair[1].due_at - pair[0].due_at == 1_000));
    assert_eq!(house.memory.tally().await.unwrap().accepted, rows.len() as u64);
    let mut there = 0;
    for ticks in all {
        there += ticks.halt().await.looked.there;
    }
    assert!(there <= 6, "two stand by: {there} due instants were tried twice");
}

#[tokio::test(start_paused = true)]
async fn d4_when_the_leader_dies_at_the_due_second_the_next_is_not_missed() {
    let house = House::new();
    let first = house.ticks(timetable([minutely("a")]));
    pass(2_000).await;
    let mut second = house.ticks(timetable([minutely("a")]));
    until(&house, 61).await;
    assert_eq!(second.told(|event| matches!(event, Event::Leads { leads: true })), 0);
    until(&house, 119).await;
    first.works.abort();
    until(&house, 121).await;
    assert_eq!(house.due("a", Fate::Fired).await, [0, 60, 120]);
    let row = house.rows("a").await.pop().unwrap();
    assert!(row.at - row.due_at <= 900, "{row:?}");
    assert_eq!(second.told(|event| matches!(event, Event::Leads { leads: true })), 1);
    second.halt().await;
}

#[tokio::test(start_paused = true)]
async fn d4_a_leader_that_freezes_before_the_due_instant_is_refused_when_it_wakes() {
    let house = House::new();
    let wire = house.faulty();
    let mut first = Ticks::of(house.scheduler_at(Arc::new(wire.clone()), timetable([minutely("a")])));
    pass(2_000).await;
    let second = house.ticks(timetable([minutely("a")]));
    until(&house, 61).await;
    wire.hold(Verb::Fire);
    until(&house, 125).await;
    assert_eq!(house.due("a", Fate::Fired).await, [0, 60, 120]);
    wire.let_go(Verb::Fire);
    first.heard(|event| matches!(event, Event::Leads { leads: false })).await;
    until(&house, 181).await;
    assert_eq!(house.due("a", Fate::Fired).await, [0, 60, 120, 180]);
    assert_eq!(house.memory.tally().await.unwrap().accepted, 4, "nothing fired twice");
    first.halt().await;
    second.halt().await;
}

/// Down for three hours over 180 due instants: the count of each policy is exact (D5).
#[tokio::test(start_paused = true)]
async fn d5_what_was_missed_follows_its_policy() {
    let house = House::new();
    let table = || {
        timetable([
            says("skip", |draft| draft.every_minute().skip_missed()),
            says("last", |draft| draft.every_minute().catch_up_last()),
            says("all", |draft| draft.every_minute().catch_up_all(50)),
            says("young", |draft| draft.every_minute().catch_up_all(1_000).not_older_than(1.hours())),
        ])
    };
    let ticks = house.ticks(table());
    until(&house, 30).await;
    ticks.works.abort();
    until(&house, 30 + 3 * 3_600 - 15).await;
    let mut ticks = house.ticks(table());
    pass(5_000).await;
    let told = std::iter::from_fn(|| ticks.events.try_recv().ok());
    let mut plans = Vec::new();
    let heard: Vec<Event> = told.collect();
    for event in &heard {
        if let Event::MakesUp { schedule, missed, fires, .. } = event {
            plans.push((schedule.as_str(), *missed, *fires));
        }
    }
    assert_eq!(
        plans,
        [("all", 179, 50), ("young", 179, 59)],
        "of the others the newest fires, which is an ordinary fire"
    );
    let fired = heard.iter().position(|event| matches!(event, Event::Fired { .. }));
    let planned = heard.iter().rposition(|event| matches!(event, Event::MakesUp { .. }));
    assert!(planned < fired, "the plan is told before the first run of it: {heard:?}");
    let counts = async |schedule| {
        let rows = house.rows(schedule).await;
        let of = |fate| rows.iter().filter(|row| row.fate == fate).map(|row| row.count).sum::<u64>();
        (of(Fate::Fired), of(Fate::Missed), rows.iter().filter(|row| row.late).count())
    };
    // One fired before, and the last one is fifteen seconds old, which is an ordinary fire.
    assert_eq!(counts("skip").await, (2, 179, 1));
    assert_eq!(counts("last").await, (2, 179, 1));
    assert_eq!(counts("all").await, (1 + 1 + 50, 129, 51));
    assert_eq!(counts("young").await, (1 + 1 + 59, 120, 60));
    ticks.halt().await;
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_years_is_one_row_with_its_number() {
    let house = House::new();
    let ticks = house.ticks(timetable([minutely("a")]));
    until(&house, 10).await;
    ticks.works.abort();
    until(&house, 10 + 60 * 100_000).await;
    let ticks = house.ticks(timetable([minutely("a")]));
    pass(3_000).await;
    let rows = house
        .memory
        .fires(banto_store::SelectFires { limit: 1_000, before: Some(i64::MAX), ..Default::default() })
        .await
        .unwrap();
    let older = house
        .memory
        .fires(banto_store::SelectFires {
            before: rows.last().map(|row| row.due_at),
            limit: 1_000,
            ..Default::default()
        })
        .await
        .unwrap();
    let all: u64 = rows.iter().chain(&older).map(|row| row.count).sum();
    assert_eq!(all, 100_001, "each is accounted for");
    assert!(older.iter().any(|row| row.count == 99_000), "{older:?}");
    ticks.halt().await;
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_skipped_and_said_and_maintenance_spares_what_runs_even_then() {
    let house = House::new();
    let table = timetable([minutely("a"), says("even", |draft| draft.every_minute().even_in_maintenance())]);
    let ticks = house.ticks(table);
    let pause = |schedule| Order::PauseSchedule { schedule, reason: "deploy".into(), until: None };
    house.steer(pause(Some("a".parse().unwrap()))).await;
    until(&house, 30).await;
    house.steer(Order::ResumeSchedule { schedule: Some("a".parse().unwrap()) }).await;
    until(&house, 90).await;
    house.steer(pause(None)).await;
    until(&house, 130).await;
    assert_eq!((house.due("a", Fate::Fired).await, house.due("even", Fate::Fired).await), (vec![60], vec![0, 60, 120]));
    assert_eq!((house.not(Reason::Paused).await, house.not(Reason::Maintenance).await), (1, 1));
    ticks.halt().await;
}

#[tokio::test(start_paused = true)]
async fn runs_do_not_overlap_and_a_dead_holder_lets_go_within_15_s() {
    let house = House::new();
    let ticks = house.ticks(timetable([says("a", |draft| draft.every(10.seconds()).no_overlap())]));
    until(&house, 1).await;
    let dies = house.work(acting(|_, _| std::future::pending()));
    let held = house.rows("a").await[0].run.as_ref().unwrap().job;
    house.until(held, State::Running).await;
    until(&house, 31).await;
    let skipped = house.rows("a").await.last().unwrap().clone();
    assert_eq!(skipped.reason, Some(Reason::Overlap));
    assert!(skipped.note.contains(&held.to_string()), "{skipped:?}");
    dies.worker.abort();
    let died = house.clock.steady_ms();
    let work = house.work(acting(|_, _| async { Ok(()) }));
    house.until(held, State::Done).await;
    assert!(house.clock.steady_ms() - died <= 15_000);
    pass(10_500).await;
    assert_eq!(house.rows("a").await.last().unwrap().fate, Fate::Fired, "the next fires");
    work.halt().await;
    ticks.halt().await;
}

#[tokio::test(start_paused = true)]
async fn d2_a_process_whose_clock_is_far_off_neither_leads_nor_fires() {
    let house = House::new();
    let right = house.ticks(timetable([minutely("a")]));
    pass(1_000).await;
    let clock = Ahead::of(house.clock.clone(), 600_000);
    let mut wrong = Ticks::of(house.scheduler(timetable([minutely("a")])).clock(Arc::new(clock.clone())));
    wrong.heard(|event| matches!(event, Event::ClockOff { offset_ms: 600_000 })).await;
    until(&house, 125).await;
    assert_eq!(house.due("a", Fate::Fired).await, [0, 60, 120]);
    clock.set(200);
    wrong.heard(|event| matches!(event, Event::ClockRight)).await;
    right.works.abort();
    until(&house, 245).await;
    assert_eq!(house.due("a", Fate::Fired).await, [0, 60, 120, 180, 240]);
    assert!(house.ledger().await.iter().all(|row| row.at >= row.due_at), "nothing fires before its time");
    wrong.halt().await;
}

#[tokio::test(start_paused = true)]
async fn d1_a_clock_that_is_set_back_fires_nothing_twice() {
    let house = House::new();
    let mut ticks = house.ticks(timetable([minutely("a")]));
    until(&house, 3_700).await;
    let before = house.ledger().await.len();
    house.clock.jump(-3_600_000);
    ticks.heard(|event| matches!(event, Event::ClockSet { .. })).await;
    pass(3_590_000).await;
    assert_eq!(house.ledger().await.len(), before, "all of that hour has fired");
    pass(120_000).await;
    assert_eq!(house.ledger().await.len(), before + 2, "and it goes on");
    assert_eq!(house.memory.tally().await.unwrap().accepted, house.ledger().await.len() as u64);
    ticks.halt().await;
}

#[tokio::test(start_paused = true)]
async fn d1_what_a_jump_forward_passed_over_fires_when_its_time_has_really_come() {
    let house = House::new();
    let mut ticks = house.ticks(timetable([says("a", |draft| draft.every_minute().skip_missed())]));
    until(&house, 90).await;
    house.clock.jump(3 * 86_400_000);
    ticks.heard(|event| matches!(event, Event::NotFired { .. })).await;
    house.clock.jump(-3 * 86_400_000);
    until(&house, 310).await;
    let fired = house.due("a", Fate::Fired).await;
    assert!(fired.starts_with(&[0, 60]) && [120, 180, 240, 300].iter().all(|due| fired.contains(due)), "{fired:?}");
    assert_eq!(house.memory.tally().await.unwrap().accepted, fired.len() as u64);
    ticks.halt().await;
}

#[tokio::test(start_paused = true)]
async fn an_older_build_fires_nothing_of_a_timetable_that_was_changed_and_takes_over_when_the_newer_is_gone() {
    let house = House::new();
    let mut old = house.ticks(timetable_of("b1", [minutely("a"), minutely("same")]));
    until(&house, 30).await;
    let new = house.ticks(timetable_of("b2", [says("a", |draft| draft.hourly_at(3)), minutely("same")]));
    old.heard(|event| matches!(event, Event::Superseded { .. })).await;
    until(&house, 200).await;
    assert_eq!(house.due("a", Fate::Fired).await, [0], "by the old one no more");
    assert_eq!(house.due("same", Fate::Fired).await, [0, 60, 120, 180]);
    new.works.abort();
    until(&house, 400).await;
    let fired = house.due("a", Fate::Fired).await;
    assert!(fired.ends_with(&[300, 360]), "{fired:?}");
    let same = house.rows("same").await;
    assert_eq!(same.iter().map(|row| row.count).sum::<u64>(), 7, "each is accounted for: {same:?}");
    old.halt().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_due_by_the_old_model_while_nobody_was_there_is_accounted_for() {
    let house = House::new();
    let ticks = house.ticks(timetable([minutely("a"), minutely("dropped")]));
    until(&house, 30).await;
    ticks.works.abort();
    until(&house, 630).await;
    let ticks = house.ticks(timetable_of("b2", [says("a", |draft| draft.hourly_at(59))]));
    pass(2_000).await;
    for schedule in ["a", "dropped"] {
        let rows = house.rows(schedule).await;
        assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), 11, "{schedule}: {rows:?}");
    }
    assert_eq!(house.due("a", Fate::Fired).await, [0, 600], "the last is made up for by what it does now");
    assert_eq!(house.due("dropped", Fate::Fired).await, [0]);
    assert!(house.rows("dropped").await.last().unwrap().note.contains("dropped"));
    ticks.halt().await;
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_does_not_hold_or_panics_skips_and_says_so() {
    let house = House::new();
    let on = Arc::new(AtomicBool::new(false));
    let asked = on.clone();
    let table = timetable([
        minutely("when").when(move || asked.load(Ordering::SeqCst)),
        minutely("skip").skip(|| true),
        minutely("told").skip_when("no server\u{7} is named", || true),
        minutely("panics").when(|| panic!("no \u{1b}[31m idea")),
    ]);
    let ticks = house.ticks(table);
    until(&house, 30).await;
    on.store(true, Ordering::SeqCst);
    until(&house, 90).await;
    assert_eq!(house.due("when", Fate::Skipped).await, [0]);
    assert_eq!(house.due("when", Fate::Fired).await, [60]);
    assert_eq!(house.due("skip", Fate::Skipped).await, [0, 60]);
    assert_eq!(house.rows("told").await[0].note, "no server\\u{7} is named");
    let note = house.rows("panics").await[0].note.clone();
    assert!(note.starts_with("its condition panicked: no \\u{1b}[31m idea"), "{note}");
    ticks.halt().await;
}

#[tokio::test(start_paused = true)]
async fn a_job_that_cannot_be_made_is_a_row_and_stops_nothing_else() {
    let house = House::new();
    let ticks =
        house.ticks(timetable([schedule("long").every_minute().job(Act("x".repeat(2 << 20))), minutely("fine")]));
    until(&house, 1).await;
    let row = house.rows("long").await.remove(0);
    assert_eq!(row.reason, Some(Reason::Refused));
    assert!(row.note.starts_with("could not make its job: could not take "), "{row:?}");
    assert_eq!(house.due("fine", Fate::Fired).await, [0]);
    ticks.halt().await;
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_and_loses_answers_doubles_nothing_and_leaves_nothing_out() {
    let house = House::new();
    let wire = house.faulty();
    let table = || timetable([says("a", |draft| draft.every(1.seconds()).catch_up_all(1_000)), minutely("b")]);
    let first = Ticks::of(house.scheduler_at(Arc::new(wire.clone()), table()));
    let second = Ticks::of(house.scheduler_at(Arc::new(wire.clone()), table()));
    pass(1_000).await;
    wire.plan(&Verb::ALL, Plan { rate: 0.4, strikes: Strike::usual() });
    until(&house, 300).await;
    wire.heal();
    pass(2_000).await;
    let rows = house.rows("a").await;
    assert!(rows.len() >= 300, "{}", rows.len());
    assert!(rows.windows(2).all(|pair| pair[1].due_at - pair[0].due_at == 1_000), "none is left out");
    let fired = house.ledger().await.iter().filter(|row| row.fate == Fate::Fired).count() as u64;
    assert_eq!(house.memory.tally().await.unwrap().accepted, fired, "none is doubled");
    first.halt().await;
    second.halt().await;
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_gone_is_said_once_and_waited_for() {
    let house = House::new();
    let wire = house.faulty();
    let mut ticks = Ticks::of(house.scheduler_at(Arc::new(wire.clone()), timetable([minutely("a")])));
    until(&house, 30).await;
    wire.plan(&Verb::ALL, Plan { rate: 1.0, strikes: vec![Strike::Before(Fault::Gone)] });
    until(&house, 100).await;
    assert_eq!(ticks.told(|event| matches!(event, Event::StoreDown { verb: "fire", .. })), 1);
    wire.heal();
    ticks.heard(|event| matches!(event, Event::StoreBack)).await;
    pass(1_000).await;
    assert_eq!(house.due("a", Fate::Fired).await, [0, 60]);
    assert!(house.rows("a").await.last().unwrap().late);
    ticks.halt().await;
}

#[tokio::test(start_paused = true)]
async fn a_closure_runs_as_a_job_of_its_schedule_and_what_nobody_declared_does_not() {
    let house = House::new();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let called = schedule("close").every_minute().call(move |context| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move {
            assert_eq!(context.job().options.fire.as_ref().unwrap().schedule.as_str(), "close");
            Err(banto_engine::JobError::retry("not today"))
        }
    });
    let table = Arc::new(timetable([called]));
    let mut registry = Registry::new("b1");
    table.clone().work_in(&mut registry);
    let config = SchedulerConfig::new(name("s"));
    let ticks = Ticks::of(Scheduler::new(house.store.clone(), table, config).clock(Arc::new(house.clock.clone())));
    until(&house, 1).await;
    let job = house.rows("close").await[0].run.as_ref().unwrap().job;
    let work = Running::new(house.worker(registry.clone(), |config| config.queues = queues()));
    let ended = house.until(job, State::Dead).await;
    assert_eq!((ended.error.as_deref(), calls.load(Ordering::SeqCst)), (Some("not today"), 1), "one attempt");
    // A row that somebody wrote into the store names a schedule of this build, or one that nobody knows.
    for (schedule, becomes) in [("close", State::Dead), ("rm -rf", State::Dead), ("unknown", State::Parked)] {
        let payload = banto_core::Payload::parse(&format!("{{\"schedule\":\"{schedule}\",\"due_at\":1}}")).unwrap();
        let mut forged = banto_core::NewJob::new(house.client.id(), name("banto.run"), name("schedules"), payload);
        forged.attempts_max = Some(1);
        let id = house.client.put(vec![forged]).await.unwrap()[0].id;
        let becomes = if schedule == "rm -rf" { State::Parked } else { becomes };
        house.until(id, becomes).await;
    }
    assert_eq!(calls.load(Ordering::SeqCst), 1, "nothing was called for them");
    work.halt().await;
    ticks.halt().await;
}

fn queues() -> Vec<banto_engine::config::QueueWeight> {
    vec![banto_engine::config::QueueWeight { queue: name("schedules"), weight: 0 }]
}

#[tokio::test(start_paused = true)]
async fn jitter_delays_the_run_and_not_the_due_instant() {
    let house = House::new();
    let ticks = house.ticks(timetable([says("a", |draft| draft.every_minute().jitter(30.seconds()))]));
    until(&house, 190).await;
    assert_eq!(house.due("a", Fate::Fired).await, [0, 60, 120, 180]);
    let mut waits = Vec::new();
    for row in house.rows("a").await {
        let job = house.job(row.run.unwrap().job).await;
        waits.push(job.run_at - row.due_at);
        assert!(!row.late && (0..=30_000).contains(&(job.run_at - row.due_at)), "{job:?}");
    }
    assert!(waits.iter().any(|wait| *wait != waits[0]), "{waits:?}");
    ticks.halt().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_for_another_environment_does_not_fire_here() {
    let house = House::new();
    let table = timetable([says("a", |draft| draft.every_minute().environments(["staging"])), minutely("b")]);
    let ticks = house.ticks(table.environment("production"));
    until(&house, 1).await;
    assert_eq!((house.rows("a").await.len(), house.rows("b").await.len()), (0, 1));
    ticks.halt().await;
}

#[tokio::test(start_paused = true)]
async fn one_look_as_cron_would_order_it_fires_what_is_due() {
    let house = House::new();
    let look = async || house.scheduler(timetable([minutely("a")])).once().await.unwrap().unwrap();
    assert_eq!(look().await.fired, 0, "it is new");
    until(&house, 1).await;
    assert_eq!(look().await.fired, 1);
    assert_eq!(look().await.fired, 0);
    until(&house, 121).await;
    let looked = look().await;
    assert_eq!((looked.fired, looked.not), (1, 1), "the newest is in time, the one before was missed");
}

#[tokio::test(start_paused = true)]
async fn an_operator_restarts_a_scheduler() {
    let house = House::new();
    let ticks = house.ticks(timetable([minutely("a")]));
    pass(1_000).await;
    house.steer(Order::Restart).await;
    let watch = ticks.works.await.unwrap();
    assert_eq!((watch.halt, watch.reason.as_str()), (banto_engine::Halt::Restart, "a restart was ordered by tester"));
    assert!(house.memory.instances().await.unwrap().iter().all(|seen| !seen.living), "it has signed off");
}

/// A job with a key of its own.
#[derive(serde::Serialize, serde::Deserialize)]
struct Keyed;

impl banto_engine::Job for Keyed {
    const KIND: &'static str = "keyed";
    fn unique(&self) -> Result<Option<banto_core::Unique>, banto_core::Refusal> {
        Ok(Some(banto_core::Unique { key: banto_core::Label::new("own")?, hold: banto_core::Hold::Queued }))
    }
}

#[tokio::test(start_paused = true)]
async fn a_jobs_own_key_keeps_its_runs_apart_too() {
    let house = House::new();
    let ticks = house.ticks(timetable([schedule("a").every_minute().job(Keyed)]));
    until(&house, 61).await;
    assert_eq!((house.due("a", Fate::Fired).await, house.not(Reason::Overlap).await), (vec![0], 1));
    ticks.halt().await;
}

#[test]
fn the_preflight_names_every_fault_at_once() {
    let table = timetable([
        says("a", |draft| draft.cron("61 * * * *")),
        says("b c", ScheduleDraft::every_minute),
        minutely("d"),
        minutely("d"),
        schedule("e").every_minute().command(["no-such-program-anywhere"]),
        schedule("f").every_minute().command(["true"]).attempts_max(0),
    ]);
    let unfit = banto_engine::preflight::timetable(&table).unwrap_err();
    let text = unfit.to_string();
    for part in ["61 * * * *", "b c", "the schedule d twice", "no-such-program-anywhere", "a number of attempts"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let keyed = timetable([schedule("g").every_minute().no_overlap().job(Keyed)]);
    let text = banto_engine::preflight::timetable(&keyed).unwrap_err().to_string();
    assert!(text.contains("\"own\" as the key of a schedule's job"), "{text}");
    let fine = banto_engine::preflight::timetable(&timetable([minutely("d")]));
    assert_eq!(fine, Ok(()));
    let unknown = banto_engine::preflight::kinds_of(&timetable([minutely("d")]), &Registry::new("b1")).unwrap_err();
    assert!(unknown.to_string().contains("fire the schedule d: no kind act is known"), "{unknown}");
}

/// A real program under a real worker: what it prints and how it ends is on the ledger.
#[tokio::test]
async fn a_command_runs_and_its_end_is_on_the_ledger() {
    let house = House::new();
    let script = "echo one; printf 'two\\033[31m\\n' >&2; exit 12";
    let table = Arc::new(timetable([
        schedule("fails").every(1.seconds()).command(["sh", "-c", script]),
        schedule("works").every(1.seconds()).command(["sh", "-c", "echo \"$0\"", "; touch pwned"]),
        schedule("leaves").every(1.seconds()).command(["sh", "-c", "sleep 600 & echo left"]),
        schedule("asks").every(1.seconds()).command(["sh", "-c", "read answer || echo no"]),
    ]));
    let mut registry = Registry::new("b1");
    table.clone().work_in(&mut registry);
    let config = SchedulerConfig::new(name("s"));
    let ticks = Ticks::of(Scheduler::new(house.store.clone(), table, config).clock(Arc::new(house.clock.clone())));
    let work = Running::new(house.worker(registry, |config| config.queues = queues()));
    let ended = async |schedule: &str, state| loop {
        let rows = house.rows(schedule).await;
        let row = rows.into_iter().find(|row| row.run.as_ref().is_some_and(|run| run.state == Some(state)));
        if let Some(run) = row.and_then(|row| row.run).filter(|run| run.output.is_some()) {
            return run;
        }
        pass(20).await;
    };
    let failed = ended("fails", State::Dead).await;
    let output = failed.output.unwrap();
    assert_eq!((output.exit, output.signal, output.tail.contains("one\n")), (Some(12), None, true));
    assert!(output.tail.contains("two\\u{1b}[31m"), "{output:?}");
    assert!(failed.error.unwrap().contains("ended with exit code 12"));
    let worked = ended("works", State::Done).await.output.unwrap();
    assert_eq!((worked.exit, worked.tail.as_str()), (Some(0), "; touch pwned\n"));
    // A success that is odd is on the record too.
    for (schedule, odd) in [("leaves", "it left a process behind"), ("asks", "it read from its standard input")] {
        let id = ended(schedule, State::Done).await.job;
        let trail = house.memory.job(id).await.unwrap().unwrap().trail;
        assert!(trail.iter().any(|line| line.text.starts_with(odd)), "{schedule}: {trail:?}");
    }
    work.halt().await;
    ticks.halt().await;
    let jobs = house.memory.jobs(Select::default(), None).await.unwrap().jobs;
    assert!(jobs.iter().all(|job| !job.payload.as_str().contains("sh")), "no command is in the store");
}

#[test]
fn a_timetable_says_what_it_does_and_its_revision_is_all_that_matters() {
    let one = |change: fn(banto_engine::Scheduled) -> banto_engine::Scheduled| {
        let mut table = Timetable::new(name("app"), "b1");
        table.add(change(schedule("a").every_minute().command(["php", "artisan", "redis:monitor"])));
        let entry = table.entry(&"a".parse().unwrap()).unwrap().clone();
        (entry.words(), entry.revision())
    };
    let plain = one(|scheduled| scheduled);
    assert_eq!(plain.0, "run php artisan redis:monitor");
    assert_eq!(one(|scheduled| scheduled).1, plain.1);
    assert_ne!(one(|scheduled| scheduled.queue("schedules.other")).1, plain.1);
    assert_ne!(one(|scheduled| scheduled.attempts_max(2)).1, plain.1);
    assert_ne!(one(|scheduled| scheduled.timeout(Duration::from_secs(1))).1, plain.1);
    let job = timetable([minutely("a")]).entry(&"a".parse().unwrap()).unwrap().words();
    assert_eq!((job.as_str(), act("x").0.as_str()), ("enqueue a job of act", "x"));
}

#[tokio::test]
async fn a_commands_output_goes_to_its_schedules_file() {
    let house = House::new();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (adds, anew) = (path("adds.log"), path("anew.log"));
    std::fs::write(&anew, "of before\n").unwrap();
    std::fs::write(&adds, "of before\n").unwrap();
    let table = Arc::new(timetable([
        schedule("adds").every(1.seconds()).append_output_to(&adds).command(["echo", "said"]),
        schedule("anew").every(1.seconds()).send_output_to(&anew).command(["echo", "said"]),
    ]));
    let mut registry = Registry::new("b1");
    table.clone().work_in(&mut registry);
    let config = SchedulerConfig::new(name("s"));
    let ticks = Ticks::of(Scheduler::new(house.store.clone(), table, config).clock(Arc::new(house.clock.clone())));
    let work = Running::new(house.worker(registry, |config| config.queues = queues()));
    for schedule in ["adds", "anew"] {
        while !house
            .rows(schedule)
            .await
            .iter()
            .any(|row| row.run.as_ref().is_some_and(|run| run.state == Some(State::Done)))
        {
            pass(20).await;
        }
    }
    ticks.halt().await;
    work.halt().await;
    assert!(std::fs::read_to_string(&adds).unwrap().starts_with("of before\nsaid\n"));
    assert_eq!(std::fs::read_to_string(&anew).unwrap(), "said\n");
    let wrong = timetable([says("a", |draft| draft.every_minute().append_output_to("x.log"))]);
    let unfit = banto_engine::preflight::timetable(&wrong).unwrap_err().to_string();
    assert!(unfit.contains("only a command's output goes to a file"), "{unfit}");
    let nowhere = timetable([schedule("a").every_minute().append_output_to("/no/such/folder/x").command(["true"])]);
    let unfit = banto_engine::preflight::timetable(&nowhere).unwrap_err().to_string();
    assert!(unfit.contains("/no/such/folder"), "{unfit}");
}
