//! The style of models that learnt from sentences: plain English, what matters more is called clear.

use super::part::{About, Part};
use crate::look::{
    Accessory, BodyType, Clothing, Expression, EyeColor, HairColor, HairStyle, Look, Picture, Pose, Sex,
};

/// From this weight on a part is called clear.
const CLEAR: f32 = 1.25;

/// The parts of a picture of this look.
pub(super) fn parts(look: &Look, picture: Picture) -> Vec<Part> {
    let teacher = |words| Part::of(About::Teacher, words);
    let mut parts = vec![
        Part::of(About::Quality, "A clean anime illustration with fine lines and soft colours"),
        Part::strong(About::Pose, pose(picture.pose), 1.3),
        teacher(sex(look.sex)),
        teacher(hair_color(look.hair_color)),
    ];
    parts.extend(look.hair_style.map(|style| teacher(hair_style(style))));
    parts.extend([teacher(eye_color(look.eye_color)), teacher(clothing(look.clothing))]);
    parts.extend(look.accessory.map(|accessory| teacher(self::accessory(accessory))));
    parts.extend(body_type(look.body_type).iter().map(|words| teacher(words)));
    if look.is_chibi {
        parts.push(Part::strong(About::Teacher, "drawn as a chibi character with a big head and a small body", 1.4));
        parts.push(teacher("very cute"));
    }
    parts.extend(expression(picture.expression).iter().map(|words| Part::strong(About::Expression, words, 1.3)));
    parts.push(Part::of(About::Background, "alone before a plain white background"));
    parts
}

/// The expression that no moderation minds.
pub(super) fn calm() -> Vec<Part> {
    vec![Part::of(About::Expression, "a calm and friendly face")]
}

/// The parts as one sentence.
pub(super) fn written(parts: &[Part]) -> String {
    let phrases = parts
        .iter()
        .map(|part| if part.weight >= CLEAR { format!("clearly {}", part.words) } else { part.words.to_owned() });
    format!("{}.", phrases.collect::<Vec<_>>().join(", "))
}

const fn sex(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "an adult male school teacher",
        Sex::Female => "an adult female school teacher",
        Sex::Other => "an adult androgynous school teacher",
    }
}

const fn hair_style(style: HairStyle) -> &'static str {
    match style {
        HairStyle::Short => "hair cut short above the ears",
        HairStyle::Middle => "hair down to the chin",
        HairStyle::Long => "long hair below the shoulders",
    }
}

const fn hair_color(color: HairColor) -> &'static str {
    match color {
        HairColor::Black => "black hair",
        HairColor::Brown => "chestnut brown hair",
        HairColor::Blonde => "blonde hair",
        HairColor::Silver => "silver hair",
        HairColor::Red => "copper red hair",
    }
}

const fn eye_color(color: EyeColor) -> &'static str {
    match color {
        EyeColor::Black => "black eyes",
        EyeColor::Brown => "brown eyes",
        EyeColor::Blue => "blue eyes",
        EyeColor::Green => "green eyes",
        EyeColor::Gray => "grey eyes",
        EyeColor::Purple => "violet eyes",
    }
}

const fn clothing(clothing: Clothing) -> &'static str {
    match clothing {
        Clothing::Suit => "wearing a business suit with a jacket and a shirt",
        Clothing::Casual => "wearing a casual hooded jumper and long trousers",
        Clothing::Kimono => "wearing a traditional kimono with an obi",
        Clothing::Robe => "wearing the long academic robe of a scholar",
        Clothing::Dress => "wearing a modest long dress with a ribbon",
    }
}

const fn accessory(accessory: Accessory) -> &'static str {
    match accessory {
        Accessory::Nothing => "with empty hands and nothing on the head",
        Accessory::Glasses => "with round glasses",
        Accessory::Hat => "with a hat",
        Accessory::Tie => "with a necktie",
        Accessory::Cheer => "holding up two pom-poms to cheer somebody on",
    }
}

const fn body_type(body: BodyType) -> &'static [&'static str] {
    match body {
        BodyType::Average => &["of average build"],
        BodyType::Slim => &["with narrow shoulders", "slender"],
        BodyType::Sturdy => &["with broad shoulders", "sturdy"],
    }
}

const fn expression(expression: Expression) -> &'static [&'static str] {
    match expression {
        Expression::Normal => &["smiling lightly at the viewer"],
        Expression::Happy => &["laughing happily", "with an open mouth"],
        Expression::Sad => &["looking sad with lowered eyes", "close to tears"],
        Expression::Angry => &["looking angry with drawn brows", "glaring"],
        Expression::Surprised => &["looking surprised with wide eyes", "gasping"],
    }
}

const fn pose(pose: Pose) -> &'static str {
    match pose {
        Pose::FullBody => "showing the whole figure standing from head to shoes",
        Pose::Bust => "a portrait of head and shoulders",
    }
}
