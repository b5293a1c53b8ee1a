//! Pulses of real loops: what is a tick and what is none, while a store works, fails, hangs.

use std::sync::Arc;

use banto_engine::{
    pulse::{Moment, Pulse},
    scheduler::Standing,
    worker::{Duty, Pulses},
};
use banto_store::{
    Fault,
    faulty::{Plan, Strike, Verb},
};
use tokio::sync::Notify;

use crate::{
    clockwork::{Ahead, Ticks, minutely, timetable},
    house::{House, Running, acting, freeze, pass},
};

fn gone() -> Plan {
    Plan { rate: 1.0, strikes: vec![Strike::Before(Fault::Gone)] }
}

/// How long ago a loop came round, in milliseconds.
fn silent<S: Clone>(house: &House, pulse: &Pulse<S>) -> u64 {
    pulse.heard().silent_ms(Moment::now(&house.clock))
}

#[tokio::test(start_paused = true)]
async fn a_scheduler_ticks_as_long_as_it_comes_round_and_not_while_the_store_fails_or_hangs() {
    let house = House::new();
    let (faulty, pulse) = (house.faulty(), Pulse::default());
    let scheduler = house.scheduler_at(Arc::new(faulty.clone()), timetable([minutely("m")])).pulse(pulse.clone());
    let ticks = Ticks::of(scheduler);
    pass(150_000).await;
    assert_eq!((silent(&house, &pulse) <= 1_000, pulse.heard().state), (true, Standing::Leads));
    faulty.plan(&[Verb::Beat, Verb::Fire, Verb::Read], gone());
    pass(60_000).await;
    assert!(silent(&house, &pulse) > 55_000, "it goes round in vain: {:?}", pulse.heard());
    assert!(matches!(pulse.heard().state, Standing::StoreDown { .. }));
    faulty.heal();
    pass(2_000).await;
    assert!(silent(&house, &pulse) <= 1_000);
    freeze(&faulty);
    pass(60_000).await;
    assert!(silent(&house, &pulse) > 55_000, "it hangs");
    faulty.heal();
    pass(2_000).await;
    assert!(silent(&house, &pulse) <= 1_000);
    ticks.halt().await;
    assert_eq!(pulse.heard().state, Standing::Stopped);
    pass(60_000).await;
    assert!(silent(&house, &pulse) > 55_000, "it has ended");
}

#[tokio::test(start_paused = true)]
async fn one_whose_clock_is_off_says_so_since_when() {
    let house = House::new();
    let (leader, pulse) = (house.ticks(timetable([minutely("m")])), Pulse::default());
    pass(61_000).await;
    let clock = Ahead::of(house.clock.clone(), 60_000);
    let scheduler = house.scheduler(timetable([minutely("m")])).clock(Arc::new(clock.clone())).pulse(pulse.clone());
    let ticks = Ticks::of(scheduler);
    pass(120_000).await;
    let heard = pulse.heard();
    assert!(matches!(heard.state, Standing::ClockOff { .. }), "{heard:?}");
    assert!(heard.since.unwrap().ago(Moment::now(&house.clock)) > 100_000, "each tick says it again: {heard:?}");
    clock.set(0);
    pass(10_000).await;
    assert_eq!(pulse.heard().state, Standing::StandsBy);
    ticks.halt().await;
    leader.halt().await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_ticks_while_it_works_is_full_while_it_is_and_hangs_with_its_store() {
    let house = House::new();
    let (faulty, pulses, go) = (house.faulty(), Pulses::default(), Arc::new(Notify::new()));
    let gate = go.clone();
    let registry = acting(move |_, _| {
        let gate = gate.clone();
        async move {
            gate.notified().await;
            Ok(())
        }
    });
    let worker = house.worker_at(Arc::new(faulty.clone()), registry, |config| config.concurrency = 1);
    let mut running = Running::new(worker.pulses(pulses.clone()));
    pass(10_000).await;
    assert!(silent(&house, &pulses.beat) <= 3_100 && silent(&house, &pulses.claim) <= 1_100);
    assert_eq!(pulses.claim.heard().state, Duty::Waiting);
    let id = house.enqueue("x").await;
    pass(30_000).await;
    assert_eq!(pulses.claim.heard().state, Duty::Full);
    assert!(silent(&house, &pulses.beat) <= 3_100, "busy, and well");
    go.notify_one();
    running.ended(id, "done").await;
    faulty.hold(Verb::Claim);
    pass(30_000).await;
    let held = pulses.claim.heard();
    assert_eq!(held.state, Duty::Asking);
    assert!(held.since.unwrap().ago(Moment::now(&house.clock)) > 25_000, "{held:?}");
    assert!(silent(&house, &pulses.beat) <= 3_100, "only its claims hang");
    faulty.heal();
    faulty.plan(&[Verb::Claim, Verb::Beat], gone());
    pass(30_000).await;
    for pulse in [&pulses.claim, &pulses.beat] {
        assert!(matches!(pulse.heard().state, Duty::StoreDown { .. }), "{:?}", pulse.heard());
    }
    assert!(silent(&house, &pulses.beat) > 25_000);
    faulty.heal();
    pass(5_000).await;
    assert!(silent(&house, &pulses.beat) <= 3_100 && silent(&house, &pulses.claim) <= 1_100);
    running.halt().await;
}
