//! How one process reaches another that keeps things running: a socket in a folder of their own.
//!
//! For `program …` and `reload`, and for `up`, which listens. The folder stands beside the store's file, or where it is
//! told to; of a store that is no file it stands among what is this user's own. It and all in it belong to one user, and
//! nobody else may look in. What comes through a socket is checked like what comes from the net: one short line asks, lines
//! of bounded length answer, and nobody waits for ever.
//!
//! # Layout
//! - here: the folder; `reach/home.rs`: what is this user's own; `reach/words.rs`: what is asked and answered; `reach/ask.rs`: who asks; `reach/listen.rs`: who
//!   listens

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
};

use banto_core::text::visible;
use banto_open::Address;
use rustix::process::geteuid;

pub(crate) mod ask;
mod home;
pub(crate) mod listen;
pub(crate) mod words;

/// Longest path of a socket, in bytes: what Linux has room for, less the zero at its end.
const SOCKET_BYTES_MAX: usize = 107;
/// What sockets are called: the process's number and a random one, for two containers may share a folder.
const SUFFIX: &str = ".sock";

/// The folders where processes on that store are reached, the first one first. An error is a fragment that fits after "could
/// not".
pub(crate) fn folders(named: Option<&Path>, url: &str) -> Result<Vec<PathBuf>, String> {
    if let Some(named) = named.filter(|path| !path.as_os_str().is_empty()) {
        return Ok(vec![named.to_owned()]);
    }
    let unknown = |why: &str| format!("know where running processes are reached: {why}; give --run-dir");
    if url.is_empty() {
        return Err(unknown("no store is named"));
    }
    let address = Address::typed(url).map_err(|error| unknown(&format!("could not {error}")))?;
    if let Some(file) = address.file() {
        let mut name = file.file_name().ok_or_else(|| unknown("the store is no file"))?.to_owned();
        name.push(".run");
        return Ok(vec![file.with_file_name(name)]);
    }
    let mark = address.mark().ok_or_else(|| unknown("no other process can work on this store"))?;
    let folders: Vec<PathBuf> = home::own().into_iter().map(|home| home.join(&mark)).collect();
    match folders.is_empty() {
        true => Err(unknown("the store is no file, and neither HOME nor XDG_RUNTIME_DIR is a folder of this user's")),
        false => Ok(folders),
    }
}

/// Makes the folder if it is not there, and refuses one that others could look into or that is not ours.
fn make(folder: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("make the folder {}: {error}", shown(folder));
    // Only what is this user's own is made with what it stands in; a mistyped --run-dir is not.
    match DirBuilder::new().recursive(home::is_own(folder)).mode(0o700).create(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(error)),
    }
    check(folder)
}

/// Refuses a folder that is a link, is not ours (or root's), or that others may look into.
fn check(folder: &Path) -> Result<(), String> {
    let meta = fs::symlink_metadata(folder).map_err(|error| format!("look at {}: {error}", shown(folder)))?;
    let ours = geteuid().as_raw();
    let refused = |why: &str| Err(format!("trust the folder {}: {why}", shown(folder)));
    if !meta.is_dir() {
        return refused("it is no folder of its own");
    }
    if meta.uid() != ours && ours != 0 {
        return refused(&format!("it belongs to user {}, and this is user {ours}", meta.uid()));
    }
    if meta.mode() & 0o077 != 0 {
        return refused("others may look into it; take that from them (chmod 700) or give another --run-dir");
    }
    Ok(())
}

/// The sockets in a folder.
fn sockets(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(1_000);
    let named = entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(SUFFIX));
    let mut sockets: Vec<PathBuf> = named.map(|entry| entry.path()).collect();
    sockets.sort();
    sockets
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy(), 200)
}

#[cfg(test)]
mod tests;
