//! Replicate's public wire format: what is sent, and what of the answers is read.
//!
//! Only fields we use are named and none but the id is needed, so that a new field, a new status or an output of
//! another shape is no error by itself.

use crate::look::{DrawModelVersion, Expression, Look, Picture};
use crate::provider::http::refusal::Words;
use crate::provider::prompt::Prompt;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The status of a prediction that somebody stopped, as Replicate spells it.
pub(in crate::provider) const CANCELLED: &str = "canceled";

#[derive(Serialize)]
pub(super) struct Order<'a, I> {
    pub version: &'a str,
    pub input: &'a I,
}

/// What a drawing model is given.
#[derive(Serialize)]
pub(super) struct Drawing {
    prompt: String,
    negative_prompt: String,
    seed: u32,
    width: u32,
    height: u32,
    num_outputs: u32,
    guidance_scale: f32,
    num_inference_steps: u32,
    #[serde(flatten)]
    newer: Option<Newer>,
}

/// The same wishes in the names that stable-diffusion-3.5 has for them; it knows none of the older ones but prompt and seed.
#[derive(Serialize)]
struct Newer {
    cfg: f32,
    steps: u32,
    aspect_ratio: &'static str,
    output_format: &'static str,
}

/// What a background remover is given.
#[derive(Serialize)]
pub(super) struct Cutting {
    pub image: String,
}

impl Drawing {
    pub(super) fn new(look: &Look, picture: Picture, prompt: Prompt) -> Self {
        let is_newer = look.draw_model_version == DrawModelVersion::StableDiffusion35Medium;
        // A surprised face comes out calm unless this model is given more steps and a tighter rein.
        let (num_inference_steps, guidance_scale) =
            if is_newer && picture.expression == Expression::Surprised { (90, 8.5) } else { (50, 7.5) };
        let newer = is_newer.then_some(Newer {
            cfg: guidance_scale,
            steps: num_inference_steps.min(50), // the most its schema allows
            aspect_ratio: "1:1",
            output_format: "png",
        });
        Self {
            prompt: prompt.positive,
            negative_prompt: prompt.negative,
            seed: look.seed,
            width: 512,
            height: 512,
            num_outputs: 1,
            guidance_scale,
            num_inference_steps,
            newer,
        }
    }
}

/// A prediction as Replicate describes it.
#[derive(Debug, Deserialize)]
pub(super) struct Prediction {
    pub id: String,
    #[serde(default)]
    pub status: String,
    #[serde(default)]
    output: Value,
    #[serde(default)]
    error: Value,
    #[serde(default)]
    logs: Value,
}

impl Prediction {
    /// Whether it will not change any more; a status we do not know is one that goes on.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.status.as_str(), "succeeded" | "failed" | "aborted" | CANCELLED)
    }

    pub(super) fn succeeded(&self) -> bool {
        self.status == "succeeded"
    }

    /// The first file it made.
    pub(super) fn file(&self) -> Option<&str> {
        match &self.output {
            Value::String(file) => Some(file.as_str()),
            Value::Array(files) => files.iter().find_map(Value::as_str),
            _ => None,
        }
        .filter(|file| !file.is_empty())
    }

    /// Why it failed: the error, or what the model logged last.
    pub(super) fn why(&self) -> String {
        match &self.error {
            Value::String(error) if !error.is_empty() => error.clone(),
            Value::Null | Value::String(_) => self.last_log_line().to_owned(),
            other => other.to_string(),
        }
    }

    pub(super) fn log(&self) -> &str {
        self.logs.as_str().unwrap_or_default()
    }

    pub(super) fn last_log_line(&self) -> &str {
        self.log().lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("no reason given")
    }
}

/// What Replicate says when it refuses: a title, a detail, and the fields it minds.
pub(super) fn words(body: &[u8]) -> Words {
    #[derive(Deserialize)]
    struct Refusal {
        title: Option<String>,
        detail: Option<Value>,
    }
    let Ok(refusal) = serde_json::from_slice::<Refusal>(body) else { return Words::raw(body) };
    let detail = refusal.detail.map(|detail| match detail {
        Value::String(text) => text,
        other => other.to_string(),
    });
    let said: Vec<String> = refusal.title.into_iter().chain(detail).collect();
    if said.is_empty() { Words::raw(body) } else { Words::plain(said.join(": ").trim()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn prediction(value: Value) -> Prediction {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_is_new_or_left_out_is_no_error() {
        let odd = prediction(json!({"id": "x", "status": "queued-on-the-moon", "data_removed": false, "logs": null}));
        assert!(!odd.is_over() && !odd.succeeded() && odd.file().is_none());
        assert_eq!(odd.why(), "no reason given");
        assert!(serde_json::from_value::<Prediction>(json!({"status": "starting"})).is_err(), "an id is needed");
    }

    #[test]
    fn four_statuses_are_the_end() {
        for status in ["succeeded", "failed", "aborted", CANCELLED] {
            assert!(prediction(json!({"id": "x", "status": status})).is_over(), "{status}");
        }
        for status in ["starting", "processing", ""] {
            assert!(!prediction(json!({"id": "x", "status": status})).is_over(), "{status}");
        }
    }

    #[test]
    fn the_file_is_a_text_or_the_first_of_a_list() {
        let file = |output: Value| prediction(json!({"id": "x", "output": output})).file().map(str::to_owned);
        assert_eq!(file(json!("https://a/1.png")).as_deref(), Some("https://a/1.png"));
        assert_eq!(file(json!(["https://a/1.png", "https://a/2.png"])).as_deref(), Some("https://a/1.png"));
        assert_eq!(file(json!([null, "https://a/2.png"])).as_deref(), Some("https://a/2.png"));
        for none in [json!([]), json!(null), json!(""), json!({"image": "x"}), json!(7)] {
            assert_eq!(file(none.clone()), None, "{none}");
        }
    }

    #[test]
    fn the_reason_is_the_error_or_the_last_line_of_the_log() {
        let why =
            |error: Value| prediction(json!({"id": "x", "error": error, "logs": "step 1\nout of memory\n\n"})).why();
        assert_eq!(why(json!("NSFW content detected")), "NSFW content detected");
        assert_eq!(why(json!(null)), "out of memory");
        assert_eq!(why(json!("")), "out of memory");
        assert_eq!(why(json!({"code": 7})), "{\"code\":7}");
    }

    #[test]
    fn refusals_are_read_in_every_form_that_is_sent() {
        let text = |body: &str| words(body.as_bytes()).text;
        assert_eq!(
            text(r#"{"title":"Unauthenticated","detail":"No token","status":401}"#),
            "Unauthenticated: No token"
        );
        assert_eq!(text(r#"{"detail":"Request was throttled."}"#), "Request was throttled.");
        assert_eq!(text(r#"{"detail":[{"loc":["seed"]}]}"#), r#"[{"loc":["seed"]}]"#);
        assert_eq!(text(r#"{"error":"odd"}"#), r#"{"error":"odd"}"#);
        assert_eq!(text("<html>502</html>\n"), "<html>502</html>");
    }
}
