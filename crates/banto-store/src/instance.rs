//! The processes that work, as they register and beat.
//!
//! So banto can say: this queue has jobs but no living worker, this kind is known to nobody, that instance runs an
//! older build than this one.

use banto_core::{InstanceId, Label, Name};
use serde::{Deserialize, Serialize};

/// How long after its last beat an instance counts as living, in milliseconds: one lease.
pub const LIVING_MS: u64 = banto_core::lease::LEASE_MS;

/// What a process does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It claims and runs.
    Working,
    /// It takes nothing new and finishes what it has.
    Stopping,
    /// It has left in order.
    Stopped,
}

/// A process that works, by its own account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// This start of this process.
    pub id: InstanceId,
    /// What people call it (`--name`), not necessarily unique.
    pub name: Name,
    /// Where it runs.
    pub host: Label,
    /// Its process id on that host.
    pub pid: u32,
    /// The build it runs.
    pub build: Label,
    /// The kinds it can run, each with the newest version of its payload. Aliases are listed too.
    pub kinds: Vec<(Name, u16)>,
    /// The queues it takes from.
    pub queues: Vec<Name>,
    /// The service whose schedules it fires; none is a worker, or a scheduler of a build from before this was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Name>,
    /// How many jobs it runs at once; a scheduler none.
    pub concurrency: u32,
    /// How many jobs it runs now.
    pub busy: u32,
    /// What it does now.
    pub status: Status,
    /// Why it stops, once it does.
    pub reason: Option<String>,
}

/// What a beat brings back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Orders {
    /// A restart was ordered after this instance registered: by whom.
    pub restart: Option<String>,
    /// The store's wall-clock time, in milliseconds since 1970.
    pub wall_ms: i64,
}
