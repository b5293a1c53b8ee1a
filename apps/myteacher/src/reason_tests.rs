//! Every way to fail, held to the sentence that its owner reads.

use std::{collections::BTreeSet, time::Duration};

use banto::{Client, GivenClock, NewJob, Payload, Select, Steer, Store, memory::Memory, steer::Order};

use super::*;
use crate::{failure::Failure, files::Files};

#[test]
fn every_failure_of_a_provider_has_its_sentence() {
    let table = [
        (Failure::Moderation { reason: "NSFW".into() }, Reason::Moderation),
        (Failure::BadAttribute { what: "seed 0".into() }, Reason::Attribute),
        (Failure::Outage { what: "502".into() }, Reason::Provider),
        (Failure::Timeout { after: Duration::from_secs(30) }, Reason::Provider),
        (Failure::CalledOff, Reason::Provider),
        (Failure::RateLimit { retry_after: None }, Reason::Provider),
        (Failure::Auth { what: "401".into() }, Reason::Provider),
        (Failure::MissingSetting { names: vec!["KEY".into()] }, Reason::Provider),
    ];
    for (failure, reason) in table {
        assert_eq!(Reason::of(&failure.to_string()), reason, "{failure}");
    }
}

#[test]
fn every_other_way_to_fail_has_its_sentence() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let unkept = Files::open(folder.path().join("file/below").to_str().unwrap()).err().unwrap().to_string();
    for (error, reason) in [
        (unkept.as_str(), Reason::Storage),
        ("pay for the run: it may cost 6054 tokens and 3 are missing; nothing was painted", Reason::Tokens),
        ("timed out after 900000 ms", Reason::Provider),
        ("quarantined after 3 crashes; the process died or froze", Reason::Ours),
        ("panicked: index out of bounds", Reason::Ours),
        ("cancelled while it ran", Reason::Cancelled),
        ("read or write the tables: disk I/O error", Reason::Ours),
        ("", Reason::Ours),
    ] {
        assert_eq!(Reason::of(error), reason, "{error}");
    }
}

#[test]
fn sentences_are_plain_and_each_its_own() {
    use Reason::{Attribute, Cancelled, Moderation, Ours, Provider, Storage, Tokens};
    let all = [Moderation, Attribute, Tokens, Cancelled, Provider, Storage, Ours].map(Reason::sentence);
    assert_eq!(BTreeSet::from(all).len(), all.len());
    for sentence in all {
        assert!(sentence.ends_with('。') && !sentence.chars().any(|c| c.is_ascii()), "{sentence}");
    }
}

#[test]
fn an_error_of_ours_is_shown_after_could_not_and_one_of_the_engine_as_it_is() {
    assert_eq!(spoken("keep pictures in \"x\": full"), "could not keep pictures in \"x\": full");
    for whole in ["timed out after 5 ms", "quarantined after 3 crashes", "panicked: x", "cancelled while it ran"] {
        assert_eq!(spoken(whole), whole);
    }
}

/// The card of a job that Taro cancelled before it ran.
async fn cancelled() -> Card {
    let clock = std::sync::Arc::new(GivenClock::default());
    let store: std::sync::Arc<dyn Store> = std::sync::Arc::new(Memory::new(clock.clone(), 1));
    let client = Client::new(store.clone()).clock(clock);
    let (id, payload) = (client.id(), Payload::parse("{}").unwrap());
    client.put(vec![NewJob::new(id, "k".parse().unwrap(), "q".parse().unwrap(), payload)]).await.unwrap();
    let order = Order::Cancel(Select::ids([id]));
    store.steer(Steer { order, by: "Taro".into(), preview: false }).await.unwrap();
    store.job(id).await.unwrap().unwrap()
}

/// Adds a line to the trail, as the end of a run does.
fn ended(mut card: Card, text: &str) -> Card {
    let mut line = card.trail.last().unwrap().clone();
    line.text = text.into();
    card.trail.push(line);
    card.job.error = Some(text.into());
    card
}

#[tokio::test]
async fn who_ordered_an_end_is_named_whether_or_not_the_job_ran() {
    let by_taro = Why { reason: Reason::Cancelled, detail: "cancelled by Taro".into() };
    assert_eq!(Why::of(&cancelled().await), by_taro);
    for obeyed in OBEYED {
        assert_eq!(Why::of(&ended(cancelled().await, obeyed)), by_taro, "{obeyed}");
    }
    let mut tried = cancelled().await;
    tried.job.error = Some("fill the order: the provider is out of order (\"502\"); order again later".into());
    assert_eq!(Why::of(&tried), by_taro, "an earlier attempt's error is not why it ended");
}

#[tokio::test]
async fn a_job_that_ended_itself_says_why_and_names_nobody() {
    // Cancelled by Taro, run again, and then ended by itself.
    let why = Why::of(&ended(cancelled().await, "avatar 3 does not exist any more"));
    assert_eq!((why.reason, why.detail.as_str()), (Reason::Cancelled, "cancelled: avatar 3 does not exist any more"));
}

#[tokio::test]
async fn a_dead_job_says_its_error_and_one_without_words_its_state() {
    let mut card = cancelled().await;
    card.job.state = State::Dead;
    assert_eq!(Why::of(&card), Why { reason: Reason::Ours, detail: "the job is dead and left no error".into() });
    card.job.error = Some("pay for the run: it may cost 5 tokens".into());
    let why = Why::of(&card);
    assert_eq!((why.reason, why.detail.as_str()), (Reason::Tokens, "could not pay for the run: it may cost 5 tokens"));
}
