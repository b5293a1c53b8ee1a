//! Whether a folder can be written: a byte is, to the disk, in a file that has no name and is gone at once.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use banto_core::text::visible;
use rustix::{fs::OFlags, io::Errno};

/// Writes into it. May block for as long as the disk does. An error is in words for people.
pub(super) fn writes(folder: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{} cannot be written: {error}", shown(folder));
    let mut file = nameless(folder).map_err(failed)?;
    file.write_all(b"\n").and_then(|()| file.sync_data()).map_err(failed)
}

/// A new file without a name; where the disk knows none, one that has lost its name already.
fn nameless(folder: &Path) -> std::io::Result<File> {
    let flags = i32::try_from(OFlags::TMPFILE.bits()).unwrap_or_default();
    let opened = OpenOptions::new().write(true).mode(0o600).custom_flags(flags).open(folder);
    let unknown = |error: &std::io::Error| {
        [Errno::OPNOTSUPP, Errno::ISDIR, Errno::INVAL]
            .iter()
            .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
    };
    match opened {
        Err(error) if unknown(&error) => {
            let path = folder.join(format!(".banto-{}-{:016x}", std::process::id(), fastrand::u64(..)));
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            std::fs::remove_file(&path)?;
            Ok(file)
        }
        opened => opened,
    }
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy(), 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_written_and_nothing_stays_there() {
        let folder = tempfile::tempdir().unwrap();
        writes(folder.path()).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn one_that_is_not_there_or_is_no_folder_is_told_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        let why = writes(&gone).unwrap_err();
        assert!(why.contains("gone cannot be written: No such file"), "{why}");
        std::fs::write(&gone, "").unwrap();
        assert!(writes(&gone).unwrap_err().contains("Not a directory"));
    }

    #[test]
    fn a_disk_that_takes_nothing_is_told() {
        let why = writes(Path::new("/proc/self")).unwrap_err();
        assert!(why.starts_with("/proc/self cannot be written"), "{why}");
    }
}
