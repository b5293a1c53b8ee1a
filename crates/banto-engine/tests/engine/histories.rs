//! What histories of the simulator found, each cut down to a few lines.

use banto_core::Fate;
use banto_engine::Event;
use banto_store::Read;

use crate::{
    clockwork::{Ahead, Ticks, minutely, says, timetable, timetable_of, until},
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

#[tokio::test(start_paused = true)]
async fn what_a_wrong_clock_has_accounted_for_in_advance_puts_nothing_off_after_a_restart() {
    let house = House::new();
    let mut ticks = house.ticks(timetable([minutely("a")]));
    until(&house, 30).await;
    house.clock.jump(3 * 86_400_000);
    ticks.heard(|event| matches!(event, Event::NotFired { .. })).await;
    ticks.works.abort();
    house.clock.jump(-3 * 86_400_000);
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
    let mut ticks = Ticks::of(house.scheduler(timetable([minutely("a")])).clock(std::sync::Arc::new(clock.clone())));
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
