//! Names and labels: what may be called what.
//!
//! A [`Name`] (kind, queue, worker, build) or a [`ScheduleName`] has one small alphabet, so that it can go into a log line, a key, a
//! page or a shell without harm. A [`Label`] (unique key, tag) is the application's own text: anything that can
//! be seen. Both are cheap to clone and are checked again when they come back from a store.

use std::{fmt, str::FromStr, sync::Arc};

use crate::{
    limits::{LABEL_BYTES_MAX, NAME_BYTES_MAX},
    refusal::Refusal,
    text::hides,
};

/// A kind, queue, worker or build name: 1 to 128 of `A-Z a-z 0-9 . _ - \`, beginning with a letter or digit.
///
/// The backslash is there because a kind may be a PHP class name that a team brings along
/// (`App\Jobs\GenerateAvatarImagesJob`). There is no colon, slash, star, blank or quote.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

/// A schedule's name: as a [`Name`], and with colons, because that is how the commands of this field are called
/// (`redis:monitor`, `payments:clean-old`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScheduleName(Arc<str>);

/// A unique key or a tag: 1 to 255 bytes of text without control or invisible characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(Arc<str>);

impl Name {
    /// Checks `text` as a name. Refuses the empty, the too long and any character outside the alphabet.
    pub fn new(text: &str) -> Result<Name, Refusal> {
        if named(text, |b| matches!(b, b'.' | b'_' | b'-' | b'\\')) {
            return Ok(Name(text.into()));
        }
        let allowed = format!("1 to {NAME_BYTES_MAX} of A-Z a-z 0-9 . _ - \\ are allowed, a letter or digit first");
        Err(Refusal::new("a name", text, allowed))
    }
}

impl ScheduleName {
    /// Checks `text` as a schedule's name. Refuses the empty, the too long and any character outside the alphabet.
    pub fn new(text: &str) -> Result<ScheduleName, Refusal> {
        if named(text, |b| matches!(b, b'.' | b'_' | b'-' | b':' | b'\\')) {
            return Ok(ScheduleName(text.into()));
        }
        let allowed = format!("1 to {NAME_BYTES_MAX} of A-Z a-z 0-9 . _ - : \\ are allowed, a letter or digit first");
        Err(Refusal::new("a schedule's name", text, allowed))
    }

    /// What a schedule is called until it has its name.
    pub(crate) fn unnamed() -> ScheduleName {
        ScheduleName("unnamed".into())
    }
}

/// Whether `text` is made of letters, digits and what `other` allows, a letter or digit first.
fn named(text: &str, other: impl Fn(u8) -> bool) -> bool {
    let starts = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    starts && text.len() <= NAME_BYTES_MAX && text.bytes().all(|b| b.is_ascii_alphanumeric() || other(b))
}

impl Label {
    /// Checks `text` as a label. Refuses the empty, the too long and what cannot be seen.
    pub fn new(text: &str) -> Result<Label, Refusal> {
        if !text.is_empty() && text.len() <= LABEL_BYTES_MAX && !text.chars().any(hides) {
            return Ok(Label(text.into()));
        }
        let allowed = format!("1 to {LABEL_BYTES_MAX} bytes without control or invisible characters are allowed");
        Err(Refusal::new("a key or tag", text, allowed))
    }
}

impl From<&Name> for Label {
    /// Whatever is a name is a label too.
    fn from(name: &Name) -> Label {
        Label(name.0.clone())
    }
}

macro_rules! checked_text {
    ($type:ident) => {
        impl $type {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $type {
            type Err = Refusal;
            fn from_str(text: &str) -> Result<$type, Refusal> {
                $type::new(text)
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.0)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
                let text = String::deserialize(from)?;
                $type::new(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
checked_text!(Name);
checked_text!(ScheduleName);
checked_text!(Label);

#[cfg(test)]
#[path = "name_tests.rs"]
mod tests;
