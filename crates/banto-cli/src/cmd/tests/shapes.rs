//! What `--json` prints has the shape that docs/cli.md promises: the page is read, each command is typed, and the two are
//! laid over each other. A row of the page without a case here, or the other way round, is a failure too.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{choosing::one_in_each_state, house::House};

/// A shape as the page writes it: `{id, ended: {outcome: count}, queues: [{queue, due}]}`.
#[derive(Debug, PartialEq)]
enum Shape {
    Anything,
    /// Keys that are words of the house's, as the outcomes are.
    Counts,
    Object(BTreeMap<String, Shape>),
    List(Box<Shape>),
}

fn parse(text: &str) -> Shape {
    let text = text.trim();
    if text == "{outcome: count}" {
        return Shape::Counts;
    }
    if let Some(inside) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        return Shape::List(Box::new(parse(inside)));
    }
    let Some(inside) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) else { return Shape::Anything };
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in inside.chars() {
        depth += match c {
            '{' | '[' => 1,
            '}' | ']' => -1,
            _ => 0,
        };
        match c {
            ',' if depth == 0 => parts.push(String::new()),
            c => parts.last_mut().unwrap().push(c),
        }
    }
    let field = |part: String| match part.split_once(':') {
        Some((key, shape)) => (key.trim().to_owned(), parse(shape)),
        None => (part.trim().to_owned(), Shape::Anything),
    };
    Shape::Object(parts.into_iter().map(field).collect())
}

#[track_caller]
fn fits(shape: &Shape, value: &Value, place: &str) {
    match shape {
        Shape::Anything => {}
        Shape::Counts => assert!(value.as_object().unwrap().values().all(Value::is_u64), "{place}: {value}"),
        Shape::List(each) => {
            let values = value.as_array().unwrap_or_else(|| panic!("{place} is no list: {value}"));
            assert!(!values.is_empty(), "{place}: an empty list shows no shape");
            values.iter().for_each(|value| fits(each, value, &format!("{place}[]")));
        }
        Shape::Object(fields) => {
            let object = value.as_object().unwrap_or_else(|| panic!("{place} is no object: {value}"));
            let keys: BTreeSet<&String> = object.keys().collect();
            assert_eq!(keys, fields.keys().collect(), "{place}");
            fields.iter().for_each(|(key, shape)| fits(shape, &object[key], &format!("{place}.{key}")));
        }
    }
}

/// The shapes of the page by its commands, each as often as its cell names one.
fn promised() -> BTreeMap<String, Vec<Shape>> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md")).unwrap();
    let (mut rows, mut before) = (BTreeMap::new(), String::new());
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [command, _, cell] = cells[..] else { panic!("three cells are wanted: {row}") };
        let cell = if cell == "the same" { before } else { cell.to_owned() };
        let shapes = cell.split('`').skip(1).step_by(2).filter(|code| code.starts_with('{')).map(parse).collect();
        rows.insert(command.trim_matches('`').to_owned(), shapes);
        before = cell;
    }
    rows
}

#[tokio::test]
async fn what_is_printed_has_the_shape_that_the_page_promises() {
    let mut promised = promised();
    let mut take = |row: &str| promised.remove(row).unwrap_or_else(|| panic!("docs/cli.md has no row `{row}`"));
    let cases: [(&str, &[&str]); 19] = [
        ("queue work", &["queue work --once"]),
        ("queue enqueue KIND", &["queue enqueue greet", "queue enqueue greet --count 2"]),
        ("queue show ID", &["queue show DEAD"]),
        ("queue explain ID", &["queue explain DEAD"]),
        ("queue explain --key K", &["queue explain --key k"]),
        ("queue retry", &["queue retry DEAD --dry-run"]),
        ("queue forget", &["queue forget DEAD --dry-run"]),
        ("queue cancel", &["queue cancel --all --dry-run"]),
        ("queue release", &["queue release --all --dry-run"]),
        ("queue flush", &["queue flush --dry-run"]),
        ("queue clear", &["queue clear --dry-run"]),
        ("queue monitor", &["queue monitor"]),
        ("queue pause QUEUE", &["queue pause mail"]),
        ("queue resume QUEUE", &["queue resume mail"]),
        ("queue restart", &["queue restart"]),
        ("queue parked", &["queue parked"]),
        ("deploy check", &["deploy check"]),
        ("store show", &["store show"]),
        ("migrate", &["migrate"]),
    ];
    for (row, commands) in cases {
        let shapes = take(row);
        assert_eq!(shapes.len(), commands.len(), "{row} has another number of shapes");
        for (shape, typed) in shapes.iter().zip(commands) {
            let house = House::new();
            let dead = one_in_each_state(&house).await["dead"].to_string();
            house.enqueue("greet --unique k").await;
            house.enqueue("unknown").await;
            house.worker(7, &["mail"], &["greet"]).await;
            let said = house.types(&format!("{} --json", typed.replace("DEAD", &dead))).await;
            assert!(said.exit <= 1 && !said.out.is_empty(), "{typed}: {said:?}");
            said.objects().iter().for_each(|object| fits(shape, object, typed));
        }
    }
    let schedules: [(&str, &[&str]); 10] = [
        ("schedule list", &["schedule list"]),
        ("schedule run", &["schedule run"]),
        ("schedule test NAME", &["schedule test say:hello"]),
        ("schedule history NAME", &["schedule history say:hello"]),
        ("schedule pause", &["schedule pause --all"]),
        ("schedule resume", &["schedule resume say:hello"]),
        ("schedule locks", &["schedule locks"]),
        (
            "schedule preview NAME",
            &[
                "schedule preview sweep",
                "schedule preview say:hello --missed-since 2030-01-01T00:00:00Z",
                "schedule preview --missed",
            ],
        ),
        ("schedule diff", &["schedule diff"]),
        ("schedule lint", &["schedule lint"]),
    ];
    for (row, commands) in schedules {
        let shapes = take(row);
        assert_eq!(shapes.len(), commands.len(), "{row} has another number of shapes");
        for (shape, typed) in shapes.iter().zip(commands) {
            let house = House::scheduling();
            house.types("schedule run").await.ends(0);
            house.clock.pass(3_600_000);
            house.fire().await;
            if *typed == "schedule run" || typed.ends_with("--missed") {
                // What was fired is left by an earlier tick, and something more is due.
                house.clock.pass(3_600_000);
            }
            let said = house.types(&format!("{typed} --json")).await;
            assert!(said.exit <= 1 && (!said.out.is_empty() || row == "schedule lint"), "{typed}: {said:?}");
            said.objects().iter().for_each(|object| fits(shape, object, typed));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(file("crontab"), "* * * * * x\n@reboot y\n").unwrap();
    std::fs::write(file("exported"), r#"{"kind":"command","expression":"* * * * *","command":"x"}"#).unwrap();
    let written: [(&str, Vec<String>); 3] = [
        ("init [--out FILE]", vec![format!("init --out {}", file("banto.toml")), "init --out -".into()]),
        ("import crontab FILE", vec![format!("import crontab {}", file("crontab"))]),
        (
            "import laravel DIR",
            vec![format!("import laravel . --exported {}", file("exported")), "import laravel .".into()],
        ),
    ];
    for (row, commands) in written {
        let shapes = take(row);
        assert_eq!(shapes.len(), commands.len(), "{row} has another number of shapes");
        for (shape, typed) in shapes.iter().zip(commands) {
            let said = House::new().types(&format!("{typed} --json")).await;
            assert!(said.exit <= 1, "{typed}: {said:?}");
            fits(shape, &said.object(), &typed);
        }
    }
    // These need a process that runs: tests/process types them, and asserts their keys.
    for row in ["schedule work", "up", "reload", "store copy FROM TO", "health [WHAT]"] {
        take(row);
    }
    for verb in ["list", "start NAME", "stop NAME", "restart NAME", "reload NAME", "logs NAME"] {
        take(&format!("program {verb}"));
    }
    for (row, states) in [("queue list", 7), ("queue failed", 1)] {
        assert_eq!(take(row), [], "{row} gives jobs");
        let house = House::new();
        let dead = one_in_each_state(&house).await["dead"];
        let shown = house.types(&format!("queue show {dead} --json")).await.object()["job"].clone();
        let keys = |job: &Value| job.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        let listed = house.types(&format!("{row} --json")).await.ends(0).objects();
        assert_eq!(listed.len(), states);
        for job in &listed {
            assert_eq!(keys(job), keys(&shown), "every job has the same keys, whatever its state");
        }
        assert!(listed.contains(&shown));
    }
    assert!(promised.is_empty(), "no case types {:?}", promised.keys());
}

#[test]
fn a_shape_is_read_as_the_page_means_it() {
    let shape = parse("{a, b: {outcome: count}, c: [{d, e}], f: {g}}");
    for (fit, value) in [
        (true, r#"{"a":1,"b":{"done":3},"c":[{"d":1,"e":null},{"d":2,"e":0}],"f":{"g":[]}}"#),
        (false, r#"{"a":1,"b":{"done":3},"c":[{"d":1}],"f":{"g":[]}}"#),
        (false, r#"{"a":1,"b":{"done":3},"c":[],"f":{"g":[]}}"#),
        (false, r#"{"a":1,"b":{"done":3},"c":[{"d":1,"e":null}],"f":{"g":[]},"h":0}"#),
    ] {
        let value: Value = serde_json::from_str(value).unwrap();
        let fitted = std::panic::catch_unwind(|| fits(&shape, &value, "it")).is_ok();
        assert_eq!(fitted, fit, "{value}");
    }
}

#[tokio::test]
async fn a_failure_has_one_shape_too() {
    let house = House::bare();
    for typed in [
        "queue show nonsense",
        "queue show 0199e7c4-8e3a-7c11-b0a3-5f0f6f0e9a11",
        "queue work",
        "queue pause a:b",
        "queue list --limit 0",
        "queue retry",
    ] {
        let said = house.types(&format!("{typed} --json")).await;
        assert!(said.out.is_empty(), "{typed}: {said:?}");
        let failure: Value = serde_json::from_str(&said.err).unwrap();
        fits(&parse("{error, exit}"), &failure, typed);
        assert_eq!(failure["exit"], said.exit, "{typed}");
    }
}
