//! Which colours a teacher is painted in: attributes give hair and eyes, the seed gives skin and cloth.
//!
//! The seed's choices are small and never against an attribute; they are the same for all pictures of a run.

use super::ink::{Ink, Tone, rgb};
use crate::look::{Clothing, Dice, EyeColor, HairColor, Look};

/// The colours of one teacher.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette {
    pub skin: Tone,
    pub blush: Ink,
    pub hair: Tone,
    /// From the upper edge of the iris to the lower one.
    pub eye: (Ink, Ink),
    /// The garment.
    pub cloth: Tone,
    /// What goes with it: trousers, skirt, obi, stole.
    pub second: Tone,
    /// A spot of colour: tie, ribbon, pattern.
    pub accent: Tone,
    /// The room's wall.
    pub wall: Ink,
}

impl Palette {
    /// The colours of this look.
    pub fn of(look: &Look) -> Self {
        let mut dice = Dice::new(look.seed, "palette");
        let skin = dice.pick(&SKINS).unwrap_or(SKINS[0]);
        let (cloth, second) = dice.pick(cloths(look.clothing)).unwrap_or((0x2f_3d63, 0x2f_3d63));
        let accent = dice.pick(&ACCENTS).unwrap_or(ACCENTS[0]);
        let wall = dice.pick(&WALLS).unwrap_or(WALLS[0]);
        let skin = rgb(skin);
        Self {
            skin: Tone {
                shade: skin.mix(rgb(0xd0_6a5c), 0.34),
                line: skin.mix(rgb(0x5a_2420), 0.72),
                ..Tone::of(skin)
            },
            blush: skin.mix(rgb(0xf0_5a68), 0.6),
            hair: hair(look.hair_color),
            eye: eye(look.eye_color),
            cloth: Tone::of(rgb(cloth)),
            second: Tone::of(rgb(second)),
            accent: Tone::of(rgb(accent)),
            wall: rgb(wall),
        }
    }
}

const SKINS: [u32; 5] = [0xff_e3d0, 0xfd_d9bd, 0xf6_cba6, 0xe3_ad84, 0xc8_8c66];

const ACCENTS: [u32; 6] = [0xc8_3f4d, 0x2f_6db5, 0x3d_8b5f, 0xd9_8a2b, 0x7d_4fa3, 0xd0_5c8c];

const WALLS: [u32; 5] = [0xf6_ecd9, 0xe4_eef2, 0xf3_e4e3, 0xe6_efdd, 0xea_e6f3];

/// Pairs of the garment's colour and the colour of what goes with it.
const fn cloths(clothing: Clothing) -> &'static [(u32, u32)] {
    match clothing {
        Clothing::Suit => {
            &[(0x34_4469, 0x34_4469), (0x4a_4a55, 0x4a_4a55), (0x5d_4a42, 0x5d_4a42), (0x2f_5057, 0x2f_5057)]
        }
        Clothing::Casual => {
            &[(0xf0_a24a, 0x46_6a9c), (0x6f_b58f, 0x5d_5a70), (0xe8_7f86, 0x4d_648c), (0x86_a7dd, 0x6a_5a4c)]
        }
        Clothing::Kimono => {
            &[(0x9c_3b52, 0xe8_c66a), (0x3f_5a8f, 0xe6_d9b8), (0x56_7d5b, 0xd8_9b5a), (0x7b_5aa0, 0xf0_d0d8)]
        }
        Clothing::Robe => {
            &[(0x33_2f4d, 0xd6_ab4c), (0x4d_2735, 0xd9_c28a), (0x25_4547, 0xc9_cfd6), (0x3a_3a3f, 0xb8_4a50)]
        }
        Clothing::Dress => {
            &[(0x8f_b6e8, 0xff_ffff), (0xf0_9fb0, 0xff_f6e6), (0xa9_d6b0, 0xff_ffff), (0xc7_a5e0, 0xff_f3fa)]
        }
    }
}

fn hair(color: HairColor) -> Tone {
    let (base, shade, light, line) = match color {
        HairColor::Black => (0x3a_3a4c, 0x25_2436, 0x7c_86b4, 0x12_111e),
        HairColor::Brown => (0x8a_5636, 0x62_3824, 0xcf_9a68, 0x33_1a12),
        HairColor::Blonde => (0xf2_cd72, 0xd0_9a45, 0xff_f0b8, 0x6e_4618),
        HairColor::Silver => (0xd3_d9e6, 0xa0_a9c4, 0xff_ffff, 0x4e_5470),
        HairColor::Red => (0xc8_4a34, 0x92_2a2a, 0xf7_9668, 0x48_1016),
    };
    Tone { base: rgb(base), shade: rgb(shade), light: rgb(light), line: rgb(line) }
}

fn eye(color: EyeColor) -> (Ink, Ink) {
    let (upper, lower) = match color {
        EyeColor::Black => (0x14_1420, 0x4c_4c5e),
        EyeColor::Brown => (0x44_2212, 0xc0_7a3c),
        EyeColor::Blue => (0x12_3f8a, 0x64_c2f5),
        EyeColor::Green => (0x12_5a38, 0x7a_d67c),
        EyeColor::Gray => (0x44_4c5a, 0xb4_bec8),
        EyeColor::Purple => (0x46_1f86, 0xc0_84ee),
    };
    (rgb(upper), rgb(lower))
}
