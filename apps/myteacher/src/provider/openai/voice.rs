//! What the writer is told: who speaks, to whom, how, and about what. In Japanese, as the comments are.

use crate::event::CommentEvent;
use crate::look::{Enthusiasm, Expression, Formality, Humor, Look, Sex, Tone};
use crate::port::COMMENT_CHARS_MAX;

/// Who the writer is, for every comment of one teacher.
pub(super) fn teacher(look: &Look) -> String {
    format!(
        "あなたは学習支援アプリ「MyTeacher」の先生です。利用者が何かをした時、その先生として一言だけ話しかけます。\n\
         人物: {}\n話し方: {}\n熱意: {}\n言葉遣い: {}\nユーモア: {}\n\
         決まり: 日本語で、改行のない一行、{COMMENT_CHARS_MAX}文字以内。\
         台詞だけを書き、かぎ括弧・名前・説明・箇条書きは付けません。",
        person(look.sex),
        tone(look.tone),
        enthusiasm(look.enthusiasm),
        formality(look.formality),
        humor(look.humor),
    )
}

/// What is asked for at one moment.
pub(super) fn moment(event: CommentEvent) -> String {
    format!("{}の一言をください。表情は「{}」です。", event.moment(), feeling(event.expression()))
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
    use std::collections::BTreeSet;

    fn all_differ(looks: &[Look]) {
        let voices: BTreeSet<String> = looks.iter().map(teacher).collect();
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
        let asked: BTreeSet<String> = CommentEvent::ALL.iter().map(|&event| moment(event)).collect();
        assert_eq!(asked.len(), 22);
        assert!(
            moment(CommentEvent::Logout).contains("ログアウトした時の一言")
                && moment(CommentEvent::Logout).contains("寂しい")
        );
    }

    #[test]
    fn the_rules_name_the_limit_and_another_purpose_is_not_mentioned() {
        let voice = teacher(&Look::default());
        assert!(voice.contains("50文字以内") && voice.contains("一行"), "{voice}");
        assert!(!voice.contains("分解"), "{voice}");
    }
}
