//! What can be said about the pictures without eyes; the example `contact_sheet` is for eyes.

use super::figure::{Figure, paint};
use super::hair;
use super::{SIDE_PX, offline};
use crate::look::*;
use std::collections::BTreeMap;
use tiny_skia::{Pixmap, PremultipliedColorU8};

/// Fewer changed pixels than this nobody sees.
const VISIBLE_PX: usize = 60;

fn bust(expression: Expression) -> Picture {
    Picture { pose: Pose::Bust, expression }
}

fn body(expression: Expression) -> Picture {
    Picture { pose: Pose::FullBody, expression }
}

/// A calm bust, a calm full body and a calm chibi of a look.
fn poses(look: Look) -> Vec<Pixmap> {
    let chibi = Look { is_chibi: true, ..look };
    [(look, bust(Expression::Normal)), (look, body(Expression::Normal)), (chibi, body(Expression::Normal))]
        .into_iter()
        .map(|(look, picture)| paint(look, picture, true).unwrap())
        .collect()
}

/// How many pixels differ by more than rounding.
fn difference(one: &Pixmap, other: &Pixmap) -> usize {
    let far = |a: u8, b: u8| a.abs_diff(b) > 6;
    let differs = |a: &PremultipliedColorU8, b: &PremultipliedColorU8| {
        far(a.red(), b.red()) || far(a.green(), b.green()) || far(a.blue(), b.blue()) || far(a.alpha(), b.alpha())
    };
    one.pixels().iter().zip(other.pixels()).filter(|(a, b)| differs(a, b)).count()
}

/// Each of the looks must be told from each other one in every pose.
fn assert_all_differ(attribute: &str, looks: &[Look]) {
    let painted: Vec<_> = looks.iter().map(|&look| poses(look)).collect();
    for (index, one) in painted.iter().enumerate() {
        for (other_index, other) in painted.iter().enumerate().take(index) {
            for (pose, (a, b)) in ["bust", "full body", "chibi"].iter().zip(one.iter().zip(other)) {
                let pixels = difference(a, b);
                assert!(
                    pixels >= VISIBLE_PX,
                    "{attribute} {other_index} and {index} differ by {pixels} px in the {pose}"
                );
            }
        }
    }
}

macro_rules! matters {
    ($($test:ident: $attribute:ident in $list:ident),+ $(,)?) => {
        $(
            #[test]
            fn $test() {
                let looks: Vec<Look> =
                    $list::ALL.iter().map(|&value| Look { $attribute: value.into(), ..Look::default() }).collect();
                assert_all_differ(stringify!($attribute), &looks);
            }
        )+
    };
}

matters! {
    sex_matters: sex in Sex,
    hair_style_matters: hair_style in HairStyle,
    hair_color_matters: hair_color in HairColor,
    eye_color_matters: eye_color in EyeColor,
    clothing_matters: clothing in Clothing,
    accessory_matters: accessory in Accessory,
    body_type_matters: body_type in BodyType,
    draw_model_version_matters: draw_model_version in DrawModelVersion,
}

#[test]
fn expressions_differ_in_every_pose() {
    for (look, pose) in [
        (Look::default(), Pose::Bust),
        (Look::default(), Pose::FullBody),
        (Look { is_chibi: true, ..Look::default() }, Pose::FullBody),
        (Look { accessory: Some(Accessory::Cheer), ..Look::default() }, Pose::Bust),
    ] {
        let faces: Vec<_> = Expression::ALL
            .iter()
            .map(|&expression| paint(look, Picture { pose, expression }, true).unwrap())
            .collect();
        for (index, face) in faces.iter().enumerate() {
            for other in faces.iter().take(index) {
                assert!(difference(face, other) >= VISIBLE_PX * 4);
            }
        }
    }
}

#[test]
fn seeds_differ() {
    let looks: Vec<Look> = (1..=6).map(|seed| Look { seed, ..Look::default() }).collect();
    assert_all_differ("seed", &looks);
}

#[test]
fn the_voice_changes_no_pixel_and_no_accessory_means_nothing() {
    let usual = Look::default();
    let picture = bust(Expression::Normal);
    let painted = paint(usual, picture, true).unwrap();
    for look in [
        Look { tone: Tone::Strict, ..usual },
        Look { enthusiasm: Enthusiasm::High, formality: Formality::Casual, humor: Humor::High, ..usual },
        Look { accessory: Some(Accessory::Nothing), ..usual },
    ] {
        assert_eq!(paint(look, picture, true).unwrap().data(), painted.data(), "{look:?}");
    }
}

#[test]
fn a_style_left_open_is_one_of_the_list_and_suits_the_sex() {
    for (sex, style) in [(Sex::Male, HairStyle::Short), (Sex::Female, HairStyle::Long), (Sex::Other, HairStyle::Middle)]
    {
        let open = Look { sex, hair_style: None, ..Look::default() };
        let named = Look { hair_style: Some(style), ..open };
        let picture = body(Expression::Normal);
        assert_eq!(paint(open, picture, true).unwrap().data(), paint(named, picture, true).unwrap().data());
    }
}

#[test]
fn every_picture_of_a_run_passes_the_old_quality_check() {
    for seed in 1..=8 {
        for is_transparent in [false, true] {
            let look = Look { is_transparent, is_chibi: seed % 3 == 0, ..Look::from_seed(seed) };
            for picture in look.pictures() {
                let png = offline::png(look, picture, !is_transparent).unwrap();
                let bytes = png.len();
                assert!((10 * 1024..10 * 1024 * 1024).contains(&bytes), "{picture} of seed {seed}: {bytes} bytes");
                let sheet = Pixmap::decode_png(&png).unwrap();
                assert_eq!((sheet.width(), sheet.height()), (SIDE_PX, SIDE_PX));
            }
        }
    }
}

#[test]
fn the_same_order_gives_the_same_bytes() {
    for seed in [1, 2, 3, 2_147_483_647] {
        let look = Look { is_chibi: seed % 2 == 0, ..Look::from_seed(seed) };
        for picture in look.pictures() {
            assert_eq!(offline::png(look, picture, true), offline::png(look, picture, true), "{picture} of {seed}");
        }
    }
}

#[test]
fn a_room_covers_the_whole_sheet_and_without_it_the_corners_are_clear() {
    let last = SIDE_PX - 1;
    for seed in 1..=6 {
        let look = Look { is_chibi: seed % 2 == 0, ..Look::from_seed(seed) };
        for picture in look.pictures() {
            let room = paint(look, picture, true).unwrap();
            assert!(room.pixels().iter().all(|pixel| pixel.alpha() == 255), "{picture} of {seed} has a hole");
            let clear = paint(look, picture, false).unwrap();
            for (x, y) in [(0, 0), (last, 0)] {
                assert_eq!(clear.pixel(x, y).unwrap().alpha(), 0, "{picture} of {seed}: upper corner {x}");
            }
            if picture.pose == Pose::FullBody {
                for (x, y) in [(0, last), (last, last)] {
                    assert_eq!(clear.pixel(x, y).unwrap().alpha(), 0, "{picture} of {seed}: lower corner {x}");
                }
            }
            assert_eq!(clear.pixel(SIDE_PX / 2, SIDE_PX / 2).unwrap().alpha(), 255, "the middle is the teacher");
        }
    }
}

#[test]
fn without_the_room_the_teacher_is_the_same_to_the_pixel() {
    let look = Look::from_seed(3);
    for picture in look.pictures() {
        let (room, clear) = (paint(look, picture, true).unwrap(), paint(look, picture, false).unwrap());
        let opaque = clear.pixels().iter().zip(room.pixels()).filter(|(clear, _)| clear.alpha() == 255);
        let changed = opaque.clone().filter(|(clear, room)| clear != room).count();
        assert!(opaque.count() > 20_000 && changed == 0, "{picture}: {changed} px changed");
    }
}

#[test]
fn no_hat_shoe_or_pom_pom_leaves_the_frame_of_a_whole_figure() {
    for &sex in Sex::ALL {
        for accessory in [Accessory::Hat, Accessory::Cheer] {
            for is_chibi in [false, true] {
                for expression in [Expression::Happy, Expression::Surprised] {
                    let look = Look {
                        sex,
                        accessory: Some(accessory),
                        is_chibi,
                        body_type: BodyType::Sturdy,
                        clothing: Clothing::Robe,
                        hair_style: Some(HairStyle::Long),
                        ..Look::default()
                    };
                    let sheet = paint(look, body(expression), false).unwrap();
                    let edge = (0..SIDE_PX).flat_map(|at| [(at, 0), (0, at), (at, SIDE_PX - 1), (SIDE_PX - 1, at)]);
                    let touched = edge.filter(|&(x, y)| sheet.pixel(x, y).unwrap().alpha() > 0).count();
                    assert_eq!(touched, 0, "{sex} {accessory} {expression} chibi {is_chibi}");
                }
            }
        }
    }
}

/// The opaque colours of a picture with their counts.
fn colors(sheet: &Pixmap) -> BTreeMap<(u8, u8, u8), usize> {
    let mut counts = BTreeMap::new();
    for pixel in sheet.pixels().iter().filter(|pixel| pixel.alpha() == 255) {
        *counts.entry((pixel.red(), pixel.green(), pixel.blue())).or_default() += 1;
    }
    counts
}

#[test]
fn a_run_shows_the_same_character_skin_and_hair_and_clothes() {
    for seed in 1..=10 {
        let look = Look { accessory: None, ..Look::from_seed(seed) };
        let palette = super::palette::Palette::of(&look);
        let flat = |ink: super::ink::Ink| {
            let color = ink.color().to_color_u8();
            (color.red(), color.green(), color.blue())
        };
        let faces: Vec<_> =
            Expression::ALL.iter().map(|&expression| colors(&paint(look, bust(expression), false).unwrap())).collect();
        for ink in [palette.skin.base, palette.skin.shade, palette.cloth.base] {
            for (face, expression) in faces.iter().zip(Expression::ALL) {
                let count = face.get(&flat(ink)).copied().unwrap_or_default();
                assert!(count > 400, "seed {seed} {expression}: {count} px of {:?}", flat(ink));
            }
        }
        let hair = |face: &BTreeMap<(u8, u8, u8), usize>| -> usize {
            let (r, g, b) = flat(palette.hair.base);
            let near = |&(x, y, z): &(u8, u8, u8)| x.abs_diff(r) < 12 && y.abs_diff(g) < 12 && z.abs_diff(b) < 12;
            face.iter().filter(|(color, _)| near(color)).map(|(_, count)| count).sum()
        };
        let counts: Vec<usize> = faces.iter().map(hair).collect();
        let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
        assert!(*least > 3000 && most - least < most / 4, "seed {seed}: hair {counts:?} px");
    }
}

#[test]
fn nothing_but_the_feeling_changes_within_a_run() {
    for seed in 1..=40 {
        let look = Look::from_seed(seed);
        let told = |picture: Picture| {
            let figure = Figure::new(look, picture);
            format!("{:?} {:?} {:?} {:?}", figure.bones, figure.palette, figure.quirks, hair::fringe(&figure))
        };
        let pictures = look.pictures();
        assert!(pictures.iter().all(|&picture| told(picture) == told(pictures[0])), "seed {seed}");
    }
}

#[test]
fn a_hat_covers_the_head_and_pom_poms_are_held_in_every_pose() {
    for (accessory, least) in
        [(Accessory::Hat, 7000), (Accessory::Cheer, 10_000), (Accessory::Tie, 600), (Accessory::Glasses, 1500)]
    {
        let bare = poses(Look { clothing: Clothing::Casual, ..Look::default() });
        let worn = poses(Look { clothing: Clothing::Casual, accessory: Some(accessory), ..Look::default() });
        for (index, (bare, worn)) in bare.iter().zip(&worn).enumerate() {
            let pixels = difference(bare, worn);
            assert!(pixels >= least, "{accessory} changes only {pixels} px in pose {index}");
        }
    }
}

#[test]
fn skin_tones_differ_between_seeds_but_not_within_a_run() {
    let tone = |seed: u32| format!("{:?}", super::palette::Palette::of(&Look { seed, ..Look::default() }).skin.base);
    let tones: std::collections::BTreeSet<String> = (1..=60).map(tone).collect();
    assert_eq!(tones.len(), 5);
    assert_eq!(tone(5), tone(5));
}
