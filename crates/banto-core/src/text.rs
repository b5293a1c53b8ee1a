//! How foreign text is shown, kept and read, and how many of a thing are said.
//!
//! Payloads, errors and names of others may hold control bytes, right-to-left overrides or megabytes. Whoever
//! prints them goes through [`visible`]; whoever keeps an error goes through [`cut`]. Neither ever fails. What an
//! address writes as `%40` is read by [`percent_decoded`].

/// Shows `text` on one line: control bytes, line breaks, invisible and direction-changing characters become
/// `\u{…}` escapes, and what is over `chars_max` characters is cut and marked with `…`.
///
/// ```
/// assert_eq!(banto_core::text::visible("a\x1b[2Jb\n", 80), "a\\u{1b}[2Jb\\n");
/// assert_eq!(banto_core::text::visible("abcdef", 3), "abc…");
/// ```
pub fn visible(text: &str, chars_max: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(chars_max.saturating_mul(4)) + 3);
    for (count, c) in text.chars().enumerate() {
        if count == chars_max {
            shown.push('…');
            break;
        }
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if hides(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

/// As [`visible`], for text of several lines: line breaks stay.
pub fn visible_lines(text: &str, chars_max: usize) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| visible(line, chars_max)).collect();
    lines.join("\n")
}

/// Cuts `text` to at most `bytes_max` bytes at a character's edge and marks the cut.
pub fn cut(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    const MARK: &str = " …[cut]";
    let mut end = bytes_max.saturating_sub(MARK.len());
    while end > 0 && !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{MARK}", text.get(..end).unwrap_or_default())
}

/// A part of an address with its `%40` read (RFC 3986, 2.1). `None` if a percent sign does not begin two hexadecimal digits, or what
/// is read is not UTF-8.
///
/// ```
/// # use banto_core::text::percent_decoded;
/// assert_eq!(percent_decoded("my%20ca%2B1.pem").as_deref(), Some("my ca+1.pem"));
/// assert_eq!(percent_decoded("100%"), None);
/// ```
pub fn percent_decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        let digits = Some(digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend(rest.bytes());
    }
    String::from_utf8(bytes).ok()
}

/// So many of a thing.
///
/// ```
/// # use banto_core::text::count_of;
/// assert_eq!(count_of(1, "worker", "workers"), "1 worker");
/// assert_eq!(count_of(0, "worker was", "workers were"), "0 workers were");
/// ```
pub fn count_of(count: impl TryInto<u64>, one: &str, many: &str) -> String {
    match count.try_into().unwrap_or(u64::MAX) {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    }
}

/// Whether a character is invisible or changes how its neighbours are shown (Unicode categories Cc and Cf as far
/// as they matter on a terminal, and the byte order mark).
pub fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
