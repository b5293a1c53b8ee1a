//! The measurements do what they say, on a few jobs; how long they take is nobody's test.

use banto_store::Read as _;

use super::*;
use crate::child::{Ask, What};

fn ask(folder: &tempfile::TempDir) -> Ask {
    Ask { path: folder.path().join("ours.db"), seed: 7, what: What::Serve }
}

fn tally(ask: &Ask) -> banto_store::Tally {
    let store = open(&ask.path, "").unwrap();
    on_runtime(async { store.tally().await.map_err(|error| error.to_string()) }).unwrap()
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
