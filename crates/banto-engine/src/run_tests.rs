//! Tests of what an end means, and of panics.

use super::*;

fn retry() -> Option<Outcome> {
    Some(Outcome::Retry { error: "x".into(), delay_ms: None })
}

#[test]
fn what_is_done_is_done_whatever_was_asked() {
    for why in [None, Some(Why::Cancelled), Some(Why::LeaseLost), Some(Why::TimedOut), Some(Why::Stopping)] {
        assert_eq!(settle(why, Some(Outcome::Done), 1), Outcome::Done);
    }
}

#[test]
fn each_reason_to_stop_has_its_outcome() {
    for said in [None, retry()] {
        assert_eq!(settle(Some(Why::Cancelled), said.clone(), 1).word(), "cancel");
        assert_eq!(settle(Some(Why::Stopping), said.clone(), 1).word(), "hand_back");
        let timed_out = Outcome::Retry { error: "timed out after 5 ms".into(), delay_ms: None };
        assert_eq!(settle(Some(Why::TimedOut), said, 5), timed_out);
    }
    let dead = || Some(Outcome::Dead { error: "no".into() });
    assert_eq!(settle(Some(Why::Stopping), dead(), 1).word(), "dead");
    assert_eq!(settle(None, None, 1).word(), "hand_back");
}

#[tokio::test]
async fn a_panic_keeps_its_text() {
    let outcome = caught(async { panic!("no paper in tray {}", 2) }).await;
    assert_eq!(outcome, Outcome::Retry { error: "panicked: no paper in tray 2".into(), delay_ms: None });
}

#[tokio::test]
async fn a_panic_in_a_drop_is_caught() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in drop");
        }
    }
    let ended = caught(async {
        let _bomb = Bomb;
        Outcome::Done
    });
    assert!(matches!(ended.await, Outcome::Retry { error, .. } if error == "panicked: in drop"));
}
