//! Paints contact sheets of what the offline painter can do, to be looked at by the people who change it.
//!
//! `cargo run --release -p myteacher --example contact_sheet -- FOLDER` writes one PNG for each theme into the folder.

use myteacher::look::*;
use myteacher::paint::{SIDE_PX, offline};
use std::error::Error;
use std::path::{Path, PathBuf};
use tiny_skia::{Color, Pixmap, PixmapPaint, Transform};

fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("give a folder to write into")?.into();
    std::fs::create_dir_all(&folder)?;
    let plain = Look::default();
    let bust = |expression| Picture { pose: Pose::Bust, expression };
    let body = |expression| Picture { pose: Pose::FullBody, expression };

    let each_sex = |look: Look| Sex::ALL.iter().map(move |&sex| Look { sex, hair_style: None, ..look });
    let mut moods = Vec::new();
    for (seed, look) in each_sex(plain).enumerate() {
        let look = Look { seed: 7 + seed as u32, ..look };
        moods.extend(Expression::ALL.iter().map(|&mood| (look, bust(mood))));
    }
    sheet(&folder, "moods", 5, 1.0, &moods)?;

    let mut chibis = Vec::new();
    for (row, &clothing) in Clothing::ALL.iter().enumerate() {
        let look = Look { is_chibi: true, clothing, ..Look::from_seed(40 + row as u32) };
        chibis.extend(Expression::ALL.iter().map(|&mood| (look, body(mood))));
    }
    sheet(&folder, "chibis", 5, 0.6, &chibis)?;

    let mut clothes = Vec::new();
    for look in each_sex(plain) {
        clothes.extend(
            Clothing::ALL.iter().map(|&clothing| (Look { clothing, seed: 3, ..look }, body(Expression::Normal))),
        );
    }
    sheet(&folder, "clothes_full", 5, 0.8, &clothes)?;
    let busts: Vec<_> = clothes.iter().map(|&(look, _)| (look, bust(Expression::Happy))).collect();
    sheet(&folder, "clothes_bust", 5, 0.6, &busts)?;

    let mut extras = Vec::new();
    for look in each_sex(plain) {
        extras.extend(
            Accessory::ALL.iter().map(|&it| (Look { accessory: Some(it), seed: 11, ..look }, bust(Expression::Normal))),
        );
    }
    let robed = Look { clothing: Clothing::Robe, accessory: Some(Accessory::Hat), ..plain };
    extras.extend(Expression::ALL.iter().map(|&mood| (robed, bust(mood))));
    sheet(&folder, "accessories", 5, 0.6, &extras)?;
    let full: Vec<_> = extras
        .iter()
        .map(|&(look, _)| (Look { is_chibi: look.seed % 2 == 0, ..look }, body(Expression::Happy)))
        .collect();
    sheet(&folder, "accessories_full", 5, 0.6, &full)?;

    let mut hairs = Vec::new();
    for &hair_style in HairStyle::ALL {
        for sex in [Sex::Female, Sex::Male] {
            hairs.extend(HairColor::ALL.iter().enumerate().map(|(index, &hair_color)| {
                let seed = 20 + index as u32;
                (Look { sex, hair_style: Some(hair_style), hair_color, seed, ..plain }, bust(Expression::Normal))
            }));
        }
    }
    sheet(&folder, "hair", 5, 0.5, &hairs)?;

    let mut bodies = Vec::new();
    for look in each_sex(plain) {
        bodies.extend(BodyType::ALL.iter().map(|&body_type| (Look { body_type, ..look }, body(Expression::Angry))));
    }
    sheet(&folder, "bodies", 3, 0.6, &bodies)?;

    let close: Vec<_> = (0..6)
        .map(|step| {
            let clothing = Clothing::ALL[step % 5];
            let accessory = Some(Accessory::ALL[(step + 2) % 5]);
            let look = Look { clothing, accessory, ..Look::from_seed(50 + step as u32) };
            (look, bust(Expression::ALL[(step * 2) % 5]))
        })
        .collect();
    sheet(&folder, "close", 3, 1.0, &close)?;
    let whole: Vec<_> = [6, 13, 18, 24, 32, 39]
        .into_iter()
        .map(|seed| {
            (
                Look {
                    is_chibi: seed % 2 == 0,
                    clothing: if seed % 3 == 0 { Clothing::Kimono } else { Clothing::Robe },
                    ..Look::from_seed(seed)
                },
                body(Expression::ALL[seed as usize % 5]),
            )
        })
        .collect();
    sheet(&folder, "whole", 3, 1.0, &whole)?;

    let eyes: Vec<_> =
        EyeColor::ALL.iter().map(|&eye_color| (Look { eye_color, ..plain }, bust(Expression::Surprised))).collect();
    sheet(&folder, "eyes", 6, 0.5, &eyes)?;

    let random: Vec<_> =
        (1..=30).map(Look::from_seed).map(|look| (look, look.pictures()[look.seed as usize % 6])).collect();
    sheet(&folder, "random", 6, 0.5, &random)?;
    let clear: Vec<_> = (1..=6)
        .map(|seed| Look { is_transparent: true, ..Look::from_seed(seed) })
        .map(|look| (look, look.pictures()[seed_of(look)]))
        .collect();
    sheet(&folder, "clear", 6, 0.5, &clear)?;
    Ok(())
}

fn seed_of(look: Look) -> usize {
    look.seed as usize % 6
}

/// Puts pictures side by side, `columns` in a row, each scaled.
fn sheet(
    folder: &Path,
    name: &str,
    columns: u32,
    scale: f32,
    pictures: &[(Look, Picture)],
) -> Result<(), Box<dyn Error>> {
    let side = (SIDE_PX as f32 * scale) as u32;
    let rows = (pictures.len() as u32).div_ceil(columns);
    let mut sheet = Pixmap::new(side * columns, side * rows).ok_or("an empty sheet")?;
    sheet.fill(Color::from_rgba8(0xe8, 0x70, 0xd8, 0xff));
    for (index, (look, picture)) in pictures.iter().enumerate() {
        let png = offline::png(*look, *picture, !look.is_transparent)?;
        let (x, y) = (index as u32 % columns * side, index as u32 / columns * side);
        let paint = PixmapPaint { quality: tiny_skia::FilterQuality::Bicubic, ..PixmapPaint::default() };
        let place = Transform::from_scale(scale, scale).post_translate(x as f32, y as f32);
        sheet.draw_pixmap(0, 0, Pixmap::decode_png(&png)?.as_ref(), &paint, place, None);
    }
    let path = folder.join(format!("{name}.png"));
    sheet.save_png(&path)?;
    println!("{} ({} pictures)", path.display(), pictures.len());
    Ok(())
}
