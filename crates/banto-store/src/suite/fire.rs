//! Promises about `fire`: a due instant fires at most once, and each has one row that says what became of it.

use banto_core::{Due, Fate, FireId, Hold, JobId, NewJob, Outcome, Reason, State, Unique};

use super::{
    Stage,
    schedule::{schedule, schedule_name, service},
    stage::{START_MS, asks, instance, label, name, race},
};
use crate::{Act, Fault, Fire, FireView, Fired, Firing, Order, Run, Select, SelectFires, Store, fire::FIRE_MAX};

/// The job of a due instant of `schedule`.
pub fn job_of(stage: &Stage, schedule: &str, due_at: i64) -> NewJob {
    let mut job = stage.job();
    job.options.fire = Some(FireId { schedule: schedule_name(schedule), due_at });
    job
}

/// A due instant of `schedule` in revision 1, with that fate.
pub fn fire(schedule: &str, due_at: i64, act: Act) -> Fire {
    Fire {
        schedule: schedule_name(schedule),
        revision: 1,
        due_at,
        count: 1,
        act,
        late: false,
        even_in_maintenance: false,
        note: String::new(),
    }
}

/// A due instant that runs.
pub fn runs(stage: &Stage, schedule: &str, due_at: i64) -> Fire {
    fire(schedule, due_at, Act::Run(Box::new(job_of(stage, schedule, due_at))))
}

/// A due instant whose run keeps others of its schedule out.
fn runs_alone(stage: &Stage, schedule: &str, due_at: i64) -> Fire {
    let unique = Some(Unique { key: label(&format!("schedule:{schedule}")), hold: Hold::Done });
    fire(schedule, due_at, Act::Run(Box::new(NewJob { unique, ..job_of(stage, schedule, due_at) })))
}

/// Due instants of service `app`, by instance 1.
pub fn firing(fires: Vec<Fire>) -> Firing {
    Firing { service: name("app"), by: instance(1), fires, until: None, generation: 1, rewind: false }
}

pub(super) async fn account(stage: &Stage, fires: Vec<Fire>) -> Vec<Fired> {
    stage.store.fire(firing(fires)).await.unwrap()
}

pub(super) async fn register(stage: &Stage) {
    stage.store.register(service("app", vec![schedule("a", 1), schedule("b", 1)])).await.unwrap();
}

pub(super) async fn rows(stage: &Stage) -> Vec<FireView> {
    stage.store.fires(SelectFires { limit: 1_000, ..SelectFires::default() }).await.unwrap()
}

pub(super) async fn row(stage: &Stage, schedule: &str, due_at: i64) -> FireView {
    let found = rows(stage).await.into_iter().find(|row| row.schedule.as_str() == schedule && row.due_at == due_at);
    found.unwrap_or_else(|| panic!("{schedule} has no row at {due_at}"))
}

fn ran(fired: &Fired) -> JobId {
    match fired {
        Fired::Run(job) => *job,
        other => panic!("it did not run: {other:?}"),
    }
}

/// No due instant is no call, and moves no account.
pub async fn an_empty_batch_is_fine(stage: Stage) {
    register(&stage).await;
    assert_eq!(account(&stage, Vec::new()).await, []);
    assert_eq!(stage.store.service(name("app")).await.unwrap().unwrap().by, None);
}

/// A due instant that fires has its job, which is listed like any other, and a row that names it.
pub async fn a_due_instant_that_fires_has_its_job(stage: Stage) {
    register(&stage).await;
    let mut fire = runs(&stage, "a", START_MS);
    (fire.note, fire.late) = ("after an outage".into(), true);
    stage.clock.pass(25);
    let job = ran(&account(&stage, vec![fire]).await[0]);
    let wanted = FireView {
        schedule: schedule_name("a"),
        due_at: START_MS,
        count: 1,
        fate: Fate::Fired,
        reason: None,
        late: true,
        note: "after an outage".into(),
        at: START_MS + 25,
        by: instance(1),
        run: Some(Run { state: Some(State::Ready), ..Run::gone(job) }),
    };
    assert_eq!(rows(&stage).await, [wanted]);
    let seen = stage.see(job).await;
    assert_eq!(seen.options.fire, Some(FireId { schedule: schedule_name("a"), due_at: START_MS }));
    assert_eq!(stage.store.tally().await.unwrap().accepted, 1);
    assert_eq!(stage.claim(5).await[0].0.id, job);
}

/// A due instant fires at most once, whoever asks again and with whatever.
pub async fn p6_a_due_instant_fires_once(stage: Stage) {
    register(&stage).await;
    let first = ran(&account(&stage, vec![runs(&stage, "a", START_MS)]).await[0]);
    let again = vec![runs(&stage, "a", START_MS), fire("a", START_MS, Act::Not(Reason::Policy))];
    assert_eq!(account(&stage, again).await, [Fired::There; 2]);
    let twice = vec![runs(&stage, "a", START_MS + 1), runs(&stage, "a", START_MS + 1)];
    let twice = account(&stage, twice).await;
    assert_eq!((twice[1], stage.list(Select::default()).await.len()), (Fired::There, 2), "in one batch, too");
    assert_eq!(row(&stage, "a", START_MS).await.run.unwrap().job, first);
    assert!(matches!(account(&stage, vec![runs(&stage, "b", START_MS)]).await[0], Fired::Run(_)), "another schedule's");
}

/// Sixteen schedulers at once: each due instant has one run.
pub async fn p6_schedulers_that_race_fire_each_due_instant_once(stage: Stage) {
    register(&stage).await;
    let jobs: Vec<Vec<Fire>> = (0..16).map(|_| (0..20).map(|n| runs(&stage, "a", START_MS + n)).collect()).collect();
    let jobs = std::sync::Arc::new(jobs);
    let answers = race(&stage, 16, move |store: std::sync::Arc<dyn Store>, number| {
        let fires = jobs[number].clone();
        async move {
            let by = instance(u64::try_from(number).unwrap());
            store.fire(Firing { by, ..firing(fires) }).await.unwrap()
        }
    });
    let ran = answers.await.concat().into_iter().filter(|fired| matches!(fired, Fired::Run(_))).count();
    assert_eq!((ran, stage.list(Select::default()).await.len(), rows(&stage).await.len()), (20, 20, 20));
}

/// What was skipped or missed has a row that says why.
pub async fn what_does_not_fire_says_why(stage: Stage) {
    register(&stage).await;
    for (at, reason) in (START_MS..).zip(Reason::ALL) {
        let mut fire = fire("a", at, Act::Not(reason));
        (fire.count, fire.note) = (7, format!("{reason} it is"));
        assert_eq!(account(&stage, vec![fire]).await, [Fired::Not(reason)]);
        let row = row(&stage, "a", at).await;
        assert_eq!((row.fate, row.reason, row.count), (reason.fate(), Some(reason), 7));
        assert_eq!((row.note, row.run), (format!("{reason} it is"), None));
    }
    assert!(stage.list(Select::default()).await.is_empty());
}

/// A due instant that was missed may fire after all, once; one that was skipped may not.
pub async fn a_missed_due_instant_may_still_fire_once(stage: Stage) {
    register(&stage).await;
    let not = |reason| vec![fire("a", START_MS, Act::Not(reason))];
    assert_eq!(account(&stage, not(Reason::Policy)).await, [Fired::Not(Reason::Policy)]);
    assert_eq!(account(&stage, not(Reason::TooOld)).await, [Fired::There], "it was missed already");
    let job = ran(&account(&stage, vec![runs(&stage, "a", START_MS)]).await[0]);
    assert_eq!(account(&stage, vec![runs(&stage, "a", START_MS)]).await, [Fired::There]);
    let now = row(&stage, "a", START_MS).await;
    assert_eq!((now.fate, now.reason, now.run.unwrap().job), (Fate::Fired, None, job));
    account(&stage, vec![fire("a", START_MS + 1, Act::Not(Reason::Holiday))]).await;
    assert_eq!(account(&stage, vec![runs(&stage, "a", START_MS + 1)]).await, [Fired::There]);
}

/// Who goes by an old revision, another service or a dropped schedule fires nothing.
pub async fn who_goes_by_something_else_fires_nothing(stage: Stage) {
    register(&stage).await;
    let old = Fire { revision: 0, ..runs(&stage, "a", START_MS) };
    assert_eq!(account(&stage, vec![old, runs(&stage, "unknown", START_MS)]).await, [Fired::Stale; 2]);
    let others = Firing { service: name("other"), ..firing(vec![runs(&stage, "a", START_MS)]) };
    assert_eq!(stage.store.fire(others).await.unwrap(), [Fired::Stale]);
    stage.store.register(service("app", vec![schedule("b", 1)])).await.unwrap();
    assert_eq!(account(&stage, vec![runs(&stage, "a", START_MS)]).await, [Fired::Stale], "it is retired");
    assert!(rows(&stage).await.is_empty() && stage.list(Select::default()).await.is_empty());
}

/// One that is refused keeps no other from firing.
pub async fn one_stale_due_instant_spoils_no_other(stage: Stage) {
    register(&stage).await;
    let old = Fire { revision: 0, ..runs(&stage, "a", START_MS) };
    let answers = account(&stage, vec![old, runs(&stage, "b", START_MS)]).await;
    assert!(matches!(answers[..], [Fired::Stale, Fired::Run(_)]), "{answers:?}");
}

/// A paused schedule's due instants are skipped, and so are all in maintenance but those that run even then.
pub async fn a_paused_schedule_is_skipped(stage: Stage) {
    register(&stage).await;
    let pause = |schedule: Option<&str>| Order::PauseSchedule {
        schedule: schedule.map(schedule_name),
        reason: "r".into(),
        until: None,
    };
    stage.steer(pause(Some("a"))).await;
    let answers = account(&stage, vec![runs(&stage, "a", START_MS), runs(&stage, "b", START_MS)]).await;
    assert!(matches!(answers[..], [Fired::Not(Reason::Paused), Fired::Run(_)]), "{answers:?}");
    assert_eq!(row(&stage, "a", START_MS).await.reason, Some(Reason::Paused));
    stage.steer(pause(None)).await;
    let even = |schedule| Fire { even_in_maintenance: true, ..runs(&stage, schedule, START_MS + 1) };
    let answers = account(&stage, vec![runs(&stage, "b", START_MS + 2), even("b"), even("a")]).await;
    assert!(
        matches!(answers[..], [Fired::Not(Reason::Maintenance), Fired::Run(_), Fired::Not(Reason::Paused)]),
        "{answers:?}"
    );
    stage.steer(Order::ResumeSchedule { schedule: Some(schedule_name("a")) }).await;
    stage.steer(Order::ResumeSchedule { schedule: None }).await;
    let answers = account(&stage, vec![runs(&stage, "a", START_MS), runs(&stage, "a", START_MS + 3)]).await;
    assert!(matches!(answers[..], [Fired::There, Fired::Run(_)]), "what was skipped stays skipped: {answers:?}");
}

/// A pause with an end is over then.
pub async fn a_pause_for_a_while_ends_by_itself(stage: Stage) {
    register(&stage).await;
    let until = Some(START_MS + 1_000);
    stage.steer(Order::PauseSchedule { schedule: Some(schedule_name("a")), reason: "r".into(), until }).await;
    stage.clock.pass(999);
    assert_eq!(account(&stage, vec![runs(&stage, "a", 1)]).await, [Fired::Not(Reason::Paused)]);
    stage.clock.pass(1);
    assert!(matches!(account(&stage, vec![runs(&stage, "a", 2)]).await[..], [Fired::Run(_)]));
}

/// While a run that keeps others out has not ended, the next due instant is skipped and names it.
pub async fn runs_that_keep_others_out_do_not_overlap(stage: Stage) {
    register(&stage).await;
    let first = ran(&account(&stage, vec![runs_alone(&stage, "a", START_MS)]).await[0]);
    let skipped = account(&stage, vec![runs_alone(&stage, "a", START_MS + 1), runs_alone(&stage, "b", START_MS)]).await;
    assert!(matches!(skipped[..], [Fired::Not(Reason::Overlap), Fired::Run(_)]), "{skipped:?}");
    let said = row(&stage, "a", START_MS + 1).await;
    assert!(said.note.contains(&first.to_string()), "{said:?}");
    let (job, lease) = stage.claim(1).await.remove(0);
    assert_eq!(job.id, first);
    assert_eq!(
        account(&stage, vec![runs_alone(&stage, "a", START_MS + 2)]).await,
        [Fired::Not(Reason::Overlap)],
        "it runs"
    );
    stage.finish(&job, lease, Outcome::Dead { error: "e".into() }).await;
    assert!(matches!(account(&stage, vec![runs_alone(&stage, "a", START_MS + 3)]).await[..], [Fired::Run(_)]));
}

/// A job that belongs to a due instant may be due later than it: jitter, a spread.
pub async fn a_run_may_be_due_later_than_its_instant(stage: Stage) {
    register(&stage).await;
    let later = NewJob { due: Due::At(START_MS + 500), ..job_of(&stage, "a", START_MS) };
    account(&stage, vec![fire("a", START_MS, Act::Run(Box::new(later)))]).await;
    assert_eq!(row(&stage, "a", START_MS).await.run.unwrap().state, Some(State::Scheduled));
    assert!(stage.claim(1).await.is_empty());
    stage.clock.pass(500);
    assert_eq!(stage.claim(1).await.len(), 1);
}

/// The account goes forward with what is fired, and back only when it is said that the clock was set back.
pub async fn the_account_goes_forward(stage: Stage) {
    register(&stage).await;
    let until = async |by: u64, until, rewind| {
        let fires = vec![runs(&stage, "a", until)];
        stage.store.fire(Firing { by: instance(by), until: Some(until), rewind, ..firing(fires) }).await.unwrap();
        let seen = stage.store.service(name("app")).await.unwrap().unwrap();
        (seen.accounted_until, seen.by)
    };
    assert_eq!(until(1, START_MS + 10, false).await, (START_MS + 10, Some(instance(1))));
    assert_eq!(until(2, START_MS + 5, false).await, (START_MS + 10, Some(instance(2))));
    assert_eq!(until(1, START_MS + 6, true).await, (START_MS + 6, Some(instance(1))));
    let old = Firing { generation: 0, until: Some(START_MS + 99), rewind: true, ..firing(Vec::new()) };
    stage.store.fire(old).await.unwrap();
    let seen = stage.store.service(name("app")).await.unwrap().unwrap();
    assert_eq!(seen.accounted_until, START_MS + 6, "who goes by an old generation does not know all schedules");
    let other = Firing { service: name("other"), until: Some(START_MS), ..firing(Vec::new()) };
    stage.store.fire(other).await.unwrap();
    assert_eq!(stage.store.service(name("other")).await.unwrap(), None, "it was never registered");
}

/// A whole batch or nothing: too many, a job that is no job, or one of another due instant.
pub async fn a_bad_due_instant_refuses_the_batch(stage: Stage) {
    register(&stage).await;
    let with = |change: fn(&mut NewJob)| {
        let mut job = job_of(&stage, "a", START_MS + 1);
        change(&mut job);
        fire("a", START_MS + 1, Act::Run(Box::new(job)))
    };
    let wrong = [
        with(|job| job.priority = 99),
        with(|job| job.options.fire = None),
        with(|job| job.options.fire.as_mut().unwrap().due_at = 5),
        with(|job| job.options.fire.as_mut().unwrap().schedule = schedule_name("b")),
    ];
    for wrong in wrong {
        let error = stage.store.fire(firing(vec![runs(&stage, "a", START_MS), wrong])).await.unwrap_err();
        assert!(matches!(error.fault(), Fault::Refused(_)), "{error:?}");
    }
    let many = (0..=FIRE_MAX as i64).map(|n| fire("a", n, Act::Not(Reason::Policy))).collect();
    assert!(stage.store.fire(firing(many)).await.is_err());
    assert!(rows(&stage).await.is_empty() && stage.list(Select::default()).await.is_empty());
    let most = (0..FIRE_MAX as i64).map(|n| fire("a", n, Act::Not(Reason::Policy))).collect();
    assert_eq!(account(&stage, most).await.len(), FIRE_MAX);
}

/// Whoever waits for work hears of a due instant that fired.
pub async fn who_waits_hears_of_a_fire(stage: Stage) {
    register(&stage).await;
    let seen = stage.store.changed(0).await.unwrap();
    account(&stage, vec![runs(&stage, "a", START_MS)]).await;
    assert_ne!(stage.store.changed(seen).await.unwrap(), seen);
    assert_eq!(stage.claim_as(asks(1)).await.jobs.len(), 1);
}

/// What one process fires, another sees and cannot fire again.
pub async fn another_process_sees_what_fired(stage: Stage) {
    register(&stage).await;
    account(&stage, vec![runs(&stage, "a", START_MS)]).await;
    let other = stage.again().await;
    assert_eq!(other.fire(firing(vec![runs(&stage, "a", START_MS)])).await.unwrap(), [Fired::There]);
    let all = SelectFires { limit: 10, ..SelectFires::default() };
    assert_eq!(other.fires(all).await.unwrap(), rows(&stage).await);
}

/// The edges of time are due instants like others.
pub async fn d3_the_edges_of_time_are_due_instants(stage: Stage) {
    register(&stage).await;
    for at in [0, 2_147_483_648_000, banto_core::limits::TIME_MS_MAX, -1] {
        assert!(matches!(account(&stage, vec![runs(&stage, "a", at)]).await[..], [Fired::Run(_)]), "{at}");
        assert_eq!(account(&stage, vec![runs(&stage, "a", at)]).await, [Fired::There], "{at}");
    }
    assert_eq!(rows(&stage).await.len(), 4);
}
