//! How the world fails.
//!
//! One type for every store. [`Fault`] says what kind of failure it is, and from it follows whether the same call
//! may be tried again ([`StoreError::again`]) and whether it may already have happened ([`Fault::InDoubt`]).

use std::fmt;

use banto_core::Refusal;

/// The kinds of failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Somebody else holds the store's lock for too long. Nothing happened.
    Busy,
    /// The disk, or the memory allotted, is full. Nothing happened. Running jobs can still finish.
    Full,
    /// The store cannot be reached, or was closed. Nothing happened.
    Gone,
    /// The answer was lost, or the disk failed while writing: it happened or it did not.
    InDoubt,
    /// The store takes part in a move to or from another store, and does not do this now. Nothing happened.
    Moved,
    /// What is stored cannot be read as what it should be.
    Damaged,
    /// The store was made by a newer build than this one.
    Newer,
    /// The address or an option of the store is wrong.
    Config,
    /// The domain says no; trying again is of no use.
    Refused(Refusal),
}

/// A store could not do what it was asked. Displays as a fragment that fits after "could not".
#[derive(Debug, Clone)]
pub struct StoreError {
    fault: Fault,
    what: String,
}

impl StoreError {
    /// An error of that kind; `what` is a lower-case fragment: the thing, the value, the next step.
    pub fn new(fault: Fault, what: impl Into<String>) -> StoreError {
        StoreError { fault, what: what.into() }
    }

    /// The kind of failure.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    /// Whether the same call may succeed later.
    pub fn again(&self) -> bool {
        matches!(self.fault, Fault::Busy | Fault::Full | Fault::Gone | Fault::InDoubt | Fault::Moved)
    }

    /// Whether the call may have happened all the same.
    pub fn in_doubt(&self) -> bool {
        self.fault == Fault::InDoubt
    }
}

impl From<Refusal> for StoreError {
    fn from(refusal: Refusal) -> StoreError {
        let what = refusal.to_string();
        StoreError { fault: Fault::Refused(refusal), what }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for StoreError {}
