//! What is this user's own: where folders of processes on a store stand that is no file.
//!
//! The lasting state first, for what runs may outlive the session it was started in; then the session's folder, which is there
//! where nothing lasting may be written. A folder of somebody else's is passed over: whoever keeps another user's `HOME` (sudo)
//! must neither leave things there nor be met there. Never a folder that all share, as `/tmp`.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use rustix::process::geteuid;

/// What stands below each of them.
const OURS: &str = "banto";

/// The folders, the first choice first.
pub(super) fn own() -> Vec<PathBuf> {
    of(&|name| std::env::var_os(name).map(PathBuf::from), geteuid().as_raw())
}

/// Whether a folder stands in one of them.
pub(super) fn is_own(folder: &Path) -> bool {
    own().iter().any(|home| folder.starts_with(home))
}

fn of(variable: &dyn Fn(&str) -> Option<PathBuf>, user: u32) -> Vec<PathBuf> {
    let whole = |name: &str| variable(name).filter(|path| path.is_absolute());
    let state = whole("XDG_STATE_HOME").or_else(|| whole("HOME").map(|home| home.join(".local/state")));
    // Who was not started by a session may still reach what was.
    let session = whole("XDG_RUNTIME_DIR").or_else(|| Some(PathBuf::from(format!("/run/user/{user}"))));
    let homes = [state.map(|state| state.join(OURS).join("run")), session.map(|session| session.join(OURS))];
    homes.into_iter().flatten().filter(|home| belongs(home, user)).collect()
}

/// Whether the nearest of its folders that is there is that user's.
fn belongs(home: &Path, user: u32) -> bool {
    let nearest = home.ancestors().find_map(|folder| fs::metadata(folder).ok());
    nearest.is_some_and(|meta| meta.is_dir() && meta.uid() == user)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_two(state: &Path, session: &Path, user: u32) -> Vec<PathBuf> {
        let variable = |name: &str| match name {
            "HOME" => Some(state.to_owned()),
            "XDG_RUNTIME_DIR" => Some(session.to_owned()),
            _ => None,
        };
        of(&variable, user)
    }

    #[test]
    fn the_lasting_state_is_asked_before_the_sessions_folder() {
        let (home, session) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let found = of_two(home.path(), session.path(), geteuid().as_raw());
        assert_eq!(found, [home.path().join(".local/state/banto/run"), session.path().join("banto")]);
    }

    #[test]
    fn what_is_another_users_or_no_whole_path_is_passed_over() {
        let home = tempfile::tempdir().unwrap();
        let (ours, other) = (geteuid().as_raw(), geteuid().as_raw() + 1);
        assert_eq!(of_two(home.path(), home.path(), other), Vec::<PathBuf>::new());
        let relative = of_two(Path::new("home"), home.path(), ours);
        assert_eq!(relative, [home.path().join("banto")]);
    }
}
