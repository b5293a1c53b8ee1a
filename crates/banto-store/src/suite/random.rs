//! Promises by chance: a random history, side by side with the oracle.
//!
//! A seed draws a history of verbs, of time that passes, of wall clocks that jump and machines that start anew. The
//! store under test and [`Memory`] act it out under one clock; after each step their answers and all they show are
//! compared. Ids are given, so they are the same; tokens are each store's own. When the two part, the report names the
//! seed, the steps that led there and the first difference.
//!
//! One freedom is left to a store: when a scheduled job whose time has come is written down as ready. So the two
//! are taken for the same, and steps whose effect hangs on it (see `Side::plain`) wait until both say the same.

use std::sync::Arc;

use banto_core::{Job, Lease};

use self::side::{Side, view};
use super::Stage;
use crate::{Store, memory::Memory};

mod draw;
mod moved;
mod side;
mod step;

/// How many steps a history has.
const STEPS: usize = 200;
/// How many of the last steps a report shows.
const SHOWN: usize = 12;
/// How often the trails are compared too.
const TRAILS: usize = 10;

macro_rules! histories {
    ($($name:ident $act:path, $seed:literal)+) => {
        $(#[doc = concat!("The history of seed ", $seed, ".")]
        pub async fn $name(stage: Stage) {
            $act(&stage, $seed).await;
        })+
    };
}

histories! {
    history_1_agrees_with_the_oracle history, 1
    history_2_agrees_with_the_oracle history, 2
    history_3_agrees_with_the_oracle history, 3
    history_4_agrees_with_the_oracle history, 4
    history_5_agrees_with_the_oracle history, 5
    history_6_agrees_with_the_oracle history, 6
    history_7_agrees_with_the_oracle history, 7
    history_8_agrees_with_the_oracle history, 8
    moved_1_agrees_with_the_oracle moved::act, 11
    moved_2_agrees_with_the_oracle moved::act, 12
    moved_3_agrees_with_the_oracle moved::act, 13
    moved_4_agrees_with_the_oracle moved::act, 14
}

/// Acts the history of `seed` on the stage's store and on the oracle. Panics where they part.
pub async fn history(stage: &Stage, seed: u64) {
    let oracle = Memory::new(Arc::new(stage.clock.clone()), seed);
    let mut pair = Pair::of(stage, Arc::new(oracle.clone()), stage.store.clone(), seed);
    pair.act(&oracle, seed).await;
}

/// Two stores under one clock, and what is known of both.
struct Pair<'a> {
    stage: &'a Stage,
    oracle: Side,
    tested: Side,
    rng: fastrand::Rng,
    /// What was claimed, with the lease that each side gave. The first is the oracle's.
    claimed: Vec<(Job, [Lease; 2])>,
    /// The steps so far, in words.
    told: Vec<String>,
}

impl<'a> Pair<'a> {
    fn of(stage: &'a Stage, oracle: Arc<dyn Store>, tested: Arc<dyn Store>, seed: u64) -> Pair<'a> {
        let rng = fastrand::Rng::with_seed(seed);
        let (oracle, tested) = (Side::new(oracle), Side::new(tested));
        Pair { stage, oracle, tested, rng, claimed: Vec::new(), told: Vec::new() }
    }

    /// Acts so many steps. Panics where the two part.
    async fn act(&mut self, oracle: &Memory, seed: u64) {
        for number in 1..=STEPS {
            let parted = match self.step().await {
                Ok(()) => self.compare(number % TRAILS == 0 || number == STEPS).await.err(),
                Err(parted) => Some(parted),
            };
            if let Some(parted) = parted {
                let from = self.told.len().saturating_sub(SHOWN);
                panic!("history {seed} parted at step {number}:\n  {}\n{parted}", self.told[from..].join("\n  "));
            }
            assert_eq!(oracle.check(), Vec::<String>::new(), "the oracle itself is wrong at step {number} of {seed}");
        }
    }

    /// Compares all that the two show.
    async fn compare(&self, trails: bool) -> Result<(), String> {
        let now = self.stage.clock_ms();
        let plain = self.plain().await;
        let (oracle, tested) =
            (view(&*self.oracle.store, now, plain, trails).await, view(&*self.tested.store, now, plain, trails).await);
        for (left, right) in oracle.iter().zip(&tested) {
            same("what they show", left, right)?;
        }
        same("how much they show", &oracle.len(), &tested.len())
    }

    /// Whether both say of the same jobs that they are ready.
    async fn plain(&self) -> bool {
        self.oracle.states().await == self.tested.states().await
    }

    fn stores(&self) -> [Arc<dyn Store>; 2] {
        [self.oracle.store.clone(), self.tested.store.clone()]
    }
}

/// Refuses what differs, in words.
fn same<T: PartialEq + std::fmt::Debug + ?Sized>(what: &str, oracle: &T, tested: &T) -> Result<(), String> {
    match oracle == tested {
        true => Ok(()),
        false => Err(format!("{what} differs\n  oracle: {oracle:?}\n  tested: {tested:?}")),
    }
}
