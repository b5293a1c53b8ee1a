//! One run of a program, from its start to its report, as one future.
//!
//! For schedules and the supervisor. Whoever drops the [`Run`] kills the program and its group. Whoever holds its
//! [`Control`] may stop it, kill it or signal it; orders go through the run, so that none can hit a stranger that was
//! given the same number.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::{
    Clocks, Ended, Faults, Signal, Sink, Spec, child,
    file::{Log, OutputFile},
    memory::Limit,
    output::Output,
    plan, spawn,
    watch::{self, Watch},
};

/// Starts programs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Runner {
    clocks: Clocks,
}

impl Runner {
    /// A runner that tells time by `clocks`.
    pub fn new(clocks: Clocks) -> Runner {
        Runner { clocks }
    }

    /// Starts a program. It runs from here on; its output is read while the [`Run`] is awaited. Must be called inside a
    /// tokio runtime with I/O and time. Refused with all faults at once, as by [`Spec::check`], and if the kernel
    /// refuses.
    pub async fn start(&self, spec: &Spec, sink: Sink) -> Result<Run, Faults> {
        let plan = plan::plan(spec)?;
        let fault = |what: &str, error: io::Error| Faults::one(spec, format!("{what}: {error}"));
        let open = |file: &OutputFile| {
            Log::open(file, self.clocks.wall_ms()).map_err(|error| Faults::one(spec, file.fault(&error)))
        };
        let log = spec.file.as_ref().map(open).transpose()?;
        let limit = Limit::new(spec.memory_max_bytes);
        let own_bytes = watch::memory_bytes("self", "RssAnon:").unwrap_or(u64::MAX);
        let spawned = spawn::spawn(&plan, spec, &limit).await.map_err(|error| fault("start it", error))?;
        let began_ms = self.clocks.steady_ms();
        let (out, err) = (spawned.out, spawned.err);
        let output = Output::new(out, err, spec, sink, log, self.clocks.clone());
        let output = output.map_err(|error| fault("read its output", error))?;
        let end = spawned.group.end().and_then(child::watch).map_err(|error| fault("watch it", error))?;
        let (sender, orders) = unbounded_channel();
        let control = Control { pid: spawned.group.pid(), orders: sender };
        let watch = Watch { group: spawned.group, stdin: spawned.stdin, limit, orders, end, own_bytes, began_ms };
        let (spec, clocks) = (spec.clone(), self.clocks.clone());
        let future = async move { watch::attend(watch, output, &spec, &clocks).await };
        Ok(Run { control, future: Box::pin(future) })
    }
}

/// A program that runs: a future that ends when it has ended. Dropped, it kills the program and its group.
#[must_use = "a run that is dropped kills its program"]
pub struct Run {
    control: Control,
    future: Pin<Box<dyn Future<Output = Ended> + Send>>,
}

impl Run {
    /// A handle on the run. Cheap to clone; useless, and harmless, once the run has ended.
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// The number of the program's leader, for people.
    pub fn pid(&self) -> u32 {
        self.control.pid
    }
}

impl Future for Run {
    type Output = Ended;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended> {
        self.future.as_mut().poll(cx)
    }
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("pid", &self.control.pid).finish_non_exhaustive()
    }
}

/// Orders for a run.
#[derive(Debug, Clone)]
pub struct Control {
    pid: u32,
    orders: UnboundedSender<Order>,
}

#[derive(Debug)]
pub(crate) enum Order {
    Stop,
    StopNow,
    Signal(Signal),
}

impl Control {
    /// Sends the stop signal to the group; what has not ended after its grace is killed.
    pub fn stop(&self) {
        self.order(Order::Stop);
    }

    /// Kills the group.
    pub fn stop_now(&self) {
        self.order(Order::StopNow);
    }

    /// Sends a signal to the program itself, not to its group: to reload it, for one.
    pub fn signal(&self, signal: Signal) {
        self.order(Order::Signal(signal));
    }

    /// The number of the program's leader, for people.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    fn order(&self, order: Order) {
        // A run that has ended takes no orders.
        let _ = self.orders.send(order);
    }
}
