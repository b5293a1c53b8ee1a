//! Painters and writers that are reached over HTTP: Replicate and OpenAI.
//!
//! Each stands behind a cargo feature (`replicate`, `openai`, both by `providers`), since they bring TLS and the offline
//! painter needs none. They speak the providers' public formats and turn every way to fail into one
//! [`Failure`](crate::failure::Failure). They never retry a refusal, soften a prompt, price a picture or read a clock.
//!
//! # Layout
//! - `settings`: everything that can be configured, from the environment or a struct; keys as `Secret`.
//! - `http`: one exchange: time limits, body limits, redirects, and what a refusal means.
//! - `prompt`: a look in words, in the two styles that drawing models understand; and softer.
//! - `inspect`: whether what came back is a picture that can be shown.
//! - `replicate`, `openai`: the providers.
//! - `fake`: a local server that speaks both formats, for tests (feature `fake-providers`).

#[cfg(feature = "fake-providers")]
pub mod fake;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "http")]
mod inspect;
#[cfg(feature = "openai")]
pub mod openai;
#[cfg(feature = "http")]
mod prompt;
#[cfg(feature = "replicate")]
pub mod replicate;
#[cfg(feature = "http")]
pub mod settings;

/// Gives the wall-clock time in milliseconds since 1970: providers name some waits as a date.
#[cfg(feature = "http")]
pub type Now = std::sync::Arc<dyn Fn() -> i64 + Send + Sync>;
