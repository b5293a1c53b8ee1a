//! `enqueue`: accepts jobs, in order, whole or not at all, in one call of arrays.
//!
//! A key is a primary key, so two callers cannot both be given it, nor two jobs of one batch. Who repeats a call finds the jobs
//! under their ids and is told so.

use banto_core::{Due, NewJob, Options, Refusal, limits::ENQUEUE_MAX};
use banto_store::{Enqueued, StoreError};
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

use crate::{
    conn::Conn,
    error::{Result, Worked},
    row::{job_id, of_hold, uuid},
    sum::Summed,
};

/// Refuses too many jobs, and whatever [`NewJob::check`] does. Needs no connection.
pub(crate) fn check(jobs: &[NewJob]) -> Result<()> {
    if jobs.len() > ENQUEUE_MAX {
        let allowed = format!("{ENQUEUE_MAX} are allowed in one call; send the rest in another");
        return Err(Refusal::new("a number of jobs", &jobs.len().to_string(), allowed).into());
    }
    jobs.iter().try_for_each(|job| job.check().map_err(StoreError::from))
}

macro_rules! call_of {
    ($function:literal) => {
        concat!(
            "SELECT * FROM {s}.",
            $function,
            "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
        )
    };
}

/// What accepts jobs.
pub(crate) const ACCEPT: &str = call_of!("accept");

/// What accepts many jobs, that many or more, and the version of the schema since which there is that.
const ACCEPT_MANY: &str = call_of!("accept_many");
const MANY: usize = 50;
const MANY_SINCE: usize = 9;

/// Accepts checked jobs in a schema of that version.
pub(crate) async fn enqueue(conn: &mut Conn, jobs: &[NewJob], schema: usize) -> Worked<Vec<Enqueued>> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let columns = Columns::of(jobs.iter().map(Some));
    let (tell, wall) = (conn.tell, conn.now.wall);
    let mut values = columns.values();
    values.extend([&tell as &(dyn ToSql + Sync), &wall]);
    let accept = if jobs.len() >= MANY && schema >= MANY_SINCE { ACCEPT_MANY } else { ACCEPT };
    let answers = answers(&conn.one(accept, &values).await?, jobs)?;
    conn.news |= answers.iter().any(|answer| answer.fresh);
    Ok(answers)
}

/// Who stands for each job. Nothing is said where all are new.
pub(crate) fn answers(row: &Row, jobs: &[NewJob]) -> Worked<Vec<Enqueued>> {
    let (ids, fresh): (Option<Vec<Uuid>>, Option<Vec<bool>>) = (row.try_get(0)?, row.try_get(1)?);
    let Some((ids, fresh)) = ids.zip(fresh) else {
        return Ok(jobs.iter().map(|job| Enqueued { id: job.id, fresh: true }).collect());
    };
    Ok(ids.into_iter().zip(fresh).map(|(id, fresh)| Enqueued { id: job_id(id), fresh }).collect())
}

/// Jobs as columns, one array each; where there is no job, nothing.
#[derive(Default)]
pub(crate) struct Columns<'a> {
    ids: Vec<Option<Uuid>>,
    kinds: Vec<Option<&'a str>>,
    versions: Vec<Option<i32>>,
    queues: Vec<Option<&'a str>>,
    priorities: Vec<Option<i32>>,
    ins: Vec<Option<i64>>,
    ats: Vec<Option<i64>>,
    attempts_max: Vec<Option<i32>>,
    options: Vec<Option<String>>,
    payloads: Vec<Option<&'a str>>,
    sums: Vec<Option<i64>>,
    /// Absent as a whole where no job has a key.
    keys: Option<Vec<Option<&'a str>>>,
    holds: Vec<Option<i32>>,
    hold_ms: Vec<Option<i64>>,
}

impl<'a> Columns<'a> {
    /// The columns of those jobs.
    pub fn of(jobs: impl Iterator<Item = Option<&'a NewJob>>) -> Columns<'a> {
        let mut columns = Columns::default();
        let mut keys = Vec::new();
        for job in jobs {
            columns.add(job);
            keys.push(job.and_then(|job| job.unique.as_ref()).map(|unique| unique.key.as_str()));
        }
        columns.keys = keys.iter().any(Option::is_some).then_some(keys);
        columns
    }

    fn add(&mut self, job: Option<&'a NewJob>) {
        let options = job.and_then(|job| options(&job.options));
        let (after, at) = match job.map(|job| job.due) {
            Some(Due::In(ms)) => (i64::try_from(ms).ok(), None),
            Some(Due::At(ms)) => (None, Some(ms)),
            Some(Due::Now) | None => (None, None),
        };
        let hold = job.and_then(|job| job.unique.as_ref()).map(|unique| of_hold(unique.hold));
        self.ids.push(job.map(|job| uuid(&job.id)));
        self.kinds.push(job.map(|job| job.kind.as_str()));
        self.versions.push(job.map(|job| job.version.into()));
        self.queues.push(job.map(|job| job.queue.as_str()));
        self.priorities.push(job.map(|job| job.priority.into()));
        self.ins.push(after);
        self.ats.push(at);
        self.attempts_max.push(job.map(|job| job.attempts_max.unwrap_or(0).into()));
        self.sums.push(job.map(|job| summed(job, options.as_deref()).sum()));
        self.options.push(options);
        self.payloads.push(job.map(|job| job.payload.as_str()));
        self.holds.push(hold.map(|(hold, _)| hold));
        self.hold_ms.push(hold.and_then(|(_, ms)| ms));
    }

    /// With a column of keys, even of none: where each job is accepted by itself, each is asked for its own.
    pub fn or_none(mut self) -> Columns<'a> {
        let none = vec![None; self.ids.len()];
        self.keys.get_or_insert(none);
        self
    }

    /// The columns in the order in which every function takes them.
    pub fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![
            &self.ids,
            &self.kinds,
            &self.versions,
            &self.queues,
            &self.priorities,
            &self.ins,
            &self.ats,
            &self.attempts_max,
            &self.options,
            &self.payloads,
            &self.sums,
            &self.keys,
            &self.holds,
            &self.hold_ms,
        ]
    }
}

/// Options as they are stored; absent when nothing was asked for.
pub(crate) fn options(options: &Options) -> Option<String> {
    // Numbers, names and labels, which serde_json always can write.
    (*options != Options::default()).then(|| serde_json::to_string(options).ok()).flatten()
}

fn summed<'a>(job: &'a NewJob, options: Option<&'a str>) -> Summed<'a> {
    Summed {
        id: job.id.bytes(),
        kind: job.kind.as_str(),
        version: job.version.into(),
        queue: job.queue.as_str(),
        attempts_max: job.attempts_max.unwrap_or(0).into(),
        options,
        key: job.unique.as_ref().map(|unique| unique.key.as_str()),
        payload: job.payload.as_str(),
    }
}
