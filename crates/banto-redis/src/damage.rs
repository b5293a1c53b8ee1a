//! Entries that do not hold: set aside with the reason, so that their neighbours go on.
//!
//! Somebody wrote into the store, or a disk did. Such an entry is parked for [`Cause::Damaged`](banto_core::Cause) by
//! whoever stumbles on it, its bytes as they are; a claim of it is undone.

use banto_core::{Job, JobId, Lease};

use crate::{
    Redis,
    call::Call,
    error::Result,
    row::{Damaged, stand_in},
    script,
};

/// A job whose entry does not hold.
#[derive(Debug, Clone)]
pub(crate) struct Wreck {
    id: JobId,
    why: String,
    /// The class its entry says it is of, as far as it can be read.
    class: String,
    /// The claim that is to be undone.
    undo: Option<Lease>,
}

impl Wreck {
    pub fn of(id: JobId, damaged: Box<Damaged>) -> Wreck {
        let Damaged { job, why } = *damaged;
        Wreck { id, why, class: class(&job), undo: None }
    }

    /// One that was leased before it was read.
    pub fn claimed(lease: Lease, damaged: Box<Damaged>) -> Wreck {
        Wreck { undo: Some(lease), ..Wreck::of(lease.job, damaged) }
    }

    /// One that was listed as it can be shown.
    pub fn listed(job: &Job) -> Wreck {
        let why = job.park.as_ref().map(|park| park.text.clone()).unwrap_or_default();
        Wreck { id: job.id, why, class: class(job), undo: None }
    }

    /// A place that leads to no job that can be read.
    pub fn met(id: JobId) -> Wreck {
        let name = stand_in();
        Wreck { id, why: "its moving part cannot be read".into(), class: format!("{name} {name} 0"), undo: None }
    }
}

fn class(job: &Job) -> String {
    format!("{} {} {}", job.queue, job.kind, job.version)
}

/// Parks them; gives those that are there.
pub(crate) async fn park(store: &Redis, wrecks: &[Wreck]) -> Result<Vec<JobId>> {
    let mut parked = Vec::new();
    for wreck in wrecks {
        let why = serde_json::to_vec(&(&wreck.why, "")).unwrap_or_default();
        let undo = wreck.undo.map(|lease| [lease.fence.to_le_bytes().as_slice(), &lease.token.to_le_bytes()].concat());
        let call = Call::of(&script::DAMAGE)
            .arg(why)
            .arg(wreck.class.as_str())
            .arg("")
            .arg(wreck.id.bytes().as_slice())
            .arg(undo.unwrap_or_default());
        if store.call(call).await?.parts.int()? > 0 {
            parked.push(wreck.id);
        }
    }
    Ok(parked)
}
