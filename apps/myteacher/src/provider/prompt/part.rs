//! The parts of a prompt before they are written down, so that softening need not take sentences apart.

use crate::look::{Accessory, Look};

/// A few words that belong together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    /// What it says.
    pub words: &'static str,
    /// How much it matters; 1 is as much as any other.
    pub weight: f32,
    /// What it is about.
    pub about: About,
}

/// What a part is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// How well it is drawn.
    Quality,
    /// Who is drawn: everything that makes the character.
    Teacher,
    /// What the face says.
    Expression,
    /// How much of the teacher is seen.
    Pose,
    /// What is behind.
    Background,
}

impl Part {
    /// Words that matter as much as any other.
    pub(super) const fn of(about: About, words: &'static str) -> Self {
        Self { words, weight: 1.0, about }
    }

    /// Words that matter more.
    pub(super) const fn strong(about: About, words: &'static str, weight: f32) -> Self {
        Self { words, weight, about }
    }
}

/// Whether the look has something to carry or put on.
pub(super) const fn has_accessory(look: &Look) -> bool {
    !matches!(look.accessory, None | Some(Accessory::Nothing))
}
