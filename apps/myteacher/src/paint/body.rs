//! What of the body shows beside the clothes: neck, bare legs and the shoes that go with each garment.

use super::canvas::Canvas;
use super::figure::Figure;
use super::ink::{Tone, WHITE, rgb};
use super::shape::Shape;
use crate::look::{Clothing, Sex};

/// The neck and the top of the chest, with the chin's shadow.
pub(super) fn neck(canvas: &mut Canvas, figure: &Figure) {
    let (bones, skin) = (&figure.bones, figure.palette.skin);
    let (neck, low) = (bones.neck, bones.shoulder_y);
    let shape = Shape::from(0.0, 60.0)
        .line(neck, 60.0)
        .cubic(neck, 100.0, neck, low - 30.0 * bones.reach, neck + 30.0 * bones.reach, low - 8.0 * bones.reach)
        .line(neck + 26.0, low + 60.0 * bones.reach)
        .line(0.0, low + 70.0 * bones.reach)
        .symmetric();
    canvas.part(&shape, skin.base, skin.line, |canvas| {
        canvas.fill(&Shape::ellipse(0.0, 84.0, neck * 2.4, 42.0), skin.shade);
    });
}

/// Legs and shoes, from the hips down.
pub(super) fn legs(canvas: &mut Canvas, figure: &Figure) {
    for side in [-1.0, 1.0] {
        leg(canvas, figure, side);
        shoe(canvas, figure, side);
    }
}

/// Where a leg ends above its shoe.
fn ankle_x(figure: &Figure) -> f32 {
    figure.bones.leg * 0.98
}

fn leg(canvas: &mut Canvas, figure: &Figure, side: f32) {
    let bones = &figure.bones;
    let hip_x = bones.leg * 1.08;
    let (tone, thick) = match figure.look.clothing {
        Clothing::Suit if figure.look.sex == Sex::Female => {
            (Tone::of(figure.palette.skin.base.mix(rgb(0x3a_2c34), 0.55)), 0.6)
        }
        Clothing::Suit | Clothing::Casual => (figure.palette.second, 0.86),
        Clothing::Dress => (figure.palette.skin, 0.58),
        Clothing::Kimono | Clothing::Robe => (Tone::of(rgb(0x4a_4452)), 0.7),
    };
    let shape = Shape::limb(
        (side * hip_x, bones.hip_y - 10.0 * bones.reach),
        (side * (hip_x + 4.0 * bones.reach), bones.knee_y),
        (side * ankle_x(figure), bones.ankle_y + 12.0 * bones.reach),
        bones.leg,
        bones.leg * thick,
    );
    canvas.part(&shape, tone.base, tone.line, |canvas| {
        let inner = Shape::limb(
            (side * hip_x * 0.45, bones.hip_y - 10.0),
            (side * hip_x * 0.5, bones.knee_y),
            (side * ankle_x(figure) * 0.5, bones.sole_y),
            bones.leg * 0.6,
            bones.leg * 0.45,
        );
        canvas.fill(&inner, tone.shade);
    });
    if figure.look.clothing == Clothing::Dress {
        sock(canvas, figure, side);
    }
}

fn sock(canvas: &mut Canvas, figure: &Figure, side: f32) {
    let bones = &figure.bones;
    let (x, half) = (ankle_x(figure), bones.leg * 0.62);
    let top = bones.ankle_y - 46.0 * bones.reach;
    let shape = Shape::card(side * x - half, top, half * 2.0, bones.sole_y - top, 4.0);
    canvas.plain(&shape, Tone { line: rgb(0x6a_6478), ..Tone::of(WHITE) });
}

fn shoe(canvas: &mut Canvas, figure: &Figure, side: f32) {
    let bones = &figure.bones;
    let tone = match figure.look.clothing {
        Clothing::Suit => Tone::of(rgb(0x3b_2c2c)),
        Clothing::Casual => figure.palette.accent,
        Clothing::Kimono => Tone { line: rgb(0x6a_6478), ..Tone::of(rgb(0xfd_fbf6)) },
        Clothing::Robe => Tone::of(rgb(0x4a_342b)),
        Clothing::Dress => Tone::of(rgb(0x7a_3038)),
    };
    let (x, half) = (ankle_x(figure), bones.leg * 0.88);
    let (top, low) = (bones.ankle_y + 2.0 * bones.reach, bones.sole_y);
    // The toes point a little outwards.
    let shape = Shape::from(x - half * 0.85, top + 6.0 * bones.reach)
        .quad(x, top - 4.0 * bones.reach, x + half * 0.85, top + 6.0 * bones.reach)
        .cubic(x + half * 1.1, low - 14.0 * bones.reach, x + half * 1.45, low - 8.0, x + half * 1.4, low)
        .line(x - half * 0.9, low)
        .cubic(x - half * 1.15, low - 8.0, x - half, top + 16.0 * bones.reach, x - half * 0.85, top + 6.0 * bones.reach)
        .close()
        .on(side);
    let sole = Shape::polygon(&[
        (x - half * 1.2, low - 7.0 * bones.reach),
        (x + half * 1.5, low - 7.0 * bones.reach),
        (x + half * 1.5, low + 2.0),
        (x - half * 1.2, low + 2.0),
    ])
    .on(side);
    let sole_ink = match figure.look.clothing {
        Clothing::Casual => WHITE,
        Clothing::Kimono => figure.palette.accent.base,
        _ => tone.line,
    };
    canvas.part(&shape, tone.base, tone.line, |canvas| {
        canvas.fill(
            &Shape::ellipse(side * (x + half * 0.35), top + 8.0 * bones.reach, half * 0.3, 4.0 * bones.reach),
            tone.light,
        );
        canvas.fill(&sole, sole_ink);
    });
}
