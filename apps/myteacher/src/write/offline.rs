//! The writer that needs no key and no network: it composes a comment from parts written by hand.
//!
//! For the demo, for tests and for users without a key. Tone chooses the advice, formality the form, enthusiasm cries
//! and marks, humor asides; the seed picks among equals. A comment is one line of 1 to
//! [`COMMENT_CHARS_MAX`](crate::port::COMMENT_CHARS_MAX) characters by construction.

use super::words::{self, Theme, form};
use crate::event::CommentEvent;
use crate::failure::Failure;
use crate::look::{Dice, Enthusiasm, Formality, Humor, Look, Tone};
use crate::port::{BoxFuture, WriteOrder, Writer, Written};

#[cfg(test)]
mod tests;

/// The name this writer's comments carry as their model.
pub const MODEL: &str = "offline";

/// Composes comments from its own words.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfflineWriter;

impl Writer for OfflineWriter {
    fn name(&self) -> &'static str {
        MODEL
    }

    /// Nothing is ever missing.
    fn missing(&self) -> Vec<String> {
        Vec::new()
    }

    /// Composes at once. Nobody bills, so tokens are told as one a character, for a price list that asks.
    fn write<'a>(&'a self, order: &'a WriteOrder) -> BoxFuture<'a, Result<Written, Failure>> {
        Box::pin(async move {
            if order.cancel.is_cancelled() {
                return Err(Failure::CalledOff);
            }
            let text = comment(&order.look, order.event);
            let count = |words: &str| u32::try_from(words.chars().count()).unwrap_or(u32::MAX);
            let (tokens_in, tokens_out) = (count(order.event.moment()), count(&text));
            Ok(Written { text, model: MODEL.to_owned(), tokens_in, tokens_out })
        })
    }
}

/// The comment of this teacher on this moment.
pub fn comment(look: &Look, event: CommentEvent) -> String {
    let theme = words::theme(event);
    let cry = match look.enthusiasm {
        Enthusiasm::High => form(words::cry(theme), look.formality),
        Enthusiasm::Normal | Enthusiasm::Modest => "",
    };
    let fact = form(words::fact(event), look.formality);
    let advice = form(words::advice(theme, look.tone), look.formality);
    let after_fact = match look.enthusiasm {
        Enthusiasm::High => "！",
        Enthusiasm::Normal => "。",
        Enthusiasm::Modest => "…",
    };
    let end = end(look, theme);
    let aside = aside(look, event, theme);
    format!("{cry}{fact}{after_fact}{advice}{end}{aside}")
}

/// The last mark: a note of music where a smile fits.
fn end(look: &Look, theme: Theme) -> &'static str {
    let is_grave = matches!(theme, Theme::Loss | Theme::Part);
    let is_warm = matches!(look.tone, Tone::Gentle | Tone::Friendly) && look.formality != Formality::Formal;
    match (look.humor, look.enthusiasm) {
        (Humor::Normal, Enthusiasm::High | Enthusiasm::Normal) if is_warm && !is_grave => "♪",
        (_, Enthusiasm::High) if !is_grave => "！",
        _ => "。",
    }
}

fn aside(look: &Look, event: CommentEvent, theme: Theme) -> &'static str {
    match look.humor {
        Humor::High => Dice::new(look.seed, event.as_str()).pick(&words::jokes(theme)).unwrap_or_default(),
        Humor::Normal | Humor::Low => "",
    }
}
