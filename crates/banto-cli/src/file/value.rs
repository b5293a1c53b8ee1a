//! One value of a file, and what it can mean.
//!
//! Each question answers the meaning, or reports at the value's place what was found and what is allowed, and answers
//! nothing. Whoever asks goes on either way.

use std::{fmt, ops::RangeInclusive, str::FromStr};

use banto_core::{Date, Refusal, text::visible};
use toml::{Spanned, de::DeValue};

use super::{keys::Section, source::Source, table::Table};
use crate::{exit::Failure, mean};

/// A value of a key.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    /// Where it stands.
    pub source: &'a Source<'a>,
    /// Its key, as messages call it.
    pub key: &'a str,
    at: &'a Spanned<DeValue<'a>>,
}

impl<'a> Value<'a> {
    pub fn new(source: &'a Source<'a>, key: &'a str, at: &'a Spanned<DeValue<'a>>) -> Value<'a> {
        Value { source, key, at }
    }

    /// What stands there, for a decision by its type.
    pub fn inner(self) -> &'a DeValue<'a> {
        self.at.get_ref()
    }

    /// The line it stands in, from 1.
    pub fn line(self) -> usize {
        self.source.line(self.at.span().start)
    }

    /// It cannot be taken: a fragment that fits after "could not".
    pub fn fault(self, text: impl Into<String>) {
        self.source.fault(self.at.span().start, text);
    }

    /// It cannot be taken for its key; this would be allowed.
    pub fn refuse(self, allowed: &str) {
        let shown = match self.inner() {
            DeValue::String(text) => visible(text, 80),
            _ => visible(self.source.text().get(self.at.span()).unwrap_or_default(), 80),
        };
        self.fault(format!("take \"{shown}\" as {}: {allowed}", self.key));
    }

    /// What was checked elsewhere.
    pub fn checked<T>(self, checked: Result<T, Refusal>) -> Option<T> {
        checked.map_err(|refusal| self.fault(refusal.to_string())).ok()
    }

    /// What is meant elsewhere.
    pub fn meant<T>(self, meant: Result<T, Failure>) -> Option<T> {
        meant.map_err(|failure| self.fault(failure.text)).ok()
    }

    /// A text.
    pub fn text(self) -> Option<&'a str> {
        match self.inner() {
            DeValue::String(text) => Some(text.as_ref()),
            _ => {
                self.refuse("a text in quotes is wanted");
                None
            }
        }
    }

    /// A text that a type of the house reads.
    pub fn parsed<T: FromStr<Err = Refusal>>(self) -> Option<T> {
        self.checked(self.text()?.parse())
    }

    /// One of these words.
    pub fn word<T: Copy>(self, words: &[(&str, T)]) -> Option<T> {
        let found = match self.inner() {
            DeValue::String(text) => words.iter().find(|(word, _)| *word == text.as_ref()),
            _ => None,
        };
        if found.is_none() {
            let all: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            self.refuse(&format!("allowed are {}", all.join(", ")));
        }
        found.map(|(_, meant)| *meant)
    }

    /// `true` or `false`.
    pub fn flag(self) -> Option<bool> {
        match self.inner() {
            DeValue::Boolean(flag) => Some(*flag),
            _ => {
                self.refuse("true or false is wanted");
                None
            }
        }
    }

    /// A whole number.
    pub fn whole<T: TryFrom<i128> + Copy + Into<i128> + fmt::Display>(self, allowed: RangeInclusive<T>) -> Option<T> {
        let number = match self.inner() {
            DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        let (least, most) = ((*allowed.start()).into(), (*allowed.end()).into());
        let fits = number.filter(|number| (least..=most).contains(number)).and_then(|number| T::try_from(number).ok());
        if fits.is_none() {
            self.refuse(&format!("a whole number from {least} to {most} is allowed"));
        }
        fits
    }

    /// A span of time, in milliseconds: seconds as a number, or a text with units.
    pub fn span(self) -> Option<u64> {
        self.meant(mean::span(self.key, &self.as_typed()))
    }

    /// A span of time that is not nothing.
    pub fn some_span(self) -> Option<u64> {
        self.meant(mean::some_span(self.key, &self.as_typed()))
    }

    /// A number or a text, as one would type it after a flag; what is neither is no meaning of any flag.
    pub fn as_typed(self) -> String {
        match self.inner() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            _ => self.source.text().get(self.at.span()).unwrap_or_default().to_owned(),
        }
    }

    /// A size, in bytes: a number of bytes, or a text with KiB, MiB or GiB.
    pub fn size(self) -> Option<u64> {
        let text = self.as_typed();
        let letters = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(letters);
        let shift = match unit.trim() {
            "" | "B" => Some(0),
            "KiB" => Some(10),
            "MiB" => Some(20),
            "GiB" => Some(30),
            _ => None,
        };
        let bytes = shift.zip(number.parse::<u64>().ok()).and_then(|(shift, number)| number.checked_mul(1 << shift));
        let bytes = bytes.filter(|bytes| (1..=1 << 50).contains(bytes));
        if bytes.is_none() {
            self.refuse("bytes, or a number with KiB, MiB or GiB, up to 1048576 GiB: 65536, \"64MiB\"");
        }
        bytes
    }

    /// A date, in quotes or bare.
    pub fn date(self) -> Option<Date> {
        match self.inner() {
            DeValue::Datetime(date) => self.checked(date.to_string().parse()),
            _ => self.parsed(),
        }
    }

    /// The values of a list, or the one that stands without one.
    pub fn items(self) -> Vec<Value<'a>> {
        match self.inner() {
            DeValue::Array(items) => items.iter().map(|at| Value { at, ..self }).collect(),
            _ => vec![self],
        }
    }

    /// The meanings of a list's values, or of the one that stands without one.
    pub fn each<T>(self, meant: impl Fn(Value<'a>) -> Option<T>) -> Vec<T> {
        self.items().into_iter().filter_map(meant).collect()
    }

    /// A table with the keys of that section.
    pub fn table(self, section: &'static Section) -> Option<Table<'a>> {
        match self.inner() {
            DeValue::Table(table) => Some(Table::new(self.source, section, table, self.at.span().start)),
            _ => {
                self.refuse(&format!("a table is wanted, as {{ {} = … }}", section.keys.first().unwrap_or(&"")));
                None
            }
        }
    }
}
