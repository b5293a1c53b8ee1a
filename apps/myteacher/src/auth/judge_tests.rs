//! Which counts become which warning, and what counts as no input.

use clap::Parser;

use super::*;

const NOW: i64 = 1_764_579_600_000;

#[derive(Parser)]
struct Typed {
    #[command(flatten)]
    limits: Limits,
}

fn limits(typed: &str) -> Limits {
    Typed::parse_from(["x"].into_iter().chain(typed.split_ascii_whitespace())).limits
}

fn counts(let_in: u64, failed: u64, unmapped: u64) -> Counts {
    Counts { breeze: let_in, failed, unmapped, files: 1, newest_ms: Some(NOW), ..Counts::default() }
}

fn kinds(counts: &Counts, typed: &str) -> Vec<(Kind, bool)> {
    warnings(counts, &limits(typed)).iter().map(|warning| (warning.kind, warning.critical)).collect()
}

#[test]
fn the_limits_are_those_of_the_table() {
    use Kind::{Failure, Mapping, Success};
    for (let_in, failed, unmapped, typed, expected) in [
        (0, 0, 0, "", vec![]),
        (1000, 0, 0, "", vec![]),
        (995, 5, 0, "", vec![]),
        (994, 6, 0, "", vec![(Success, true)]),
        (95, 5, 0, "", vec![(Success, true)]),
        (94, 6, 0, "", vec![(Success, true), (Failure, false)]),
        (0, 1, 0, "", vec![(Success, true), (Failure, false)]),
        (0, 0, 1, "", vec![(Mapping, false)]),
        (94, 6, 1, "--success-min 90 --failure-max 10 --mapping-max 1", vec![]),
    ] {
        assert_eq!(kinds(&counts(let_in, failed, unmapped), typed), expected, "{let_in} {failed} {unmapped} {typed}");
    }
}

#[test]
fn a_part_of_the_log_that_is_missing_is_a_warning() {
    let counts = Counts { problems: vec!["laravel-2.log: Permission denied".into()], ..counts(10, 0, 0) };
    assert_eq!(kinds(&counts, ""), [(Kind::Input, false)]);
    assert!(warnings(&counts, &limits(""))[0].message.contains("Permission denied"));
}

#[test]
fn input_that_is_missing_is_said_in_words() {
    let why = |counts: &Counts| no_input(counts, "logs/laravel*.log", &limits(""), NOW);
    assert_eq!(why(&counts(0, 0, 0)), None, "a quiet period is no failure");
    let minutes = |ago: i64| Counts { newest_ms: Some(NOW - ago * 60_000), ..counts(0, 0, 0) };
    for (counts, part) in [
        (Counts::default(), "no file fits logs/laravel*.log: name the log with --log"),
        (
            Counts { problems: vec!["x: Permission denied".into()], ..Counts::default() },
            "can be read: x: Permission denied",
        ),
        (Counts { newest_ms: None, ..counts(0, 0, 0) }, "no line of 1 files of logs/laravel*.log has a time"),
        (minutes(61), "61 min ago (--stale 60)"),
        (minutes(-540), "yet to come: is --zone its zone?"),
    ] {
        let said = why(&counts).unwrap();
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(why(&minutes(60)), None);
    assert_eq!(why(&minutes(-1)), None, "clocks differ by a little");
}
