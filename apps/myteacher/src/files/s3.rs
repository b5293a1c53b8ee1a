//! A bucket of S3, or of a server that speaks its format.
//!
//! Settings are the `AWS_*` variables that every tool of that world reads: keys, region, `AWS_ENDPOINT` for other
//! servers (`AWS_ALLOW_HTTP=true` for one without TLS). It never prints a value of one.

use std::{sync::Arc, time::Duration};

use object_store::{
    BackoffConfig, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    path::Path,
    prefix::PrefixStore,
};
use url::Url;

/// A request is tried again so often; beyond that the durable queue tries the job again, and others get the slot.
const RETRIES_MAX: usize = 3;
const RETRY_TIMEOUT: Duration = Duration::from_secs(30);

/// Opens `s3://bucket/prefix`. Answers what is wrong, without a value of a setting.
pub(super) fn open(
    place: &str,
    settings: impl IntoIterator<Item = (String, String)>,
) -> Result<Arc<dyn ObjectStore>, String> {
    let url = Url::parse(place).map_err(|error| error.to_string())?;
    let prefix = Path::from_url_path(url.path()).map_err(|error| error.to_string())?;
    let retry =
        RetryConfig { backoff: BackoffConfig::default(), max_retries: RETRIES_MAX, retry_timeout: RETRY_TIMEOUT };
    let mut builder = AmazonS3Builder::new().with_url(place).with_retry(retry);
    for (name, value) in settings {
        // Without the prefix a plain REGION or TOKEN, meant for something else, would be taken too.
        if name.starts_with("AWS_")
            && let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>()
        {
            builder = builder.with_config(key, value);
        }
    }
    let store = builder.build().map_err(|error| error.to_string())?;
    Ok(Arc::new(PrefixStore::new(store, prefix)))
}

/// The variables of this process that are text.
pub(super) fn settings() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}
