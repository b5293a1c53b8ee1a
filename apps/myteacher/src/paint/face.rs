//! The face: ears, skin, the fringe's shadow, nose, blush and the marks that make a face somebody's own.

use super::canvas::Canvas;
use super::figure::Figure;
use super::hair;
use super::shape::Shape;
use crate::look::{Expression, Sex};
use tiny_skia::Transform;

/// Paints ears and face; eyes, brows and mouth are parts of their own.
pub(super) fn paint(canvas: &mut Canvas, figure: &Figure) {
    let skin = figure.palette.skin;
    for side in [-1.0, 1.0] {
        ear(canvas, figure, side);
    }
    canvas.part(&outline(figure), skin.base, skin.line, |canvas| {
        canvas.within(Transform::from_translate(0.0, 11.0), |canvas| canvas.fill(&hair::fringe(figure), skin.shade));
        let cheek = Shape::from(96.0, -40.0)
            .cubic(90.0, 40.0, 70.0, 84.0, 8.0, 108.0)
            .line(60.0, 130.0)
            .line(120.0, 60.0)
            .close();
        canvas.fill(&cheek.on(-figure.quirks.side), skin.shade.faint(0.75));
        blush(canvas, figure);
    });
    nose(canvas, figure);
    own_marks(canvas, figure);
}

fn outline(figure: &Figure) -> Shape {
    let wide = 93.0 * figure.bones.face;
    let jaw = figure.bones.face * figure.bones.face;
    let half = Shape::from(0.0, -104.0).cubic(60.0, -104.0, wide, -60.0, wide, -6.0);
    let half = match figure.look.sex {
        Sex::Male => half.cubic(wide, 42.0, 78.0 * jaw, 80.0, 36.0 * jaw, 104.0).cubic(
            20.0 * jaw,
            113.0,
            10.0,
            114.0,
            0.0,
            114.0,
        ),
        Sex::Female => {
            half.cubic(wide, 40.0, 64.0 * jaw, 74.0, 26.0 * jaw, 98.0).cubic(15.0 * jaw, 105.0, 8.0, 107.0, 0.0, 107.0)
        }
        Sex::Other => {
            half.cubic(wide, 41.0, 70.0 * jaw, 78.0, 30.0 * jaw, 101.0).cubic(17.0 * jaw, 108.0, 9.0, 110.0, 0.0, 110.0)
        }
    };
    half.symmetric()
}

fn ear(canvas: &mut Canvas, figure: &Figure, side: f32) {
    let skin = figure.palette.skin;
    let x = side * 92.0 * figure.bones.face;
    canvas.part(&Shape::ellipse(x, 22.0, 14.0, 22.0), skin.base, skin.line, |canvas| {
        canvas.fill(&Shape::ellipse(x - side * 2.0, 24.0, 7.0, 13.0), skin.shade);
    });
}

fn blush(canvas: &mut Canvas, figure: &Figure) {
    let strength: f32 = match figure.picture.expression {
        Expression::Happy => 0.62,
        Expression::Angry => 0.5,
        Expression::Sad => 0.3,
        Expression::Normal | Expression::Surprised => {
            if figure.look.sex == Sex::Male {
                0.16
            } else {
                0.34
            }
        }
    };
    let ink = figure.palette.blush;
    for side in [-1.0, 1.0] {
        // Three ellipses, one in the other, stand for a soft edge.
        for (grow, share) in [(1.0, 0.35), (0.78, 0.4), (0.5, 0.45)] {
            canvas.fill(&Shape::ellipse(side * 61.0, 62.0, 22.0 * grow, 13.0 * grow), ink.faint(strength * share));
        }
        if strength > 0.55 {
            for step in [-1.0, 0.0, 1.0] {
                let x = side * 61.0 + step * 9.0;
                canvas.trace(&Shape::from(x + 3.0, 57.0).line(x - 3.0, 66.0), ink.darker(0.1), 0.7);
            }
        }
    }
}

fn nose(canvas: &mut Canvas, figure: &Figure) {
    let skin = figure.palette.skin;
    let shape = match figure.look.sex {
        Sex::Male => Shape::from(2.0, 34.0).quad(8.0, 50.0, -2.0, 55.0),
        _ => Shape::from(2.0, 48.0).quad(4.0, 52.0, -1.0, 54.0),
    };
    canvas.trace(&shape.on(figure.quirks.side), skin.line.mix(skin.shade, 0.3), 0.8);
}

fn own_marks(canvas: &mut Canvas, figure: &Figure) {
    let skin = figure.palette.skin;
    if figure.quirks.freckled {
        for (x, y) in [(22.0, 54.0), (33.0, 58.0), (27.0, 63.0), (44.0, 61.0), (38.0, 67.0)] {
            for side in [-1.0, 1.0] {
                canvas.fill(&Shape::ellipse(side * x, y, 1.9, 1.7), skin.line.faint(0.45));
            }
        }
    }
    if let Some(side) = figure.quirks.mole {
        canvas.fill(&Shape::ellipse(side * 62.0, 50.0, 2.4, 2.4), skin.line);
    }
}
