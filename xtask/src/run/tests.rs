//! Real programs, run to their end in every way there is.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{End, Run, Stream};
use crate::house::House;

fn shell(house: &House, script: &str) -> Run {
    Run::new(house, "sh", ["-c", script]).quiet()
}

fn ends(script: &str) -> End {
    let (house, _) = House::for_test();
    shell(&house, script).go(&house, |_, _| {})
}

#[test]
fn an_exit_code_and_a_signal_are_told_apart() {
    assert_eq!(ends("exit 0"), End::Exit(0));
    assert_eq!(ends("exit 7"), End::Exit(7));
    assert_eq!(ends("kill -9 $$"), End::Signal(9));
}

#[test]
fn a_program_that_does_not_exist_is_lost() {
    let (house, _) = House::for_test();
    let end = Run::new(&house, "no-such-program", [""; 0]).quiet().go(&house, |_, _| {});
    assert!(matches!(&end, End::Lost(why) if why.contains("no-such-program")), "{end:?}");
}

#[test]
fn every_line_is_seen_with_its_stream_the_last_without_newline_too() {
    let (house, _) = House::for_test();
    let mut seen = Vec::new();
    shell(&house, "echo a; echo b >&2; printf c").go(&house, |stream, line| seen.push((stream, line.to_owned())));
    let of =
        |wanted| seen.iter().filter(|(stream, _)| *stream == wanted).map(|(_, line)| line.as_str()).collect::<Vec<_>>();
    assert_eq!(of(Stream::Out), ["a", "c"]);
    assert_eq!(of(Stream::Err), ["b"]);
}

#[test]
fn there_is_no_standard_input() {
    assert_eq!(ends("read line && exit 9 || exit 3"), End::Exit(3));
}

#[test]
fn what_cargo_said_about_xtask_is_not_passed_on() {
    assert_eq!(ends("test -z \"$CARGO_MANIFEST_DIR\""), End::Exit(0));
}

#[test]
fn a_program_over_its_time_is_ended() {
    let (house, _) = House::for_test();
    let limit = Duration::from_millis(50);
    assert_eq!(shell(&house, "sleep 600").limit(limit).go(&house, |_, _| {}), End::OverTime(limit));
}

#[test]
fn a_stop_ends_the_program_and_its_children() {
    let (house, stop) = House::for_test();
    let mut child = String::new();
    // The child keeps the pipe open: that `go` comes back at all says that the child is gone.
    let end = shell(&house, "sleep 600 & echo $!; wait").go(&house, |_, line| {
        line.clone_into(&mut child);
        Arc::clone(&stop).store(true, Ordering::Relaxed);
    });
    assert_eq!(end, End::Stopped);
    until_gone(&child);
}

#[test]
fn a_child_left_behind_is_ended_with_its_parent() {
    let (house, _) = House::for_test();
    let mut child = String::new();
    let end = shell(&house, "sleep 600 & echo $!; exit 4").go(&house, |_, line| line.clone_into(&mut child));
    assert_eq!(end, End::Exit(4));
    until_gone(&child);
}

#[test]
fn nothing_is_started_after_a_stop() {
    let (house, stop) = House::for_test();
    stop.store(true, Ordering::Relaxed);
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("started");
    assert_eq!(shell(&house, &format!("touch {}", mark.display())).go(&house, |_, _| {}), End::Stopped);
    assert!(!mark.exists());
}

/// Waits until the process has ended; the test's own time limit is the end of the wait. One that nobody has waited for
/// (state Z) has ended, and a signal takes effect a moment after it was sent.
fn until_gone(pid: &str) {
    assert!(pid.parse::<u32>().is_ok(), "{pid:?} is no process id");
    while std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !is_zombie(&stat)) {
        std::thread::yield_now();
    }
}

fn is_zombie(stat: &str) -> bool {
    stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}
