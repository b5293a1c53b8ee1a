//! How a teacher looks and sounds, and which pictures one run paints.
//!
//! Every attribute is a value of a closed list ([`lists`](self)), so a misspelt colour is refused at the door and never
//! silently dropped from a prompt. Painters, writers, rows and the command line all speak of the same [`Look`].
//! It never says what anything costs, nor how it is drawn.

mod choice;
mod dice;
mod kept;
mod lists;
#[cfg(test)]
mod tests;

pub use choice::UnknownValue;
pub(crate) use choice::closed_list;
pub(crate) use dice::Dice;
pub use kept::Kept;
pub use lists::*;
use serde::{Deserialize, Serialize};

/// The largest seed; the smallest is 1. The drawing models take a positive 32-bit integer.
pub const SEED_MAX: u32 = 2_147_483_647;

/// All attributes of one teacher. The same look and seed always give the same character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Look {
    /// Whom the teacher is drawn as.
    pub sex: Sex,
    /// The length of the hair; left out, the painter chooses one that suits the sex.
    pub hair_style: Option<HairStyle>,
    /// The colour of the hair.
    pub hair_color: HairColor,
    /// The colour of the eyes.
    pub eye_color: EyeColor,
    /// What the teacher wears.
    pub clothing: Clothing,
    /// What the teacher carries or puts on; left out means the same as `nothing`.
    pub accessory: Option<Accessory>,
    /// How the teacher is built.
    pub body_type: BodyType,
    /// The voice of the comments.
    pub tone: Tone,
    /// How much energy the comments have.
    pub enthusiasm: Enthusiasm,
    /// The politeness of the comments.
    pub formality: Formality,
    /// How much the comments joke.
    pub humor: Humor,
    /// Which drawing model was ordered.
    pub draw_model_version: DrawModelVersion,
    /// Whether the background is removed.
    pub is_transparent: bool,
    /// Whether the teacher is drawn small, with a big head.
    pub is_chibi: bool,
    /// 1 to [`SEED_MAX`]; the same in all pictures of a run, so that they show the same character.
    pub seed: u32,
}

impl Default for Look {
    /// A gentle woman in a suit with brown hair, before a background, seed 1.
    fn default() -> Self {
        Self {
            sex: Sex::Female,
            hair_style: Some(HairStyle::Middle),
            hair_color: HairColor::Brown,
            eye_color: EyeColor::Brown,
            clothing: Clothing::Suit,
            accessory: None,
            body_type: BodyType::Average,
            tone: Tone::Gentle,
            enthusiasm: Enthusiasm::Normal,
            formality: Formality::Polite,
            humor: Humor::Normal,
            draw_model_version: DrawModelVersion::AnythingV4,
            is_transparent: false,
            is_chibi: false,
            seed: 1,
        }
    }
}

impl Look {
    /// A random teacher: appearance and personality by the seed, all else as by default.
    pub fn from_seed(seed: u32) -> Self {
        let mut dice = Dice::new(seed, "look");
        let usual = Self::default();
        Self {
            sex: dice.pick(Sex::ALL).unwrap_or(usual.sex),
            hair_style: dice.pick(HairStyle::ALL),
            hair_color: dice.pick(HairColor::ALL).unwrap_or(usual.hair_color),
            eye_color: dice.pick(EyeColor::ALL).unwrap_or(usual.eye_color),
            clothing: dice.pick(Clothing::ALL).unwrap_or(usual.clothing),
            accessory: dice.pick(Accessory::ALL),
            body_type: dice.pick(BodyType::ALL).unwrap_or(usual.body_type),
            tone: dice.pick(Tone::ALL).unwrap_or(usual.tone),
            enthusiasm: dice.pick(Enthusiasm::ALL).unwrap_or(usual.enthusiasm),
            formality: dice.pick(Formality::ALL).unwrap_or(usual.formality),
            humor: dice.pick(Humor::ALL).unwrap_or(usual.humor),
            seed,
            ..usual
        }
    }

    /// The pictures of a run, in painting order: six of a normal teacher, five of a chibi (which has no bust).
    pub fn pictures(&self) -> Vec<Picture> {
        let of = |pose: Pose| Expression::ALL.iter().map(move |&expression| Picture { pose, expression });
        if self.is_chibi {
            of(Pose::FullBody).collect()
        } else {
            of(Pose::FullBody).take(1).chain(of(Pose::Bust)).collect()
        }
    }
}

/// One picture of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Picture {
    /// How much of the teacher it shows.
    pub pose: Pose,
    /// The feeling on the teacher's face.
    pub expression: Expression,
}

impl std::fmt::Display for Picture {
    /// Pose and expression with an underscore between, as in a file name: `bust_happy`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{}_{}", self.pose.as_str(), self.expression.as_str()))
    }
}
