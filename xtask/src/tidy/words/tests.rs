//! The table of words on lines that must be caught and on lines that must not.

use super::{check, small_words};
use crate::tree::made::tree;

fn said(path: &str, text: &str) -> Vec<String> {
    check(&tree(&[(path, text)])).into_iter().map(|finding| finding.text).collect()
}

#[test]
fn names_are_cut_into_small_words() {
    assert_eq!(
        small_words("maxAttempts max_attempts MAX-ATTEMPTS"),
        ["max", "attempts", "max", "attempts", "max", "attempts"]
    );
    assert_eq!(small_words("xtask HTTPTask2Go"), ["xtask", "httptask2", "go"]);
}

#[test]
fn a_refused_word_is_caught_in_names() {
    for (line, say) in [
        ("struct TaskRow;", "job"),
        ("let tries = 1;", "attempts"),
        ("let max_attempts = 1;", "attempts_max"),
        ("fn heartbeat() {}", "beat"),
        ("enum S { DeadLetter }", "dead"),
        ("fn fetch_jobs() {}", "claim"),
        ("let lease_expires_at = 1;", "lease_until"),
        ("let backend = 1;", "store"),
    ] {
        let found = said("crates/a/src/x.rs", line);
        assert!(found.iter().any(|text| text.ends_with(&format!("say {say}"))), "{line}: {found:?}");
    }
}

#[test]
fn a_refused_word_is_caught_in_comments_texts_and_pages() {
    for line in ["/// Runs a task.", "//! The dead-letter queue.", "let a = \"2 tasks\";", "/* it was\n canceled */"] {
        assert_eq!(said("crates/a/src/x.rs", line).len(), 1, "{line}");
    }
    assert_eq!(said("README.md", "Each worker sends a heartbeat.").len(), 1);
    assert_eq!(said("crates/a/migrations/1.sql", "create table tasks (id)").len(), 1);
}

#[test]
fn the_finding_names_the_line() {
    let found = check(&tree(&[("crates/a/src/x.rs", "//! a\n/* b\n a task */\n")]));
    assert_eq!(found[0].line, 3);
}

#[test]
fn english_and_the_standard_library_pass() {
    for line in [
        "// It tries again and fetches the rest.",
        "count.fetch_add(1, Relaxed);",
        "tokio::task::spawn_blocking(f);",
        "// A tokio task holds it.",
        "let task = handlers.spawn(run);",
        "use std::task::Poll;",
        "let multitasking = 1;",
        "// cargo xtask tidy",
    ] {
        assert_eq!(said("crates/a/src/x.rs", line), [""; 0], "{line}");
    }
}

#[test]
fn a_word_may_mean_something_else_where_it_is_at_home() {
    assert_eq!(said("apps/myteacher/src/x.rs", "struct Task; fn fetch() {}"), [""; 0]);
    assert_eq!(said("crates/banto-cli/src/args.rs", "let tries = 1;"), [""; 0]);
    assert_eq!(said("crates/banto-cli/src/cmd/work.rs", "let tries = 1;").len(), 1);
    assert_eq!(said("xtask/src/tidy/words.rs", "task"), [""; 0]);
    assert_eq!(said("Cargo.toml", "task"), [""; 0]);
}
