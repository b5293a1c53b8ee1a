//! A hooded jumper: hood, strings, a pocket for cold hands and a star on the chest.

use super::{flanks, torso};
use crate::paint::canvas::Canvas;
use crate::paint::figure::Figure;
use crate::paint::ink::{Tone, WHITE, rgb};
use crate::paint::shape::{Shape, Spot};

/// Paints the jumper.
pub(super) fn paint(canvas: &mut Canvas, figure: &Figure) {
    let (bones, cloth) = (&figure.bones, figure.palette.cloth);
    let r = bones.reach;
    let jumper = torso(bones, bones.hip_y + 4.0 * r, 6.0 * r);
    canvas.part(&jumper, cloth.base, cloth.line, |canvas| {
        flanks(canvas, figure, cloth, bones.hip_y + 40.0);
        let low = Shape::card(-bones.hip - 30.0, bones.hip_y - 14.0 * r, (bones.hip + 30.0) * 2.0, 60.0 * r, 2.0);
        canvas.part(&low, cloth.shade, cloth.line, |canvas| {
            let ribs: i8 = 12;
            for rib in -ribs..=ribs {
                let x = bones.hip * f32::from(rib) / f32::from(ribs);
                canvas.trace(
                    &Shape::from(x, bones.hip_y - 12.0 * r).line(x, bones.hip_y + 14.0 * r),
                    cloth.line.faint(0.4),
                    0.5,
                );
            }
        });
        pocket(canvas, figure);
        canvas.plain(
            &star(0.0, bones.chest_y + 20.0 * r, 19.0 * r),
            Tone { base: WHITE.mix(figure.palette.accent.light, 0.25), ..cloth },
        );
    });
    shirt_and_hood(canvas, figure);
}

fn pocket(canvas: &mut Canvas, figure: &Figure) {
    let (bones, cloth) = (&figure.bones, figure.palette.cloth);
    let r = bones.reach;
    let half = Shape::from(0.0, bones.waist_y + 4.0 * r)
        .line(bones.waist * 0.42, bones.waist_y + 4.0 * r)
        .quad(bones.waist * 0.62, bones.waist_y + 26.0 * r, bones.waist * 0.76, bones.waist_y + 34.0 * r)
        .line(bones.waist * 0.78, bones.hip_y - 14.0 * r)
        .line(0.0, bones.hip_y - 14.0 * r);
    canvas.part(&half.symmetric(), cloth.base.mix(cloth.light, 0.3), cloth.line, |_| {});
}

fn shirt_and_hood(canvas: &mut Canvas, figure: &Figure) {
    let (bones, cloth) = (&figure.bones, figure.palette.cloth);
    let r = bones.reach;
    let (neck, top) = (bones.neck, bones.shoulder_y);
    let shirt = Shape::from(-neck - 4.0, top - 34.0 * r)
        .quad(0.0, top - 4.0 * r, neck + 4.0, top - 34.0 * r)
        .quad(0.0, top + 34.0 * r, -neck - 4.0, top - 34.0 * r)
        .close();
    canvas.plain(&shirt, Tone { line: rgb(0x6a_6478), ..Tone::of(WHITE) });
    let hood = Shape::from(0.0, top + 30.0 * r)
        .cubic(neck + 20.0 * r, top + 28.0 * r, neck + 50.0 * r, top + 2.0 * r, neck + 38.0 * r, top - 30.0 * r)
        .quad(neck + 26.0 * r, top - 56.0 * r, neck, top - 44.0 * r)
        .cubic(neck + 12.0 * r, top - 22.0 * r, neck - 2.0 * r, top + 2.0 * r, 0.0, top + 8.0 * r);
    canvas.part(&hood.symmetric(), cloth.base, cloth.line, |canvas| {
        let fold = Shape::from(0.0, top + 34.0 * r)
            .quad(neck + 40.0 * r, top + 26.0 * r, neck + 50.0 * r, top - 40.0 * r)
            .line(neck + 34.0 * r, top - 30.0 * r)
            .quad(neck + 20.0 * r, top + 8.0 * r, 0.0, top + 20.0 * r);
        canvas.fill(&fold.symmetric(), cloth.shade);
    });
    for side in [-1.0, 1.0] {
        let string = Shape::from(side * 14.0 * r, top + 22.0 * r).quad(
            side * 20.0 * r,
            top + 50.0 * r,
            side * 15.0 * r,
            top + 74.0 * r,
        );
        canvas.trace_wide(&string, cloth.line, 6.0 * r);
        canvas.trace_wide(&string, WHITE, 3.4 * r);
        canvas.fill(&Shape::ellipse(side * 15.0 * r, top + 76.0 * r, 4.4 * r, 6.0 * r), figure.palette.accent.base);
    }
}

/// A five-pointed star.
fn star(x: f32, y: f32, radius: f32) -> Shape {
    let spots: Vec<Spot> = (0u8..10)
        .map(|corner| {
            let angle = (f32::from(corner) * 36.0 - 90.0).to_radians();
            let far = if corner % 2 == 0 { radius } else { radius * 0.48 };
            (x + angle.cos() * far, y + angle.sin() * far)
        })
        .collect();
    Shape::polygon(&spots)
}
