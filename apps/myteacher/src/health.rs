//! What must be well besides banto's own parts, for `/health`.

use std::time::Duration;

use crate::redis::{self, address::Address};

/// How long Redis may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// The Redis that must be well, if there is one: `REDIS_URL` names it.
pub fn redis_url() -> Option<String> {
    std::env::var("REDIS_URL").ok().filter(|url| !url.is_empty())
}

/// Whether that Redis answers.
pub async fn redis(url: String) -> Result<(), String> {
    redis::look(&Address::from(url), PATIENCE).await.map(drop).map_err(|unreached| unreached.to_string())
}
