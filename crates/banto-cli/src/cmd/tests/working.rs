//! Commands that need kinds, and those that open or make a store.

use std::sync::Arc;

use banto_core::{Outcome, State};
use banto_engine::{Context, JobError, Registry};
use serde_json::json;

use super::house::{Greet, House};
use crate::{App, print::Print};

#[tokio::test]
async fn a_program_without_kinds_says_how_to_get_some() {
    let house = House::bare();
    for typed in ["queue work", "deploy check"] {
        let said = house.types(typed).await.ends(9);
        assert!(
            said.err.contains("errands knows no kinds of jobs") && said.err.contains("banto_cli::Commands"),
            "{}",
            said.err
        );
    }
    house.types("queue list").await.ends(0);
}

#[tokio::test]
async fn check_is_well_when_this_build_runs_everything() {
    let house = House::new();
    house.enqueue(r#"greet --payload {"name":"Ada"}"#).await;
    let said = house.types("deploy:check").await.ends(0);
    assert_eq!(said.out, "build b1 can run all of 1 job that has not ended\n");
    assert_eq!(
        house.types("deploy check --json").await.object(),
        json!({ "build": "b1", "looked_at": 1, "stranded": [] })
    );
}

#[tokio::test]
async fn check_names_kind_version_cause_count_and_cure() {
    let house = House::new();
    house.types(r"queue enqueue App\Jobs\Old --count 2").await.ends(0);
    house.enqueue(r#"greet --payload {"name":"Ada"} --version 2 --anyway"#).await;
    house.enqueue("greet --payload 7 --anyway").await;
    house.enqueue(r#"greet --payload {"name":"Ada"}"#).await;
    let said = house.types("deploy check").await.ends(1).out;
    for part in [
        "would strand 4 jobs of 5",
        r"App\Jobs\Old",
        "unknown_kind",
        "newer_version",
        "undecodable",
        "cure for unknown_kind: start a worker whose build knows this kind",
    ] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let check = house.types("deploy check --json").await.ends(1).object();
    let groups: Vec<_> =
        check["stranded"].as_array().unwrap().iter().map(|g| (g["cause"].clone(), g["jobs"].clone())).collect();
    assert_eq!(
        groups,
        [(json!("unknown_kind"), json!(2)), (json!("undecodable"), json!(1)), (json!("newer_version"), json!(1))]
    );
    assert_eq!(house.count(State::Ready).await, 5, "nothing was run or changed");
}

#[tokio::test]
async fn a_worker_runs_what_there_is_and_says_why_it_stopped() {
    let house = House::new();
    house.enqueue(r#"greet --payload {"name":"Ada"}"#).await;
    house.enqueue(r#"greet --payload {"name":"nobody"}"#).await;
    let said = house.types("queue work --stop-when-empty --json").await.ends(0);
    let report = said.object();
    assert_eq!(report["ended"], json!({ "done": 1, "dead": 1 }));
    assert_eq!(report["exit"], 0);
    assert!(report["reason"].as_str().unwrap().contains("--stop-when-empty"), "{report}");
}

#[tokio::test]
async fn once_is_one_job() {
    let house = House::new();
    for _ in 0..3 {
        house.enqueue(r#"greet --payload {"name":"Ada"}"#).await;
    }
    let report = house.types("queue:work --once --json").await.ends(0).object();
    assert_eq!(report["ended"], json!({ "done": 1 }));
    assert_eq!(house.count(State::Ready).await, 2);
    house.end("default", Some(Outcome::Done)).await;
    let report = house.types("queue work --once --json").await.ends(0).object();
    assert_eq!(report["ended"], json!({}), "with nothing due it ends at once");
}

#[tokio::test]
async fn a_worker_that_lacks_something_names_everything_and_does_not_start() {
    let house = House::of(|app| {
        let mut registry = banto_engine::Registry::new("b1");
        let missing = || vec!["OPENAI_API_KEY".to_owned(), "a painter".to_owned()];
        registry.add_needing(std::sync::Arc::new(()), |_: Greet, _: banto_engine::Context| async { Ok(()) }, missing);
        app.registry(registry)
    });
    let said = house.types("queue work --once").await.ends(10);
    assert!(said.err.contains("errands: could not start: could not run greet: it lacks OPENAI_API_KEY, a painter"));
    house.enqueue("greet").await;
    house.types("queue work --once --start-anyway").await.ends(0);
    assert_eq!(house.count(State::Parked).await, 1);
}

#[tokio::test]
async fn an_application_that_cannot_set_itself_up_says_why() {
    let house =
        House::of(|app| app.registry_with(|opened| async move { Err(format!("reach the painter of {}", opened.url)) }));
    let said = house.types("queue work").await.ends(10);
    assert_eq!(said.err, "errands: could not reach the painter of memory:\n");
    house.types("queue list").await.ends(0);
}

#[tokio::test]
async fn a_wrong_setting_is_a_worker_that_did_not_start_only_where_one_should() {
    let house = House::of(|app| app.registry_with(|_| async { Err("read PAINTER: it says \"x\"".to_owned()) }));
    for (typed, exit) in [("queue work", 10), ("queue enqueue greet", 15), ("deploy check", 15)] {
        let said = house.types(typed).await.ends(exit);
        assert_eq!(said.err, "errands: could not read PAINTER: it says \"x\"\n", "{typed}");
    }
    assert_eq!(house.count(State::Ready).await, 0);
}

/// A command at an address; `opens` makes the application bring an opener of its own.
async fn typed_at(url: Option<&str>, typed: &str, opens: bool) -> (u8, String, String) {
    #[derive(clap::Parser)]
    struct Typed {
        #[command(subcommand)]
        command: crate::Commands,
    }
    let store = url.map(|url| ["--store", url]).into_iter().flatten();
    let words = std::iter::once("banto").chain(typed.split(' ')).chain(store);
    let typed = <Typed as clap::Parser>::try_parse_from(words).unwrap();
    let files = [(); 2].map(|()| tempfile::NamedTempFile::new().unwrap());
    let [out, err] = files.each_ref().map(|file| Box::new(file.reopen().unwrap()));
    let mut print = Print::of(out, err, "", false, typed.command.shared().json);
    let mut app = App::new("banto").registry(banto_engine::Registry::new("b1"));
    if opens {
        app = app.opener(|wanted| async move { wanted.open(std::sync::Arc::new(banto_store::SystemClock)).await });
    }
    let exit = app.carry_out(typed.command, &mut print).await;
    let [out, err] = files.map(|file| std::fs::read_to_string(file.path()).unwrap());
    (exit.code(), out, err)
}

#[tokio::test]
async fn a_wrong_address_is_a_failure_of_usage_and_shows_no_secret() {
    for opens in [false, true] {
        let (exit, _, said) = typed_at(Some("mysql://ann:secret@db/x"), "queue list", opens).await;
        assert_eq!(exit, 2);
        assert!(said.contains("\"mysql\"") && said.contains("sqlite://") && !said.contains("secret"), "{said}");
    }
    if std::env::var_os("BANTO_STORE").is_none() {
        let (exit, _, said) = typed_at(None, "queue list", false).await;
        assert!(exit == 2 && said.contains("give --store URL, or set BANTO_STORE"), "{said}");
    }
}

#[tokio::test]
async fn a_mistyped_file_is_not_an_empty_queue() {
    for (opens, before) in [(false, "sqlite://"), (true, "sqlite://"), (false, ""), (true, "")] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jobs.db");
        let url = format!("{before}{}", file.display());
        let looking = ["queue list", "queue monitor", "queue flush --yes", "queue retry --all", "deploy check"];
        for typed in looking {
            let (exit, _, said) = typed_at(Some(&url), typed, opens).await;
            assert!(exit == 2 && said.contains("there is no such file"), "{typed}: {said}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is made");
        for again in [false, true] {
            let (exit, out, _) = typed_at(Some(&url), "migrate --json", opens).await;
            let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
            let from = if again { answer["to"].clone() } else { json!(0) };
            assert_eq!((exit, &answer["from"]), (0, &from));
            assert!(answer["to"].as_u64() > Some(0), "{answer}");
        }
        for typed in looking {
            assert_eq!(typed_at(Some(&url), typed, opens).await.0, 0, "{typed}");
        }
    }
}

#[tokio::test]
async fn only_what_puts_something_in_migrates() {
    for opens in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.db");
        let db = banto_sqlite::rusqlite::Connection::open(&file).unwrap();
        db.execute_batch("CREATE TABLE mine (x); INSERT INTO mine VALUES (1)").unwrap();
        let (url, before) = (file.display().to_string(), std::fs::read(&file).unwrap());
        for typed in ["queue list", "queue monitor", "queue cancel --all --yes", "deploy check"] {
            let (exit, _, said) = typed_at(Some(&url), typed, opens).await;
            assert!(exit == 2 && said.contains("run `migrate` first"), "{typed}: {said}");
        }
        assert_eq!(std::fs::read(&file).unwrap(), before, "not a byte is changed");
        assert_eq!(typed_at(Some(&url), "queue enqueue greet", opens).await.0, 0);
        assert_eq!(typed_at(Some(&url), "queue list", opens).await.0, 0);
    }
}

/// `queue failed` used to show 1/3 of a job that had died under `--tries 1`.
#[tokio::test]
async fn of_how_many_attempts_is_listed_only_where_the_job_says_it() {
    let mut registry = Registry::new("b1");
    registry.add(Arc::new(()), |_: Greet, _: Context| async { Err(JobError::retry("no ink")) });
    let house = House::of(|app| app.registry(registry));
    house.enqueue("greet").await;
    house.enqueue("greet --attempts 1").await;
    house.types("queue work --stop-when-empty --tries 1").await.ends(0);
    let failed = house.types("queue failed").await.ends(0).out;
    let attempts = |line: &str| line.split_whitespace().nth(4).unwrap().to_owned();
    let mut listed: Vec<String> = failed.lines().skip(1).map(attempts).collect();
    listed.sort();
    assert_eq!(listed, ["1", "1/1"], "{failed}");
}
