//! What each refusal means; the exchanges themselves are tested over real HTTP in `tests/provider_*.rs`.

use super::refusal::{Words, is_moderated, meaning};
use super::*;
use std::time::Duration;

fn means(status: u16, text: &str, codes: &[&str]) -> Failure {
    let words = Words { text: text.into(), codes: codes.iter().map(|code| (*code).into()).collect() };
    meaning(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), &words, 0)
}

#[test]
fn a_key_that_is_refused_is_auth() {
    for status in [401, 403] {
        let failure = means(status, "Unauthenticated", &[]);
        assert!(matches!(&failure, Failure::Auth { what } if what.as_str().contains("Unauthenticated")), "{failure}");
    }
}

#[test]
fn a_spent_balance_is_auth_whatever_its_number() {
    let spent = [
        means(402, "Insufficient credit", &[]),
        means(429, "You exceeded your current quota", &["insufficient_quota"]),
        means(429, "You exceeded your current quota", &["project_spend_limit_exceeded", "insufficient_quota"]),
        means(400, "Billing hard limit has been reached", &["billing_hard_limit_reached"]),
    ];
    for failure in spent {
        assert!(matches!(&failure, Failure::Auth { what } if what.as_str().starts_with("billing: ")), "{failure}");
    }
}

#[test]
fn a_model_that_is_not_ours_waits_for_a_better_setting() {
    let mistakes = [
        means(422, "Invalid version or not permitted: The specified version does not exist", &[]),
        means(404, "The model `gpt-9` does not exist", &["model_not_found"]),
        means(400, "no", &["model_not_found"]),
    ];
    for failure in mistakes {
        assert!(matches!(failure, Failure::Auth { .. }), "{failure}");
    }
}

#[test]
fn too_many_requests_is_a_rate_limit() {
    let failure = means(429, "Request was throttled. Your rate limit resets in ~30s.", &[]);
    assert_eq!(failure, Failure::RateLimit { retry_after: Some(Duration::from_secs(30)) });
    assert_eq!(means(429, "slow down", &[]), Failure::RateLimit { retry_after: None });
}

#[test]
fn a_moderations_no_is_moderation() {
    let refusals = [
        means(400, "Your request was rejected as a result of our safety system.", &["content_policy_violation"]),
        means(400, "rejected", &["moderation_blocked", "image_generation_user_error"]),
        means(422, "Input was flagged as sensitive (E005)", &[]),
    ];
    for failure in refusals {
        assert!(matches!(failure, Failure::Moderation { .. }), "{failure}");
    }
    assert!(!is_moderated(&Words::plain("CUDA out of memory")));
    assert!(!is_moderated(&Words::plain("the name is case-sensitive")));
}

#[test]
fn any_other_no_is_a_bad_attribute_with_the_servers_words() {
    for status in [400, 413, 415, 422] {
        let failure = means(status, "seed: Must be greater than 0\u{1b}", &[]);
        let Failure::BadAttribute { what } = failure else { panic!("{failure}") };
        assert!(what.as_str().contains("seed: Must be greater than 0\\u{1b}"), "{what}");
    }
}

#[test]
fn a_servers_own_trouble_is_an_outage_even_if_its_words_say_otherwise() {
    for status in [408, 409, 425, 500, 502, 503, 504, 529] {
        let failure = means(status, "moderation is down; check your billing", &[]);
        assert!(matches!(failure, Failure::Outage { .. }) || status < 500, "{status}: {failure}");
        assert!(matches!(means(status, "busy", &[]), Failure::Outage { .. }), "{status}");
    }
}

#[test]
fn causes_are_said_once() {
    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Layer(&'static str, #[source] Option<Box<Layer>>);
    let layers =
        Layer("connect: refused", Some(Box::new(Layer("refused", Some(Box::new(Layer("os error 111", None)))))));
    assert_eq!(chain(&layers), "connect: refused: os error 111");
}
