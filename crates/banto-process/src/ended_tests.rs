//! The evidence and the sentence; real ends are shown with real programs.

use super::*;

fn seen(exit: Exit) -> Evidence {
    Evidence { exit, killed: false, max_bytes: None, peak_bytes: None, kills: 0, kills_nearby: 0 }
}

const KILLED: Exit = Exit::Signal(Signal::KILL);

#[test]
fn what_the_kernel_says_is_certain() {
    assert_eq!(oom(&Evidence { kills: 1, ..seen(Exit::Code(0)) }), Oom::Yes);
    assert_eq!(oom(&Evidence { kills_nearby: 1, ..seen(KILLED) }), Oom::Yes);
}

#[test]
fn a_kill_nearby_concerns_only_who_was_killed_and_not_by_us() {
    assert_eq!(oom(&Evidence { kills_nearby: 1, ..seen(Exit::Code(1)) }), Oom::No);
    assert_eq!(oom(&Evidence { kills_nearby: 1, killed: true, ..seen(KILLED) }), Oom::No);
    assert_eq!(oom(&seen(KILLED)), Oom::No);
}

#[test]
fn failed_at_its_limit_is_perhaps() {
    let full = Evidence { max_bytes: Some(100), peak_bytes: Some(90), ..seen(KILLED) };
    assert_eq!(oom(&full), Oom::Perhaps);
    assert_eq!(oom(&Evidence { peak_bytes: Some(89), ..full }), Oom::No);
    assert_eq!(
        oom(&Evidence { exit: Exit::Code(0), max_bytes: Some(100), peak_bytes: Some(99), ..seen(KILLED) }),
        Oom::No
    );
    assert_eq!(oom(&Evidence { killed: true, max_bytes: Some(100), peak_bytes: Some(99), ..seen(KILLED) }), Oom::No);
}

#[test]
fn times_are_told_as_people_do() {
    assert_eq!(
        [0, 999, 1_000, 61_950, 119_999, 120_000, 3_661_000].map(duration),
        ["0 ms", "999 ms", "1.0 s", "61.9 s", "119.9 s", "2 min 0 s", "61 min 1 s"]
    );
}
