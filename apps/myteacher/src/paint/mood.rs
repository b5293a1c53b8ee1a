//! What shows a feeling beside the eyes: brows, mouth, and the marks comics use (tears, a cross vein, a start).

use super::canvas::Canvas;
use super::figure::Figure;
use super::ink::{Ink, WHITE, rgb};
use super::shape::Shape;
use crate::look::{Accessory, Expression, HairColor, Sex};
use tiny_skia::Transform;

const INSIDE: Ink = rgb(0x8a_2436);
const TONGUE: Ink = rgb(0xf0_7f86);
const TEAR: Ink = rgb(0x9f_d8fa);

/// The brows, drawn over the fringe so that they can always be read.
pub(super) fn brows(canvas: &mut Canvas, figure: &Figure) {
    let (thick, base) = match figure.look.sex {
        Sex::Female => (3.4, -20.0),
        Sex::Male => (6.4, -16.0),
        Sex::Other => (4.6, -18.0),
    };
    // Heights of the inner end, the middle and the outer end against a calm brow.
    let (inner, middle, outer) = match figure.picture.expression {
        Expression::Normal => (2.0, -6.0, 2.0),
        Expression::Happy => (-3.0, -13.0, -2.0),
        Expression::Sad => (-12.0, -5.0, 7.0),
        Expression::Angry => (15.0, 0.0, -8.0),
        Expression::Surprised => (-14.0, -24.0, -14.0),
    };
    let ink = figure.palette.hair.line.mix(figure.palette.hair.shade, 0.35);
    for side in [-1.0, 1.0] {
        let brow = Shape::from(20.0, base + inner - thick / 2.0)
            .quad(42.0, base + middle - thick / 2.0, 66.0, base + outer)
            .quad(42.0, base + middle + thick, 20.0, base + inner + thick / 2.0)
            .close();
        canvas.fill(&brow.on(side), ink);
        canvas.trace(&brow.on(side), ink, 0.3);
    }
}

/// The mouth.
pub(super) fn mouth(canvas: &mut Canvas, figure: &Figure) {
    let line = figure.palette.skin.line.mix(rgb(0x4a_1820), 0.5);
    match figure.picture.expression {
        Expression::Normal => {
            canvas.trace(&Shape::from(-17.0, 75.0).cubic(-8.0, 84.0, 8.0, 84.0, 17.0, 75.0), line, 1.1);
            canvas.trace(&Shape::from(-5.0, 89.0).quad(0.0, 91.0, 5.0, 89.0), figure.palette.skin.shade, 0.9);
        }
        Expression::Happy => laughing(canvas, line),
        Expression::Sad => {
            canvas.trace(
                &Shape::from(-15.0, 85.0)
                    .cubic(-9.0, 75.0, -3.0, 76.0, 1.0, 79.0)
                    .cubic(6.0, 75.0, 11.0, 77.0, 15.0, 84.0),
                line,
                1.1,
            );
        }
        Expression::Angry => shouting(canvas, line),
        Expression::Surprised => gasping(canvas, line),
    }
}

fn laughing(canvas: &mut Canvas, line: Ink) {
    let shape =
        Shape::from(-25.0, 70.0).quad(0.0, 77.0, 25.0, 70.0).cubic(23.0, 99.0, -23.0, 99.0, -25.0, 70.0).close();
    canvas.part(&shape, INSIDE, line, |canvas| {
        canvas.fill(&Shape::ellipse(0.0, 96.0, 15.0, 10.0), TONGUE);
        let teeth = Shape::from(-30.0, 60.0).line(30.0, 60.0).line(19.0, 76.0).quad(0.0, 80.0, -19.0, 76.0).close();
        canvas.fill(&teeth, WHITE);
    });
}

fn gasping(canvas: &mut Canvas, line: Ink) {
    canvas.part(&Shape::ellipse(0.0, 82.0, 11.0, 14.5), INSIDE, line, |canvas| {
        canvas.fill(&Shape::ellipse(0.0, 97.0, 15.0, 10.0), TONGUE);
    });
}

fn shouting(canvas: &mut Canvas, line: Ink) {
    let shape =
        Shape::from(-19.0, 88.0).cubic(-14.0, 68.0, 14.0, 68.0, 19.0, 88.0).quad(0.0, 82.0, -19.0, 88.0).close();
    canvas.part(&shape, WHITE, line, |canvas| {
        canvas.trace(&Shape::from(-20.0, 80.5).quad(0.0, 75.0, 20.0, 80.5), line.faint(0.7), 0.5);
    });
}

/// The marks beside the face; under the brim if there is a hat.
pub(super) fn marks(canvas: &mut Canvas, figure: &Figure) {
    let side = figure.quirks.side;
    let (out, down) = if figure.has(Accessory::Hat) { (side * 40.0, 64.0) } else { (0.0, 0.0) };
    let place = Transform::from_translate(out, down);
    match figure.picture.expression {
        Expression::Normal => {}
        Expression::Happy => canvas.within(place, |canvas| sparkles(canvas, figure, side)),
        Expression::Sad => tears(canvas, side),
        Expression::Angry => canvas.within(place, |canvas| cross_vein(canvas, figure, side)),
        Expression::Surprised => canvas.within(place, |canvas| start(canvas, figure, side)),
    }
}

fn sparkles(canvas: &mut Canvas, figure: &Figure, side: f32) {
    let ink = rgb(0xff_cf4a);
    for (x, y, size) in [(128.0, -70.0, 17.0), (146.0, -34.0, 9.0)] {
        let star = Shape::from(x, y - size)
            .quad(x + size * 0.12, y - size * 0.12, x + size, y)
            .quad(x + size * 0.12, y + size * 0.12, x, y + size)
            .quad(x - size * 0.12, y + size * 0.12, x - size, y)
            .quad(x - size * 0.12, y - size * 0.12, x, y - size)
            .close()
            .on(side);
        canvas.fill(&star, ink);
        canvas.trace(&star, figure.palette.skin.line.mix(ink, 0.4), 0.6);
    }
}

fn tears(canvas: &mut Canvas, side: f32) {
    for (x, y, size, side) in [(66.0, 58.0, 8.5, side), (72.0, 84.0, 6.0, side), (65.0, 52.0, 6.0, -side)] {
        let drop = Shape::from(x, y - size * 1.6)
            .cubic(x + size * 0.4, y - size * 0.6, x + size, y - size * 0.3, x + size, y + size * 0.3)
            .cubic(x + size, y + size * 1.3, x - size, y + size * 1.3, x - size, y + size * 0.3)
            .cubic(x - size, y - size * 0.3, x - size * 0.4, y - size * 0.6, x, y - size * 1.6)
            .close()
            .on(side);
        canvas.part(&drop, TEAR, rgb(0x3f_7fb8), |canvas| {
            canvas.fill(&Shape::ellipse(side * (x - size * 0.35), y + size * 0.25, size * 0.28, size * 0.4), WHITE);
        });
    }
}

fn cross_vein(canvas: &mut Canvas, figure: &Figure, side: f32) {
    // On red hair the usual red could not be told from a lock.
    let ink = if figure.look.hair_color == HairColor::Red { rgb(0x4a_0f38) } else { rgb(0xd8_2338) };
    let (x, y, near, far) = (72.0, -84.0, 5.5, 19.0);
    for (h, v) in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
        let bend = Shape::from(x + h * near, y + v * far)
            .quad(x + h * near * 1.1, y + v * near * 1.1, x + h * far, y + v * near)
            .on(side);
        canvas.trace_wide(&bend, WHITE, 11.0);
    }
    for (h, v) in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
        let bend = Shape::from(x + h * near, y + v * far)
            .quad(x + h * near * 1.1, y + v * near * 1.1, x + h * far, y + v * near)
            .on(side);
        canvas.trace_wide(&bend, ink, 6.0);
    }
}

fn start(canvas: &mut Canvas, figure: &Figure, side: f32) {
    let ink = figure.palette.hair.line.mix(rgb(0x2a_2038), 0.5);
    for (x, y, dx, dy) in [(122.0, -96.0, 20.0, -16.0), (136.0, -66.0, 26.0, -8.0), (106.0, -122.0, 13.0, -22.0)] {
        let dash = Shape::from(x, y).line(x + dx, y + dy).on(side);
        canvas.trace_wide(&dash, WHITE, 9.0);
        canvas.trace_wide(&dash, ink, 5.0);
    }
}
