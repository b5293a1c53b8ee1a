//! Where xtask stands: the root of the project, the cargo that called it, whether this is CI, whether it was told to stop.
//!
//! For every step. Opened once; it never changes the environment of xtask itself.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// What all steps share.
#[derive(Debug)]
pub struct House {
    /// The root of the project.
    pub root: PathBuf,
    /// Whether a machine called, by `CI=true`: then a tool that cannot be had is a failure.
    pub ci: bool,
    stop: Arc<AtomicBool>,
}

impl House {
    /// Finds the root and listens for INT, TERM and HUP. The error fits after "could not".
    pub fn open() -> Result<Self, String> {
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let heard = signal_hook::flag::register(signal, Arc::clone(&stop));
            heard.map_err(|error| format!("listen for signal {signal}: {error}"))?;
        }
        let ci = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1");
        Ok(Self { root: root(), ci, stop })
    }

    /// Whether xtask was told to stop.
    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// A house in which nobody listens for signals, and its way to be stopped.
    #[cfg(test)]
    pub fn for_test() -> (Self, Arc<AtomicBool>) {
        let stop = Arc::new(AtomicBool::new(false));
        (Self { root: root(), ci: false, stop: Arc::clone(&stop) }, stop)
    }
}

/// The root of the project: the folder that holds xtask's own.
pub fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    own.and_then(|folder| folder.parent().map(PathBuf::from)).unwrap_or_else(|| PathBuf::from("."))
}

/// The cargo that called, so that a toolchain named on the command line is kept.
pub fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".into())
}

/// What cargo told xtask about xtask: a build that is started from here must not see it, or it is built anew each time.
pub fn told_by_cargo() -> Vec<OsString> {
    let about_xtask = |name: &str| {
        ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"].iter().any(|start| name.starts_with(start))
    };
    std::env::vars_os().map(|(name, _)| name).filter(|name| name.to_str().is_some_and(about_xtask)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(root().join("Cargo.lock").is_file());
    }

    #[test]
    fn what_cargo_said_about_xtask_is_known() {
        let told = told_by_cargo();
        assert!(told.iter().any(|name| name == "CARGO_MANIFEST_DIR"));
        assert!(told.iter().all(|name| name != "CARGO"));
    }

    #[test]
    fn a_stop_is_seen() {
        let (house, stop) = House::for_test();
        assert!(!house.stopping());
        stop.store(true, Ordering::Relaxed);
        assert!(house.stopping());
    }
}
