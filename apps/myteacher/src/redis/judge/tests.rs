//! Each rule, on both sides of its limit, over what a server of version 7.0 tells.

use clap::Parser;

use super::{
    since::{Counters, From},
    *,
};
use crate::redis::{
    info::Info,
    look::{Slow, SlowLog},
};

#[derive(Parser)]
struct Typed {
    #[command(flatten)]
    limits: Limits,
}

pub(crate) fn limits(typed: &str) -> Limits {
    Typed::parse_from(["x"].into_iter().chain(typed.split_ascii_whitespace())).limits
}

/// A server that is well, as 7.0 tells it.
const WELL: &str = "redis_version:7.0.15\nrun_id:a\nuptime_in_seconds:7200\nconnected_clients:5\nmaxclients:10000\n\
    used_memory:1048576\nmaxmemory:4194304\nmaxmemory_policy:noeviction\ntotal_system_memory:8388608\nloading:0\n\
    rdb_changes_since_last_save:3\nrdb_last_save_time:1000\nrdb_last_bgsave_status:ok\naof_enabled:0\n\
    aof_last_bgrewrite_status:ok\naof_last_write_status:ok\ntotal_commands_processed:500\nrejected_connections:0\n\
    evicted_keys:0\nkeyspace_hits:90\nkeyspace_misses:10\nrole:master\nconnected_slaves:0\n";
const NOW_MS: i64 = 1_300_000;

/// The same, where `said` says something else; a name without a value is not told.
fn look(said: &str) -> Look {
    let mut text = String::new();
    for line in WELL.lines() {
        let name = line.split(':').next().unwrap();
        if !said.split_ascii_whitespace().any(|other| other.split(':').next() == Some(name)) {
            text += &format!("{line}\n");
        }
    }
    let told = said.split_ascii_whitespace().filter(|word| word.contains(':'));
    text += &told.collect::<Vec<_>>().join("\n");
    Look { info: Info::read(&text), slow: Ok(SlowLog::default()) }
}

fn judged(look: &Look, typed: &str) -> Judgement {
    judge(look, &Since::new(look, None, NOW_MS), &limits(typed), NOW_MS)
}

#[track_caller]
fn finds(said: &str, typed: &str, what: &str, level: Level, words: &str) {
    let judged = judged(&look(said), typed);
    let row = judged.rows.iter().find(|row| row.what == what).unwrap_or_else(|| panic!("{what}: {judged:#?}"));
    assert_eq!(row.level, level, "{said} {typed}: {row:?}");
    let text = format!("{} {}", row.stands, row.why);
    assert!(text.contains(words), "{said} {typed}: {text}");
    let others: Vec<&Row> = judged.findings().filter(|row| row.what != what).collect();
    assert!(others.is_empty(), "{said}: only that: {others:?}");
    assert_eq!((judged.level(), judged.level().exit()), (level, level as u8));
}

#[test]
fn a_server_that_is_well_is_well() {
    let judged = judged(&look(""), "");
    assert_eq!(judged.findings().count(), 0, "{judged:#?}");
    assert_eq!((judged.figure("memory"), judged.figure("hit rate")), (Some(25.0), Some(90.0)));
}

#[test]
fn memory_is_measured_against_the_servers_own_limit() {
    use Level::{Critical, Warning, Well};
    for (said, typed, level, words) in [
        ("used_memory:3355443", "", Well, "80.0 % of 4.0 MiB (its maxmemory, noeviction)"),
        ("used_memory:3355444", "", Warning, "over 80 %"),
        ("used_memory:3355444", "--memory 90", Well, ""),
        ("used_memory:4152000", "", Warning, "over 80 %"),
        ("used_memory:4194304", "", Critical, "it refuses to store"),
        (
            "used_memory:4194304 maxmemory_policy:allkeys-lru",
            "",
            Warning,
            "100.0 % of 4.0 MiB (its maxmemory, allkeys-lru)",
        ),
        (
            "used_memory:4194304 maxmemory:0",
            "",
            Well,
            "50.0 % of 8.0 MiB (the machine's memory; it has no limit of its own)",
        ),
        ("used_memory:7340032 maxmemory:0", "", Warning, "87.5 %"),
        ("maxmemory:0", "--memory-limit 1M", Warning, "100.0 % of 1.0 MiB (the limit given; it has none of its own)"),
        ("maxmemory:0 total_system_memory", "", Warning, "does not tell maxmemory or total_system_memory"),
        ("used_memory", "", Warning, "does not tell used_memory"),
        ("used_memory:lots", "", Warning, "does not tell used_memory"),
    ] {
        finds(said, typed, "memory", level, words);
    }
}

#[test]
fn the_hit_rate_needs_traffic_to_be_judged() {
    use Level::{Warning, Well};
    for (said, typed, level, words) in [
        ("keyspace_hits:70 keyspace_misses:30", "", Well, "70.0 % of 100 lookups since its start"),
        ("keyspace_hits:69 keyspace_misses:31", "", Warning, "below 70 %"),
        ("keyspace_hits:0 keyspace_misses:100", "", Warning, "0.0 % of 100 lookups"),
        ("keyspace_hits:0 keyspace_misses:19", "", Well, "too few to judge"),
        ("keyspace_hits:0 keyspace_misses:19", "--lookups-min 1", Warning, "below 70 %"),
        ("keyspace_hits:0 keyspace_misses:0", "", Well, "nothing was looked up"),
        ("keyspace_hits", "", Warning, "does not tell keyspace_hits"),
    ] {
        finds(said, typed, "hit rate", level, words);
    }
}

#[test]
fn what_is_dropped_turned_away_or_crowded_is_a_warning() {
    use Level::{Warning, Well};
    finds("evicted_keys:1", "", "evicted", Warning, "1 keys since its start 2h ago");
    finds("evicted_keys:1", "--evictions 1", "evicted", Well, "1 keys");
    finds("evicted_keys", "", "evicted", Warning, "cannot be judged");
    finds("rejected_connections:2", "", "rejected", Warning, "raise maxclients");
    finds("rejected_connections", "", "rejected", Warning, "cannot be judged");
    finds("connected_clients:8000", "", "clients", Well, "8000 of 10000");
    finds("connected_clients:8001", "", "clients", Warning, "over 80 %");
    finds("maxclients", "", "clients", Well, "how many it takes is not told");
    finds("connected_clients", "", "clients", Warning, "does not tell connected_clients");
}

#[test]
fn what_is_on_the_disk_is_judged_by_whether_it_was_written() {
    use Level::{Critical, Warning, Well};
    for (said, typed, what, level, words) in [
        ("", "", "saved", Well, "5m ago, 3 changes since"),
        ("rdb_saves:0", "", "saved", Well, "not since its start 5m ago, 3 changes since"),
        ("rdb_saves:1", "", "saved", Well, "5m ago, 3 changes since"),
        ("", "--save-age 4", "saved", Warning, "over 4 min"),
        ("rdb_changes_since_last_save:0", "--save-age 4", "saved", Well, ""),
        ("rdb_last_save_time:9999999", "--save-age 4", "saved", Well, "0s ago"),
        ("rdb_last_bgsave_status:err", "", "saved", Critical, "the last save failed"),
        ("rdb_last_bgsave_status", "", "saved", Warning, "cannot be judged"),
        ("", "", "append-only file", Well, "off"),
        ("aof_enabled:1", "", "append-only file", Well, "on"),
        ("aof_enabled:1 aof_last_write_status:err", "", "append-only file", Critical, "its last write failed"),
        ("aof_enabled:1 aof_last_bgrewrite_status:err", "", "append-only file", Warning, "its last rewrite failed"),
        ("aof_enabled:0 aof_last_write_status:err", "", "append-only file", Well, "off"),
        ("loading:1 loading_eta_seconds:9", "", "loading", Critical, "about 9 s left"),
    ] {
        finds(said, typed, what, level, words);
    }
}

#[test]
fn a_replica_follows_and_a_master_is_followed() {
    use Level::{Critical, Warning, Well};
    let of = "role:slave master_host:10.0.0.1 master_port:6379";
    let two =
        "connected_slaves:2 slave0:ip=a,port=1,state=online,offset=1,lag=1 slave1:ip=b,port=1,state=wait_bgsave,lag=9";
    for (said, typed, level, words) in [
        ("", "", Well, "a master without replicas"),
        ("", "--replicas 1", Warning, "1 should be"),
        (two, "--replicas 1", Well, "1 of 2 replicas online, 1 s behind"),
        (two, "--replicas 2", Warning, "2 should be"),
        (two, "--replica-lag 0", Warning, "over 0 s behind"),
        (&format!("{of} master_link_status:up master_last_io_seconds_ago:3"), "", Well, "a replica of 10.0.0.1:6379"),
        (&format!("{of} master_link_status:up master_last_io_seconds_ago:11"), "", Warning, "over 10 s behind"),
        (&format!("{of} master_link_status:down master_link_down_since_seconds:65"), "", Critical, "cut off for 1m 5s"),
        (&format!("{of} master_link_status:down master_sync_in_progress:1"), "", Warning, "copies all of it"),
        (&format!("{of} master_link_status"), "", Critical, "it has lost its master"),
        ("role:sentinel", "", Well, "it is a sentinel"),
        ("role", "", Warning, "does not tell role"),
    ] {
        finds(said, typed, "replication", level, words);
    }
}

#[test]
fn slow_commands_are_counted_by_their_numbers() {
    let slow = |number| Slow { number, took_us: 1_500 * number, command: "SORT".into() };
    let mut look = Look { slow: Ok(SlowLog((0..=11).map(slow).collect())), ..look("") };
    let row = |look: &Look, before: Option<u64>| {
        let before = Counters { slow_last: before, ..Counters::of(look) };
        let since = Since::new(look, Some(&(NOW_MS - 60_000, before)), NOW_MS);
        judge(look, &since, &limits(""), NOW_MS).rows.into_iter().find(|row| row.what == "slow log").unwrap()
    };
    let new = row(&look, None);
    assert_eq!((new.level, new.figure), (Level::Warning, Some(12.0)));
    assert!(new.stands.contains("12 commands since the look 1m ago, the slowest SORT with 16.5 ms"), "{new:?}");
    assert_eq!((row(&look, Some(1)).level, row(&look, Some(1)).figure), (Level::Well, Some(10.0)));
    look.slow = Err("NOPERM".into());
    assert!(row(&look, None).level == Level::Warning && row(&look, None).why.contains("NOPERM"));
}

#[test]
fn counters_are_judged_by_what_was_added() {
    let now = look("keyspace_hits:190 keyspace_misses:20 evicted_keys:7 total_commands_processed:900");
    let before = Counters { evicted: Some(5), ..Counters::of(&look("")) };
    let at = NOW_MS - 300_000;
    let since = |before: Counters| Since::new(&now, Some(&(at, before)), NOW_MS);
    let of = since(before.clone());
    assert_eq!((of.from, of.words.as_str()), (From::LookBefore, "since the look 5m ago"));
    assert_eq!((of.added.hits, of.added.misses, of.added.evicted), (Some(100), Some(10), Some(2)));
    let of = since(Counters { run_id: Some("b".into()), slow_last: Some(9), ..before.clone() });
    assert_eq!((of.from, of.words.as_str()), (From::Restart, "since its restart 2h ago"));
    assert_eq!((of.added.evicted, of.added.slow_last), (Some(7), None), "all since it was restarted");
    let of = since(Counters { commands: Some(901), slow_last: Some(9), ..before });
    assert_eq!((of.from, of.added.evicted, of.added.slow_last), (From::Reset, Some(7), Some(9)), "CONFIG RESETSTAT");
    let of = Since::new(&now, None, NOW_MS);
    assert_eq!((of.from, of.added.evicted), (From::FirstLook, Some(7)));
}
