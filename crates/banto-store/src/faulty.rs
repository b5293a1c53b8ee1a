//! Any store, failing on purpose.
//!
//! For tests, the simulator and proofs: [`Faulty`] stands before a store and, by a seed, fails calls before they happen,
//! after they happened (the answer is lost), or instead of them with nobody able to tell. Rates can be changed and
//! turned off while it runs; the very next call can be struck, and calls can be made to hang until they are let go.
//! What it did is counted. It never invents an answer and never changes one.
//!
//! `faulty/pass.rs` has the calls themselves. Each verb draws from a seed of its own, so that how often one is called does not change how another fails.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use banto_core::retry::mix;
use tokio::sync::watch;

use crate::{Fault, Store};

mod pass;

/// What a call was. All questions but [`Read::about`](crate::Read::about), which cannot fail, count as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is named after its method")]
pub enum Verb {
    Enqueue,
    Claim,
    Renew,
    Finish,
    Expired,
    Rescue,
    Register,
    Fire,
    Steer,
    Prune,
    Settle,
    Record,
    Beat,
    Changed,
    Read,
}

impl Verb {
    /// All verbs.
    pub const ALL: [Verb; 15] = [
        Verb::Enqueue,
        Verb::Claim,
        Verb::Renew,
        Verb::Finish,
        Verb::Expired,
        Verb::Rescue,
        Verb::Register,
        Verb::Fire,
        Verb::Steer,
        Verb::Prune,
        Verb::Settle,
        Verb::Record,
        Verb::Beat,
        Verb::Changed,
        Verb::Read,
    ];
}

/// How a call fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strike {
    /// It does not happen, and fails with that fault.
    Before(Fault),
    /// It happens, and the answer is lost: the caller sees [`Fault::InDoubt`].
    After,
    /// It does not happen, and the caller sees [`Fault::InDoubt`] all the same.
    Instead,
}

impl Strike {
    /// The ways in which the world fails from time to time: busy, full, gone, and both kinds of doubt.
    pub fn usual() -> Vec<Strike> {
        let before = [Fault::Busy, Fault::Full, Fault::Gone].map(Strike::Before);
        before.into_iter().chain([Strike::After, Strike::Instead]).collect()
    }
}

/// How often a verb fails, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The share of calls that fail, from 0 (none) to 1 (all).
    pub rate: f64,
    /// How they fail: one of these, each as likely as the other. None is no failure.
    pub strikes: Vec<Strike>,
}

/// What was done to the calls of one verb.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Injected {
    /// Calls that came.
    pub calls: u64,
    /// Calls that were failed before they happened.
    pub before: u64,
    /// Calls that happened and whose answer was lost.
    pub after: u64,
    /// Calls that did not happen and were left in doubt.
    pub instead: u64,
}

/// A store that fails on purpose. Clones share the plan. It begins healthy.
#[derive(Clone)]
pub struct Faulty {
    store: Arc<dyn Store>,
    shared: Arc<Shared>,
}

struct Shared {
    ledger: Mutex<Ledger>,
    /// For each verb, in the order of [`Verb::ALL`].
    gates: Vec<Gate>,
}

struct Ledger {
    rngs: BTreeMap<Verb, fastrand::Rng>,
    plans: BTreeMap<Verb, Plan>,
    next: BTreeMap<Verb, VecDeque<Option<Strike>>>,
    injected: BTreeMap<Verb, Injected>,
}

/// Where the calls of one verb wait.
struct Gate {
    shut: watch::Sender<bool>,
    waiting: watch::Sender<usize>,
}

impl Faulty {
    /// Stands before `store`; which calls will fail follows from `seed` and from the plans.
    pub fn new(store: Arc<dyn Store>, seed: u64) -> Faulty {
        let rng = |verb: Verb| (verb, fastrand::Rng::with_seed(mix(seed ^ mix(verb as u64))));
        let ledger = Ledger {
            rngs: Verb::ALL.into_iter().map(rng).collect(),
            plans: BTreeMap::new(),
            next: BTreeMap::new(),
            injected: BTreeMap::new(),
        };
        let gate = |_| Gate { shut: watch::Sender::new(false), waiting: watch::Sender::new(0) };
        let gates = Verb::ALL.into_iter().map(gate).collect();
        Faulty { store, shared: Arc::new(Shared { ledger: Mutex::new(ledger), gates }) }
    }

    /// From now on calls of these verbs fail so.
    pub fn plan(&self, verbs: &[Verb], plan: Plan) {
        let mut ledger = self.ledger();
        for verb in verbs {
            ledger.plans.insert(*verb, plan.clone());
        }
    }

    /// The next call of that verb fails so, whatever the plan; several are used in order.
    pub fn strike_next(&self, verb: Verb, strike: Strike) {
        self.ledger().next.entry(verb).or_default().push_back(Some(strike));
    }

    /// The next call of that verb passes, whatever the plan, before those that [`Faulty::strike_next`] strikes after it.
    pub fn pass_next(&self, verb: Verb) {
        self.ledger().next.entry(verb).or_default().push_back(None);
    }

    /// From now on nothing fails, and whatever hangs goes on. What was counted stays.
    pub fn heal(&self) {
        let mut ledger = self.ledger();
        ledger.plans.clear();
        ledger.next.clear();
        drop(ledger);
        Verb::ALL.into_iter().for_each(|verb| self.let_go(verb));
    }

    /// From now on calls of that verb hang before they happen, until [`Faulty::let_go`] or [`Faulty::heal`].
    pub fn hold(&self, verb: Verb) {
        self.gate(verb, |gate| gate.shut.send_replace(true));
    }

    /// Calls of that verb that hang go on, and others hang no more.
    pub fn let_go(&self, verb: Verb) {
        self.gate(verb, |gate| gate.shut.send_replace(false));
    }

    /// Resolves once at least `count` calls of that verb hang.
    pub async fn until_held(&self, verb: Verb, count: usize) {
        if let Some(mut waiting) = self.gate(verb, |gate| gate.waiting.subscribe()) {
            // The sender lives as long as `self` does, so the only answer is that the count was reached.
            let _ = waiting.wait_for(|now| *now >= count).await;
        }
    }

    /// What was done so far, for each verb that was called.
    pub fn injected(&self) -> BTreeMap<Verb, Injected> {
        self.ledger().injected.clone()
    }

    fn gate<T>(&self, verb: Verb, act: impl FnOnce(&Gate) -> T) -> Option<T> {
        self.shared.gates.get(verb as usize).map(act)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.shared.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger {
    /// Counts a call and says how it fails, if it does.
    fn draw(&mut self, verb: Verb) -> Option<Strike> {
        let ordered = self.next.get_mut(&verb).and_then(VecDeque::pop_front);
        let planned = ordered.unwrap_or_else(|| self.draw_planned(verb));
        let injected = self.injected.entry(verb).or_default();
        injected.calls += 1;
        match &planned {
            None => {}
            Some(Strike::Before(_)) => injected.before += 1,
            Some(Strike::After) => injected.after += 1,
            Some(Strike::Instead) => injected.instead += 1,
        }
        planned
    }

    fn draw_planned(&mut self, verb: Verb) -> Option<Strike> {
        let (plan, rng) = (self.plans.get(&verb)?, self.rngs.get_mut(&verb)?);
        // Two draws for every call, so that a changed rate does not shift what later calls draw.
        let (chance, which) = (rng.f64(), rng.usize(..));
        if chance >= plan.rate {
            return None;
        }
        plan.strikes.get(which.checked_rem(plan.strikes.len())?).cloned()
    }
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faulty").field("injected", &self.injected()).finish_non_exhaustive()
    }
}
