//! What an operator sees of the schedule, and the failures of the system before that a schedule's command line must tell of.

use super::house::House;

/// Commands that are due on a fixed day could do nothing for a year before: here the whole schedule is registered by the first tick.
#[test]
fn c3_a_schedule_that_is_written_down_is_loaded_and_the_difference_is_told_until_it_is() {
    let house = House::new();
    house.types("migrate").ends(0);
    let before = house.types("schedule diff").ends(1);
    assert_eq!(before.out.matches("written down and not registered").count(), 14, "{before:#?}");
    house.types("schedule run").ends(0);
    let after = house.types("schedule diff").ends(0);
    assert!(after.out.contains("what is written down is registered"), "{after:#?}");
}

#[test]
fn c4_a_container_without_a_scheduler_is_told_of() {
    let house = House::new();
    house.types("migrate").ends(0);
    house.types("schedule run").ends(0);
    // Half an hour passes in which only workers were started.
    let half_hour_ago = "UPDATE banto_service SET accounted_until = accounted_until - 1800000";
    house.db().execute_batch(&format!("{half_hour_ago}; UPDATE banto_schedule SET since = since - 1800000")).unwrap();
    let said = house.types("schedule diff").ends(1);
    assert!(said.out.contains("batch:execute-scheduled-tasks") && said.out.contains("no scheduler lives"), "{said:#?}");
}

/// The list and the ledger used to say only that a condition did not hold.
#[test]
fn why_no_redis_is_watched_is_said() {
    let house = House::new();
    house.types("migrate").ends(0);
    let unset = house.types("schedule list").ends(0).out;
    assert!(unset.contains("skipped when REDIS_URL names no server"), "{unset}");
}

#[test]
fn a_window_that_is_over_is_said_at_every_start_and_in_the_list() {
    let house = House::new();
    house.types("migrate").ends(0);
    let listed = house.types("schedule list").ends(0);
    assert!(listed.out.contains("its dates are over"), "{listed:#?}");
    let lint = house.types("schedule lint").ends(1);
    assert!(lint.out.contains("its last day was 2025-12-14"), "{lint:#?}");
    let mut moved = house.command("schedule lint");
    let moved: super::house::Said = moved.env("MYTEACHER_DUAL_AUTH_UNTIL", "9999-12-31").output().unwrap().into();
    assert!(!moved.out.contains("its dates are over"), "{moved:#?}");
}

#[test]
fn a_window_that_is_no_date_is_refused_by_its_variable() {
    let house = House::new();
    house.types("migrate").ends(0);
    let mut command = house.command("schedule list");
    let said: super::house::Said = command.env("MYTEACHER_DUAL_AUTH_FROM", "2025-13-01").output().unwrap().into();
    let text = said.refused(15);
    assert!(text.contains("MYTEACHER_DUAL_AUTH_FROM") && text.contains("2025-13-01"), "{text}");
}
