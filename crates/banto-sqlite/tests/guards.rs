//! The hooks of the proofs, where they are compiled in: ending the process at a point, and taking a guard out.
#![cfg(any(feature = "failpoint", feature = "mutate"))]
#![expect(clippy::unwrap_used, reason = "tests")]

mod bench;

use std::{
    path::Path,
    process::{Command, ExitStatus},
    sync::Arc,
};

use banto_core::{FireId, Ids, InstanceId, Label, Lease, NewJob, Payload, ScheduleName};
use banto_sqlite::{Options, Read, Sqlite, Store};
use banto_store::{
    Act, Fault, Finished, Fire, Fired, Firing, MoveId, NewSchedule, Other, Register, Settle, Step, SystemClock,
};
use bench::{Bench, claim, done, jobs, name, sound};

fn open(path: &Path) -> Sqlite {
    Sqlite::open_with(Options { reserve_bytes: 0, ..Options::of(path) }, Arc::new(SystemClock)).unwrap()
}

/// Plays a part in another process, with a hook pulled or none.
fn play(part: &str, path: &Path, hook: Option<(&str, &str)>) -> ExitStatus {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "part", "--quiet"]).env("BANTO_PART", part).env("BANTO_PART_FILE", path);
    command.envs(hook).status().unwrap()
}

/// Ten jobs, the same in every process: who was cut off repeats them.
fn ten() -> Vec<NewJob> {
    let mut ids = Ids::new(10);
    let payload = Payload::parse("1").unwrap();
    (0..10).map(|_| NewJob::new(ids.make(1), name("send"), name("mail"), payload.clone())).collect()
}

/// One schedule of the service `app`.
async fn register(store: &Sqlite) {
    let (model, action, source) = ("{}".into(), "run a".into(), "code".into());
    let schedules = vec![NewSchedule { name: schedule(), revision: 1, model, action, source }];
    let (by, build) = (InstanceId(1), Label::new("b1").unwrap());
    store.register(Register { service: name("app"), by, build, as_of: 0, schedules }).await.unwrap();
}

fn schedule() -> ScheduleName {
    ScheduleName::new("a").unwrap()
}

fn firing(fires: Vec<Fire>) -> Firing {
    Firing { service: name("app"), by: InstanceId(1), fires, until: None, generation: 1, rewind: false }
}

/// Fires that due instant, with a job of its own each time.
async fn fire(store: &Sqlite, due_at: i64) -> Vec<Fired> {
    let mut job = jobs(1).remove(0);
    job.options.fire = Some(FireId { schedule: schedule(), due_at });
    let (act, note) = (Act::Run(Box::new(job)), String::new());
    let (schedule, late, even_in_maintenance) = (schedule(), false, false);
    let fire = Fire { schedule, revision: 1, due_at, count: 1, act, late, even_in_maintenance, note };
    store.fire(firing(vec![fire])).await.unwrap()
}

#[tokio::test]
async fn part() {
    let Ok(part) = std::env::var("BANTO_PART") else { return };
    let store = open(Path::new(&std::env::var("BANTO_PART_FILE").unwrap()));
    match part.as_str() {
        "enqueue" => {
            for job in ten() {
                store.enqueue([job].into()).await.unwrap();
            }
        }
        "work" => loop {
            let claimed = claim(&store, 3).await.jobs;
            if claimed.is_empty() {
                break;
            }
            store.finish(claimed.iter().map(done).collect()).await.unwrap();
        },
        "late" => {
            store.enqueue(jobs(1).into()).await.unwrap();
            let (job, lease) = claim(&store, 1).await.jobs.remove(0);
            let forged = Lease { token: lease.token ^ 1, ..lease };
            assert_eq!(store.finish(vec![done(&(job, forged))]).await.unwrap(), [Finished::Late], "the fence holds");
        }
        "keys" => {
            for job in jobs(2) {
                store.enqueue([job.once(Label::new("one").unwrap())].into()).await.unwrap();
            }
            assert_eq!(store.tally().await.unwrap().accepted, 1, "the key holds");
        }
        "twice" => {
            register(&store).await;
            assert!(matches!(fire(&store, 1).await[..], [Fired::Run(_)]));
            assert_eq!(fire(&store, 1).await, [Fired::There], "the key of the ledger holds");
        }
        "older" => {
            register(&store).await;
            let before = store.service(name("app")).await.unwrap();
            let until = Some(i64::MAX);
            store.fire(Firing { until, generation: 0, ..firing(Vec::new()) }).await.unwrap();
            let after = store.service(name("app")).await.unwrap();
            assert_eq!(after.unwrap().accounted_until, before.unwrap().accounted_until, "the generation holds");
        }
        "moves" => {
            let other = Other { place: "there".into(), by: "me".into() };
            store.enqueue(jobs(1).into()).await.unwrap();
            store.settle(Settle { id: MoveId(1), step: Step::Leave(other) }).await.unwrap();
            let told = store.claim(bench::asks(1)).await.unwrap_err();
            assert_eq!(*told.fault(), Fault::Moved, "the standing holds");
        }
        other => unreachable!("{other}"),
    }
}

#[cfg(feature = "failpoint")]
#[tokio::test]
async fn who_is_cut_off_around_an_enqueues_commit_repeats_it_and_nothing_is_doubled() {
    for (point, committed) in [("enqueue.before_commit:4", 3), ("enqueue.after_commit:4", 4)] {
        let bench = Bench::new();
        assert!(!play("enqueue", &bench.path(), Some(("BANTO_FAILPOINT", point))).success(), "{point}");
        assert_eq!(bench.number("SELECT count(*) FROM banto_job"), committed, "{point}");
        assert!(play("enqueue", &bench.path(), None).success());
        let store = open(&bench.path());
        let tally = store.tally().await.unwrap();
        assert_eq!((tally.accepted, i64::try_from(tally.doubles).unwrap()), (10, committed), "{point}");
        assert!(store.about().notices.is_empty(), "{point}: {:?}", store.about());
        sound(&store).await;
    }
}

#[cfg(feature = "failpoint")]
#[tokio::test]
async fn who_is_cut_off_around_a_claim_or_a_finish_leaves_leases_that_the_rescuer_finds() {
    for point in ["claim.before_commit:2", "claim.after_commit:2", "finish.before_commit:2", "finish.after_commit:2"] {
        let bench = Bench::new();
        assert!(play("enqueue", &bench.path(), None).success());
        assert!(!play("work", &bench.path(), Some(("BANTO_FAILPOINT", point))).success(), "{point}");
        let left = bench.number("SELECT count(*) FROM banto_lease");
        let finished = bench.number("SELECT count(*) FROM banto_done");
        let expected = match point.split(':').next().unwrap() {
            "claim.before_commit" => (0, 3),
            "claim.after_commit" | "finish.before_commit" => (3, 3),
            _ => (0, 6),
        };
        assert_eq!((left, finished), expected, "{point}");
        sound(&open(&bench.path())).await;
    }
}

#[cfg(feature = "mutate")]
#[test]
fn a_guard_that_is_taken_out_is_missed() {
    let guards =
        [("late", "fence"), ("keys", "unique"), ("twice", "due"), ("older", "generation"), ("moves", "standing")];
    for (part, guard) in guards {
        assert!(play(part, &Bench::new().path(), None).success(), "{part}");
        assert!(!play(part, &Bench::new().path(), Some(("BANTO_MUTATE", guard))).success(), "{part} without {guard}");
    }
}
