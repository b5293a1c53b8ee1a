//! Every state of a server that answers.

use rustix::process::Signal;

use super::house::{House, Server, Wire};

/// Stores 1 KB under that many names; few at a time, since what waits to be read counts as memory, too.
fn fill(client: &mut Wire, count: u32) {
    let set = |number| format!("SET key:{number} {}\r\n", "x".repeat(1_000));
    let numbers: Vec<u32> = (0..count).collect();
    numbers.chunks(20).for_each(|some| client.all(some.iter().map(set)));
}

#[tokio::test]
async fn a_server_that_is_well_is_well_and_the_look_is_kept() {
    let (house, server) = (House::new().await, Server::start(""));
    let looked = house.looks(&server.url(), "").await.ends(0);
    assert!(looked.0.lines[0].ends_with(": well") && looked.0.object["verdict"] == "well", "{looked:#?}");
    looked.finds("memory", "well", "the machine's memory; it has no limit of its own");
    looked.finds("hit rate", "well", "nothing was looked up since its start");
    looked.finds("replication", "well", "a master without replicas");
    assert_eq!(looked.since(), "first_look");
    house.looks(&server.url(), "--memory-limit 1K").await.ends(1).finds("memory", "warning", "the limit given");
    let kept = house.types("redis history").await;
    let looks = kept.object["looks"].as_array().unwrap();
    assert_eq!((&looks[0]["verdict"], &looks[1]["verdict"]), (&"warning".into(), &"well".into()), "{kept:#?}");
    assert_eq!((&looks[0]["findings"][0]["what"], looks.len()), (&"memory".into(), 2));
    assert!(kept.lines[0].contains(&server.url()["redis://".len()..]), "{kept:#?}");
    assert_eq!(house.types("redis history --limit 1").await.object["looks"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn history_is_kept_for_as_long_as_was_said() {
    let (house, server) = (House::new().await, Server::start(""));
    house.looks(&server.url(), "").await;
    house.clock.pass(3 * 86_400_000);
    house.looks(&server.url(), "--keep-days 4").await;
    assert_eq!(house.types("redis history").await.object["looks"].as_array().unwrap().len(), 2);
    house.looks(&server.url(), "--keep-days 2").await;
    assert_eq!(house.types("redis history").await.object["looks"].as_array().unwrap().len(), 2, "the first is gone");
}

#[tokio::test]
async fn memory_that_is_full_evicts_and_both_are_told_once() {
    let (house, server) =
        (House::new().await, Server::start("--maxmemory 3mb --maxmemory-policy allkeys-lru --save ''"));
    house.looks(&server.url(), "").await;
    fill(&mut server.client(), 5_000);
    let looked = house.looks(&server.url(), "").await.ends(1);
    looked.finds("memory", "warning", "of 3.0 MiB (its maxmemory, allkeys-lru); over 80 %");
    looked.finds("evicted", "warning", "since the look 5m ago; it is full");
    assert_eq!(looked.since(), "look_before");
    let looked = house.looks(&server.url(), "").await.ends(1);
    looked.finds("evicted", "well", "0 keys since the look 5m ago");
}

#[tokio::test]
async fn memory_that_is_full_and_evicts_nothing_is_critical() {
    let (house, server) =
        (House::new().await, Server::start("--maxmemory 8mb --maxmemory-policy noeviction --save ''"));
    let mut client = server.client();
    fill(&mut client, 5_000);
    let mut sets = (0..5_000).map(|number| format!("SET more:{number} {}", "x".repeat(1_000)));
    assert!(sets.any(|set| client.says(&set).starts_with("-OOM")), "it does refuse");
    house.looks(&server.url(), "").await.ends(2).finds("memory", "critical", "it refuses to store");
}

#[tokio::test]
async fn the_hit_rate_is_that_of_the_time_since_the_look_before() {
    let (house, server) = (House::new().await, Server::start(""));
    let mut client = server.client();
    client.says("SET here x");
    client.all((0..100).map(|_| "EXISTS here\r\n".to_owned()));
    house.looks(&server.url(), "").await.ends(0).finds("hit rate", "well", "100.0 % of 100 lookups since its start");
    client.all((0..30).map(|_| "EXISTS gone\r\n".to_owned()));
    let looked = house.looks(&server.url(), "").await.ends(1);
    looked.finds("hit rate", "warning", "0.0 % of 30 lookups since the look 5m ago; below 70 %");
    looked.finds("lifetime hit rate", "well", "76.9 %");
    let looked = house.looks(&server.url(), "").await.ends(0);
    looked.finds("hit rate", "well", "nothing was looked up since the look 5m ago");
    looked.finds("lifetime hit rate", "well", "76.9 %");
}

#[tokio::test]
async fn a_restart_between_two_looks_is_noticed() {
    let (house, server) = (House::new().await, Server::start("--save ''"));
    server.client().all((0..500).map(|_| "EXISTS gone\r\n".to_owned()));
    house.looks(&server.url(), "").await.ends(1);
    let server = server.restarted("--save ''");
    server.client().all((0..25).map(|_| "EXISTS gone\r\n".to_owned()));
    let looked = house.looks(&server.url(), "").await.ends(1);
    assert_eq!(looked.since(), "restart");
    looked.finds("hit rate", "warning", "0.0 % of 25 lookups since its restart");
}

#[tokio::test]
async fn counters_that_were_reset_by_hand_are_noticed() {
    let (house, server) = (House::new().await, Server::start(""));
    server.client().all((0..500).map(|_| "EXISTS gone\r\n".to_owned()));
    house.looks(&server.url(), "").await.ends(1);
    assert_eq!(server.client().says("CONFIG RESETSTAT"), "+OK");
    let looked = house.looks(&server.url(), "").await.ends(0);
    assert_eq!(looked.since(), "reset");
}

#[tokio::test]
async fn connections_that_were_rejected_are_told() {
    let (house, server) = (House::new().await, Server::start("--maxclients 3"));
    house.looks(&server.url(), "").await.ends(0);
    let mut held: Vec<Wire> = (0..3).map(|_| server.client()).collect();
    held.iter_mut().for_each(|client| assert_eq!(client.says("PING"), "+PONG"));
    let mut rejected = server.client();
    assert!(rejected.line().starts_with("-ERR max number of clients"), "it does reject");
    house.looks(&server.url(), "").await.unreachable("it takes no more clients");
    held.drain(..2).for_each(Wire::quits);
    let looked = house.looks(&server.url(), "").await.ends(1);
    looked.finds("rejected", "warning", "since the look 10m ago; it had no place for them");
    looked.finds("clients", "well", "2 of 3");
}

#[tokio::test]
async fn a_save_that_fails_is_critical() {
    let (house, mut server) = (House::new().await, Server::start(""));
    let mut client = server.client();
    client.says("SET a b");
    std::fs::remove_dir_all(server.folder.path()).unwrap();
    assert!(client.says("BGSAVE").starts_with("+Background saving started"));
    server.hears("Background saving error");
    let looked = house.looks(&server.url(), "").await.ends(2);
    looked.finds("saved", "critical", "1 changes since; the last save failed");
}

#[tokio::test]
async fn an_append_only_file_is_told() {
    let (house, server) = (House::new().await, Server::start("--appendonly yes"));
    house.looks(&server.url(), "").await.ends(0).finds("append-only file", "well", "on");
}

#[tokio::test]
async fn a_replica_that_lost_its_master_is_critical() {
    let (house, master) = (House::new().await, Server::start("--repl-diskless-sync-delay 0"));
    let of = format!("--replicaof 127.0.0.1 {}", master.port);
    let mut replica = Server::start(&of);
    replica.hears("MASTER <-> REPLICA sync: Finished with success");
    house.looks(&replica.url(), "").await.ends(0).finds("replication", "well", "which it heard");
    drop(master);
    replica.hears("Connection with master lost");
    house.looks(&replica.url(), "").await.ends(2).finds("replication", "critical", "it has lost its master");
}

#[tokio::test]
async fn a_master_without_the_replicas_it_should_have_is_a_warning() {
    let (house, server) = (House::new().await, Server::start(""));
    house.looks(&server.url(), "--replicas 1").await.ends(1).finds("replication", "warning", "1 should be");
}

#[tokio::test]
async fn slow_commands_are_told_by_name_without_their_arguments() {
    let (house, server) = (House::new().await, Server::start("--slowlog-log-slower-than 0"));
    house.looks(&server.url(), "").await;
    server.client().all((0..200).map(|number| format!("SET secret:{number} hunter2\r\n")));
    let looked = house.looks(&server.url(), "").await.ends(1);
    let (_, words) = looked.row("slow log");
    let count: u64 = words.split(' ').next().unwrap().parse().unwrap();
    assert!(count >= 200, "those that the log dropped are counted too: {words}");
    looked.finds("slow log", "warning", "since the look 5m ago, the slowest ");
    assert!(!format!("{looked:?}").contains("hunter2") && !format!("{looked:?}").contains("secret:"));
    house.looks(&server.url(), "--slow 100").await.ends(0);
}

#[tokio::test]
async fn a_server_that_is_frozen_does_not_hold_the_look_up() {
    let (house, server) = (House::new().await, Server::start(""));
    server.signal(Signal::STOP);
    let said = house.looks(&server.url(), "--timeout-ms 300").await.unreachable("it did not answer within 300 ms");
    assert!(said.contains("it hangs"), "{said}");
    server.signal(Signal::CONT);
    house.looks(&server.url(), "").await.ends(0);
    let kept = house.types("redis history").await;
    assert!(kept.lines[0].contains("it did not answer within 300 ms"), "{kept:#?}");
}
