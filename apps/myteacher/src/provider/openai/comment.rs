//! Whether what a model wrote is a comment: Japanese, one line, at most fifty characters.
//!
//! A model is asked for this and does not always keep it. Wrapping (quotes, line ends, blanks) is taken off; what is
//! still wrong is said back to it once; what is too long even then is cut, at the end of a sentence if there is one.

use crate::port::COMMENT_CHARS_MAX;

/// The words without what a model likes to wrap around them.
pub(super) fn unwrapped(answer: &str) -> String {
    let mut text =
        answer.split(char::is_control).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    for (open, close) in [('「', '」'), ('『', '』'), ('"', '"'), ('“', '”'), ('\'', '\'')] {
        let inner = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        if let Some(inner) = inner.filter(|inner| !inner.contains([open, close])) {
            text = inner.trim().to_owned();
        }
    }
    text
}

/// What is wrong with a comment, in words for the model; `None` if nothing is.
pub(super) fn complaint(text: &str) -> Option<String> {
    let count = text.chars().count();
    if !is_japanese(text) {
        Some(format!("日本語の台詞ではありません。日本語で{COMMENT_CHARS_MAX}文字以内の一行だけを書き直してください。"))
    } else if count > COMMENT_CHARS_MAX {
        Some(format!("{count}文字あり、長すぎます。{COMMENT_CHARS_MAX}文字以内の一行に書き直してください。"))
    } else {
        None
    }
}

/// Whether there is a Japanese letter in it.
pub(super) fn is_japanese(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ff66}'..='\u{ff9d}'))
}

/// At most [`COMMENT_CHARS_MAX`] characters: whole sentences if at least one fits, else cut between two characters.
pub(super) fn cut(text: &str) -> String {
    if text.chars().count() <= COMMENT_CHARS_MAX {
        return text.to_owned();
    }
    let head: String = text.chars().take(COMMENT_CHARS_MAX).collect();
    let sentence = head.rfind(['。', '\u{ff01}', '\u{ff1f}', '!', '?', '♪', '☆']);
    if let Some((whole, _)) = sentence.and_then(|end| head.split_at_checked(next(&head, end))) {
        return whole.trim().to_owned();
    }
    // One place is for the mark that something is left out, and no character loses what is joined to it.
    let mut kept: Vec<char> = head.chars().take(COMMENT_CHARS_MAX - 1).collect();
    let mut follower = text.chars().nth(kept.len());
    while follower.is_some_and(joins) || kept.last() == Some(&'\u{200d}') {
        follower = kept.pop();
    }
    kept.into_iter().chain(['…']).collect()
}

/// Where the character after the one at `start` begins.
fn next(text: &str, start: usize) -> usize {
    start + text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
}

/// Marks that belong to the character before them: voicing marks, accents, joiners, variants, skin tones.
fn joins(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036f}' | '\u{3099}' | '\u{309a}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(tail: &str) -> String {
        format!("{}{tail}", "あ".repeat(COMMENT_CHARS_MAX - 2))
    }

    #[test]
    fn wrapping_is_taken_off() {
        assert_eq!(unwrapped("「よく頑張りましたね!」\n"), "よく頑張りましたね!");
        assert_eq!(unwrapped(" \"お疲れさま。\" "), "お疲れさま。");
        assert_eq!(unwrapped("一行目。\r\n\n二行目。"), "一行目。 二行目。");
        assert_eq!(unwrapped("「はい」と「いいえ」"), "「はい」と「いいえ」", "these quotes are no wrapping");
        assert_eq!(unwrapped("\u{1b}[31m赤"), "[31m赤");
        assert_eq!(unwrapped("\n \n"), "");
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(complaint("よくできました!"), None);
        assert_eq!(complaint(&"あ".repeat(50)), None);
        assert!(complaint(&"あ".repeat(51)).unwrap().starts_with("51文字"));
        assert!(complaint("Well done!").unwrap().starts_with("日本語の台詞ではありません"));
        assert!(complaint("").is_some());
        assert_eq!(complaint("ガンバレ"), None);
        assert_eq!(complaint("合格"), None);
    }

    #[test]
    fn what_fits_is_not_cut() {
        assert_eq!(cut("よくできました!"), "よくできました!");
        assert_eq!(cut(&"あ".repeat(50)), "あ".repeat(50));
    }

    #[test]
    fn whole_sentences_are_kept_where_one_fits() {
        assert_eq!(
            cut(&format!("よく頑張りました。次も楽しみです!{}", "あ".repeat(60))),
            "よく頑張りました。次も楽しみです!"
        );
        assert_eq!(cut(&format!("すごい♪{}。", "あ".repeat(60))), "すごい♪");
    }

    #[test]
    fn a_single_long_sentence_is_cut_with_a_mark() {
        let short = cut(&"あ".repeat(60));
        assert_eq!(short.chars().count(), COMMENT_CHARS_MAX);
        assert_eq!(short, format!("{}…", "あ".repeat(49)));
    }

    #[test]
    fn no_character_loses_what_is_joined_to_it() {
        // か + voicing mark, the mark falling behind the cut.
        assert_eq!(cut(&long("か\u{3099}ああああ")), format!("{}…", "あ".repeat(48)));
        // A family joined by U+200D across the cut.
        let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
        let short = cut(&long(&format!("{family}ああ")));
        assert_eq!(short, format!("{}…", "あ".repeat(48)));
        let bare = format!("{}{}", "あ".repeat(47), family.repeat(3));
        assert_eq!(cut(&bare), format!("{}…", "あ".repeat(47)));
    }

    #[test]
    fn nothing_but_joiners_does_not_panic() {
        assert_eq!(cut(&"\u{200d}".repeat(80)), "…");
    }
}
