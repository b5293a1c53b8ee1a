//! Guards taken out: each row must be able to fail.
//!
//! With the feature `mutate` the store leaves out its fence, its fsync, its unique keys, the key of its ledger, the generation of a
//! timetable or how it stands in a move when it is told to; out of PostgreSQL they are taken by hand. The row that guards it is run as it is, which must pass, and without the guard, which must turn red by one of its checks.

use crate::{
    prove::Prove,
    report::{Check, Ran, Report},
    row::{Turn, turns},
};

/// A guard, the row that would notice, and what it is without it.
const GUARDS: [(&str, &str, &str); 13] = [
    ("fence", "A7", "without the fence: leases are not compared"),
    ("fsync", "B13", "without the fsync: the answer comes before the commit"),
    ("unique", "E5", "without the unique key: it is not looked at"),
    ("unique", "A14", "without the unique key: runs overlap"),
    ("due", "D4", "without the key of the ledger: what is there fires again"),
    ("fence", "A7/P", "without the fence: leases are not compared"),
    ("fence", "A7/R", "without the fence: leases are not compared"),
    ("fsync", "B7/P", "without the fsync: synchronous_commit is off"),
    ("fsync", "B1/R", "without the file: nothing is appended to it"),
    ("unique", "E5/P", "without the unique key: its index is dropped"),
    ("unique", "E5/R", "without the unique key: it is not looked at"),
    ("generation", "D7", "without the generation: who knows less says that all is done"),
    ("standing", "B19", "without the standing: a store gives work while it moves"),
];

/// Runs the rows that guard something, with it and without it; says whether each was green and turned red.
pub fn rows(prove: &Prove<'_>, wanted: &[Turn]) -> bool {
    prove.head();
    let mut good = true;
    for (guard, id, without) in GUARDS {
        let Some(turn) = wanted.iter().find(|turn| turn.id() == id) else { continue };
        let with = prove.told(prove.turn(*turn, None));
        let ran = prove.told(red(prove.turn(*turn, Some(guard)), without));
        good &= prove.good(&with) && prove.good(&ran);
    }
    good
}

/// The rows that guard something.
pub fn guarded() -> Vec<Turn> {
    turns().filter(|turn| GUARDS.iter().any(|(_, id, _)| turn.id() == *id)).collect()
}

/// A run without a guard, turned round: it passes if the row failed, by a check and not by coming to no end.
fn red(ran: Ran, without: &'static str) -> Ran {
    let report = ran.report.map(|report| {
        let failed: Vec<&Check> = report.checks.iter().filter(|check| !check.passes()).collect();
        let turned = Check::at_least("checks that turned red", failed.len() as f64, "", 1.0);
        let notes = failed.iter().map(|check| format!("red, as it must be: {}", check.line())).collect();
        Report { checks: vec![turned], notes, ..report.clone() }
    });
    Ran { title: without, report, ..ran }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;

    #[test]
    fn every_guard_has_its_row() {
        assert_eq!(guarded().len(), GUARDS.len());
    }

    #[test]
    fn only_a_row_that_turned_red_passes() {
        let with = |report| red(Ran { id: "A7".into(), title: "x", seed: 1, took_s: 1.0, report }, "without").word();
        assert_eq!(with(Ok(Report::of(Account { wrong: 1, ..Account::default() }))), "PASS");
        assert_eq!(with(Ok(Report::of(Account::default()))), "FAIL");
        assert_eq!(with(Err("see it".into())), "FAIL");
        assert_eq!(with(Ok(Report::skipped("no strace"))), "SKIP");
    }
}
