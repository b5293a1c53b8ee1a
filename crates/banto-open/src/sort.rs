//! The sorts of stores: how their addresses begin, and which of them this build has.
//!
//! A table, so that what is refused names everything that would be taken, and so that a sort that was left out of a build is
//! told apart from one that does not exist.

use banto_core::text::visible;
use banto_store::{Fault, StoreError};

/// A sort of stores.
pub(crate) struct Sort {
    /// What its addresses begin with, before the colon.
    pub schemes: &'static [&'static str],
    /// An address as it should be.
    pub example: &'static str,
    /// The feature that brings it along.
    pub feature: &'static str,
    /// Whether this build has it.
    pub here: bool,
}

/// How addresses of Redis begin: with or without TLS, one server, sentinels, a cluster.
pub(crate) const REDIS: &[&str] =
    &["redis", "rediss", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster"];

/// Every sort.
pub(crate) const SORTS: [Sort; 4] = [
    Sort {
        schemes: &["sqlite"],
        example: "sqlite://path/to/jobs.db",
        feature: "sqlite",
        here: cfg!(feature = "sqlite"),
    },
    Sort {
        schemes: &["postgres", "postgresql"],
        example: "postgres://user@host/database",
        feature: "postgres",
        here: cfg!(feature = "postgres"),
    },
    Sort { schemes: REDIS, example: "redis://host:6379", feature: "redis", here: cfg!(feature = "redis") },
    Sort { schemes: &["memory"], example: "memory:", feature: "memory", here: true },
];

/// Whether that begins as an address does, and not as a path: with a word and a colon.
#[cfg(feature = "sqlite")]
pub(crate) fn begins(text: &str) -> bool {
    text.split_once(':').is_some_and(|(word, rest)| {
        let named = word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-'));
        named || rest.starts_with("//")
    })
}

/// The refusal of an address that begins so: nobody knows the sort, or this build does not have it.
pub(crate) fn refused(scheme: &str) -> StoreError {
    let shown = visible(scheme, 40);
    let sort = SORTS.iter().find(|sort| sort.schemes.contains(&scheme));
    let known: Vec<&str> = SORTS.iter().filter(|sort| sort.here).map(|sort| sort.example).collect();
    let known = match known.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => known.concat(),
    };
    let text = match sort {
        Some(Sort { feature, .. }) => format!(
            "open a store of the sort \"{shown}\": this build was made without it (feature {feature}); this build knows {known}"
        ),
        None => format!("open a store of the sort \"{shown}\": this build knows {known}"),
    };
    StoreError::new(Fault::Config, text)
}
