//! The arms: a gesture for each feeling, sleeves as the garment has them, and hands with fingers.
//!
//! Gestures are told as offsets from the bones, so that every body can make them.

use super::accessory;
use super::bones::Bones;
use super::canvas::Canvas;
use super::clothing;
use super::figure::Figure;
use super::shape::{Shape, Spot};
use crate::look::{Accessory, Expression, Pose};
use tiny_skia::Transform;

/// One arm in its gesture.
pub(super) struct Arm {
    pub side: f32,
    pub shoulder: Spot,
    pub bend: Spot,
    pub hand: Spot,
    pub fingers: Fingers,
    /// Drawn over head and hair.
    is_raised: bool,
}

/// What a hand does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fingers {
    Resting,
    Open,
    Pointing,
    Fist,
}

/// The arms that head and hair may cover.
pub(super) fn low(canvas: &mut Canvas, figure: &Figure) {
    for arm in both(figure).iter().filter(|arm| !arm.is_raised) {
        paint(canvas, figure, arm);
    }
}

/// The arms in front of everything.
pub(super) fn raised(canvas: &mut Canvas, figure: &Figure) {
    for arm in both(figure).iter().filter(|arm| arm.is_raised) {
        paint(canvas, figure, arm);
    }
}

fn both(figure: &Figure) -> [Arm; 2] {
    let side = figure.quirks.side;
    [arm(figure, -side, false), arm(figure, side, true)]
}

/// One arm; the leading one waves, points and the like.
fn arm(figure: &Figure, side: f32, leads: bool) -> Arm {
    let bones = &figure.bones;
    let gesture = if figure.has(Accessory::Cheer) { cheering(figure) } else { feeling(figure, leads) };
    let (bend, hand, fingers, is_raised) = gesture(bones);
    Arm {
        side,
        shoulder: (side * (bones.shoulder - bones.arm * 0.85), bones.shoulder_y + bones.arm * 0.95),
        bend: (side * bend.0, bend.1),
        hand: (side * hand.0, hand.1),
        fingers,
        is_raised,
    }
}

type Gesture = fn(&Bones) -> (Spot, Spot, Fingers, bool);

/// Farther out, an elbow below pom-poms would leave a bust's frame.
const CHEER_X_MAX: f32 = 198.0;
/// Farther out, the pom-poms of a broad figure would leave a bust's frame.
const POM_POM_X_MAX: f32 = 168.0;
/// The same of a waving hand with its fingers spread, and of the elbow below it.
const WAVE_X_MAX: f32 = 164.0;
const ELBOW_X_MAX: f32 = 182.0;

fn cheering(figure: &Figure) -> Gesture {
    match figure.picture.expression {
        Expression::Sad | Expression::Angry => |bones| {
            let r = bones.reach;
            (
                (bones.shoulder + 62.0 * r, bones.waist_y - 20.0 * r),
                (bones.shoulder + 26.0 * r, bones.chest_y - 24.0 * r),
                Fingers::Fist,
                true,
            )
        },
        _ => |bones| {
            let r = bones.reach;
            (
                ((bones.shoulder + 92.0 * r).min(CHEER_X_MAX), bones.shoulder_y + 76.0 * r),
                ((bones.shoulder + 62.0 * r + 22.0 * (1.0 - r)).min(POM_POM_X_MAX), bones.shoulder_y - 34.0 * r),
                Fingers::Fist,
                true,
            )
        },
    }
}

fn feeling(figure: &Figure, leads: bool) -> Gesture {
    match (figure.picture.expression, leads) {
        (Expression::Normal, true) => |bones| {
            let r = bones.reach;
            (
                (bones.shoulder + 62.0 * r, bones.waist_y - 34.0 * r),
                (bones.shoulder + 46.0 * r + 16.0 * (1.0 - r), bones.shoulder_y + 16.0 * r),
                Fingers::Pointing,
                true,
            )
        },
        (Expression::Normal, false) => |bones| {
            let r = bones.reach;
            (
                (bones.shoulder + 44.0 * r, bones.waist_y + 4.0 * r),
                (bones.waist - 2.0 * r, bones.waist_y - 2.0 * r),
                Fingers::Fist,
                false,
            )
        },
        (Expression::Happy, true) => |bones| {
            let r = bones.reach;
            (
                ((bones.shoulder + 80.0 * r).min(ELBOW_X_MAX), bones.shoulder_y + 78.0 * r),
                ((bones.shoulder + 66.0 * r + 26.0 * (1.0 - r)).min(WAVE_X_MAX), bones.shoulder_y - 22.0 * r),
                Fingers::Open,
                true,
            )
        },
        (Expression::Happy, false) => |bones| {
            let r = bones.reach;
            (
                (bones.shoulder + 26.0 * r, bones.waist_y - 10.0 * r),
                (bones.shoulder + 16.0 * r, bones.hip_y + 26.0 * r),
                Fingers::Resting,
                false,
            )
        },
        (troubled, _) => trouble(troubled),
    }
}

/// What both arms do when not all is well.
fn trouble(expression: Expression) -> Gesture {
    match expression {
        Expression::Sad | Expression::Normal | Expression::Happy => |bones| {
            let r = bones.reach;
            (
                (bones.shoulder + 34.0 * r, bones.waist_y - 6.0 * r),
                (15.0 * r + 3.0, bones.chest_y - 14.0 * r),
                Fingers::Fist,
                true,
            )
        },
        Expression::Angry => |bones| {
            let r = bones.reach;
            (
                (bones.shoulder + 96.0 * r, bones.chest_y + 56.0 * r),
                (bones.waist + 10.0 * r, bones.waist_y + 22.0 * r),
                Fingers::Fist,
                false,
            )
        },
        Expression::Surprised => |bones| {
            let r = bones.reach;
            ((bones.shoulder + 64.0 * r, bones.waist_y - 10.0 * r), (78.0, 112.0 + 14.0 * r), Fingers::Open, true)
        },
    }
}

fn paint(canvas: &mut Canvas, figure: &Figure, arm: &Arm) {
    if figure.has(Accessory::Cheer) {
        hand(canvas, figure, arm);
        clothing::sleeve(canvas, figure, arm);
        accessory::pom_pom(canvas, figure, arm);
    } else {
        // A bust ends above the hand that holds it.
        let is_seen = figure.look.is_chibi || figure.picture.pose == Pose::FullBody;
        if figure.feels(Expression::Normal) && !arm.is_raised && is_seen {
            accessory::book(canvas, figure, arm);
        }
        hand(canvas, figure, arm);
        clothing::sleeve(canvas, figure, arm);
    }
}

/// The fingers of a hand that points up with its palm's middle at the origin and a radius of 1; the thumb is inside.
fn fingers(fingers: Fingers) -> Vec<Shape> {
    let finger = |x: f32, y: f32, to_x: f32, to_y: f32| Shape::from(x, y).line(to_x, to_y);
    match fingers {
        Fingers::Resting => vec![
            finger(-0.45, -0.3, -0.4, -1.5),
            finger(-0.1, -0.4, -0.08, -1.65),
            finger(0.28, -0.4, 0.26, -1.55),
            finger(0.55, -0.2, 0.55, -1.2),
            finger(-0.6, 0.1, -1.0, -0.6),
        ],
        Fingers::Open => vec![
            finger(-0.45, -0.4, -0.72, -1.6),
            finger(-0.12, -0.5, -0.18, -1.85),
            finger(0.22, -0.5, 0.36, -1.78),
            finger(0.5, -0.3, 0.84, -1.42),
            finger(-0.55, 0.1, -1.25, -0.55),
        ],
        Fingers::Pointing => vec![
            finger(-0.36, -0.4, -0.4, -2.0),
            finger(0.0, -0.45, 0.0, -0.8),
            finger(0.34, -0.4, 0.34, -0.7),
            finger(0.6, -0.2, 0.62, -0.5),
            finger(-0.5, 0.2, 0.1, -0.25),
        ],
        Fingers::Fist => vec![
            finger(-0.48, -0.3, -0.5, -0.72),
            finger(-0.12, -0.4, -0.12, -0.84),
            finger(0.26, -0.4, 0.26, -0.8),
            finger(0.56, -0.2, 0.58, -0.62),
            finger(-0.5, 0.25, 0.1, -0.15),
        ],
    }
}

fn hand(canvas: &mut Canvas, figure: &Figure, arm: &Arm) {
    const FINGER: f32 = 0.5;
    let skin = figure.palette.skin;
    let size = figure.bones.hand;
    let degrees = match arm.fingers {
        Fingers::Pointing | Fingers::Open if arm.is_raised => {
            arm.side * if figure.feels(Expression::Surprised) { -14.0 } else { 12.0 }
        }
        _ => (arm.hand.0 - arm.bend.0).atan2(arm.bend.1 - arm.hand.1).to_degrees(),
    };
    let place = Transform::from_scale(size * arm.side, size)
        .post_concat(Transform::from_rotate(degrees))
        .post_translate(arm.hand.0, arm.hand.1);
    let fingers = fingers(arm.fingers);
    canvas.within(place, |canvas| {
        let line = canvas.line();
        let palm = Shape::ellipse(0.0, 0.0, 0.86, 0.94);
        canvas.trace_wide(&palm, skin.line, line * 2.0);
        for finger in &fingers {
            canvas.trace_wide(finger, skin.line, FINGER + line * 2.0);
        }
        canvas.fill(&palm, skin.base);
        for finger in fingers.iter().take(4) {
            canvas.trace_wide(finger, skin.base, FINGER);
        }
        knuckles(canvas, figure, arm.fingers);
        if let Some(thumb) = fingers.last() {
            if matches!(arm.fingers, Fingers::Pointing | Fingers::Fist) {
                canvas.trace_wide(thumb, skin.line, FINGER + line * 1.4);
            }
            canvas.trace_wide(thumb, skin.base, FINGER);
        }
    });
}

/// The lines between folded fingers.
fn knuckles(canvas: &mut Canvas, figure: &Figure, fingers: Fingers) {
    let ink = figure.palette.skin.line.faint(0.6);
    if matches!(fingers, Fingers::Fist | Fingers::Resting) {
        for x in [-0.3, 0.08, 0.43] {
            canvas.trace(&Shape::from(x, -0.25).line(x, -0.85), ink, 0.6);
        }
    }
    if fingers == Fingers::Pointing {
        for x in [0.18, 0.5] {
            canvas.trace(&Shape::from(x, -0.2).line(x, -0.7), ink, 0.6);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::{BodyType, Look, Picture, Sex};

    /// The units that a bust shows: the camera of [`Figure`] is 1.12 near and looks down to 512 pixels.
    const RIGHT: f32 = 256.0 / 1.12;
    const LOW: f32 = (512.0 - 236.0) / 1.12;

    fn busts(mut check: impl FnMut(&Figure, &[Arm; 2])) {
        for &sex in Sex::ALL {
            for &body_type in BodyType::ALL {
                for &expression in Expression::ALL {
                    for accessory in [None, Some(Accessory::Cheer)] {
                        let look = Look { sex, body_type, accessory, ..Look::default() };
                        let figure = Figure::new(look, Picture { pose: Pose::Bust, expression });
                        check(&figure, &both(&figure));
                    }
                }
            }
        }
    }

    #[test]
    fn a_hand_is_whole_in_a_bust_or_out_of_it() {
        busts(|figure, arms| {
            for arm in arms {
                let size = figure.bones.hand * if figure.has(Accessory::Cheer) { 1.0 } else { 1.3 };
                let told = format!("{} {} {:?}", figure.look.sex, figure.look.body_type, arm.fingers);
                assert!(arm.hand.0.abs() + size <= RIGHT, "{told}: the frame's side cuts it");
                let is_out = arm.hand.1 - figure.bones.hand >= LOW;
                assert!(is_out || arm.hand.1 + figure.bones.hand <= LOW, "{told}: the frame's foot cuts it");
            }
        });
    }

    #[test]
    fn arms_are_one_of_each_side_and_only_one_leads() {
        busts(|figure, [other, lead]| {
            assert_eq!((other.side, lead.side), (-figure.quirks.side, figure.quirks.side));
            assert!(lead.shoulder.0 * lead.side > 0.0 && other.shoulder.0 * other.side > 0.0);
            let differs = lead.fingers != other.fingers;
            let leads = matches!(figure.picture.expression, Expression::Normal | Expression::Happy);
            assert_eq!(differs, leads && !figure.has(Accessory::Cheer), "{}", figure.picture);
        });
    }

    #[test]
    fn every_hand_has_five_fingers() {
        for hand in [Fingers::Resting, Fingers::Open, Fingers::Pointing, Fingers::Fist] {
            assert_eq!(fingers(hand).len(), 5, "{hand:?}");
        }
    }
}
