//! The simulator shows something: it repeats, it finds what is taken out, and what it finds it cuts down.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what the tests stand on is test code too")]

use std::collections::BTreeSet;

use banto_sim::{
    Kept, Mutation, Plan,
    drift::{Day, MINUTES, RUNS, day},
    dues, plan, play,
    shrink::shrink,
};

#[test]
fn the_same_seed_gives_the_same_history_byte_for_byte() {
    let mut fingerprints = BTreeSet::new();
    for seed in 0..40 {
        let plan = plan::draw(seed);
        assert_eq!(plan, plan::draw(seed));
        let [one, two] = [0, 1].map(|_| play(&plan, Kept::Memory, None).unwrap());
        assert_eq!(one.table, two.table, "seed {seed}");
        assert_eq!((one.fingerprint, one.counts), (two.fingerprint, two.counts), "seed {seed}");
        fingerprints.insert(one.fingerprint);
    }
    assert_eq!(fingerprints.len(), 40, "other seeds give other histories");
}

#[test]
fn a_history_repeats_on_another_thread() {
    let there = std::thread::spawn(|| play(&plan::draw(7), Kept::Memory, None).unwrap()).join().unwrap();
    assert_eq!(there.fingerprint, play(&plan::draw(7), Kept::Memory, None).unwrap().fingerprint);
}

#[test]
fn a_few_hundred_histories_break_no_promise() {
    let (mut rescued, mut late, mut strikes, mut killed) = (0, 0, 0, 0);
    for seed in 1_000..1_300 {
        let played = play(&plan::draw(seed), Kept::Memory, None).unwrap();
        assert!(played.broken.is_empty(), "seed {seed}: {:?}\n{}", played.broken, played.table);
        rescued += played.counts.rescued;
        late += played.counts.late;
        strikes += played.counts.strikes;
        killed += played.counts.killed;
    }
    assert!(rescued > 100 && late > 5 && strikes > 1_000 && killed > 50, "{rescued} {late} {strikes} {killed}");
}

#[test]
fn sqlite_keeps_the_same_promises() {
    for seed in 1_000..1_010 {
        let played = play(&plan::draw(seed), Kept::Sqlite, None).unwrap();
        assert!(played.broken.is_empty(), "seed {seed}: {:?}\n{}", played.broken, played.table);
    }
}

#[test]
fn a_history_is_the_same_over_both_stores_up_to_tokens() {
    // Tokens are drawn by each store in its own way and are not in the table; all that is seen must agree.
    for seed in 2_000..2_010 {
        let plan = plan::draw(seed);
        let [memory, sqlite] = [Kept::Memory, Kept::Sqlite].map(|kept| play(&plan, kept, None).unwrap());
        assert_eq!(memory.table, sqlite.table, "seed {seed}");
    }
}

/// The first plan in which a store without that promise is found out.
fn found(mutation: Mutation) -> Plan {
    let mut plans = (0..100).map(plan::draw);
    let breaks = |plan: &Plan| !play(plan, Kept::Memory, Some(mutation)).unwrap().broken.is_empty();
    plans.find(breaks).expect("a hundred histories find it")
}

#[test]
fn a_store_without_a_fence_is_found_out() {
    let plan = found(Mutation::Fence);
    let (small, played) = shrink(&plan, Kept::Memory, Some(Mutation::Fence)).unwrap();
    assert!(small.actions.len() < plan.actions.len().min(9), "{:?}", small.actions);
    assert!(played.broken.iter().all(|what| what.contains("lease")), "{:?}", played.broken);
    assert!(play(&small, Kept::Memory, None).unwrap().broken.is_empty(), "with the fence the same history is well");
}

#[test]
fn a_store_that_rescues_the_living_is_found_out() {
    let plan = found(Mutation::Rescue);
    let (small, played) = shrink(&plan, Kept::Memory, Some(Mutation::Rescue)).unwrap();
    assert!(small.actions.len() < 5, "{:?}", small.actions);
    assert!(played.broken[0].contains("its lease is not over"), "{:?}", played.broken);
}

#[test]
fn a_store_whose_keys_keep_nobody_out_is_found_out() {
    let plan = found(Mutation::Unique);
    let (small, played) = shrink(&plan, Kept::Memory, Some(Mutation::Unique)).unwrap();
    assert!(small.actions.len() < 5, "{:?}", small.actions);
    assert!(played.broken[0].contains("is taken under key-"), "{:?}", played.broken);
}

#[test]
fn what_breaks_nothing_is_not_shrunk() {
    assert!(shrink(&plan::draw(1), Kept::Memory, None).is_none());
}

#[test]
fn a_history_of_schedules_repeats_byte_for_byte() {
    for seed in 0..10 {
        let plan = dues::plan::draw(seed);
        assert_eq!(plan, dues::plan::draw(seed));
        let [one, two] = [0, 1].map(|_| dues::play(&plan, Kept::Memory, None).unwrap());
        assert_eq!(one.table, two.table, "seed {seed}");
        assert_eq!((one.fingerprint, one.counts), (two.fingerprint, two.counts), "seed {seed}");
    }
}

#[test]
fn whatever_befalls_schedulers_each_due_instant_is_accounted_for_once() {
    let mut all = dues::ledger::Counts::default();
    for seed in 1..60 {
        let played = dues::play(&dues::plan::draw(seed), Kept::Memory, None).unwrap();
        assert!(played.broken.is_empty(), "seed {seed}: {:?}\n{}", played.broken, played.table);
        all += played.counts;
    }
    assert!(all.fired > 5_000 && all.there > 100 && all.killed > 10 && all.clocks > 100, "{all:?}");
}

#[test]
fn sqlite_accounts_for_due_instants_as_memory_does() {
    for seed in 1..5 {
        let plan = dues::plan::draw(seed);
        let [memory, sqlite] = [Kept::Memory, Kept::Sqlite].map(|kept| dues::play(&plan, kept, None).unwrap());
        assert_eq!(memory.table, sqlite.table, "seed {seed}");
    }
}

/// What a store without that promise about schedules is found out by.
fn found_of_schedules(mutation: Mutation) -> String {
    let breaks =
        |seed| dues::play(&dues::plan::draw(seed), Kept::Memory, Some(mutation)).unwrap().broken.into_iter().next();
    (0..200).find_map(breaks).expect("two hundred histories find it")
}

#[test]
fn a_store_that_lets_a_due_instant_run_twice_is_found_out() {
    let broken = found_of_schedules(Mutation::Due);
    assert!(broken.contains("is accounted for twice"), "{broken}");
}

#[test]
fn a_store_whose_account_runs_ahead_of_what_is_written_is_found_out() {
    let broken = found_of_schedules(Mutation::Account);
    assert!(broken.contains("is not accounted for, and somebody was there"), "{broken}");
}

#[test]
fn d9_in_a_day_no_minute_is_left_out_and_the_loop_of_run_and_sleep_leaves_out_23() {
    for (run_ms, reached) in RUNS {
        assert_eq!(day(run_ms).unwrap(), Day { fired: MINUTES, ran: MINUTES, looped: reached }, "runs of {run_ms} ms");
    }
}

/// The table's lines as a set: of one moment a server may tell in another order.
fn lines(table: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = table.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_history_over_a_real_server_repeats_and_is_the_one_over_memory() {
    for seed in 2_000..2_004 {
        let plan = plan::draw(seed);
        let memory = play(&plan, Kept::Memory, None).unwrap();
        for kept in [Kept::Postgres, Kept::Redis] {
            let [one, two] = [0, 1].map(|_| play(&plan, kept, None).unwrap());
            assert!(one.broken.is_empty(), "seed {seed} over {kept:?}: {:?}\n{}", one.broken, one.table);
            assert_eq!(one.table, two.table, "seed {seed} repeats over {kept:?}");
            assert_eq!(lines(&one.table), lines(&memory.table), "seed {seed} over {kept:?}");
        }
    }
}

#[test]
fn a_real_server_accounts_for_due_instants_as_memory_does() {
    for seed in 1..3 {
        let plan = dues::plan::draw(seed);
        let memory = dues::play(&plan, Kept::Memory, None).unwrap();
        for kept in [Kept::Postgres, Kept::Redis] {
            let there = dues::play(&plan, kept, None).unwrap();
            assert!(there.broken.is_empty(), "seed {seed} over {kept:?}: {:?}", there.broken);
            assert_eq!(lines(&there.table), lines(&memory.table), "seed {seed} over {kept:?}");
        }
    }
}
