//! The duties of PID 1: whoever is orphaned becomes our child, and its end must be taken note of, or the kernel's list
//! fills with the dead.
//!
//! For a process that is a container's entry point, or that asked for orphans ([`adopt_orphans`]). Statuses of programs
//! started here are never touched: each run takes its own. A child that something else in this process started is told
//! from an orphan by patience: only who has been dead for two looks is taken.

use std::{
    collections::HashSet,
    io,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rustix::process::{Pid, WaitId, WaitIdOptions, WaitOptions, getpid, set_child_subreaper, waitid, waitpid};
use tokio::time::sleep;

/// How long a dead child must have been dead before it is taken, in milliseconds.
const LOOK_MS: u64 = 1_000;

/// The children that runs own.
static OWN: Mutex<Option<HashSet<i32>>> = Mutex::new(None);

/// Starts a child and notes that it is a run's own, with no moment in between.
pub(crate) fn own<T>(start: impl FnOnce() -> io::Result<(Pid, T)>) -> io::Result<(Pid, T)> {
    let mut own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
    let (pid, child) = start()?;
    own.get_or_insert_default().insert(pid.as_raw_nonzero().get());
    Ok((pid, child))
}

/// A run has taken its child's status.
pub(crate) fn disown(pid: Pid) {
    let mut own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
    own.get_or_insert_default().remove(&pid.as_raw_nonzero().get());
}

/// Makes this process the parent of all orphans among its descendants. Somebody must [`reap`] them then. PID 1 is that
/// anyway. Fails on a kernel that does not know it.
pub fn adopt_orphans() -> io::Result<()> {
    Ok(set_child_subreaper(Some(getpid()))?)
}

/// Reaps orphans for ever; `reaped` is told the number of each. Drop it to stop.
pub async fn reap(mut reaped: impl FnMut(u32)) {
    let mut seen = HashSet::new();
    loop {
        sleep(Duration::from_millis(LOOK_MS)).await;
        seen = look(&seen, &mut reaped);
    }
}

/// Takes those who were dead at the last look too; answers who else is dead now.
fn look(seen: &HashSet<i32>, reaped: &mut impl FnMut(u32)) -> HashSet<i32> {
    let any = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    if !matches!(waitid(WaitId::All, any), Ok(Some(_))) {
        return HashSet::new();
    }
    let mut fresh = HashSet::new();
    for pid in dead_children() {
        let raw = pid.as_raw_nonzero().get();
        if !seen.contains(&raw) {
            fresh.insert(raw);
        } else if matches!(waitpid(Some(pid), WaitOptions::NOHANG), Ok(Some(_))) {
            reaped(raw.unsigned_abs());
        }
    }
    fresh
}

/// Our children that are dead, and that no run owns.
fn dead_children() -> Vec<Pid> {
    let own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
    let is_own = |pid: i32| own.as_ref().is_some_and(|own| own.contains(&pid));
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| !is_own(*pid) && is_dead_child(*pid)).filter_map(Pid::from_raw).collect()
}

fn is_dead_child(pid: i32) -> bool {
    let ours = |parent: i32| parent == getpid().as_raw_nonzero().get();
    state_and_parent(pid).is_some_and(|(state, parent)| state == "Z" && ours(parent))
}

/// proc_pid_stat(5): the state and the parent stand behind the name, which may hold anything.
pub(crate) fn state_and_parent(pid: i32) -> Option<(String, i32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut words = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
}
