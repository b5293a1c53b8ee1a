//! The hooks of the proofs, where they are compiled in: ending the process at a point, and taking a guard out.
#![cfg(any(feature = "failpoint", feature = "mutate"))]
#![expect(clippy::unwrap_used, reason = "tests")]

mod bench;

use std::{
    path::Path,
    process::{Command, ExitStatus},
    sync::Arc,
};

use banto_core::{Ids, Label, Lease, NewJob, Payload};
use banto_sqlite::{Options, Read, Sqlite, Store};
use banto_store::{Finished, SystemClock};
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
    for (part, guard) in [("late", "fence"), ("keys", "unique")] {
        assert!(play(part, &Bench::new().path(), None).success(), "{part}");
        assert!(!play(part, &Bench::new().path(), Some(("BANTO_MUTATE", guard))).success(), "{part} without {guard}");
    }
}
