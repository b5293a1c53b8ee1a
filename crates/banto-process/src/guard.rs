//! Whoever kills this process with -9 must not leave its programs' processes behind.
//!
//! The kernel's death signal reaches the leader of a group, not what the leader has started. So one small shell stands
//! beside us, in a group of its own, and reads from a pipe which groups live. When we are gone, however that came
//! about, the pipe is at its end, and it kills what is left. It is told to forget a group before its leader is reaped,
//! so it never hits a stranger. Where there is no `/bin/sh` the death signal alone must do, and that is said once.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    os::unix::process::CommandExt,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Mutex, PoisonError},
};

use rustix::{
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    process::Pid,
};

/// Reads `+ number` and `- number`; at the end it kills. Only numbers of ours are ever written to it.
const SCRIPT: &str = "all=
while read -r sign group; do
    rest=
    for one in $all; do [ \"$one\" = \"$group\" ] || rest=\"$rest $one\"; done
    all=$rest
    [ \"$sign\" = + ] && all=\"$all $group\"
done
for one in $all; do kill -s KILL -- \"-$one\" 2>/dev/null; done
exit 0";

static GUARD: Mutex<Guard> = Mutex::new(Guard { groups: BTreeSet::new(), shell: None, missing: false });

struct Guard {
    groups: BTreeSet<i32>,
    shell: Option<(Child, ChildStdin)>,
    missing: bool,
}

/// A group lives. Called on the thread that starts programs.
pub(crate) fn watch(group: Pid) {
    let number = group.as_raw_nonzero().get();
    let mut guard = GUARD.lock().unwrap_or_else(PoisonError::into_inner);
    guard.groups.insert(number);
    guard.tell('+', number);
}

/// A group's leader is about to be reaped.
pub(crate) fn forget(group: Pid) {
    let number = group.as_raw_nonzero().get();
    let mut guard = GUARD.lock().unwrap_or_else(PoisonError::into_inner);
    if guard.groups.remove(&number) {
        guard.tell('-', number);
    }
}

impl Guard {
    fn tell(&mut self, sign: char, group: i32) {
        let told = match &mut self.shell {
            Some((_, pipe)) => pipe.write_all(format!("{sign} {group}\n").as_bytes()),
            None => Err(io::ErrorKind::NotConnected.into()),
        };
        if told.is_err() && !self.missing {
            self.begin();
        }
    }

    /// A new shell, told of all groups; the old one, if it lives and does not listen, is of no use any more.
    fn begin(&mut self) {
        if let Some((mut child, pipe)) = self.shell.take() {
            // First killed, then left alone: at the end of its pipe it would kill what lives.
            let _ = child.kill();
            let _ = child.wait();
            drop(pipe);
        }
        match start(&self.groups) {
            Ok(shell) => self.shell = Some(shell),
            Err(error) => {
                self.missing = true;
                tracing::warn!(%error, "no guard could be started: if banto is killed, what its programs have started lives on");
            }
        }
    }
}

fn start(groups: &BTreeSet<i32>) -> io::Result<(Child, ChildStdin)> {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", SCRIPT, "banto-guard"]).env_clear().current_dir("/").process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let mut pipe = child.stdin.take().ok_or(io::ErrorKind::NotConnected)?;
    // A shell that somebody has frozen must not freeze us.
    fcntl_setfl(&pipe, fcntl_getfl(&pipe)? | OFlags::NONBLOCK)?;
    for group in groups {
        pipe.write_all(format!("+ {group}\n").as_bytes())?;
    }
    Ok((child, pipe))
}
