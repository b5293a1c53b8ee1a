//! What histories of the simulator found, each cut down to a few lines.

use std::sync::Arc;

use banto_core::Fate;
use banto_engine::Event;
use banto_store::{Read, SelectFires, faulty::Verb};

use crate::{
    clockwork::{Ahead, MINUTE_MS, Ticks, minutely, says, timetable, timetable_of, until},
    house::{House, name, pass},
};

#[tokio::test(start_paused = true)]
async fn a_leader_that_something_is_always_due_for_hears_of_another_timetable() {
    let house = House::new();
    let mut old = house.ticks(timetable_of("b1", [says("a", |draft| draft.every_second())]));
    pass(5_000).await;
    let new = house.ticks(timetable_of("b2", [says("a", |draft| draft.every_minute())]));
    pass(10_000).await;
    assert_eq!(old.told(|event| matches!(event, Event::Superseded { .. })), 1);
    new.works.abort();
    old.halt().await;
}

#[tokio::test(start_paused = true)]
async fn an_older_build_waits_as_long_as_anybody_serves_the_newer_timetable() {
    let house = House::new();
    let hourly = || timetable_of("b2", [says("a", |draft| draft.hourly_at(3))]);
    let old = house.ticks(timetable_of("b1", [minutely("a")]));
    pass(2_000).await;
    let newer = house.ticks(hourly());
    pass(2_000).await;
    let newest = house.ticks(hourly());
    pass(2_000).await;
    newest.works.abort();
    pass(200_000).await;
    assert_eq!(house.memory.service(name("app")).await.unwrap().unwrap().generation, 2);
    newer.halt().await;
    old.halt().await;
}

#[tokio::test(start_paused = true)]
async fn a_timetable_that_is_registered_again_is_served_by_those_who_had_it() {
    let house = House::new();
    let first = house.ticks(timetable_of("b1", [minutely("a")]));
    pass(1_000).await;
    let second = house.ticks(timetable_of("b2", [says("a", |draft| draft.hourly_at(3))]));
    pass(5_000).await;
    let third = house.ticks(timetable_of("b3", [minutely("a")]));
    pass(5_000).await;
    second.works.abort();
    third.works.abort();
    until(&house, 65).await;
    assert_eq!(house.due("a", Fate::Fired).await, [0, 60], "within a moment, not after a minute");
    first.halt().await;
}

/// A leader of a minutely schedule accounts three days in advance, by a clock that was set, and dies; the clock is set right.
async fn dies_with_its_clock_ahead(house: &House) {
    let mut ticks = house.ticks(timetable([minutely("a")]));
    until(house, 30).await;
    house.clock.jump(3 * 86_400_000);
    ticks.heard(|event| matches!(event, Event::NotFired { .. })).await;
    ticks.works.abort();
    house.clock.jump(-3 * 86_400_000);
}

#[tokio::test(start_paused = true)]
async fn what_a_wrong_clock_has_accounted_for_in_advance_puts_nothing_off_after_a_restart() {
    let house = House::new();
    dies_with_its_clock_ahead(&house).await;
    pass(20_000).await;
    let again = house.ticks(timetable([minutely("a")]));
    until(&house, 310).await;
    let fired = house.due("a", Fate::Fired).await;
    assert!([120, 180, 240, 300].iter().all(|due| fired.contains(due)), "{fired:?}");
    again.halt().await;
}

#[tokio::test(start_paused = true)]
async fn a_leader_whose_clock_jumps_fires_nothing_before_it_has_measured_anew() {
    let house = House::new();
    let clock = Ahead::of(house.clock.clone(), 0);
    let mut ticks = Ticks::of(house.scheduler(timetable([minutely("a")])).clock(Arc::new(clock.clone())));
    until(&house, 10).await;
    clock.set(600_000);
    ticks.heard(|event| matches!(event, Event::ClockOff { .. })).await;
    pass(60_000).await;
    assert_eq!(house.due("a", Fate::Fired).await, [0], "nobody's clock is right");
    clock.set(0);
    ticks.heard(|event| matches!(event, Event::ClockRight)).await;
    until(&house, 190).await;
    assert!(house.ledger().await.iter().all(|row| row.at >= row.due_at), "nothing fires before its time");
    assert_eq!(house.due("a", Fate::Fired).await, [0, 60, 120, 180]);
    ticks.halt().await;
}

/// It was looked for after the time that the wrong clock had accounted for, which was days ahead.
#[tokio::test(start_paused = true)]
async fn what_was_due_by_the_old_model_behind_a_clock_that_was_ahead_is_accounted_for() {
    let house = House::new();
    dies_with_its_clock_ahead(&house).await;
    until(&house, 130).await;
    let again = house.ticks(timetable_of("b2", [says("a", |draft| draft.hourly_at(3))]));
    pass(2_000).await;
    let due = MINUTE_MS + 120_000;
    let select = SelectFires { since: Some(due), before: Some(due + 1), limit: 1, ..SelectFires::default() };
    assert_eq!(house.memory.fires(select).await.unwrap().len(), 1);
    again.halt().await;
}

/// A process that starts behind such a clock has measured nothing yet: it looked no way back.
#[tokio::test(start_paused = true)]
async fn a_new_process_looks_back_too_where_a_clock_was_ahead() {
    let house = House::new();
    dies_with_its_clock_ahead(&house).await;
    until(&house, 130).await;
    let again = house.ticks(timetable([minutely("a")]));
    until(&house, 190).await;
    assert_eq!(house.due("a", Fate::Fired).await[..3], [0, 120, 180]);
    again.halt().await;
}

/// What was due between the account of the old and the registration of the new was nobody's.
#[tokio::test(start_paused = true)]
async fn what_is_due_while_a_registration_hangs_is_accounted_for() {
    let house = House::new();
    let old = house.ticks(timetable([says("a", |draft| draft.every_second())]));
    until(&house, 2).await;
    old.halt().await;
    let faulty = house.faulty();
    faulty.hold(Verb::Register);
    let changed = says("a", |draft| draft.every_second().description("anew"));
    let new = Ticks::of(house.scheduler_at(Arc::new(faulty.clone()), timetable_of("b2", [changed])));
    until(&house, 9).await;
    faulty.heal();
    until(&house, 12).await;
    let due: Vec<i64> = house.rows("a").await.iter().map(|row| (row.due_at - MINUTE_MS) / 1_000).collect();
    assert!((0..12).all(|second| due.contains(&second)), "{due:?}");
    new.halt().await;
}

/// Its generation is 0, which was taken for not registered at all: it never heard of the other, and never took over again.
#[tokio::test(start_paused = true)]
async fn an_empty_timetable_is_superseded_too() {
    let house = House::new();
    let mut empty = house.ticks(timetable([]));
    pass(1_000).await;
    let full = house.ticks(timetable_of("b2", [minutely("a")]));
    empty.heard(|event| matches!(event, Event::Superseded { .. })).await;
    full.works.abort();
    pass(100_000).await;
    assert_eq!(house.memory.service(name("app")).await.unwrap().unwrap().generation, 2, "taken back");
    empty.halt().await;
}

/// It had followed a leader whose clock was days ahead, and nobody told it of the way back: it stood by for days.
#[tokio::test(start_paused = true)]
async fn who_stands_by_goes_back_too_where_somebody_else_has_taken_the_account_back() {
    let house = House::new();
    let leader = house.ticks(timetable([minutely("a")]));
    // It beats after the leader, and so hears of the jump after it.
    until(&house, 12).await;
    let mut beside = house.ticks(timetable([minutely("a")]));
    until(&house, 31).await;
    house.clock.jump(3 * 86_400_000);
    pass(64_000).await;
    assert_eq!(beside.told(|event| matches!(event, Event::Leads { leads: true })), 0, "it only followed");
    leader.works.abort();
    house.clock.jump(-3 * 86_400_000);
    let again = house.ticks(timetable([minutely("a")]));
    pass(5_000).await;
    again.works.abort();
    until(&house, 310).await;
    let fired = house.due("a", Fate::Fired).await;
    assert!([120, 180, 240, 300].iter().all(|due| fired.contains(due)), "{fired:?}");
    beside.halt().await;
}
