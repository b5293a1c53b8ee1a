//! Which store a command means.
//!
//! An address may hold a password, and everybody on a machine can read what was typed; so a file can name it too. The first
//! that says something counts: `--store`, `BANTO_STORE`, the file that `BANTO_STORE_FILE` names, `store` in `banto.toml`, the
//! application. No address is shown here but in the words of banto-open, which knows what in it is a secret.

use std::path::{Path, PathBuf};

use banto_core::text::visible;
use banto_open::Address;

use crate::{
    exit::Failure,
    file::{self, File},
    given,
};

/// The most of a file with an address that is read, in bytes.
const ADDRESS_BYTES_MAX: usize = 8 << 10;
/// The variable that names such a file.
const STORE_FILE: &str = "BANTO_STORE_FILE";

/// The address for a command of an application's own, as banto's commands have it: what was typed (or is in `BANTO_STORE`),
/// what the file at `BANTO_STORE_FILE` says, else `usual`. An empty text says nothing.
pub fn address(typed: Option<&str>, usual: &str) -> Result<String, Failure> {
    Ok(find(typed, None, false, Some(usual))?.unwrap_or_else(|| usual.to_owned()))
}

/// The address, if anything says one: `config` is a `banto.toml` that is named; with `beside` the one that stands here counts
/// too.
pub(crate) fn find(
    typed: Option<&str>,
    config: Option<&Path>,
    beside: bool,
    usual: Option<&str>,
) -> Result<Option<String>, Failure> {
    if let Some(typed) = typed.filter(|url| !url.is_empty()) {
        return Ok(Some(typed.to_owned()));
    }
    if let Some(path) = variable(STORE_FILE) {
        return read(&path, STORE_FILE).map(Some);
    }
    let named = config.map(Path::to_owned).or_else(|| variable("BANTO_CONFIG"));
    let written = given::file(named, beside).map(|path| File::store_in(&path)).transpose()?.flatten();
    Ok(written.or_else(|| usual.map(str::to_owned)))
}

/// An address where a command takes two: as it is typed, or `@FILE`, where the file holds it.
pub(crate) fn named(word: &str) -> Result<String, Failure> {
    match word.strip_prefix('@') {
        Some(path) => read(Path::new(path), "@FILE"),
        None => Ok(word.to_owned()),
    }
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The address in a file of its own: one line.
fn read(path: &Path, by: &str) -> Result<String, Failure> {
    let text = file::open::text_of(path, ADDRESS_BYTES_MAX);
    let text = text.map_err(|why| Failure::usage(format!("{why} ({by})")))?;
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    match (lines.next(), lines.next()) {
        (Some(url), None) => Ok(url.to_owned()),
        (found, _) => {
            let found = if found.is_some() { "several lines" } else { "nothing" };
            let shown = visible(&path.to_string_lossy(), 200);
            let wanted = "the store's address in one line is wanted";
            Err(Failure::usage(format!("take a store's address from \"{shown}\" ({by}): it has {found}; {wanted}")))
        }
    }
}

/// The folder of the store's file, if it is one.
pub(crate) fn folder(url: &str) -> Option<PathBuf> {
    let address = Address::typed(url).ok()?;
    let folder = address.file()?.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn said(text: &str) -> Result<String, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("address");
        std::fs::write(&path, text).unwrap();
        read(&path, STORE_FILE)
    }

    #[test]
    fn a_file_says_an_address_in_one_line() {
        for text in
            ["postgres://ann:secret@db/x", "postgres://ann:secret@db/x\n", "\n  postgres://ann:secret@db/x \r\n\n"]
        {
            assert_eq!(said(text).as_deref(), Ok("postgres://ann:secret@db/x"), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_line_is_refused_and_shows_no_secret() {
        for (text, why) in
            [("", "nothing"), (" \n", "nothing"), ("redis://:secret@a\nredis://:secret@b", "several lines")]
        {
            let failure = said(text).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage);
            assert!(failure.text.contains(why) && failure.text.contains("BANTO_STORE_FILE"), "{}", failure.text);
            assert!(!failure.text.contains("secret"), "{}", failure.text);
        }
        let failure = read(Path::new("/no/such/file"), STORE_FILE).unwrap_err();
        assert!(failure.text.contains("it is not there (BANTO_STORE_FILE)"), "{}", failure.text);
    }

    #[test]
    fn what_was_typed_counts_before_a_file_and_that_before_the_application() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("banto.toml");
        std::fs::write(&config, "store = \"sqlite://jobs.db\"\n").unwrap();
        let find = |typed, config| find(typed, config, false, Some("memory:")).unwrap().unwrap();
        assert_eq!(find(Some("redis://a"), Some(&*config)), "redis://a");
        let beside = format!("sqlite://{}", folder.path().join("jobs.db").display());
        assert_eq!(find(Some(""), Some(&*config)), beside, "relative to the file's folder");
        std::fs::write(&config, "service = \"shop\"\n").unwrap();
        assert_eq!(find(None, Some(&*config)), "memory:");
    }

    #[test]
    fn only_a_file_has_a_folder() {
        let folder = |url| folder(url).map(|path| path.display().to_string());
        assert_eq!(folder("sqlite:///var/lib/app/jobs.db?busy_ms=9").as_deref(), Some("/var/lib/app"));
        assert_eq!(folder("jobs.db").as_deref(), Some("."));
        assert_eq!(folder("memory:"), None);
        assert_eq!(folder("mysql://x"), None);
    }
}
