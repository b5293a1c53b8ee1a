//! The measurements do what they say, on a few jobs; how long they take is nobody's test.

use super::*;
use crate::{
    child::{Ask, What},
    place::Ground,
};

fn ask(folder: &tempfile::TempDir) -> Ask {
    Ask { address: format!("sqlite://{}", folder.path().join("ours.db").display()), seed: 7, what: What::Serve }
}

fn tally(ask: &Ask) -> banto_store::Tally {
    on_runtime(async {
        let store = open(&ask.address, "").await?;
        store.read.tally().await.map_err(|error| error.to_string())
    })
    .unwrap()
}

#[test]
fn every_job_is_enqueued_once_whoever_calls() {
    for (batch, callers) in [(1, 1), (1, 8), (10, 1), (7, 3)] {
        let folder = tempfile::tempdir().unwrap();
        let ask = ask(&folder);
        let took = enqueue::measure(&ask, 40, batch, callers).unwrap();
        assert_eq!(tally(&ask).accepted, 40, "{batch} a call, {callers} callers");
        assert!(took.commits >= 1.0 && took.commits <= 40.0, "{took:?}");
    }
}

#[test]
fn one_caller_with_one_job_a_call_has_a_commit_for_each() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(enqueue::measure(&ask(&folder), 12, 1, 1).unwrap().commits, 12.0);
}

#[test]
fn what_is_filled_in_is_worked() {
    let folder = tempfile::tempdir().unwrap();
    let ask = ask(&folder);
    enqueue::fill(&ask, 5, 30).unwrap();
    let took = work::measure(&ask, 30, 4).unwrap();
    assert!(took.commits >= 2.0 && took.seconds > 0.0 && took.rss_mb > 0.0, "{took:?}");
    let tally = tally(&ask);
    assert_eq!((tally.accepted, tally.claimed, tally.late), (35, 30, 0));
}

#[test]
fn each_claim_is_one_sample_and_one_job() {
    let folder = tempfile::tempdir().unwrap();
    let ask = ask(&folder);
    enqueue::fill(&ask, 3, 4).unwrap();
    assert_eq!(claim::measure(&ask, 4).unwrap().samples.len(), 4);
    assert!(claim::measure(&ask, 1).unwrap_err().contains("0 came"), "the others are not due");
}

#[test]
fn each_wake_of_a_worker_is_one_sample() {
    let folder = tempfile::tempdir().unwrap();
    let took = latency::in_process(&ask(&folder), 3).unwrap();
    assert_eq!(took.samples.len(), 3);
}

#[test]
fn an_idle_worker_has_memory_and_processor_time() {
    let folder = tempfile::tempdir().unwrap();
    let took = idle::measure(&ask(&folder), 0.05).unwrap();
    assert!(took.rss_mb > 0.0 && took.cpu_ms >= 0.0, "{took:?}");
}

/// Ours and the bare driver on a server that is started for this.
fn on_a_server(sort: Sort) {
    let folder = tempfile::tempdir().unwrap();
    let ground = Ground::start(sort, folder.path()).unwrap();
    assert!(ground.told().unwrap().starts_with(sort.title()), "{:?}", ground.told());
    let place = ground.place().unwrap();
    let ask = Ask { address: place.address().to_owned(), seed: 7, what: What::Serve };
    let took = enqueue::measure(&ask, 40, 10, 2).unwrap();
    assert!(took.commits >= 4.0 && took.server_ms >= 0.0, "{took:?}");
    let took = work::measure(&ask, 40, 4).unwrap();
    assert!(took.commits >= 2.0, "{took:?}");
    let counted = tally(&ask);
    assert_eq!((counted.accepted, counted.claimed, counted.late), (40, 40, 0));
    assert_eq!(latency::in_process(&ask, 2).unwrap().samples.len(), 2);
    enqueue::fill(&ask, 2, 3).unwrap();
    assert_eq!(claim::measure(&ask, 3).unwrap().samples.len(), 3);
    assert!(claim::measure(&ask, 1).unwrap_err().contains("0 came"), "the others are not due");

    let place = ground.place().unwrap();
    let address = place.address();
    raw::insert(address, 25, 10, 2).unwrap();
    assert_eq!(raw::work(address, 24, 7).unwrap_err().split(": ").last(), Some("25 are done"));
    assert!(on_runtime(raw::commits(address)).unwrap() > 0.0);

    let place = ground.place().unwrap(); // the same letters again would be known
    assert_eq!(raw::latency(place.address(), 3).unwrap().samples.len(), 3);
}

#[test]
fn on_redis_ours_and_the_bare_scripts_do_the_same_work() {
    on_a_server(Sort::Redis);
}

#[test]
fn on_postgres_ours_and_the_bare_statements_do_the_same_work() {
    on_a_server(Sort::Postgres);
}
