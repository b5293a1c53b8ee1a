//! Jacket and shirt: lapels, buttons and a folded handkerchief; a skirt for women.

use super::{chin_shadow, flanks, torso};
use crate::look::{Accessory, Sex};
use crate::paint::canvas::Canvas;
use crate::paint::figure::Figure;
use crate::paint::ink::{Tone, WHITE, rgb};
use crate::paint::shape::Shape;

/// Paints skirt, shirt and jacket.
pub(super) fn paint(canvas: &mut Canvas, figure: &Figure) {
    let (bones, cloth) = (&figure.bones, figure.palette.cloth);
    let r = bones.reach;
    if figure.look.sex == Sex::Female {
        skirt(canvas, figure);
    }
    let jacket = torso(bones, bones.hip_y + 16.0 * r, 8.0 * r);
    canvas.part(&jacket, cloth.base, cloth.line, |canvas| {
        flanks(canvas, figure, cloth, bones.hip_y + 60.0);
        shirt(canvas, figure);
        let closing = Shape::from(0.0, bones.chest_y + 34.0 * r).line(2.0 * r, bones.waist_y).quad(
            6.0 * r,
            bones.hip_y,
            16.0 * r,
            bones.hip_y + 30.0 * r,
        );
        canvas.trace(&closing, cloth.line, 0.8);
        for y in [bones.waist_y - 22.0 * r, bones.waist_y + 14.0 * r] {
            canvas.fill(&Shape::ellipse(10.0 * r, y, 5.0 * r, 5.0 * r), cloth.line);
            canvas.fill(&Shape::ellipse(9.0 * r, y - 1.5 * r, 2.0 * r, 2.0 * r), cloth.light);
        }
    });
    handkerchief(canvas, figure);
    for side in [-1.0, 1.0] {
        lapel(canvas, figure, side);
    }
}

fn skirt(canvas: &mut Canvas, figure: &Figure) {
    let (bones, second) = (&figure.bones, figure.palette.second);
    let low = bones.knee_y - 26.0 * bones.reach;
    let half = Shape::from(0.0, bones.waist_y)
        .line(bones.waist, bones.waist_y)
        .cubic(
            bones.hip + 6.0,
            bones.hip_y,
            bones.hip + 6.0,
            bones.hip_y + 40.0 * bones.reach,
            bones.hip - 4.0 * bones.reach,
            low,
        )
        .line(0.0, low + 4.0 * bones.reach);
    canvas.part(&half.symmetric(), second.base.darker(0.12), second.line, |canvas| {
        flanks(canvas, figure, second, low + 20.0)
    });
}

fn shirt(canvas: &mut Canvas, figure: &Figure) {
    let bones = &figure.bones;
    let r = bones.reach;
    let white = Tone { line: rgb(0x6a_6478), ..Tone::of(WHITE) };
    let top = bones.shoulder_y - 40.0 * r;
    let front =
        Shape::polygon(&[(-bones.neck - 14.0 * r, top), (bones.neck + 14.0 * r, top), (0.0, bones.chest_y + 36.0 * r)]);
    canvas.part(&front, white.base, white.line, |canvas| {
        chin_shadow(canvas, figure, white);
        if !figure.has(Accessory::Tie) {
            let skin = figure.palette.skin;
            let open = Shape::polygon(&[
                (-bones.neck * 0.8, top),
                (bones.neck * 0.8, top),
                (0.0, bones.shoulder_y + 16.0 * r),
            ]);
            canvas.part(&open, skin.shade, skin.line, |_| {});
            canvas.trace(
                &Shape::from(0.0, bones.shoulder_y + 16.0 * r).line(0.0, bones.chest_y + 30.0 * r),
                white.line.faint(0.6),
                0.6,
            );
        }
    });
    for side in [-1.0, 1.0] {
        let collar = Shape::polygon(&[
            (bones.neck * 0.72, top + 2.0 * r),
            (bones.neck + 14.0 * r, top + 4.0 * r),
            (bones.neck + 6.0 * r, bones.shoulder_y + 16.0 * r),
            (4.0 * r, bones.shoulder_y + 8.0 * r),
        ]);
        canvas.plain(&collar.on(side), white);
    }
}

fn lapel(canvas: &mut Canvas, figure: &Figure, side: f32) {
    let (bones, cloth) = (&figure.bones, figure.palette.cloth);
    let r = bones.reach;
    let (x, y) = (bones.neck, bones.shoulder_y);
    let shape = Shape::from(x + 2.0, y - 33.0 * r)
        .line(x + 20.0 * r, y - 20.0 * r)
        .line(x + 34.0 * r, y + 18.0 * r)
        .line(x + 22.0 * r, y + 24.0 * r)
        .line(x + 33.0 * r, y + 36.0 * r)
        .quad(x + 16.0 * r, bones.chest_y + 4.0 * r, 0.0, bones.chest_y + 38.0 * r)
        .quad(x, bones.chest_y - 20.0 * r, x + 2.0, y - 33.0 * r)
        .close()
        .on(side);
    canvas.part(&shape, cloth.base.lighter(0.1), cloth.line, |_| {});
}

fn handkerchief(canvas: &mut Canvas, figure: &Figure) {
    let bones = &figure.bones;
    let r = bones.reach;
    let x = bones.chest * 0.56;
    let y = bones.chest_y - 4.0 * r;
    let tip = Shape::polygon(&[
        (x - 11.0 * r, y),
        (x - 6.0 * r, y - 13.0 * r),
        (x, y - 6.0 * r),
        (x + 6.0 * r, y - 14.0 * r),
        (x + 11.0 * r, y),
    ]);
    canvas.plain(&tip.on(figure.quirks.side), figure.palette.accent);
    let edge = Shape::from(x - 14.0 * r, y).line(x + 14.0 * r, y);
    canvas.trace(&edge.on(figure.quirks.side), figure.palette.cloth.line, 1.2);
}
