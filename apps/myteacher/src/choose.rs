//! Which providers work: chosen by configuration, never by what happens to be set.
//!
//! `--painter` and `--writer`, or `MYTEACHER_PAINTER` and `MYTEACHER_WRITER`; offline when nothing is said. A provider that
//! this build was made without is refused by name; one that lacks settings is taken, and names all of them in the
//! worker's preflight.

use std::sync::Arc;

use crate::{
    error::Error,
    look::closed_list,
    paint::offline::OfflinePainter,
    port::{Painter, Writer},
    write::offline::OfflineWriter,
};

closed_list! {
    /// Who paints and writes.
    Provider, "provider" {
        /// This program itself: no key, no network.
        Offline = "offline",
        /// Replicate, over HTTP: paints.
        Replicate = "replicate",
        /// OpenAI, over HTTP: paints and writes.
        OpenAi = "openai",
    }
}

/// The chosen painter.
pub fn painter(provider: Provider) -> Result<Arc<dyn Painter>, Error> {
    match provider {
        Provider::Offline => Ok(Arc::new(OfflinePainter)),
        #[cfg(feature = "replicate")]
        Provider::Replicate => http::replicate(),
        #[cfg(feature = "openai")]
        Provider::OpenAi => http::openai_painter(),
        #[cfg(not(all(feature = "replicate", feature = "openai")))]
        other => Err(not_built(other)),
    }
}

/// The chosen writer.
pub fn writer(provider: Provider) -> Result<Arc<dyn Writer>, Error> {
    match provider {
        Provider::Offline => Ok(Arc::new(OfflineWriter)),
        #[cfg(feature = "openai")]
        Provider::OpenAi => http::openai_writer(),
        #[cfg(not(feature = "openai"))]
        Provider::OpenAi => Err(not_built(provider)),
        Provider::Replicate => {
            Err(Error::Asked("write comments with replicate, which only paints; allowed are offline, openai".into()))
        }
    }
}

#[cfg(not(all(feature = "replicate", feature = "openai")))]
fn not_built(provider: Provider) -> Error {
    let feature = provider.as_str();
    Error::Asked(format!("use {feature}: this build was made without it; build with --features {feature}"))
}

#[cfg(feature = "http")]
mod http {
    //! The providers that are reached over HTTP, with their settings from the environment.
    #[cfg(feature = "openai")]
    use super::Writer;
    use super::{Arc, Error, Painter};
    #[cfg(feature = "openai")]
    use crate::provider::openai;
    #[cfg(feature = "replicate")]
    use crate::provider::replicate;
    use crate::{
        failure::Failure,
        provider::{Now, settings::Settings},
    };

    fn settings() -> Result<Settings, Error> {
        Settings::from_env(|name| std::env::var(name).ok()).map_err(|wrong| Error::Asked(wrong.to_string()))
    }

    fn now() -> Now {
        let clock = banto::clock();
        Arc::new(move || clock.wall_ms())
    }

    fn unfit(failure: Failure) -> Error {
        Error::Asked(failure.to_string())
    }

    #[cfg(feature = "replicate")]
    pub fn replicate() -> Result<Arc<dyn Painter>, Error> {
        Ok(Arc::new(replicate::Replicate::new(settings()?.replicate, now()).map_err(unfit)?))
    }

    #[cfg(feature = "openai")]
    pub fn openai_painter() -> Result<Arc<dyn Painter>, Error> {
        Ok(Arc::new(openai::OpenAiPainter::new(settings()?.openai, now()).map_err(unfit)?))
    }

    #[cfg(feature = "openai")]
    pub fn openai_writer() -> Result<Arc<dyn Writer>, Error> {
        Ok(Arc::new(openai::OpenAiWriter::new(settings()?.openai, now()).map_err(unfit)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offline_is_always_there_and_lacks_nothing() {
        assert!(painter(Provider::Offline).unwrap().missing().is_empty());
        assert!(writer(Provider::Offline).unwrap().missing().is_empty());
    }

    #[test]
    fn replicate_does_not_write() {
        let error = writer(Provider::Replicate).err().unwrap().to_string();
        assert!(error.contains("only paints") && error.contains("openai"), "{error}");
    }
}
