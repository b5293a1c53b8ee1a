//! A scholar's robe over a white shirt: wide sleeves, a stole down the front, a trimmed hem.

use super::{chin_shadow, flanks, torso, wrist};
use crate::paint::arms::Arm;
use crate::paint::canvas::Canvas;
use crate::paint::figure::Figure;
use crate::paint::ink::{Tone, WHITE, rgb};
use crate::paint::shape::Shape;

/// Paints robe, shirt and stole.
pub(super) fn paint(canvas: &mut Canvas, figure: &Figure) {
    let (bones, cloth) = (&figure.bones, figure.palette.cloth);
    let r = bones.reach;
    let low = bones.ankle_y - 30.0 * r;
    canvas.part(&torso(bones, low, 44.0 * r), cloth.base, cloth.line, |canvas| {
        flanks(canvas, figure, cloth, low + 60.0);
        for x in [-0.62, -0.3, 0.34, 0.66] {
            let fold = Shape::from(bones.waist * x, bones.waist_y + 20.0 * r).quad(
                bones.hip * x,
                bones.knee_y,
                bones.hip * x * 1.55,
                low + 20.0 * r,
            );
            canvas.trace(&fold, cloth.line.faint(0.7), 0.9);
        }
        let hem = Shape::from(-400.0, low - 12.0 * r)
            .line(400.0, low - 12.0 * r)
            .line(400.0, low + 40.0)
            .line(-400.0, low + 40.0)
            .close();
        canvas.fill(&hem, figure.palette.second.base);
        canvas.trace(&Shape::from(0.0, bones.chest_y).line(0.0, low + 20.0 * r), cloth.line, 1.0);
    });
    shirt(canvas, figure);
    for side in [-1.0, 1.0] {
        stole(canvas, figure, side);
    }
}

fn shirt(canvas: &mut Canvas, figure: &Figure) {
    let bones = &figure.bones;
    let r = bones.reach;
    let white = Tone { line: rgb(0x6a_6478), ..Tone::of(WHITE) };
    let top = bones.shoulder_y - 38.0 * r;
    let front = Shape::from(-bones.neck - 6.0 * r, top)
        .quad(0.0, top + 22.0 * r, bones.neck + 6.0 * r, top)
        .line(0.0, bones.chest_y + 6.0 * r)
        .close();
    canvas.part(&front, white.base, white.line, |canvas| {
        chin_shadow(canvas, figure, white);
        canvas.trace(&Shape::from(0.0, top).line(0.0, bones.chest_y), white.line.faint(0.6), 0.6);
    });
}

fn stole(canvas: &mut Canvas, figure: &Figure, side: f32) {
    let (bones, second) = (&figure.bones, figure.palette.second);
    let r = bones.reach;
    let (x, top, low) = (bones.neck, bones.shoulder_y, bones.hip_y + 60.0 * r);
    let shape = Shape::from(x - 1.0, top - 36.0 * r)
        .line(x + 24.0 * r, top - 26.0 * r)
        .cubic(x + 34.0 * r, top + 40.0 * r, 40.0 * r, bones.chest_y, 42.0 * r, bones.waist_y)
        .line(44.0 * r, low)
        .line(27.0 * r, low + 16.0 * r)
        .line(10.0 * r, low)
        .line(7.0 * r, bones.chest_y + 14.0 * r)
        .cubic(12.0 * r, bones.chest_y - 20.0 * r, x - 2.0 * r, top, x - 1.0, top - 36.0 * r)
        .close()
        .on(side);
    canvas.part(&shape, second.base, second.line, |canvas| {
        let inner = Shape::from(x + 10.0 * r, top - 36.0 * r).cubic(
            x + 10.0 * r,
            top + 40.0 * r,
            16.0 * r,
            bones.chest_y,
            17.0 * r,
            low + 20.0 * r,
        );
        canvas.trace_wide(&inner.on(side), second.shade, 6.0 * r);
        for y in [bones.waist_y + 30.0 * r, bones.hip_y + 10.0 * r] {
            let mark =
                Shape::polygon(&[(30.0 * r, y - 11.0 * r), (37.0 * r, y), (30.0 * r, y + 11.0 * r), (23.0 * r, y)]);
            canvas.fill(&mark.on(side), figure.palette.accent.base);
        }
    });
}

/// A sleeve that widens like a bell and shows its lining.
pub(super) fn sleeve(canvas: &mut Canvas, figure: &Figure, arm: &Arm) {
    let (bones, second) = (&figure.bones, figure.palette.second);
    let end = wrist(arm, bones.hand * 2.0);
    let rim = wrist(arm, bones.hand * 1.45);
    let shirt = Shape::limb(end, rim, wrist(arm, bones.hand * 0.8), bones.arm * 0.62, bones.arm * 0.66);
    canvas.plain(&shirt, Tone { line: rgb(0x6a_6478), ..Tone::of(WHITE) });
    let lining = Shape::limb(wrist(arm, bones.hand * 2.6), end, rim, bones.arm * 1.5, bones.arm * 1.66);
    canvas.plain(&lining, second);
    super::sewn(canvas, figure, arm, end, 1.6);
}
