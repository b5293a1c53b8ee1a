//! A dress: white collar with a ribbon, puffed sleeves, a belt and a wide skirt with a lace hem.

use super::{flanks, torso, wrist};
use crate::look::Accessory;
use crate::paint::arms::Arm;
use crate::paint::canvas::Canvas;
use crate::paint::figure::Figure;
use crate::paint::shape::Shape;

/// Paints skirt, bodice, belt, collar and ribbon.
pub(super) fn paint(canvas: &mut Canvas, figure: &Figure) {
    let (bones, cloth) = (&figure.bones, figure.palette.cloth);
    let r = bones.reach;
    skirt(canvas, figure);
    let bodice = torso(bones, bones.waist_y + 4.0 * r, bones.waist - bones.hip + 5.0 * r);
    canvas.part(&bodice, cloth.base, cloth.line, |canvas| flanks(canvas, figure, cloth, bones.waist_y + 30.0 * r));
    belt(canvas, figure);
    collar(canvas, figure);
    if !figure.has(Accessory::Tie) {
        ribbon(canvas, figure);
    }
}

fn skirt(canvas: &mut Canvas, figure: &Figure) {
    let (bones, cloth, second) = (&figure.bones, figure.palette.cloth, figure.palette.second);
    let r = bones.reach;
    let low = bones.knee_y - 4.0 * r;
    let wide = bones.hip + 74.0 * r;
    let cut = |low: f32, wide: f32| {
        Shape::from(0.0, bones.waist_y - 6.0 * r)
            .line(bones.waist + 4.0 * r, bones.waist_y - 6.0 * r)
            .cubic(
                bones.hip + 16.0 * r,
                bones.waist_y + 34.0 * r,
                wide - 14.0 * r,
                bones.hip_y + 40.0 * r,
                wide,
                low - 12.0 * r,
            )
            .quad(wide * 0.84, low + 12.0 * r, wide * 0.62, low)
            .quad(wide * 0.44, low + 20.0 * r, wide * 0.24, low + 6.0 * r)
            .quad(wide * 0.1, low + 16.0 * r, 0.0, low + 10.0 * r)
            .symmetric()
    };
    canvas.plain(&cut(low + 14.0 * r, wide + 4.0 * r), second);
    canvas.part(&cut(low, wide), cloth.base, cloth.line, |canvas| {
        for x in [-0.62, -0.24, 0.24, 0.62] {
            let fold = Shape::from(bones.waist * x * 0.8, bones.waist_y)
                .quad(wide * x * 0.75, bones.hip_y + 30.0 * r, wide * x - 4.0 * r, low + 20.0 * r)
                .line(wide * x + 22.0 * r * figure.quirks.side, low + 20.0 * r)
                .quad(wide * x * 0.8, bones.hip_y + 30.0 * r, bones.waist * x * 0.8, bones.waist_y)
                .close();
            canvas.fill(&fold, cloth.shade);
        }
        let band = Shape::from(-wide, low - 34.0 * r).quad(0.0, low + 4.0 * r, wide, low - 34.0 * r);
        canvas.trace_wide(&band, second.base, 6.0 * r);
    });
}

fn belt(canvas: &mut Canvas, figure: &Figure) {
    let (bones, accent) = (&figure.bones, figure.palette.accent);
    let r = bones.reach;
    let wide = bones.waist + 6.0 * r;
    canvas.plain(&Shape::card(-wide, bones.waist_y - 10.0 * r, wide * 2.0, 20.0 * r, 5.0 * r), accent);
    canvas.trace(&Shape::card(-11.0 * r, bones.waist_y - 8.0 * r, 22.0 * r, 16.0 * r, 3.0 * r), accent.light, 1.0);
}

fn collar(canvas: &mut Canvas, figure: &Figure) {
    let (bones, second) = (&figure.bones, figure.palette.second);
    let r = bones.reach;
    let (x, top) = (bones.neck, bones.shoulder_y);
    let half = Shape::from(0.0, top + 6.0 * r)
        .quad(x * 0.8, top - 8.0 * r, x, top - 36.0 * r)
        .line(x + 12.0 * r, top - 30.0 * r)
        .cubic(x + 34.0 * r, top - 10.0 * r, x + 36.0 * r, top + 20.0 * r, x + 18.0 * r, top + 34.0 * r)
        .cubic(x, top + 42.0 * r, 6.0 * r, top + 30.0 * r, 0.0, top + 6.0 * r)
        .close();
    for side in [-1.0, 1.0] {
        canvas.part(&half.on(side), second.base, second.line, |canvas| {
            canvas.fill(&Shape::ellipse(0.0, top - 36.0 * r, x + 22.0 * r, 24.0 * r), second.shade.faint(0.5));
        });
    }
}

fn ribbon(canvas: &mut Canvas, figure: &Figure) {
    let (bones, accent) = (&figure.bones, figure.palette.accent);
    let r = bones.reach;
    let y = bones.shoulder_y + 14.0 * r;
    for side in [-1.0, 1.0] {
        let tail = Shape::polygon(&[
            (2.0 * r, y),
            (24.0 * r, y + 46.0 * r),
            (13.0 * r, y + 44.0 * r),
            (7.0 * r, y + 54.0 * r),
        ])
        .on(side);
        canvas.plain(&tail, accent);
        let bow = Shape::from(0.0, y)
            .cubic(10.0 * r, y - 22.0 * r, 38.0 * r, y - 24.0 * r, 36.0 * r, y)
            .cubic(38.0 * r, y + 22.0 * r, 12.0 * r, y + 18.0 * r, 0.0, y)
            .close()
            .on(side);
        canvas.part(&bow, accent.base, accent.line, |canvas| {
            canvas.fill(&Shape::ellipse(side * 10.0 * r, y + 6.0 * r, 22.0 * r, 8.0 * r), accent.shade);
        });
    }
    canvas.plain(&Shape::ellipse(0.0, y, 8.0 * r, 8.5 * r), accent);
}

/// A bare arm below a puffed sleeve.
pub(super) fn sleeve(canvas: &mut Canvas, figure: &Figure, arm: &Arm) {
    let (bones, cloth, second, skin) =
        (&figure.bones, figure.palette.cloth, figure.palette.second, figure.palette.skin);
    let bare = Shape::limb(arm.shoulder, arm.bend, wrist(arm, bones.hand * 0.6), bones.arm * 0.78, bones.arm * 0.56);
    canvas.part(&bare, skin.base, skin.line, |canvas| {
        let below = Shape::limb(
            (arm.shoulder.0, arm.shoulder.1 + bones.arm),
            (arm.bend.0, arm.bend.1 + bones.arm * 0.9),
            (arm.hand.0 + arm.side * bones.arm * 0.6, arm.hand.1),
            bones.arm * 0.5,
            bones.arm * 0.3,
        );
        canvas.fill(&below, skin.shade);
    });
    let (dx, dy) = (arm.bend.0 - arm.shoulder.0, arm.bend.1 - arm.shoulder.1);
    let length = dx.hypot(dy).max(0.001);
    let along =
        |far: f32| (arm.shoulder.0 + dx / length * bones.arm * far, arm.shoulder.1 + dy / length * bones.arm * far);
    let (cuff, puff) = (along(1.62), along(0.42));
    canvas.plain(&Shape::limb(along(1.2), cuff, along(1.9), bones.arm * 0.98, bones.arm * 0.94), second);
    let round = Shape::ellipse(puff.0, puff.1, bones.arm * 1.36, bones.arm * 1.36);
    canvas.part(&round, cloth.base, cloth.line, |canvas| {
        canvas.fill(
            &Shape::ellipse(
                puff.0 + arm.side * bones.arm * 0.6,
                puff.1 + bones.arm * 1.1,
                bones.arm * 1.2,
                bones.arm * 0.8,
            ),
            cloth.shade,
        );
        for turn in [-0.5, 0.1, 0.7] {
            let fold = Shape::from(cuff.0 + turn * bones.arm, cuff.1).quad(
                puff.0 + turn * bones.arm * 0.9,
                puff.1 + bones.arm * 0.5,
                puff.0 + turn * bones.arm * 0.5,
                puff.1,
            );
            canvas.trace(&fold, cloth.line.faint(0.6), 0.6);
        }
    });
    // Where the puff is sewn to the bodice no line parts them.
    canvas.fill(
        &Shape::ellipse(
            arm.shoulder.0 - arm.side * bones.arm * 0.7,
            arm.shoulder.1 + bones.arm * 0.1,
            bones.arm * 0.6,
            bones.arm * 0.8,
        ),
        cloth.base,
    );
}
