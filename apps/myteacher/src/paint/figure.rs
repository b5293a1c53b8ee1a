//! A whole picture: the layers of the figure from the back to the front, seen by the camera of the pose.
//!
//! For the offline painter. Here is the only place that knows the order of parts; a part knows only itself.

use super::bones::Bones;
use super::canvas::Canvas;
use super::palette::Palette;
use super::{accessory, arms, body, clothing, eyes, face, hair, mood, room};
use crate::look::{Accessory, Dice, DrawModelVersion, Expression, Look, Picture, Pose};
use tiny_skia::{Pixmap, Transform};

/// All that a part may want to know.
pub(super) struct Figure {
    pub look: Look,
    pub picture: Picture,
    pub bones: Bones,
    pub palette: Palette,
    pub quirks: Quirks,
}

/// What the seed makes of a face beyond colours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quirks {
    /// Which cut the fringe has, 0 to 2.
    pub fringe: u8,
    /// Whether there are freckles.
    pub freckled: bool,
    /// On which side of the mouth or eye a mole sits, if any: -1 or 1.
    pub mole: Option<f32>,
    /// Which side is parted, pinned or waving: -1 or 1.
    pub side: f32,
}

/// Paints one picture, with the room or without any background; `None` only if there is no memory for it.
pub(super) fn paint(look: Look, picture: Picture, with_room: bool) -> Option<Pixmap> {
    let figure = Figure::new(look, picture);
    let mut canvas = Canvas::new(figure.line_px())?;
    if with_room {
        room::paint(&mut canvas, &figure);
    }
    canvas.within(figure.camera(), |canvas| {
        canvas.within(figure.nod(), |canvas| hair::behind(canvas, &figure));
        body::legs(canvas, &figure);
        body::neck(canvas, &figure);
        clothing::paint(canvas, &figure);
        accessory::on_chest(canvas, &figure);
        arms::low(canvas, &figure);
        canvas.within(figure.nod(), |canvas| head(canvas, &figure));
        arms::raised(canvas, &figure);
    });
    Some(canvas.finish())
}

fn head(canvas: &mut Canvas, figure: &Figure) {
    face::paint(canvas, figure);
    eyes::paint(canvas, figure);
    mood::mouth(canvas, figure);
    accessory::on_eyes(canvas, figure);
    hair::in_front(canvas, figure);
    mood::brows(canvas, figure);
    accessory::on_hair(canvas, figure);
    mood::marks(canvas, figure);
}

impl Figure {
    /// The figure of one picture; everything but the feeling is the same in all pictures of a run.
    pub fn new(look: Look, picture: Picture) -> Self {
        let mut dice = Dice::new(look.seed, "quirks");
        let quirks = Quirks {
            fringe: dice.pick(&[0, 1, 2]).unwrap_or(0),
            freckled: dice.unit() < 0.25,
            mole: dice.pick(&[None, None, None, Some(-1.0), Some(1.0)]).flatten(),
            side: dice.pick(&[-1.0, 1.0]).unwrap_or(1.0),
        };
        Self { look, picture, bones: Bones::of(&look), palette: Palette::of(&look), quirks }
    }

    /// Whether this feeling is shown.
    pub fn feels(&self, expression: Expression) -> bool {
        self.picture.expression == expression
    }

    /// Whether this accessory was chosen.
    pub fn has(&self, accessory: Accessory) -> bool {
        self.look.accessory == Some(accessory)
    }

    /// Where the figure stands on the sheet and how near we are.
    pub(super) fn camera(&self) -> Transform {
        let (near, x, y) = match (self.picture.pose, self.look.is_chibi) {
            (Pose::Bust, false) => (1.12, 256.0, 236.0),
            (Pose::Bust, true) => (1.2, 256.0, 250.0),
            (Pose::FullBody, false) => (0.535, 256.0, 114.0),
            (Pose::FullBody, true) => (1.0, 256.0, 194.0),
        };
        Transform::from_scale(near, near).post_translate(x, y)
    }

    /// How the head is held: turned about the neck by the feeling.
    fn nod(&self) -> Transform {
        let degrees = match self.picture.expression {
            Expression::Normal => 1.5,
            Expression::Happy => 4.5,
            Expression::Sad => -4.0,
            Expression::Angry => -1.5,
            Expression::Surprised => 0.0,
        };
        let lift = if self.feels(Expression::Surprised) { -4.0 } else { 0.0 };
        Transform::from_rotate_at(degrees * self.quirks.side, 0.0, 95.0).post_translate(0.0, lift)
    }

    /// The thickness of an outline in pixels: each drawing model has its own pen.
    fn line_px(&self) -> f32 {
        let pen = match self.look.draw_model_version {
            DrawModelVersion::AnythingV4 => 1.0,
            DrawModelVersion::AnimagineXl31 => 0.76,
            DrawModelVersion::StableDiffusion35Medium => 0.5,
        };
        let near = match (self.picture.pose, self.look.is_chibi) {
            (Pose::Bust, _) => 3.2,
            (Pose::FullBody, true) => 2.9,
            (Pose::FullBody, false) => 2.0,
        };
        pen * near
    }
}
