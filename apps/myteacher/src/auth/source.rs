//! Which files are read: those whose name fits a pattern, the daily and the rolled ones of that name too.
//!
//! In a pattern `*` stands for anything, in the file's name only. `laravel*.log` also means `laravel.log.1` and
//! `laravel-2025-12-01.log.gz`: what rolled the file away put its number and its ending behind. Only regular files are looked
//! at, so that a pipe or a device of a fitting name holds nobody up.

use std::{
    collections::BTreeSet,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use banto::text::visible;

use crate::error::Error;

const SHOWN_CHARS_MAX: usize = 200;

/// A pattern of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    folder: PathBuf,
    name: String,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// When it was last written to, in milliseconds since 1970.
    pub written_ms: i64,
    /// Whether it is compressed.
    pub gzip: bool,
}

/// The files that fit, and what stood in the way of others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Newest first.
    pub sources: Vec<Source>,
    /// What could not be looked at, and why; safe to show.
    pub problems: Vec<String>,
}

impl Pattern {
    /// Reads a pattern, or says what is allowed.
    pub fn new(typed: &str) -> Result<Pattern, Error> {
        let (folder, name) = typed.rsplit_once('/').map_or((".", typed), |(folder, name)| (folder, name));
        if name.is_empty() || folder.contains('*') {
            let shown = visible(typed, SHOWN_CHARS_MAX);
            let allowed = "allowed is a file, as storage/logs/laravel*.log, with * in its name only";
            return Err(Error::Asked(format!("read the log \"{shown}\": {allowed}")));
        }
        let folder = if folder.is_empty() { "/" } else { folder };
        Ok(Pattern { folder: folder.into(), name: name.to_owned() })
    }

    fn fits(&self, name: &str) -> bool {
        fits(&self.name, name) || fits(&self.name, unrolled(name))
    }
}

/// Finds the files of all patterns, each once.
pub fn find(patterns: &[Pattern]) -> Found {
    let mut found = Found::default();
    let mut seen = BTreeSet::new();
    for pattern in patterns {
        let names = match names(&pattern.folder) {
            Ok(names) => names,
            Err(error) => {
                found.problems.push(problem(&pattern.folder, &error));
                continue;
            }
        };
        for name in names.into_iter().filter(|name| pattern.fits(name)) {
            let path = pattern.folder.join(&name);
            match fs::metadata(&path) {
                Ok(of) if of.is_file() && seen.insert((of.dev(), of.ino())) => {
                    let written_ms = of.mtime().saturating_mul(1000);
                    found.sources.push(Source { path, written_ms, gzip: name.ends_with(".gz") });
                }
                Ok(_) => {}
                Err(error) => found.problems.push(problem(&path, &error)),
            }
        }
    }
    found.sources.sort_by(|a, b| (b.written_ms, &a.path).cmp(&(a.written_ms, &b.path)));
    found
}

/// That something could not be read, and why.
pub fn problem(path: &Path, error: &io::Error) -> String {
    visible(&format!("{}: {error}", path.display()), SHOWN_CHARS_MAX)
}

/// The names in a folder; one that is no text fits no pattern.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.extend(entry?.file_name().into_string().ok());
    }
    Ok(names)
}

/// The name before it was rolled away: without `.gz`, without a number.
fn unrolled(name: &str) -> &str {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    match name.rsplit_once('.') {
        Some((before, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => before,
        _ => name,
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').map_or((None, rest), |(middle, last)| (Some(middle), last));
    for piece in middle.into_iter().flat_map(|middle| middle.split('*')) {
        let Some(at) = name.find(piece) else { return false };
        name = name.get(at + piece.len()..).unwrap_or_default();
    }
    name.ends_with(last)
}

#[cfg(test)]
#[path = "source_tests.rs"]
mod tests;
