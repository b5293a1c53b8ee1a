//! Commands that ask: enqueue, list, failed, show, explain, monitor, parked.

use banto_core::{Cause, Outcome, Park, State, text::hides};
use serde_json::json;

use super::{
    house::{BEGIN_MS, House},
    meddling::Meddling,
};

const HOSTILE: &str = "\u{1b}[2J\u{1b}]52;c;aGk=\u{7}\u{202e}evil\r\u{9b}31m\nline two";

#[tokio::test]
async fn an_accepted_job_is_listed_and_shown() {
    let house = House::new();
    let id = house.enqueue(r#"greet --payload {"name":"Ada"} --queue mail --tag vip --priority 1"#).await;
    let list = house.types("queue list").await.ends(0);
    assert!(list.out.starts_with("ID"), "{}", list.out);
    assert!(list.out.contains(&id.to_string()) && list.out.contains("mail") && list.out.contains("ready"));
    let show = house.types(&format!("queue show {id}")).await.ends(0).out;
    for part in ["greet, version 1", "mail, priority 1", r#"{"name":"Ada"}"#, "vip", "2030-01-01 00:00:00Z (0 ms ago)"]
    {
        assert!(show.contains(part), "{part} is not in {show}");
    }
    let card = house.types(&format!("queue show {id} --json")).await.ends(0).object();
    assert_eq!(card["job"]["payload"], json!({ "name": "Ada" }));
    assert_eq!(card["job"]["state"], "ready");
}

#[tokio::test]
async fn a_second_job_of_a_key_says_who_stands_for_it() {
    let house = House::new();
    let first = house.types("queue enqueue greet --unique k --json").await.ends(0).object();
    let second = house.types("queue enqueue greet --unique k --json").await.ends(0).object();
    assert_eq!((&first["fresh"], &second["fresh"]), (&json!(true), &json!(false)));
    assert_eq!(first["id"], second["id"]);
    let said = house.types("queue enqueue greet --unique k").await.ends(0);
    assert!(said.err.contains("stands for it already"), "{}", said.err);
}

#[tokio::test]
async fn a_kind_that_this_build_does_not_know_is_said_and_accepted() {
    let house = House::new();
    let said = house.types(r"queue enqueue App\Jobs\Old").await.ends(0);
    assert!(said.err.contains("does not know the kind") && said.err.contains("greet"), "{}", said.err);
    assert_eq!(house.count(State::Ready).await, 1);
}

#[tokio::test]
async fn a_payload_comes_from_a_file_or_the_standard_input_and_never_over_the_cap() {
    let house = House::new();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), r#"{"name":"file"}"#).unwrap();
    let at = format!("@{}", file.path().display());
    house.types_words(["queue", "enqueue", "greet", "--payload", &at]).await.ends(0);
    house.clock.pass(1);
    house.types_with(["queue", "enqueue", "greet", "--payload", "-"], r#"{"name":"input"}"#).await.ends(0);
    let payloads: Vec<_> =
        house.types("queue list --json").await.objects().iter().map(|job| job["payload"]["name"].clone()).collect();
    assert_eq!(payloads, ["input", "file"]);

    std::fs::write(file.path(), format!("\"{}\"", "x".repeat(2 << 20))).unwrap();
    let said = house.types_words(["queue", "enqueue", "greet", "--payload", &at]).await.ends(2);
    assert!(said.err.contains("more than 1048576 bytes"), "{}", said.err);
    let said = house.types("queue enqueue greet --payload @/does/not/exist").await.ends(14);
    assert!(said.err.starts_with("errands: could not open"), "{}", said.err);
    assert_eq!(house.count(State::Ready).await, 2);
}

#[tokio::test]
async fn many_jobs_are_accepted_in_one_command() {
    let house = House::new();
    let said = house.types("queue enqueue greet --count 12000").await.ends(0);
    assert_eq!(said.out, "accepted 12000 jobs: greet into \"default\"\n");
    assert_eq!(house.store.tally().await.unwrap().accepted, 12_000);
}

#[tokio::test]
async fn a_listing_goes_on_from_its_last_id() {
    let house = House::new();
    for _ in 0..5 {
        house.enqueue("greet").await;
    }
    let all: Vec<String> =
        house.types("queue list --json").await.objects().iter().map(|job| job["id"].to_string()).collect();
    let first = house.types("queue list --json --limit 2").await.ends(0);
    let last = first.objects()[1]["id"].as_str().unwrap().to_owned();
    assert_eq!(first.err, format!("there are more: --before {last}\n"));
    let rest = house.types(&format!("queue list --json --before {last}")).await.ends(0);
    let paged: Vec<String> = first.objects().iter().chain(&rest.objects()).map(|job| job["id"].to_string()).collect();
    assert_eq!((paged, rest.err.as_str()), (all, ""));
}

#[tokio::test]
async fn a_listing_longer_than_a_page_of_the_store_is_whole() {
    let house = House::new();
    house.types("queue enqueue greet --count 2500").await.ends(0);
    assert_eq!(house.types("queue list --json --limit 2400").await.ends(0).objects().len(), 2_400);
    assert_eq!(house.types("queue list --json --limit 9999").await.ends(0).objects().len(), 2_500);
}

#[tokio::test]
async fn filters_narrow_a_listing() {
    let house = House::new();
    house.enqueue("greet --queue mail --tag a").await;
    house.enqueue("other --queue mail").await;
    house.enqueue("greet --delay 1h").await;
    for (flags, count) in [
        ("", 3),
        (" --queue mail", 2),
        (" --kind greet", 2),
        (" --tag a", 1),
        (" --state scheduled", 1),
        (" --state scheduled,ready", 3),
        (" --state dead", 0),
        (" --queue mail --kind greet", 1),
    ] {
        assert_eq!(house.types(&format!("queue list --json{flags}")).await.ends(0).objects().len(), count, "{flags}");
    }
    assert_eq!(house.types("queue list --state dead").await.ends(0).err, "no job fits\n");
    house.types("queue list --limit 0").await.ends(2);
}

#[tokio::test]
async fn failed_lists_dead_jobs_with_what_was_said() {
    let house = House::new();
    house.enqueue("greet").await;
    house.dead("mail", 2, "the printer is on fire").await;
    let said = house.types("queue:failed").await.ends(0);
    assert_eq!(said.out.lines().count(), 3);
    assert!(said.out.contains("the printer is on fire"));
}

#[tokio::test]
async fn no_text_of_others_reaches_the_terminal_raw() {
    let house = House::new();
    let id = house.dead("mail", 1, HOSTILE).await[0];
    let payload =
        format!("{{\"name\":\"\u{202e}\u{9b}x\u{7f}\",\n\n\"more\":{}}}", serde_json::to_string(HOSTILE).unwrap());
    let own = house.types_words(["queue", "enqueue", "greet", "--queue", "mail", "--payload", &payload]).await.ends(0);
    house.types_words(["queue", "pause", "mail", "--reason", HOSTILE]).await.ends(0);
    house.types("queue enqueue unknown --queue other").await.ends(0);
    let park = Park { cause: Cause::Missing, text: HOSTILE.into(), build: HOSTILE.into() };
    house.end("other", Some(Outcome::Park(park))).await;
    let own = own.out.trim().to_owned();
    for typed in [
        "queue list".to_owned(),
        "queue failed".to_owned(),
        format!("queue show {id}"),
        format!("queue show {own}"),
        format!("queue explain {id}"),
        format!("queue explain {own}"),
        "queue monitor".to_owned(),
        "queue parked".to_owned(),
        "deploy check".to_owned(),
    ] {
        for json in ["", " --json"] {
            let said = house.types(&format!("{typed}{json}")).await;
            assert!(said.exit <= 1, "{said:?}");
            let raw = |c: char| hides(c) && c != '\n';
            assert!(!said.out.contains(raw) && !said.err.contains(raw), "{typed}{json}: {said:?}");
            if !json.is_empty() {
                said.objects(); // one object a line, whatever the payload holds
            }
        }
    }
    let shown = house.types(&format!("queue show {own} --json")).await.object();
    assert_eq!(shown["job"]["payload"]["name"], "\u{202e}\u{9b}x\u{7f}", "the value is the same");
}

#[tokio::test]
async fn what_is_not_there_is_said_with_its_own_code() {
    let house = House::new();
    let id = "0199e7c4-8e3a-7c11-b0a3-5f0f6f0e9a11";
    for typed in ["queue show", "queue explain"] {
        let said = house.types(&format!("{typed} {id}")).await.ends(8);
        assert_eq!(said.out, "");
        assert!(said.err.starts_with(&format!("errands: could not find job {id}: it is not listed")), "{}", said.err);
        let said = house.types(&format!("{typed} {id} --json")).await.ends(8);
        let object: serde_json::Value = serde_json::from_str(said.err.trim()).unwrap();
        assert_eq!(object["exit"], 8);
    }
    house.types("queue show nonsense").await.ends(2);
}

#[tokio::test]
async fn explain_says_why_a_job_does_not_run() {
    let house = House::new();
    let id = house.enqueue("greet --queue mail --unique k").await;
    let said = house.types(&format!("queue explain {id}")).await.ends(0).out;
    assert!(said.contains("no living worker takes from its queue \"mail\""), "{said}");
    assert!(said.contains("what to do: start one: queue work --queue mail"), "{said}");
    house.types_words(["queue", "pause", "mail", "--reason", "the post is on strike"]).await.ends(0);
    let said = house.types(&format!("queue explain {id}")).await.ends(0).out;
    assert!(said.contains("is paused by") && said.contains("the post is on strike"), "{said}");
    let said = house.types("queue explain --key k").await.ends(0).out;
    assert!(said.contains(&format!("held by job {id}")) && said.contains("is paused by"), "{said}");
    let said = house.types("queue explain --key other").await.ends(0).out;
    assert_eq!(said, "the key \"other\" is free: nobody holds it\n");
    assert_eq!(house.types("queue explain --key k --json").await.object()["holder"]["job"], id.to_string());
    let answer = house.types(&format!("queue explain {id} --json")).await.object();
    assert!(answer["answer"].as_str().unwrap().contains("paused"), "{answer}");
}

#[tokio::test]
async fn a_key_is_explained_after_its_job_is_gone() {
    let house = House::new();
    let id = house.enqueue("greet --once k").await;
    house.end("default", Some(Outcome::Done)).await;
    house.types(&format!("queue forget {id}")).await.ends(0);
    let said = house.types("queue explain --key k").await.ends(0).out;
    assert!(said.contains("until 2030-01-02 00:00:00Z (in 1 d)") && said.contains("not listed any more"), "{said}");
}

#[tokio::test]
async fn monitor_is_well_when_all_is_well() {
    let house = House::new();
    house.worker(1, &["default"], &["greet"]).await;
    house.enqueue("greet").await;
    let said = house.types("queue monitor --max-waiting 1 --max-age 1m --max-dead 0").await.ends(0).out;
    assert!(said.ends_with("all is well\n"), "{said}");
    assert!(said.contains("night") && said.contains("working") && said.contains("all is gone when the process ends"));
    let look = house.types("queue monitor --json").await.ends(0).object();
    assert_eq!(look["well"], true);
    assert_eq!(look["queues"][0]["counts"]["ready"], 1);
    assert_eq!(look["queues"][0]["workers"], 1);
    assert_eq!(look["at"], BEGIN_MS);
}

#[tokio::test]
async fn monitor_finds_each_thing_that_needs_a_person() {
    let house = House::new();
    house.enqueue("greet --queue a --count 1").await;
    house.dead("a", 1, "x").await;
    house.clock.pass(120_000);
    house.enqueue("greet --queue a").await;
    house.worker(1, &["b"], &["other"]).await;
    house.enqueue("greet --queue b").await;
    house.clock.pass(5_000);
    house.enqueue("unknown --queue c").await;
    let park = Park { cause: Cause::UnknownKind, text: "x".into(), build: "b0".into() };
    house.end("c", Some(Outcome::Park(park))).await;
    let finds = async |flags: &str, says: &str| {
        let said = house.types(&format!("queue monitor {flags}")).await;
        let found = said.out.lines().any(|line| line.starts_with("! ") && line.contains(says));
        assert!(found && said.exit == 1, "{says} is not in {said:#?}");
    };
    finds("--queue a", "has 1 ready job and no living worker").await;
    finds("--queue a --max-waiting 0", "has 1 waiting jobs and 0 are allowed").await;
    finds("--queue a --max-age 4s", "has waited in queue \"a\" for 5 s and 4 s").await;
    finds("--queue a --max-dead 0", "dead jobs and 0 are allowed").await;
    finds("--queue b", "no living worker of queue \"b\" knows the kind \"greet\"").await;
    finds("--queue c", "parked for unknown_kind").await;
    house.clock.pass(60_000);
    finds("--queue b", "has 1 ready job and no living worker").await;
    assert!(house.types("queue monitor --queue b").await.out.contains("silent for 1 min 5 s"));
}

#[tokio::test]
async fn a_job_that_a_dead_worker_has_left_is_a_finding() {
    let house = House::new();
    house.worker(1, &["default"], &["greet"]).await;
    house.enqueue("greet").await;
    house.end("default", None).await;
    house.types("queue monitor").await.ends(0);
    house.clock.pass(60_000);
    let said = house.types("queue monitor").await.ends(1);
    assert!(said.out.contains("queue \"default\" has 1 running job and no living worker: queue work"), "{}", said.out);
}

#[tokio::test]
async fn a_paused_queue_needs_no_worker() {
    let house = House::new();
    house.enqueue("greet").await;
    house.types("queue monitor").await.ends(1);
    house.types("queue pause default").await.ends(0);
    house.types("queue monitor").await.ends(0);
}

#[tokio::test]
async fn parked_jobs_are_told_by_kind_and_cause_with_their_cure() {
    let house = House::new();
    assert_eq!(house.types("queue parked").await.ends(0).err, "no job is parked\n");
    for (kind, queue, cause) in [("old", "a", Cause::UnknownKind), ("new", "b", Cause::NewerVersion)] {
        house.types(&format!("queue enqueue {kind} --queue {queue} --count 2 --version 4")).await.ends(0);
        let park = Park { cause, text: format!("{kind} was seen"), build: "b0".into() };
        house.end(queue, Some(Outcome::Park(park))).await;
    }
    let said = house.types("queue parked").await.ends(0).out;
    for part in ["old", "unknown_kind", "old was seen", "cure for newer_version: start a worker of the newer build"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let groups = house.types("queue parked --json --queue b").await.ends(0).objects();
    let group = json!({
        "queue": "b", "kind": "new", "version": 4, "cause": "newer_version", "jobs": 2, "text": "new was seen",
        "cure": Cause::NewerVersion.cure(),
    });
    assert_eq!(groups, [group]);
}

#[tokio::test]
async fn jobs_that_came_due_and_nobody_claims_are_found() {
    let house = House::new();
    house.enqueue("greet --queue mail --delay 10s").await;
    house.enqueue("greet --queue mail --delay 1h").await;
    house.types("queue monitor").await.ends(0);
    house.clock.pass(70_000);
    let said = house.types("queue monitor --max-age 30s --max-waiting 0").await.ends(1).out;
    for part in [
        "queue \"mail\" has 1 due job and no living worker",
        "has 1 waiting jobs and 0 are allowed",
        "has waited in queue \"mail\" for 1 min and 30 s are allowed",
    ] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let look = house.types("queue monitor --json").await.ends(1).object();
    let queue = &look["queues"][0];
    assert_eq!((&queue["due"], &queue["counts"]["scheduled"]), (&json!(1), &json!(2)));
    assert_eq!(queue["oldest_at"], BEGIN_MS + 10_000);
    house.types("queue pause mail").await.ends(0);
    house.types("queue monitor").await.ends(0);
}

#[tokio::test]
async fn a_queue_that_nobody_knows_is_found() {
    let house = House::new();
    house.enqueue("greet --queue mail").await;
    house.worker(1, &["mail", "idle"], &["greet"]).await;
    house.types("queue monitor --queue mail,idle").await.ends(0);
    let said = house.types("queue monitor --queue typo").await.ends(1).out;
    assert!(said.contains("! nobody knows the queue \"typo\"") && said.contains("is it the right name?"), "{said}");
}

#[tokio::test]
async fn what_the_store_says_of_a_full_disk_is_found() {
    let mut house = House::new();
    let inner = house.store.clone();
    house.behind(Meddling::new(inner));
    let said = house.types("queue monitor").await.ends(1).out;
    assert!(said.contains("! the disk is full: new jobs are refused"), "{said}");
}

#[tokio::test]
async fn a_typed_job_is_the_one_its_kind_would_make() {
    for kind in ["post", r"App\Jobs\Post"] {
        let house = House::posting();
        let id = house.enqueue(&format!(r#"{kind} --payload {{"letter":7}} --tag vip"#)).await;
        let job = house.store.job(id).await.unwrap().unwrap().job;
        assert_eq!((job.kind.as_str(), job.queue.as_str(), job.version, job.attempts_max), (kind, "mail", 2, Some(9)));
        assert_eq!(job.unique.unwrap().key.as_str(), "letter:7");
        let tags: Vec<_> = job.options.tags.iter().map(|tag| tag.as_str()).collect();
        assert_eq!((tags, job.options.retry_until), (vec!["stamped", "vip"], Some(BEGIN_MS + 60_000)));
        let shown = house.types(&format!("queue show {id}")).await.ends(0).out;
        for part in ["tags       stamped, vip", "retries    none after 2030-01-01 00:01:00Z (in 1 min)"] {
            assert!(shown.contains(part), "{part} is not in {shown}");
        }
        let again = house.types(r#"queue enqueue post --payload {"letter":7} --json"#).await.ends(0).object();
        assert_eq!((&again["fresh"], &again["id"]), (&json!(false), &json!(id)), "the key is the kind's");
        let other = r#"queue enqueue post --payload {"letter":7} --unique mine --json"#;
        assert_eq!(house.types(other).await.ends(0).object()["fresh"], true, "--unique overrides it");
    }
}

#[tokio::test]
async fn what_this_build_could_not_run_is_refused_unless_it_is_meant() {
    let house = House::posting();
    for (flags, says) in [
        ("post", "missing field `letter`"),
        (r"App\Jobs\Post", "missing field `letter`"),
        (r#"post --payload {"letter":7} --version 3"#, "has version 3, this build reads up to 2"),
        (r#"post --payload {"letter":7} --count 2"#, "the key \"letter:7\" keeps all but the first out"),
    ] {
        let said = house.types(&format!("queue enqueue {flags}")).await.ends(2);
        assert!(said.err.starts_with("errands: could not ") && said.err.contains(says), "{flags}: {}", said.err);
    }
    assert_eq!(house.count(State::Ready).await, 0);
    let id = house.enqueue("post --version 3 --anyway").await;
    let job = house.store.job(id).await.unwrap().unwrap().job;
    assert_eq!((job.version, job.queue.as_str(), job.attempts_max, job.unique), (3, "mail", Some(9), None));
}

#[tokio::test]
async fn a_cancelled_job_is_not_shown_as_asked_to_stop() {
    let house = House::new();
    let id = house.enqueue("greet").await;
    house.end("default", None).await;
    house.types(&format!("queue cancel {id}")).await.ends(0);
    assert!(house.types(&format!("queue show {id}")).await.out.contains("running, asked to stop"));
    house.clock.pass(60_000);
    house.rescue(Outcome::Retry { error: "x".into(), delay_ms: None }).await;
    let said = house.types(&format!("queue show {id}")).await.out;
    assert!(said.contains("cancelled") && !said.contains("asked to stop"), "{said}");
}
