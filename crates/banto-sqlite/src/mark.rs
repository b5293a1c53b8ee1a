//! The high-water mark: a small file beside the store that remembers how far it had come.
//!
//! Written after each durable commit, never waited for. A store that is behind its mark has lost commits: a backup was
//! put back, a WAL was cut off, or power went away under `synchronous=normal`. That is counted, said, and kept until
//! somebody acknowledges it; it never stops the store. A mark that is missing or damaged is said once and made anew.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::PathBuf,
};

use banto_store::clock::fingerprint;

/// How far a store has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Height {
    pub commits: u64,
    pub accepted: u64,
}

/// The file that remembers it.
pub(crate) struct Mark {
    file: Option<File>,
    store: u64,
}

/// What the mark said when the store was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// There is none, and no wonder: the store is new.
    Fresh,
    /// It says so much.
    Height(Height),
    /// There is none, or the beginning of one; how that looks. Whoever has just made the store may be making it.
    Unmade(&'static str),
    /// It cannot be used; why.
    Useless(&'static str),
}

impl Mark {
    /// Opens the mark of the store with that identity.
    pub fn open(store_path: &std::path::Path, store: &str, new: bool) -> (Mark, Found) {
        let mut name = store_path.as_os_str().to_owned();
        name.push("-mark");
        let path = PathBuf::from(name);
        let existed = path.exists();
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path).ok();
        let mark = Mark { file, store: fingerprint(store).cast_unsigned() };
        let found = match (&mark.file, existed) {
            (None, _) => Found::Useless("cannot be opened"),
            (Some(_), false) if new => Found::Fresh,
            (Some(_), false) => Found::Unmade("is missing"),
            (Some(file), true) => mark.read(file, new),
        };
        (mark, found)
    }

    /// A new store beside the mark of another stands where that one was, which is gone with all its rows.
    fn read(&self, file: &File, new: bool) -> Found {
        let mut bytes = [0; 32];
        if file.read_exact_at(&mut bytes, 0).is_err() {
            return Found::Unmade("is damaged");
        }
        let [store, commits, accepted, check] = words(bytes);
        if check != checksum([store, commits, accepted]) {
            return Found::Useless("is damaged");
        }
        if store != self.store && !new {
            return Found::Useless("belongs to another store");
        }
        Found::Height(Height { commits, accepted })
    }

    /// Writes a new height. One that cannot be written is missed at the next opening at worst.
    pub fn raise(&mut self, height: Height) {
        let words = [self.store, height.commits, height.accepted];
        let mut bytes = [0; 32];
        let all = words.into_iter().chain([checksum(words)]).flat_map(u64::to_le_bytes);
        bytes.iter_mut().zip(all).for_each(|(to, from)| *to = from);
        let written = self.file.as_ref().map(|file| file.write_all_at(&bytes, 0));
        if matches!(written, Some(Err(_))) {
            self.file = None;
        }
    }
}

fn words(bytes: [u8; 32]) -> [u64; 4] {
    let mut words = [0; 4];
    for (word, part) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*part);
    }
    words
}

fn checksum(words: [u64; 3]) -> u64 {
    words.into_iter().fold(0x6261_6e74_6f00_0001, |sum, word| banto_core::retry::mix(sum ^ word))
}
