//! A kimono: the left side folded over the right one, an obi with its cord, hanging sleeves, flowers in the cloth.

use super::{flanks, torso, wrist};
use crate::look::Dice;
use crate::paint::arms::Arm;
use crate::paint::canvas::Canvas;
use crate::paint::figure::Figure;
use crate::paint::ink::{Ink, Tone, WHITE, rgb};
use crate::paint::shape::Shape;

/// Paints the garment down to the ankles, collars and obi.
pub(super) fn paint(canvas: &mut Canvas, figure: &Figure) {
    let (bones, cloth) = (&figure.bones, figure.palette.cloth);
    let r = bones.reach;
    let low = bones.ankle_y - 6.0 * r;
    canvas.part(&torso(bones, low, 2.0 * r), cloth.base, cloth.line, |canvas| {
        flanks(canvas, figure, cloth, low + 40.0);
        flowers(canvas, figure, low);
        let overlap =
            Shape::from(4.0 * r, bones.waist_y).quad(bones.hip * 0.3, bones.knee_y, bones.hip * 0.62, low + 20.0 * r);
        canvas.trace(&overlap, cloth.line, 1.0);
        let hem = Shape::from(bones.hip * 0.56, low - 20.0 * r)
            .line(bones.hip * 0.62, low + 30.0 * r)
            .line(-bones.hip * 2.0, low + 30.0 * r)
            .line(-bones.hip * 2.0, low - 8.0 * r)
            .close();
        canvas.fill(&hem, figure.palette.second.base.faint(0.9));
    });
    collars(canvas, figure);
    obi(canvas, figure);
}

fn collars(canvas: &mut Canvas, figure: &Figure) {
    let (bones, cloth) = (&figure.bones, figure.palette.cloth);
    let r = bones.reach;
    let (x, top) = (bones.neck, bones.shoulder_y - 36.0 * r);
    let low = bones.chest_y + 44.0 * r;
    let band = |inner: f32, wide: f32, end: f32| {
        Shape::from(-x + inner, top)
            .line(-x + inner - wide, top + 4.0 * r)
            .quad(-x * 0.5 - wide * 0.6, bones.chest_y - 30.0 * r, end - wide * 0.9, low)
            .line(end, low)
            .quad(x * 0.1 + inner, bones.chest_y - 44.0 * r, -x + inner, top)
            .close()
    };
    let white = Tone { line: rgb(0x6a_6478), ..Tone::of(rgb(0xfd_fbf6)) };
    let dark = Tone { base: cloth.base.darker(0.2), ..cloth };
    // The wearer's right side lies beneath, the left side above: seen from outside the folds form the letter y.
    for (inner, tone, wide) in [(5.0 * r, white, 12.0 * r), (-3.0 * r, dark, 20.0 * r)] {
        canvas.plain(&band(inner, wide, 26.0 * r).on(1.0), tone);
    }
    for (inner, tone, wide) in [(5.0 * r, white, 12.0 * r), (-3.0 * r, dark, 20.0 * r)] {
        canvas.plain(&band(inner, wide, 26.0 * r).on(-1.0), tone);
    }
}

fn obi(canvas: &mut Canvas, figure: &Figure) {
    let (bones, second, accent) = (&figure.bones, figure.palette.second, figure.palette.accent);
    let r = bones.reach;
    let (top, low) = (bones.chest_y + 28.0 * r, bones.waist_y + 28.0 * r);
    let half = Shape::from(0.0, top)
        .line(bones.chest + 4.0 * r, top - 2.0 * r)
        .quad(bones.waist + 8.0 * r, (top + low) / 2.0, bones.waist + 12.0 * r, low)
        .line(0.0, low + 3.0 * r);
    canvas.part(&half.symmetric(), second.base, second.line, |canvas| {
        canvas.fill(&Shape::card(-160.0, low - 20.0 * r, 320.0, 40.0 * r, 0.0), second.shade.faint(0.6));
        for step in -4i8..=4 {
            let x = f32::from(step) * 30.0 * r;
            let diamond = Shape::polygon(&[
                (x, top + 10.0 * r),
                (x + 10.0 * r, top + 22.0 * r),
                (x, top + 34.0 * r),
                (x - 10.0 * r, top + 22.0 * r),
            ]);
            canvas.trace(&diamond, second.light, 0.8);
        }
    });
    let middle = (top + low) / 2.0 + 8.0 * r;
    let cord = Shape::from(-bones.waist - 9.0 * r, middle).quad(0.0, middle + 5.0 * r, bones.waist + 9.0 * r, middle);
    canvas.trace_wide(&cord, accent.line, 10.0 * r);
    canvas.trace_wide(&cord, accent.base, 6.0 * r);
    canvas.plain(&Shape::ellipse(0.0, middle + 2.0 * r, 9.0 * r, 9.0 * r), accent);
}

/// Where flowers are woven in is the seed's choice, the same in every picture.
fn flowers(canvas: &mut Canvas, figure: &Figure, low: f32) {
    let bones = &figure.bones;
    let mut dice = Dice::new(figure.look.seed, "flowers");
    for _ in 0..26 {
        let x = (dice.unit() * 2.0 - 1.0) * (bones.shoulder - 4.0);
        let y = bones.shoulder_y + dice.unit() * (low - bones.shoulder_y);
        let size = (7.0 + dice.unit() * 7.0) * bones.reach.max(0.55);
        let petal =
            if dice.unit() < 0.5 { figure.palette.second.light } else { WHITE.mix(figure.palette.accent.light, 0.4) };
        flower(canvas, (x, y), size, petal, figure);
    }
}

fn flower(canvas: &mut Canvas, (x, y): (f32, f32), size: f32, petal: Ink, figure: &Figure) {
    for step in 0u8..5 {
        let angle = (f32::from(step) * 72.0 - 90.0).to_radians();
        canvas.fill(
            &Shape::ellipse(x + angle.cos() * size * 0.62, y + angle.sin() * size * 0.62, size * 0.48, size * 0.48),
            petal.faint(0.85),
        );
    }
    canvas.fill(&Shape::ellipse(x, y, size * 0.3, size * 0.3), figure.palette.accent.base);
}

/// A sleeve whose lower edge hangs down from wrist and elbow.
pub(super) fn sleeve(canvas: &mut Canvas, figure: &Figure, arm: &Arm) {
    let (bones, cloth) = (&figure.bones, figure.palette.cloth);
    let r = bones.reach.max(0.5);
    let (wx, wy) = wrist(arm, bones.hand * 1.2);
    let elbow = ((arm.shoulder.0 + 2.0 * arm.bend.0 + wx) / 4.0, (arm.shoulder.1 + 2.0 * arm.bend.1 + wy) / 4.0);
    let low = elbow.1.max(wy) + 84.0 * r;
    // From where the hand comes out, down along the open end, and back up to the elbow.
    let hang = Shape::from(wx, wy)
        .quad(wx + arm.side * 8.0 * r, (wy + low) / 2.0, wx.midpoint(elbow.0) + arm.side * 30.0 * r, low - 8.0 * r)
        .quad(elbow.0, low + 10.0 * r, elbow.0 - arm.side * 24.0 * r, low - 26.0 * r)
        .line(elbow.0 - arm.side * bones.arm, elbow.1)
        .close();
    canvas.part(&hang, cloth.shade, cloth.line, |canvas| {
        flower(canvas, (elbow.0 + arm.side * 6.0 * r, low - 34.0 * r), 12.0 * r, figure.palette.second.light, figure);
        let rim = Shape::from(elbow.0 - arm.side * 40.0 * r, low - 6.0 * r).quad(
            elbow.0,
            low + 6.0 * r,
            elbow.0 + arm.side * 60.0 * r,
            low - 12.0 * r,
        );
        canvas.trace_wide(&rim, figure.palette.second.base, 8.0 * r);
    });
    super::sewn(canvas, figure, arm, (wx, wy), 1.0);
    flower(canvas, (elbow.0, elbow.1 - 6.0 * r), 10.0 * r, WHITE.mix(figure.palette.accent.light, 0.4), figure);
}
