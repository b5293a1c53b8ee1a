//! What a generation costs, in tokens.
//!
//! From the price list in `ai_cost_rates`; an item that is not on it is an error, never free. The estimate that the user
//! is shown, the hold and the charge all come from here, so that they agree.

use banto::sqlite::rusqlite::{self, Connection, OptionalExtension};

use crate::{event::CommentEvent, look::Look};

/// What every generation costs besides its pictures and comments, in tokens ("infrastructure load").
pub const BASE_TOKENS: i64 = 10;
/// The most one comment costs: one started thousand read, one started thousand written.
const COMMENT_TOKENS_MAX: i64 = 2;

/// The price of an item of the list.
fn rate(tx: &Connection, service: &str, detail: &str) -> rusqlite::Result<i64> {
    let sql = "SELECT tokens FROM ai_cost_rates WHERE service_type = ?1 AND service_detail = ?2 AND is_active = 1";
    let found = tx.query_row(sql, [service, detail], |row| row.get(0)).optional()?;
    found.ok_or_else(|| {
        let text = format!("find the price of {service} \"{detail}\"; add it to ai_cost_rates");
        rusqlite::Error::ToSqlConversionFailure(text.into())
    })
}

/// One picture by the model that was ordered.
pub fn picture(tx: &Connection, look: &Look) -> rusqlite::Result<i64> {
    rate(tx, "image", look.draw_model_version.as_str())
}

/// One background removed.
pub fn cut_out(tx: &Connection) -> rusqlite::Result<i64> {
    rate(tx, "cut_out", "rembg")
}

/// One comment, by the provider's tokens: each started thousand counts. Never more than the estimate held for it.
pub fn comment(tx: &Connection, tokens_in: u32, tokens_out: u32) -> rusqlite::Result<i64> {
    let started = |tokens: u32| i64::from(tokens.div_ceil(1_000));
    let cost =
        started(tokens_in) * rate(tx, "chat_in", "default")? + started(tokens_out) * rate(tx, "chat_out", "default")?;
    Ok(cost.min(COMMENT_TOKENS_MAX))
}

/// The most a generation of that look can cost: what the user must have before it begins.
pub fn most(tx: &Connection, look: &Look) -> rusqlite::Result<i64> {
    let removal = if look.is_transparent { cut_out(tx)? } else { 0 };
    let pictures = i64::try_from(look.pictures().len()).unwrap_or(i64::MAX);
    let comments = i64::try_from(CommentEvent::ALL.len()).unwrap_or(i64::MAX) * COMMENT_TOKENS_MAX;
    Ok(pictures * (picture(tx, look)? + removal) + comments + BASE_TOKENS)
}

#[cfg(test)]
#[path = "price_tests.rs"]
mod tests;
