//! Every way to fail, held to the sentence that its owner reads.

use std::{collections::BTreeSet, time::Duration};

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
