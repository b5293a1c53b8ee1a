//! The garments: which one is worn, the cut of a torso they share, and their sleeves.

mod casual;
mod dress;
mod kimono;
mod robe;
mod suit;

use super::arms::Arm;
use super::bones::Bones;
use super::canvas::Canvas;
use super::figure::Figure;
use super::ink::{Tone, WHITE, rgb};
use super::shape::{Shape, Spot};
use crate::look::Clothing;

/// The garment without its sleeves.
pub(super) fn paint(canvas: &mut Canvas, figure: &Figure) {
    match figure.look.clothing {
        Clothing::Suit => suit::paint(canvas, figure),
        Clothing::Casual => casual::paint(canvas, figure),
        Clothing::Kimono => kimono::paint(canvas, figure),
        Clothing::Robe => robe::paint(canvas, figure),
        Clothing::Dress => dress::paint(canvas, figure),
    }
}

/// A sleeve over an arm whose hand is already painted.
pub(super) fn sleeve(canvas: &mut Canvas, figure: &Figure, arm: &Arm) {
    match figure.look.clothing {
        Clothing::Suit => narrow(canvas, figure, arm, Tone { line: rgb(0x6a_6478), ..Tone::of(WHITE) }),
        Clothing::Casual => {
            narrow(canvas, figure, arm, Tone { base: figure.palette.cloth.shade, ..figure.palette.cloth })
        }
        Clothing::Kimono => kimono::sleeve(canvas, figure, arm),
        Clothing::Robe => robe::sleeve(canvas, figure, arm),
        Clothing::Dress => dress::sleeve(canvas, figure, arm),
    }
}

/// The cut of a garment from the neck down to `hem_y`, `flare` wider than the hips there.
fn torso(bones: &Bones, hem_y: f32, flare: f32) -> Shape {
    let r = bones.reach;
    let (neck, top) = (bones.neck, bones.shoulder_y);
    Shape::from(0.0, top - 26.0 * r)
        .line(neck + 2.0, top - 34.0 * r)
        .cubic(
            neck + 20.0 * r,
            top - 16.0 * r,
            bones.shoulder - 16.0 * r,
            top - 14.0 * r,
            bones.shoulder - 2.0,
            top + 16.0 * r,
        )
        .cubic(
            bones.shoulder,
            top + 36.0 * r,
            bones.chest + 6.0 * r,
            bones.chest_y - 20.0 * r,
            bones.chest + 5.0 * r,
            bones.chest_y,
        )
        .cubic(
            bones.chest + 2.0 * r,
            bones.chest_y + 34.0 * r,
            bones.waist + 6.0 * r,
            bones.waist_y - 30.0 * r,
            bones.waist + 5.0 * r,
            bones.waist_y,
        )
        .cubic(
            bones.waist + 6.0 * r,
            bones.waist_y + 34.0 * r,
            bones.hip + flare * 0.6,
            bones.hip_y - 30.0 * r,
            bones.hip + flare,
            hem_y,
        )
        .quad(bones.hip * 0.5, hem_y + 9.0 * r, 0.0, hem_y + 9.0 * r)
        .symmetric()
}

/// The shade along one flank and under the arms.
fn flanks(canvas: &mut Canvas, figure: &Figure, tone: Tone, low: f32) {
    let bones = &figure.bones;
    let r = bones.reach;
    for (side, wide) in [(-figure.quirks.side, 0.62), (figure.quirks.side, 0.84)] {
        let flank = Shape::from(bones.shoulder + 60.0, bones.shoulder_y + 30.0 * r)
            .line(bones.chest * wide, bones.shoulder_y + 50.0 * r)
            .quad(bones.waist * wide * 0.86, bones.waist_y, bones.hip * wide, low)
            .line(bones.hip + 160.0, low)
            .close();
        canvas.fill(&flank.on(side), tone.shade);
    }
}

/// The chin's and the hair's shadow on the upper chest.
fn chin_shadow(canvas: &mut Canvas, figure: &Figure, tone: Tone) {
    let bones = &figure.bones;
    canvas.fill(
        &Shape::ellipse(0.0, bones.shoulder_y - 42.0 * bones.reach, bones.shoulder * 0.72, 34.0 * bones.reach),
        tone.shade.faint(0.6),
    );
}

/// A sleeve that follows the arm, with a cuff at the wrist.
fn narrow(canvas: &mut Canvas, figure: &Figure, arm: &Arm, cuff: Tone) {
    let bones = &figure.bones;
    let ring = Shape::limb(
        wrist(arm, bones.hand * 1.9),
        wrist(arm, bones.hand * 1.3),
        wrist(arm, bones.hand * 0.85),
        bones.arm * 0.8,
        bones.arm * 0.78,
    );
    canvas.plain(&ring, cuff);
    sewn(canvas, figure, arm, wrist(arm, bones.hand * 1.35), 0.86);
}

/// A sleeve of the garment's cloth down to `end`, there `wide` times as thick as at the shoulder; open where it is sewn to
/// the torso, so that no line parts them.
fn sewn(canvas: &mut Canvas, figure: &Figure, arm: &Arm, end: Spot, wide: f32) {
    let (thick, cloth) = (figure.bones.arm, figure.palette.cloth);
    let (from, bend) = (arm.shoulder, arm.bend);
    let limb = Shape::limb(from, bend, end, thick, thick * wide);
    canvas.fill(&limb, cloth.base);
    canvas.inside(&limb, |canvas| {
        let below = Shape::limb(
            (from.0 + arm.side * thick * 0.5, from.1 + thick * 1.2),
            (bend.0 + arm.side * thick * 0.1, bend.1 + thick * 1.1),
            (end.0 + arm.side * thick * 0.7, end.1 + thick * 0.5),
            thick * 0.05,
            thick * 0.55 * wide,
        );
        canvas.fill(&below, cloth.shade);
    });
    canvas.trace(&Shape::limb_open(from, bend, end, thick, thick * wide), cloth.line, 1.0);
    canvas.fill(&Shape::ellipse(from.0 + arm.side * thick * 0.1, from.1, thick * 0.8, thick * 0.86), cloth.base);
}

/// The point on the way from the hand back to the bend, `back` units before the hand's middle.
fn wrist(arm: &Arm, back: f32) -> Spot {
    let (dx, dy) = (arm.bend.0 - arm.hand.0, arm.bend.1 - arm.hand.1);
    let length = dx.hypot(dy).max(0.001);
    (arm.hand.0 + dx / length * back, arm.hand.1 + dy / length * back)
}
