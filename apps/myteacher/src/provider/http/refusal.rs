//! What a refusal means: a status, the provider's words, and sometimes a wait.
//!
//! For every provider alike, so that a job need not know whom it asks. The words go before the status where providers
//! hide two meanings behind one number: a spent balance also comes as 429 or 400, a moderation's no as 400. It never
//! decides what follows.

use super::wait;
use crate::failure::Failure;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

/// What a provider said when it refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::provider) struct Words {
    /// For people.
    pub text: String,
    /// For programs, if it gave any.
    pub codes: Vec<String>,
}

/// Signs of moderation in a provider's words, in small letters.
const MODERATED: [&str; 12] = [
    "nsfw",
    "safety",
    "flagged",
    "moderation",
    "content policy",
    "content_policy",
    "content filter",
    "content_filter",
    "sensitive content",
    "inappropriate",
    "explicit content",
    "e005",
];

/// Signs that the account cannot pay.
const UNPAID: [&str; 6] =
    ["insufficient_quota", "insufficient credit", "credit_balance_exhausted", "billing", "spend_limit", "usage_limit"];

/// Signs that the model we set does not exist, or not for us.
const NO_MODEL: [&str; 3] = ["model_not_found", "invalid version or not permitted", "does not have access to model"];

/// What a refusal with this status, headers and words means.
pub(in crate::provider) fn meaning(status: StatusCode, headers: &HeaderMap, words: &Words, now_ms: i64) -> Failure {
    let what = || format!("{status}: {}", words.text).into();
    if status.is_server_error() {
        return Failure::Outage { what: what() };
    }
    if status == StatusCode::PAYMENT_REQUIRED || words.show(&UNPAID) {
        return Failure::Auth { what: format!("billing: {status}: {}", words.text).into() };
    }
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => Failure::Auth { what: what() },
        StatusCode::TOO_MANY_REQUESTS => {
            Failure::RateLimit { retry_after: wait::asked_for(headers, &words.text, now_ms) }
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT | StatusCode::TOO_EARLY => Failure::Outage { what: what() },
        _ if words.show(&NO_MODEL) => Failure::Auth { what: what() },
        _ if is_moderated(words) => Failure::Moderation { reason: words.text.as_str().into() },
        _ if status.is_client_error() => Failure::BadAttribute { what: what() },
        _ => Failure::Outage { what: what() },
    }
}

/// Whether these are the words of a moderation.
pub(in crate::provider) fn is_moderated(words: &Words) -> bool {
    words.show(&MODERATED)
}

impl Words {
    /// Words without a code.
    pub(in crate::provider) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), codes: Vec::new() }
    }

    /// A body as it came, for an answer that has not the provider's own form (a proxy's page).
    pub(in crate::provider) fn raw(body: &[u8]) -> Self {
        Self::plain(String::from_utf8_lossy(body).trim())
    }

    fn show(&self, signs: &[&str]) -> bool {
        let texts = self.codes.iter().chain([&self.text]);
        texts.map(|text| text.to_lowercase()).any(|text| signs.iter().any(|sign| text.contains(sign)))
    }
}
