//! Taking out a guard, so that the proofs can show that they would notice.
//!
//! `BANTO_MUTATE=fence|fsync|unique`, and only where the feature `mutate` is compiled in, which nothing that ships does.

/// Whether leases are not compared.
pub(crate) fn fence_dropped() -> bool {
    dropped("fence")
}

/// Whether answers do not wait for the disk.
pub(crate) fn fsync_dropped() -> bool {
    dropped("fsync")
}

/// Whether keys are not looked at.
pub(crate) fn unique_dropped() -> bool {
    dropped("unique")
}

#[cfg(feature = "mutate")]
fn dropped(guard: &str) -> bool {
    use std::sync::LazyLock;
    static DROPPED: LazyLock<String> = LazyLock::new(|| std::env::var("BANTO_MUTATE").unwrap_or_default());
    *DROPPED == guard
}

#[cfg(not(feature = "mutate"))]
fn dropped(_guard: &str) -> bool {
    false
}
