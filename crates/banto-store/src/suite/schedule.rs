//! Promises about `register`: what a service has, what it dropped, and who may go by it.

use banto_core::ScheduleName;

use super::{
    Stage,
    stage::{instance, label, name},
};
use crate::{
    Board, Fault, Instance, NewSchedule, Order, Register, Registered, ScheduleView, Status,
    schedule::{MODEL_BYTES_MAX, SCHEDULES_MAX},
    suite::instance::an_instance,
};

/// A schedule's name.
pub fn schedule_name(text: &str) -> ScheduleName {
    ScheduleName::new(text).unwrap()
}

/// A schedule of that name in that revision.
pub fn schedule(text: &str, revision: i64) -> NewSchedule {
    NewSchedule {
        name: schedule_name(text),
        revision,
        model: format!("{{\"revision\":{revision}}}"),
        action: format!("run {text}"),
        source: "code".into(),
    }
}

/// A service's schedules, registered by instance 1 of build `b1`.
pub fn service(service: &str, schedules: Vec<NewSchedule>) -> Register {
    Register { service: name(service), by: instance(1), build: label("b1"), as_of: i64::MAX, schedules }
}

async fn register(stage: &Stage, schedules: Vec<NewSchedule>) -> Vec<Registered> {
    stage.store.register(service("app", schedules)).await.unwrap().answers
}

async fn board(stage: &Stage) -> Board {
    stage.store.schedules().await.unwrap()
}

async fn view(stage: &Stage, name: &str) -> ScheduleView {
    let found = board(stage).await.schedules.into_iter().find(|view| view.name.as_str() == name);
    found.unwrap_or_else(|| panic!("{name} is not listed"))
}

/// What is registered is listed as it was given, and its service is accounted for until now.
pub async fn what_is_registered_is_listed(stage: Stage) {
    let now = stage.clock_ms();
    assert_eq!(board(&stage).await, Board::default());
    assert_eq!(stage.store.service(name("app")).await.unwrap(), None);
    let answers = register(&stage, vec![schedule("b:two", 2), schedule("a", i64::MIN)]).await;
    assert_eq!(answers, [Registered::New; 2]);
    let wanted = |given: NewSchedule| ScheduleView {
        name: given.name,
        service: name("app"),
        revision: given.revision,
        model: given.model,
        action: given.action,
        source: given.source,
        build: label("b1"),
        since: now,
        retired_at: None,
        pause: None,
    };
    let board = board(&stage).await;
    assert_eq!(board.schedules, [wanted(schedule("a", i64::MIN)), wanted(schedule("b:two", 2))]);
    assert_eq!((board.services.len(), board.maintenance), (1, None));
    let app = stage.store.service(name("app")).await.unwrap().unwrap();
    assert_eq!(board.services.first(), Some(&app));
    assert_eq!((app.service, app.accounted_until, app.by, app.wall_ms), (name("app"), now, None, now));
    assert_eq!((app.generation, app.registered_by), (1, instance(1)));
}

/// A service's generation grows when its schedules change, and with nothing else; who registered last is told.
pub async fn a_generation_grows_with_each_change(stage: Stage) {
    let generation = async |by: u64, schedules: Vec<NewSchedule>| {
        let register = Register { by: instance(by), ..service("app", schedules) };
        let generation = stage.store.register(register).await.unwrap().generation;
        let seen = stage.store.service(name("app")).await.unwrap().unwrap();
        assert_eq!((seen.generation, seen.registered_by), (generation, instance(by)));
        generation
    };
    assert_eq!(generation(1, vec![schedule("a", 1), schedule("b", 1)]).await, 1);
    assert_eq!(generation(2, vec![schedule("a", 1), schedule("b", 1)]).await, 1, "the same");
    assert_eq!(generation(3, vec![schedule("a", 2), schedule("b", 1)]).await, 2, "one has changed");
    assert_eq!(generation(3, vec![schedule("a", 2)]).await, 3, "one is dropped");
    assert_eq!(generation(3, vec![schedule("a", 2)]).await, 3);
    assert_eq!(generation(3, vec![schedule("a", 2), schedule("b", 1)]).await, 4, "and is back");
    stage.store.register(service("other", vec![schedule("c", 1)])).await.unwrap();
    assert_eq!(generation(3, vec![schedule("a", 2), schedule("b", 1), schedule("c", 9)]).await, 4, "it is another's");
}

/// Registering again what is there changes nothing, whoever does it.
pub async fn a_repeated_registration_changes_nothing(stage: Stage) {
    register(&stage, vec![schedule("a", 1)]).await;
    let before = board(&stage).await;
    stage.clock.pass(60_000);
    assert_eq!(register(&stage, vec![schedule("a", 1)]).await, [Registered::Same]);
    let after = board(&stage).await;
    assert_eq!(after.schedules, before.schedules);
    assert_eq!(after.services[0].accounted_until, before.services[0].accounted_until);
}

/// A schedule in another revision counts from now on.
pub async fn a_changed_schedule_counts_from_now(stage: Stage) {
    register(&stage, vec![schedule("a", 1), schedule("b", 1)]).await;
    let first = stage.clock_ms();
    stage.clock.pass(5_000);
    assert_eq!(
        register(&stage, vec![schedule("a", 2), schedule("b", 1)]).await,
        [Registered::Changed, Registered::Same]
    );
    assert_eq!((view(&stage, "a").await.revision, view(&stage, "a").await.since), (2, first + 5_000));
    assert_eq!((view(&stage, "b").await.revision, view(&stage, "b").await.since), (1, first));
}

/// Whoever registers says as of when: what was due until then was the old models'.
pub async fn a_registration_counts_as_of_when_it_says(stage: Stage) {
    let start = stage.clock_ms();
    let as_of = |as_of, schedules| Register { as_of, ..service("app", schedules) };
    stage.clock.pass(10_000);
    stage.store.register(as_of(start + 4_000, vec![schedule("a", 1), schedule("b", 1)])).await.unwrap();
    assert_eq!(board(&stage).await.services[0].accounted_until, start + 4_000);
    assert_eq!(view(&stage, "a").await.since, start + 4_000);
    stage.store.register(as_of(start + 6_000, vec![schedule("a", 2)])).await.unwrap();
    assert_eq!(
        (view(&stage, "a").await.since, view(&stage, "b").await.retired_at),
        (start + 6_000, Some(start + 6_000))
    );
    stage.store.register(as_of(start + 99_000, vec![schedule("b", 1)])).await.unwrap();
    assert_eq!(
        (view(&stage, "b").await.since, view(&stage, "a").await.retired_at),
        (start + 10_000, Some(start + 10_000))
    );
    assert_eq!(board(&stage).await.services[0].accounted_until, start + 4_000, "only a fire moves the account");
}

/// What a service comes without is retired and stays listed; when it comes back, it is new.
pub async fn what_is_dropped_is_retired(stage: Stage) {
    register(&stage, vec![schedule("a", 1), schedule("b", 1)]).await;
    stage.clock.pass(1_000);
    register(&stage, vec![schedule("b", 1)]).await;
    let retired_at = stage.clock_ms();
    assert_eq!(view(&stage, "a").await.retired_at, Some(retired_at));
    assert_eq!(view(&stage, "b").await.retired_at, None);
    stage.clock.pass(1_000);
    register(&stage, vec![schedule("b", 1)]).await;
    assert_eq!(view(&stage, "a").await.retired_at, Some(retired_at), "once");
    assert_eq!(register(&stage, vec![schedule("a", 1), schedule("b", 1)]).await, [Registered::New, Registered::Same]);
    let back = view(&stage, "a").await;
    assert_eq!((back.retired_at, back.since), (None, stage.clock_ms()));
}

/// A service touches no other's schedules, and cannot take one's name.
pub async fn services_keep_to_themselves(stage: Stage) {
    register(&stage, vec![schedule("a", 1)]).await;
    let other = service("other", vec![schedule("a", 7), schedule("c", 1)]);
    assert_eq!(stage.store.register(other).await.unwrap().answers, [Registered::Taken, Registered::New]);
    assert_eq!((view(&stage, "a").await.service, view(&stage, "a").await.revision), (name("app"), 1));
    register(&stage, Vec::new()).await;
    assert!(view(&stage, "c").await.retired_at.is_none());
    let takes = service("other", vec![schedule("a", 7), schedule("c", 1)]);
    assert_eq!(
        stage.store.register(takes).await.unwrap().answers,
        [Registered::New, Registered::Same],
        "it is free now"
    );
    assert_eq!(board(&stage).await.services.len(), 2);
}

/// Too many, too long and two of one name are refused whole.
pub async fn what_is_too_much_is_refused(stage: Stage) {
    let long = NewSchedule { model: " ".repeat(MODEL_BYTES_MAX + 1), ..schedule("long", 1) };
    let most = NewSchedule { model: " ".repeat(MODEL_BYTES_MAX), ..schedule("most", 1) };
    let many: Vec<_> = (0..=SCHEDULES_MAX).map(|number| schedule(&format!("s{number}"), 1)).collect();
    for wrong in [vec![schedule("a", 1), long], vec![schedule("a", 1), schedule("a", 2)], many] {
        let error = stage.store.register(service("app", wrong)).await.unwrap_err();
        assert!(matches!(error.fault(), Fault::Refused(_)), "{error:?}");
    }
    assert_eq!(board(&stage).await, Board::default());
    assert_eq!(register(&stage, vec![most]).await, [Registered::New]);
}

/// A schedule's pause and that of all are shown while they are in force, and say by whom.
pub async fn pauses_are_shown(stage: Stage) {
    register(&stage, vec![schedule("a", 1), schedule("b", 1)]).await;
    let pause = |which: Option<&str>, until| Order::PauseSchedule {
        schedule: which.map(schedule_name),
        reason: "deploy".into(),
        until,
    };
    let at = stage.clock_ms();
    assert_eq!(stage.preview(pause(Some("a"), None)).await.count, 1);
    assert_eq!(view(&stage, "a").await.pause, None, "a preview");
    assert_eq!(stage.steer(pause(Some("a"), None)).await.count, 1);
    assert_eq!(stage.steer(pause(Some("a"), None)).await.count, 0, "nothing new");
    assert_eq!(stage.steer(pause(None, Some(at + 1_000))).await.count, 1);
    let shown = view(&stage, "a").await.pause.unwrap();
    assert_eq!((shown.by.as_str(), shown.reason.as_str(), shown.at, shown.until), ("ann", "deploy", at, None));
    assert_eq!(view(&stage, "b").await.pause, None);
    assert_eq!(board(&stage).await.maintenance.unwrap().until, Some(at + 1_000));
    stage.clock.pass(1_000);
    assert_eq!(board(&stage).await.maintenance, None, "its time is over");
    let resume = |which: Option<&str>| Order::ResumeSchedule { schedule: which.map(schedule_name) };
    assert_eq!(stage.steer(resume(None)).await.count, 0);
    assert_eq!(stage.steer(resume(Some("a"))).await.count, 1);
    assert_eq!(view(&stage, "a").await.pause, None);
    assert!(stage.store.queues().await.unwrap().is_empty(), "no queue is meant");
}

/// The store's time is the leader's as long as the leader lives: who is off learns it.
pub async fn the_leaders_clock_counts_while_it_lives(stage: Stage) {
    register(&stage, vec![schedule("a", 1)]).await;
    let start = stage.clock_ms();
    let beat = || Instance { id: instance(1), status: Status::Working, ..an_instance(1) };
    stage.store.beat(beat()).await.unwrap();
    let account = |until| crate::Firing {
        service: name("app"),
        by: instance(1),
        fires: Vec::new(),
        until: Some(until),
        generation: 1,
        rewind: false,
    };
    stage.store.fire(account(start + 5)).await.unwrap();
    let seen = stage.store.service(name("app")).await.unwrap().unwrap();
    assert_eq!((seen.accounted_until, seen.by, seen.wall_ms), (start + 5, Some(instance(1)), start));
    // This process's wall clock goes wrong; a store with a clock of its own would not care.
    stage.clock.jump(600_000);
    stage.clock.pass(1_000);
    let seen = stage.store.service(name("app")).await.unwrap().unwrap();
    assert_eq!(seen.wall_ms, start + 1_000);
    stage.clock.pass(crate::instance::LIVING_MS);
    let seen = stage.store.service(name("app")).await.unwrap().unwrap();
    assert_eq!(seen.wall_ms, stage.clock_ms(), "nobody leads");
    stage.store.beat(beat()).await.unwrap();
    stage.store.fire(account(start + 6)).await.unwrap();
    assert_eq!(stage.store.service(name("app")).await.unwrap().unwrap().wall_ms, stage.clock_ms(), "it says so anew");
}
