//! A server's clock that jumps takes no lease from the living and keeps none for the dead.

use banto_core::{Ids, Lease, lease::LEASE_MS};

use super::Watch;

fn lease(number: u64) -> Lease {
    Lease { job: Ids::new(number).make(1), fence: 1, token: number }
}

#[test]
fn a_jump_holds_back_for_one_lease_and_a_slow_answer_does_not() {
    for jump in [60_000_i64, -60_000, 1_002] {
        let watch = Watch::default();
        assert!(watch.look_at(1_000_000, 500), "nothing to compare with yet");
        assert!(watch.look_at(1_010_900, 11_000), "a tenth of a second of waiting is no jump");
        assert!(!watch.look_at(1_010_900 + jump, 11_000), "{jump}");
        assert!(!watch.look_at(1_010_899 + jump + LEASE_MS as i64, 10_999 + LEASE_MS), "{jump}");
        assert!(watch.look_at(1_010_900 + jump + LEASE_MS as i64, 11_000 + LEASE_MS), "{jump}");
    }
}

#[test]
fn a_clock_that_is_slewed_jumps_never() {
    let watch = Watch::default();
    for second in 0..10_000_u64 {
        // Half a thousandth too fast, as NTP does it.
        assert!(watch.look_at((second * 1_000 + second / 2) as i64, second * 1_000), "{second}");
    }
}

#[test]
fn a_lease_too_far_ahead_is_over_one_length_after_it_was_first_seen() {
    let watch = Watch::default();
    let (one, two) = ((lease(1), LEASE_MS), (lease(2), LEASE_MS));
    assert_eq!(watch.over_at(&[one], 5_000), [false]);
    assert_eq!(watch.over_at(&[one, two], 5_000 + LEASE_MS - 1), [false, false]);
    assert_eq!(watch.over_at(&[one, two], 5_000 + LEASE_MS), [true, false]);
    assert!(watch.is_strange(&lease(1)) && !watch.is_strange(&lease(3)));
    assert_eq!(watch.over_at(&[two], 5_001 + LEASE_MS), [false], "the other was renewed, or is gone");
    assert_eq!(watch.over_at(&[one], 90_000), [false], "seen anew");
}
