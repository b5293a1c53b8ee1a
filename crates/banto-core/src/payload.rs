//! A job's payload: JSON text, kept byte for byte.
//!
//! Checked once at the door (size, then syntax, then depth) and never rewritten: a number of 40 digits, a double
//! key or `-0` comes out as it went in. It is data: nothing in it ever names a type to build.

use std::sync::Arc;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{
    limits::{PAYLOAD_BYTES_MAX, PAYLOAD_DEPTH_MAX},
    refusal::Refusal,
};

/// JSON text of at most 1 MiB. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload(Arc<str>);

impl Payload {
    /// Checks `text` and keeps it as it is. Refuses what is too long, too deep or not JSON.
    pub fn parse(text: &str) -> Result<Payload, Refusal> {
        if text.len() > PAYLOAD_BYTES_MAX {
            let head = text.get(..40).unwrap_or("(binary)");
            let allowed = format!("it has {} bytes and {PAYLOAD_BYTES_MAX} are allowed", text.len());
            return Err(Refusal::new("a payload", head, allowed));
        }
        shallow(text)?;
        match serde_json::from_str::<&RawValue>(text) {
            Ok(_) => Ok(Payload(text.into())),
            Err(error) => Err(Refusal::new("a payload", text, format!("it must be JSON; {error}"))),
        }
    }

    /// Writes `value` as JSON. Refuses what serde cannot write (a map with keys that are no text, say) and what
    /// is too long.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Payload, Refusal> {
        let mut text = Capped { bytes: Vec::with_capacity(256), over: false };
        let written = serde_json::to_writer(&mut text, value);
        let refused = |why| Err(Refusal::new("a payload", std::any::type_name::<T>(), why));
        match (written, String::from_utf8(text.bytes)) {
            (Err(_), _) if text.over => refused(format!("it has more than {PAYLOAD_BYTES_MAX} bytes")),
            (Err(error), _) => refused(error.to_string()),
            (Ok(()), Ok(text)) => shallow(&text).map(|()| Payload(text.into())),
            (Ok(()), Err(error)) => refused(error.to_string()),
        }
    }

    /// Reads the payload as a `T`. Refuses with the reader's words and place, and without the payload's text,
    /// which may be secret.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_str(&self.0)
            .map_err(|error| Refusal::new("a payload", std::any::type_name::<T>(), without_values(&error)))
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a reader says, without what it read: serde puts a value that does not fit into quotes before what it expected,
/// and what the type's own check says may hold anything.
fn without_values(error: &serde_json::Error) -> String {
    let words = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let said = words.strip_suffix(&place).unwrap_or(&words);
    let begins = |known: &[&str]| known.iter().any(|begin| said.starts_with(begin));
    if !error.is_data() || begins(&["missing field `", "duplicate field `"]) {
        return words;
    }
    if !begins(&["invalid type: ", "invalid value: ", "invalid length ", "unknown variant ", "unknown field "]) {
        return format!("its type's own check refuses it{place}");
    }
    let (what, expected) = said
        .rsplit_once(", expected ")
        .map_or((said, String::new()), |(what, expected)| (what, format!(", expected {expected}")));
    let kind = what.split(['"', '`']).next().unwrap_or_default().trim_end();
    format!("{kind}{expected}{place}")
}

/// Text that is given up as soon as it is too long: what is far too much is never buffered.
struct Capped {
    bytes: Vec<u8>,
    over: bool,
}

impl std::io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.over |= self.bytes.len() + bytes.len() > PAYLOAD_BYTES_MAX;
        if self.over {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Refuses what nests too deep.
fn shallow(text: &str) -> Result<(), Refusal> {
    // Few brackets cannot nest deep, and counting them is quick.
    let brackets = text.bytes().filter(|b| matches!(b, b'[' | b'{')).count();
    if brackets <= PAYLOAD_DEPTH_MAX || depth(text) <= PAYLOAD_DEPTH_MAX {
        return Ok(());
    }
    let head = text.get(..20).unwrap_or_default();
    Err(Refusal::new("a payload", head, format!("nesting is allowed to {PAYLOAD_DEPTH_MAX} levels")))
}

/// How deep brackets nest, outside strings. One pass, no recursion: the text may be hostile.
fn depth(text: &str) -> usize {
    let (mut now, mut most, mut quoted, mut escaped) = (0usize, 0usize, false, false);
    for b in text.bytes() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                now += 1;
                most = most.max(now);
            }
            b']' | b'}' if !quoted => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Payload({} bytes)", self.0.len())
    }
}

impl Serialize for Payload {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(to)
    }
}

#[cfg(test)]
#[path = "payload_tests.rs"]
mod tests;
