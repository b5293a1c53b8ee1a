//! `finish`: writes verdicts under their leases.
//!
//! The fence: only the lease that the job runs under may write, and what it has written it may say again. All else is
//! late, changes nothing and is counted.

use banto_core::{Label, Lease, Refusal, State, Unique, Verdict};
use banto_store::{Finish, Finished};
use rusqlite::{CachedStatement, Row, params};

use crate::{
    desk::Desk,
    error::{Result, fault},
    key, record,
};

/// A verdict ends the run; there is none that goes on running. Needs no desk, so it is asked before the queue.
pub(crate) fn check(finishes: &[Finish]) -> Result<()> {
    match finishes.iter().any(|finish| finish.verdict.to == State::Running) {
        true => Err(Refusal::new("a verdict", State::Running.word(), "any other state is allowed").into()),
        false => Ok(()),
    }
}

/// Writes verdicts.
pub(crate) fn finish(desk: &mut Desk<'_>, finishes: &[Finish]) -> Result<Vec<Finished>> {
    let mut pen = Pen::new(desk).map_err(|error| fault("finish jobs", &error))?;
    let mut one = |finish: &Finish| match pen.stand(desk, &finish.lease)? {
        Some(stand) if stand.runs_under(&finish.lease) => {
            pen.write(desk, &stand, finish, false)?;
            Ok(Finished::Written)
        }
        Some(stand) if stand.written_under(&finish.lease) => Ok(Finished::Written),
        _ => {
            desk.counts.tally.late += 1;
            Ok(Finished::Late)
        }
    };
    finishes.iter().map(&mut one).collect::<rusqlite::Result<_>>().map_err(|error| fault("finish jobs", &error))
}

/// The statements that write verdicts.
pub(crate) struct Pen<'a> {
    find: CachedStatement<'a>,
    update: CachedStatement<'a>,
}

/// What a verdict needs to know of a job.
pub(crate) struct Stand {
    seq: i64,
    state: i64,
    lease: (i64, Option<i64>),
    written: (Option<i64>, Option<i64>),
    /// The boot and the end of its lease.
    pub until: Option<(i64, i64)>,
    class: (String, String, i64),
    unique: Option<Unique>,
}

impl<'a> Pen<'a> {
    pub fn new(desk: &Desk<'a>) -> rusqlite::Result<Pen<'a>> {
        Ok(Pen {
            find: desk.db.prepare_cached(
                "SELECT seq, state, fence, token, written_fence, written, lease_boot, lease_until, queue, kind, version,
                     key, hold, hold_ms FROM banto_job WHERE id = ?1",
            )?,
            update: desk.db.prepare_cached(
                "UPDATE banto_job SET state = ?2, attempt = ?3, crashes = ?4, run_at = ifnull(?5, run_at),
                     finished_at = ?6, error = ifnull(?7, error), cause = ?8, park_text = ?9, park_build = ?10,
                     token = iif(?11, NULL, token), lease_boot = NULL, lease_until = NULL
                 WHERE seq = ?1",
            )?,
        })
    }

    /// Where the job of that lease stands, if it is there.
    pub fn stand(&mut self, _desk: &Desk<'_>, lease: &Lease) -> rusqlite::Result<Option<Stand>> {
        let mut rows = self.find.query([lease.job.bytes()])?;
        rows.next()?.map(Stand::read).transpose()
    }

    /// Writes the verdict on a running job. A rescue takes the token away, so that its holder is late from now on.
    pub fn write(&mut self, desk: &mut Desk<'_>, stand: &Stand, finish: &Finish, rescue: bool) -> rusqlite::Result<()> {
        let Verdict { to, delay_ms, attempt, crashes, word, error, park } = &finish.verdict;
        self.update.execute(params![
            stand.seq,
            to.number(),
            attempt,
            crashes,
            to.waiting().then(|| desk.now.wall_in(*delay_ms)),
            to.ended().then_some(desk.now.wall),
            error,
            park.as_ref().map(|park| park.cause.word()),
            park.as_ref().map(|park| &park.text),
            park.as_ref().map(|park| &park.build),
            rescue,
        ])?;
        if let Some(text) = error {
            record::line(desk, stand.seq, stand.lease.0, word, text)?;
        }
        if let Some(unique) = stand.unique.as_ref().filter(|_| to.ended()) {
            key::at_end(desk, unique, finish.lease.job)?;
        }
        desk.counts.moved((&stand.class.0, &stand.class.1, stand.class.2), State::Running, *to);
        desk.counts.news |= !to.ended();
        Ok(())
    }
}

impl Stand {
    fn read(row: &Row<'_>) -> rusqlite::Result<Stand> {
        let text = |at| {
            Ok::<_, rusqlite::Error>(
                String::from_utf8_lossy(row.get_ref(at)?.as_bytes().unwrap_or_default()).into_owned(),
            )
        };
        let boot: Option<i64> = row.get(6)?;
        Ok(Stand {
            seq: row.get(0)?,
            state: row.get(1)?,
            lease: (row.get(2)?, row.get(3)?),
            written: (row.get(4)?, row.get(5)?),
            until: boot.zip(row.get(7)?),
            class: (text(8)?, text(9)?, row.get(10)?),
            unique: unique(row)?,
        })
    }

    /// Whether `lease` is the one this job runs under.
    pub fn runs_under(&self, lease: &Lease) -> bool {
        let holds = self.lease == (lease.fence.into(), Some(lease.token.cast_signed()));
        self.state == i64::from(State::Running.number()) && (holds || crate::mutate::fence_dropped())
    }

    /// Whether the last finish on this job was under `lease`.
    fn written_under(&self, lease: &Lease) -> bool {
        let (fence, token) = (i64::from(lease.fence), lease.token.cast_signed());
        let running = self.state == i64::from(State::Running.number());
        match self.lease {
            // It left this lease by a finish; a rescue would have taken the token away.
            (last, Some(written)) if !running => (last, written) == (fence, token),
            _ => self.written == (Some(fence), Some(token)),
        }
    }
}

/// A key that does not hold any more as one is left to the pruner.
fn unique(row: &Row<'_>) -> rusqlite::Result<Option<Unique>> {
    let key = row.get_ref(11)?.as_str_or_null().ok().flatten().and_then(|key| Label::new(key).ok());
    let hold = crate::row::to_hold(row.get(12)?, row.get(13)?);
    Ok(key.zip(hold).map(|(key, hold)| Unique { key, hold }))
}
