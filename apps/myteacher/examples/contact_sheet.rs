//! Paints contact sheets of what the offline painter can do, to be looked at by the people who change it.
//!
//! `cargo run --release -p myteacher --example contact_sheet -- FOLDER` writes one PNG for each theme into the folder.
//! It judges nothing; the tests do, as far as pictures can be judged without eyes.

use myteacher::look::{
    Accessory, BodyType, Clothing, Expression, EyeColor, HairColor, HairStyle, Look, Picture, Pose, Sex,
};
use myteacher::paint::{SIDE_PX, offline};
use std::error::Error;
use std::path::{Path, PathBuf};
use tiny_skia::{Color, FilterQuality, Pixmap, PixmapPaint, Transform};

/// What a sheet shows, row by row.
type Pictures = Vec<(Look, Picture)>;

fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("give a folder to write into")?.into();
    std::fs::create_dir_all(&folder)?;
    sheet(&folder, "moods", 5, 1.0, &moods())?;
    sheet(&folder, "chibis", 5, 0.6, &chibis())?;
    sheet(&folder, "clothes", 5, 0.8, &clothes(Pose::FullBody))?;
    sheet(&folder, "clothes_near", 5, 0.6, &clothes(Pose::Bust))?;
    sheet(&folder, "accessories", 5, 0.8, &accessories(Pose::FullBody))?;
    sheet(&folder, "accessories_near", 5, 0.6, &accessories(Pose::Bust))?;
    sheet(&folder, "hair", 5, 0.5, &hair())?;
    sheet(&folder, "bodies", 3, 0.6, &bodies())?;
    sheet(&folder, "eyes", 6, 0.5, &eyes())?;
    sheet(&folder, "random", 6, 0.5, &random(false))?;
    sheet(&folder, "random_clear", 6, 0.5, &random(true))?;
    Ok(())
}

/// One teacher of each sex, with the hair that the painter chooses.
fn each_sex() -> impl Iterator<Item = Look> {
    (7..).zip(Sex::ALL).map(|(seed, &sex)| Look { sex, seed, hair_style: None, ..Look::default() })
}

fn moods() -> Pictures {
    let all =
        |look: Look| Expression::ALL.iter().map(move |&expression| (look, Picture { pose: Pose::Bust, expression }));
    each_sex().flat_map(all).collect()
}

fn chibis() -> Pictures {
    let looks =
        (40..).zip(Clothing::ALL).map(|(seed, &clothing)| Look { clothing, is_chibi: true, ..Look::from_seed(seed) });
    looks.flat_map(|look| look.pictures().into_iter().map(move |picture| (look, picture))).collect()
}

fn clothes(pose: Pose) -> Pictures {
    let picture = Picture { pose, expression: Expression::Normal };
    each_sex()
        .flat_map(|look| Clothing::ALL.iter().map(move |&clothing| Look { clothing, seed: 3, ..look }))
        .map(|look| (look, picture))
        .collect()
}

fn accessories(pose: Pose) -> Pictures {
    let picture = Picture { pose, expression: Expression::Happy };
    let scholar = Look { clothing: Clothing::Robe, ..Look::default() };
    each_sex()
        .chain([scholar])
        .flat_map(|look| Accessory::ALL.iter().map(move |&worn| Look { accessory: Some(worn), ..look }))
        .map(|look| (look, picture))
        .collect()
}

fn hair() -> Pictures {
    let mut pictures = Pictures::new();
    for &hair_style in HairStyle::ALL {
        for sex in [Sex::Female, Sex::Male] {
            for (seed, &hair_color) in (20..).zip(HairColor::ALL) {
                let look = Look { sex, hair_style: Some(hair_style), hair_color, seed, ..Look::default() };
                pictures.push((look, Picture { pose: Pose::Bust, expression: Expression::Normal }));
            }
        }
    }
    pictures
}

fn bodies() -> Pictures {
    let picture = Picture { pose: Pose::FullBody, expression: Expression::Angry };
    each_sex()
        .flat_map(|look| BodyType::ALL.iter().map(move |&body_type| (Look { body_type, ..look }, picture)))
        .collect()
}

fn eyes() -> Pictures {
    let picture = Picture { pose: Pose::Bust, expression: Expression::Surprised };
    EyeColor::ALL.iter().map(|&eye_color| (Look { eye_color, ..Look::default() }, picture)).collect()
}

fn random(is_transparent: bool) -> Pictures {
    let look = |seed: u32| Look { is_transparent, is_chibi: seed.is_multiple_of(4), ..Look::from_seed(seed) };
    let one = |look: Look| look.pictures().into_iter().cycle().nth(look.seed as usize).map(|picture| (look, picture));
    (1..=30).map(look).filter_map(one).collect()
}

/// Puts pictures side by side, `columns` in a row, each scaled.
fn sheet(folder: &Path, name: &str, columns: u32, scale: f32, pictures: &Pictures) -> Result<(), Box<dyn Error>> {
    let side = (SIDE_PX as f32 * scale) as u32;
    let rows = (pictures.len() as u32).div_ceil(columns);
    let mut sheet = Pixmap::new(side * columns, side * rows).ok_or("an empty sheet")?;
    // A loud ground: holes and fringes of a cut-out show at once.
    sheet.fill(Color::from_rgba8(0xe8, 0x70, 0xd8, 0xff));
    for (index, (look, picture)) in (0u32..).zip(pictures) {
        let png = offline::png(*look, *picture, !look.is_transparent)?;
        let (x, y) = (index % columns * side, index / columns * side);
        let paint = PixmapPaint { quality: FilterQuality::Bicubic, ..PixmapPaint::default() };
        let place = Transform::from_scale(scale, scale).post_translate(x as f32, y as f32);
        sheet.draw_pixmap(0, 0, Pixmap::decode_png(&png)?.as_ref(), &paint, place, None);
    }
    let path = folder.join(format!("{name}.png"));
    sheet.save_png(&path)?;
    println!("{} ({} pictures)", path.display(), pictures.len());
    Ok(())
}
