//! What a newer file changes, in words.

use std::fs;

use super::super::tests::well;
use super::*;

const OLD: &str = "[[schedule]]\nname = \"a\"\nrun = [\"x\"]\nevery = 60\n[[schedule]]\nname = \"b\"\nenqueue = { kind = \"k\", payload = { n = 1 } }\nevery = 60\n\
    [[program]]\nname = \"web\"\nrun = [\"w\"]\n";

fn said(newer: &str) -> String {
    well(OLD).difference(&well(newer)).to_string()
}

#[test]
fn what_only_moved_is_no_change() {
    assert_eq!(said(&format!("\n# a comment\n\n{OLD}")), "nothing has changed");
}

#[test]
fn each_change_is_named() {
    for (from, to, difference) in [
        (
            "every = 60\n[[schedule]]",
            "every = 120\nno_overlap = true\n[[schedule]]",
            "changed schedule a: timing, no_overlap",
        ),
        ("[\"x\"]", "[\"x\", \"secret\"]", "changed schedule a: what it does"),
        ("[\"x\"]", "[\"x\"]\nqueue = \"schedules.q\"\nattempts = 2", "changed schedule a: queue, attempts"),
        ("n = 1", "n = 2", "changed schedule b: what it does"),
        ("name = \"a\"", "name = \"c\"", "added schedule c\ndropped schedule a"),
        ("[\"w\"]", "[\"w\"]\nrestart = \"never\"\nnice = 3", "changed program web: what runs, restart"),
        ("name = \"web\"", "name = \"api\"", "added program api\ndropped program web"),
        (
            "[[schedule]]\nname = \"a\"",
            "service = \"s\"\n[[schedule]]\nname = \"a\"",
            "changed the service: it counts after a restart",
        ),
        (
            "[[schedule]]\nname = \"a\"",
            "[worker]\nconcurrency = 3\n[[schedule]]\nname = \"a\"",
            "changed [worker]: it counts after a restart",
        ),
    ] {
        assert_eq!(said(&OLD.replacen(from, to, 1)), difference);
    }
}

#[test]
fn a_file_with_a_fault_changes_nothing_and_all_faults_are_said() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("banto.toml");
    fs::write(&path, OLD).unwrap();
    let file = File::read(&path).unwrap();
    fs::write(&path, OLD.replace("every = 60", "every = \"x\"")).unwrap();
    let text = file.reload().unwrap_err().text;
    assert!(text.contains("2 faults") && text.contains("banto.toml:4:9") && text.contains("banto.toml:8:9"), "{text}");
    fs::write(&path, OLD.replace("n = 1", "n = 2")).unwrap();
    let (newer, difference) = file.reload().unwrap();
    assert_eq!(difference.to_string(), "changed schedule b: what it does");
    assert_eq!(newer.schedules.len(), 2);
    fs::remove_file(&path).unwrap();
    assert!(file.reload().unwrap_err().text.contains("it is not there"));
}
