//! The held jobs, and whose turn it is.
//!
//! A job under which a process has died before is a suspect. If it kills this process too, every job held here counts as
//! one that the process died under; so a suspect begins only once no other suspect is held, and one poisonous job does not
//! drive its neighbours into quarantine.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use banto_core::{Job, Lease};
use tokio::task::AbortHandle;

use crate::context::Run;

/// One held job.
pub(super) struct Slot {
    pub job: Arc<Job>,
    /// Steady time after which the lease is not to be trusted.
    pub until: u64,
    pub phase: Phase,
}

pub(super) enum Phase {
    Waiting {
        since: u64,
    },
    /// Its turn has come, and its run is being made.
    Begins,
    Running {
        run: Arc<Run>,
        deadline: u64,
        abort: Option<AbortHandle>,
        drop_at: Option<u64>,
        stuck: bool,
    },
    Ended,
}

impl Phase {
    pub fn since(&self) -> u64 {
        if let Phase::Waiting { since } = self { *since } else { u64::MAX }
    }
}

#[derive(Default)]
pub(super) struct Held {
    pub held: BTreeMap<Lease, Slot>,
    pub waiting: VecDeque<Lease>,
    /// The suspect that may run here, and those that are to be handed back because of it.
    pub suspect: Option<Lease>,
    pub apart: VecDeque<Lease>,
    pub suspects: usize,
    pub running: usize,
    pub resting: usize,
    /// Jobs begun since the last claim, and in all.
    pub pace: usize,
    pub begun: u64,
    pub mean_run_ms: u64,
}

impl Held {
    /// Takes in a claimed job.
    pub fn take_in(&mut self, lease: Lease, slot: Slot) {
        if slot.job.crashes == 0 {
            self.waiting.push_back(lease);
        } else {
            self.suspects += 1;
            match self.suspect {
                None => self.suspect = Some(lease),
                Some(_) => self.apart.push_back(lease),
            }
        }
        self.held.insert(lease, slot);
    }

    /// Forgets a held job.
    pub fn forget(&mut self, lease: &Lease) {
        let Some(slot) = self.held.remove(lease) else { return };
        if slot.job.crashes > 0 {
            self.suspects = self.suspects.saturating_sub(1);
            self.suspect = self.suspect.filter(|suspect| suspect != lease);
        }
    }

    /// The suspect, if it waits for its turn.
    pub fn waiting_suspect(&self) -> Option<Lease> {
        self.suspect.filter(|lease| waits(&self.held, lease))
    }

    pub fn waiting(&self) -> usize {
        self.waiting.len() + self.apart.len() + usize::from(self.waiting_suspect().is_some())
    }

    /// Whose turn it is.
    pub fn turn(&mut self) -> Option<Lease> {
        self.waiting_suspect().filter(|_| self.suspects == 1).or_else(|| self.waiting.pop_front())
    }
}

/// Whether that job waits for its turn.
pub(super) fn waits(held: &BTreeMap<Lease, Slot>, lease: &Lease) -> bool {
    held.get(lease).is_some_and(|slot| matches!(slot.phase, Phase::Waiting { .. }))
}
