//! Tests of the comments: every event by every personality is one line of 1 to 50 characters.

use super::*;
use crate::port::COMMENT_CHARS_MAX;
use std::collections::BTreeSet;

/// Every personality there is.
fn personalities() -> Vec<Look> {
    let mut looks = Vec::new();
    for &tone in Tone::ALL {
        for &enthusiasm in Enthusiasm::ALL {
            for &formality in Formality::ALL {
                for &humor in Humor::ALL {
                    looks.push(Look { tone, enthusiasm, formality, humor, ..Look::default() });
                }
            }
        }
    }
    looks
}

#[test]
fn every_comment_of_every_personality_is_one_line_of_1_to_50_characters() {
    let mut longest = 0;
    for look in personalities() {
        for &event in CommentEvent::ALL {
            for seed in 1..=12 {
                let text = comment(&Look { seed, ..look }, event);
                let chars = text.chars().count();
                assert!((1..=COMMENT_CHARS_MAX).contains(&chars), "{chars} characters: {text}");
                assert!(!text.chars().any(char::is_control), "{text:?}");
                longest = longest.max(chars);
            }
        }
    }
    assert!(longest > 40, "the tables have room for more than {longest} characters");
}

#[test]
fn every_joke_comes_up_for_some_seed() {
    for &event in CommentEvent::ALL {
        let look = Look { humor: Humor::High, ..Look::default() };
        let texts: BTreeSet<String> = (1..=40).map(|seed| comment(&Look { seed, ..look }, event)).collect();
        assert_eq!(texts.len(), 3, "{event}: {texts:?}");
    }
}

#[test]
fn each_trait_of_a_personality_changes_the_words() {
    let usual = Look { humor: Humor::High, ..Look::default() };
    for &event in CommentEvent::ALL {
        let distinct = |looks: Vec<Look>| looks.iter().map(|look| comment(look, event)).collect::<BTreeSet<_>>().len();
        assert_eq!(distinct(Tone::ALL.iter().map(|&tone| Look { tone, ..usual }).collect()), 4, "{event}: tone");
        assert_eq!(
            distinct(Enthusiasm::ALL.iter().map(|&enthusiasm| Look { enthusiasm, ..usual }).collect()),
            3,
            "{event}: enthusiasm"
        );
        assert_eq!(
            distinct(Formality::ALL.iter().map(|&formality| Look { formality, ..usual }).collect()),
            3,
            "{event}: formality"
        );
        assert!(distinct(Humor::ALL.iter().map(|&humor| Look { humor, ..usual }).collect()) >= 2, "{event}: humor");
    }
}

#[test]
fn one_teacher_says_something_else_at_every_moment() {
    for look in personalities() {
        let texts: BTreeSet<String> = CommentEvent::ALL.iter().map(|&event| comment(&look, event)).collect();
        assert_eq!(texts.len(), CommentEvent::ALL.len(), "{look:?}");
    }
}

#[test]
fn grave_moments_neither_cheer_nor_sing() {
    for look in personalities() {
        for event in [CommentEvent::TaskDeleted, CommentEvent::TagDeleted, CommentEvent::GroupDeleted] {
            let text = comment(&look, event);
            assert!(!text.contains('♪') && !text.ends_with('！'), "{text}");
        }
    }
}

#[test]
fn formal_words_are_formal_and_casual_words_are_not() {
    for look in personalities() {
        for &event in CommentEvent::ALL {
            let text = comment(&look, event);
            let bows = ["ます", "です", "ました", "ください", "ましょう", "でございます"];
            let is_polite = bows.iter().any(|bow| text.contains(bow)) || text.contains("ように");
            assert_eq!(is_polite, look.formality != Formality::Casual, "{text}");
        }
    }
}

#[test]
fn examples_read_as_written() {
    let look = Look::default();
    assert_eq!(comment(&look, CommentEvent::TaskCreated), "新しいタスクを作りましたね。ゆっくり進めましょう♪");
    let keen = Look {
        tone: Tone::Friendly,
        enthusiasm: Enthusiasm::High,
        formality: Formality::Casual,
        humor: Humor::Low,
        ..look
    };
    assert_eq!(comment(&keen, CommentEvent::TaskCompleted), "やったあ！タスク、やりとげたね！ハイタッチしよう！");
    let stern = Look {
        tone: Tone::Strict,
        enthusiasm: Enthusiasm::Modest,
        formality: Formality::Formal,
        humor: Humor::Low,
        ..look
    };
    assert_eq!(comment(&stern, CommentEvent::Logout), "本日はここまででございますね…明日も必ずお越しください。");
}

#[tokio::test]
async fn the_writer_fills_an_order_and_tells_its_model() {
    let order = WriteOrder::new(Look::default(), CommentEvent::Login);
    let written = OfflineWriter.write(&order).await.unwrap();
    assert_eq!(written.text, comment(&order.look, CommentEvent::Login));
    assert_eq!((written.model.as_str(), written.tokens_in), ("offline", 7));
    assert_eq!(written.tokens_out as usize, written.text.chars().count());
    assert!(OfflineWriter.missing().is_empty());
    assert_eq!(OfflineWriter.name(), "offline");
}

#[tokio::test]
async fn an_order_called_off_is_not_written() {
    let order = WriteOrder::new(Look::default(), CommentEvent::Login);
    order.cancel.cancel();
    assert_eq!(OfflineWriter.write(&order).await, Err(Failure::CalledOff));
}
