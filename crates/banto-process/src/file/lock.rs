//! The lock of a file or folder among processes: one at a time, but nobody is waited for without end.
//!
//! For whoever writes, turns or tidies. A process that was frozen with the lock in its hand must not stop all others; and
//! there are places without locks. So whoever does not get it goes on without, and only leaves out what needs it.

use std::{fs::File, thread::sleep, time::Duration};

use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};

/// How often it is asked for, a millisecond apart.
const ASKED_MAX: u32 = 200;

/// A lock, until it is dropped.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Waits for the lock of `file`, not long.
    pub fn of(file: &File) -> Option<Lock> {
        let own = file.try_clone().ok()?;
        for asked in 1..=ASKED_MAX {
            match flock(&own, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Some(Lock(own)),
                Err(Errno::WOULDBLOCK) if asked < ASKED_MAX => sleep(Duration::from_millis(1)),
                Err(Errno::INTR) => {}
                Err(_) => return None,
            }
        }
        None
    }

    /// The lock of `file` if nobody has it.
    pub fn now(file: &File) -> Option<Lock> {
        let own = file.try_clone().ok()?;
        flock(&own, FlockOperation::NonBlockingLockExclusive).ok()?;
        Some(Lock(own))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The lock belongs to all copies of the open file, so it does not end with this one.
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}
