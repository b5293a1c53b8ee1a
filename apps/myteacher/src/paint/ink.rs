//! Colours, and the way one colour becomes a part: its own, its shade, its light and its outline.
//!
//! For the palette and the parts. It knows no attribute of a teacher.

use tiny_skia::Color;

/// A colour with opacity, each channel 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ink {
    red: f32,
    green: f32,
    blue: f32,
    alpha: f32,
}

/// An opaque colour as written in a style sheet.
pub(super) const fn rgb(hex: u32) -> Ink {
    Ink {
        red: ((hex >> 16) & 0xff) as f32 / 255.0,
        green: ((hex >> 8) & 0xff) as f32 / 255.0,
        blue: (hex & 0xff) as f32 / 255.0,
        alpha: 1.0,
    }
}

pub(super) const WHITE: Ink = rgb(0xff_ffff);

/// What falls into the shade turns towards this, not towards grey: shadows on skin and cloth look alive when cool.
const NIGHT: Ink = rgb(0x3a_2a5c);

impl Ink {
    /// This colour with `share` (0 to 1) of another one in it.
    pub fn mix(self, other: Self, share: f32) -> Self {
        let blend = |a: f32, b: f32| a + (b - a) * share;
        Self {
            red: blend(self.red, other.red),
            green: blend(self.green, other.green),
            blue: blend(self.blue, other.blue),
            alpha: self.alpha,
        }
    }

    /// The same colour, `alpha` (0 to 1) as opaque.
    pub fn faint(self, alpha: f32) -> Self {
        Self { alpha: self.alpha * alpha, ..self }
    }

    /// Nearer to white.
    pub fn lighter(self, share: f32) -> Self {
        self.mix(WHITE, share)
    }

    /// Nearer to night.
    pub fn darker(self, share: f32) -> Self {
        self.mix(NIGHT, share)
    }

    /// For the canvas.
    pub fn color(self) -> Color {
        let channel = |value: f32| if value.is_finite() { value.clamp(0.0, 1.0) } else { 0.0 };
        Color::from_rgba(channel(self.red), channel(self.green), channel(self.blue), channel(self.alpha))
            .unwrap_or(Color::BLACK)
    }
}

/// The colours of one part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tone {
    /// In the light.
    pub base: Ink,
    /// In the shade.
    pub shade: Ink,
    /// Where it shines.
    pub light: Ink,
    /// Its outline.
    pub line: Ink,
}

impl Tone {
    /// The tone of a thing of this colour.
    pub fn of(base: Ink) -> Self {
        Self {
            base,
            shade: base.darker(0.22),
            light: base.lighter(0.35),
            line: base.darker(0.55).mix(rgb(0x1d_1430), 0.55),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_goes_from_one_colour_to_the_other() {
        let (red, blue) = (rgb(0xff_0000), rgb(0x00_00ff));
        assert_eq!((red.mix(blue, 0.0), red.mix(blue, 1.0)), (red, blue));
        assert_eq!(red.mix(blue, 0.5).color(), Color::from_rgba(0.5, 0.0, 0.5, 1.0).unwrap());
    }

    #[test]
    fn fainter_twice_is_a_product() {
        assert_eq!(WHITE.faint(0.5).faint(0.5).color().alpha(), 0.25);
    }

    #[test]
    fn channels_out_of_range_are_held_inside() {
        assert_eq!(rgb(0x80_8080).mix(WHITE, 9.0).color(), Color::WHITE);
        assert_eq!(rgb(0).mix(WHITE, f32::NAN).color(), Color::BLACK);
    }

    #[test]
    fn a_tone_goes_from_line_to_light() {
        let sum = |ink: Ink| ink.red + ink.green + ink.blue;
        let tone = Tone::of(rgb(0x90_7060));
        assert!(
            sum(tone.line) < sum(tone.shade) && sum(tone.shade) < sum(tone.base) && sum(tone.base) < sum(tone.light)
        );
    }
}
