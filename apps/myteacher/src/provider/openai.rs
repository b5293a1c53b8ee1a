//! OpenAI, or any server that speaks its format: a writer of comments ([`OpenAiWriter`]) and a painter ([`OpenAiPainter`]).
//!
//! Both answer in one exchange, so there is nothing to cancel but the connection itself; an order that is called off
//! drops it. They own their words (a comment is not asked for with another purpose's instructions) and name the model
//! that they really asked.

mod comment;
mod paint;
mod voice;
mod wire;
mod write;

pub use paint::OpenAiPainter;
pub use write::OpenAiWriter;

use super::settings::OpenAiSettings;
use crate::failure::Failure;
use std::future::Future;
use tokio_util::sync::CancellationToken;

const KEY: &str = "OPENAI_API_KEY";

fn missing(settings: &OpenAiSettings) -> Vec<String> {
    let key = settings.key.is_none().then(|| KEY.to_owned());
    key.into_iter().collect()
}

/// The answer to an order, unless something is missing or it is called off first.
async fn filled<T>(
    settings: &OpenAiSettings,
    called_off: &CancellationToken,
    answer: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let names = missing(settings);
    if !names.is_empty() {
        return Err(Failure::MissingSetting { names });
    }
    tokio::select! {
        biased;
        () = called_off.cancelled() => Err(Failure::CalledOff),
        answer = answer => answer,
    }
}
