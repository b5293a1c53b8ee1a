//! One started program and its process group, owned: nobody else may reap it, and when it is dropped it dies.
//!
//! Signals go to the group while its leader is not reaped, because only until then its number cannot be given to
//! somebody else.

use std::{io, os::fd::OwnedFd};

use rustix::process::{Pid, PidfdFlags, kill_process_group, pidfd_open, pidfd_send_signal};

use crate::{
    Signal,
    child::{self, Reaped},
    guard, reap,
};

/// A process group of ours.
#[derive(Debug)]
pub(crate) struct Group {
    pid: Pid,
    pidfd: OwnedFd,
    reaped: bool,
}

impl Group {
    /// Owns the child with this number, which was just started and leads a group of its own.
    pub fn new(pid: Pid) -> io::Result<Group> {
        match pidfd_open(pid, PidfdFlags::NONBLOCK) {
            Ok(pidfd) => Ok(Group { pid, pidfd, reaped: false }),
            Err(error) => {
                let _ = kill_process_group(pid, rustix::process::Signal::KILL);
                let _ = child::reap(pid);
                reap::disown(pid);
                Err(error.into())
            }
        }
    }

    pub fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// A file that becomes readable when the leader has ended.
    pub fn end(&self) -> io::Result<OwnedFd> {
        self.pidfd.try_clone()
    }

    /// Sends a signal to all of the group.
    pub fn tell_all(&self, signal: Signal) {
        let Some(raw) = signal.raw() else { return };
        if let Err(error) = kill_process_group(self.pid, raw)
            && error != rustix::io::Errno::SRCH
        {
            tracing::warn!(pid = self.pid(), %signal, %error, "a process group could not be signalled");
        }
    }

    /// Sends a signal to the leader alone.
    pub fn tell(&self, signal: Signal) {
        let Some(raw) = signal.raw() else { return };
        if let Err(error) = pidfd_send_signal(&self.pidfd, raw)
            && error != rustix::io::Errno::SRCH
        {
            tracing::warn!(pid = self.pid(), %signal, %error, "a program could not be signalled");
        }
    }

    /// Takes the leader's status, once it has ended. Its number may be somebody else's from here on.
    pub fn reap(mut self) -> io::Result<Reaped> {
        guard::forget(self.pid);
        let reaped = child::reap(self.pid);
        self.reaped = true;
        reap::disown(self.pid);
        reaped
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.reaped {
            return;
        }
        self.tell_all(Signal::KILL);
        guard::forget(self.pid);
        // It dies in a moment, but whoever drops a future must not wait: a thread does. If there is none to be had, the
        // dead stay on the kernel's list until this process ends.
        let pid = self.pid;
        let reaper = move || {
            let _ = child::reap(pid);
            reap::disown(pid);
        };
        let _ = std::thread::Builder::new().name("banto-reap".into()).spawn(reaper);
    }
}
