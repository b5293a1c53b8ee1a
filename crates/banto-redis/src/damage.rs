//! Entries that do not hold: set aside with the reason, so that their neighbours go on.
//!
//! Somebody wrote into the store, or a disk did. Such an entry is parked for [`Cause::Damaged`](banto_core::Cause) by
//! whoever stumbles on it, its bytes as they are; a claim of it is undone.

use banto_core::{Job, JobId, Lease};
use banto_store::unreadable::stand_in;

use crate::{
    Redis,
    call::Call,
    error::{Result, odd},
    row::Damaged,
    script,
};

/// The server answers nobody else while jobs are counted anew, so of more than this the counts stay one off.
const RECOUNT_MAX: usize = 200_000;

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
    let (mut parked, mut uncounted) = (Vec::new(), false);
    for wreck in wrecks {
        let why = serde_json::to_vec(&(&wreck.why, "")).unwrap_or_default();
        let undo = wreck.undo.map(|lease| [lease.fence.to_le_bytes().as_slice(), &lease.token.to_le_bytes()].concat());
        let call = Call::of(&script::DAMAGE)
            .arg(why)
            .arg(wreck.class.as_str())
            .arg("")
            .arg(wreck.id.bytes().as_slice())
            .arg(undo.unwrap_or_default());
        let answer = store.call(call).await?.parts.int()?;
        uncounted |= answer == 2;
        if answer > 0 {
            parked.push(wreck.id);
        }
    }
    if uncounted {
        store.call(Call::of(&script::RECOUNT).number(RECOUNT_MAX)).await?;
    }
    Ok(parked)
}

/// Lets go of whatever key only the end of a damaged job would have freed. It cannot say which that is, so all are looked
/// through, some at a time.
pub(crate) async fn free_keys(store: &Redis, id: JobId) -> Result<()> {
    let (inner, doing) = (store.inner(), "look for the key of a damaged job");
    let mut cursor = 0_u64;
    loop {
        let mut scan = redis::cmd("HSCAN");
        scan.arg(inner.options.prefix.held()).arg(cursor).arg("COUNT").arg(1_000);
        let page = inner.link.ask(doing, &scan).await?;
        let read = redis::from_redis_value::<(u64, Vec<(Vec<u8>, Vec<u8>)>)>(page);
        let (next, held) = read.map_err(|_| odd(doing))?;
        for (key, holder) in held {
            if holder.starts_with(id.bytes()) && holder.ends_with(&i64::to_le_bytes(-1)) {
                store.call(Call::of(&script::UNKEY).arg(id.bytes().as_slice()).arg(key)).await?;
            }
        }
        if next == 0 {
            return Ok(());
        }
        cursor = next;
    }
}
