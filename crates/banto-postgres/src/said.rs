//! Text that PostgreSQL cannot hold: it knows no NUL.
//!
//! What people and programs say may hold one, and comes back as it was said. So NUL is kept as two characters, U+0001 and
//! `0`, and U+0001 itself, which nobody types, as U+0001 and `1`. All other text is kept as it is, to be read by anybody.

use std::borrow::Cow;

/// The text as it is stored.
pub(crate) fn keep(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', '\u{1}']) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace('\u{1}', "\u{1}1").replace('\0', "\u{1}0"))
}

/// The text as it was said.
pub(crate) fn said(text: String) -> String {
    if !text.contains('\u{1}') {
        return text;
    }
    text.replace("\u{1}0", "\0").replace("\u{1}1", "\u{1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_and_none_holds_a_nul() {
        for text in ["", "a", "a\0b\0", "\u{1}", "\u{1}0", "\u{1}1\0", "\0\u{1}0\0\u{1}1", "é番\u{10ffff}"] {
            let kept = keep(text);
            assert!(!kept.contains('\0'), "{text:?}");
            assert_eq!(said(kept.into_owned()), text);
        }
        assert!(matches!(keep("as it is"), Cow::Borrowed(_)));
    }
}
