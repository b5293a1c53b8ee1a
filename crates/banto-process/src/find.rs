//! Where a program is: as the shell would look for it, but once, before the start, and with a reason when it is not.
//!
//! A name without a slash is looked for in the `PATH` that the program itself will have; a relative path begins at the
//! working directory. Nothing is started to find out.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use banto_core::text::visible;
use rustix::fs::{Access, access};

/// The program's place; the text of an error fits after "could not".
pub(crate) fn find(program: &str, path: &OsStr, dir: &Path) -> Result<PathBuf, String> {
    let shown = visible(program, 80);
    if program.is_empty() {
        return Err("find the program: its name is empty; name one".into());
    }
    if program.contains('/') {
        let place = dir.join(program);
        return runs(&place).map(|()| place).map_err(|why| format!("run \"{shown}\": {why}"));
    }
    let mut seen = None;
    for folder in std::env::split_paths(path) {
        let place = dir.join(folder).join(program);
        match runs(&place) {
            Ok(()) => return Ok(place),
            Err(why) if place.exists() => {
                seen = Some(format!("run \"{}\": {why}", visible(&place.to_string_lossy(), 200)))
            }
            Err(_) => {}
        }
    }
    let path = visible(&path.to_string_lossy(), 200);
    Err(seen.unwrap_or_else(|| format!("find \"{shown}\" in PATH ({path}); install it, or give its whole path")))
}

/// Whether a file can be run.
fn runs(place: &Path) -> Result<(), &'static str> {
    let meta = std::fs::metadata(place).map_err(|_| "there is no such file")?;
    if !meta.is_file() {
        return Err("it is no file");
    }
    access(place, Access::EXEC_OK).map_err(|_| "it is not executable; chmod +x would make it so")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn made(dir: &Path, name: &str, mode: u32) {
        std::fs::write(dir.join(name), "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(dir.join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_name_is_looked_for_in_the_path_given_and_what_is_not_executable_is_passed_over() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        made(one.path(), "tool", 0o644);
        made(two.path(), "tool", 0o755);
        let path = std::env::join_paths([one.path(), two.path()]).unwrap();
        assert_eq!(find("tool", &path, Path::new("/")), Ok(two.path().join("tool")));
        let only = find("tool", one.path().as_os_str(), Path::new("/")).unwrap_err();
        assert!(only.contains("it is not executable"), "{only}");
        let none = find("other", &path, Path::new("/")).unwrap_err();
        assert!(none.starts_with("find \"other\" in PATH"), "{none}");
    }

    #[test]
    fn a_path_begins_at_the_working_directory() {
        let dir = tempfile::tempdir().unwrap();
        made(dir.path(), "tool", 0o755);
        assert_eq!(find("./tool", OsStr::new(""), dir.path()), Ok(dir.path().join("./tool")));
        assert!(find("./gone", OsStr::new(""), dir.path()).unwrap_err().contains("there is no such file"));
        assert!(find("/", OsStr::new(""), dir.path()).unwrap_err().contains("it is no file"));
        assert!(find("", OsStr::new("/bin"), dir.path()).unwrap_err().contains("its name is empty"));
    }
}
