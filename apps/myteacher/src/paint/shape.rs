//! Outlines of drawn parts: lines and curves that can be mirrored, closed into symmetric halves or bent into limbs.
//!
//! For the parts of the figure, which are mostly symmetric or limb-like. A shape knows no colour and no canvas.

use tiny_skia::{Path, PathBuilder};

/// A point, x to the right and y down.
pub(super) type Spot = (f32, f32);

/// A drawn outline.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape(Vec<Stroke>);

#[derive(Clone, Copy, Debug)]
enum Stroke {
    Start(Spot),
    Line(Spot),
    Quad(Spot, Spot),
    Cubic(Spot, Spot, Spot),
    Close,
}

impl Shape {
    /// Puts the pen down.
    pub fn from(x: f32, y: f32) -> Self {
        Self(vec![Stroke::Start((x, y))])
    }

    /// A straight line to a point.
    pub fn line(self, x: f32, y: f32) -> Self {
        self.then(Stroke::Line((x, y)))
    }

    /// A curve with one control point.
    pub fn quad(self, cx: f32, cy: f32, x: f32, y: f32) -> Self {
        self.then(Stroke::Quad((cx, cy), (x, y)))
    }

    /// A curve with two control points.
    pub fn cubic(self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) -> Self {
        self.then(Stroke::Cubic((ax, ay), (bx, by), (x, y)))
    }

    /// Back to where the pen was put down.
    pub fn close(self) -> Self {
        self.then(Stroke::Close)
    }

    /// Pointed locks one after the other: from the pen to a tip and back to a valley.
    pub fn locks(mut self, locks: &[(Spot, Spot)]) -> Self {
        for &(tip, valley) in locks {
            let here = self.pen();
            self = self.quad(here.0 * 0.25 + tip.0 * 0.75, here.1 * 0.65 + tip.1 * 0.35, tip.0, tip.1).quad(
                tip.0 * 0.7 + valley.0 * 0.3,
                tip.1 * 0.35 + valley.1 * 0.65,
                valley.0,
                valley.1,
            );
        }
        self
    }

    /// A closed polygon.
    pub fn polygon(spots: &[Spot]) -> Self {
        Self::polyline(spots).close()
    }

    /// Straight lines from spot to spot.
    pub fn polyline(spots: &[Spot]) -> Self {
        let mut spots = spots.iter();
        let first = spots.next().map(|&(x, y)| Self::from(x, y)).unwrap_or_default();
        spots.fold(first, |shape, &(x, y)| shape.line(x, y))
    }

    /// An ellipse around a centre.
    pub fn ellipse(x: f32, y: f32, rx: f32, ry: f32) -> Self {
        // The distance of control points at which four cubics come closest to an ellipse.
        const K: f32 = 0.552_285;
        Self::from(x, y - ry)
            .cubic(x + rx * K, y - ry, x + rx, y - ry * K, x + rx, y)
            .cubic(x + rx, y + ry * K, x + rx * K, y + ry, x, y + ry)
            .cubic(x - rx * K, y + ry, x - rx, y + ry * K, x - rx, y)
            .cubic(x - rx, y - ry * K, x - rx * K, y - ry, x, y - ry)
            .close()
    }

    /// A rectangle with rounded corners, from its left upper corner.
    pub fn card(x: f32, y: f32, width: f32, height: f32, corner: f32) -> Self {
        let (right, bottom) = (x + width, y + height);
        Self::from(x + corner, y)
            .line(right - corner, y)
            .quad(right, y, right, y + corner)
            .line(right, bottom - corner)
            .quad(right, bottom, right - corner, bottom)
            .line(x + corner, bottom)
            .quad(x, bottom, x, bottom - corner)
            .line(x, y + corner)
            .quad(x, y, x + corner, y)
            .close()
    }

    /// A limb that bends along a curve from one joint to another, half as thick as told at each end.
    pub fn limb(from: Spot, bend: Spot, to: Spot, half_from: f32, half_to: f32) -> Self {
        Self::limb_open(from, bend, to, half_from, half_to).close()
    }

    /// The outline of a limb without the edge at its beginning, where it is sewn to a body.
    pub fn limb_open(from: Spot, bend: Spot, to: Spot, half_from: f32, half_to: f32) -> Self {
        const STEPS: u8 = 32;
        // How much the joint pulls the limb: 1 is a hose, more is an elbow.
        const JOINT: f32 = 1.9;
        let mut right = Vec::new();
        let mut left = Vec::new();
        let mut middle = Vec::new();
        let at = |t: f32| {
            let u = 1.0 - t;
            let (a, b, c) = (u * u, 2.0 * u * t * JOINT, t * t);
            let on = |from: f32, bend: f32, to: f32| (a * from + b * bend + c * to) / (a + b + c);
            (on(from.0, bend.0, to.0), on(from.1, bend.1, to.1))
        };
        for step in 0..=STEPS {
            let t = f32::from(step) / f32::from(STEPS);
            let ((x, y), before, after) = (at(t), at((t - 0.01).max(0.0)), at((t + 0.01).min(1.0)));
            let (dx, dy) = (after.0 - before.0, after.1 - before.1);
            let length = dx.hypot(dy).max(0.000_01);
            let half = half_from + (half_to - half_from) * t;
            right.push((x - dy / length * half, y + dx / length * half));
            left.push((x + dy / length * half, y - dx / length * half));
            middle.push(((x, y), half));
        }
        // Inside a bend that is tighter than the limb is thick the outline would cross itself: there it is a crease.
        let is_outside =
            |spot: &Spot| middle.iter().all(|&((x, y), half)| (spot.0 - x).hypot(spot.1 - y) > half - half.min(1.0));
        right.retain(is_outside);
        left.retain(is_outside);
        right.extend(left.into_iter().rev());
        Self::polyline(&right)
    }

    /// The same shape on the other side of the middle.
    pub fn mirrored(&self) -> Self {
        let flip = |(x, y): Spot| (-x, y);
        Self(
            self.0
                .iter()
                .map(|stroke| match *stroke {
                    Stroke::Start(to) => Stroke::Start(flip(to)),
                    Stroke::Line(to) => Stroke::Line(flip(to)),
                    Stroke::Quad(a, to) => Stroke::Quad(flip(a), flip(to)),
                    Stroke::Cubic(a, b, to) => Stroke::Cubic(flip(a), flip(b), flip(to)),
                    Stroke::Close => Stroke::Close,
                })
                .collect(),
        )
    }

    /// The shape on one side: as drawn for side 1, mirrored for side -1.
    pub fn on(&self, side: f32) -> Self {
        if side < 0.0 { self.mirrored() } else { self.clone() }
    }

    /// Takes an open half, drawn from the middle to the middle, and closes it with its mirror image.
    pub fn symmetric(self) -> Self {
        let mirror = self.mirrored();
        let starts = std::iter::once(None).chain(mirror.0.iter().map(|stroke| stroke.end()));
        let back: Vec<Stroke> = mirror
            .0
            .iter()
            .zip(starts)
            .filter_map(|(stroke, start)| {
                let to = start?;
                match *stroke {
                    Stroke::Line(_) => Some(Stroke::Line(to)),
                    Stroke::Quad(a, _) => Some(Stroke::Quad(a, to)),
                    Stroke::Cubic(a, b, _) => Some(Stroke::Cubic(b, a, to)),
                    Stroke::Start(_) | Stroke::Close => None,
                }
            })
            .collect();
        let mut whole = self;
        whole.0.extend(back.into_iter().rev());
        whole.close()
    }

    /// What the canvas draws; `None` of a shape with nothing to fill.
    pub fn path(&self) -> Option<Path> {
        let mut path = PathBuilder::new();
        for stroke in &self.0 {
            match *stroke {
                Stroke::Start((x, y)) => path.move_to(x, y),
                Stroke::Line((x, y)) => path.line_to(x, y),
                Stroke::Quad((cx, cy), (x, y)) => path.quad_to(cx, cy, x, y),
                Stroke::Cubic((ax, ay), (bx, by), (x, y)) => path.cubic_to(ax, ay, bx, by, x, y),
                Stroke::Close => path.close(),
            }
        }
        path.finish()
    }

    fn then(mut self, stroke: Stroke) -> Self {
        self.0.push(stroke);
        self
    }

    fn pen(&self) -> Spot {
        self.0.iter().rev().find_map(Stroke::end).unwrap_or_default()
    }
}

impl Stroke {
    fn end(&self) -> Option<Spot> {
        match *self {
            Self::Start(to) | Self::Line(to) | Self::Quad(_, to) | Self::Cubic(_, _, to) => Some(to),
            Self::Close => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(shape: &Shape) -> (f32, f32, f32, f32) {
        let bounds = shape.path().unwrap().bounds();
        (bounds.left(), bounds.top(), bounds.right(), bounds.bottom())
    }

    #[test]
    fn a_symmetric_shape_reaches_as_far_to_both_sides() {
        let half = Shape::from(0.0, -10.0)
            .line(20.0, -10.0)
            .quad(30.0, 0.0, 20.0, 10.0)
            .cubic(15.0, 20.0, 5.0, 20.0, 0.0, 15.0);
        let (left, _, right, _) = bounds(&half.clone().symmetric());
        assert!((left + right).abs() < 0.001 && right > 20.0, "{left} {right}");
        let (left, ..) = bounds(&half);
        assert!(left.abs() < 0.001, "the half itself stays on its side");
    }

    #[test]
    fn a_side_is_the_mirror_image_of_the_other() {
        let shape = Shape::polygon(&[(10.0, 0.0), (30.0, 5.0), (12.0, 20.0)]);
        let (right, left) = (bounds(&shape.on(1.0)), bounds(&shape.on(-1.0)));
        assert_eq!((right.0, right.2), (-left.2, -left.0));
        assert_eq!((right.1, right.3), (left.1, left.3));
    }

    #[test]
    fn a_straight_limb_is_as_thick_and_long_as_told() {
        assert_eq!(bounds(&Shape::limb((0.0, 0.0), (0.0, 50.0), (0.0, 100.0), 10.0, 4.0)), (-10.0, 0.0, 10.0, 100.0));
    }

    #[test]
    fn a_joint_is_nearer_to_the_bend_than_a_hose_would_be_and_never_crosses_itself() {
        let (_, _, right, _) = bounds(&Shape::limb((0.0, 0.0), (60.0, 50.0), (0.0, 100.0), 10.0, 10.0));
        assert!(right > 30.0 + 10.0 + 5.0, "a hose would reach 40: {right}");
        let (left, top, right, bottom) = bounds(&Shape::limb((0.0, 0.0), (40.0, 20.0), (0.0, 40.0), 18.0, 18.0));
        assert!(left > -20.0 && top > -20.0 && right < 60.0 && bottom < 60.0, "a crease does not stick out");
    }

    #[test]
    fn a_limb_of_no_length_is_drawn_as_finite_lines_or_not_at_all() {
        let path = Shape::limb((5.0, 5.0), (5.0, 5.0), (5.0, 5.0), 3.0, 3.0).path();
        assert!(path.is_none_or(|path| path.bounds().width().is_finite()));
    }

    #[test]
    fn a_shape_without_lines_has_no_path() {
        assert!(Shape::default().path().is_none());
        assert!(Shape::from(1.0, 1.0).path().is_none());
    }
}
