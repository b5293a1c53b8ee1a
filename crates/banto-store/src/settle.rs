//! Words of `settle`: how all that one store holds moves into another.
//!
//! For `store copy`, the only one who moves house. A move has a source, a destination and an id that is drawn for it.
//! While it lasts neither store gives work, so nothing can run twice; the source keeps what it has, so until the last step
//! nothing is lost by giving it up. Each store keeps one [`Standing`]: in which move it takes part, and how far that is.
//!
//! ```text
//!  source       open --leave--> leaving --close--> left
//!                 ^---stay---------'-------stay------'
//!
//!  destination  empty --arrive--> arriving --open--> arrived, and open for all
//!                 ^                  '--clear--> clearing, until nothing is left --.
//!                 '----------------------------------------------- cleared --------'
//! ```
//!
//! | stands | `enqueue` | `claim` `register` `fire` `steer` `prune` | all other verbs, all questions |
//! |---|---|---|---|
//! | leaving | goes on | [`Fault::Moved`] | go on |
//! | left, arriving, clearing | [`Fault::Moved`] | [`Fault::Moved`] | go on |
//! | not at all, arrived, cleared | goes on | go on | go on |
//!
//! The order of a move, each step of which may be repeated after its answer was lost: destination `arrive`, source `leave`, wait
//! until nothing runs there, destination `put` of all there is, source `close`, `put` of what came meanwhile, destination
//! `open`. Given up before that: destination `clear`, then source `stay`.

use std::{fmt, str::FromStr};

use banto_core::{Label, Name, Refusal, ScheduleName, text::cut};
use serde::{Deserialize, Serialize};

use crate::{
    error::{Fault, StoreError},
    fire::FireView,
    read::{Card, Holder, Pause},
    schedule::{ScheduleView, Service},
};

mod check;
mod decide;

pub use check::{ordered, sound_fire, sound_job};

/// Most things in one [`Load`], and most jobs in one clear.
pub const LOAD_MAX: usize = 1_000;
/// Longest name of the other store's place, of who ordered, and of a bookmark, in bytes; the rest is cut.
pub const WORD_BYTES_MAX: usize = 1 << 10;

/// One move: drawn at random for it, and never used for another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MoveId(pub u64);

/// One step of a move, at one of its two stores.
#[derive(Debug, Clone)]
pub struct Settle {
    /// Of which move.
    pub id: MoveId,
    /// Which step.
    pub step: Step,
}

/// What a store is to do for a move. What it stands for already is done, so each may be repeated.
#[derive(Debug, Clone)]
pub enum Step {
    /// To the source: gives no work from now on and takes no orders. Jobs are still accepted; what runs may end.
    /// Repeated while that is waited for, and each time the store sets aside what runs, is over, and cannot be read by anybody.
    Leave(Other),
    /// To the source: takes no jobs any more either. Refused while a job runs, also under a lease that is over (the rescuer brings
    /// it back first).
    Close,
    /// To the source: the move is given up; all is as it was.
    Stay,
    /// To the destination, which must be empty, or emptied (an instance may be registered, a tally counted): does nothing
    /// for others until it is open. An empty store that waits for another move waits for this one instead.
    Arrive(Other),
    /// To the destination: keeps these things as they are.
    Put(Box<Load>),
    /// To the destination: the move is given up. Deletes at most so many jobs, as a prune does (so they count as removed), and
    /// when none is left everything else but instances and tally. [`Settled::more`] says whether to go on.
    Clear {
        /// How many jobs at most; never more than [`LOAD_MAX`].
        limit: usize,
    },
    /// To the destination: it is a store like any other from now on. Nobody can go back after that.
    Open,
}

/// The other store of a move, in words for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// Where it is, without secrets.
    pub place: String,
    /// Who ordered the move.
    pub by: String,
}

/// What a store did for a move.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settled {
    /// How many jobs of a put had not been there.
    pub fresh: u64,
    /// Whether a clear is to be repeated: there is more to delete.
    pub more: bool,
}

/// Things as they stand at the source, to be kept at the destination as they are.
#[derive(Debug, Clone, Default)]
pub struct Load {
    /// Jobs that do not run, with their trails, in any other state. One whose id is listed is left alone; any other is kept
    /// with all that is said of it, is counted as accepted, and gives no work before the store is open. It takes no key.
    pub jobs: Vec<Card>,
    /// Keys as they are held: each takes the place of what the destination says of it. One without a time is left out unless its
    /// job is listed, has not ended and has that key; one with a time keeps others out whether or not its job is listed.
    pub keys: Vec<Key>,
    /// Services: each takes the place of one of that name. The wall clock is not looked at.
    pub services: Vec<Service>,
    /// Schedules: each takes the place of one of that name. The pause is not looked at.
    pub schedules: Vec<ScheduleView>,
    /// Rows of the ledger: each takes the place of one of that schedule and instant. What is said of a run counts as long as
    /// its job is not listed, else the job says it; its output counts always.
    pub fires: Vec<FireView>,
    /// Pauses of queues: each takes the place of that queue's.
    pub pauses: Vec<(Name, Pause)>,
    /// Pauses of schedules, registered or not, and under `None` that of all: each takes the place of that schedule's.
    pub halts: Vec<(Option<ScheduleName>, Pause)>,
    /// How far the one who puts has come, in words of its own: kept in the [`Standing`], if there is one.
    pub bookmark: Option<String>,
}

/// A unique key that is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    /// The key.
    pub key: Label,
    /// Who holds it, and until when.
    pub holder: Holder,
}

/// Some of the keys that are held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// The keys.
    pub keys: Vec<Key>,
    /// Where to go on; `None` after the last.
    pub next: Option<String>,
}

/// How far a move is at this store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stand {
    /// The source gives no work and still takes jobs.
    Leaving,
    /// The source does nothing any more.
    Left,
    /// The destination is being filled.
    Arriving,
    /// The destination is being emptied, because the move was given up.
    Clearing,
    /// The destination is empty and open again.
    Cleared,
    /// The destination is open: the move is done.
    Arrived,
}

/// The part that a store takes in a move. Stores keep it as they like: as JSON, or in columns. One that cannot be read whole, with all
/// of its fields and no others, lets nobody in, whatever it says: it may be what is left of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// Which move.
    pub id: MoveId,
    /// How far it is here.
    pub stand: Stand,
    /// Where the other store is.
    pub place: String,
    /// Who ordered the move.
    pub by: String,
    /// Since when it is so far, in milliseconds since 1970.
    pub at: i64,
    /// How far the one who fills this store has come, in words of its own.
    pub bookmark: Option<String>,
}

/// What a store must know of itself to decide on a step.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// How many jobs run, under whatever lease.
    pub running: u64,
    /// Whether it has no job, no service, no schedule, and no key and no pause that is in force.
    pub empty: bool,
}

impl Standing {
    /// Whether the store is open: it does all that is asked of it.
    pub fn open(&self) -> bool {
        matches!(self.stand, Stand::Cleared | Stand::Arrived)
    }

    /// Refuses what only an open store does; `doing` says what that is: "claim jobs".
    pub fn admit(&self, doing: &str) -> Result<(), StoreError> {
        if self.open() {
            return Ok(());
        }
        let place = banto_core::text::visible(&self.place, 200);
        let why = match self.stand {
            Stand::Leaving => {
                format!(
                    "this store moves to \"{place}\"; `store copy` goes on with that, `store copy --undo` gives it up"
                )
            }
            Stand::Left => format!("this store has moved to \"{place}\"; point whatever uses it there"),
            Stand::Clearing => {
                format!("what came from \"{place}\" is being deleted here; `store copy --undo` goes on with that")
            }
            _ => format!("this store is being filled from \"{place}\"; it opens when all is there"),
        };
        Err(StoreError::new(Fault::Moved, format!("{doing}: {why}")))
    }

    /// Refuses to take jobs where that is over, or has not begun.
    pub fn admit_jobs(&self) -> Result<(), StoreError> {
        match self.stand {
            Stand::Leaving => Ok(()),
            _ => self.admit("enqueue jobs"),
        }
    }
}

impl Load {
    /// How many things there are.
    pub fn len(&self) -> usize {
        let schedules = self.services.len() + self.schedules.len() + self.fires.len();
        self.jobs.len() + self.keys.len() + schedules + self.pauses.len() + self.halts.len()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Other {
    fn standing(&self, id: MoveId, stand: Stand, at: i64) -> Standing {
        let [place, by] = [&self.place, &self.by].map(|word| cut(word, WORD_BYTES_MAX));
        Standing { id, stand, place, by, at, bookmark: None }
    }
}

impl fmt::Display for MoveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:016x}", self.0))
    }
}

impl fmt::Debug for MoveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for MoveId {
    type Err = Refusal;
    fn from_str(text: &str) -> Result<MoveId, Refusal> {
        let digits = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let id = digits.then(|| u64::from_str_radix(text, 16).ok()).flatten().map(MoveId);
        id.ok_or_else(|| Refusal::new("a move", text, "16 hexadecimal digits are wanted"))
    }
}

impl TryFrom<String> for MoveId {
    type Error = Refusal;
    fn try_from(text: String) -> Result<MoveId, Refusal> {
        text.parse()
    }
}

impl From<MoveId> for String {
    fn from(id: MoveId) -> String {
        id.to_string()
    }
}
