//! Pictures that differ by seed and do not compress to nothing, as painted ones do not.

use crate::look::Dice;
use tiny_skia::{Color, Pixmap, PremultipliedColorU8};

/// As large as what is shown, so that it is kept byte for byte.
const SIDE: u32 = crate::paint::SIDE_PX;

/// Large enough that a picture is small, and small enough that it has more than the least bytes.
const GRAIN: u32 = 4;

/// A picture of coloured noise, 512x512; the same seed gives the same bytes. Cut out, its edge is clear.
pub fn picture_png(seed: u32, is_cut_out: bool) -> Vec<u8> {
    let mut dice = Dice::new(seed, "fake picture");
    let grain: Vec<[u8; 8]> = (0..(SIDE / GRAIN) * (SIDE / GRAIN)).map(|_| dice.next().to_le_bytes()).collect();
    drawn(|x, y| {
        let is_edge = x.min(y) < 16 || x.max(y) >= SIDE - 16;
        if is_cut_out && is_edge {
            return PremultipliedColorU8::TRANSPARENT;
        }
        let place = (y / GRAIN * (SIDE / GRAIN) + x / GRAIN) as usize;
        let [red, green, blue, ..] = grain.get(place).copied().unwrap_or_default();
        PremultipliedColorU8::from_rgba(red, green, blue, 255).unwrap_or(PremultipliedColorU8::TRANSPARENT)
    })
}

/// What some models send in place of a picture that their filter caught.
pub fn black_png() -> Vec<u8> {
    let black = Color::BLACK.premultiply().to_color_u8();
    drawn(|_, _| black)
}

fn drawn(mut pixel: impl FnMut(u32, u32) -> PremultipliedColorU8) -> Vec<u8> {
    let Some(mut canvas) = Pixmap::new(SIDE, SIDE) else { return Vec::new() };
    for (place, own) in (0..).zip(canvas.pixels_mut()) {
        *own = pixel(place % SIDE, place / SIDE);
    }
    canvas.encode_png().unwrap_or_default()
}
