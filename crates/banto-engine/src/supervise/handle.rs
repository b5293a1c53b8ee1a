//! Orders and questions to a supervisor, at run time, from anywhere.
//!
//! For the command line, which turns signals into orders, and for `program list|start|stop|restart`.

use std::sync::Arc;

use banto_core::{Name, Refusal};
use tokio::{
    sync::{mpsc::UnboundedSender, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::{Phase, Program, Status};

/// An order to one program's keeper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Start,
    Stop,
    StopNow,
    Restart,
    Reload,
}

/// Where a program's keeper is reached.
#[derive(Debug)]
pub(crate) struct Seat {
    pub program: Arc<Program>,
    pub orders: UnboundedSender<Order>,
    pub status: watch::Receiver<Status>,
}

/// A handle on all programs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Handle {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    seats: Vec<Seat>,
    stopping: CancellationToken,
}

/// A handle on one program.
#[derive(Debug, Clone, Copy)]
pub struct One<'a> {
    seat: &'a Seat,
}

impl Handle {
    pub(crate) fn new(seats: Vec<Seat>) -> Handle {
        Handle { inner: Arc::new(Inner { seats, stopping: CancellationToken::new() }) }
    }

    /// Stops all, each before those it was started after, and each with its grace; then the supervisor ends. Ordered a
    /// second time, it kills.
    pub fn stop(&self) {
        if self.inner.stopping.is_cancelled() {
            self.stop_now();
        }
        self.inner.stopping.cancel();
    }

    /// Kills all; then the supervisor ends.
    pub fn stop_now(&self) {
        for seat in &self.inner.seats {
            One { seat }.stop_now();
        }
        self.inner.stopping.cancel();
    }

    /// Tells all that run to read their settings again.
    pub fn reload(&self) {
        for seat in &self.inner.seats {
            One { seat }.reload();
        }
    }

    /// How all stand, in the order they are started in.
    pub fn status(&self) -> Vec<Status> {
        self.inner.seats.iter().map(|seat| One { seat }.status()).collect()
    }

    /// One program, by its name. Refuses a name that none has, and says which there are.
    pub fn program(&self, name: &Name) -> Result<One<'_>, Refusal> {
        let found = self.inner.seats.iter().find(|seat| seat.program.name == *name);
        found.map(|seat| One { seat }).ok_or_else(|| {
            let names: Vec<&str> = self.inner.seats.iter().map(|seat| seat.program.name.as_str()).collect();
            Refusal::new("a program", name.as_str(), format!("there are {}", names.join(", ")))
        })
    }

    /// Waits for the order to stop, and carries it out: each is told when nobody needs it any more. Ends when all are down.
    pub(crate) async fn until_stopped(&self) {
        self.inner.stopping.cancelled().await;
        let mut stops = JoinSet::new();
        for seat in &self.inner.seats {
            let needs = |other: &&Seat| other.program.after.contains(&seat.program.name);
            let needing: Vec<_> = self.inner.seats.iter().filter(needs).map(|other| other.status.clone()).collect();
            let (orders, own) = (seat.orders.clone(), seat.status.clone());
            stops.spawn(async move {
                for other in needing {
                    down(other).await;
                }
                let _ = orders.send(Order::Stop);
                down(own).await;
            });
        }
        while stops.join_next().await.is_some() {}
    }
}

/// Waits until a program is down, or its keeper is gone.
async fn down(mut status: watch::Receiver<Status>) {
    let _ = status.wait_for(|status| status.phase.is_down()).await;
}

impl One<'_> {
    /// Starts it, if it does not run; what was held against it (back-off, brake) is forgotten.
    pub fn start(&self) {
        self.order(Order::Start);
    }

    /// Stops it with its grace; it stays down until it is ordered to start. Others are not touched, also those that were
    /// started after it.
    pub fn stop(&self) {
        self.order(Order::Stop);
    }

    /// Kills it; it stays down.
    pub fn stop_now(&self) {
        self.order(Order::StopNow);
    }

    /// Stops it with its grace and starts it anew.
    pub fn restart(&self) {
        self.order(Order::Restart);
    }

    /// Tells it to read its settings again, if it runs.
    pub fn reload(&self) {
        self.order(Order::Reload);
    }

    /// How it stands.
    pub fn status(&self) -> Status {
        self.seat.status.borrow().clone()
    }

    /// Waits until it stands there, or has ended with the supervisor. Answers how it stands then.
    pub async fn until(&self, phase: Phase) -> Status {
        let mut status = self.seat.status.clone();
        match status.wait_for(|status| status.phase == phase).await {
            Ok(found) => found.clone(),
            Err(_) => self.status(),
        }
    }

    fn order(&self, order: Order) {
        // A supervisor that has ended takes no orders: all is down.
        let _ = self.seat.orders.send(order);
    }
}
