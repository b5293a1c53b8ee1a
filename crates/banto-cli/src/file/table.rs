//! One table of a file: its keys, and those that are none.
//!
//! A key that the section does not have is a fault that names the nearest one, because a misspelt key that is passed
//! over is a schedule that does something else than was written.

use banto_core::text::visible;
use toml::de::DeTable;

use super::{
    keys::{ELSEWHERE, Section},
    source::Source,
    value::Value,
};

/// A table that is being read.
#[derive(Clone, Copy)]
pub(crate) struct Table<'a> {
    /// Where it stands.
    pub source: &'a Source<'a>,
    section: &'static Section,
    table: &'a DeTable<'a>,
    start: usize,
}

impl<'a> Table<'a> {
    /// The table that begins at byte `start`. Reports the keys that its section does not have.
    pub fn new(source: &'a Source<'a>, section: &'static Section, table: &'a DeTable<'a>, start: usize) -> Table<'a> {
        for key in table.keys().filter(|key| !section.keys.contains(&key.get_ref().as_ref())) {
            let (name, title) = (key.get_ref().as_ref(), section.title);
            source
                .fault(key.span().start, format!("take \"{}\" in {title}: {}", visible(name, 80), near(name, section)));
        }
        Table { source, section, table, start }
    }

    /// What a key has.
    pub fn get(self, key: &'static str) -> Option<Value<'a>> {
        debug_assert!(self.section.keys.contains(&key), "{key} is not listed in {}", self.section.title);
        self.table.get(key).map(|at| Value::new(self.source, key, at))
    }

    /// What a key means, if it is there and means something.
    pub fn read<T>(self, key: &'static str, meant: impl FnOnce(Value<'a>) -> Option<T>) -> Option<T> {
        self.get(key).and_then(meant)
    }

    /// What the values of a key mean; none if it is not there.
    pub fn each<T>(self, key: &'static str, meant: impl Fn(Value<'a>) -> Option<T>) -> Vec<T> {
        self.get(key).map(|value| value.each(meant)).unwrap_or_default()
    }

    /// Whether a key is there.
    pub fn has(self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    /// The line it begins in, from 1.
    pub fn line(self) -> usize {
        self.source.line(self.start)
    }

    /// Something is wrong with the whole of it.
    pub fn fault(self, text: impl Into<String>) {
        self.source.fault(self.start, text);
    }

    /// These keys mean nothing here, and this is why.
    pub fn refuse(self, keys: &[&'static str], why: &str) {
        for value in keys.iter().filter_map(|key| self.get(key)) {
            value.fault(format!("take {} here: {why}", value.key));
        }
    }
}

/// What may have been meant by a key that is none.
fn near(name: &str, section: &Section) -> String {
    let plain = name.to_lowercase().replace('-', "_");
    if let Some((_, say)) = ELSEWHERE.iter().find(|(word, _)| *word == plain && section.title != "banto.toml") {
        return format!("it has no such key; {say}");
    }
    let distance = |key: &&&str| strsim::damerau_levenshtein(&plain, key);
    let nearest =
        section.keys.iter().min_by_key(distance).filter(|key| name.len() <= 40 && distance(key) <= 1 + plain.len() / 4);
    match nearest {
        Some(key) => format!("it has no such key; is it {key}?"),
        None => format!("it has no such key; allowed are {}", section.keys.join(", ")),
    }
}
