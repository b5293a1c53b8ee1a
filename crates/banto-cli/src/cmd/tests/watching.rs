//! `queue monitor`: its limits, its watch, and what it says of pauses that are over and of workers that stop.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use banto_core::{Cause, InstanceId, Outcome, Park};
use banto_store::{Status, memory::Memory};
use rustix::process::{Signal, getpid, kill_process};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::{house::House, meddling::Meddling};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_int_during_a_look_ends_the_watch_after_it() {
    let mut int = signal(SignalKind::interrupt()).unwrap();
    let (told, heard) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let hears = heard.clone();
    let listener = tokio::spawn(async move {
        while int.recv().await.is_some() {
            hears.fetch_add(1, Ordering::SeqCst);
        }
    });
    for at in [1, 2, 5] {
        let mut house = House::new();
        house.enqueue("greet").await;
        let looks = Arc::new(AtomicU32::new(0));
        let (counted, told, heard) = (looks.clone(), told.clone(), heard.clone());
        let looked = move || {
            let now = counted.fetch_add(1, Ordering::SeqCst) + 1;
            assert!(now <= at, "it looks on and on");
            if now == at {
                let told = told.fetch_add(1, Ordering::SeqCst) + 1;
                kill_process(getpid(), Signal::INT).unwrap();
                // The look goes on until the process has taken notice.
                while heard.load(Ordering::SeqCst) < told {
                    std::thread::yield_now();
                }
            }
        };
        let inner = house.store.clone();
        house.behind(Meddling { looked: Box::new(looked), ..Meddling::new(inner) });
        let said = house.types("queue monitor --json --watch 1ms").await.ends(1);
        assert_eq!(said.objects().len(), usize::try_from(at).unwrap(), "each look is one line");
    }
    listener.abort();
}

#[tokio::test]
async fn a_watch_whose_reader_is_gone_ends_by_itself() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let house = House::new();
    for typed in [["queue", "monitor", "--watch", "1h"].as_slice(), &["queue", "monitor", "--watch", "1h", "--json"]] {
        assert_eq!(house.types_into(typed, Box::new(Closed)).await, 0, "{typed:?}");
    }
}

#[tokio::test]
async fn a_limit_that_means_nothing_is_refused() {
    let house = House::new();
    for (flags, says) in [
        ("--max-age x", "--max-age"),
        ("--watch 0", "more than 0"),
        ("--watch x", "--watch"),
        ("--queue a,", "--queue"),
    ] {
        let said = house.types(&format!("queue monitor {flags}")).await.ends(2);
        assert!(said.err.contains(says) && said.out.is_empty(), "{flags}: {said:?}");
    }
}

#[tokio::test]
async fn a_limit_is_the_most_that_is_allowed() {
    let house = House::new();
    house.dead("mail", 2, "x").await;
    house.types("queue enqueue greet --queue mail --count 3").await.ends(0);
    house.worker(1, &["mail"], &["greet"]).await;
    house.clock.pass(5_000);
    house.worker(1, &["mail"], &["greet"]).await;
    for (flags, exit) in [
        ("--max-waiting 3", 0),
        ("--max-waiting 2", 1),
        ("--max-dead 2", 0),
        ("--max-dead 1", 1),
        ("--max-age 5", 0),
        ("--max-age 4999ms", 1),
    ] {
        house.types(&format!("queue monitor {flags}")).await.ends(exit);
    }
}

#[tokio::test]
async fn a_pause_that_is_over_hides_nothing() {
    let house = House::new();
    house.enqueue("greet --queue mail").await;
    house.types("queue pause mail --until 30s --reason strike").await.ends(0);
    assert!(house.types("queue monitor").await.ends(0).out.contains("strike, in 30 s"));
    house.clock.pass(31_000);
    let look = house.types("queue monitor --json").await.ends(1).object();
    assert_eq!(look["queues"][0]["pause"], json!(null));
    assert!(look["findings"][0].as_str().unwrap().contains("no living worker"), "{look}");
    assert_eq!(house.types("queue resume mail").await.ends(0).out, "the queue \"mail\" was not paused\n");
}

#[tokio::test]
async fn a_pause_takes_the_place_of_another_and_always_has_a_reason() {
    let house = House::new();
    let pause = async || house.types("queue monitor --json").await.object()["queues"][0]["pause"].clone();
    house.types_words(["queue", "pause", "mail", "--reason", " "]).await.ends(0);
    assert_eq!(pause().await["reason"], "no reason was given");
    let said = house.types("queue pause mail --reason strike --until 1h --json").await.ends(0).object();
    assert_eq!(said["changed"], true);
    assert_eq!((&pause().await["reason"], &pause().await["until"]), (&json!("strike"), &said["until"]));
    let said = house.types("queue pause mail --until 2026-12-01").await.ends(2);
    assert!(said.err.contains("with its offset is wanted") && said.err.contains("or a span from now: 30m"), "{said:?}");
}

#[tokio::test]
async fn a_worker_is_shown_as_it_is() {
    let house = House::new();
    let beat = async |id, status| {
        house.worker(id, &["mail"], &["greet"]).await;
        let mut instance = house.store.instances().await.unwrap().pop().unwrap().instance;
        (instance.id, instance.status) = (InstanceId(id), status);
        house.store.beat(instance).await.unwrap();
    };
    beat(1, Status::Working).await;
    house.clock.pass(60_000);
    beat(2, Status::Stopping).await;
    beat(3, Status::Stopped).await;
    let page = house.types("queue monitor").await.ends(0).out;
    for (id, is) in [(1, "silent for 1 min"), (2, "stopping"), (3, "stopped")] {
        let id = InstanceId(id).to_string();
        let line = page.lines().find(|line| line.contains(&id)).unwrap_or_else(|| panic!("{id} is not in {page}"));
        assert!(line.ends_with(is), "{line}");
    }
}

#[tokio::test]
async fn lost_jobs_and_each_parked_kind_are_found_at_once() {
    let house = House::new();
    for (kind, cause) in [("old", Cause::UnknownKind), ("new", Cause::NewerVersion)] {
        house.types(&format!("queue enqueue {kind} --count 2")).await.ends(0);
        let park = Park { cause, text: "x".into(), build: "b".into() };
        house.end("default", Some(Outcome::Park(park))).await;
    }
    let look = house.types("queue monitor --json").await.ends(1).object();
    let found: Vec<&str> = look["findings"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    for says in ["2 jobs of kind \"old\" parked for unknown_kind", "2 jobs of kind \"new\" parked for newer_version"] {
        assert!(found.iter().any(|text| text.starts_with(says)), "{found:?}");
    }
    assert_eq!((found.len(), look["parked"].as_array().unwrap().len()), (2, 2));
}

#[tokio::test]
async fn a_parked_group_shows_what_was_seen_with_its_own_version() {
    let house = House::new();
    for version in [4, 5] {
        house.enqueue(&format!("greet --version {version} --anyway")).await;
        let park = Park { cause: Cause::NewerVersion, text: format!("version {version} was seen"), build: "b".into() };
        house.end("default", Some(Outcome::Park(park))).await;
        house.clock.pass(1);
    }
    for group in house.types("queue parked --json").await.ends(0).objects() {
        assert_eq!(group["text"], format!("version {} was seen", group["version"]));
    }
}

#[tokio::test]
async fn a_store_that_was_never_used_is_well_and_empty() {
    let mut house = House::new();
    house.behind(Memory::new(Arc::new(house.clock.clone()), 7));
    let look = house.types("queue monitor --json").await.ends(0).object();
    assert_eq!((&look["queues"], &look["workers"], &look["findings"]), (&json!([]), &json!([]), &json!([])));
    for (typed, said) in
        [("queue list", "no job fits\n"), ("queue failed", "no job fits\n"), ("queue parked", "no job is parked\n")]
    {
        let empty = house.types(typed).await.ends(0);
        assert_eq!((empty.out.as_str(), empty.err.as_str()), ("", said));
        let empty = house.types(&format!("{typed} --json")).await.ends(0);
        assert_eq!(empty.out, "");
    }
    let check = house.types("deploy check --json").await.ends(0).object();
    assert_eq!(check["looked_at"], 0);
}
