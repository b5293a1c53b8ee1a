//! What must be well besides banto's own parts, for `/health`.

use std::time::Duration;

use crate::redis::{self, address::Address};

/// How long Redis may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether Redis answers, if there is one: `REDIS_URL` names it.
pub async fn redis() -> Result<(), String> {
    let Some(url) = std::env::var("REDIS_URL").ok().filter(|url| !url.is_empty()) else { return Ok(()) };
    redis::look(&Address::from(url), PATIENCE).await.map(drop).map_err(|unreached| unreached.to_string())
}
