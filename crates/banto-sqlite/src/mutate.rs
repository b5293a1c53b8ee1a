//! Taking out a guard, so that the proofs can show that they would notice.
//!
//! `BANTO_MUTATE=fence|fsync|unique|due|generation|standing`, and only where the feature `mutate` is compiled in, which nothing that ships does.

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

/// Whether a due instant that is on the ledger is not looked at.
pub(crate) fn due_dropped() -> bool {
    dropped("due")
}

/// Whether whoever knows older schedules may say up to when all are accounted for.
pub(crate) fn generation_dropped() -> bool {
    dropped("generation")
}

/// Whether a store that moves to or from another gives work and takes orders all the same.
pub(crate) fn standing_dropped() -> bool {
    dropped("standing")
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
