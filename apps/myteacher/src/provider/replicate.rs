//! The painter that runs drawing models at Replicate, and removes backgrounds there.
//!
//! A picture is a *prediction*: it is created, looked at until it is done, and its file is loaded. A running prediction
//! is billed, so it never outlives the order: it is cancelled when the order takes too long, is called off or is dropped,
//! and Replicate itself is told a deadline in case this process dies (`prediction`). Which model runs is the look's
//! choice, which version of it a setting's. It never looks at the time.

mod prediction;
mod wire;

use super::Now;
use super::http::Http;
use super::http::refusal::{self, Words};
use super::inspect::{self, PICTURE_BYTES_MAX};
use super::prompt::{Prompt, Style};
use super::settings::ReplicateSettings;
use crate::failure::Failure;
use crate::look::DrawModelVersion;
use crate::port::{BoxFuture, PaintOrder, Painted, Painter};
use base64::{Engine, engine::general_purpose::STANDARD};
use prediction::Predictions;
use serde::Serialize;
use std::fmt;
use wire::{Cutting, Drawing, Prediction};

/// So often a file is asked for: the picture is paid for already, and loading it again costs nothing.
const DOWNLOADS_MAX: u32 = 3;
const TOKEN: &str = "REPLICATE_API_TOKEN";
const REMBG: &str = "REPLICATE_TRANSPARENT_MODEL_VERSION";

/// Paints by Replicate's HTTP API.
pub struct Replicate {
    settings: ReplicateSettings,
    http: Http,
    predictions: Predictions,
}

impl Replicate {
    /// A painter with these settings. It touches no network.
    ///
    /// # Errors
    /// [`Failure::Outage`] if this machine cannot do TLS (no certificates of authorities).
    pub fn new(settings: ReplicateSettings, now: Now) -> Result<Self, Failure> {
        let http = Http::new(&settings.address, settings.patience, settings.token.as_ref(), now, wire::words)?;
        let (interval, polls_max) = (settings.poll_interval, settings.polls_max);
        let predictions = Predictions { http: http.clone(), interval, polls_max };
        Ok(Self { settings, http, predictions })
    }

    fn version(&self, model: DrawModelVersion) -> (&'static str, Option<&str>) {
        let settings = &self.settings;
        let (name, version) = match model {
            DrawModelVersion::AnythingV4 => ("REPLICATE_MODEL_VERSION", &settings.anything_v4),
            DrawModelVersion::AnimagineXl31 => ("REPLICATE_MODEL_VERSION_V2", &settings.animagine_xl_31),
            DrawModelVersion::StableDiffusion35Medium => {
                ("REPLICATE_MODEL_VERSION_V3", &settings.stable_diffusion_35_medium)
            }
        };
        (name, version.as_deref())
    }

    /// The version to run, if nothing that this one order needs is missing.
    fn ready<'a>(&self, name: &str, version: Option<&'a str>) -> Result<&'a str, Failure> {
        let mut names = Vec::new();
        if self.settings.token.is_none() {
            names.push(TOKEN.to_owned());
        }
        match version {
            Some(version) if names.is_empty() => Ok(version),
            Some(_) => Err(Failure::MissingSetting { names }),
            None => {
                names.push(name.to_owned());
                Err(Failure::MissingSetting { names })
            }
        }
    }

    async fn drawn(&self, order: &PaintOrder) -> Result<Painted, Failure> {
        let model = order.look.draw_model_version;
        let (name, version) = self.version(model);
        let version = self.ready(name, version)?;
        let prompt = Prompt::new(Style::of(model), &order.look, order.picture, order.softness);
        let input = Drawing::new(&order.look, order.picture, prompt);
        let png = self.result_of(version, &input, order).await?;
        Ok(Painted { png, model: model.as_str().to_owned(), seed: order.look.seed, cost_units: 1 })
    }

    async fn cut(&self, order: &PaintOrder, painted: &Painted) -> Result<Painted, Failure> {
        let version = self.ready(REMBG, self.settings.rembg.as_deref())?;
        let input = Cutting { image: format!("data:image/png;base64,{}", STANDARD.encode(&painted.png)) };
        let png = self.result_of(version, &input, order).await?;
        Ok(Painted { png, model: "rembg".to_owned(), seed: painted.seed, cost_units: 1 })
    }

    async fn result_of(&self, version: &str, input: &impl Serialize, order: &PaintOrder) -> Result<Vec<u8>, Failure> {
        let done = self.predictions.run(version, input, &order.cancel).await?;
        let file = file_of(&done)?;
        tokio::select! {
            biased;
            () = order.cancel.cancelled() => Err(Failure::CalledOff),
            bytes = self.load(file) => inspect::picture(bytes?).await,
        }
    }

    async fn load(&self, file: &str) -> Result<Vec<u8>, Failure> {
        let mut again = DOWNLOADS_MAX;
        loop {
            again -= 1;
            match self.http.download(file, PICTURE_BYTES_MAX).await {
                Err(Failure::Outage { .. } | Failure::Timeout { .. }) if again > 0 => {
                    tokio::time::sleep(self.settings.poll_interval).await;
                }
                loaded => return loaded,
            }
        }
    }
}

impl Painter for Replicate {
    fn name(&self) -> &'static str {
        "replicate"
    }

    fn missing(&self) -> Vec<String> {
        let models = DrawModelVersion::ALL.iter().map(|&model| self.version(model));
        let rest = [(REMBG, self.settings.rembg.as_deref())];
        let token = self.settings.token.is_none().then_some(TOKEN);
        let versions = models.chain(rest).filter(|(_, version)| version.is_none()).map(|(name, _)| name);
        token.into_iter().chain(versions).map(str::to_owned).collect()
    }

    fn paint<'a>(&'a self, order: &'a PaintOrder) -> BoxFuture<'a, Result<Painted, Failure>> {
        Box::pin(self.drawn(order))
    }

    fn cut_out<'a>(&'a self, order: &'a PaintOrder, painted: &'a Painted) -> BoxFuture<'a, Result<Painted, Failure>> {
        Box::pin(self.cut(order, painted))
    }
}

impl fmt::Debug for Replicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replicate").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// The file that a prediction made, or why it made none.
fn file_of(done: &Prediction) -> Result<&str, Failure> {
    if !done.succeeded() {
        let why = done.why();
        let failure = if refusal::is_moderated(&Words::plain(&why)) {
            Failure::Moderation { reason: why.into() }
        } else {
            Failure::Outage { what: format!("the prediction ended as \"{}\": {why}", done.status).into() }
        };
        return Err(failure);
    }
    match done.file() {
        Some(file) => Ok(file),
        // Some models end well and simply leave out what their filter caught; only their log says so.
        None if refusal::is_moderated(&Words::plain(done.log())) => {
            Err(Failure::Moderation { reason: done.last_log_line().into() })
        }
        None => Err(Failure::Outage { what: "the prediction ended well but made no file".into() }),
    }
}
