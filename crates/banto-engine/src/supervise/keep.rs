//! The loop of one program: started when it may be, started again when it must be, down when it shall be.
//!
//! Each program has its own keeper, so that none waits for another's end. It decides nothing by itself: the order, the
//! policy (`next`) and the operator do.

use std::{sync::Arc, time::Duration};

use banto_core::text::visible;
use banto_process::Ended;
use tokio::{
    sync::{mpsc::UnboundedReceiver, watch},
    time::sleep,
};

use super::{
    Brake, Event, Health, Phase, Program, Restart, Shared, Status, Then,
    handle::Order,
    next::{History, Next},
    once::{self, Life},
};
use crate::panic::awaited;

/// A program that another is started after.
#[derive(Debug, Clone)]
pub(crate) struct Before {
    pub status: watch::Receiver<Status>,
    pub restart: Restart,
}

/// Keeps one program.
#[derive(Debug)]
pub(crate) struct Keeper {
    pub(super) program: Arc<Program>,
    pub(super) shared: Arc<Shared>,
    status: watch::Sender<Status>,
    pub(super) orders: UnboundedReceiver<Order>,
    before: Vec<Before>,
    history: History,
    /// Whether it shall run.
    pub(super) up: bool,
}

impl Keeper {
    pub fn new(
        program: Arc<Program>,
        shared: Arc<Shared>,
        status: watch::Sender<Status>,
        orders: UnboundedReceiver<Order>,
        before: Vec<Before>,
    ) -> Keeper {
        let up = program.start;
        // Whoever asks at once is not told that it is down.
        status.send_modify(|status| status.phase = if up { Phase::Waiting } else { Phase::Stopped });
        Keeper { program, shared, status, orders, before, history: History::default(), up }
    }

    /// Runs until it is dropped. A panic ends a life of the program, not its keeper.
    pub async fn work(mut self) {
        loop {
            let Err(text) = awaited(self.turn()).await else { continue };
            let fault = format!("keep it: its keeper panicked: {}; this is a bug", visible(&text, 1_000));
            let life = Life { ended: Err(fault), ran_ms: 0, ordered: false, sick: false };
            if awaited(self.follow(life)).await.is_err() {
                tracing::error!(program = %self.program.name, "its keeper panicked again while that was told");
                sleep(Duration::from_secs(1)).await;
            }
        }
    }

    async fn turn(&mut self) {
        if !self.up {
            self.until_ordered().await;
        } else if self.until_ready().await {
            let life = once::once(self).await;
            self.follow(life).await;
        }
    }

    /// Down: only an order changes that.
    async fn until_ordered(&mut self) {
        if !self.status.borrow().phase.is_down() {
            self.status.send_modify(|status| status.restart_ms = None);
            self.enter(Phase::Stopped);
        }
        match self.orders.recv().await {
            Some(Order::Start | Order::Restart) => {
                self.history.forget();
                self.up = true;
            }
            Some(Order::Stop | Order::StopNow) => self.enter(Phase::Stopped),
            Some(Order::Reload) => {}
            // The handle is gone with the supervisor; it drops this in a moment.
            None => std::future::pending().await,
        }
    }

    /// Waits until all it is started after are ready. Answers whether they are; if not, there was an order.
    async fn until_ready(&mut self) -> bool {
        let mut before = self.before.clone();
        for Before { status: other, restart } in &mut before {
            if !other.borrow().is_ready(*restart) {
                self.enter(Phase::Waiting);
                let after = other.borrow().name.clone();
                self.shared.tell(Event::Waiting { program: self.program.name.clone(), after });
            }
            tokio::select! { biased;
                () = pause(&mut self.orders, &mut self.up) => return false,
                Ok(_) = other.wait_for(|status| status.is_ready(*restart)) => {}
            }
        }
        true
    }

    /// After a life: told, and what is next.
    async fn follow(&mut self, life: Life) {
        let program = self.program.clone();
        let (now_ms, seed) = (self.shared.clock.steady_ms(), fastrand::u64(..));
        let success = life.ended.as_ref().is_ok_and(|ended| ended.is_success(&program.spec)) && !life.sick;
        let next = if life.ordered {
            self.history.forget();
            if self.up { Next::Again { wait_ms: 0 } } else { Next::Over }
        } else {
            self.history.ended(&program, success, life.ran_ms, now_ms, seed)
        };
        let restart_ms = match next {
            Next::Again { wait_ms } | Next::Slowly { wait_ms, .. } => Some(wait_ms),
            Next::GiveUp | Next::Over => None,
        };
        self.tell_end(&life, success, restart_ms);
        let Brake { starts_max, within_ms, then } = program.brake;
        let name = || program.name.clone();
        let phase = match (next, then) {
            (Next::Slowly { first: true, .. }, Then::Slowly { every_ms }) => {
                self.shared.tell(Event::Braked { program: name(), starts_max, within_ms, every_ms });
                Phase::Braked
            }
            (Next::Slowly { .. }, _) => Phase::Braked,
            (Next::GiveUp, _) => {
                self.shared.tell(Event::GivenUp { program: name(), starts_max, within_ms });
                Phase::GivenUp
            }
            (Next::Over, _) if life.ordered => Phase::Stopped,
            (Next::Over, _) => Phase::Finished,
            (Next::Again { .. }, _) => Phase::BackingOff,
        };
        self.status.send_modify(|status| status.restart_ms = restart_ms);
        self.enter(phase);
        match restart_ms {
            Some(wait_ms) => self.wait(wait_ms, life.ordered).await,
            None => self.up = false,
        }
    }

    fn tell_end(&self, life: &Life, success: bool, restart_ms: Option<u64>) {
        let program = self.program.name.clone();
        match &life.ended {
            Ok(ended) => {
                let ended: Arc<Ended> = ended.clone();
                self.status.send_modify(|status| {
                    status.pid = None;
                    status.last = Some(ended.clone());
                    status.succeeded = success;
                    status.fault = None;
                });
                self.shared.tell(Event::Ended { program, ended, success, ordered: life.ordered, restart_ms });
            }
            Err(fault) => {
                self.status.send_modify(|status| status.fault = Some(fault.clone()));
                self.shared.tell(Event::NotStarted { program, fault: fault.clone(), restart_ms });
            }
        }
    }

    /// Waits before the next start, unless there is an order.
    async fn wait(&mut self, wait_ms: u64, ordered: bool) {
        tokio::select! { biased;
            () = pause(&mut self.orders, &mut self.up) => {
                self.history.forget();
            }
            () = sleep(Duration::from_millis(wait_ms)) => {
                self.status.send_modify(|status| status.restarts += u64::from(!ordered));
            }
        }
    }

    /// A life begins.
    pub(super) fn began(&mut self) {
        self.history.began(&self.program, self.shared.clock.steady_ms());
        self.status.send_modify(|status| {
            status.starts += 1;
            status.restart_ms = None;
            status.health = Health::Unknown;
        });
    }

    /// It runs.
    pub(super) fn runs(&self, pid: u32) {
        self.status.send_modify(|status| status.pid = Some(pid));
        let phase = if self.program.probe.is_some() { Phase::Starting } else { Phase::Running };
        self.shared.tell(Event::Started { program: self.program.name.clone(), pid });
        self.enter(phase);
    }

    pub(super) fn health(&self, health: Health) {
        self.status.send_modify(|status| status.health = health);
    }

    pub(super) fn enter(&self, phase: Phase) {
        let since_ms = self.shared.clock.wall_ms();
        self.status.send_if_modified(|status| {
            let moved = status.phase != phase;
            if moved {
                (status.phase, status.since_ms) = (phase, since_ms);
            }
            moved
        });
    }
}

/// Waits, while nothing runs, for an order that changes something; sets whether it shall run.
async fn pause(orders: &mut UnboundedReceiver<Order>, up: &mut bool) {
    loop {
        match orders.recv().await {
            Some(Order::Start | Order::Restart) => *up = true,
            Some(Order::Stop | Order::StopNow) => *up = false,
            Some(Order::Reload) => continue,
            None => std::future::pending().await,
        }
        return;
    }
}
