//! The ways a painter or a writer fails. Each wants another answer, so they are never folded into one.
//!
//! Providers name what happened; the job decides what follows: soften, wait, park, retry or give up. Words that came
//! from a provider are [`Said`], which cuts them and masks keys. No secret is ever a field here.

use crate::said::Said;
use std::time::Duration;

/// Why an order was not filled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The provider's moderation refused the prompt or hid the result; a softer order may pass.
    #[error("fill the order: the provider's moderation refused it (\"{reason}\"); soften it and order again")]
    Moderation {
        /// The provider's own words.
        reason: Said,
    },
    /// The provider asks to come back later; no attempt should be burned for it.
    #[error("fill the order: the provider limits the rate; order again {}", when(*retry_after))]
    RateLimit {
        /// How long it asks to wait, if it said so.
        retry_after: Option<Duration>,
    },
    /// The provider refuses our key or account; trying again changes nothing until somebody mends it.
    #[error("fill the order: the provider refused our credentials (\"{what}\"); set a valid key and release the job")]
    Auth {
        /// What it said, without the key.
        what: Said,
    },
    /// We lack settings that the provider needs.
    #[error("fill the order: missing setting {}; set it and release the job", names.join(", "))]
    MissingSetting {
        /// The names of all that are missing; never a value.
        names: Vec<String>,
    },
    /// The provider cannot be reached, answers with a server error, or answers what is no answer.
    #[error("fill the order: the provider is out of order (\"{what}\"); order again later")]
    Outage {
        /// What was seen.
        what: Said,
    },
    /// The provider did not answer in time; whatever it had begun has been cancelled.
    #[error("fill the order: no answer within {} s; order again later", after.as_secs_f64())]
    Timeout {
        /// How long was waited.
        after: Duration,
    },
    /// The order itself is wrong and will be wrong again.
    #[error("fill the order: the provider does not accept it (\"{what}\"); change the attribute")]
    BadAttribute {
        /// Which attribute, and what is wrong with it.
        what: Said,
    },
    /// The order was called off while it was being filled; whatever the provider had begun has been cancelled.
    #[error("fill the order: it was called off")]
    CalledOff,
}

fn when(retry_after: Option<Duration>) -> String {
    match retry_after {
        Some(wait) => format!("in {} s", wait.as_secs_f64()),
        None => "later".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_reads_after_could_not_and_names_the_next_step() {
        let table = [
            (
                Failure::Moderation { reason: "NSFW".into() },
                "the provider's moderation refused it (\"NSFW\"); soften it",
            ),
            (Failure::RateLimit { retry_after: Some(Duration::from_secs(30)) }, "limits the rate; order again in 30 s"),
            (Failure::RateLimit { retry_after: None }, "limits the rate; order again later"),
            (Failure::Auth { what: "401".into() }, "refused our credentials (\"401\"); set a valid key"),
            (Failure::MissingSetting { names: vec!["A".into(), "B".into()] }, "missing setting A, B; set it"),
            (Failure::Outage { what: "502".into() }, "out of order (\"502\"); order again later"),
            (Failure::Timeout { after: Duration::from_millis(1500) }, "no answer within 1.5 s; order again"),
            (Failure::BadAttribute { what: "seed 0".into() }, "does not accept it (\"seed 0\"); change"),
            (Failure::CalledOff, "it was called off"),
        ];
        for (failure, part) in table {
            let text = failure.to_string();
            assert!(text.starts_with("fill the order: ") && text.contains(part), "{text}");
        }
    }

    #[test]
    fn neither_text_nor_debug_shows_a_key() {
        let failure = Failure::Auth { what: "Incorrect API key provided: sk-proj-verysecret".into() };
        assert!(!failure.to_string().contains("verysecret"));
        assert!(!format!("{failure:?}").contains("verysecret"));
    }
}
