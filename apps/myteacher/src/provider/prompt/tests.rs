//! Every attribute that can be seen is said, and every step of softening makes a difference.

use super::*;
use crate::look::{Accessory, BodyType, Clothing, Expression, EyeColor, HairColor, HairStyle, Pose, Sex};
use std::collections::BTreeSet;

const STYLES: [Style; 2] = [Style::Tags, Style::Sentence];
const BUST: Picture = Picture { pose: Pose::Bust, expression: Expression::Normal };

fn prompt(style: Style, look: &Look, picture: Picture, softness: u8) -> String {
    Prompt::new(style, look, picture, softness).positive
}

fn all_differ(looks: Vec<Look>) {
    for style in STYLES {
        let prompts: BTreeSet<String> = looks.iter().map(|look| prompt(style, look, BUST, 0)).collect();
        assert_eq!(prompts.len(), looks.len(), "{style:?}: {prompts:#?}");
    }
}

#[test]
fn no_value_of_an_attribute_is_dropped() {
    let usual = Look::default();
    all_differ(Sex::ALL.iter().map(|&sex| Look { sex, ..usual }).collect());
    let styles = HairStyle::ALL.iter().map(|&style| Look { hair_style: Some(style), ..usual });
    all_differ(styles.chain([Look { hair_style: None, ..usual }]).collect());
    all_differ(HairColor::ALL.iter().map(|&hair_color| Look { hair_color, ..usual }).collect());
    all_differ(EyeColor::ALL.iter().map(|&eye_color| Look { eye_color, ..usual }).collect());
    all_differ(Clothing::ALL.iter().map(|&clothing| Look { clothing, ..usual }).collect());
    all_differ(Accessory::ALL.iter().map(|&accessory| Look { accessory: Some(accessory), ..usual }).collect());
    all_differ(BodyType::ALL.iter().map(|&body_type| Look { body_type, ..usual }).collect());
    all_differ(vec![usual, Look { is_chibi: true, ..usual }]);
}

#[test]
fn every_picture_of_a_run_is_told_apart_at_every_softness_below_the_last() {
    for style in STYLES {
        for softness in 0..=2 {
            for is_chibi in [false, true] {
                let look = Look { is_chibi, ..Look::default() };
                let pictures = look.pictures();
                let prompts: BTreeSet<_> =
                    pictures.iter().map(|&picture| prompt(style, &look, picture, softness)).collect();
                assert_eq!(prompts.len(), pictures.len(), "{style:?} {softness} {prompts:#?}");
            }
        }
    }
}

#[test]
fn each_step_of_softening_makes_a_difference_to_every_picture() {
    for style in STYLES {
        for expression in [Expression::Happy, Expression::Sad, Expression::Angry, Expression::Surprised] {
            let picture = Picture { pose: Pose::Bust, expression };
            let steps: BTreeSet<_> =
                (0..=3).map(|softness| prompt(style, &Look::default(), picture, softness)).collect();
            assert_eq!(steps.len(), 4, "{style:?} {expression}: {steps:#?}");
        }
    }
}

#[test]
fn the_first_step_drops_words_that_trigger() {
    let look = Look { body_type: BodyType::Slim, ..Look::default() };
    let sad = Picture { pose: Pose::Bust, expression: Expression::Sad };
    let (hard, soft) = (prompt(Style::Tags, &look, sad, 0), prompt(Style::Tags, &look, sad, 1));
    assert!(hard.contains("slender") && hard.contains("tears"), "{hard}");
    assert!(!soft.contains("slender") && !soft.contains("tears"), "{soft}");
    assert!(soft.contains("narrow_shoulders") && soft.contains("(sad:1.3)"), "the attribute itself stays: {soft}");
    let soft = prompt(Style::Sentence, &look, sad, 1);
    assert!(!soft.contains("slender") && !soft.contains("tears") && soft.contains("looking sad"), "{soft}");
}

#[test]
fn the_second_step_lowers_all_weights_to_one_at_the_least() {
    let chibi = Look { is_chibi: true, ..Look::default() };
    let hard = prompt(Style::Tags, &chibi, BUST, 1);
    let soft = prompt(Style::Tags, &chibi, BUST, 2);
    for (before, after) in [("(brown_hair:1.2)", ", brown_hair,"), ("(chibi:1.4)", "(chibi:1.1)")] {
        assert!(hard.contains(before) && soft.contains(after) && !soft.contains(before), "{soft}");
    }
    assert!(prompt(Style::Sentence, &chibi, BUST, 1).contains("clearly a portrait"));
    assert!(!prompt(Style::Sentence, &chibi, BUST, 2).contains("clearly"));
}

#[test]
fn the_last_step_calms_the_face_and_more_than_the_last_is_the_last() {
    let angry = Picture { pose: Pose::FullBody, expression: Expression::Angry };
    for style in STYLES {
        let soft = prompt(style, &Look::default(), angry, 3);
        assert!(!soft.contains("angry") && soft.contains("calm"), "{soft}");
        assert_eq!(soft, prompt(style, &Look::default(), angry, 9));
    }
}

#[test]
fn what_is_not_there_is_said_in_the_negative() {
    let negative = |look: Look| Prompt::new(Style::Tags, &look, BUST, 0).negative;
    let usual = Look::default();
    assert!(negative(usual).contains("chibi") && negative(usual).contains("glasses"));
    assert!(negative(usual).contains("nsfw"));
    assert!(!negative(Look { is_chibi: true, ..usual }).contains("chibi"));
    let glasses = Look { accessory: Some(Accessory::Glasses), ..usual };
    assert!(!negative(glasses).contains("glasses"));
    let nothing = Look { accessory: Some(Accessory::Nothing), ..usual };
    assert!(negative(nothing).contains("glasses"));
}

#[test]
fn the_two_styles_are_what_the_models_understand() {
    let tags = prompt(Style::of(DrawModelVersion::AnimagineXl31), &Look::default(), BUST, 0);
    assert!(tags.contains("(brown_hair:1.2), medium_hair, (brown_eyes:1.2), business_suit"), "{tags}");
    let sentence = prompt(Style::of(DrawModelVersion::StableDiffusion35Medium), &Look::default(), BUST, 0);
    assert!(sentence.contains("an adult female school teacher, chestnut brown hair,"), "{sentence}");
    assert!(sentence.ends_with('.') && !sentence.contains('_') && !sentence.contains(':'), "{sentence}");
}
