//! The only writer to the terminal, and the only one that asks.
//!
//! Whatever is printed, by whomever it was written, passes here: control bytes and invisible or direction-changing
//! characters come out as visible escapes, so no payload, error or name can steer a terminal. A reader that goes away
//! (`… | head`) ends the output in silence, not the program in a panic; an answer that is lost otherwise is remembered.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use banto_core::text::hides;
use serde::Serialize;
use serde_json::json;

use crate::exit::{Exit, Failure};

/// Where a command speaks and hears.
pub struct Print {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    input: Box<dyn BufRead + Send>,
    /// Whether there is somebody to ask.
    person: bool,
    /// How wide the terminal is, if it is one.
    width: Option<u16>,
    json: bool,
    gone: bool,
    lost: Option<String>,
}

impl Print {
    /// This process's own streams; `json` says that answers are for programs.
    pub fn of_process(json: bool) -> Print {
        let width = io::stdout().is_terminal().then(|| rustix::termios::tcgetwinsize(io::stdout()).ok()).flatten();
        Print {
            out: Box::new(io::stdout()),
            err: Box::new(io::stderr()),
            input: Box::new(io::BufReader::new(io::stdin())),
            person: io::stdin().is_terminal() && io::stderr().is_terminal(),
            width: width.map(|size| size.ws_col).filter(|columns| *columns >= 40),
            json,
            gone: false,
            lost: None,
        }
    }

    /// Streams of a test.
    #[cfg(test)]
    pub(crate) fn of(
        out: Box<dyn Write + Send>,
        err: Box<dyn Write + Send>,
        input: &str,
        person: bool,
        json: bool,
    ) -> Print {
        let input = Box::new(io::Cursor::new(input.to_owned().into_bytes()));
        Print { out, err, input, person, width: None, json, gone: false, lost: None }
    }

    /// Whether answers are for programs.
    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// How wide the terminal is, if it is one.
    pub(crate) fn width(&self) -> Option<u16> {
        self.width
    }

    /// Whether nobody reads any more.
    pub(crate) fn gone(&self) -> bool {
        self.gone
    }

    /// Why an answer could not be written, if it could not. A reader that went away has what it wanted.
    pub(crate) fn lost(&self) -> Option<String> {
        self.lost.clone()
    }

    /// An answer for people: one or more lines.
    pub(crate) fn say(&mut self, text: impl AsRef<str>) {
        let text = shown(text.as_ref().trim_end_matches('\n'));
        self.line(&text);
    }

    fn line(&mut self, text: &str) {
        // In one piece: a line of the log goes the same way.
        let line = format!("{text}\n");
        let Err(error) = self.out.write_all(line.as_bytes()).and_then(|()| self.out.flush()) else { return };
        self.gone = true;
        if error.kind() != io::ErrorKind::BrokenPipe {
            self.lost.get_or_insert_with(|| error.to_string());
        }
    }

    /// An answer for programs: one line.
    pub(crate) fn object<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        let text = object_line(value)?;
        self.line(&text);
        Ok(())
    }

    /// What could not be done: a line for people, one object for programs.
    pub(crate) fn failure(&mut self, program: &str, failure: &Failure) {
        let text = format!("{program}: could not {}", failure.text);
        match self.json {
            true => self.note(one_line(&json!({ "error": text, "exit": failure.exit.code() }).to_string())),
            false => self.note(text),
        }
    }

    /// Something beside the answer, for people.
    pub(crate) fn note(&mut self, text: impl AsRef<str>) {
        // Nobody is left to be told that the standard error is closed.
        let _ = writeln!(self.err, "{}", shown(text.as_ref().trim_end_matches('\n')));
    }

    /// Whether there is somebody to ask.
    pub(crate) fn person(&self) -> bool {
        self.person
    }

    /// Asks; anything but `y` or `yes` is no.
    pub(crate) fn ask(&mut self, question: &str) -> bool {
        let asked = write!(self.err, "{} [y/N] ", shown(question)).and_then(|()| self.err.flush());
        let mut answer = String::new();
        let heard = (&mut self.input).take(100).read_line(&mut answer);
        asked.is_ok() && heard.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
    }

    /// Reads the standard input to its end, at most `bytes_max`; one byte more is refused before it is buffered.
    pub(crate) fn input(&mut self, bytes_max: usize) -> Result<String, Failure> {
        text_of(&mut self.input, bytes_max, "the standard input")
    }
}

/// A value as JSON on one line.
pub(crate) fn object_line<T: Serialize + ?Sized>(value: &T) -> Result<String, Failure> {
    let text = serde_json::to_string(value);
    let failed = |error| Failure::new(Exit::Damaged, format!("write the answer as JSON: {error}"));
    text.map(|text| one_line(&text)).map_err(failed)
}

/// Reads to the end, at most `bytes_max`.
pub(crate) fn text_of(from: &mut dyn Read, bytes_max: usize, whose: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let most = u64::try_from(bytes_max).unwrap_or(u64::MAX);
    from.take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::new(Exit::Machine, format!("read {whose}: {error}")))?;
    if bytes.len() > bytes_max {
        return Err(Failure::usage(format!(
            "take {whose} as a payload: it has more than {bytes_max} bytes; keep large things elsewhere and enqueue their address"
        )));
    }
    String::from_utf8(bytes)
        .map_err(|error| Failure::usage(format!("take {whose} as a payload: it must be UTF-8; {}", error.utf8_error())))
}

/// `text` with whatever hides made visible; line breaks stay.
fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if hides(c) && c != '\n' {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// JSON text on one line with whatever hides escaped. In JSON a raw line break stands only between tokens, and every other
/// character that hides only inside strings, where an escape means the same.
pub(crate) fn one_line(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if hides(c) => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_hides_is_printed_and_lines_stay() {
        assert_eq!(shown("a\x1b[2J\u{9b}m\n\u{202e}b\r"), "a\\u{1b}[2J\\u{9b}m\n\\u{202e}b\\u{d}");
    }

    #[test]
    fn json_stays_the_same_value_on_one_line() {
        let text = "{\n \"a\" :\t\"x\u{202e}\u{9b}\u{e0041}\",\r\n \"b\": \"\\u001b番\" }";
        let line = one_line(text);
        assert!(!line.chars().any(hides), "{line}");
        let (before, after): (serde_json::Value, serde_json::Value) =
            (serde_json::from_str(text).unwrap(), serde_json::from_str(&line).unwrap());
        assert_eq!(before, after);
    }

    #[test]
    fn a_text_over_the_cap_is_refused_before_it_is_read_to_the_end() {
        struct Endless(usize);
        impl io::Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0 += buffer.len();
                buffer.fill(b'x');
                Ok(buffer.len())
            }
        }
        let mut endless = Endless(0);
        let failure = text_of(&mut endless, 1_000, "the standard input").unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(endless.0 < 10_000, "{} bytes were read", endless.0);
        assert!(text_of(&mut [0xff, 0xfe].as_slice(), 10, "it").unwrap_err().text.contains("UTF-8"));
        assert_eq!(text_of(&mut "番頭".as_bytes(), 6, "it").unwrap(), "番頭");
    }

    #[test]
    fn only_yes_is_yes() {
        for (answer, yes) in
            [("y\n", true), ("YES\n", true), ("", false), ("\n", false), ("no\n", false), ("yy\n", false)]
        {
            let mut print = Print::of(Box::new(io::sink()), Box::new(io::sink()), answer, true, false);
            assert_eq!(print.ask("delete it?"), yes, "{answer:?}");
        }
    }

    #[test]
    fn a_reader_that_goes_away_is_noticed_and_harms_nobody() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut print = Print::of(Box::new(Closed), Box::new(Closed), "", false, false);
        print.note("x");
        assert!(!print.gone());
        print.say("x");
        assert!(print.gone() && print.lost().is_none());
    }

    #[test]
    fn an_answer_that_cannot_be_written_is_remembered() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut print = Print::of(Box::new(Full), Box::new(Full), "", false, true);
        print.object("x").unwrap();
        assert!(print.gone() && print.lost().is_some());
    }
}
