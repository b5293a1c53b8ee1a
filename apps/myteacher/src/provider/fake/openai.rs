//! OpenAI as it usually behaves: a chat answers one line of Japanese, an order for a picture a picture in base64.

use super::{Answer, House, Request, picture_png};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// What OpenAI answers; `None` if it is not asked.
pub(super) fn answer(house: &House, request: &Request) -> Option<Answer> {
    let answer: fn(&House, &Request) -> Value = match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/v1/chat/completions") => chat,
        ("POST", "/v1/images/generations") => drawn,
        ("POST", "/v1/images/edits") => edited,
        _ => return None,
    };
    if request.header("authorization").is_none() {
        let error = json!({"message": "You didn't provide an API key.", "type": "invalid_request_error", "param": null, "code": null});
        return Some(Answer::json(401, &json!({ "error": error })));
    }
    Some(Answer::json(200, &answer(house, request)))
}

fn chat(_: &House, request: &Request) -> Value {
    json!({
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "model": request.json().get("model"),
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": "よく頑張りましたね。", "refusal": null},
            "logprobs": null,
            "finish_reason": "stop",
        }],
        "usage": {"prompt_tokens": 120, "completion_tokens": 12, "total_tokens": 132},
    })
}

fn drawn(house: &House, request: &Request) -> Value {
    let order = request.json();
    let is_clear = order.get("background").and_then(Value::as_str) == Some("transparent");
    pictures(house, is_clear)
}

fn edited(house: &House, _: &Request) -> Value {
    pictures(house, true)
}

fn pictures(house: &House, is_cut_out: bool) -> Value {
    let seed = u32::try_from(house.requests.borrow().len()).unwrap_or_default();
    json!({
        "created": 1_700_000_000,
        "data": [{"b64_json": STANDARD.encode(picture_png(seed, is_cut_out))}],
        "usage": {"input_tokens": 80, "output_tokens": 1056, "total_tokens": 1136},
    })
}
