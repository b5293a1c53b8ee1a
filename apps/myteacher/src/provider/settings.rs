//! Everything about the HTTP providers that can be configured, read from the environment by [`Settings::from_env`].
//!
//! For the program, which reads it once at its start, and for tests, which fill the structs by hand. What is missing is
//! no error here (a provider that is not used needs no key; see `missing()` of each); what is there but wrong is, and
//! all of it is named at once. A key is never shown, nor is the value of a setting that holds one.

mod address;
mod env;
mod secret;
#[cfg(test)]
mod tests;

pub use address::{Address, BadAddress};
pub use env::{BadSetting, BadSettings};
pub use secret::Secret;

use env::Reader;
use std::time::Duration;

/// The settings of all HTTP providers.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Replicate's.
    pub replicate: ReplicateSettings,
    /// OpenAI's.
    pub openai: OpenAiSettings,
}

/// How Replicate is reached, and which model versions it runs.
#[derive(Clone, Debug)]
pub struct ReplicateSettings {
    /// `REPLICATE_API_TOKEN` (or `_FILE`).
    pub token: Option<Secret>,
    /// `REPLICATE_API_BASE_URL`, without `/v1`; by default `https://api.replicate.com`.
    pub address: Address,
    /// `REPLICATE_MODEL_VERSION`: what runs for `anything-v4.0`.
    pub anything_v4: Option<String>,
    /// `REPLICATE_MODEL_VERSION_V2`: what runs for `animagine-xl-3.1`.
    pub animagine_xl_31: Option<String>,
    /// `REPLICATE_MODEL_VERSION_V3`: what runs for `stable-diffusion-3.5-medium`.
    pub stable_diffusion_35_medium: Option<String>,
    /// `REPLICATE_TRANSPARENT_MODEL_VERSION`: what removes a background.
    pub rembg: Option<String>,
    /// `REPLICATE_POLLING_INTERVAL`, seconds between two looks at a running prediction; by default 2.
    pub poll_interval: Duration,
    /// `REPLICATE_MAX_POLLING_ATTEMPTS`: after so many looks a prediction is cancelled; by default 60.
    pub polls_max: u32,
    /// `REPLICATE_CONNECT_TIMEOUT` (10), `REPLICATE_READ_TIMEOUT` (30) and `REPLICATE_TIMEOUT` (30), in seconds.
    pub patience: Patience,
}

/// How OpenAI, or a server that speaks its format, is reached.
#[derive(Clone, Debug)]
pub struct OpenAiSettings {
    /// `OPENAI_API_KEY` (or `_FILE`).
    pub key: Option<Secret>,
    /// `OPENAI_BASE_URL`, with `/v1`; by default `https://api.openai.com/v1`.
    pub address: Address,
    /// `OPENAI_MODEL`, which writes; by default `gpt-4o-mini`.
    pub chat_model: String,
    /// `OPENAI_IMAGE_MODEL`, which paints; by default `gpt-image-1`.
    pub image_model: String,
    /// `OPENAI_CONNECT_TIMEOUT` (10), `OPENAI_READ_TIMEOUT` (30) and `OPENAI_TIMEOUT` (30), in seconds, of a comment.
    pub patience: Patience,
    /// The same of a picture: `OPENAI_IMAGE_TIMEOUT` (180) is how long the server may think in silence.
    pub image_patience: Patience,
}

/// How long one exchange may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Until the connection stands.
    pub connect: Duration,
    /// Without a single byte from the server.
    pub read: Duration,
    /// From the first byte sent to the last received.
    pub total: Duration,
}

impl Settings {
    /// Reads all settings through `lookup`, which answers the value of an environment variable.
    ///
    /// An empty value counts as none. A key may stand in a file instead, named by the variable with `_FILE` behind it.
    ///
    /// # Errors
    /// Every setting that is there but cannot be used, all at once.
    pub fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, BadSettings> {
        let mut env = Reader::new(&lookup);
        let replicate = ReplicateSettings::read(&mut env);
        let openai = OpenAiSettings::read(&mut env);
        env.done(Self { replicate, openai })
    }
}

impl Default for Settings {
    /// No key, no model version, and every default.
    fn default() -> Self {
        let mut env = Reader::new(&|_| None);
        Self { replicate: ReplicateSettings::read(&mut env), openai: OpenAiSettings::read(&mut env) }
    }
}

impl ReplicateSettings {
    fn read(env: &mut Reader<'_>) -> Self {
        Self {
            token: env.secret("REPLICATE_API_TOKEN"),
            address: env.address("REPLICATE_API_BASE_URL", Address::replicate),
            anything_v4: env.text("REPLICATE_MODEL_VERSION"),
            animagine_xl_31: env.text("REPLICATE_MODEL_VERSION_V2"),
            stable_diffusion_35_medium: env.text("REPLICATE_MODEL_VERSION_V3"),
            rembg: env.text("REPLICATE_TRANSPARENT_MODEL_VERSION"),
            poll_interval: env.seconds("REPLICATE_POLLING_INTERVAL", 2),
            polls_max: env.count("REPLICATE_MAX_POLLING_ATTEMPTS", 60),
            patience: Patience {
                connect: env.seconds("REPLICATE_CONNECT_TIMEOUT", 10),
                read: env.seconds("REPLICATE_READ_TIMEOUT", 30),
                total: env.seconds("REPLICATE_TIMEOUT", 30),
            },
        }
    }
}

impl OpenAiSettings {
    fn read(env: &mut Reader<'_>) -> Self {
        let patience = Patience {
            connect: env.seconds("OPENAI_CONNECT_TIMEOUT", 10),
            read: env.seconds("OPENAI_READ_TIMEOUT", 30),
            total: env.seconds("OPENAI_TIMEOUT", 30),
        };
        // A picture is sent whole at the end, so all its time may pass without a byte.
        let image = env.seconds("OPENAI_IMAGE_TIMEOUT", 180);
        Self {
            key: env.secret("OPENAI_API_KEY"),
            address: env.address("OPENAI_BASE_URL", Address::openai),
            chat_model: env.text("OPENAI_MODEL").unwrap_or_else(|| "gpt-4o-mini".to_owned()),
            image_model: env.text("OPENAI_IMAGE_MODEL").unwrap_or_else(|| "gpt-image-1".to_owned()),
            patience,
            image_patience: Patience { read: image, total: image, ..patience },
        }
    }
}
