//! What becomes of a store's standing with a step: decided here, written down by the store.

use banto_core::{Refusal, text::cut};

use super::{Found, Settle, Stand, Standing, Step, WORD_BYTES_MAX};

impl Settle {
    /// How the store stands after this step, if it may take it.
    ///
    /// `was` is how it stands and `found` what it has, both of the moment in which the answer is written down. `None` is a store
    /// that takes part in no move. A put is decided before its things are kept. A clear is decided before anything is
    /// deleted with [`Found::empty`] off, and once more when nothing is left, with it on.
    pub fn decide(&self, was: Option<&Standing>, found: Found, wall_ms: i64) -> Result<Option<Standing>, Refusal> {
        let own = was.filter(|was| was.id == self.id);
        let open = was.is_none_or(Standing::open);
        let to = |stand| own.map(|own| Standing { stand, at: wall_ms, ..own.clone() });
        let new = |next: Option<Standing>| Ok(next);
        match (&self.step, own.map(|own| own.stand)) {
            (Step::Leave(_), Some(Stand::Leaving | Stand::Left))
            | (Step::Close, Some(Stand::Left))
            | (Step::Arrive(_), Some(Stand::Arriving))
            | (Step::Clear { .. }, Some(Stand::Cleared))
            | (Step::Open, Some(Stand::Arrived)) => new(was.cloned()),
            (Step::Leave(other), None) if open => new(Some(other.standing(self.id, Stand::Leaving, wall_ms))),
            (Step::Close, Some(Stand::Leaving)) if found.running > 0 => Err(refusal(
                "close",
                format!("{} jobs still run here; when their leases are over they are brought back", found.running),
            )),
            (Step::Close, Some(Stand::Leaving)) => new(to(Stand::Left)),
            (Step::Stay, Some(Stand::Leaving | Stand::Left)) => new(None),
            (Step::Stay, _) if open => new(was.cloned()),
            (Step::Arrive(_), None) if (open || arriving(was)) && !found.empty => {
                Err(refusal("arrive", "this store is not empty, and a move wants one that is".into()))
            }
            (Step::Arrive(other), None) if open || arriving(was) => {
                new(Some(other.standing(self.id, Stand::Arriving, wall_ms)))
            }
            (Step::Put(load), Some(Stand::Arriving)) => {
                let bookmark = load.bookmark.as_ref().map(|word| cut(word, WORD_BYTES_MAX));
                new(own.map(|own| Standing { bookmark: bookmark.or_else(|| own.bookmark.clone()), ..own.clone() }))
            }
            (Step::Clear { .. }, Some(Stand::Arriving | Stand::Clearing)) => {
                new(to(if found.empty { Stand::Cleared } else { Stand::Clearing }))
            }
            (Step::Open, Some(Stand::Arriving)) => new(to(Stand::Arrived)),
            (step, _) => Err(refusal(step.word(), stands(was, self))),
        }
    }
}

impl Step {
    /// What people call it.
    pub fn word(&self) -> &'static str {
        match self {
            Step::Leave(_) => "leave",
            Step::Close => "close",
            Step::Stay => "stay",
            Step::Arrive(_) => "arrive",
            Step::Put(_) => "put",
            Step::Clear { .. } => "clear",
            Step::Open => "open",
        }
    }
}

impl Stand {
    /// What people call it.
    pub fn word(self) -> &'static str {
        match self {
            Stand::Leaving => "leaving",
            Stand::Left => "left",
            Stand::Arriving => "arriving",
            Stand::Clearing => "clearing",
            Stand::Cleared => "cleared",
            Stand::Arrived => "arrived",
        }
    }
}

fn arriving(was: Option<&Standing>) -> bool {
    was.is_some_and(|was| was.stand == Stand::Arriving)
}

fn refusal(step: &str, allowed: String) -> Refusal {
    Refusal::new("a step of a move", step, allowed)
}

/// How the store stands, to whoever came with a step that does not fit.
fn stands(was: Option<&Standing>, settle: &Settle) -> String {
    let Some(was) = was else { return format!("this store takes part in no move, so not in {}", settle.id) };
    let place = banto_core::text::visible(&was.place, 200);
    format!(
        "this store takes part in move {} with \"{place}\", is {} there, and was asked as in move {}",
        was.id,
        was.stand.word(),
        settle.id
    )
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
