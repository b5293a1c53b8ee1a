//! Lets a cgroup of version 2 have children with a memory controller.
//!
//! Such a cgroup must hold no process itself (cgroups(7), "no internal processes"), but a service manager that leaves a service
//! its cgroup (systemd: `Delegate=yes`) starts it in there. So the service goes down into a leaf first, with all that it has
//! started. Where anybody else is in there too (a login's shell, what a container's `exec` started), nobody is moved.

use std::{fs, io, path::Path, process};

use super::write;
use crate::reap::state_and_parent;

/// How often what was started meanwhile is moved too.
const TURNS_MAX: u32 = 10;

/// Sees to it that children of that cgroup get a memory controller.
pub(super) fn open(dir: &Path) -> io::Result<()> {
    let control = dir.join("cgroup.subtree_control");
    if fs::read_to_string(&control)?.split_whitespace().any(|name| name == "memory") {
        return Ok(());
    }
    for _ in 0..TURNS_MAX {
        match write(&control, "+memory") {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => go_down(dir)?,
            done => return done,
        }
    }
    Err(io::ErrorKind::ResourceBusy.into())
}

fn go_down(dir: &Path) -> io::Result<()> {
    let pids = fs::read_to_string(dir.join("cgroup.procs"))?;
    let pids: Vec<i32> = pids.lines().filter_map(|pid| pid.parse().ok()).collect();
    if !pids.iter().all(|pid| is_ours(*pid)) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let leaf = dir.join(format!("banto-{}", process::id()));
    match fs::create_dir(&leaf) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    for pid in pids.iter().filter(|pid| parent(**pid).is_some()) {
        write(&leaf.join("cgroup.procs"), &pid.to_string())?;
    }
    Ok(())
}

/// Whether that process is this one, or was started by it or by one of its own; one that is gone is nobody else's.
fn is_ours(pid: i32) -> bool {
    let mut line = std::iter::successors(Some(pid), |pid| parent(*pid));
    parent(pid).is_none() || line.any(|pid| pid.unsigned_abs() == process::id())
}

fn parent(pid: i32) -> Option<i32> {
    state_and_parent(pid).map(|(_, parent)| parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_started_by_this_process_is_its_own_and_who_started_it_is_not() {
        let mut child =
            process::Command::new("sh").args(["-c", "read it"]).stdin(process::Stdio::piped()).spawn().unwrap();
        let (own, pid) = (process::id().cast_signed(), child.id().cast_signed());
        assert_eq!(parent(pid), Some(own));
        assert!(is_ours(own) && is_ours(pid));
        assert!(!is_ours(rustix::process::getppid().unwrap().as_raw_nonzero().get()) && !is_ours(1));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(is_ours(pid), "one that is gone");
    }

    #[test]
    fn where_children_have_the_controller_nothing_is_done() {
        let dir = tempfile::tempdir().unwrap();
        let control = dir.path().join("cgroup.subtree_control");
        assert!(open(dir.path()).is_err(), "no cgroup");
        for (there, then) in [("cpu memory\n", "cpu memory\n"), ("", "+memory")] {
            fs::write(&control, there).unwrap();
            open(dir.path()).unwrap();
            assert_eq!(fs::read_to_string(&control).unwrap(), then);
        }
    }
}
