//! Cuts a Rust source into tokens, each with its line.
//!
//! For the rules of `tidy`, which must not take a word in a string for a name, nor a brace in a comment for a block.
//! It never fails: what it does not know is a `Mark`, and what is never closed runs to the end of the file.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name or a keyword.
    Name,
    /// A comment of any form, doc comments too.
    Comment,
    /// A string literal of any form, quotes and prefix included.
    Text,
    /// A character, a lifetime or a number: no rule looks inside.
    Other,
    /// One sign.
    Mark,
}

/// One token and the line it begins on (the first line is 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// As it stands in the file.
    pub text: &'a str,
    /// The line it begins on.
    pub line: usize,
}

/// All tokens of `source`, in order.
pub fn lex(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = source;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = measure(rest, first);
        let Some((text, after)) = rest.split_at_checked(length) else { break };
        if let Some(kind) = kind {
            tokens.push(Token { kind, text, line });
        }
        line += text.matches('\n').count();
        rest = after;
    }
    tokens
}

/// The kind (none for white space) and the length in bytes of the token that `rest` begins with.
fn measure(rest: &str, first: char) -> (Option<Kind>, usize) {
    if first.is_whitespace() {
        return (None, length_while(rest, char::is_whitespace));
    }
    if rest.starts_with("//") {
        return (Some(Kind::Comment), rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Some(Kind::Comment), block_comment(rest));
    }
    if let Some(length) = string(rest) {
        return (Some(Kind::Text), length);
    }
    if first.is_alphabetic() || first == '_' {
        let prefix = if raw_name(rest) { 2 } else { 0 };
        let name = rest.get(prefix..).unwrap_or("");
        return (Some(Kind::Name), prefix + length_while(name, in_name));
    }
    match first {
        '\'' => (Some(Kind::Other), quote(rest)),
        '0'..='9' => (Some(Kind::Other), length_while(rest, in_name)),
        sign => (Some(Kind::Mark), sign.len_utf8()),
    }
}

fn in_name(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

fn raw_name(rest: &str) -> bool {
    rest.strip_prefix("r#").and_then(|name| name.chars().next()).is_some_and(in_name)
}

fn length_while(rest: &str, keep: impl Fn(char) -> bool) -> usize {
    rest.find(|sign| !keep(sign)).unwrap_or(rest.len())
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(here) = rest.get(at..) {
        if here.is_empty() {
            break;
        }
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of the string literal that `rest` begins with, if it begins with one.
fn string(rest: &str) -> Option<usize> {
    let prefix = length_while(rest, |sign| matches!(sign, 'b' | 'c' | 'r'));
    let (marks, after) = rest.split_at_checked(prefix)?;
    if !matches!(marks, "" | "b" | "c" | "r" | "br" | "cr") {
        return None;
    }
    let hashes = length_while(after, |sign| sign == '#');
    let body = after.get(hashes..)?.strip_prefix('"')?;
    let opening = prefix + hashes + 1;
    if marks.ends_with('r') {
        let closing = format!("\"{}", "#".repeat(hashes));
        return Some(body.find(&closing).map_or(rest.len(), |at| opening + at + closing.len()));
    }
    (hashes == 0).then(|| opening + escaped_until(body, '"'))
}

/// The length up to and with the first `end` that no backslash guards.
fn escaped_until(body: &str, end: char) -> usize {
    let mut guarded = false;
    for (at, sign) in body.char_indices() {
        if guarded {
            guarded = false;
        } else if sign == '\\' {
            guarded = true;
        } else if sign == end {
            return at + sign.len_utf8();
        }
    }
    body.len()
}

/// A character if it closes where a character must, else a lifetime.
fn quote(rest: &str) -> usize {
    let body = rest.get(1..).unwrap_or("");
    let mut signs = body.chars();
    match (signs.next(), signs.next()) {
        (Some('\\'), _) => 1 + escaped_until(body, '\''),
        (Some(sign), Some('\'')) => 2 + sign.len_utf8(),
        _ => 1 + length_while(body, in_name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &str, kind: Kind) -> Vec<&str> {
        lex(source).into_iter().filter(|token| token.kind == kind).map(|token| token.text).collect()
    }

    #[test]
    fn names_in_strings_and_comments_are_not_names() {
        let source = "let a = \"errand\"; // errand\n/* errand /* errand */ errand */ let b = r#\"ta\"sk\"#;";
        assert_eq!(of(source, Kind::Name), ["let", "a", "let", "b"]);
        assert_eq!(of(source, Kind::Text), ["\"errand\"", "r#\"ta\"sk\"#"]);
        assert_eq!(of(source, Kind::Comment), ["// errand", "/* errand /* errand */ errand */"]);
    }

    #[test]
    fn a_lifetime_does_not_open_a_character() {
        assert_eq!(of("fn f<'a>(x: &'a str) -> char { '{' }", Kind::Other), ["'a", "'a", "'{'"]);
        assert_eq!(of(r"let q = ('\'', '\\', b'x', '語');", Kind::Other), [r"'\''", r"'\\'", "'x'", "'語'"]);
    }

    #[test]
    fn a_guarded_quote_does_not_close_a_string() {
        assert_eq!(of(r#"f("a\"b", b"c", br"\", c"d")"#, Kind::Text), [r#""a\"b""#, r#"b"c""#, r#"br"\""#, r#"c"d""#]);
    }

    #[test]
    fn raw_names_and_words_that_begin_like_a_prefix_are_names() {
        assert_eq!(of("r#type row break crab r b", Kind::Name), ["r#type", "row", "break", "crab", "r", "b"]);
    }

    #[test]
    fn lines_are_counted_through_strings_and_comments() {
        let tokens = lex("/*\n\n*/ a \"\n\" b\nc");
        let lines: Vec<_> = tokens.iter().map(|token| (token.text, token.line)).collect();
        assert_eq!(lines, [("/*\n\n*/", 1), ("a", 3), ("\"\n\"", 3), ("b", 4), ("c", 5)]);
    }

    #[test]
    fn what_is_never_closed_runs_to_the_end() {
        for source in ["\"abc", "/* abc", "r#\"abc\"", "'\\"] {
            let tokens = lex(source);
            assert_eq!(tokens.len(), 1, "{source}");
            assert_eq!(tokens[0].text, source);
        }
    }
}
