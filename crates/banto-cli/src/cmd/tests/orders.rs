//! Commands that order: retry, forget, cancel, release, flush, clear, pause, resume, restart.

use banto_core::{Cause, Outcome, Park, State};
use serde_json::json;

use super::{
    house::{BEGIN_MS, House},
    meddling::Meddling,
};

#[tokio::test]
async fn retry_takes_ids_all_and_filters() {
    let house = House::new();
    let dead = house.dead("mail", 3, "x").await;
    let waits = house.enqueue("greet --delay 1h").await;
    let said = house.types(&format!("queue retry {}", dead[0])).await.ends(0);
    assert_eq!(said.out, "1 job retried\n");
    assert_eq!(house.state(dead[0]).await, Some(State::Ready));
    assert_eq!(house.types("queue retry --all --dry-run").await.ends(0).out, "2 jobs would be retried\n");
    assert_eq!(house.count(State::Dead).await, 2);
    assert_eq!(house.types("queue retry all").await.ends(0).out, "2 jobs retried\n");
    assert_eq!(house.state(waits).await, Some(State::Scheduled), "--all means dead jobs");
    house.types(&format!("queue retry {waits}")).await.ends(0);
    assert_eq!(house.state(waits).await, Some(State::Ready), "named, it runs now");
    house.types("queue retry").await.ends(2);
}

#[tokio::test]
async fn an_order_says_what_it_left_and_what_is_not_there() {
    let house = House::new();
    let (dead, ready) = (house.dead("mail", 1, "x").await[0], house.enqueue("greet").await);
    let nobody = "0199e7c4-8e3a-7c11-b0a3-5f0f6f0e9a11";
    let said = house.types(&format!("queue retry {dead} {ready}")).await.ends(1);
    assert_eq!(said.out, "1 job retried\n");
    assert!(said.err.contains("1 job left as they were: it applies to dead"), "{}", said.err);
    let said = house.types(&format!("queue cancel {ready} {nobody}")).await.ends(8);
    assert_eq!((said.out.as_str(), said.err), ("1 job cancelled\n", format!("job {nobody} is not listed\n")));
}

#[tokio::test]
async fn a_job_whose_key_is_held_by_another_is_left() {
    let house = House::new();
    let first = house.enqueue("greet --unique k").await;
    house.end("default", Some(Outcome::Dead { error: "x".into() })).await;
    house.enqueue("greet --unique k").await;
    let said = house.types(&format!("queue retry {first} --json")).await.ends(1);
    assert_eq!((&said.object()["count"], &said.object()["held"]), (&json!(0), &json!(1)));
    assert!(said.err.contains("another job holds their key"), "{}", said.err);
}

#[tokio::test]
async fn cancel_ends_waiting_jobs_and_asks_running_ones() {
    let house = House::new();
    let waits = house.enqueue("greet --queue a --delay 1h").await;
    let runs = house.enqueue("greet --queue a").await;
    house.end("a", None).await;
    let said = house.types("queue cancel --queue a --yes").await.ends(0);
    assert_eq!(said.out, "1 job cancelled, 1 running job asked to stop\n");
    assert_eq!((house.state(waits).await, house.state(runs).await), (Some(State::Cancelled), Some(State::Running)));
    house.types("queue cancel").await.ends(2);
}

#[tokio::test]
async fn cancel_reaches_beyond_the_first_slice_past_running_jobs() {
    let house = House::new();
    house.types("queue enqueue greet --count 10").await.ends(0);
    house.end("default", None).await;
    house.types("queue enqueue greet --count 12000").await.ends(0);
    let said = house.types("queue cancel --queue default --yes").await.ends(0);
    assert_eq!(said.out, "12000 jobs cancelled, 10 running jobs asked to stop\n");
}

#[tokio::test]
async fn forget_deletes_what_has_ended_and_nothing_else() {
    let house = House::new();
    let dead = house.dead("mail", 2, "x").await;
    let ready = house.enqueue("greet").await;
    house.types(&format!("queue forget {} {ready}", dead[0])).await.ends(1);
    assert_eq!((house.state(dead[0]).await, house.state(ready).await), (None, Some(State::Ready)));
    assert_eq!(house.types("queue forget --queue mail --yes").await.ends(0).out, "1 job forgotten\n");
}

#[tokio::test]
async fn release_takes_kinds_causes_and_all() {
    let house = House::new();
    for (kind, cause) in [("a", Cause::Missing), ("b", Cause::UnknownKind), ("c", Cause::UnknownKind)] {
        house.enqueue(kind).await;
        house.end("default", Some(Outcome::Park(Park { cause, text: "x".into(), build: "b".into() }))).await;
    }
    house.types("queue release").await.ends(2);
    assert_eq!(house.types("queue release --cause missing").await.ends(0).out, "1 job released\n");
    assert_eq!(house.types("queue release --kind b --dry-run").await.ends(0).out, "1 job would be released\n");
    assert_eq!(house.types("queue release --all").await.ends(0).out, "2 jobs released\n");
    assert_eq!(house.count(State::Ready).await, 3);
}

#[tokio::test]
async fn without_a_terminal_flush_and_clear_change_nothing_unless_told_yes() {
    let house = House::new();
    house.dead("mail", 2, "x").await;
    house.enqueue("greet").await;
    for typed in ["queue flush", "queue clear", "queue flush --hours 0 --export never.jsonl"] {
        let said = house.types(typed).await.ends(5);
        assert!(said.err.contains("--yes") && said.err.contains("nothing was changed"), "{}", said.err);
        let counted = if typed.starts_with("queue flush") { "2 dead jobs" } else { "1 waiting job" };
        assert!(said.err.contains(counted) && said.err.contains("are not touched"), "{}", said.err);
    }
    assert_eq!((house.count(State::Dead).await, house.count(State::Ready).await), (2, 1));
    assert!(!std::path::Path::new("never.jsonl").exists());
    assert_eq!(house.types("queue flush --dry-run").await.ends(0).out, "2 dead jobs would be flushed\n");
    assert_eq!(house.types("queue clear --dry-run").await.ends(0).out, "1 waiting job would be cancelled\n");
    assert_eq!(house.count(State::Dead).await, 2);
    let said = house.types("queue flush --yes").await.ends(0);
    assert_eq!(said.out, "2 dead jobs flushed\n");
    assert!(said.err.contains("Waiting, running and parked jobs are not touched."), "{}", said.err);
    assert_eq!((house.count(State::Dead).await, house.count(State::Ready).await), (0, 1), "dead jobs only");
}

#[tokio::test]
async fn on_a_terminal_it_counts_and_asks() {
    let mut house = House::new();
    house.dead("mail", 2, "x").await;
    house.person = Some("no\n");
    let said = house.types("queue flush").await.ends(5);
    assert!(said.err.contains("delete 2 dead jobs for ever? Waiting, running and parked jobs are not touched. [y/N]"));
    assert_eq!(house.count(State::Dead).await, 2);
    house.person = Some("yes\n");
    house.types("queue flush").await.ends(0);
    assert_eq!(house.count(State::Dead).await, 0);
}

#[tokio::test]
async fn what_is_not_named_job_by_job_is_asked_about() {
    let mut house = House::new();
    house.dead("mail", 2, "x").await;
    house.enqueue("greet").await;
    for typed in ["queue forget --all", "queue cancel --all", "queue forget --state dead"] {
        assert!(house.types(typed).await.ends(5).err.contains("--yes"), "{typed}");
    }
    assert_eq!((house.count(State::Dead).await, house.count(State::Ready).await), (2, 1));
    assert_eq!(house.types("queue forget --all --dry-run").await.ends(0).out, "2 jobs would be forgotten\n");
    house.person = Some("y\n");
    let said = house.types("queue cancel --kind greet").await.ends(0);
    assert!(said.err.contains("cancel 1 job? [y/N]"), "{}", said.err);
    assert_eq!(house.types("queue forget --state dead").await.ends(0).out, "2 jobs forgotten\n");
}

#[tokio::test]
async fn with_nothing_to_do_nobody_is_asked() {
    let house = House::new();
    assert_eq!(house.types("queue flush").await.ends(0).out, "0 dead jobs flushed\n");
    assert_eq!(house.types("queue clear --queue none").await.ends(0).out, "0 waiting jobs cancelled\n");
}

#[tokio::test]
async fn flush_knows_hours_and_queues() {
    let house = House::new();
    house.dead("old", 1, "x").await;
    house.clock.pass(3 * 3_600_000);
    house.dead("new", 1, "x").await;
    house.dead("other", 1, "x").await;
    assert_eq!(house.types("queue flush --hours 2 --yes").await.ends(0).out, "1 dead job flushed\n");
    assert_eq!(house.types("queue flush --queue new --yes").await.ends(0).out, "1 dead job flushed\n");
    let left = house.types("queue failed --json").await.objects();
    assert_eq!((left.len(), &left[0]["queue"]), (1, &json!("other")));
    house.types("queue flush --hours x --yes").await.ends(2);
}

#[tokio::test]
async fn clear_cancels_a_queues_waiting_jobs_only() {
    let house = House::new();
    house.dead("a", 1, "x").await;
    house.enqueue("greet --queue a --priority 0").await;
    let runs = house.end("a", None).await;
    house.enqueue("greet --queue a").await;
    house.enqueue("greet --queue a --delay 1h").await;
    let other = house.enqueue("greet --queue b").await;
    assert_eq!(house.types("queue clear --queue a --yes").await.ends(0).out, "2 waiting jobs cancelled\n");
    assert_eq!(house.state(runs[0]).await, Some(State::Running));
    assert_eq!(house.state(other).await, Some(State::Ready));
    assert_eq!(house.count(State::Dead).await, 1);
}

#[tokio::test]
async fn what_is_exported_is_exactly_what_is_touched() {
    let house = House::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dead.jsonl");
    let file = path.to_str().unwrap();
    house.types("queue enqueue greet --count 1500").await.ends(0);
    house.end("default", Some(Outcome::Dead { error: "a\nb\u{1b}".into() })).await;
    let dead = house.end("default", Some(Outcome::Dead { error: "a\nb\u{1b}".into() })).await.len() + 1_000;
    assert_eq!(dead, 1_500);
    let said = house.types(&format!("queue flush --yes --export {file}")).await.ends(0);
    assert_eq!(said.out, "1500 dead jobs flushed\n");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1_500);
    assert!(lines.iter().all(|line| line["job"]["state"] == "dead" && line["trail"][0]["text"] == "a\nb\u{1b}"));
    assert_eq!(house.count(State::Dead).await, 0);

    house.dead("mail", 1, "x").await;
    let said = house.types(&format!("queue flush --yes --export {file}")).await.ends(2);
    assert!(said.err.contains("is not overwritten"), "{}", said.err);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    let said = house.types("queue flush --yes --export /does/not/exist/x.jsonl").await.ends(14);
    assert!(said.err.contains("nothing was changed"), "{}", said.err);
    assert_eq!(house.count(State::Dead).await, 1);
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn pause_and_resume_say_what_they_did() {
    let house = House::new();
    let said = house.types_words(["queue", "pause", "mail", "--reason", "strike", "--until", "30m"]).await.ends(0);
    assert_eq!(said.out, "the queue \"mail\" is paused until 2030-01-01 00:30:00Z; what runs goes on\n");
    assert!(said.err.contains("no job was ever seen"), "{}", said.err);
    let pause = house.types("queue monitor --json").await.object()["queues"][0]["pause"].clone();
    assert_eq!((&pause["reason"], &pause["until"]), (&json!("strike"), &json!(BEGIN_MS + 1_800_000)));
    let again = ["queue", "pause", "mail", "--reason", "strike", "--until", "30m"];
    assert!(house.types_words(again).await.ends(0).out.contains("was paused so already"));
    assert_eq!(house.types("queue resume mail").await.ends(0).out, "the queue \"mail\" gives jobs again\n");
    assert_eq!(house.types("queue resume mail").await.ends(0).out, "the queue \"mail\" was not paused\n");
    assert_eq!(house.types("queue resume mail --json").await.ends(0).object()["changed"], false);
    house.types("queue pause a:b").await.ends(2);
    house.types("queue pause mail --until yesterday").await.ends(2);
}

#[tokio::test]
async fn restart_reaches_every_worker_once() {
    let house = House::new();
    house.worker(1, &["a"], &[]).await;
    house.worker(2, &["b"], &[]).await;
    assert_eq!(house.types("queue restart --json").await.ends(0).object(), json!({ "instances": 2 }));
    let said = house.types("queue restart").await.ends(0).out;
    assert_eq!(said, "2 workers were told already, and will stop\n");
}

#[tokio::test]
async fn a_restart_counts_no_dead_worker() {
    let house = House::new();
    house.worker(1, &["a"], &[]).await;
    house.clock.pass(60_000);
    let said = house.types("queue restart").await.ends(0).out;
    assert_eq!(said, "none lives: there is no worker to restart\n");
}

#[tokio::test]
async fn a_job_that_is_named_twice_counts_once() {
    let house = House::new();
    let dead = house.dead("mail", 1, "x").await[0];
    let said = house.types(&format!("queue retry {dead} {dead}")).await.ends(0);
    assert_eq!((said.out.as_str(), said.err.as_str()), ("1 job retried\n", ""));
}

#[tokio::test]
async fn what_is_left_is_one_object_under_json() {
    let house = House::new();
    let nobody = "0199e7c4-8e3a-7c11-b0a3-5f0f6f0e9a11";
    let ready = house.enqueue("greet").await;
    let said = house.types(&format!("queue forget {nobody} {ready} --json")).await.ends(8);
    let failure: serde_json::Value = serde_json::from_str(&said.err).unwrap();
    assert_eq!(failure["exit"], 8);
    let text = failure["error"].as_str().unwrap();
    assert!(text.starts_with("errands: could not have every job forgotten: job 0199e7c4"), "{text}");
    assert!(text.contains("is not listed") && text.contains("1 job left as they were"), "{text}");
}

#[tokio::test]
async fn an_order_that_touches_fewer_than_were_counted_says_so() {
    for (typed, done) in [
        ("queue clear --queue mail", "2 waiting jobs cancelled\n"),
        ("queue cancel --queue mail --state ready", "2 jobs cancelled\n"),
        ("queue flush --queue dead", "1 dead job flushed\n"),
        ("queue retry --queue dead", "1 job retried\n"),
    ] {
        let mut house = House::new();
        house.types("queue enqueue greet --queue mail --count 3").await.ends(0);
        house.dead("dead", 2, "x").await;
        let inner = house.store.clone();
        house.behind(Meddling { meddles: true, ..Meddling::new(inner) });
        house.person = Some("yes\n");
        let said = house.types(typed).await.ends(1);
        assert_eq!(said.out, done, "{typed}");
        assert!(said.err.contains("1 job of the") && said.err.contains("changed meanwhile"), "{typed}: {}", said.err);
    }
}

#[tokio::test]
async fn a_dry_run_says_that_it_exports_nothing() {
    let house = House::new();
    house.dead("mail", 2, "x").await;
    for typed in ["queue flush", "queue clear --queue mail"] {
        let said = house.types(&format!("{typed} --dry-run --export never.jsonl")).await.ends(0);
        assert!(said.err.ends_with("nothing was written to \"never.jsonl\"\n"), "{}", said.err);
    }
    assert!(!std::path::Path::new("never.jsonl").exists());
}

#[tokio::test]
async fn every_order_names_who_gave_it() {
    let house = House::new();
    let id = house.enqueue("greet").await;
    house.types(&format!("queue cancel {id}")).await.ends(0);
    let trail = house.types(&format!("queue show {id} --json")).await.object()["trail"].clone();
    assert_eq!(trail[0]["word"], "cancel");
    assert!(trail[0]["text"].as_str().unwrap().contains('@'), "{trail}");
}
