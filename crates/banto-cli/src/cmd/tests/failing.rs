//! A store that fails: every command ends with the code of that failure, says it in one line, and answers nothing else.

use std::sync::Arc;

use banto_core::{State, limits::ENQUEUE_MAX};
use banto_store::{
    Fault,
    faulty::{Faulty, Plan, Strike, Verb},
};

use super::{house::House, meddling::Meddling};

const NOBODY: &str = "0199e7c4-8e3a-7c11-b0a3-5f0f6f0e9a11";

/// Every command but `queue work`, which waits for its store, and `migrate`, which asks nothing of one that is open.
const COMMANDS: [&str; 19] = [
    "queue enqueue greet",
    "queue enqueue greet --count 3",
    "queue list",
    "queue failed",
    "queue show ID",
    "queue explain ID",
    "queue explain --key k",
    "queue retry --all",
    "queue forget ID",
    "queue cancel --all --yes",
    "queue release --all",
    "queue flush --yes",
    "queue clear --yes",
    "queue monitor",
    "queue pause mail",
    "queue resume mail",
    "queue parked",
    "queue restart",
    "deploy check",
];

/// The house behind a store that can be made to fail.
fn frail(house: &mut House) -> Faulty {
    let faulty = Faulty::new(house.store.clone(), 1);
    house.behind(faulty.clone());
    faulty
}

fn always(strike: Strike) -> Plan {
    Plan { rate: 1.0, strikes: vec![strike] }
}

#[tokio::test]
async fn each_failure_ends_each_command_with_its_code() {
    let mut house = House::new();
    let faulty = frail(&mut house);
    let faults = [
        (Fault::Busy, 3),
        (Fault::Gone, 3),
        (Fault::Full, 4),
        (Fault::Newer, 6),
        (Fault::Damaged, 7),
        (Fault::Config, 2),
    ];
    for (fault, exit) in faults {
        faulty.plan(&Verb::ALL, always(Strike::Before(fault.clone())));
        for typed in COMMANDS {
            // Its client asks again while that may help; what it says then is a test of its own.
            if typed.starts_with("queue enqueue") && matches!(fault, Fault::Busy | Fault::Gone) {
                continue;
            }
            let typed = typed.replace("ID", NOBODY);
            let said = house.types(&typed).await.ends(exit);
            assert!(said.out.is_empty(), "{typed}, {fault:?}: {said:?}");
            assert!(said.err.starts_with("errands: could not ") && said.err.lines().count() == 1, "{typed}: {said:?}");
            let said = house.types(&format!("{typed} --json")).await.ends(exit);
            let failure: serde_json::Value = serde_json::from_str(&said.err).unwrap();
            assert_eq!((&failure["exit"], said.out.as_str()), (&exit.into(), ""), "{typed}, {fault:?}");
        }
    }
    faulty.heal();
    house.types("queue monitor").await.ends(0);
    assert_eq!(house.store.tally().await.unwrap().accepted, 0, "what failed before it happened did not happen");
}

#[tokio::test]
async fn a_lost_answer_names_the_job_to_look_for_unless_its_key_does() {
    for (flags, named) in [("", true), (" --count 3", true), (" --once signup:42", false)] {
        let mut house = House::new();
        let clock = house.clock.clone();
        // The client asks again for five seconds before it gives up; they pass at once.
        let slow = Meddling { enqueued: Box::new(move || clock.pass(6_000)), ..Meddling::new(house.store.clone()) };
        let faulty = Faulty::new(Arc::new(slow), 1);
        house.behind(faulty.clone());
        faulty.plan(&[Verb::Enqueue], always(Strike::After));
        let said = house.types(&format!("queue enqueue greet{flags}")).await.ends(3);
        assert!(said.out.is_empty() && said.err.contains("its answer was lost"), "{said:?}");
        let look = said.err.trim_end().split_once("look for this one first: ");
        assert_eq!(look.is_some(), named, "{}", said.err);
        if let Some((_, look)) = look {
            house.types(look).await.ends(0);
        }
        faulty.heal();
        house.types(&format!("queue enqueue greet{flags}")).await.ends(0);
        let twice = if named { 2 } else { 1 };
        let once = if flags.contains("count") { 3 } else { 1 };
        assert_eq!(house.count(State::Ready).await, once * twice, "only under a key a second try doubles nothing");
    }
}

#[tokio::test]
async fn a_disk_that_fills_up_half_way_says_how_many_jobs_were_accepted() {
    let mut house = House::new();
    let faulty = Faulty::new(house.store.clone(), 1);
    let full = faulty.clone();
    house.behind(Meddling {
        enqueued: Box::new(move || full.plan(&[Verb::Enqueue], always(Strike::Before(Fault::Full)))),
        ..Meddling::new(Arc::new(faulty))
    });
    let said = house.types("queue enqueue greet --count 25000 --json").await.ends(4);
    assert!(said.out.is_empty() && said.err.contains("(10000 jobs were accepted before)"), "{said:?}");
    assert_eq!(house.store.tally().await.unwrap().accepted, ENQUEUE_MAX as u64);
}

#[tokio::test]
async fn a_listing_that_breaks_off_is_a_failure_and_keeps_its_lines_whole() {
    let mut house = House::new();
    house.types("queue enqueue greet --count 1500").await.ends(0);
    let faulty = Faulty::new(house.store.clone(), 1);
    let gone = faulty.clone();
    house.behind(Meddling {
        listed: Box::new(move || gone.plan(&[Verb::Read], always(Strike::Before(Fault::Gone)))),
        ..Meddling::new(Arc::new(faulty))
    });
    let said = house.types("queue list --json --limit 1500").await.ends(3);
    assert_eq!(said.objects().len(), 1_000, "the first page was said");
    assert!(said.err.contains("\"exit\":3"), "{}", said.err);
}

#[tokio::test]
async fn a_worker_outlives_a_busy_store_and_ends_on_a_damaged_one() {
    let mut house = House::new();
    house.enqueue("greet").await;
    let faulty = frail(&mut house);
    for verb in [Verb::Beat, Verb::Claim, Verb::Finish] {
        faulty.strike_next(verb, Strike::Before(Fault::Busy));
    }
    let report = house.types("queue work --stop-when-empty --json").await.ends(0).object();
    assert_eq!(report["ended"], serde_json::json!({ "done": 1 }));
    faulty.strike_next(Verb::Claim, Strike::Before(Fault::Damaged));
    let report = house.types("queue work --json").await.ends(7).object();
    assert_eq!(report["exit"], 7);
    assert!(report["reason"].as_str().unwrap().starts_with("the store cannot claim"), "{report}");
}
