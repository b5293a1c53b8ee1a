//! The start of a program, on one thread that never ends.
//!
//! The kernel sends the death signal when the *thread* that spawned ends, not the process: a child that was spawned on
//! a pool's thread would be killed when the pool shrinks. So all of banto's children have this one thread as parent.

use std::{
    io,
    os::fd::OwnedFd,
    process::{Child, Command, Stdio},
    sync::{OnceLock, mpsc},
    thread,
};

use rustix::{
    fs::{MemfdFlags, Mode, OFlags, Timespec, Timestamps, memfd_create},
    process::{Pid, getpid},
};
use tokio::sync::oneshot;

use crate::{
    Spec,
    child::{self, Before, Ids},
    group::Group,
    guard,
    memory::Limit,
    plan::Plan,
    reap,
};

/// A program that runs.
pub(crate) struct Spawned {
    pub group: Group,
    pub out: OwnedFd,
    pub err: OwnedFd,
    pub stdin: Stdin,
}

struct Request {
    command: Command,
    answer: oneshot::Sender<io::Result<(Group, Child)>>,
}

/// Starts what is planned. Dropped half-way, it leaves nothing behind.
pub(crate) async fn spawn(plan: &Plan, spec: &Spec, limit: &Limit) -> io::Result<Spawned> {
    use std::os::unix::process::CommandExt;
    let stdin = Stdin::new()?;
    let mut command = Command::new(&plan.program);
    if let Some((name, args)) = plan.argv.split_first() {
        command.arg0(name).args(args);
    }
    command.env_clear().envs(&plan.env).current_dir(&plan.dir);
    command.stdin(stdin.hand_over()?).stdout(Stdio::piped()).stderr(Stdio::piped());
    let before = Before {
        parent: getpid(),
        cgroup: limit.procs()?,
        nice: spec.nice,
        address_space_max_bytes: limit.address_space_max_bytes(),
        ids: plan.user.as_ref().map(Ids::of),
    };
    child::arm(&mut command, before);
    let (answer, started) = oneshot::channel();
    thread()?.send(Request { command, answer }).map_err(|_| gone())?;
    let (group, mut child) = started.await.map_err(|_| gone())??;
    let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) else { return Err(gone()) };
    Ok(Spawned { group, out: out.into(), err: err.into(), stdin })
}

fn gone() -> io::Error {
    io::Error::other("the thread that starts programs is gone")
}

fn thread() -> io::Result<&'static mpsc::Sender<Request>> {
    static THREAD: OnceLock<Result<mpsc::Sender<Request>, io::ErrorKind>> = OnceLock::new();
    let start = || {
        let (sender, requests) = mpsc::channel();
        thread::Builder::new().name("banto-spawn".into()).spawn(move || work(&requests)).map_err(|e| e.kind())?;
        Ok(sender)
    };
    THREAD.get_or_init(start).as_ref().map_err(|kind| io::Error::from(*kind))
}

/// Runs as long as the process: the sender is never dropped.
fn work(requests: &mpsc::Receiver<Request>) {
    while let Ok(mut request) = requests.recv() {
        let started = reap::own(|| {
            let child = request.command.spawn()?;
            let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or_else(gone)?;
            Ok((pid, child))
        });
        let started = started.and_then(|(pid, child)| {
            let group = Group::new(pid)?;
            guard::watch(pid);
            Ok((group, child))
        });
        // If nobody waits for it any more, the group is dropped here, and dies.
        let _ = request.answer.send(started);
    }
}

/// A standard input that is at its end, and that remembers whether anybody read from it.
///
/// An empty file in memory: reading it moves its access time, which was set to 1970. `/dev/null` would not tell.
#[derive(Debug)]
pub(crate) struct Stdin(Option<OwnedFd>);

const NEVER: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

impl Stdin {
    fn new() -> io::Result<Stdin> {
        let made = || {
            let file = memfd_create("banto-closed-stdin", MemfdFlags::CLOEXEC)?;
            rustix::fs::futimens(&file, &Timestamps { last_access: NEVER, last_modification: NEVER })?;
            io::Result::Ok(file)
        };
        Ok(Stdin(made().ok()))
    }

    /// The child's end, which it cannot write to; `/dev/null` where this system has no files in memory.
    fn hand_over(&self) -> io::Result<Stdio> {
        use std::os::fd::AsRawFd;
        let Some(file) = &self.0 else { return Ok(Stdio::null()) };
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        match rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) {
            Ok(end) => Ok(end.into()),
            Err(_) => Ok(Stdio::null()),
        }
    }

    /// Whether somebody read from it, as far as that can be known.
    pub fn was_read(&self) -> bool {
        let read = |file: &OwnedFd| rustix::fs::fstat(file).is_ok_and(|stat| stat.st_atime != 0);
        self.0.as_ref().is_some_and(read)
    }
}
