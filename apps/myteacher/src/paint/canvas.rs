//! The sheet the teacher is drawn on: fills, outlines, clips, in the coordinates of whichever part is being drawn.
//!
//! For the parts of the figure. Widths of lines are told in house lines, so that a bust and a full body are outlined
//! alike. It decides no colour and keeps no state between pictures; the same calls give the same bytes.

use super::ink::{Ink, Tone};
use super::shape::{Shape, Spot};
use tiny_skia::{
    FillRule, GradientStop, LineCap, LineJoin, LinearGradient, Mask, Paint, PathStroker, Pixmap, Point, Shader,
    SpreadMode, Stroke, Transform,
};

/// Width and height of every picture in pixels.
pub const SIDE_PX: u32 = 512;

/// What a shape is filled with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fill {
    /// One colour.
    Flat(Ink),
    /// One colour at a point, turning into another one at a second point.
    Fade(Spot, Ink, Spot, Ink),
}

impl From<Ink> for Fill {
    fn from(ink: Ink) -> Self {
        Self::Flat(ink)
    }
}

/// A sheet of [`SIDE_PX`] squared, transparent at first.
pub(super) struct Canvas {
    pixmap: Pixmap,
    place: Transform,
    clip: Option<Mask>,
    line_px: f32,
}

impl Canvas {
    /// An empty sheet whose house line is `line_px` pixels thick; `None` only if there is no memory for it.
    pub fn new(line_px: f32) -> Option<Self> {
        Some(Self { pixmap: Pixmap::new(SIDE_PX, SIDE_PX)?, place: Transform::identity(), clip: None, line_px })
    }

    /// Draws in other coordinates for a while: those of a part, seen from the present ones.
    pub fn within(&mut self, part: Transform, draw: impl FnOnce(&mut Self)) {
        let before = self.place;
        self.place = before.pre_concat(part);
        draw(self);
        self.place = before;
    }

    /// Draws for a while only where the shape is.
    pub fn inside(&mut self, shape: &Shape, draw: impl FnOnce(&mut Self)) {
        let Some(path) = shape.path() else { return };
        let before = self.clip.clone();
        match &mut self.clip {
            Some(clip) => clip.intersect_path(&path, FillRule::Winding, true, self.place),
            None => {
                self.clip = Mask::new(SIDE_PX, SIDE_PX).map(|mut clip| {
                    clip.fill_path(&path, FillRule::Winding, true, self.place);
                    clip
                });
            }
        }
        draw(self);
        self.clip = before;
    }

    /// Fills a shape.
    pub fn fill(&mut self, shape: &Shape, fill: impl Into<Fill>) {
        let Some(path) = shape.path() else { return };
        let paint = paint(fill.into());
        self.pixmap.fill_path(&path, &paint, FillRule::Winding, self.place, self.clip.as_ref());
    }

    /// Draws along a shape; `lines` is the width in house lines.
    pub fn trace(&mut self, shape: &Shape, ink: Ink, lines: f32) {
        self.trace_wide(shape, ink, lines * self.line());
    }

    /// Draws along a shape; `width` is in the coordinates of the part.
    pub fn trace_wide(&mut self, shape: &Shape, ink: Ink, width: f32) {
        let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        let resolution = PathStroker::compute_resolution_scale(&self.place);
        let Some(path) = shape.path().and_then(|path| path.stroke(&stroke, resolution)) else { return };
        let paint = paint(Fill::Flat(ink));
        self.pixmap.fill_path(&path, &paint, FillRule::Winding, self.place, self.clip.as_ref());
    }

    /// The width of a house line in the coordinates of the part.
    pub fn line(&self) -> f32 {
        let (across, _) = self.place.get_scale();
        self.line_px / across.max(0.001)
    }

    /// A whole part: filled, shaded by whatever `shade` draws inside it, then outlined.
    pub fn part(&mut self, shape: &Shape, fill: impl Into<Fill>, line: Ink, shade: impl FnOnce(&mut Self)) {
        self.fill(shape, fill);
        self.inside(shape, shade);
        self.trace(shape, line, 1.0);
    }

    /// A plain part: filled with its tone's base and outlined.
    pub fn plain(&mut self, shape: &Shape, tone: Tone) {
        self.part(shape, tone.base, tone.line, |_| {});
    }

    /// The finished sheet.
    pub fn finish(self) -> Pixmap {
        self.pixmap
    }
}

fn paint(fill: Fill) -> Paint<'static> {
    let shader = match fill {
        Fill::Flat(ink) => Shader::SolidColor(ink.color()),
        Fill::Fade(from, start, to, end) => LinearGradient::new(
            Point::from_xy(from.0, from.1),
            Point::from_xy(to.0, to.1),
            vec![GradientStop::new(0.0, start.color()), GradientStop::new(1.0, end.color())],
            SpreadMode::Pad,
            Transform::identity(),
        )
        .unwrap_or(Shader::SolidColor(start.color())),
    };
    Paint { shader, anti_alias: true, ..Paint::default() }
}
