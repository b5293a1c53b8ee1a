//! Which jobs an order takes: ids, filters, states, causes, `all`; and what is said of those it leaves.

use std::collections::BTreeMap;

use banto_core::{Cause, JobId, Outcome, Park, State};
use serde_json::json;

use super::house::House;

/// A job in each state, by its word; all of the queue `mail`.
pub async fn one_in_each_state(house: &House) -> BTreeMap<&'static str, JobId> {
    let end = async |outcome: Option<Outcome>| {
        house.enqueue("greet --queue mail").await;
        house.end("mail", outcome).await[0]
    };
    let park = Park { cause: Cause::Missing, text: "it lacks A_KEY".into(), build: "b0".into() };
    let running = end(None).await;
    let mut jobs = BTreeMap::from([
        ("running", running),
        ("parked", end(Some(Outcome::Park(park))).await),
        ("done", end(Some(Outcome::Done)).await),
        ("dead", end(Some(Outcome::Dead { error: "no ink".into() })).await),
        ("cancelled", end(Some(Outcome::Cancel { reason: "moved".into() })).await),
    ]);
    jobs.insert("scheduled", house.enqueue("greet --queue mail --delay 1h").await);
    jobs.insert("ready", house.enqueue("greet --queue mail").await);
    for state in State::ALL {
        assert_eq!(house.state(jobs[state.word()]).await, Some(state));
    }
    jobs
}

/// Where each of these jobs stands; "gone" if nowhere.
async fn stand(house: &House, jobs: &BTreeMap<&'static str, JobId>) -> BTreeMap<&'static str, String> {
    let mut stand = BTreeMap::new();
    for (was, id) in jobs {
        let is = house.state(*id).await.map_or("gone".to_owned(), |state| state.word().to_owned());
        stand.insert(*was, is);
    }
    stand
}

#[tokio::test]
async fn each_order_changes_the_states_it_is_for_and_no_other() {
    let cases: [(&str, &[(&str, &str)]); 8] = [
        ("queue retry --all", &[("dead", "ready")]),
        (
            "queue retry --state dead,cancelled,scheduled",
            &[("dead", "ready"), ("cancelled", "ready"), ("scheduled", "ready")],
        ),
        ("queue forget --all --yes", &[("done", "gone"), ("dead", "gone"), ("cancelled", "gone")]),
        ("queue forget --state done --queue mail --yes", &[("done", "gone")]),
        ("queue cancel --all --yes", &[("scheduled", "cancelled"), ("ready", "cancelled"), ("parked", "cancelled")]),
        ("queue release --all", &[("parked", "ready")]),
        ("queue flush --yes", &[("dead", "gone")]),
        ("queue clear --queue mail --yes", &[("scheduled", "cancelled"), ("ready", "cancelled")]),
    ];
    for (typed, changes) in cases {
        let house = House::new();
        let jobs = one_in_each_state(&house).await;
        let mut wanted: BTreeMap<_, _> = jobs.keys().map(|state| (*state, (*state).to_owned())).collect();
        let counted = typed.replace(" --yes", "");
        house.types(&format!("{counted} --dry-run")).await.ends(0);
        assert_eq!(stand(&house, &jobs).await, wanted, "{counted} --dry-run changes nothing");
        house.types(typed).await.ends(0);
        wanted.extend(changes.iter().map(|(was, is)| (*was, (*is).to_owned())));
        assert_eq!(stand(&house, &jobs).await, wanted, "{typed}");
    }
}

#[tokio::test]
async fn a_count_is_what_the_order_does_then() {
    for typed in ["queue retry --all", "queue forget --all", "queue cancel --all", "queue release --all"] {
        let house = House::new();
        one_in_each_state(&house).await;
        let mut counted = house.types(&format!("{typed} --dry-run --json")).await.ends(0).object();
        assert_eq!(counted["dry_run"], true);
        counted["dry_run"] = json!(false);
        let yes = if typed.contains("forget") || typed.contains("cancel") { " --yes" } else { "" };
        assert_eq!(house.types(&format!("{typed}{yes} --json")).await.ends(0).object(), counted, "{typed}");
    }
}

#[tokio::test]
async fn a_state_that_an_order_never_applies_to_is_refused() {
    let house = House::new();
    let jobs = one_in_each_state(&house).await;
    for (typed, says) in [
        ("queue retry --state done", "take \"done\" as --state: it applies to dead, cancelled and scheduled jobs"),
        ("queue retry --state dead,ready", "take \"ready\" as --state"),
        ("queue forget --state ready --yes", "take \"ready\" as --state: it applies to done, dead and cancelled jobs"),
        ("queue cancel --state dead --yes", "take \"dead\" as --state: it applies to jobs that have not ended"),
    ] {
        let said = house.types(typed).await.ends(2);
        assert!(said.err.contains(says) && said.out.is_empty(), "{typed}: {said:?}");
    }
    let wanted: BTreeMap<_, _> = jobs.keys().map(|state| (*state, (*state).to_owned())).collect();
    assert_eq!(stand(&house, &jobs).await, wanted);
}

#[tokio::test]
async fn all_beside_an_id_is_refused() {
    let house = House::new();
    let dead = house.dead("mail", 2, "x").await;
    for typed in [
        format!("queue retry all {}", dead[0]),
        format!("queue forget {} all", dead[0]),
        format!("queue cancel all {} --yes", dead[0]),
        format!("queue release {} all", dead[0]),
        "queue retry all nonsense".to_owned(),
    ] {
        let said = house.types(&typed).await.ends(2);
        assert!(said.err.contains("take \"all\" as a job id: it stands for every job"), "{typed}: {}", said.err);
    }
    assert_eq!(house.count(State::Dead).await, 2);
}

#[tokio::test]
async fn who_names_no_jobs_hears_how_that_is_done() {
    let house = House::new();
    for (typed, own) in [
        ("queue retry", "--state"),
        ("queue forget --yes", "--state"),
        ("queue cancel --dry-run", "--state"),
        ("queue release", "--cause"),
    ] {
        let said = house.types(typed).await.ends(2);
        let which = format!("tell which jobs: name ids, a filter (--queue, --kind, --tag, {own}), or --all");
        assert!(said.err.contains(&which), "{typed}: {}", said.err);
    }
}

#[tokio::test]
async fn flags_beside_ids_narrow_them_and_that_is_said() {
    let house = House::new();
    let dead = house.dead("mail", 2, "x").await;
    let said = house.types(&format!("queue forget {} {} --queue news", dead[0], dead[1])).await.ends(1);
    assert_eq!(said.out, "0 jobs forgotten\n");
    assert!(said.err.ends_with("and only to what the flags beside the ids let through\n"), "{}", said.err);
    let said = house.types(&format!("queue release {}", dead[0])).await.ends(1);
    assert!(said.err.ends_with("it applies to parked jobs\n"), "{}", said.err);
    assert_eq!(house.count(State::Dead).await, 2);
}

#[tokio::test]
async fn tags_and_kinds_choose_too() {
    let house = House::new();
    let tagged = house.enqueue("greet --tag import").await;
    let other = house.enqueue("old --tag export").await;
    house.types("queue cancel --tag import --yes").await.ends(0);
    assert_eq!((house.state(tagged).await, house.state(other).await), (Some(State::Cancelled), Some(State::Ready)));
    house.types("queue cancel --kind greet --tag export --yes").await.ends(0);
    assert_eq!(house.state(other).await, Some(State::Ready), "both must fit");
    house.types("queue cancel --kind old --tag export --yes").await.ends(0);
    assert_eq!(house.state(other).await, Some(State::Cancelled));
}

#[tokio::test]
async fn a_release_leaves_other_causes_and_other_jobs() {
    let house = House::new();
    let mut ids = Vec::new();
    for cause in Cause::ALL {
        house.enqueue("old").await;
        let park = Park { cause, text: "x".into(), build: "b".into() };
        ids.push((cause, house.end("default", Some(Outcome::Park(park))).await[0]));
    }
    for (at, (cause, id)) in ids.iter().enumerate() {
        let typed = format!("queue release --cause {}", cause.word());
        assert_eq!(house.types(&typed).await.ends(0).out, "1 job released\n");
        assert_eq!(house.state(*id).await, Some(State::Ready), "{typed}");
        assert_eq!(house.count(State::Parked).await, ids.len() - at - 1, "{typed}");
        assert_eq!(house.types(&typed).await.ends(0).out, "0 jobs released\n", "a second time finds nothing");
    }
}

#[tokio::test]
async fn a_job_that_was_asked_to_stop_is_not_asked_twice() {
    let house = House::new();
    house.enqueue("greet").await;
    let running = house.end("default", None).await[0];
    let asked = async || house.types(&format!("queue cancel {running} --json")).await;
    assert_eq!(asked().await.ends(0).object()["asked"], 1);
    let again = asked().await.ends(1);
    assert!(again.err.contains("asks each one once"), "{}", again.err);
    assert_eq!((&again.object()["asked"], &again.object()["count"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn a_sample_is_at_most_twenty_ids_of_those_that_were_touched() {
    let house = House::new();
    let dead = house.dead("mail", 50, "x").await;
    let answer = house.types("queue flush --yes --json").await.ends(0).object();
    let sample: Vec<JobId> =
        answer["sample"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().parse().unwrap()).collect();
    assert_eq!((answer["count"].clone(), sample.len()), (json!(50), 20));
    assert!(sample.iter().all(|id| dead.contains(id)));
}
