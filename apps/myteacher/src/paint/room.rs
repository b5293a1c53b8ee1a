//! The room behind the teacher: a wall, a blackboard with chalk on it, a window with the sky, and a wooden floor.
//!
//! Soft colours and thin lines keep it behind the figure. The seed tints the wall and sets the side of the window.

use super::canvas::{Canvas, Fill, SIDE_PX};
use super::figure::Figure;
use super::ink::{Ink, WHITE, rgb};
use super::shape::Shape;
use crate::look::Pose;
use tiny_skia::Transform;

/// Covers the whole sheet.
pub(super) fn paint(canvas: &mut Canvas, figure: &Figure) {
    let whole = SIDE_PX as f32;
    // A bust stands nearer to the wall: everything behind it is larger.
    let place = match figure.picture.pose {
        Pose::FullBody => Transform::identity(),
        Pose::Bust => Transform::from_scale(1.5, 1.5).post_translate(-whole * 0.25, -10.0),
    };
    let wall = figure.palette.wall;
    canvas.fill(
        &Shape::card(0.0, 0.0, whole, whole, 0.0),
        Fill::Fade((0.0, 0.0), wall.lighter(0.35), (0.0, whole), wall.darker(0.06)),
    );
    canvas.within(place, |canvas| {
        let flip = if figure.quirks.side < 0.0 {
            Transform::from_scale(-1.0, 1.0).post_translate(whole, 0.0)
        } else {
            Transform::identity()
        };
        canvas.within(flip, |canvas| window(canvas, wall));
        blackboard(canvas, figure, if figure.quirks.side < 0.0 { 186.0 } else { 18.0 });
        if figure.picture.pose == Pose::FullBody {
            floor(canvas, wall);
        }
    });
    if figure.picture.pose == Pose::Bust {
        // Haze between the wall and a face that is near.
        canvas.fill(&Shape::card(0.0, 0.0, whole, whole, 0.0), wall.lighter(0.5).faint(0.3));
    } else {
        let (y, wide) = (494.0, if figure.look.is_chibi { 92.0 } else { 84.0 });
        for (grow, share) in [(1.0, 0.10), (0.8, 0.12), (0.6, 0.12)] {
            canvas.fill(&Shape::ellipse(256.0, y, wide * grow, 13.0 * grow), rgb(0x3a_2a5c).faint(share));
        }
    }
}

fn blackboard(canvas: &mut Canvas, figure: &Figure, x: f32) {
    let (y, wide, tall) = (52.0, 308.0, 208.0);
    canvas.fill(&Shape::card(x - 8.0, y - 8.0, wide + 16.0, tall + 16.0, 6.0), rgb(0xc9_9a68));
    canvas.fill(&Shape::card(x - 8.0, y + tall + 2.0, wide + 16.0, 6.0, 3.0), rgb(0xa8_7c4e));
    let board = Shape::card(x, y, wide, tall, 3.0);
    canvas.fill(&board, Fill::Fade((x, y), rgb(0x5f_8f7c), (x + wide, y + tall), rgb(0x49_7767)));
    canvas.inside(&board, |canvas| {
        canvas.fill(
            &Shape::polygon(&[(x + 30.0, y), (x + 90.0, y), (x + 10.0, y + tall), (x - 50.0, y + tall)]),
            WHITE.faint(0.05),
        );
        chalk(canvas, figure, x, y);
    });
    canvas.fill(&Shape::card(x + 24.0, y + tall + 1.0, 30.0, 5.0, 2.0), WHITE);
    canvas.fill(&Shape::card(x + 60.0, y + tall + 1.0, 16.0, 5.0, 2.0), rgb(0xf6_c8c8));
}

fn chalk(canvas: &mut Canvas, figure: &Figure, x: f32, y: f32) {
    let white = WHITE.faint(0.72);
    let yellow = rgb(0xff_eeb0).faint(0.78);
    let mut line = |spots: &[(f32, f32)], ink: Ink| {
        let mut spots = spots.iter();
        let first = spots.next().map(|&(a, b)| Shape::from(x + a, y + b)).unwrap_or_default();
        canvas.trace_wide(&spots.fold(first, |shape, &(a, b)| shape.line(x + a, y + b)), ink, 2.6);
    };
    // A sum left to the pupil, a triangle, and lines of writing on the right.
    line(&[(22.0, 30.0), (28.0, 24.0), (28.0, 48.0)], white);
    line(&[(40.0, 37.0), (54.0, 37.0)], white);
    line(&[(47.0, 30.0), (47.0, 44.0)], white);
    line(&[(64.0, 29.0), (70.0, 24.0), (77.0, 30.0), (64.0, 48.0), (79.0, 48.0)], white);
    line(&[(24.0, 112.0), (50.0, 66.0), (76.0, 112.0), (24.0, 112.0)], yellow);
    line(&[(50.0, 66.0), (50.0, 112.0)], white);
    for (row, wide) in [(26.0, 56.0), (44.0, 40.0), (62.0, 60.0), (116.0, 46.0), (134.0, 60.0)] {
        line(&[(228.0, row), (228.0 + wide, row)], white);
    }
    let heart = Shape::from(x + 44.0, y + 176.0)
        .cubic(x + 20.0, y + 160.0, x + 26.0, y + 140.0, x + 44.0, y + 152.0)
        .cubic(x + 62.0, y + 140.0, x + 68.0, y + 160.0, x + 44.0, y + 176.0)
        .close();
    canvas.trace_wide(&heart, figure.palette.accent.light.faint(0.9), 2.8);
}

fn window(canvas: &mut Canvas, wall: Ink) {
    let (x, y, wide, tall) = (352.0, 40.0, 132.0, 236.0);
    canvas.fill(&Shape::card(x - 8.0, y - 8.0, wide + 16.0, tall + 16.0, 4.0), WHITE);
    let pane = Shape::card(x, y, wide, tall, 2.0);
    canvas.fill(&pane, Fill::Fade((x, y), rgb(0x9f_d4f7), (x, y + tall), rgb(0xe8_f6ff)));
    canvas.inside(&pane, |canvas| {
        for (cx, cy, size) in
            [(30.0, 60.0, 16.0), (48.0, 52.0, 20.0), (68.0, 62.0, 15.0), (92.0, 130.0, 13.0), (108.0, 124.0, 16.0)]
        {
            canvas.fill(&Shape::ellipse(x + cx, y + cy, size * 1.3, size * 0.8), WHITE.faint(0.85));
        }
        canvas.fill(&Shape::ellipse(x + 20.0, y + tall + 10.0, 70.0, 46.0), rgb(0xa9_d6a0));
        canvas.fill(&Shape::ellipse(x + 110.0, y + tall + 20.0, 70.0, 60.0), rgb(0x90_c792));
    });
    canvas.fill(&Shape::card(x + wide / 2.0 - 3.0, y, 6.0, tall, 0.0), WHITE);
    canvas.fill(&Shape::card(x, y + tall * 0.45, wide, 6.0, 0.0), WHITE);
    let curtain = Shape::from(x + wide - 14.0, y - 14.0)
        .cubic(x + wide - 20.0, y + 80.0, x + wide + 2.0, y + 130.0, x + wide - 18.0, y + tall + 24.0)
        .line(x + wide + 34.0, y + tall + 24.0)
        .line(x + wide + 34.0, y - 14.0)
        .close();
    canvas.fill(&curtain, rgb(0xff_f3d8).mix(wall, 0.4));
    for step in [6.0, 20.0] {
        canvas.trace_wide(
            &Shape::from(x + wide + step - 8.0, y - 12.0).quad(
                x + wide + step + 4.0,
                y + 120.0,
                x + wide + step - 8.0,
                y + tall + 22.0,
            ),
            wall.darker(0.12),
            2.0,
        );
    }
}

fn floor(canvas: &mut Canvas, wall: Ink) {
    let top = 408.0;
    let wood = rgb(0xe2_bd90);
    canvas.fill(&Shape::card(0.0, 330.0, 512.0, top - 330.0, 0.0), wall.mix(rgb(0xd9_b38c), 0.35));
    canvas.fill(&Shape::card(0.0, 328.0, 512.0, 4.0, 0.0), wall.darker(0.18));
    canvas
        .fill(&Shape::card(0.0, top, 512.0, 110.0, 0.0), Fill::Fade((0.0, top), wood.darker(0.1), (0.0, 512.0), wood));
    canvas.fill(&Shape::card(0.0, top - 8.0, 512.0, 8.0, 0.0), wood.darker(0.25));
    for (index, y) in [424.0, 446.0, 474.0].into_iter().enumerate() {
        canvas.trace_wide(&Shape::from(0.0, y).line(512.0, y), wood.darker(0.2), 1.4);
        for step in 0u8..4 {
            let x = f32::from(step) * 150.0 + if index % 2 == 0 { 30.0 } else { 100.0 };
            canvas.trace_wide(&Shape::from(x, y).line(x + (x - 256.0) * 0.06, y + 24.0), wood.darker(0.2), 1.2);
        }
    }
}
