//! The style of models that learnt from tagged drawings: `(brown_hair:1.2), brown_eyes, suit`.

use super::part::{About, Part};
use crate::look::{
    Accessory, BodyType, Clothing, Expression, EyeColor, HairColor, HairStyle, Look, Picture, Pose, Sex,
};

/// The parts of a picture of this look.
pub(super) fn parts(look: &Look, picture: Picture) -> Vec<Part> {
    let mut parts = of(About::Quality, &["masterpiece", "best_quality", "anime_coloring", "clean_lineart"]);
    parts.extend(of(About::Teacher, &["solo", "teacher", "adult"]));
    parts.extend(of(About::Teacher, sex(look.sex)));
    parts.push(Part::strong(About::Teacher, hair_color(look.hair_color), 1.2));
    parts.extend(look.hair_style.map(|style| Part::of(About::Teacher, hair_style(style))));
    parts.push(Part::strong(About::Teacher, eye_color(look.eye_color), 1.2));
    parts.extend(of(About::Teacher, clothing(look.clothing)));
    parts.extend(of(About::Teacher, look.accessory.map_or(&[], accessory)));
    parts.extend(of(About::Teacher, body_type(look.body_type)));
    if look.is_chibi {
        parts.push(Part::strong(About::Teacher, "chibi", 1.4));
        parts.extend(of(About::Teacher, &["big_head", "small_body", "cute"]));
    }
    parts.extend(expression(picture.expression).iter().map(|words| Part::strong(About::Expression, words, 1.3)));
    parts.extend(of(About::Pose, pose(picture.pose)));
    parts.extend(of(About::Background, &["white_background", "simple_background"]));
    parts
}

/// The expression that no moderation minds.
pub(super) fn calm() -> Vec<Part> {
    of(About::Expression, &["gentle_smile", "closed_mouth", "calm"])
}

/// The parts as one line; a weight of 1 is not written.
pub(super) fn written(parts: &[Part]) -> String {
    let tags = parts.iter().map(|part| {
        if part.weight > 1.0 { format!("({}:{:.1})", part.words, part.weight) } else { part.words.to_owned() }
    });
    tags.collect::<Vec<_>>().join(", ")
}

fn of(about: About, tags: &[&'static str]) -> Vec<Part> {
    tags.iter().map(|words| Part::of(about, words)).collect()
}

const fn sex(sex: Sex) -> &'static [&'static str] {
    match sex {
        Sex::Male => &["1boy", "male_focus"],
        Sex::Female => &["1girl"],
        Sex::Other => &["androgynous", "1other"],
    }
}

const fn hair_style(style: HairStyle) -> &'static str {
    match style {
        HairStyle::Short => "short_hair",
        HairStyle::Middle => "medium_hair",
        HairStyle::Long => "long_hair",
    }
}

const fn hair_color(color: HairColor) -> &'static str {
    match color {
        HairColor::Black => "black_hair",
        HairColor::Brown => "brown_hair",
        HairColor::Blonde => "blonde_hair",
        HairColor::Silver => "silver_hair",
        HairColor::Red => "red_hair",
    }
}

const fn eye_color(color: EyeColor) -> &'static str {
    match color {
        EyeColor::Black => "black_eyes",
        EyeColor::Brown => "brown_eyes",
        EyeColor::Blue => "blue_eyes",
        EyeColor::Green => "green_eyes",
        EyeColor::Gray => "grey_eyes",
        EyeColor::Purple => "purple_eyes",
    }
}

const fn clothing(clothing: Clothing) -> &'static [&'static str] {
    match clothing {
        Clothing::Suit => &["business_suit", "jacket", "collared_shirt"],
        Clothing::Casual => &["casual_clothes", "hoodie", "long_pants"],
        Clothing::Kimono => &["kimono", "obi", "long_sleeves"],
        Clothing::Robe => &["academic_robe", "scholar", "long_sleeves"],
        Clothing::Dress => &["modest_dress", "ribbon", "long_skirt"],
    }
}

const fn accessory(accessory: Accessory) -> &'static [&'static str] {
    match accessory {
        Accessory::Nothing => &["no_accessories"],
        Accessory::Glasses => &["round_eyewear", "glasses"],
        Accessory::Hat => &["hat"],
        Accessory::Tie => &["necktie"],
        Accessory::Cheer => &["holding_pom_poms", "cheering"],
    }
}

const fn body_type(body: BodyType) -> &'static [&'static str] {
    match body {
        BodyType::Average => &["average_build"],
        BodyType::Slim => &["narrow_shoulders", "slender"],
        BodyType::Sturdy => &["broad_shoulders", "muscular"],
    }
}

const fn expression(expression: Expression) -> &'static [&'static str] {
    match expression {
        Expression::Normal => &["light_smile", "looking_at_viewer"],
        Expression::Happy => &["happy", "big_smile", "open_mouth", "blush"],
        Expression::Sad => &["sad", "downcast_eyes", "tears"],
        Expression::Angry => &["angry", "furrowed_brow", "glaring"],
        Expression::Surprised => &["surprised", "wide-eyed", "raised_eyebrows", "open_mouth"],
    }
}

const fn pose(pose: Pose) -> &'static [&'static str] {
    match pose {
        Pose::FullBody => &["full_body", "standing", "shoes", "head_to_toe"],
        Pose::Bust => &["portrait", "upper_body", "head_and_shoulders"],
    }
}
