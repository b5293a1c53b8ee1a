//! A look in words, for a model that draws from words.
//!
//! Models understand two styles: tags with weights (anything, animagine) and sentences (stable-diffusion-3.5, OpenAI).
//! Every value of every attribute that can be seen has words in both; a new value does not compile without them.
//! A prompt that moderation refused is said again more softly ([`soften`]). It never orders anything.

mod part;
mod sentence;
mod soften;
mod tags;
#[cfg(test)]
mod tests;

#[cfg(any(feature = "replicate", test))]
use crate::look::DrawModelVersion;
use crate::look::{Look, Picture};

/// What to draw, and what not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prompt {
    /// What to draw.
    pub positive: String,
    /// What not to draw.
    pub negative: String,
}

/// How a model wants to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Words with underscores, parted by commas, with weights.
    #[cfg_attr(not(any(feature = "replicate", test)), expect(dead_code, reason = "OpenAI is told in sentences"))]
    Tags,
    /// Plain English.
    Sentence,
}

#[cfg(any(feature = "replicate", test))]
impl Style {
    /// The style that a drawing model understands.
    pub(super) const fn of(model: DrawModelVersion) -> Self {
        match model {
            DrawModelVersion::AnythingV4 | DrawModelVersion::AnimagineXl31 => Self::Tags,
            DrawModelVersion::StableDiffusion35Medium => Self::Sentence,
        }
    }
}

impl Prompt {
    /// The words for a picture of this look, softened `softness` times (0 to 3).
    pub(super) fn new(style: Style, look: &Look, picture: Picture, softness: u8) -> Self {
        let (parts, calm) = match style {
            Style::Tags => (tags::parts(look, picture), tags::calm()),
            Style::Sentence => (sentence::parts(look, picture), sentence::calm()),
        };
        let parts = soften::softened(parts, calm, softness);
        let positive = match style {
            Style::Tags => tags::written(&parts),
            Style::Sentence => sentence::written(&parts),
        };
        Self { positive, negative: negative(look) }
    }
}

/// What no picture of a teacher shows, and what this one does not.
fn negative(look: &Look) -> String {
    let mut not = vec![
        "nsfw",
        "nude",
        "cleavage",
        "suggestive",
        "violence",
        "blood",
        "lowres",
        "worst quality",
        "low quality",
        "jpeg artifacts",
        "blurry",
        "bad anatomy",
        "bad hands",
        "extra fingers",
        "missing fingers",
        "deformed face",
        "multiple people",
        "cropped head",
        "text",
        "watermark",
        "signature",
        "busy background",
    ];
    if !look.is_chibi {
        not.push("chibi");
    }
    if !part::has_accessory(look) {
        not.extend(["glasses", "hat", "necktie", "handheld object"]);
    }
    not.join(", ")
}
