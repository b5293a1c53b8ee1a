//! The writer: one chat for each comment.

use super::wire::{Chat, Chatted, Message, Usage, words};
use super::{comment, filled, voice};
use crate::failure::Failure;
use crate::port::{BoxFuture, WriteOrder, Writer, Written};
use crate::provider::Now;
use crate::provider::http::Http;
use crate::provider::settings::OpenAiSettings;
use std::fmt;

const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// Room for fifty characters of Japanese and the model's habits.
const TOKENS_MAX: u32 = 200;
const TEMPERATURE: f32 = 0.8;

/// Writes by OpenAI's chat completions.
///
/// An answer that is no comment is asked for once more, with what was wrong; the tokens of both are counted.
pub struct OpenAiWriter {
    settings: OpenAiSettings,
    http: Http,
}

/// What one chat said.
struct Reply {
    text: String,
    usage: Usage,
}

impl OpenAiWriter {
    /// A writer with these settings. It touches no network.
    ///
    /// # Errors
    /// [`Failure::Outage`] if this machine cannot do TLS (no certificates of authorities).
    pub fn new(settings: OpenAiSettings, now: Now) -> Result<Self, Failure> {
        let http = Http::new(&settings.address, settings.patience, settings.key.as_ref(), now, words)?;
        Ok(Self { settings, http })
    }

    async fn written(&self, order: &WriteOrder) -> Result<Written, Failure> {
        let mut messages = vec![
            Message::new("system", voice::teacher(&order.look, order.softness)),
            Message::new("user", voice::moment(order.event, order.softness)),
        ];
        let first = self.asked(&messages).await?;
        let mut text = comment::unwrapped(&first.text);
        let mut usage = first.usage;
        if let Some(complaint) = comment::complaint(&text) {
            messages.extend([Message::new("assistant", first.text), Message::new("user", complaint)]);
            let second = self.asked(&messages).await?;
            text = comment::unwrapped(&second.text);
            usage = usage.and(second.usage);
        }
        if !comment::is_japanese(&text) {
            return Err(Failure::Outage { what: format!("it writes no Japanese: {text}").into() });
        }
        Ok(Written {
            text: comment::cut(&text),
            model: self.settings.chat_model.clone(),
            tokens_in: usage.prompt_tokens,
            tokens_out: usage.completion_tokens,
        })
    }

    async fn asked(&self, messages: &[Message]) -> Result<Reply, Failure> {
        let chat = Chat {
            model: &self.settings.chat_model,
            messages,
            temperature: TEMPERATURE,
            max_completion_tokens: TOKENS_MAX,
            n: 1,
        };
        let request = self.http.post_json(&["chat", "completions"], &chat);
        reply(self.http.json(request, ANSWER_BYTES_MAX).await?)
    }
}

/// What a chat said, if it said something.
fn reply(chatted: Chatted) -> Result<Reply, Failure> {
    let empty = || Failure::Outage { what: "the chat answered without a word".into() };
    let choice = chatted.choices.into_iter().next().ok_or_else(empty)?;
    let said = choice.message.ok_or_else(empty)?;
    if let Some(refusal) = said.refusal.filter(|refusal| !refusal.is_empty()) {
        return Err(Failure::Moderation { reason: refusal.into() });
    }
    if choice.finish_reason.as_deref() == Some("content_filter") {
        return Err(Failure::Moderation { reason: "the chat ended at its content filter".into() });
    }
    let text = said.content.filter(|text| !text.trim().is_empty()).ok_or_else(empty)?;
    Ok(Reply { text, usage: chatted.usage.unwrap_or_default() })
}

impl Usage {
    fn and(self, other: Self) -> Self {
        Self {
            prompt_tokens: self.prompt_tokens.saturating_add(other.prompt_tokens),
            completion_tokens: self.completion_tokens.saturating_add(other.completion_tokens),
        }
    }
}

impl Writer for OpenAiWriter {
    fn name(&self) -> &'static str {
        "openai"
    }

    fn missing(&self) -> Vec<String> {
        super::missing(&self.settings)
    }

    fn write<'a>(&'a self, order: &'a WriteOrder) -> BoxFuture<'a, Result<Written, Failure>> {
        Box::pin(filled(&self.settings, &order.cancel, self.written(order)))
    }
}

impl fmt::Debug for OpenAiWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAiWriter").field("settings", &self.settings).finish_non_exhaustive()
    }
}
