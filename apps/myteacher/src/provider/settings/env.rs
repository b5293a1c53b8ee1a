//! Reads settings one by one and remembers every one that is wrong, so that all are told at once.
//!
//! It never stops at the first, never shows a secret, and treats an empty value as none, as env files write it.

use super::{Address, BadAddress, Secret};
use crate::said::Said;
use std::path::Path;
use std::time::Duration;

const FILE: &str = "_FILE";
/// A key file is one line; more is a wrong file.
const KEY_BYTES_MAX: u64 = 4096;

/// A setting that is there but cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {wrong}")]
pub struct BadSetting {
    /// The environment variable.
    pub name: String,
    /// What is wrong with it, and what is allowed; never the value of a secret.
    pub wrong: Said,
}

/// Everything that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("use the settings: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct BadSettings(pub Vec<BadSetting>);

pub(super) struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    bad: Vec<BadSetting>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, bad: Vec::new() }
    }

    /// The settings, if none was wrong.
    pub(super) fn done<T>(self, settings: T) -> Result<T, BadSettings> {
        if self.bad.is_empty() { Ok(settings) } else { Err(BadSettings(self.bad)) }
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    pub(super) fn secret(&mut self, name: &str) -> Option<Secret> {
        let in_file = format!("{name}{FILE}");
        let (key, source) = match (self.text(name), self.text(&in_file)) {
            (Some(_), Some(_)) => {
                self.wrong(&in_file, format!("{name} is set too: keep one of the two"));
                return None;
            }
            (None, None) => return None,
            (Some(key), None) => (key, name),
            (None, Some(path)) => match read_key(Path::new(&path)) {
                Ok(key) => (key, in_file.as_str()),
                Err(wrong) => {
                    self.wrong(&in_file, format!("\"{path}\" {wrong}"));
                    return None;
                }
            },
        };
        let secret = Secret::new(key);
        if secret.is_none() {
            self.wrong(source, "holds no key: a key is one word of ASCII letters, digits and signs".to_owned());
        }
        secret
    }

    pub(super) fn address(&mut self, name: &str, default: fn() -> Address) -> Address {
        let Some(text) = self.text(name) else { return default() };
        text.parse().unwrap_or_else(|bad: BadAddress| {
            self.wrong(name, bad.to_string());
            default()
        })
    }

    /// A time in seconds, decimals allowed, at least a millisecond and at most a day.
    pub(super) fn seconds(&mut self, name: &str, default: u64) -> Duration {
        let default = Duration::from_secs(default);
        let Some(text) = self.text(name) else { return default };
        let time = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        match time.filter(|time| (Duration::from_millis(1)..=Duration::from_secs(86_400)).contains(time)) {
            Some(time) => time,
            None => {
                self.wrong(name, format!("\"{text}\" is no time: allowed are 0.001 to 86400 seconds"));
                default
            }
        }
    }

    /// A number of times, 1 to 100,000.
    pub(super) fn count(&mut self, name: &str, default: u32) -> u32 {
        let Some(text) = self.text(name) else { return default };
        match text.parse().ok().filter(|count| (1..=100_000).contains(count)) {
            Some(count) => count,
            None => {
                self.wrong(name, format!("\"{text}\" is no count: allowed are 1 to 100000"));
                default
            }
        }
    }

    fn wrong(&mut self, name: &str, wrong: String) {
        self.bad.push(BadSetting { name: name.to_owned(), wrong: wrong.into() });
    }
}

fn read_key(path: &Path) -> Result<String, String> {
    let about = std::fs::metadata(path).map_err(|error| format!("cannot be read: {}", error.kind()))?;
    if !about.is_file() || about.len() > KEY_BYTES_MAX {
        return Err(format!("is not a file of one line, at most {KEY_BYTES_MAX} bytes"));
    }
    let key = std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {}", error.kind()))?;
    Ok(key.trim().to_owned())
}
