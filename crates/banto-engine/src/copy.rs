//! `copy`: moves all that one store holds into another, while people go on enqueuing.
//!
//! For `store copy`. The source gives no work from the first step on, and the destination none before the last; so nothing runs
//! twice, whatever dies in between. The source keeps what it has. Each step says in its store that it was done, so whoever
//! begins again goes on where it stopped, and until the destination is open all can be given up. It looks at no kind and runs
//! nothing; jobs of the dead at the source are brought back as any worker would.
//!
//! # Layout
//! - [`Copier`] (here): the steps in their order, and giving up. `way`: where a move is. `fill`: what is carried over, in
//!   pages. `count`: what both have.

use std::{sync::Arc, time::Duration};

use banto_core::{JobId, Name, Refusal, State};
use banto_store::{Clock, Fault, MoveId, Other, Seen, Settle, Settled, Step, Store, StoreError};
use serde::Serialize;
use tokio::time::sleep;

use crate::{Config, rescue};

mod count;
mod fill;
mod way;

pub use count::{House, count};
pub use way::{Way, way};

/// How long between two looks at what still runs, in milliseconds.
const LOOK_MS: u64 = 250;
/// How often a call is asked again that may succeed later; the last waits are of two seconds.
const AGAIN_MAX: u32 = 25;
/// Jobs in one step of a clear.
const CLEAR_MAX: usize = 500;

/// Who moves a house.
pub struct Copier {
    /// From where.
    pub from: Arc<dyn Store>,
    /// To where.
    pub to: Arc<dyn Store>,
    /// The time, for rescuing the jobs of dead workers at the source.
    pub clock: Arc<dyn Clock>,
    /// Whether jobs that have ended come along.
    pub history: bool,
    /// Who ordered it, for people.
    pub by: String,
}

/// How far a move has come, as it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The source gives no work any more; so many jobs still run there.
    Waits(u64),
    /// So many jobs of so many are at the destination.
    Copied(u64, u64),
    /// The source takes no jobs any more.
    Closed,
    /// So many jobs were deleted at the destination, because the move is given up.
    Cleared(u64),
}

/// Who hears how far it is.
pub type Tell<'a> = &'a mut (dyn FnMut(Told) + Send);

/// What was moved.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moved {
    /// The move's id.
    pub id: MoveId,
    /// What both have: but for what cannot be read, and for history that was to be left.
    pub house: House,
    /// Jobs and rows of the ledger whose rows cannot be read: they stay where they are.
    pub unreadable: u64,
    /// The first of those jobs.
    pub sample: Vec<JobId>,
    /// Who lives on the source still, and must be pointed at the destination.
    pub living: Vec<Seen>,
}

impl Copier {
    /// Moves everything, or goes on with a move that was begun. Answers when the destination is open; a move that was done before
    /// is answered with `None`. Dropped or killed anywhere, it is begun again.
    pub async fn run(&self, tell: Tell<'_>) -> Result<Option<Moved>, StoreError> {
        let id = match way(&*self.from, &*self.to).await? {
            Way::Done(_) => return Ok(None),
            Way::GoOn(id) => id,
            Way::Begin => self.begin().await?,
        };
        self.wait(id, tell).await?;
        let mut fill = fill::Fill::of(self, id).await?;
        fill.jobs_on(tell).await?;
        fill.timetable().await?;
        step(&*self.from, id, Step::Close).await?;
        tell(Told::Closed);
        fill.jobs_left(tell).await?;
        fill.keys().await?;
        let house = fill.compared().await?;
        let living = again(|| self.from.instances()).await?.into_iter().filter(|seen| seen.living).collect();
        step(&*self.to, id, Step::Open).await?;
        let (unreadable, sample) = fill.unreadable();
        Ok(Some(Moved { id, house, unreadable, sample, living }))
    }

    /// Gives the move up: the destination is emptied, then the source is open again. Answers whether there was anything to give up.
    /// Refuses a move that is done, for what came may have run there.
    pub async fn undo(&self, tell: Tell<'_>) -> Result<bool, StoreError> {
        let Some(undo) = way::undo(&*self.from, &*self.to).await? else { return Ok(false) };
        if let Some(id) = undo.clear {
            let before = again(|| self.to.tally()).await?.removed;
            while step(&*self.to, id, Step::Clear { limit: CLEAR_MAX }).await?.more {
                tell(Told::Cleared(again(|| self.to.tally()).await?.removed.saturating_sub(before)));
            }
        }
        if let Some(id) = undo.stay {
            step(&*self.from, id, Step::Stay).await?;
        }
        Ok(true)
    }

    /// The destination first: a source that leaves has somewhere to go.
    async fn begin(&self) -> Result<MoveId, StoreError> {
        let id = MoveId(fastrand::u64(..));
        step(&*self.to, id, Step::Arrive(self.other(&*self.from))).await?;
        match self.leave(id).await {
            Ok(_) => Ok(id),
            Err(error) => {
                // It is as empty as it was; if it cannot be told now, the next move takes it over.
                let _cleared = step(&*self.to, id, Step::Clear { limit: CLEAR_MAX }).await;
                Err(error)
            }
        }
    }

    async fn leave(&self, id: MoveId) -> Result<Settled, StoreError> {
        step(&*self.from, id, Step::Leave(self.other(&*self.to))).await
    }

    /// Waits until nothing runs at the source. The jobs of the dead are brought back; what nobody can read is set aside by the store.
    async fn wait(&self, id: MoveId, tell: Tell<'_>) -> Result<(), StoreError> {
        let config = Config::new(Name::new("copy")?, []);
        loop {
            let running = running(&*self.from).await?;
            tell(Told::Waits(running));
            if running == 0 {
                return Ok(());
            }
            again(|| Box::pin(rescue::look(&self.from, &*self.clock, &config))).await?;
            self.leave(id).await?;
            sleep(Duration::from_millis(LOOK_MS)).await;
        }
    }

    fn other(&self, store: &dyn Store) -> Other {
        let about = store.about();
        Other { place: format!("{} {}", about.store, about.place), by: self.by.clone() }
    }
}

async fn running(store: &dyn Store) -> Result<u64, StoreError> {
    Ok(again(|| store.queues()).await?.iter().map(|queue| queue.count(State::Running)).sum())
}

/// Takes a step, asked again while the store cannot be reached: each may be repeated.
async fn step(store: &dyn Store, id: MoveId, step: Step) -> Result<Settled, StoreError> {
    again(|| store.settle(Settle { id, step: step.clone() })).await
}

/// Asks until there is an answer, for about half a minute. A full disk and a refusal are answers.
async fn again<'a, T>(ask: impl Fn() -> banto_store::Answer<'a, T>) -> Result<T, StoreError> {
    let mut asked = 0;
    loop {
        match ask().await {
            Err(error) if worth(&error) && asked < AGAIN_MAX => {
                asked += 1;
                sleep(Duration::from_millis(2_000.min(20 << asked.min(8)))).await;
            }
            answer => return answer,
        }
    }
}

fn worth(error: &StoreError) -> bool {
    matches!(error.fault(), Fault::Busy | Fault::Gone | Fault::InDoubt)
}

/// Refuses a store as one end of a move.
fn refuse(end: &'static str, store: &dyn Store, allowed: impl Into<String>) -> StoreError {
    Refusal::new(end, &store.about().place, allowed).into()
}
