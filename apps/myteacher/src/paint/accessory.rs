//! What a teacher puts on or carries: glasses, hat, tie, pom-poms to cheer with, and the book that every teacher has.

use super::arms::Arm;
use super::canvas::Canvas;
use super::eyes::EYE;
use super::figure::Figure;
use super::ink::{Tone, WHITE, rgb};
use super::shape::{Shape, Spot};
use crate::look::{Accessory, Clothing, Dice};

/// A tie, if one is worn.
pub(super) fn on_chest(canvas: &mut Canvas, figure: &Figure) {
    if !figure.has(Accessory::Tie) {
        return;
    }
    let (bones, accent) = (&figure.bones, figure.palette.accent);
    let r = bones.reach;
    let (top, low) = (bones.shoulder_y - 14.0 * r, bones.waist_y - 30.0 * r);
    let blade = Shape::from(0.0, top + 14.0 * r)
        .line(9.0 * r, top + 16.0 * r)
        .line(19.0 * r, low - 18.0 * r)
        .line(0.0, low)
        .symmetric();
    canvas.part(&blade, accent.base, accent.line, |canvas| {
        for step in 0u8..6 {
            let y = top + 40.0 * r + f32::from(step) * 24.0 * r;
            canvas.trace_wide(
                &Shape::from(-24.0 * r, y + 12.0 * r).line(24.0 * r, y - 12.0 * r),
                WHITE.faint(0.75),
                4.5 * r,
            );
        }
    });
    let knot = Shape::from(0.0, top - 3.0 * r)
        .line(13.0 * r, top - 2.0 * r)
        .line(9.0 * r, top + 18.0 * r)
        .line(0.0, top + 20.0 * r)
        .symmetric();
    canvas.part(&knot, accent.base, accent.line, |canvas| {
        canvas.fill(&Shape::card(-14.0 * r, top + 10.0 * r, 28.0 * r, 14.0 * r, 1.0), accent.shade);
    });
}

/// Glasses, if they are worn.
pub(super) fn on_eyes(canvas: &mut Canvas, figure: &Figure) {
    if !figure.has(Accessory::Glasses) {
        return;
    }
    let frame = rgb(0x4a_2c2a);
    for side in [-1.0, 1.0] {
        let lens = Shape::ellipse(side * EYE.0, EYE.1 + 3.0, 33.0, 31.0);
        canvas.fill(&lens, rgb(0xd8_f0ff).faint(0.12));
        canvas.inside(&lens, |canvas| {
            let x = side * EYE.0;
            canvas.trace_wide(&Shape::from(x + 10.0, EYE.1 + 34.0).line(x + 34.0, EYE.1 - 6.0), WHITE.faint(0.3), 8.0);
            canvas.trace_wide(&Shape::from(x - 1.0, EYE.1 + 36.0).line(x + 26.0, EYE.1 - 8.0), WHITE.faint(0.2), 3.0);
        });
        canvas.trace_wide(&lens, frame, 4.6);
        let temple = Shape::from(EYE.0 + 32.0, EYE.1 - 3.0).line(94.0 * figure.bones.face, EYE.1 - 10.0);
        canvas.trace_wide(&temple.on(side), frame, 4.2);
    }
    canvas.trace_wide(&Shape::from(-10.0, EYE.1 + 2.0).quad(0.0, EYE.1 - 6.0, 10.0, EYE.1 + 2.0), frame, 4.2);
}

/// Whatever sits on the hair: a hat, or the headband of one who cheers.
pub(super) fn on_hair(canvas: &mut Canvas, figure: &Figure) {
    if figure.has(Accessory::Hat) {
        if figure.look.clothing == Clothing::Robe { scholars_cap(canvas, figure) } else { brimmed_hat(canvas, figure) }
    }
    if figure.has(Accessory::Cheer) {
        headband(canvas, figure);
    }
}

fn brimmed_hat(canvas: &mut Canvas, figure: &Figure) {
    let straw = Tone::of(rgb(0xe8_c684));
    let crown = Shape::from(0.0, -176.0)
        .cubic(56.0, -178.0, 86.0, -150.0, 92.0, -86.0)
        .quad(0.0, -66.0, 0.0, -66.0)
        .symmetric();
    canvas.part(&crown, straw.base, straw.line, |canvas| {
        let shade = Shape::from(40.0, -190.0)
            .cubic(70.0, -150.0, 60.0, -110.0, 52.0, -60.0)
            .line(140.0, -60.0)
            .line(140.0, -190.0)
            .close();
        canvas.fill(&shade.on(-figure.quirks.side), straw.shade);
        let band = Shape::from(-110.0, -106.0)
            .quad(0.0, -78.0, 110.0, -106.0)
            .line(110.0, -78.0)
            .quad(0.0, -50.0, -110.0, -78.0)
            .close();
        canvas.part(&band, figure.palette.accent.base, figure.palette.accent.line, |_| {});
    });
    let brim = Shape::from(0.0, -76.0)
        .cubic(50.0, -76.0, 84.0, -88.0, 94.0, -100.0)
        .cubic(140.0, -100.0, 164.0, -72.0, 148.0, -60.0)
        .cubic(120.0, -38.0, 60.0, -44.0, 0.0, -44.0)
        .symmetric();
    canvas.part(&brim, straw.base, straw.line, |canvas| {
        for lower in [0.0, 9.0] {
            canvas.trace(
                &Shape::from(-150.0, -74.0 + lower).quad(0.0, -46.0 + lower, 150.0, -74.0 + lower),
                straw.shade,
                0.8,
            );
        }
    });
    for turn in [-1.0, 1.0] {
        let x = figure.quirks.side * 62.0;
        let loop_ = Shape::from(x, -86.0)
            .cubic(x + turn * 10.0, -106.0, x + turn * 32.0, -104.0, x + turn * 28.0, -86.0)
            .cubic(x + turn * 32.0, -70.0, x + turn * 10.0, -72.0, x, -86.0)
            .close();
        canvas.plain(&loop_, figure.palette.accent);
    }
    canvas.plain(&Shape::ellipse(figure.quirks.side * 62.0, -86.0, 6.0, 7.0), figure.palette.accent);
}

fn scholars_cap(canvas: &mut Canvas, figure: &Figure) {
    let (cloth, second, side) = (figure.palette.cloth, figure.palette.second, figure.quirks.side);
    let band = Shape::from(0.0, -136.0)
        .line(84.0, -132.0)
        .cubic(92.0, -110.0, 94.0, -96.0, 92.0, -84.0)
        .quad(40.0, -62.0, 0.0, -62.0)
        .symmetric();
    canvas.part(&band, cloth.base, cloth.line, |canvas| {
        canvas.fill(&Shape::ellipse(0.0, -136.0, 110.0, 34.0), cloth.shade)
    });
    let board = Shape::polygon(&[(0.0, -182.0), (142.0, -140.0), (0.0, -100.0), (-142.0, -140.0)]);
    canvas.part(&board, cloth.base, cloth.line, |canvas| {
        canvas.fill(
            &Shape::polygon(&[(0.0, -182.0), (142.0, -140.0), (110.0, -136.0), (0.0, -170.0)]).on(side),
            cloth.light.faint(0.4),
        );
    });
    let cord = Shape::from(0.0, -140.0).quad(60.0, -140.0, 108.0, -132.0).quad(116.0, -110.0, 113.0, -84.0).on(side);
    canvas.trace_wide(&cord, second.line, 7.0);
    canvas.trace_wide(&cord, second.base, 4.0);
    canvas.plain(&Shape::ellipse(0.0, -141.0, 8.0, 5.0), second);
    canvas.plain(
        &Shape::from(107.0, -88.0).line(119.0, -88.0).line(124.0, -50.0).line(102.0, -50.0).close().on(side),
        second,
    );
}

fn headband(canvas: &mut Canvas, figure: &Figure) {
    let accent = figure.palette.accent;
    let side = figure.quirks.side;
    let band = Shape::from(-114.0, -46.0)
        .cubic(-70.0, -82.0, 70.0, -82.0, 114.0, -46.0)
        .line(113.0, -24.0)
        .cubic(70.0, -60.0, -70.0, -60.0, -113.0, -24.0)
        .close();
    for (dx, dy) in [(34.0, 26.0), (24.0, 48.0)] {
        let tail = Shape::from(108.0, -36.0)
            .quad(122.0, -30.0, 112.0 + dx, -36.0 + dy)
            .line(100.0 + dx, -28.0 + dy)
            .quad(112.0, -20.0, 106.0, -28.0)
            .close();
        canvas.plain(&tail.on(side), Tone { base: WHITE, ..accent });
    }
    canvas.plain(&band, Tone { base: WHITE, ..accent });
    canvas.plain(&Shape::ellipse(0.0, -62.0, 10.0, 10.0), Tone { base: rgb(0xd8_3a45), ..accent });
}

/// A pom-pom around a hand: strips in two colours, thrown by the seed, the same in every picture.
pub(super) fn pom_pom(canvas: &mut Canvas, figure: &Figure, arm: &Arm) {
    let accent = figure.palette.accent;
    let size = figure.bones.hand * 2.1;
    let (x, y) = (arm.hand.0, arm.hand.1 - figure.bones.hand * 0.3);
    let mut dice = Dice::new(figure.look.seed, "pom-pom");
    let mut strips = |count: u8, near: f32, far: f32| -> Vec<(Spot, Spot)> {
        (0..count)
            .map(|strip| {
                let angle = (f32::from(strip) + dice.unit() * 0.8) * std::f32::consts::TAU / f32::from(count);
                let length = size * (near + (far - near) * dice.unit());
                (
                    (x + angle.cos() * size * 0.2, y + angle.sin() * size * 0.2),
                    (x + angle.cos() * length, y + angle.sin() * length),
                )
            })
            .collect()
    };
    let (outer, inner) = (strips(30, 0.88, 1.12), strips(22, 0.55, 0.85));
    let wide = size * 0.17;
    let line = canvas.line() * 2.0;
    for (from, to) in &outer {
        canvas.trace_wide(&Shape::from(from.0, from.1).line(to.0, to.1), accent.line, wide + line);
    }
    canvas.fill(&Shape::ellipse(x, y, size * 0.8, size * 0.8), accent.shade);
    for (index, (from, to)) in outer.iter().chain(&inner).enumerate() {
        let ink = match index % 4 {
            0 => accent.base,
            1 => WHITE,
            2 => accent.light,
            _ => rgb(0xff_e27a),
        };
        let strip = Shape::from(from.0, from.1).line(to.0, to.1);
        canvas.trace_wide(&strip, accent.line.faint(0.35), wide + line * 0.5);
        canvas.trace_wide(&strip, ink, wide * 0.86);
    }
}

/// The book under the arm.
pub(super) fn book(canvas: &mut Canvas, figure: &Figure, arm: &Arm) {
    let accent = figure.palette.accent;
    // A small teacher's is large for its size: a wide sleeve would leave a stub of a smaller one.
    let (r, inward) = if figure.look.is_chibi { (0.74, 14.0) } else { (figure.bones.reach, 16.0) };
    let (x, y) = (arm.hand.0 - arm.side * inward * r, arm.hand.1 - 12.0 * r);
    let card = Shape::card(x - 34.0 * r, y - 42.0 * r, 68.0 * r, 86.0 * r, 5.0 * r);
    let pages = Shape::card(x - 30.0 * r, y - 46.0 * r, 64.0 * r, 86.0 * r, 4.0 * r);
    canvas.plain(&pages, Tone { line: rgb(0x6a_6478), ..Tone::of(WHITE) });
    canvas.part(&card, accent.base, accent.line, |canvas| {
        canvas.fill(&Shape::card(x - 34.0 * r, y - 42.0 * r, 11.0 * r, 90.0 * r, 0.0), accent.shade);
        canvas.fill(&Shape::card(x - 14.0 * r, y - 28.0 * r, 36.0 * r, 18.0 * r, 3.0 * r), accent.light);
    });
}
