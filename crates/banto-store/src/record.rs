//! Words of `record`: what a running job says of itself.

use banto_core::{Lease, Progress};

use crate::fire::Output;

/// One thing said under one lease.
#[derive(Debug, Clone)]
pub struct Record {
    /// The right to say it.
    pub lease: Lease,
    /// What is said.
    pub note: Note,
}

/// What a job may say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// How far it is; only the last is kept, its text cut to `LINE_BYTES_MAX`.
    Progress(Progress),
    /// A line for its trail, cut to `LINE_BYTES_MAX`; a job keeps its last `LINES_MAX`, of whatever origin.
    Line(String),
    /// What its run left behind: only the last is kept, and only of a job that belongs to a due instant.
    Output(Output),
}
