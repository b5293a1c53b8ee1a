//! A bucket of S3, or of a server that speaks its format.
//!
//! Settings are the `AWS_*` variables that every tool of that world reads: keys, region, `AWS_ENDPOINT` for other
//! servers (`AWS_ALLOW_HTTP=true` for one without TLS). What is missing is named before a worker starts. It never prints a
//! value of one.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

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

/// The key pair that everybody knows, and what is named when nothing else is set either.
const KEYS: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
/// Other ways to prove who we are: each works once all of it is set.
const WAYS: [&[&str]; 4] = [
    &["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"],
    &["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"],
    &["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"],
    // An instance's role: asking a machine that is none waits for nobody, so it is asked only if it is named.
    &["AWS_METADATA_ENDPOINT"],
];

/// The settings without which no request can be signed; empty when one way is complete. Touches no network.
pub(super) fn missing(settings: &BTreeMap<String, String>) -> Vec<String> {
    let lacks = |way: &[&str]| -> Vec<String> {
        way.iter().filter(|name| !settings.contains_key(**name)).map(|name| (*name).to_owned()).collect()
    };
    let begun = |way: &[&str]| lacks(way).len() < way.len();
    let yes = |value: &String| ["1", "true", "on", "yes", "y"].contains(&value.to_ascii_lowercase().as_str());
    if settings.get("AWS_SKIP_SIGNATURE").is_some_and(yes) {
        return Vec::new();
    }
    // Half a key pair is never made up for by another way.
    if begun(&KEYS) {
        return lacks(&KEYS);
    }
    if WAYS.iter().any(|way| lacks(way).is_empty()) {
        return Vec::new();
    }
    WAYS.iter().find(|way| begun(way)).map_or_else(|| lacks(&KEYS), |way| lacks(way))
}

/// Opens `s3://bucket/prefix`. Answers what is wrong, without a value of a setting. What is missing is no error here: it is
/// named together with everything else that is ([`missing`]).
pub(super) fn open(place: &str, settings: &BTreeMap<String, String>) -> Result<Arc<dyn ObjectStore>, String> {
    let url = Url::parse(place).map_err(|error| error.to_string())?;
    let prefix = Path::from_url_path(url.path()).map_err(|error| error.to_string())?;
    let retry =
        RetryConfig { backoff: BackoffConfig::default(), max_retries: RETRIES_MAX, retry_timeout: RETRY_TIMEOUT };
    let mut builder = AmazonS3Builder::new().with_url(place).with_retry(retry);
    let half = KEYS.iter().filter(|name| settings.contains_key(**name)).count() == 1;
    for (name, value) in settings.iter().filter(|(name, _)| !half || !KEYS.contains(&name.as_str())) {
        if let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() {
            builder = builder.with_config(key, value);
        }
    }
    let store = builder.build().map_err(|error| error.to_string())?;
    Ok(Arc::new(PrefixStore::new(store, prefix)))
}

/// The variables of this process that are text.
pub(super) fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// What of an environment is meant for S3. An empty value counts as none, as env files write it; without the prefix a plain
/// REGION or TOKEN, meant for something else, would be taken too.
pub(super) fn settings(environment: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, String> {
    let named = environment.into_iter().filter(|(name, _)| name.starts_with("AWS_"));
    named.filter(|(_, value)| !value.trim().is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeMap<String, String> {
        settings(names.iter().map(|name| ((*name).to_owned(), "x".to_owned())))
    }

    #[test]
    fn what_is_missing_is_what_the_way_that_was_begun_lacks() {
        let [id, secret] = KEYS;
        let table: [(&[&str], &[&str]); 13] = [
            (&[], &KEYS),
            (&["AWS_REGION", "AWS_ENDPOINT", "AWS_SESSION_TOKEN"], &KEYS),
            (&["ACCESS_KEY_ID", "SECRET_ACCESS_KEY"], &KEYS),
            (&[id], &[secret]),
            (&[secret], &[id]),
            (&KEYS, &[]),
            (&[id, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"], &[secret]),
            (&["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"], &[]),
            (&["AWS_WEB_IDENTITY_TOKEN_FILE"], &["AWS_ROLE_ARN"]),
            (&["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"], &[]),
            (&["AWS_ROLE_ARN", "AWS_METADATA_ENDPOINT"], &[]),
            (&["AWS_CONTAINER_CREDENTIALS_FULL_URI"], &["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]),
            (&["AWS_METADATA_ENDPOINT"], &[]),
        ];
        for (names, lacks) in table {
            assert_eq!(missing(&set(names)), lacks, "{names:?}");
            // Whatever is set, the place can be opened: what is missing is named with the rest.
            assert!(open("s3://bucket/prefix", &set(names)).is_ok(), "{names:?}");
        }
    }

    #[test]
    fn an_empty_value_is_none_and_only_an_unsigned_bucket_needs_nobody() {
        let with = |pairs: [(&str, &str); 2]| settings(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(missing(&with([(KEYS[0], " "), (KEYS[1], "")])), KEYS);
        assert_eq!(missing(&with([(KEYS[0], "AKID"), (KEYS[1], "")])), KEYS[1..]);
        for (value, lacks) in [("true", 0), ("YES", 0), ("1", 0), ("false", 2), ("0", 2)] {
            assert_eq!(missing(&with([("AWS_SKIP_SIGNATURE", value), ("AWS_REGION", "x")])).len(), lacks, "{value}");
        }
    }
}
