//! What counts as passed, failed and left out.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Mark, Outcome, Step, line, needs, rowed, test, told};
use crate::house::House;
use crate::run::End;

#[test]
fn only_a_zero_exit_passes() {
    assert_eq!(Outcome::of(&End::Exit(0)).mark, Mark::Ok);
    for end in [
        End::Exit(1),
        End::Exit(101),
        End::Signal(9),
        End::OverTime(Duration::from_secs(5)),
        End::Stopped,
        End::Lost("gone".into()),
    ] {
        let outcome = Outcome::of(&end);
        assert_eq!(outcome.mark, Mark::Failed, "{end:?}");
        assert_eq!(outcome.said, told(&end));
    }
    assert_eq!(told(&End::OverTime(Duration::from_secs(5))), "was ended after 5 s");
}

#[test]
fn only_a_failure_needs_a_cure() {
    assert_eq!(Outcome::of(&End::Exit(0)).cured_by("run cargo fmt").said, "");
    assert_eq!(Outcome::of(&End::Exit(1)).cured_by("run cargo fmt").said, "exited with 1: run cargo fmt");
}

#[test]
fn a_proof_that_prints_nothing_has_shown_nothing() {
    let mark = |end, rows| rowed(Outcome::of(&end), rows).mark;
    assert_eq!(mark(End::Exit(0), 3), Mark::Ok);
    assert_eq!(mark(End::Exit(0), 0), Mark::Failed);
    assert_eq!(mark(End::Exit(1), 3), Mark::Failed);
    assert_eq!(mark(End::Exit(1), 0), Mark::Failed);
}

#[test]
fn every_step_has_a_name_of_its_own_and_a_limit() {
    let mut names = Step::ALL.map(Step::name).to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Step::ALL.len());
    assert!(Step::ALL.iter().all(|step| step.limit() <= Duration::from_secs(45 * 60)));
}

#[test]
fn a_stopped_house_fails_every_step_and_starts_none() {
    let (house, stop) = House::for_test();
    stop.store(true, Ordering::Relaxed);
    assert!(!test(&house, &[Step::Fmt], false));
    assert_eq!(line(&house, Step::Fmt, &[]).said, "told to stop");
}

#[test]
fn a_proof_row_that_cannot_be_tried_fails_under_ci_alone() {
    let (house, stop) = House::for_test();
    // A stopped house starts nothing, so strace and faketime seem to be missing and cannot be installed.
    stop.store(true, Ordering::Relaxed);
    let (missing, first) = needs(&house, &[Step::Prove]);
    assert!(first.said.contains("row B13") && first.said.contains("D1, D2 and D5"), "{}", first.said);
    let failing = |ci| missing.iter().filter(move |missing| missing.need.without.fails(ci)).map(|one| one.need.name);
    assert_eq!(failing(false).collect::<Vec<_>>(), ["redis", "postgresql"]);
    assert_eq!(failing(true).collect::<Vec<_>>(), ["redis", "postgresql", "strace", "faketime"]);
}

#[test]
fn a_missing_runner_is_said_and_a_missing_lint_fails() {
    let (house, stop) = House::for_test();
    stop.store(true, Ordering::Relaxed);
    let (_, first) = needs(&house, &[Step::Tests]);
    assert!(first.said.contains("plain `cargo test`"), "{}", first.said);
    assert_eq!(needs(&house, &[Step::Clippy]).1.result, Mark::Failed);
}

#[test]
fn without_a_server_that_the_tests_need_nothing_passes() {
    let (house, stop) = House::for_test();
    stop.store(true, Ordering::Relaxed); // now every tool seems to be missing
    let (_, first) = needs(&house, &[Step::Tests]);
    assert!(first.said.contains("no redis (") && first.said.contains("no postgresql ("), "{}", first.said);
    assert_eq!(first.result, Mark::Failed);
}
