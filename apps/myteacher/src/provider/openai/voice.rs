//! What the writer is told: who speaks, to whom, how, and about what. In Japanese, as the comments are.

use crate::event::CommentEvent;
use crate::look::{Enthusiasm, Expression, Formality, Humor, Look, Sex, Tone};
use crate::port::COMMENT_CHARS_MAX;

/// Who the writer is, for every comment of one teacher; after so many softenings less and less of a person.
pub(super) fn teacher(look: &Look, softness: u8) -> String {
    let traits = [
        (3, "人物", person(look.sex)),
        (2, "話し方", tone(look.tone)),
        (3, "熱意", enthusiasm(look.enthusiasm)),
        (3, "言葉遣い", formality(look.formality)),
        (2, "ユーモア", humor(look.humor)),
    ];
    let mut said: String = traits
        .iter()
        .filter(|(gone_at, ..)| softness < *gone_at)
        .map(|(_, name, value)| format!("{name}: {value}\n"))
        .collect();
    if said.is_empty() {
        said = "話し方: 丁寧に、穏やかに励ますように\n".to_owned();
    }
    format!(
        "あなたは学習支援アプリ「MyTeacher」の先生です。利用者が何かをした時、その先生として一言だけ話しかけます。\n\
         {said}\
         決まり: 日本語で、改行のない一行、{COMMENT_CHARS_MAX}文字以内。\
         台詞だけを書き、かぎ括弧・名前・説明・箇条書きは付けません。",
    )
}

/// What is asked for at one moment; the feeling is the first that is left out.
pub(super) fn moment(event: CommentEvent, softness: u8) -> String {
    match softness {
        0 => format!("{}の一言をください。表情は「{}」です。", event.moment(), feeling(event.expression())),
        _ => format!("{}の一言をください。", event.moment()),
    }
}

const fn person(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "男性の先生",
        Sex::Female => "女性の先生",
        Sex::Other => "性別を感じさせない先生",
    }
}

const fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Gentle => "優しく包み込むように",
        Tone::Strict => "厳しく、けれど見放さずに",
        Tone::Friendly => "友達のように気さくに",
        Tone::Intellectual => "学者のように知的に",
    }
}

const fn enthusiasm(enthusiasm: Enthusiasm) -> &'static str {
    match enthusiasm {
        Enthusiasm::High => "とても高い",
        Enthusiasm::Normal => "ふつう",
        Enthusiasm::Modest => "控えめ",
    }
}

const fn formality(formality: Formality) -> &'static str {
    match formality {
        Formality::Polite => "丁寧語(です・ます)",
        Formality::Casual => "くだけた言葉",
        Formality::Formal => "敬語",
    }
}

const fn humor(humor: Humor) -> &'static str {
    match humor {
        Humor::High => "冗談を交える",
        Humor::Normal => "少しだけ",
        Humor::Low => "なし",
    }
}

const fn feeling(expression: Expression) -> &'static str {
    match expression {
        Expression::Normal => "穏やか",
        Expression::Happy => "嬉しい",
        Expression::Sad => "寂しい",
        Expression::Angry => "怒り",
        Expression::Surprised => "驚き",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::SOFTNESS_MAX;
    use std::collections::BTreeSet;

    fn all_differ(looks: &[Look]) {
        let voices: BTreeSet<String> = looks.iter().map(|look| teacher(look, 0)).collect();
        assert_eq!(voices.len(), looks.len(), "{voices:#?}");
    }

    #[test]
    fn no_trait_of_a_personality_is_dropped() {
        let usual = Look::default();
        all_differ(&Sex::ALL.iter().map(|&sex| Look { sex, ..usual }).collect::<Vec<_>>());
        all_differ(&Tone::ALL.iter().map(|&tone| Look { tone, ..usual }).collect::<Vec<_>>());
        all_differ(&Enthusiasm::ALL.iter().map(|&enthusiasm| Look { enthusiasm, ..usual }).collect::<Vec<_>>());
        all_differ(&Formality::ALL.iter().map(|&formality| Look { formality, ..usual }).collect::<Vec<_>>());
        all_differ(&Humor::ALL.iter().map(|&humor| Look { humor, ..usual }).collect::<Vec<_>>());
    }

    #[test]
    fn every_moment_is_asked_for_in_its_own_words() {
        let asked: BTreeSet<String> = CommentEvent::ALL.iter().map(|&event| moment(event, 0)).collect();
        assert_eq!(asked.len(), 22);
        assert!(
            moment(CommentEvent::Logout, 0).contains("ログアウトした時の一言")
                && moment(CommentEvent::Logout, 0).contains("寂しい")
        );
    }

    #[test]
    fn each_step_of_softening_makes_a_difference_to_every_comment() {
        let plain = Look { tone: Tone::Gentle, formality: Formality::Polite, humor: Humor::Low, ..Look::default() };
        for look in [Look::default(), plain] {
            for &event in CommentEvent::ALL {
                let asked: BTreeSet<String> =
                    (0..=SOFTNESS_MAX).map(|softness| teacher(&look, softness) + &moment(event, softness)).collect();
                assert_eq!(asked.len(), 4, "{event}: {asked:#?}");
            }
        }
        let last = teacher(&Look { humor: Humor::High, ..Look::default() }, SOFTNESS_MAX);
        assert!(!last.contains("冗談") && !last.contains("人物") && last.contains("穏やか"), "{last}");
    }

    #[test]
    fn the_rules_name_the_limit_and_another_purpose_is_not_mentioned() {
        for softness in 0..=SOFTNESS_MAX {
            let voice = teacher(&Look::default(), softness);
            assert!(voice.contains("50文字以内") && voice.contains("一行"), "{voice}");
            assert!(!voice.contains("分解"), "{voice}");
        }
    }
}
