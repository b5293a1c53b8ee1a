//! Places at which a proof can end the process: before and after a verb's commit.
//!
//! `BANTO_FAILPOINT=enqueue.after_commit` aborts there; `:3` behind it, the third time. Only where the feature `failpoint`
//! is compiled in, which nothing that ships does.

/// Ends the process here, if it was asked to.
#[cfg(feature = "failpoint")]
pub(crate) fn pass(verb: &str, place: &str) {
    use std::sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    };
    static WANTED: LazyLock<(String, u64)> = LazyLock::new(|| {
        let text = std::env::var("BANTO_FAILPOINT").unwrap_or_default();
        let (name, count) = text.split_once(':').unwrap_or((&text, "1"));
        (name.to_owned(), count.parse().unwrap_or(1))
    });
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let (name, count) = &*WANTED;
    let here = name.split_once('.') == Some((verb, place));
    if here && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *count {
        std::process::abort();
    }
}

/// Nothing, in what ships.
#[cfg(not(feature = "failpoint"))]
pub(crate) fn pass(_verb: &str, _place: &str) {}
