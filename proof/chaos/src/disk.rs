//! Small disks: a tmpfs of a given size, which only root can mount.
//!
//! A row mounts one and lets go of it; what a row that was ended leaves behind is unmounted by whoever ran the row.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::Told;

/// A mounted tmpfs; unmounted when it goes.
#[derive(Debug)]
pub struct Disk {
    path: PathBuf,
}

impl Disk {
    /// Mounts a disk of that size at `path`, a folder that is made. Says why it cannot.
    pub fn mount(path: &Path, size: &str) -> Told<Disk> {
        std::fs::create_dir_all(path).map_err(|error| format!("make \"{}\": {error}", path.display()))?;
        let options = format!("size={size}");
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &options, "none"]).arg(path);
        let ran = command.output().map_err(|error| format!("run mount: {error}"))?;
        match ran.status.success() {
            true => Ok(Disk { path: path.to_owned() }),
            false => Err(format!("mount a tmpfs: {}", String::from_utf8_lossy(&ran.stderr).trim())),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Err(wrong) = unmount(&self.path) {
            eprintln!("could not {wrong}");
        }
    }
}

/// Unmounts whatever a row has left mounted below `dir`.
pub fn unmount_below(dir: &Path) -> Told<()> {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let places = mounts.lines().filter_map(|line| line.split(' ').nth(1)).map(Path::new);
    let mut below: Vec<&Path> = places.filter(|place| place.starts_with(dir)).collect();
    below.reverse();
    below.into_iter().try_for_each(unmount)
}

fn unmount(path: &Path) -> Told<()> {
    // Lazily: a process that has not quite gone must not keep it.
    let ran = Command::new("umount").arg("-l").arg(path).output().map_err(|error| format!("run umount: {error}"))?;
    match ran.status.success() {
        true => Ok(()),
        false => Err(format!("unmount \"{}\": {}", path.display(), String::from_utf8_lossy(&ran.stderr).trim())),
    }
}
