//! The job that is measured: a letter to send, whose handler does nothing.
//!
//! About 100 bytes of JSON, as jobs mostly have. Ours and the raw limit store the very same text.

use std::time::Duration;

use banto_engine::{Client, Job};
use banto_store::Store;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The job's kind.
pub const KIND: &str = "mail.send-letter";
/// How long a worker is left alone before it is asked how fast it wakes.
pub const PAUSE: Duration = Duration::from_millis(25);

/// A letter.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Letter {
    to: String,
    template: String,
}

impl Job for Letter {
    const KIND: &'static str = KIND;
}

impl Letter {
    /// The letter of that number.
    pub fn number(number: usize) -> Letter {
        let to = format!("somebody-with-a-name-of-ordinary-length-{number:08}@example.org");
        Letter { to, template: "welcome".into() }
    }
}

/// Its payload, for those who store it by hand.
pub fn text(number: usize) -> String {
    serde_json::to_string(&Letter::number(number)).unwrap_or_default()
}

/// A client whose ids follow from `seed`.
pub fn client(store: Arc<dyn Store>, seed: u64) -> Client {
    Client::seeded(store, Arc::new(banto_store::SystemClock), seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_about_a_hundred_bytes() {
        assert_eq!(text(7), text(7));
        assert!((80..120).contains(&text(99_999).len()), "{}", text(99_999));
    }
}
