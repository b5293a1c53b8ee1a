//! Commands from the outside: what is printed, how they end, what hostile input does.

use serde_json::json;

use super::house::House;

#[test]
fn the_program_does_all_that_needs_no_application() {
    let house = House::new();
    let said = house.banto("migrate").ends(0);
    assert!(said.out.starts_with("sqlite store ") && said.out.contains("made, with schema version"), "{}", said.out);
    assert!(house.banto("migrate").ends(0).out.contains("is up to date"));
    let id = house.banto("queue:enqueue greet --payload {\"name\":\"Ada\"}").ends(0).out.trim().to_owned();
    assert!(house.banto("queue list").ends(0).out.contains(&id));
    assert!(house.banto(&format!("queue explain {id}")).ends(0).out.contains("no living worker"));
    house.banto("queue monitor").ends(1);
    house.banto(&format!("queue cancel {id}")).ends(0);
    house.banto("queue monitor").ends(0);
    let said = house.banto("queue:work").ends(9);
    assert!(said.err.starts_with("banto: could not run jobs: banto knows no kinds"), "{}", said.err);
    house.banto("deploy:check").ends(9);
}

#[test]
fn an_application_has_its_own_commands_beside_ours() {
    let house = House::new();
    assert!(house.types("kinds").ends(0).out.contains("greet\n"));
    let help = house.types("--help").ends(0).out;
    for command in ["kinds", "queue", "deploy", "migrate"] {
        assert!(help.contains(&format!("\n  {command}")), "{command} is not in {help}");
    }
}

#[test]
fn help_teaches() {
    let house = House::new();
    let help = house.banto("queue --help").ends(0).out;
    for part in ["EXIT CODES", "--store <URL>", "BANTO_STORE", "Delete dead jobs, and nothing else"] {
        assert!(help.contains(part), "{part} is not in {help}");
    }
    for verb in ["work", "enqueue", "list", "flush", "clear", "monitor", "retry", "release", "explain"] {
        let help = house.banto(&format!("queue {verb} --help")).ends(0).out;
        assert!(help.contains("EXAMPLE"), "queue {verb} --help shows no example: {help}");
        assert!(!help.contains(&house.file().display().to_string()), "the address may hold a password: {help}");
    }
    assert!(house.banto("--version").ends(0).out.starts_with("banto 0."));
}

#[test]
fn what_is_mistyped_ends_with_two_and_one_line_of_cause() {
    let house = House::new();
    for typed in
        ["queue wrok", "queue work --concurency 3", "queue enqueue", "queue list --limit x", "nonsense", "queue show x"]
    {
        let said = house.types(typed).ends(2);
        assert!(said.err.starts_with("errands: could not "), "{typed}: {}", said.err);
        assert_eq!(said.out, "");
    }
}

#[test]
fn a_store_that_is_no_store_is_said_and_left_alone() {
    let house = House::new();
    std::fs::write(house.file(), "this is a diary, and no store at all".repeat(100)).unwrap();
    let said = house.types("queue list");
    assert!(matches!(said.exit, Some(2 | 3 | 7)) && said.err.starts_with("errands: could not "), "{said:?}");
    assert!(std::fs::read_to_string(house.file()).unwrap().starts_with("this is a diary"));
}

#[test]
fn a_payload_of_a_hundred_megabytes_is_refused_before_it_is_read() {
    let house = House::new();
    let said = house.types_with("queue enqueue greet --payload -", &vec![b'['; 100 << 20]).ends(2);
    assert!(said.err.contains("more than 1048576 bytes"), "{}", said.err);
    let said = house.types_with("queue enqueue greet --payload -", &[b'['; 100_000]).ends(2);
    assert!(said.err.contains("nesting is allowed to 100 levels"), "{}", said.err);
    house.types_with("queue enqueue greet --payload -", &[0xff, 0xfe]).ends(2);
}

#[test]
fn hostile_text_is_shown_and_never_obeyed() {
    let house = House::new();
    let hostile = "\\u001b]52;c;aGk=\\u0007\\u001b[2J\\u202e\\r\\n{\\\"level\\\":\\\"INFO\\\"}";
    let id = house.enqueue(&format!("fail --attempts 1 --payload {{\"text\":\"{hostile}\"}}"));
    let worked = house.types("queue work --stop-when-empty --verbose").ends(0);
    let lines = worked.log(); // one event is one line of JSON, whatever it says
    assert!(lines.iter().any(|line| line["error"].as_str().is_some_and(|text| text.contains("\u{1b}]52"))));
    for typed in ["queue failed", "queue failed --json", &format!("queue show {id}"), &format!("queue explain {id}")] {
        let said = house.types(typed).ends(0);
        for bad in ["\u{1b}", "\u{7}", "\u{202e}", "\r"] {
            assert!(!said.out.contains(bad), "{typed}: {:?}", said.out);
        }
    }
    assert_eq!(house.job(&id)["state"], "dead");
    assert!(house.job(&id)["error"].as_str().unwrap().starts_with("\u{1b}]52;c;aGk=\u{7}"));
}

#[test]
fn flush_and_clear_want_yes_without_a_terminal_and_export_first() {
    let house = House::new();
    house.enqueue("fail --attempts 1 --payload {\"text\":\"x\"}");
    house.types("queue work --once").ends(0);
    house.enqueue("greet --payload {\"name\":\"Ada\"}");
    for typed in ["queue flush", "queue:clear", "queue flush --export dead.jsonl"] {
        assert!(house.types(typed).ends(5).err.contains("add --yes"), "{typed}");
    }
    assert!(!house.folder.path().join("dead.jsonl").exists());
    let said = house.types("queue flush --export dead.jsonl --yes").ends(0);
    assert_eq!(said.out, "1 dead job flushed\n");
    let export = std::fs::read_to_string(house.folder.path().join("dead.jsonl")).unwrap();
    let line: serde_json::Value = serde_json::from_str(&export).unwrap();
    assert_eq!((&line["job"]["kind"], &line["job"]["error"]), (&json!("fail"), &json!("x")));
    house.types("queue flush --yes").ends(0);
    let states: Vec<_> = house.types("queue list --json").objects().iter().map(|job| job["state"].clone()).collect();
    assert_eq!(states, ["ready"]);
    assert_eq!(house.types("queue clear --yes").ends(0).out, "1 waiting job cancelled\n");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let house = House::new();
    house.types("queue enqueue greet --count 3000").ends(0);
    let mut child =
        house.errands("queue list --json --limit 3000").stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_store_of_a_newer_build_is_refused_and_left_alone() {
    let house = House::new();
    house.types("migrate").ends(0);
    let db = banto_sqlite::rusqlite::Connection::open(house.file()).unwrap();
    db.execute("UPDATE banto_meta SET value = '9999' WHERE name = 'schema'", []).unwrap();
    for typed in ["migrate", "queue list", "queue enqueue greet", "queue work --once", "deploy check"] {
        let said = house.types(typed).ends(6);
        assert!(
            said.err.contains("schema is version 9999") && said.err.contains("newer build"),
            "{typed}: {}",
            said.err
        );
    }
}

#[test]
fn a_store_that_somebody_else_holds_is_busy() {
    let house = House::new();
    house.types("migrate").ends(0);
    let db = banto_sqlite::rusqlite::Connection::open(house.file()).unwrap();
    db.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let store = format!("sqlite://{}?busy_ms=50", house.file().display());
    let said = house.types(&format!("queue enqueue greet --json --store {store}")).ends(3);
    let failure: serde_json::Value = serde_json::from_str(said.err.trim()).unwrap();
    assert_eq!(failure["exit"], 3);
    db.execute_batch("ROLLBACK").unwrap();
    assert_eq!(house.types("queue list --json").ends(0).out, "", "nothing happened");
    house.types("queue enqueue greet").ends(0);
}

#[test]
fn a_watch_looks_again_and_again_until_it_is_told_to_stop() {
    use std::io::{BufRead, BufReader};
    let house = House::new();
    house.enqueue("greet");
    let mut command = house.errands("queue monitor --json --watch 20ms");
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut looks = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut look = || serde_json::from_str::<serde_json::Value>(&looks.next().unwrap().unwrap()).unwrap();
    assert_eq!(look()["queues"][0]["counts"]["ready"], 1);
    house.enqueue("greet");
    while look()["queues"][0]["counts"]["ready"] != 2 {}
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT).unwrap();
    while looks.next().is_some() {}
    assert_eq!(child.wait().unwrap().code(), Some(1), "it ends as the last look was");
}
