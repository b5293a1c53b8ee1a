//! OpenAI's public wire format: what is sent, and what of the answers is read.
//!
//! Compatible servers differ in small things, so nothing but the answer itself is needed: unknown reasons to finish,
//! unknown fields and left-out usage are no errors.

use crate::provider::http::refusal::Words;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A chat that asks for one comment.
#[derive(Serialize)]
pub(super) struct Chat<'a> {
    pub model: &'a str,
    pub messages: &'a [Message],
    pub temperature: f32,
    pub max_completion_tokens: u32,
    pub n: u32,
}

/// One message of a chat.
#[derive(Serialize)]
pub(super) struct Message {
    pub role: &'static str,
    pub content: String,
}

impl Message {
    pub(super) fn new(role: &'static str, content: impl Into<String>) -> Self {
        Self { role, content: content.into() }
    }
}

/// What a chat answers.
#[derive(Debug, Deserialize)]
pub(super) struct Chatted {
    #[serde(default)]
    pub choices: Vec<Choice>,
    #[serde(default)]
    pub usage: Option<Usage>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    pub message: Option<Said>,
    #[serde(default)]
    pub finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    pub content: Option<String>,
    #[serde(default)]
    pub refusal: Option<String>,
}

/// What was billed.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Usage {
    #[serde(default)]
    pub prompt_tokens: u32,
    #[serde(default)]
    pub completion_tokens: u32,
}

/// An order for a picture; with `images`, for another version of them.
#[derive(Serialize)]
pub(super) struct Drawing<'a> {
    pub model: &'a str,
    pub prompt: &'a str,
    pub n: u32,
    pub size: &'static str,
    /// The GPT image models name format and background; the DALL·E models know neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background: Option<&'static str>,
    /// The DALL·E models say how they answer; the others always answer base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<[Reference; 1]>,
}

/// A picture to start from.
#[derive(Serialize)]
pub(super) struct Reference {
    pub image_url: String,
}

/// What an order for a picture answers.
#[derive(Debug, Deserialize)]
pub(super) struct Drawn {
    #[serde(default)]
    pub data: Vec<Picture>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Picture {
    #[serde(default)]
    pub b64_json: Option<String>,
    #[serde(default)]
    pub url: Option<String>,
}

/// What OpenAI says when it refuses: a message, and codes.
pub(super) fn words(body: &[u8]) -> Words {
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return Words::raw(body) };
    // Some compatible servers leave the envelope out, or put the bare text into it.
    let error = value.get("error").unwrap_or(&value);
    let text = error.as_str().or_else(|| error.get("message").and_then(Value::as_str));
    let Some(text) = text else { return Words::raw(body) };
    let codes = ["code", "type"].into_iter().filter_map(|name| error.get(name).and_then(Value::as_str));
    Words { text: text.to_owned(), codes: codes.map(str::to_owned).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_compatible_servers_are_read() {
        let body = r#"{"choices":[{"finish_reason":"eos","message":{"role":"assistant","content":"はい"},"x":1}],
            "service_tier":"on_demand","usage":null}"#;
        let chatted: Chatted = serde_json::from_str(body).unwrap();
        assert_eq!(chatted.choices[0].message.as_ref().unwrap().content.as_deref(), Some("はい"));
        assert!(chatted.usage.is_none());
        assert!(serde_json::from_str::<Drawn>("{}").unwrap().data.is_empty());
    }

    #[test]
    fn refusals_are_read_in_every_form_that_is_sent() {
        let read = |body: &str| words(body.as_bytes());
        let full = read(r#"{"error":{"message":"no","type":"invalid_request_error","param":null,"code":"x"}}"#);
        assert_eq!(full, Words { text: "no".into(), codes: vec!["x".into(), "invalid_request_error".into()] });
        assert_eq!(read(r#"{"error":{"message":"no","code":null}}"#), Words::plain("no"));
        assert_eq!(read(r#"{"error":"no"}"#), Words::plain("no"));
        assert_eq!(read(r#"{"message":"no","type":"t"}"#).codes, ["t"]);
        assert_eq!(read("bad gateway\n"), Words::plain("bad gateway"));
        assert_eq!(read(r#"{"detail":7}"#), Words::plain(r#"{"detail":7}"#));
    }
}
