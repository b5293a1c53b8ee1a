//! The painter: one exchange for each picture.
//!
//! OpenAI takes no seed, so that the pictures of a run are only as alike as the same words make them. The GPT image
//! models can leave the background out from the start; then there is nothing left to cut out, and nothing to pay.

use super::filled;
use super::wire::{Drawing, Drawn, Reference, words};
use crate::failure::Failure;
use crate::port::{BoxFuture, PaintOrder, Painted, Painter};
use crate::provider::Now;
use crate::provider::http::Http;
use crate::provider::inspect::{self, PICTURE_BYTES_MAX};
use crate::provider::prompt::{Prompt, Style};
use crate::provider::settings::OpenAiSettings;
use base64::{Engine, engine::general_purpose::STANDARD};
use std::fmt;

/// Base64 makes four bytes of three; the rest is the envelope.
const ANSWER_BYTES_MAX: usize = PICTURE_BYTES_MAX / 3 * 4 + 64 * 1024;
/// The smallest square that all its models paint.
const SIZE: &str = "1024x1024";
const CUT_OUT: &str =
    "The same picture, unchanged in every line and colour, with the background removed and fully transparent.";

/// Paints by OpenAI's images.
pub struct OpenAiPainter {
    settings: OpenAiSettings,
    http: Http,
}

impl OpenAiPainter {
    /// A painter with these settings. It touches no network.
    ///
    /// # Errors
    /// [`Failure::Outage`] if this machine cannot do TLS (no certificates of authorities).
    pub fn new(settings: OpenAiSettings, now: Now) -> Result<Self, Failure> {
        let http = Http::new(&settings.address, settings.image_patience, settings.key.as_ref(), now, words)?;
        Ok(Self { settings, http })
    }

    async fn drawn(&self, order: &PaintOrder) -> Result<Painted, Failure> {
        let words = Prompt::new(Style::Sentence, &order.look, order.picture, order.softness);
        let prompt = format!("{} Nothing of this: {}.", words.positive, words.negative);
        let background = if order.look.is_transparent { "transparent" } else { "opaque" };
        let drawing = self.drawing(&prompt, background, None);
        self.painted(&["images", "generations"], &drawing, order).await
    }

    async fn cut(&self, order: &PaintOrder, painted: &Painted) -> Result<Painted, Failure> {
        if inspect::is_cut_out(painted.png.clone()).await? {
            return Ok(Painted { cost_units: 0, ..painted.clone() });
        }
        let image_url = format!("data:image/png;base64,{}", STANDARD.encode(&painted.png));
        let drawing = self.drawing(CUT_OUT, "transparent", Some([Reference { image_url }]));
        self.painted(&["images", "edits"], &drawing, order).await
    }

    fn drawing<'a>(&'a self, prompt: &'a str, background: &'static str, images: Option<[Reference; 1]>) -> Drawing<'a> {
        let model = self.settings.image_model.as_str();
        let is_dalle = model.starts_with("dall-e");
        Drawing {
            model,
            prompt,
            n: 1,
            size: SIZE,
            output_format: (!is_dalle).then_some("png"),
            background: (!is_dalle).then_some(background),
            response_format: is_dalle.then_some("b64_json"),
            images,
        }
    }

    async fn painted(&self, path: &[&str], drawing: &Drawing<'_>, order: &PaintOrder) -> Result<Painted, Failure> {
        let drawn: Drawn = self.http.json(self.http.post_json(path, drawing), ANSWER_BYTES_MAX).await?;
        let png = inspect::picture(self.bytes_of(drawn).await?).await?;
        Ok(Painted { png, model: drawing.model.to_owned(), seed: order.look.seed, cost_units: 1 })
    }

    async fn bytes_of(&self, drawn: Drawn) -> Result<Vec<u8>, Failure> {
        let none = || Failure::Outage { what: "the answer has no picture".into() };
        let picture = drawn.data.into_iter().next().ok_or_else(none)?;
        if let Some(text) = picture.b64_json {
            return STANDARD
                .decode(text)
                .map_err(|error| Failure::Outage { what: format!("the picture is no base64: {error}").into() });
        }
        let url = picture.url.ok_or_else(none)?;
        self.http.download(&url, PICTURE_BYTES_MAX).await
    }
}

impl Painter for OpenAiPainter {
    fn name(&self) -> &'static str {
        "openai"
    }

    fn missing(&self) -> Vec<String> {
        super::missing(&self.settings)
    }

    fn paint<'a>(&'a self, order: &'a PaintOrder) -> BoxFuture<'a, Result<Painted, Failure>> {
        Box::pin(filled(&self.settings, &order.cancel, self.drawn(order)))
    }

    fn cut_out<'a>(&'a self, order: &'a PaintOrder, painted: &'a Painted) -> BoxFuture<'a, Result<Painted, Failure>> {
        Box::pin(filled(&self.settings, &order.cancel, self.cut(order, painted)))
    }
}

impl fmt::Debug for OpenAiPainter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAiPainter").field("settings", &self.settings).finish_non_exhaustive()
    }
}
