//! What is done while a program runs: a straight line from its start to its report.
//!
//! Read and obey until it has ended, drain what it left, look at the evidence, reap, report. It owns the group, so that
//! a run that is dropped anywhere on this line kills its program.

use std::{
    os::fd::OwnedFd,
    pin::{Pin, pin},
    time::Duration,
};

use banto_core::text::visible;
use tokio::{io::unix::AsyncFd, sync::mpsc::UnboundedReceiver, time::sleep};

use crate::{
    Clocks, Ended, Exit, Signal, Spec, Stopped,
    child::Reaped,
    ended::{Evidence, oom},
    group::Group,
    leak,
    memory::Limit,
    output::Output,
    run::Order,
    spawn::Stdin,
    stop::Stopping,
};

/// How long to wait before memory is looked at for the first time, in milliseconds; then twice as long each time.
const LOOK_MS: u64 = 20;
/// How often it is looked at at least, in milliseconds.
const LOOK_MS_MAX: u64 = 2_000;
/// By how much the kernel's figure must be over our own size to be the program's, in bytes.
const SLACK_BYTES: u64 = 1 << 20;

/// A program that runs, and all that is known of it.
pub(crate) struct Watch {
    pub group: Group,
    pub stdin: Stdin,
    pub limit: Limit,
    pub orders: UnboundedReceiver<Order>,
    /// Readable when its leader has ended.
    pub end: AsyncFd<OwnedFd>,
    /// What we held ourselves when we started it: until a child becomes its program, the kernel counts that as its own.
    pub own_bytes: u64,
    pub began_ms: u64,
}

/// The whole line.
pub(crate) async fn attend(mut watch: Watch, mut output: Output, spec: &Spec, clocks: &Clocks) -> Ended {
    let mut stopping = Stopping::new(spec);
    let mut look = Look::default();
    let leaked = {
        let mut reading = pin!(output.read());
        let read = watch.until_ended(&mut stopping, &mut look, reading.as_mut()).await;
        let rest = pin!(async {
            if !read {
                reading.await;
            }
        });
        leak::drain(rest, &watch.group, spec.left).await
    };
    let ran_ms = clocks.steady_ms().saturating_sub(watch.began_ms);
    let (said, tail) = output.finish().await;
    let (pid, stdin_read) = (watch.group.pid(), watch.stdin.was_read());
    let reaped = watch.group.reap();
    let exit = reaped.as_ref().map_or(Exit::Unknown, |reaped| exit(reaped.status));
    let limit = watch.limit;
    let peak_bytes = limit.peak_bytes().or_else(|| look.peak(reaped.as_ref().ok(), watch.own_bytes));
    let evidence = Evidence {
        exit,
        killed: stopping.stopped() == Some(Stopped::Killed),
        max_bytes: limit.max_bytes(),
        peak_bytes,
        kills: limit.kills(),
        kills_nearby: limit.kills_nearby(),
    };
    let ended = Ended {
        program: visible(spec.program(), 80),
        pid,
        exit,
        ran_ms,
        cpu_ms: reaped.map_or(0, |reaped| reaped.cpu_ms),
        memory_peak_bytes: peak_bytes,
        memory_held: limit.held(),
        memory_max_bytes: limit.max_bytes(),
        oom: oom(&evidence),
        timed_out: stopping.timed_out(),
        stopped: stopping.stopped(),
        leaked,
        stdin_read,
        said,
        tail,
    };
    limit.end().await;
    ended
}

impl Watch {
    /// Reads and obeys until the leader has ended. Answers whether the output was at its end before.
    async fn until_ended(
        &mut self,
        stopping: &mut Stopping,
        look: &mut Look,
        mut reading: Pin<&mut impl Future<Output = ()>>,
    ) -> bool {
        let mut read = false;
        loop {
            tokio::select! {
                _ = self.end.readable() => return read,
                () = reading.as_mut(), if !read => read = true,
                Some(order) = self.orders.recv() => match order {
                    Order::Stop => stopping.stop(&self.group),
                    Order::StopNow => stopping.kill(&self.group),
                    Order::Signal(signal) => self.group.tell(signal),
                },
                () = stopping.over() => stopping.go_on(&self.group),
                () = sleep(look.wait()) => look.at(self.group.pid()),
            }
        }
    }
}

fn exit(status: i32) -> Exit {
    if libc::WIFSIGNALED(status) {
        Exit::Signal(Signal::from_kernel(libc::WTERMSIG(status)))
    } else {
        Exit::Code(libc::WEXITSTATUS(status))
    }
}

/// What was seen of a program's memory while it ran.
#[derive(Debug, Default)]
struct Look {
    count: u32,
    peak_bytes: Option<u64>,
}

impl Look {
    fn wait(&self) -> Duration {
        Duration::from_millis((LOOK_MS << self.count.min(16)).min(LOOK_MS_MAX))
    }

    fn at(&mut self, pid: u32) {
        self.count += 1;
        self.peak_bytes = self.peak_bytes.max(memory_bytes(&pid.to_string(), "VmHWM:"));
    }

    /// The kernel's figure if it can be the program's own, else what was seen.
    fn peak(&self, reaped: Option<&Reaped>, own_bytes: u64) -> Option<u64> {
        let told = reaped.map(|reaped| reaped.memory_peak_bytes);
        told.filter(|told| *told > own_bytes.saturating_add(SLACK_BYTES)).max(self.peak_bytes)
    }
}

/// A figure of proc_pid_status(5), in bytes.
pub(crate) fn memory_bytes(pid: &str, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1_024)
}
