//! Promises about `beat`: who works, and what they are ordered.

use super::{
    Stage,
    stage::{START_MS, instance, label, name},
};
use crate::{Instance, Order, Orders, Seen, Status, instance::LIVING_MS};

/// A worker by its number.
pub(super) fn an_instance(number: u64) -> Instance {
    Instance {
        id: instance(number),
        name: name("worker"),
        host: label("pod 番"),
        pid: u32::MAX,
        build: label("1.2.3+abc"),
        kinds: vec![(name("send"), 3), (name("App\\Jobs\\Send"), 1)],
        queues: vec![name("mail"), name("slow")],
        service: None,
        concurrency: 10,
        busy: 2,
        status: Status::Working,
        reason: None,
    }
}

async fn seen(stage: &Stage) -> Vec<Seen> {
    stage.store.instances().await.unwrap()
}

async fn beat(stage: &Stage, instance: Instance) -> Orders {
    stage.store.beat(instance).await.unwrap()
}

/// What an instance says of itself is what is shown.
pub async fn an_instance_is_shown_as_it_said(stage: Stage) {
    let orders = beat(&stage, an_instance(1)).await;
    assert_eq!(orders, Orders { restart: None, wall_ms: START_MS });
    let expected = Seen { instance: an_instance(1), since: START_MS, silent_ms: 0, living: true };
    assert_eq!(seen(&stage).await, [expected]);
}

/// A later beat takes the place of the earlier; when it came stays.
pub async fn a_beat_renews_what_is_known(stage: Stage) {
    beat(&stage, an_instance(1)).await;
    stage.clock.pass(4_000);
    assert_eq!(seen(&stage).await[0].silent_ms, 4_000);
    let (service, reason) = (Some(name("shop")), Some("TERM".into()));
    let busy = Instance { busy: 9, status: Status::Stopping, service, reason, ..an_instance(1) };
    assert_eq!(beat(&stage, busy.clone()).await.wall_ms, START_MS + 4_000);
    assert_eq!(seen(&stage).await, [Seen { instance: busy, since: START_MS, silent_ms: 0, living: true }]);
}

/// Whoever is silent for longer than a lease does not live, and lives again with its next beat.
pub async fn a_silent_instance_does_not_live(stage: Stage) {
    beat(&stage, an_instance(1)).await;
    stage.clock.pass(LIVING_MS);
    assert!(seen(&stage).await[0].living);
    stage.clock.pass(1);
    let silent = seen(&stage).await.remove(0);
    assert_eq!((silent.living, silent.silent_ms), (false, LIVING_MS + 1));
    beat(&stage, an_instance(1)).await;
    assert!(seen(&stage).await[0].living);
}

/// Whoever left in order does not live.
pub async fn an_instance_that_left_does_not_live(stage: Stage) {
    beat(&stage, Instance { status: Status::Stopped, ..an_instance(1) }).await;
    assert!(!seen(&stage).await[0].living);
}

/// Silence is counted by the steady clock.
pub async fn a_wall_jump_silences_nobody(stage: Stage) {
    beat(&stage, an_instance(1)).await;
    for jump in [86_400_000, -2 * 86_400_000] {
        stage.clock.jump(jump);
        let seen = seen(&stage).await.remove(0);
        assert_eq!((seen.living, seen.silent_ms), (true, 0));
    }
}

/// Whoever beat before the machine started anew is dead.
pub async fn an_instance_of_another_boot_does_not_live(stage: Stage) {
    beat(&stage, an_instance(1)).await;
    stage.clock.reboot();
    stage.clock.pass(300);
    beat(&stage, an_instance(2)).await;
    let seen = seen(&stage).await;
    assert_eq!((seen[0].living, seen[0].silent_ms), (false, 300));
    assert_eq!((seen[1].living, seen[1].silent_ms), (true, 0));
}

/// Names and hosts may be the same; ids tell instances apart, and their order is the ids'.
pub async fn ids_tell_instances_apart(stage: Stage) {
    for number in [u64::MAX, 3, 1 << 63, 0] {
        beat(&stage, an_instance(number)).await;
    }
    let ids: Vec<_> = seen(&stage).await.iter().map(|seen| seen.instance.id.0).collect();
    assert_eq!(ids, [0, 3, 1 << 63, u64::MAX]);
}

/// Who is registered when a restart is ordered hears of it with each beat; who comes later does not.
pub async fn a_restart_reaches_those_before_it_and_not_after(stage: Stage) {
    beat(&stage, an_instance(1)).await;
    assert_eq!(stage.steer(Order::Restart).await.count, 1);
    assert_eq!(beat(&stage, an_instance(2)).await.restart, None);
    for _ in 0..2 {
        assert_eq!(beat(&stage, an_instance(1)).await.restart.as_deref(), Some("ann"));
        assert_eq!(beat(&stage, an_instance(2)).await.restart, None);
    }
    assert_eq!(stage.steer(Order::Restart).await.count, 1, "the first has been told already");
    assert_eq!(beat(&stage, an_instance(2)).await.restart.as_deref(), Some("ann"));
}

/// Whoever has left needs no restart.
pub async fn a_restart_is_not_for_those_who_left(stage: Stage) {
    beat(&stage, Instance { status: Status::Stopped, ..an_instance(1) }).await;
    assert_eq!(stage.steer(Order::Restart).await.count, 0);
}

/// A restart is counted for those that live; who is silent hears of it if it comes back.
pub async fn a_restart_counts_the_living(stage: Stage) {
    beat(&stage, an_instance(1)).await;
    stage.clock.pass(LIVING_MS + 1);
    beat(&stage, an_instance(2)).await;
    assert_eq!(stage.steer(Order::Restart).await.count, 1);
    assert_eq!(stage.steer(Order::Restart).await.count, 0);
    assert_eq!(beat(&stage, an_instance(1)).await.restart.as_deref(), Some("ann"));
}

/// Another process hears of it too.
pub async fn a_restart_reaches_other_processes(stage: Stage) {
    let other = stage.again().await;
    other.beat(an_instance(1)).await.unwrap();
    stage.steer(Order::Restart).await;
    assert_eq!(other.beat(an_instance(1)).await.unwrap().restart.as_deref(), Some("ann"));
}
