//! `store` of a file: the address that its commands work with.
//!
//! Every command asks a file for it, also those that want nothing else of it: so it is read alone.

use std::{fmt, path::Path};

use banto_open::Address;
use toml::de::DeValue;

use super::{File, alone::alone, value::Value};
use crate::exit::Failure;

/// An address that a file says. It may hold a password, so it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreUrl(pub String);

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreUrl(…)")
    }
}

/// The address; the path of a SQLite file is made whole.
pub(super) fn read(value: Value<'_>) -> Option<StoreUrl> {
    let DeValue::String(text) = value.inner() else {
        value.fault("take store: an address in quotes is wanted, as \"sqlite://jobs.db\"");
        return None;
    };
    let address = match Address::typed(text) {
        Ok(address) => address,
        Err(error) => {
            value.fault(error.to_string());
            return None;
        }
    };
    let Some(file) = address.file() else { return Some(StoreUrl(text.to_string())) };
    let whole = value.source.path(&file.to_string_lossy());
    let options = text.split_once('?').map(|(_, options)| format!("?{options}")).unwrap_or_default();
    Some(StoreUrl(format!("sqlite://{}{options}", whole.display())))
}

impl File {
    /// The store's address that the file at `path` says, if it says one.
    pub(crate) fn store_in(path: &Path) -> Result<Option<String>, Failure> {
        Ok(alone(path, "store", read)?.map(|url| url.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Result<Option<String>, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("banto.toml");
        std::fs::write(&path, text).unwrap();
        let found = File::store_in(&path);
        found.map(|url| url.map(|url| url.replace(&folder.path().display().to_string(), "HERE")))
    }

    #[test]
    fn a_file_beside_it_is_found_from_everywhere_and_options_stay() {
        for (text, url) in [
            ("store = \"sqlite://jobs.db\"", Some("sqlite://HERE/jobs.db")),
            ("store = \"jobs.db\"", Some("sqlite://HERE/jobs.db")),
            ("store = \"sqlite:///var/lib/jobs.db?busy_ms=9\"", Some("sqlite:///var/lib/jobs.db?busy_ms=9")),
            ("", None),
        ] {
            assert_eq!(said(text).unwrap().as_deref(), url, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_elsewhere_is_not_asked_and_what_is_wrong_here_is_said_by_line() {
        assert_eq!(
            said("store = \"sqlite:///jobs.db\"\nservcie = 1\n[[schedule]]\n").unwrap().unwrap(),
            "sqlite:///jobs.db"
        );
        for (text, why) in [
            ("\nstore = 5", ":2:9: could not take store: an address in quotes is wanted"),
            ("store = \"mysql://ann:secret@db/x\"", "open a store of the sort \"mysql\""),
            ("store = \"sqlite://jobs.db\nx", "read it as TOML"),
        ] {
            let failure = said(text).unwrap_err();
            assert!(failure.text.contains(why) && !failure.text.contains("secret"), "{}", failure.text);
        }
    }
}
