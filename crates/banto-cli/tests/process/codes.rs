//! Every row of docs/exit-codes.md, reached by a real process; and what a process leaves behind that could not be read.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::OpenOptions,
};

use rustix::process::Signal;

use super::house::{House, Said};

/// The numbers of the page.
fn page() -> BTreeSet<i32> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/exit-codes.md")).unwrap();
    page.lines().filter_map(|row| row.strip_prefix("| ")?.split(' ').next()?.parse().ok()).collect()
}

/// One value of the table that says what the store is.
fn meta(house: &House, name: &str, value: &str) {
    house.types("migrate").ends(0);
    let db = banto_sqlite::rusqlite::Connection::open(house.file()).unwrap();
    assert_eq!(db.execute("UPDATE banto_meta SET value = ?2 WHERE name = ?1", [name, value]).unwrap(), 1);
}

fn busy(house: &House) -> Said {
    house.types("migrate").ends(0);
    let db = banto_sqlite::rusqlite::Connection::open(house.file()).unwrap();
    db.execute_batch("BEGIN IMMEDIATE").unwrap();
    let store = format!("sqlite://{}?busy_ms=20", house.file().display());
    house.types(&format!("queue pause mail --store {store}"))
}

fn told_twice(house: &House) -> i32 {
    house.enqueue("nap --payload {\"ms\":3600000}");
    let mut worker = house.worker("--verbose --grace 1h");
    worker.hears("running");
    worker.signal(Signal::INT);
    worker.hears("stopping");
    worker.signal(Signal::TERM);
    worker.ended().0.unwrap()
}

/// Does what ends a process so, and gives its exit code.
type Reach = fn(&House) -> i32;

#[test]
fn every_code_of_the_page_is_reached_by_a_process() {
    let cases: [(i32, Reach); 17] = [
        (0, |house| house.types("migrate").exit.unwrap()),
        (1, |house| {
            house.enqueue("greet");
            house.types("queue monitor").exit.unwrap()
        }),
        (2, |house| house.types("queue list --colour").exit.unwrap()),
        (3, |house| busy(house).exit.unwrap()),
        (5, |house| {
            house.enqueue("greet");
            house.types("queue clear").exit.unwrap()
        }),
        (6, |house| {
            meta(house, "schema", "9999");
            house.types("queue monitor").exit.unwrap()
        }),
        (7, |house| {
            meta(house, "schema", "one");
            house.types("queue monitor").exit.unwrap()
        }),
        (8, |house| {
            house.types("migrate").ends(0);
            house.types("queue forget 0199e7c4-8e3a-7c11-b0a3-5f0f6f0e9a11").exit.unwrap()
        }),
        (9, |house| house.banto("queue work").exit.unwrap()),
        (10, |house| house.build("z", "queue work").exit.unwrap()),
        (11, |house| {
            house.enqueue("block --payload {\"ms\":3600000}");
            house.types("queue work --once --timeout 50ms --grace 0").exit.unwrap()
        }),
        (12, |house| house.types("queue work --memory 1").exit.unwrap()),
        (13, told_twice),
        (14, |house| {
            let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
            house.errands("migrate").stdout(full).status().unwrap().code().unwrap()
        }),
        (15, |house| house.build("z", "queue enqueue greet").exit.unwrap()),
        (16, |house| house.banto("program list").exit.unwrap()),
        (17, |house| {
            house.enqueue("greet");
            let to = house.folder.path().join("new.db").display().to_string();
            house.banto(&format!("store copy {} {to} --yes", house.file().display())).ends(0);
            house.types("queue enqueue greet").exit.unwrap()
        }),
    ];
    let mut reached = BTreeMap::new();
    for (code, reach) in cases {
        assert_eq!(reach(&House::new()), code);
        reached.insert(code, ());
    }
    // Only root can make a small disk: see the rows of `cargo xtask prove`, and the faulty store of the commands' tests.
    reached.insert(4, ());
    assert_eq!(reached.into_keys().collect::<BTreeSet<_>>(), page());
}

#[test]
fn what_means_nothing_makes_no_store_and_changes_none() {
    let house = House::new();
    let odd = [
        "queue enqueue a/b",
        "queue enqueue greet --priority 10",
        "queue enqueue greet --at noon",
        "queue enqueue greet --payload {",
        "queue enqueue greet --payload @nowhere.json",
        "queue enqueue greet --count 0",
        "queue work --concurrency 0",
        "queue work --queue a,a",
        "queue work --backoff x",
        "queue work --name a/b",
        "queue work --max-jobs 0",
    ];
    for typed in odd {
        let said = house.types(typed);
        assert!(matches!(said.exit, Some(2 | 14)), "{typed}: {said:?}");
        let made: Vec<_> = house.folder.path().read_dir().unwrap().collect();
        assert!(made.is_empty(), "{typed} has made {made:?}");
    }
    let db = banto_sqlite::rusqlite::Connection::open(house.file()).unwrap();
    db.execute_batch("CREATE TABLE mine (x); INSERT INTO mine VALUES (1)").unwrap();
    drop(db);
    let before = std::fs::read(house.file()).unwrap();
    for typed in odd {
        assert_ne!(house.types(typed).exit, Some(0));
        assert_eq!(std::fs::read(house.file()).unwrap(), before, "{typed} has migrated the application's file");
    }
}

#[test]
fn an_application_that_cannot_set_itself_up_changes_nothing_and_says_why() {
    let house = House::new();
    house.types("migrate").ends(0);
    for (typed, exit) in [("queue work --once", 10), ("queue enqueue greet", 15), ("deploy check", 15), ("kinds", 15)] {
        let said = house.build("z", typed).ends(exit);
        assert_eq!(said.err, "errands: could not read ERRANDS_BUILD: it says \"z\", and a, b and c are allowed\n");
    }
    for typed in ["queue list", "queue monitor", "queue retry --all", "queue parked"] {
        house.build("z", typed).ends(0);
    }
}

#[test]
fn help_and_version_are_the_same_behind_a_store() {
    let house = House::new();
    let (help, version) = (house.banto("--help").ends(0).out, house.banto("--version").ends(0).out);
    for typed in ["--json --help", "--store x --help", "--json help", "--store=x --json -h"] {
        let said = house.banto(typed).ends(0);
        assert!(said.out.starts_with(help.lines().next().unwrap()) && said.err.is_empty(), "{typed}: {said:?}");
    }
    assert_eq!(house.banto("--store x --json --version").ends(0).out, version);
    for typed in ["queue:list --help", "--json queue list --help", "help queue list", "queue help list"] {
        assert!(house.banto(typed).ends(0).out.contains("List jobs, newest first"), "{typed}");
    }
}
