//! The desk a verb works at: the transaction, the time of the call, and what is to be counted.
//!
//! Verbs are plain functions over a [`Desk`]. They count their moves here instead of in the file; [`Desk::settle`]
//! writes all of it in a few rows, once for each commit, however many calls went into it.

use std::collections::BTreeMap;

use banto_core::{State, retry::mix};
use banto_store::{Clock, Standing, Tally, clock::fingerprint};
use rusqlite::{Connection, params};

use crate::{
    error::{Result, while_doing},
    leased::Leased,
};

/// The time of one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    /// Wall-clock milliseconds since 1970.
    pub wall: i64,
    /// Steady milliseconds since boot.
    pub steady: i64,
    /// Which boot: a fingerprint of its name.
    pub boot: i64,
}

/// Where a verb works.
pub(crate) struct Desk<'a> {
    /// The transaction's connection.
    pub db: &'a Connection,
    /// The time of the call.
    pub now: Now,
    /// What the next token follows from.
    pub seed: u64,
    /// What was counted.
    pub counts: Counts,
    /// What this process has leased.
    pub leased: Leased,
    /// How the store stands in a move, once it was asked in this transaction.
    pub standing: Option<Option<Standing>>,
    /// Whether the application's work has ended the transaction itself: nobody knows what became of it.
    pub ended: bool,
}

/// What the calls of one commit changed, to be written once.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// The tally's growth.
    pub tally: Tally,
    /// Whether somebody who waits for work or orders should look.
    pub news: bool,
    /// Whether anything was written that is not counted here.
    pub touched: bool,
    /// Whether the counts in the file are to be made anew: a job was moved whose class may have been tampered with, so
    /// nobody knows where it was counted. Looks at every job, so it is for such rows only.
    pub recount: bool,
    moves: BTreeMap<Class, [i64; 7]>,
    last: Option<(Class, [i64; 7])>,
}

/// Jobs that are counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Class {
    queue: Box<str>,
    kind: Box<str>,
    version: i64,
}

impl Now {
    /// The time by `clock`.
    pub fn of(clock: &dyn Clock) -> Now {
        let steady = i64::try_from(clock.steady_ms()).unwrap_or(i64::MAX);
        Now { wall: clock.wall_ms(), steady, boot: fingerprint(&clock.boot()) }
    }

    /// The wall-clock time so many milliseconds from now.
    pub fn wall_in(&self, ms: u64) -> i64 {
        self.wall.saturating_add_unsigned(ms)
    }

    /// The steady time so many milliseconds from now.
    pub fn steady_in(&self, ms: u64) -> i64 {
        self.steady.saturating_add_unsigned(ms)
    }

    /// Whether a lease until then, counted in that boot, is over. One of another boot is: its holder is dead.
    pub fn over(&self, boot: i64, until: i64) -> bool {
        boot != self.boot || until <= self.steady
    }
}

impl<'a> Desk<'a> {
    /// A clean desk.
    pub fn new(db: &'a Connection, now: Now, seed: u64) -> Desk<'a> {
        Desk { db, now, seed, counts: Counts::default(), leased: Leased::default(), standing: None, ended: false }
    }

    /// A new token. Each lease has its own: the token of one job's lease must not fit another's.
    pub fn token(&mut self) -> u64 {
        self.seed = mix(self.seed);
        self.seed
    }

    /// Writes what was counted; says whether anything was written at all.
    pub fn settle(&mut self) -> Result<bool> {
        let counts = std::mem::take(&mut self.counts);
        if !counts.any() {
            return Ok(false);
        }
        counts.write(self.db).map_err(while_doing("count jobs"))?;
        Ok(true)
    }
}

impl Counts {
    /// Counts `by` more jobs of that class in that state.
    pub fn jobs(&mut self, (queue, kind, version): (&str, &str, i64), state: State, by: i64) {
        let same = |class: &Class| &*class.queue == queue && &*class.kind == kind && class.version == version;
        if !self.last.as_ref().is_some_and(|(class, _)| same(class)) {
            self.shelve();
            self.last = Some((Class { queue: queue.into(), kind: kind.into(), version }, [0; 7]));
        }
        let counts = self.last.as_mut().and_then(|(_, counts)| counts.get_mut(usize::from(state.number())));
        if let Some(count) = counts {
            *count += by;
        }
    }

    /// Counts a job's move.
    pub fn moved(&mut self, class: (&str, &str, i64), from: State, to: State) {
        self.jobs(class, from, -1);
        self.jobs(class, to, 1);
    }

    /// Adds what another call counted.
    pub fn add(&mut self, mut other: Counts) {
        other.shelve();
        self.shelve();
        for (class, counts) in other.moves {
            let sums = self.moves.entry(class).or_insert([0; 7]);
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        self.news |= other.news;
        self.touched |= other.touched;
        self.recount |= other.recount;
        self.tally.accepted += other.tally.accepted;
        self.tally.doubles += other.tally.doubles;
        self.tally.claimed += other.tally.claimed;
        self.tally.late += other.tally.late;
        self.tally.rescued += other.tally.rescued;
        self.tally.removed += other.tally.removed;
        self.tally.lost += other.tally.lost;
    }

    /// Whether there is anything to write.
    pub fn any(&self) -> bool {
        self.news
            || self.touched
            || self.recount
            || self.last.is_some()
            || !self.moves.is_empty()
            || self.tally != Tally::default()
    }

    /// The last class goes to the others: most calls touch only one.
    fn shelve(&mut self) {
        let Some((class, counts)) = self.last.take() else { return };
        let sums = self.moves.entry(class).or_insert([0; 7]);
        sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }

    fn write(mut self, db: &Connection) -> rusqlite::Result<()> {
        self.shelve();
        let mut add = db.prepare_cached(
            "INSERT INTO banto_count (queue, kind, version, state, jobs) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET jobs = jobs + excluded.jobs",
        )?;
        for (class, counts) in &self.moves {
            for (state, by) in (0i64..).zip(counts).filter(|(_, by)| **by != 0) {
                add.execute(params![class.queue, class.kind, class.version, state, by])?;
            }
        }
        if self.recount {
            db.execute_batch(RECOUNT)?;
        }
        let Tally { accepted, doubles, claimed, late, rescued, removed, lost } = self.tally;
        db.prepare_cached(
            "UPDATE banto_tally SET commits = commits + 1, news = news + ?1, accepted = accepted + ?2,
                 doubles = doubles + ?3, claimed = claimed + ?4, late = late + ?5, rescued = rescued + ?6,
                 removed = removed + ?7, lost = lost + ?8",
        )?
        .execute(params![
            self.news,
            accepted.cast_signed(),
            doubles.cast_signed(),
            claimed.cast_signed(),
            late.cast_signed(),
            rescued.cast_signed(),
            removed.cast_signed(),
            lost.cast_signed(),
        ])?;
        Ok(())
    }
}

/// Counts every job where it stands.
const RECOUNT: &str = "DELETE FROM banto_count;
    INSERT INTO banto_count (queue, kind, version, state, jobs)
    SELECT queue, kind, version, stands, count(*) FROM (
        SELECT j.queue, j.kind, j.version,
            CASE WHEN l.seq IS NOT NULL THEN 2 WHEN d.seq IS NOT NULL THEN 4 ELSE j.state END AS stands
        FROM banto_job j LEFT JOIN banto_lease l ON l.seq = j.seq LEFT JOIN banto_done d ON d.seq = j.seq)
    GROUP BY queue, kind, version, stands";

#[cfg(test)]
#[path = "desk_tests.rs"]
mod tests;
