//! Commands that need kinds, and those that open or make a store.

use banto_core::{Outcome, State};
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
    house.enqueue(r#"greet --payload {"name":"Ada"} --version 2"#).await;
    house.enqueue("greet --payload []").await;
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
    assert!(
        said.err
            .contains("errands: could not start the worker: could not run greet: it lacks OPENAI_API_KEY, a painter")
    );
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

/// A command of an application without an opener of its own, at an address.
async fn typed_at(url: Option<&str>, typed: &str) -> (u8, String) {
    #[derive(clap::Parser)]
    struct Typed {
        #[command(subcommand)]
        command: crate::Commands,
    }
    let store = url.map(|url| ["--store", url]).into_iter().flatten();
    let words = std::iter::once("banto").chain(typed.split(' ')).chain(store);
    let typed = <Typed as clap::Parser>::try_parse_from(words).unwrap();
    let path = tempfile::NamedTempFile::new().unwrap();
    let err = Box::new(path.reopen().unwrap());
    let mut print = Print::of(Box::new(std::io::sink()), err, "", false, false);
    let exit = App::new("banto").carry_out(typed.command, &mut print).await;
    (exit.code(), std::fs::read_to_string(path.path()).unwrap())
}

#[tokio::test]
async fn a_wrong_address_is_a_failure_of_usage_and_shows_no_secret() {
    let (exit, said) = typed_at(Some("postgres://ann:secret@db/x"), "queue list").await;
    assert_eq!(exit, 2);
    assert!(said.contains("\"postgres\"") && said.contains("sqlite://") && !said.contains("secret"), "{said}");
    let (exit, said) = typed_at(Some("jobs.db"), "queue list").await;
    assert!(exit == 2 && said.contains("this build knows"), "{said}");
    if std::env::var_os("BANTO_STORE").is_none() {
        let (exit, said) = typed_at(None, "queue list").await;
        assert!(exit == 2 && said.contains("give --store URL, or set BANTO_STORE"), "{said}");
    }
}

#[tokio::test]
async fn a_mistyped_file_is_not_an_empty_queue() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jobs.db");
    let url = format!("sqlite://{}", file.display());
    for typed in ["queue list", "queue monitor", "queue flush --yes", "queue retry --all"] {
        let (exit, said) = typed_at(Some(&url), typed).await;
        assert!(exit == 2 && said.contains("there is no such file"), "{typed}: {said}");
    }
    assert!(!file.exists());
    assert_eq!(typed_at(Some(&url), "migrate").await.0, 0);
    assert_eq!(typed_at(Some(&url), "migrate").await.0, 0, "twice changes nothing");
    assert_eq!(typed_at(Some(&url), "queue list").await.0, 0);
}
