//! The hair: what falls behind the figure, the crown and fringe before the face, the locks at the sides, the shine.
//!
//! Length is the style's, silhouette the sex's, and the fringe's cut the seed's.

use super::canvas::{Canvas, Fill};
use super::figure::Figure;
use super::shape::{Shape, Spot};
use crate::look::{Accessory, HairStyle, Sex};

/// The style to draw; left open, one that suits the sex.
pub(super) fn style(figure: &Figure) -> HairStyle {
    figure.look.hair_style.unwrap_or(match figure.look.sex {
        Sex::Male => HairStyle::Short,
        Sex::Female => HairStyle::Long,
        Sex::Other => HairStyle::Middle,
    })
}

/// What falls behind face and body.
pub(super) fn behind(canvas: &mut Canvas, figure: &Figure) {
    let hair = figure.palette.hair;
    let shape = match (style(figure), figure.look.sex) {
        (HairStyle::Short, Sex::Male) => nape(104.0, 66.0),
        (HairStyle::Short, _) => bob(110.0, 84.0),
        (HairStyle::Middle, Sex::Male) => bob(108.0, 110.0),
        (HairStyle::Middle, _) => bob(118.0, 142.0),
        (HairStyle::Long, sex) => {
            let low = if figure.look.is_chibi { 216.0 } else { figure.bones.waist_y + 34.0 };
            mane(low, if sex == Sex::Male { 0.8 } else { 1.0 })
        }
    };
    canvas.part(
        &shape,
        Fill::Fade((0.0, -60.0), hair.shade, (0.0, 260.0), hair.base.mix(hair.shade, 0.6)),
        hair.line,
        |canvas| {
            for x in [-78.0, -40.0, 42.0, 80.0] {
                let strand = Shape::from(x * 0.9, -40.0).cubic(x * 1.2, 60.0, x * 1.25, 140.0, x * 1.1, 330.0);
                canvas.trace(&strand, hair.line.faint(0.5), 0.7);
            }
        },
    );
}

fn nape(wide: f32, low: f32) -> Shape {
    Shape::from(0.0, -132.0)
        .cubic(72.0, -132.0, wide + 8.0, -80.0, wide, -4.0)
        .quad(wide - 2.0, low * 0.6, wide * 0.78, low)
        .quad(wide * 0.5, low + 16.0, 0.0, low + 16.0)
        .symmetric()
}

fn bob(wide: f32, low: f32) -> Shape {
    Shape::from(0.0, -134.0)
        .cubic(76.0, -134.0, wide, -80.0, wide, -4.0)
        .cubic(wide, low * 0.45, wide + 10.0, low * 0.75, wide - 6.0, low)
        .quad(wide * 0.82, low - 8.0, wide * 0.72, low + 6.0)
        .quad(wide * 0.62, low - 8.0, wide * 0.46, low + 2.0)
        .quad(wide * 0.3, low - 12.0, 0.0, low)
        .symmetric()
}

fn mane(low: f32, wide: f32) -> Shape {
    let x = |x: f32| x * wide;
    Shape::from(0.0, -136.0)
        .cubic(x(78.0), -136.0, x(122.0).max(108.0), -80.0, x(120.0).max(107.0), 0.0)
        .cubic(x(122.0), low * 0.3, x(158.0), low * 0.55, x(132.0), low * 0.86)
        .quad(x(128.0), low * 0.95, x(142.0), low)
        .quad(x(112.0), low, x(104.0), low * 0.92)
        .quad(x(100.0), low + 16.0, x(78.0), low + 22.0)
        .quad(x(80.0), low, x(66.0), low * 0.94)
        .quad(x(56.0), low + 18.0, x(30.0), low + 20.0)
        .quad(x(30.0), low, 0.0, low * 0.94)
        .symmetric()
}

/// What lies before the face: side locks, crown and fringe.
pub(super) fn in_front(canvas: &mut Canvas, figure: &Figure) {
    let hair = figure.palette.hair;
    for side in [-1.0, 1.0] {
        let lock = side_lock(figure).on(side);
        canvas.part(&lock, Fill::Fade((0.0, -40.0), hair.base, (0.0, 180.0), hair.shade), hair.line, |canvas| {
            canvas.trace(
                &Shape::from(side * 92.0, -40.0).quad(side * 108.0, 40.0, side * 96.0, 150.0),
                hair.shade,
                1.6,
            );
        });
    }
    if figure.look.sex != Sex::Male && !figure.has(Accessory::Hat) {
        lone_lock(canvas, figure);
    }
    let crown = fringe(figure);
    canvas.part(
        &crown,
        Fill::Fade((0.0, -140.0), hair.base.mix(hair.light, 0.18), (0.0, 20.0), hair.base),
        hair.line,
        |canvas| {
            depth(canvas, figure);
            shine(canvas, figure);
        },
    );
}

/// Crown and fringe in one outline; the face's shadow is cut from it too.
pub(super) fn fringe(figure: &Figure) -> Shape {
    let side = figure.quirks.side;
    let crown = match figure.look.sex {
        Sex::Male if !figure.has(Accessory::Hat) => Shape::from(-101.0, 34.0).locks(&TUFTS),
        _ => Shape::from(-105.0, 40.0)
            .cubic(-126.0, -62.0, -80.0, -142.0, 0.0, -142.0)
            .cubic(80.0, -142.0, 126.0, -62.0, 105.0, 40.0),
    };
    let locks: &[(Spot, Spot)] = match (figure.look.sex, figure.quirks.fringe) {
        (Sex::Male, 0) => &SPIKES,
        (Sex::Male, 1) => &SWEPT,
        (_, 0) => &STRAIGHT,
        (_, 1) => &SWEPT,
        (Sex::Male | Sex::Female | Sex::Other, _) => &PARTED,
    };
    crown.locks(locks).close().on(side)
}

/// The tufts of a boyish crown, from the left temple over the top to the right one: each a tip and a valley.
const TUFTS: [(Spot, Spot); 8] = [
    ((-124.0, -20.0), (-107.0, -42.0)),
    ((-122.0, -84.0), (-92.0, -92.0)),
    ((-84.0, -134.0), (-52.0, -124.0)),
    ((-26.0, -160.0), (4.0, -134.0)),
    ((44.0, -154.0), (60.0, -122.0)),
    ((102.0, -122.0), (94.0, -88.0)),
    ((126.0, -66.0), (108.0, -40.0)),
    ((122.0, -6.0), (101.0, 34.0)),
];

// Fringes run from the right temple to the left one: each lock a tip and a valley.
const STRAIGHT: [(Spot, Spot); 7] = [
    ((88.0, 8.0), (82.0, -26.0)),
    ((64.0, -6.0), (54.0, -34.0)),
    ((36.0, -6.0), (26.0, -38.0)),
    ((4.0, -2.0), (-6.0, -40.0)),
    ((-26.0, -6.0), (-34.0, -36.0)),
    ((-56.0, -6.0), (-62.0, -28.0)),
    ((-86.0, 8.0), (-105.0, 40.0)),
];

const SWEPT: [(Spot, Spot); 6] = [
    ((92.0, 26.0), (78.0, -40.0)),
    ((76.0, -8.0), (50.0, -58.0)),
    ((34.0, -12.0), (14.0, -60.0)),
    ((-14.0, -4.0), (-24.0, -46.0)),
    ((-58.0, 0.0), (-60.0, -30.0)),
    ((-92.0, 22.0), (-105.0, 40.0)),
];

const PARTED: [(Spot, Spot); 6] = [
    ((94.0, 34.0), (84.0, -24.0)),
    ((72.0, 6.0), (58.0, -40.0)),
    ((40.0, -18.0), (6.0, -92.0)),
    ((-34.0, -18.0), (-54.0, -42.0)),
    ((-70.0, 6.0), (-82.0, -24.0)),
    ((-94.0, 34.0), (-105.0, 40.0)),
];

const SPIKES: [(Spot, Spot); 6] = [
    ((90.0, 20.0), (74.0, -34.0)),
    ((62.0, -2.0), (42.0, -52.0)),
    ((22.0, 4.0), (8.0, -56.0)),
    ((-14.0, -4.0), (-26.0, -52.0)),
    ((-54.0, 2.0), (-62.0, -38.0)),
    ((-90.0, 18.0), (-101.0, 34.0)),
];

fn side_lock(figure: &Figure) -> Shape {
    let (out, low) = match (style(figure), figure.look.sex) {
        (HairStyle::Short, Sex::Male) => (101.0, 40.0),
        (HairStyle::Short, _) => (106.0, 78.0),
        (HairStyle::Middle, Sex::Male) => (106.0, 92.0),
        (HairStyle::Middle, _) => (114.0, 126.0),
        (HairStyle::Long, Sex::Male) => (108.0, 130.0),
        (HairStyle::Long, _) => (116.0, 186.0),
    };
    Shape::from(70.0, -70.0)
        .cubic(out + 6.0, -60.0, out + 2.0, 0.0, out, low * 0.4)
        .cubic(out + 2.0, low * 0.7, out + 2.0, low * 0.85, out - 12.0, low)
        .cubic(out - 14.0, low * 0.8, out - 26.0, low * 0.6, out - 27.0, low * 0.3)
        .cubic(out - 28.0, 0.0, 80.0, -30.0, 70.0, -70.0)
        .close()
}

/// One stray lock at the top; comics give it to the lively.
fn lone_lock(canvas: &mut Canvas, figure: &Figure) {
    let hair = figure.palette.hair;
    let lock = Shape::from(-10.0, -134.0)
        .cubic(-8.0, -168.0, 24.0, -176.0, 44.0, -158.0)
        .cubic(24.0, -160.0, 12.0, -150.0, 10.0, -132.0)
        .close()
        .on(figure.quirks.side);
    canvas.plain(&lock, hair);
}

fn depth(canvas: &mut Canvas, figure: &Figure) {
    let hair = figure.palette.hair;
    for side in [-1.0, 1.0] {
        let edge =
            Shape::from(130.0, -80.0).cubic(92.0, -70.0, 92.0, 0.0, 84.0, 50.0).line(130.0, 50.0).close().on(side);
        canvas.fill(&edge, hair.shade.faint(0.7));
    }
    let root = figure.quirks.side * if figure.quirks.fringe == 2 { 6.0 } else { 22.0 };
    for (x, y) in [(-74.0, -14.0), (-46.0, -24.0), (-18.0, -28.0), (20.0, -26.0), (50.0, -20.0), (76.0, -10.0)] {
        let strand = Shape::from(root + (x - root) * 0.45, -112.0).quad(root + (x - root) * 0.95, -82.0, x, y);
        canvas.trace(&strand, hair.shade, 0.9);
    }
}

/// The ring of light around the crown.
fn shine(canvas: &mut Canvas, figure: &Figure) {
    let hair = figure.palette.hair;
    let ring = Shape::from(-88.0, -52.0)
        .cubic(-64.0, -100.0, 64.0, -100.0, 88.0, -52.0)
        .quad(80.0, -62.0, 70.0, -56.0)
        .quad(62.0, -74.0, 50.0, -66.0)
        .quad(36.0, -82.0, 22.0, -70.0)
        .quad(10.0, -86.0, -6.0, -72.0)
        .quad(-20.0, -84.0, -34.0, -68.0)
        .quad(-50.0, -78.0, -60.0, -60.0)
        .quad(-76.0, -66.0, -88.0, -52.0)
        .close();
    canvas.fill(&ring, hair.light.faint(0.6));
}
