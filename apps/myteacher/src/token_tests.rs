//! Tests of holds and charges.

use super::*;

fn with(free: i64, paid: i64, test: impl FnOnce(&Connection)) {
    let tx = Connection::open_in_memory().unwrap();
    crate::table::migrate(&tx).unwrap();
    tx.execute("INSERT INTO users (id, name) VALUES (1, 'Hanako')", []).unwrap();
    grant(&tx, 1, free, paid, "test", 0).unwrap();
    test(&tx);
}

#[test]
fn free_tokens_go_before_paid_ones() {
    with(100, 1_000, |tx| {
        hold(tx, 1, "r", 500, 0).unwrap().unwrap();
        assert_eq!(charge(tx, 1, "r", 300, 0).unwrap(), 300);
        assert_eq!(balance(tx, 1).unwrap(), Balance { free: 0, paid: 800, held: 0 });
    });
}

#[test]
fn a_run_is_charged_once_however_often_it_is_asked() {
    with(1_000, 0, |tx| {
        for _ in 0..3 {
            assert_eq!(charge(tx, 1, "r", 300, 0).unwrap(), 300);
        }
        assert_eq!(balance(tx, 1).unwrap().free, 700);
        assert_eq!(charge(tx, 1, "r", 999, 0).unwrap(), 300, "the first charge stands");
    });
}

#[test]
fn what_is_held_cannot_be_promised_again() {
    with(600, 0, |tx| {
        assert_eq!(hold(tx, 1, "a", 500, 0).unwrap(), Ok(()));
        assert_eq!(hold(tx, 1, "b", 500, 0).unwrap(), Err(400));
        assert_eq!(hold(tx, 1, "a", 500, 0).unwrap(), Ok(()), "the same run holds once");
        assert_eq!(balance(tx, 1).unwrap().available(), 100);
        assert!(release(tx, "a").unwrap());
        assert_eq!(hold(tx, 1, "b", 500, 0).unwrap(), Ok(()));
    });
}

#[test]
fn a_charged_run_needs_no_hold() {
    with(300, 0, |tx| {
        charge(tx, 1, "r", 300, 0).unwrap();
        assert_eq!(hold(tx, 1, "r", 300, 0).unwrap(), Ok(()));
    });
}

#[test]
fn a_balance_never_goes_below_nought() {
    with(10, 10, |tx| assert!(charge(tx, 1, "r", 21, 0).is_err()));
}

#[test]
fn who_never_had_any_has_nought() {
    with(1, 1, |tx| assert_eq!(balance(tx, 99).unwrap(), Balance { free: 0, paid: 0, held: 0 }));
}
