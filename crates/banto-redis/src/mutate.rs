//! Taking out a guard, so that the proofs can show that they would notice.
//!
//! `BANTO_MUTATE=fence|unique`, and only where the feature `mutate` is compiled in, which nothing that ships does.

use std::borrow::Cow;

/// A script's text as the server is taught it: all of it, unless a guard is to be missing.
#[cfg(not(feature = "mutate"))]
pub(crate) fn text(_script: &str, source: &'static str) -> Cow<'static, str> {
    source.into()
}

/// A script's text as the server is taught it: all of it, unless a guard is to be missing.
#[cfg(feature = "mutate")]
pub(crate) fn text(script: &str, source: &'static str) -> Cow<'static, str> {
    let dropped = std::env::var("BANTO_MUTATE").unwrap_or_default();
    let guard = GUARDS.iter().find(|guard| guard.word == dropped && guard.script == script);
    guard.map_or(source.into(), |guard| source.replace(guard.asks, guard.instead).into())
}

/// Where a script asks.
#[cfg(feature = "mutate")]
struct Guard {
    word: &'static str,
    script: &'static str,
    asks: &'static str,
    instead: &'static str,
}

/// Whether the lease is the one that is held, and whether the key is held by another.
#[cfg(feature = "mutate")]
const GUARDS: [Guard; 2] = [
    Guard { word: "fence", script: "finish", asks: "held_by(row, one.fence, one.token)", instead: "row" },
    Guard { word: "unique", script: "enqueue", asks: "local other = holder(label)", instead: "local other = nil" },
];

#[cfg(all(test, feature = "mutate"))]
mod tests {
    use super::*;
    use crate::script::ALL;

    #[test]
    fn every_guard_is_asked_for_once_in_its_script() {
        for guard in &GUARDS {
            let script = ALL.iter().find(|script| script.name == guard.script);
            assert_eq!(script.map(|script| script.source.matches(guard.asks).count()), Some(1), "{}", guard.word);
        }
    }
}
