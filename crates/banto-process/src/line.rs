//! Bytes of a program become lines that anybody may print.
//!
//! For the output's reader. Pure: it is given chunks as they come and calls back for each whole line. What is over the
//! longest line is counted and thrown away as it comes, so that a program without line breaks costs no memory.

use banto_core::text::hides;

/// Cuts one stream into lines.
#[derive(Debug)]
pub(crate) struct Cutter {
    held: Vec<u8>,
    over: u64,
    bytes_max: usize,
}

impl Cutter {
    pub fn new(bytes_max: usize) -> Cutter {
        Cutter { held: Vec::new(), over: 0, bytes_max }
    }

    /// Takes a chunk; `line` gets each line that is whole now, as text, and whether it was cut.
    pub fn feed(&mut self, mut chunk: &[u8], mut line: impl FnMut(String, bool)) {
        while let Some(at) = chunk.iter().position(|byte| *byte == b'\n') {
            let (part, rest) = chunk.split_at(at);
            self.hold(part);
            self.end(&mut line);
            chunk = rest.get(1..).unwrap_or_default();
        }
        self.hold(chunk);
    }

    /// The stream is at its end: what is held is a line too.
    pub fn finish(&mut self, mut line: impl FnMut(String, bool)) {
        if !self.held.is_empty() || self.over > 0 {
            self.end(&mut line);
        }
    }

    fn hold(&mut self, part: &[u8]) {
        let room = self.bytes_max.saturating_sub(self.held.len()).min(part.len());
        let (kept, over) = part.split_at(room);
        self.held.extend_from_slice(kept);
        self.over += over.len() as u64;
    }

    fn end(&mut self, line: &mut impl FnMut(String, bool)) {
        let cut = self.over > 0;
        let held = if cut { whole(&self.held) } else { self.held.strip_suffix(b"\r").unwrap_or(&self.held) };
        let mut text = show(held);
        if cut {
            let over = self.over + (self.held.len() - held.len()) as u64;
            text.push_str(&format!(" …[{over} bytes cut]"));
        }
        self.held.clear();
        self.over = 0;
        line(text, cut);
    }
}

/// Without the beginning of a character whose end was cut off.
fn whole(bytes: &[u8]) -> &[u8] {
    let begun = bytes.iter().rev().take(4).position(|byte| byte & 0xC0 != 0x80);
    let Some(at) = begun.map(|back| bytes.len() - 1 - back) else { return bytes };
    let (before, last) = bytes.split_at(at);
    if last.first().is_some_and(|byte| matches!(byte, 0xC2..=0xF4)) && std::str::from_utf8(last).is_err() {
        before
    } else {
        bytes
    }
}

/// Foreign bytes as text that is harmless on a terminal and in a log: what is no UTF-8 becomes `\xNN`, what is invisible
/// or moves the cursor `\u{…}`; a tab stays.
pub(crate) fn show(bytes: &[u8]) -> String {
    if bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t')) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let mut shown = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\r' => shown.push_str("\\r"),
                c if c != '\t' && hides(c) => shown.extend(c.escape_unicode()),
                c => shown.push(c),
            }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds the bytes in chunks of every size: where a chunk ends must not matter.
    fn lines(bytes: &[u8], bytes_max: usize) -> Vec<(String, bool)> {
        let cut = |size: usize| {
            let mut lines = Vec::new();
            let mut cutter = Cutter::new(bytes_max);
            for chunk in bytes.chunks(size) {
                cutter.feed(chunk, |text, cut| lines.push((text, cut)));
            }
            cutter.finish(|text, cut| lines.push((text, cut)));
            lines
        };
        let whole = cut(bytes.len().max(1));
        for size in 1..bytes.len() {
            assert_eq!(cut(size), whole, "chunks of {size}");
        }
        whole
    }

    fn texts(bytes: &[u8], bytes_max: usize) -> Vec<String> {
        lines(bytes, bytes_max).into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn lines_end_at_line_breaks_and_at_the_end() {
        assert_eq!(texts(b"one\ntwo\r\n\nthree", 80), ["one", "two", "", "three"]);
        assert_eq!(texts(b"", 80), Vec::<String>::new());
        assert_eq!(texts(b"\n", 80), [""]);
    }

    #[test]
    fn control_bytes_and_bytes_that_are_no_text_become_visible() {
        assert_eq!(
            texts(b"\x1b[31mred\x1b]8;;x\x07\n10%\r20%\x08\n", 80),
            ["\\u{1b}[31mred\\u{1b}]8;;x\\u{7}", "10%\\r20%\\u{8}"]
        );
        assert_eq!(texts(b"\xff\xfe ok \xc3\n", 80), ["\\xff\\xfe ok \\xc3"]);
        assert_eq!(texts("a\u{202e}b\tü\n".as_bytes(), 80), ["a\\u{202e}b\tü"]);
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_marked_at_a_characters_edge() {
        assert_eq!(lines(b"abcdef\nxy\n", 3), [("abc …[3 bytes cut]".into(), true), ("xy".into(), false)]);
        assert_eq!(lines("aöb\n".as_bytes(), 2), [("a …[3 bytes cut]".into(), true)]);
        assert_eq!(lines(b"abc", 3), [("abc".into(), false)]);
        assert_eq!(lines(b"ab\xff\xff\xff\xff\n", 4), [("ab\\xff\\xff …[2 bytes cut]".into(), true)].to_vec());
    }

    #[test]
    fn a_stream_without_line_breaks_costs_no_memory() {
        let mut cutter = Cutter::new(1_000);
        for _ in 0..10_000 {
            cutter.feed(&[b'x'; 1_000], |_, _| unreachable!());
        }
        assert!(cutter.held.capacity() <= 4_096);
        cutter.finish(|text, cut| assert!(cut && text.ends_with(" …[9999000 bytes cut]"), "{text}"));
    }
}
