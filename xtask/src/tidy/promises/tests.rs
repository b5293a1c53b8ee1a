//! Pages of promises that hold, and pages that must be caught.

use super::{PAGE, PROMISES, check};
use crate::tree::made::{package, tree};

/// A page whose first line is `first` and whose other promises are not shown yet.
fn found_on(page: &str) -> Vec<String> {
    let mut made = tree(&[
        (PAGE, page),
        ("crates/banto-store/src/suite/claim.rs", "//! x\npub async fn a_late_finish_is_refused() {}\n"),
        ("crates/banto-core/src/lease.rs", "//! x\nfn elsewhere() {}\n"),
        ("proof/chaos/src/rows.rs", "const ROWS: [&str; 1] = [\"A7\"]; // \"B1\"\n"),
    ]);
    made.crates = vec![package("banto-store", &[], &[]), package("banto-core", &[], &[])];
    check(&made).into_iter().map(|finding| finding.text).collect()
}

fn found(first: &str) -> Vec<String> {
    let others = (2..=PROMISES).map(|number| format!("| P{number} **Words.** | — | not yet |\n"));
    found_on(&format!(
        "# Promises\n| promise | shown by | state |\n|---|---|---|\n{first}\n{}",
        others.collect::<String>()
    ))
}

const TEST: &str = "test banto_store::suite::claim::a_late_finish_is_refused";

#[test]
fn what_exists_passes() {
    for first in [
        "| P1 **Kept.** | — | not yet |".to_owned(),
        format!("| **P1 Kept.** | {TEST}, row A7 | shown |"),
        format!("| P1 Kept | `{TEST}` | part |"),
        "| P1 Kept | row A7 | part |".to_owned(),
    ] {
        assert_eq!(found(&first), [""; 0], "{first}");
    }
}

#[test]
fn a_test_that_is_not_there_is_caught() {
    for path in ["banto_store::suite::claim::gone", "banto_store::lease::elsewhere", "banto_gone::x::y"] {
        let wrong = found(&format!("| P1 Kept | test {path} | shown |"));
        assert!(wrong.len() == 1 && wrong[0].contains("there is no"), "{path}: {wrong:?}");
    }
}

#[test]
fn a_row_that_is_not_there_is_caught() {
    let wrong = found("| P1 Kept | row B1 | part |");
    assert!(wrong.len() == 1 && wrong[0].contains("row B1"), "{wrong:?}");
}

#[test]
fn a_state_that_says_more_or_less_than_is_named_is_caught() {
    for line in [
        "| P1 Kept | row A7 | shown |".to_owned(),
        "| P1 Kept | — | part |".to_owned(),
        format!("| P1 Kept | {TEST} | not yet |"),
        "| P1 Kept | — | done |".to_owned(),
        "| P1 Kept | — |".to_owned(),
        "| P1 Kept | somebody says so | part |".to_owned(),
    ] {
        assert_eq!(found(&line).len(), 1, "{line}: {:?}", found(&line));
    }
}

#[test]
fn every_promise_is_listed_once() {
    assert_eq!(found("").len(), 1);
    assert_eq!(found("| P1 a | — | not yet |\n| P1 b | — | not yet |").len(), 1);
    assert_eq!(found("| P1 a | — | not yet |\n| P16 b | — | not yet |").len(), 1);
    assert_eq!(found_on("").len(), PROMISES);
}

#[test]
fn a_missing_page_is_caught() {
    assert_eq!(check(&tree(&[])).len(), 1);
}
