//! Says a prompt again in words that a moderation is less likely to misread.
//!
//! Three steps, each with those before it: parts with a word that triggers are left out; all weights are lowered; the
//! expression is replaced by a calm one. What makes the character stays, so that it is still the same teacher.

use super::part::{About, Part};

/// Words that filters misread in a picture of a fully dressed teacher: of the body, of the skin, of strong feelings.
const TRIGGERS: [&str; 16] = [
    "slender",
    "slim",
    "muscular",
    "strong",
    "sturdy",
    "blush",
    "blushing",
    "tears",
    "tearful",
    "open_mouth",
    "open",
    "beautiful",
    "cute",
    "glaring",
    "gasping",
    "bare",
];
const WEIGHT_STEP: f32 = 0.3;
const WEIGHT_MIN: f32 = 1.0;

/// The parts after `softness` steps; `calm` is what replaces the expression at the last.
pub(super) fn softened(mut parts: Vec<Part>, calm: Vec<Part>, softness: u8) -> Vec<Part> {
    if softness >= 1 {
        parts.retain(|part| !triggers(part.words));
    }
    if softness >= 2 {
        for part in &mut parts {
            part.weight = (part.weight - WEIGHT_STEP).max(WEIGHT_MIN);
        }
    }
    if softness >= 3 {
        parts.retain(|part| part.about != About::Expression);
        parts.extend(calm);
    }
    parts
}

fn triggers(words: &str) -> bool {
    let is_trigger = |word: &str| TRIGGERS.contains(&word);
    words.split([' ', ',']).any(|word| is_trigger(word) || word.split(['_', '-']).any(is_trigger))
}
