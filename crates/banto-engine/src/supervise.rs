//! The supervisor of programs: starts them in order, restarts them when they end, and says so.
//!
//! For `banto up`, which stands where a shell loop, supervisord or an init stood. One program's death never stops
//! another, nor the supervisor; and nothing dies in silence: each end is an event, a line in the log and a part of the
//! status. It catches no signals: whoever does holds the [`Handle`].
//!
//! # Layout
//! - [`program`]: what is supervised, by which policy; [`probe`]: whether it is healthy
//! - `order`: who is started after whom; `keep`: the loop of one program; `once`: one life of it
//! - `next`: what follows an end, decided without a clock or a process
//! - [`event`] and [`status`]: what happened, and how things stand; [`handle`]: orders
//!
//! ```
//! use std::sync::Arc;
//!
//! use banto_core::Name;
//! use banto_engine::supervise::{Event, Program, Supervisor};
//! use banto_process::Spec;
//! use banto_store::SystemClock;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let web = Program::new(Name::new("web")?, Spec::argv(["sh", "-c", "echo hello; exit 12"]));
//! let supervisor = Supervisor::new(vec![web], Arc::new(SystemClock))?;
//! let (handle, mut events) = (supervisor.handle(), supervisor.events());
//! let running = tokio::spawn(supervisor.run());
//! while !matches!(events.recv().await?, Event::Ended { restart_ms: Some(_), .. }) {}
//! assert_eq!(handle.status().first().map(|program| program.starts), Some(1));
//! handle.stop();
//! running.await?;
//! # Ok(()) }
//! ```

pub mod event;
pub mod handle;
pub mod probe;
pub mod program;
pub mod status;

mod keep;
mod next;
mod once;
mod order;

pub use event::Event;
pub use handle::{Handle, One};
pub use probe::{How, Probe};
pub use program::{Brake, Program, Restart, Then};
pub use status::{Health, Phase, Status};

use std::{fmt, sync::Arc};

use banto_process::{Clocks, Runner};
use banto_store::Clock;
use tokio::{
    sync::{broadcast, mpsc, watch},
    task::JoinSet,
};

use handle::Seat;
use keep::{Before, Keeper};

use crate::BoxFuture;

/// Why programs cannot be supervised: every fault at once, each a fragment that fits after "could not".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit(pub Vec<String>);

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "supervise the programs: could not {}", self.0.join("; could not "))
    }
}

impl std::error::Error for Unfit {}

/// What the keepers of all programs share.
pub(crate) struct Shared {
    clock: Arc<dyn Clock>,
    runner: Runner,
    events: broadcast::Sender<Event>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

impl Shared {
    fn tell(&self, event: Event) {
        event.log();
        // Nobody has to listen: the log has it already.
        let _ = self.events.send(event);
    }
}

/// Programs that are kept running.
#[derive(Debug)]
pub struct Supervisor {
    shared: Arc<Shared>,
    keepers: Vec<Keeper>,
    handle: Handle,
}

impl Supervisor {
    /// Programs to be, after everything was checked that can be known before the first one is started: names, order,
    /// policies, and each [`Spec`](banto_process::Spec).
    pub fn new(programs: Vec<Program>, clock: Arc<dyn Clock>) -> Result<Supervisor, Unfit> {
        let mut faults: Vec<String> = programs.iter().flat_map(Program::faults).collect();
        let programs = order::order(programs).map_err(|wrong| faults.extend(wrong));
        let (Ok(programs), true) = (programs, faults.is_empty()) else { return Err(Unfit(faults)) };
        let (wall, steady) = (clock.clone(), clock.clone());
        let runner = Runner::new(Clocks::new(move || wall.wall_ms(), move || steady.steady_ms()));
        let shared = Arc::new(Shared { clock, runner, events: broadcast::channel(4_096).0 });
        let mut seats: Vec<Seat> = Vec::new();
        let mut keepers = Vec::new();
        for program in programs {
            let program = Arc::new(program);
            let (orders, inbox) = mpsc::unbounded_channel();
            let (status, seen) = watch::channel(Status::of(&program.name));
            // They stand before it in the order.
            let before = seats.iter().filter(|seat| program.after.contains(&seat.program.name));
            let before = before.map(|seat| Before { status: seat.status.clone(), restart: seat.program.restart });
            keepers.push(Keeper::new(program.clone(), shared.clone(), status, inbox, before.collect()));
            seats.push(Seat { program, orders, status: seen });
        }
        Ok(Supervisor { handle: Handle::new(seats), shared, keepers })
    }

    /// Orders and questions, for as long as anybody wants. Cheap to clone.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Hears everything from now on. A slow reader misses old events and is told how many; the log has them all.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.shared.events.subscribe()
    }

    /// Starts the programs and keeps them until it is told to stop; ends when all have ended. Dropped, it kills them
    /// all.
    pub fn run(self) -> BoxFuture<'static, ()> {
        Box::pin(self.keep())
    }

    async fn keep(self) {
        let mut keepers = JoinSet::new();
        for keeper in self.keepers {
            keepers.spawn(keeper.work());
        }
        if keepers.is_empty() {
            tracing::warn!("there are no programs to supervise");
        }
        let stopped = self.handle.until_stopped();
        tokio::pin!(stopped);
        loop {
            tokio::select! {
                () = &mut stopped => break,
                Some(wrong) = keepers.join_next() => tracing::error!(?wrong, "a program is not kept any more: this is a bug"),
            }
        }
        keepers.shutdown().await;
    }
}
