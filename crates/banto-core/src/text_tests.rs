//! Tests of how foreign text is shown and kept.

use proptest::prelude::*;

use super::*;

#[test]
fn what_hides_is_shown() {
    assert_eq!(visible("a\u{202e}b\u{0}c\u{feff}", 80), "a\\u{202e}b\\u{0}c\\u{feff}");
    assert_eq!(visible("番頭 é", 80), "番頭 é");
    assert_eq!(visible("\u{1b}]8;;x\u{7}", 80), "\\u{1b}]8;;x\\u{7}");
}

#[test]
fn a_cut_falls_on_a_characters_edge() {
    let text = "番".repeat(100);
    let short = cut(&text, 50);
    assert!(short.len() <= 50 && short.ends_with("[cut]"), "{short}");
    assert_eq!(cut("short", 50), "short");
    assert_eq!(cut("abcdef", 2), " …[cut]");
}

#[test]
fn lines_stay_lines() {
    assert_eq!(visible_lines("a\nb\u{1b}", 9), "a\nb\\u{1b}");
}

#[test]
fn text_may_be_shown_whole() {
    assert_eq!(visible("a\u{7}", usize::MAX), "a\\u{7}");
    assert_eq!(visible_lines("a\nb", usize::MAX), "a\nb");
}

#[test]
fn only_what_is_over_is_cut_and_letters_are_counted_not_bytes() {
    let shown = [("番頭", 2, "番頭"), ("番頭さ", 2, "番頭…"), ("", 0, ""), ("a", 0, "…"), ("a\u{1b}b", 2, "a\\u{1b}…")];
    for (text, chars_max, expected) in shown {
        assert_eq!(visible(text, chars_max), expected);
    }
    assert_eq!(visible("\r\n\t", 9), "\\r\\n\\t");
}

#[test]
fn each_line_is_cut_by_itself() {
    assert_eq!(visible_lines("abcdef\r\n\nghi", 3), "abc…\n\nghi");
}

/// The characters that hide, at both ends of their ranges, and their neighbours that do not.
#[test]
fn what_hides_ends_where_unicode_says() {
    let hiding = [
        '\0',
        '\u{1f}',
        '\u{7f}',
        '\u{80}',
        '\u{9b}',
        '\u{9f}',
        '\u{ad}',
        '\u{61c}',
        '\u{180e}',
        '\u{200b}',
        '\u{200f}',
        '\u{2028}',
        '\u{202e}',
        '\u{2060}',
        '\u{2066}',
        '\u{206f}',
        '\u{feff}',
        '\u{fff9}',
        '\u{fffb}',
        '\u{e0000}',
        '\u{e007f}',
    ];
    let seen = [
        ' ', '~', '\u{a0}', '\u{ac}', '\u{ae}', '\u{2027}', '\u{202f}', '\u{2070}', '\u{fffc}', '\u{fffd}', '番', '🙂',
    ];
    assert!(hiding.iter().all(|c| hides(*c)));
    assert!(!seen.iter().any(|c| hides(*c)));
}

#[test]
fn what_just_fits_is_not_cut() {
    let text = "x".repeat(50);
    assert_eq!(cut(&text, 50), text);
    assert_eq!(cut(&text, 49), format!("{} …[cut]", "x".repeat(40)));
}

proptest! {
    #[test]
    fn what_is_shown_hides_nothing_and_says_when_it_was_cut(text in "(?s).{0,60}", chars_max in 0usize..70) {
        let shown = visible(&text, chars_max);
        prop_assert!(!shown.chars().any(hides), "{shown:?}");
        let over = text.chars().count() > chars_max;
        prop_assert_eq!(shown.ends_with('…') && !text.ends_with('…'), over && !text.ends_with('…'));
        if !over && !text.chars().any(hides) {
            prop_assert_eq!(shown, text);
        }
    }

    #[test]
    fn a_cut_text_fits_and_is_the_beginning_of_the_whole(text in "(?s).{0,60}", bytes_max in 9usize..100) {
        let kept = cut(&text, bytes_max);
        prop_assert!(kept.len() <= bytes_max);
        match kept.strip_suffix(" …[cut]").filter(|_| text.len() > bytes_max) {
            // Not one character less than would fit.
            Some(head) => {
                prop_assert!(text.starts_with(head));
                prop_assert!(head.len() + 4 > bytes_max - 9);
            }
            None => prop_assert_eq!(kept, text),
        }
    }
}

#[test]
fn what_an_address_writes_with_percent_signs_is_read_or_refused() {
    for (written, read) in [("", ""), ("plain+1", "plain+1"), ("%40", "@"), ("a%2fb%2Fc", "a/b/c"), ("%C3%bc%25", "ü%")]
    {
        assert_eq!(percent_decoded(written).as_deref(), Some(read), "{written}");
    }
    for odd in ["%", "a%4", "%zz", "%+4", "%%40", "%ff", "%4ü", "%ü"] {
        assert_eq!(percent_decoded(odd), None, "{odd}");
    }
}
