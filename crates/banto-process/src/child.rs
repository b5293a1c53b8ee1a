//! What happens between fork and exec, and the other few calls that no safe library has. All `unsafe` of banto is here.
//!
//! After the fork the child is a copy of one thread of a program that had many: whatever lock the others held stays
//! locked for ever. So nothing here allocates, locks, logs or looks anything up: it makes system calls on values that
//! were ready before.

use std::{
    ffi::{CStr, OsStr, OsString},
    io,
    mem::MaybeUninit,
    os::{
        fd::OwnedFd,
        unix::{ffi::OsStrExt, process::CommandExt},
    },
    process::Command,
};

use rustix::{
    io::write,
    process::{Gid, Pid, Resource, Rlimit, Signal, Uid},
};

use tokio::io::unix::AsyncFd;

use crate::user::User;

/// The highest number of a signal on Linux.
const SIGNALS: i32 = 64;

/// What the child does to itself before it becomes the program.
pub(crate) struct Before {
    /// Who spawns: if it is not the parent any more, the child must not live.
    pub parent: Pid,
    /// The `cgroup.procs` of its own cgroup, open.
    pub cgroup: Option<OwnedFd>,
    pub nice: Option<i32>,
    pub address_space_max_bytes: Option<u64>,
    pub ids: Option<Ids>,
}

/// Ids that the child takes on.
pub(crate) struct Ids {
    pub uid: Uid,
    pub gid: Gid,
    pub groups: Vec<Gid>,
}

impl Ids {
    pub fn of(user: &User) -> Ids {
        let groups = user.groups.iter().map(|gid| Gid::from_raw(*gid)).collect();
        Ids { uid: Uid::from_raw(user.uid), gid: Gid::from_raw(user.gid), groups }
    }
}

/// Makes `command` do it.
pub(crate) fn arm(command: &mut Command, before: Before) {
    #[expect(unsafe_code, reason = "a closure between fork and exec; it only makes system calls, see the story above")]
    // SAFETY: `carry_out` neither allocates nor locks; everything it uses was made before the fork.
    unsafe {
        command.pre_exec(move || before.carry_out());
    }
}

impl Before {
    /// The order matters: whatever needs root comes before the ids change, and a change of ids clears the death signal.
    fn carry_out(&self) -> io::Result<()> {
        rustix::process::setsid()?;
        if let Some(procs) = &self.cgroup {
            write(procs, b"0")?;
        }
        if let Some(nice) = self.nice {
            rustix::process::setpriority_process(None, nice)?;
        }
        if let Some(ids) = &self.ids {
            rustix::thread::set_thread_groups(&ids.groups)?;
            rustix::thread::set_thread_res_gid(ids.gid, ids.gid, ids.gid)?;
            rustix::thread::set_thread_res_uid(ids.uid, ids.uid, ids.uid)?;
        }
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        if rustix::process::getppid() != Some(self.parent) {
            // It died before the death signal was armed.
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        reset_signals();
        close_files()?;
        if let Some(max) = self.address_space_max_bytes {
            // The last, because it may leave no room for anything else.
            rustix::process::setrlimit(Resource::As, Rlimit { current: Some(max), maximum: Some(max) })?;
        }
        Ok(())
    }
}

/// What we ignore (as under nohup) the program must not: the mask is reset by the standard library, dispositions are not.
fn reset_signals() {
    // The kernel's own structure: no handler, no flags, no mask. The C library would refuse the two signals it uses itself.
    let default = [0_u64; 4];
    for number in 1..=SIGNALS {
        #[expect(unsafe_code, reason = "no safe call resets a disposition")]
        // SAFETY: the default runs no code of ours; a number that cannot be changed is refused by the kernel.
        unsafe {
            libc::syscall(libc::SYS_rt_sigaction, number, default.as_ptr(), std::ptr::null::<u64>(), 8_usize);
        }
    }
}

/// Marks every file but the three standard ones to be closed by exec, also those a foreign library left open.
fn close_files() -> io::Result<()> {
    #[expect(unsafe_code, reason = "no safe call marks a range of files")]
    // SAFETY: three numbers; it only sets a flag, so that the standard library can still report a failed exec.
    let done = unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    let error = io::Error::last_os_error();
    // A kernel older than 5.11 does not know it; Rust's own files are marked anyway.
    let unknown = matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EINVAL | libc::EPERM));
    if done == 0 || unknown { Ok(()) } else { Err(error) }
}

/// Lets the runtime say when a file becomes readable.
pub(crate) fn watch(file: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    #[expect(unsafe_code, reason = "the runtime cannot know that a file keeps its number")]
    // SAFETY: an `OwnedFd` keeps its number and its file until it is dropped, and it is dropped with the watch.
    let watched = unsafe { AsyncFd::register(file) };
    Ok(watched?)
}

/// What the kernel tells about a child that has ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reaped {
    /// As `wait` tells it.
    pub status: i32,
    /// Processor time, in milliseconds, of the child and of those it has waited for.
    pub cpu_ms: u64,
    /// The most memory any of them held, in bytes.
    pub memory_peak_bytes: u64,
}

/// Waits for a child of ours, takes its status off the kernel's list and tells what it used.
pub(crate) fn reap(pid: Pid) -> io::Result<Reaped> {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    loop {
        #[expect(unsafe_code, reason = "only wait4 tells what a single child used")]
        // SAFETY: both pointers are to live variables of the right type.
        let found = unsafe { libc::wait4(pid.as_raw_nonzero().get(), &raw mut status, 0, usage.as_mut_ptr()) };
        if found >= 0 {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    #[expect(unsafe_code, reason = "filled by wait4, and zeroed before: every bit pattern is good")]
    // SAFETY: plain numbers.
    let usage = unsafe { usage.assume_init() };
    let ms = |time: libc::timeval| {
        u64::try_from(time.tv_sec).unwrap_or(0) * 1_000 + u64::try_from(time.tv_usec).unwrap_or(0) / 1_000
    };
    let peak = u64::try_from(usage.ru_maxrss).unwrap_or(0).saturating_mul(1_024);
    Ok(Reaped { status, cpu_ms: ms(usage.ru_utime) + ms(usage.ru_stime), memory_peak_bytes: peak })
}

/// Looks somebody up by name.
pub(crate) fn user_by_name(name: &CStr) -> io::Result<Option<User>> {
    look_up(|entry, room, size, found| {
        #[expect(unsafe_code, reason = "the user database has no safe call")]
        // SAFETY: the name ends with a zero byte, and the three others come from `look_up` and live there.
        unsafe {
            libc::getpwnam_r(name.as_ptr(), entry, room, size, found)
        }
    })
}

/// Looks somebody up by number.
pub(crate) fn user_by_id(uid: u32) -> io::Result<Option<User>> {
    look_up(|entry, room, size, found| {
        #[expect(unsafe_code, reason = "the user database has no safe call")]
        // SAFETY: the three pointers come from `look_up` and live there.
        unsafe {
            libc::getpwuid_r(uid, entry, room, size, found)
        }
    })
}

type Ask<'a> = dyn Fn(*mut libc::passwd, *mut libc::c_char, usize, *mut *mut libc::passwd) -> i32 + 'a;

fn look_up(
    ask: impl Fn(*mut libc::passwd, *mut libc::c_char, usize, *mut *mut libc::passwd) -> i32,
) -> io::Result<Option<User>> {
    let ask: &Ask<'_> = &ask;
    let mut room: Vec<libc::c_char> = vec![0; 1 << 14];
    loop {
        let mut entry = MaybeUninit::<libc::passwd>::zeroed();
        let mut found: *mut libc::passwd = std::ptr::null_mut();
        match ask(entry.as_mut_ptr(), room.as_mut_ptr(), room.len(), &raw mut found) {
            0 if found.is_null() => return Ok(None),
            0 => {}
            libc::ERANGE if room.len() < 1 << 20 => {
                room = vec![0; room.len() * 2];
                continue;
            }
            libc::ENOENT | libc::ESRCH => return Ok(None),
            error => return Err(io::Error::from_raw_os_error(error)),
        }
        #[expect(unsafe_code, reason = "filled by the call above, which said so")]
        // SAFETY: `found` is not null, so the entry is filled, and its texts are in `room`, which still lives.
        let entry = unsafe { entry.assume_init() };
        return Ok(Some(User {
            uid: entry.pw_uid,
            gid: entry.pw_gid,
            groups: groups(entry.pw_name, entry.pw_gid),
            name: text(entry.pw_name),
            home: text(entry.pw_dir),
            shell: text(entry.pw_shell),
        }));
    }
}

fn groups(name: *const libc::c_char, gid: u32) -> Vec<u32> {
    let mut count: libc::c_int = 256;
    let mut groups: Vec<libc::gid_t> = vec![0; 256];
    #[expect(unsafe_code, reason = "the group database has no safe call")]
    // SAFETY: the name is a text of the user database; `count` says how much room there is.
    let filled = unsafe { libc::getgrouplist(name, gid, groups.as_mut_ptr(), &raw mut count) };
    if filled < 0 {
        return vec![gid];
    }
    groups.truncate(usize::try_from(count).unwrap_or(0));
    groups
}

fn text(text: *const libc::c_char) -> OsString {
    if text.is_null() {
        return OsString::new();
    }
    #[expect(unsafe_code, reason = "a text of the user database")]
    // SAFETY: not null, ends with a zero byte, and is copied at once.
    let text = unsafe { CStr::from_ptr(text) };
    OsStr::from_bytes(text.to_bytes()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_known_by_name_and_by_number() {
        let root = user_by_name(c"root").unwrap().unwrap();
        assert_eq!((root.uid, root.gid), (0, 0));
        assert!(root.groups.contains(&0) && !root.home.is_empty());
        assert_eq!(user_by_id(0).unwrap().unwrap(), root);
        assert_eq!(user_by_name(c"no such user").unwrap(), None);
    }
}
