//! How one process reaches another that keeps things running: a socket in a folder of their own.
//!
//! For `program …` and `reload`, and for `up`, which listens. The folder stands beside the store's file, or where it is
//! told to; it and all in it belong to one user, and nobody else may look in. What comes through a socket is checked like
//! what comes from the net: one short line asks, lines of bounded length answer, and nobody waits for ever.
//!
//! # Layout
//! - here: the folder; `reach/words.rs`: what is asked and answered; `reach/ask.rs`: who asks; `reach/listen.rs`: who
//!   listens

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
};

use banto_core::text::visible;
use banto_sqlite::Options;
use rustix::process::geteuid;

pub(crate) mod ask;
pub(crate) mod listen;
pub(crate) mod words;

/// Longest path of a socket, in bytes: what Linux has room for, less the zero at its end.
const SOCKET_BYTES_MAX: usize = 107;
/// What sockets are called: the process's number and a random one, for two containers may share a folder.
const SUFFIX: &str = ".sock";

/// The folder where processes on that store are reached. An error is a fragment that fits after "could not".
pub(crate) fn folder(named: Option<&Path>, url: &str) -> Result<PathBuf, String> {
    if let Some(named) = named.filter(|path| !path.as_os_str().is_empty()) {
        return Ok(named.to_owned());
    }
    let none = "know where running processes are reached: the store is no file; give --run-dir";
    let store = url.parse::<Options>().map_err(|_| none.to_owned())?.path;
    let mut name = store.file_name().ok_or_else(|| none.to_owned())?.to_owned();
    name.push(".run");
    Ok(store.with_file_name(name))
}

/// Makes the folder if it is not there, and refuses one that others could look into or that is not ours.
fn make(folder: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("make the folder {}: {error}", shown(folder));
    match DirBuilder::new().mode(0o700).create(folder) {
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
