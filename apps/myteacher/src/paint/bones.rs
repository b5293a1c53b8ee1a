//! The proportions of a figure, in units in which the head's half width is about 90; the head's middle is the origin.
//!
//! Sex, body type and chibi change these numbers and nothing else, so clothes and limbs fit every figure.

use crate::look::{BodyType, Look, Sex};

/// Heights (`_y`, down from the head's middle) and half widths of a figure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bones {
    /// Half width of the face against that of an average one.
    pub face: f32,
    pub neck: f32,
    pub shoulder: f32,
    pub shoulder_y: f32,
    pub chest: f32,
    pub chest_y: f32,
    pub waist: f32,
    pub waist_y: f32,
    pub hip: f32,
    pub hip_y: f32,
    pub knee_y: f32,
    pub ankle_y: f32,
    pub sole_y: f32,
    /// Half thickness of an arm at the shoulder.
    pub arm: f32,
    /// Radius of a hand.
    pub hand: f32,
    /// Half thickness of a leg at the hip.
    pub leg: f32,
    /// How long an arm is against that of a tall figure; gestures shrink by it.
    pub reach: f32,
}

impl Bones {
    /// The proportions of this look.
    pub fn of(look: &Look) -> Self {
        let tall = match look.sex {
            Sex::Male => Self {
                neck: 27.0,
                shoulder: 112.0,
                chest: 90.0,
                waist: 78.0,
                hip: 77.0,
                arm: 29.0,
                hand: 24.0,
                leg: 35.0,
                ..TALL
            },
            Sex::Female => TALL,
            Sex::Other => Self {
                neck: 23.0,
                shoulder: 98.0,
                chest: 79.0,
                waist: 67.0,
                hip: 76.0,
                arm: 26.0,
                hand: 22.0,
                leg: 33.0,
                ..TALL
            },
        };
        let built = tall.built(look.body_type);
        if look.is_chibi { built.small() } else { built }
    }

    fn built(self, body: BodyType) -> Self {
        let (frame, girth, face): (f32, f32, f32) = match body {
            BodyType::Slim => (0.91, 0.82, 0.965),
            BodyType::Average => (1.0, 1.0, 1.0),
            BodyType::Sturdy => (1.14, 1.32, 1.06),
        };
        Self {
            face,
            neck: self.neck * girth.sqrt(),
            shoulder: self.shoulder * frame,
            chest: self.chest * (frame + girth) / 2.0,
            waist: self.waist * girth,
            hip: self.hip * (frame + girth) / 2.0,
            arm: self.arm * girth.sqrt(),
            leg: self.leg * girth.sqrt(),
            ..self
        }
    }

    /// Two and a half heads tall instead of four and a half.
    fn small(self) -> Self {
        Self {
            neck: self.neck * 0.7,
            shoulder: self.shoulder * 0.56,
            shoulder_y: 112.0,
            chest: self.chest * 0.62,
            chest_y: 140.0,
            waist: self.waist * 0.72,
            waist_y: 172.0,
            hip: self.hip * 0.66,
            hip_y: 200.0,
            knee_y: 240.0,
            ankle_y: 278.0,
            sole_y: 300.0,
            arm: self.arm * 0.72,
            hand: self.hand * 0.78,
            leg: self.leg * 0.66,
            reach: 0.42,
            ..self
        }
    }
}

/// An average woman.
const TALL: Bones = Bones {
    face: 1.0,
    neck: 20.0,
    shoulder: 88.0,
    shoulder_y: 150.0,
    chest: 70.0,
    chest_y: 218.0,
    waist: 56.0,
    waist_y: 292.0,
    hip: 78.0,
    hip_y: 362.0,
    knee_y: 525.0,
    ankle_y: 682.0,
    sole_y: 716.0,
    arm: 24.0,
    hand: 20.0,
    leg: 30.0,
    reach: 1.0,
};
