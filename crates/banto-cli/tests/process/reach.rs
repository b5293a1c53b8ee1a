//! Sentinels and clusters as people type them, and passwords of every form of address: none is shown, a wrong one is refused.

use banto_servers::{Cluster, Postgres, Redis, Stop, Watched, free_port};

use super::{
    house::{House, Said},
    stores::refused,
};

/// A password that must be written in another way, and each part of it that must not be seen.
const PASSWORD: &str = "hun/ter2?x@y";
const WRITTEN: &str = "hun%2Fter2%3Fx%40y";
const PARTS: [&str; 3] = ["hun", "ter2", "x@y"];

/// A server that keeps what it is given, and lets in who knows the password.
fn started() -> Redis {
    Redis::start(&[("appendonly", "yes"), ("save", ""), ("requirepass", PASSWORD)]).unwrap()
}

fn hides(said: &str) {
    for part in [WRITTEN, PASSWORD].iter().chain(&PARTS) {
        assert!(!said.contains(part), "\"{part}\" of the password is shown: {said}");
    }
}

/// Types that, and looks whether the password is anywhere in what is said.
fn types(house: &House, typed: &str, exit: i32) -> Said {
    let said = house.types(typed).ends(exit);
    hides(&said.out);
    hides(&said.err);
    said
}

/// Every command that says where the store is, in words and in JSON, and a worker's log; a job comes to its end.
fn works(house: &House, shown: &str) {
    assert!(types(house, "migrate", 0).out.contains(shown));
    let job = house.enqueue("greet");
    let log = types(house, "queue work --stop-when-empty --verbose", 0).log();
    assert!(log.iter().any(|line| line["message"] == "the store is open"), "{log:#?}");
    assert_eq!(house.job(&job)["state"], "done");
    assert!(types(house, "queue monitor", 0).out.contains(shown));
    let seen = types(house, "queue monitor --json", 0).object();
    assert!(seen["store"]["place"].as_str().is_some_and(|place| place.contains(shown)), "{seen:#}");
}

/// With another password it is refused, with one word that tells why.
fn refuses(house: &House, word: &str) {
    let wrong = house.store().replace(WRITTEN, "hunter2%40x");
    refused(house, &wrong, 2, &[word]);
    let none = house.store().replace(&format!(":{WRITTEN}"), "");
    hides(&refused(house, &none, 2, &[]).err);
}

/// What is in force is said, as it is now.
fn survives(house: &House) -> String {
    let said = types(house, "migrate", 0).out;
    said.lines().find(|line| line.contains("what is accepted survives: ")).unwrap().to_owned()
}

#[test]
fn sentinels_that_are_typed_lead_to_the_primary_and_over_a_failover() {
    let mut group = Watched::start(&[("requirepass", PASSWORD)], None).unwrap();
    let hosts = group.hosts();
    let house = House::on(format!("redis+sentinel://:{WRITTEN}@{hosts}/main?prefix=shop&timeout_ms=1000"));
    works(&house, &format!("redis+sentinel://{hosts}/main/0?prefix=shop"));
    refuses(&house, "Password authentication failed");
    let service = house.store().replace("/main", "/other");
    refused(&house, &service, 2, &["no sentinel knows the service \"other\""]);
    assert!(survives(&house).contains("each write is on one replica too"), "{}", survives(&house));
    let before = house.enqueue("greet");

    group.primary.kill().unwrap();
    let next = house.until("queue enqueue greet --queue default", |said| {
        hides(&said.err);
        said.exit == Some(0)
    });
    assert!(group.replica.says("ROLE").unwrap().contains("master"));
    let now = survives(&house);
    assert!(now.contains("process crash") && !now.contains("replica"), "nobody copies any more: {now}");
    types(&house, "queue work --stop-when-empty", 0);
    for job in [before.as_str(), next.out.trim()] {
        assert_eq!(house.job(job)["state"], "done");
    }
}

#[test]
fn a_cluster_that_is_typed_is_asked_who_serves_and_followed_when_that_changes() {
    let mut cluster = Cluster::start(&[("requirepass", PASSWORD)], None).unwrap();
    let home = cluster.home("shop").unwrap();
    let spare = cluster.copies(home).unwrap();

    // Those who do not serve it are named first, and lead there.
    let hosts: Vec<String> =
        (1..=3).map(|step| format!("127.0.0.1:{}", cluster.nodes[(home + step) % 3].port())).collect();
    let hosts = hosts.join(",");
    let house = House::on(format!("redis+cluster://:{WRITTEN}@{hosts}?prefix=shop&timeout_ms=2000"));
    works(&house, &format!("redis+cluster://{hosts}?prefix=shop"));
    refuses(&house, "Password authentication failed");
    assert!(survives(&house).contains("each write is on one replica too"), "{}", survives(&house));
    let before = house.enqueue("greet");

    cluster.nodes[home].kill().unwrap();
    let next = house.until("queue enqueue greet --queue default", |said| {
        hides(&said.err);
        said.exit == Some(0)
    });
    assert!(cluster.nodes[spare].says("ROLE").unwrap().contains("master"));
    assert!(!survives(&house).contains("replica"), "nobody copies any more");
    types(&house, "queue work --stop-when-empty", 0);
    for job in [before.as_str(), next.out.trim()] {
        assert_eq!(house.job(job)["state"], "done");
    }
}

#[test]
fn a_password_of_one_redis_is_never_shown_and_a_wrong_one_is_refused() {
    let server = started();
    let at = format!("127.0.0.1:{}", server.port());
    for user in ["", "default"] {
        let house = House::on(format!("redis://{user}:{WRITTEN}@{at}"));
        works(&house, &format!("redis://{at}/0"));
        refuses(&house, "Password authentication failed");
    }
}

#[test]
fn a_password_of_postgres_is_never_shown_and_a_wrong_one_is_refused() {
    let mut server = Postgres::start(&[("fsync", "off")]).unwrap();
    let making = async {
        let (client, connection) = tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(&format!("CREATE ROLE ann LOGIN SUPERUSER PASSWORD '{PASSWORD}'")).await.unwrap();
    };
    tokio::runtime::Runtime::new().unwrap().block_on(making);
    server.stop(Stop::Fast).unwrap();
    std::fs::write(server.folder().join("data/pg_hba.conf"), "host all all 127.0.0.1/32 scram-sha-256\n").unwrap();
    server.begin().unwrap();
    let at = format!("127.0.0.1:{}/postgres", server.port());
    let house = House::on(format!("postgres://ann:{WRITTEN}@{at}?durability=memory"));
    works(&house, &format!("postgres://{at}"));
    refuses(&house, "password authentication failed");
}

/// A password with signs that should have been written in another way: whatever it is taken for, it is not shown.
#[test]
fn a_password_that_is_not_written_as_it_should_be_is_not_shown_in_pieces() {
    let house = House::new();
    let port = free_port().unwrap();
    for secret in
        ["hun?ter2", "hun/ter2", "hun@ter2", "hun#ter2", "6?ter2", "6?x=ter2&y", "hun%ter2", "hun:ter2", "%ff%feter2"]
    {
        for form in
            ["redis://ann:{}@H", "redis+sentinel://ann:{}@H/main", "redis+cluster://ann:{}@H", "postgres://ann:{}@H/x"]
        {
            let url = form.replace("{}", secret).replace('H', &format!("127.0.0.1:{port}"));
            for typed in ["queue list", "queue monitor --json", "migrate"] {
                let said: Said = house.banto_command(typed).env("BANTO_STORE", &url).output().unwrap().into();
                assert!(matches!(said.exit, Some(2 | 3)), "{url}: {said:#?}");
                for part in ["hun", "ter2"] {
                    assert!(!said.err.contains(part) && !said.out.contains(part), "{url}: {said:#?}");
                }
            }
        }
    }
}
