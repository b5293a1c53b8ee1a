//! The eyes: open in four moods, laughing arcs in the fifth; colour, shine, lids and lashes.

use super::canvas::{Canvas, Fill};
use super::figure::Figure;
use super::ink::{Ink, WHITE, rgb};
use super::shape::Shape;
use crate::look::{Expression, Sex};
use tiny_skia::Transform;

/// How far an eye is from the middle of the face, and how low.
pub(super) const EYE: (f32, f32) = (42.0, 24.0);

/// Paints both eyes.
pub(super) fn paint(canvas: &mut Canvas, figure: &Figure) {
    for side in [-1.0, 1.0] {
        if figure.feels(Expression::Happy) {
            laughing(canvas, figure, side);
        } else {
            open(canvas, figure, side);
        }
    }
}

/// How an open eye differs from mood to mood.
struct Lids {
    /// From the middle to the lid, up and down.
    up: f32,
    down: f32,
    /// Degrees by which the outer corner sinks.
    droop: f32,
    /// Size of the iris against a calm one.
    iris: f32,
}

fn lids(figure: &Figure) -> Lids {
    let calm = match figure.look.sex {
        Sex::Female => 26.0,
        Sex::Male => 20.0,
        Sex::Other => 23.0,
    };
    match figure.picture.expression {
        Expression::Normal | Expression::Happy => Lids { up: calm, down: calm * 0.86, droop: 0.0, iris: 1.0 },
        Expression::Sad => Lids { up: calm * 0.86, down: calm * 0.84, droop: 11.0, iris: 1.0 },
        Expression::Angry => Lids { up: calm * 0.72, down: calm * 0.76, droop: -13.0, iris: 0.86 },
        Expression::Surprised => Lids { up: calm * 1.22, down: calm * 1.02, droop: 0.0, iris: 0.7 },
    }
}

fn open(canvas: &mut Canvas, figure: &Figure, side: f32) {
    let lids = lids(figure);
    let line = figure.palette.hair.line.mix(rgb(0x18_1018), 0.6);
    // Outer corner to the right; the left eye is the mirror image.
    let place =
        Transform::from_translate(EYE.0, EYE.1).post_scale(side, 1.0).pre_concat(Transform::from_rotate(lids.droop));
    canvas.within(place, |canvas| {
        let (up, down) = (lids.up, lids.down);
        let ball = Shape::from(-21.0, 5.0)
            .cubic(-17.0, -up, 13.0, -up - 4.0, 22.0, -2.0)
            .cubic(22.0, down * 0.7, 10.0, down, 0.0, down)
            .cubic(-11.0, down, -19.0, down * 0.6, -21.0, 5.0)
            .close();
        canvas.fill(&ball, rgb(0xfc_fbff));
        canvas.inside(&ball, |canvas| {
            iris(canvas, figure, &lids);
            let shadow = Shape::from(-24.0, 6.0)
                .cubic(-17.0, -up + 9.0, 13.0, -up + 7.0, 25.0, 5.0)
                .line(25.0, -40.0)
                .line(-25.0, -40.0)
                .close();
            canvas.fill(&shadow, rgb(0x2a_1f45).faint(0.28));
        });
        let below = Shape::from(14.0, down * 0.84).quad(2.0, down * 1.1, -10.0, down * 0.86);
        canvas.trace(&below, line.faint(0.75), 0.8);
        upper_lid(canvas, figure, up, line);
    });
    let shine = Transform::from_translate(side * EYE.0, EYE.1);
    canvas.within(shine, |canvas| shine_of(canvas, figure, &lids));
}

fn iris(canvas: &mut Canvas, figure: &Figure, lids: &Lids) {
    let (upper, lower) = figure.palette.eye;
    let (wide, tall) = (16.0 * lids.iris, (lids.up + lids.down) * 0.5 * 0.94 * lids.iris);
    canvas.fill(&Shape::ellipse(0.0, 1.0, wide, tall), Fill::Fade((0.0, -tall), upper, (0.0, tall), lower));
    canvas.trace(&Shape::ellipse(0.0, 1.0, wide, tall), upper.darker(0.3), 0.7);
    canvas.fill(&Shape::ellipse(0.0, 0.0, wide * 0.45, tall * 0.48), upper.darker(0.45));
    let glow = Shape::from(-wide * 0.7, tall * 0.35)
        .quad(0.0, tall * 1.25, wide * 0.7, tall * 0.35)
        .quad(0.0, tall * 0.75, -wide * 0.7, tall * 0.35)
        .close();
    canvas.fill(&glow, lower.lighter(0.45).faint(0.85));
}

/// The light falls on both eyes from the same side, so this is not mirrored.
fn shine_of(canvas: &mut Canvas, figure: &Figure, lids: &Lids) {
    let size = lids.iris;
    canvas.fill(&Shape::ellipse(-6.0, -lids.up * 0.36, 6.0 * size, 6.8 * size), WHITE);
    canvas.fill(&Shape::ellipse(6.0, lids.down * 0.42, 3.0 * size, 3.4 * size), WHITE.faint(0.9));
    if figure.feels(Expression::Sad) {
        canvas.fill(&Shape::ellipse(-2.0, lids.down * 0.72, 8.0, 4.0), WHITE.faint(0.8));
    }
}

fn upper_lid(canvas: &mut Canvas, figure: &Figure, up: f32, line: Ink) {
    let female = figure.look.sex == Sex::Female;
    let (wing, thick) = if female { ((30.0, -9.0), 6.5) } else { ((25.0, -3.0), 4.6) };
    let lid = Shape::from(-22.0, 6.0)
        .cubic(-18.0, -up - 1.0, 13.0, -up - 6.0, wing.0, wing.1)
        .quad(25.0, 0.0, 21.0, 1.0)
        .cubic(13.0, -up - 4.0 + thick * 1.6, -15.0, -up + thick, -22.0, 6.0)
        .close();
    canvas.fill(&lid, line);
    canvas.trace(&lid, line, 0.35);
    if female {
        for (x, y, dx, dy) in [(18.0, -13.0, 12.0, -8.0), (11.0, -up * 0.78, 8.0, -9.0)] {
            let lash = Shape::from(x - 5.0, y + 1.0)
                .quad(x + dx * 0.6, y + dy * 0.3, x + dx, y + dy)
                .quad(x + dx * 0.5, y + dy * 0.1, x + 1.0, y + 6.0)
                .close();
            canvas.fill(&lash, line);
        }
    }
    let crease = Shape::from(-13.0, -up * 0.86 - 4.0).quad(2.0, -up - 12.0, 17.0, -up * 0.62 - 4.0);
    canvas.trace(&crease, figure.palette.skin.line.faint(0.55), 0.6);
}

fn laughing(canvas: &mut Canvas, figure: &Figure, side: f32) {
    let line = figure.palette.eye.0.darker(0.35);
    let arc = Shape::from(-23.0, 11.0)
        .cubic(-14.0, -15.0, 12.0, -17.0, 25.0, 7.0)
        .cubic(12.0, -7.0, -12.0, -6.0, -23.0, 11.0)
        .close();
    let place = Transform::from_translate(EYE.0, EYE.1 + 2.0).post_scale(side, 1.0);
    canvas.within(place, |canvas| {
        canvas.fill(&arc, line);
        canvas.trace(&arc, line, 0.6);
        canvas.trace(&Shape::from(-14.0, 14.0).quad(0.0, 18.0, 14.0, 13.0), figure.palette.eye.1, 0.7);
        if figure.look.sex == Sex::Female {
            canvas.trace(&Shape::from(22.0, 2.0).line(32.0, -3.0), line, 1.0);
            canvas.trace(&Shape::from(17.0, -4.0).line(26.0, -11.0), line, 1.0);
        }
    });
}
