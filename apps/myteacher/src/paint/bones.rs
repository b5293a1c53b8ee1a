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
            BodyType::Slim => (0.88, 0.77, 0.955),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn bones(sex: Sex, body_type: BodyType, is_chibi: bool) -> Bones {
        Bones::of(&Look { sex, body_type, is_chibi, ..Look::default() })
    }

    #[test]
    fn heights_go_down_the_body() {
        for &sex in Sex::ALL {
            for &body in BodyType::ALL {
                for is_chibi in [false, true] {
                    let b = bones(sex, body, is_chibi);
                    let heights = [b.shoulder_y, b.chest_y, b.waist_y, b.hip_y, b.knee_y, b.ankle_y, b.sole_y];
                    assert!(heights.is_sorted(), "{sex} {body} {is_chibi}: {heights:?}");
                }
            }
        }
    }

    #[test]
    fn a_body_widens_from_slim_to_sturdy() {
        for &sex in Sex::ALL {
            let wide = |body| {
                let b = bones(sex, body, false);
                [b.shoulder, b.waist, b.hip, b.arm, b.leg, b.face]
            };
            let (slim, average, sturdy) = (wide(BodyType::Slim), wide(BodyType::Average), wide(BodyType::Sturdy));
            for index in 0..slim.len() {
                assert!(slim[index] < average[index] && average[index] < sturdy[index], "{sex}: width {index}");
            }
        }
    }

    #[test]
    fn a_chibi_is_less_than_half_as_tall_with_the_same_head() {
        let (tall, small) = (bones(Sex::Other, BodyType::Average, false), bones(Sex::Other, BodyType::Average, true));
        assert!(small.sole_y < tall.sole_y / 2.0);
        assert_eq!(small.face, tall.face);
    }
}
