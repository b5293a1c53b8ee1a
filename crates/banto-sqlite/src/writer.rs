//! The one writer: groups the calls that wait into one transaction, so that they share one fsync.
//!
//! Each call runs in a savepoint of its own, so one that is refused does not spoil the others; nobody is answered before
//! the commit is durable. After a commit that failed nobody is told Ok, and the connection is never trusted again: what a
//! kernel does with pages it could not write is anybody's guess (the "fsyncgate" of 2018), so the file is opened anew.

use std::sync::Arc;

use banto_store::{Clock, Fault, StoreError};
use rusqlite::Connection;
use tokio::sync::mpsc;

use crate::{
    call::{Call, Ran},
    connect::{self, Options},
    desk::{Counts, Desk, Now},
    error::{Result, fault, while_doing},
    failpoint,
    leased::Leased,
    mutate, settle,
    shared::Shared,
    wait::patiently,
};

/// Calls that may wait for the writer; whoever comes later waits before it is let in.
pub(crate) const WAITING_MAX: usize = 1_024;
/// Rows after which a group is closed: what comes later goes into the next.
const GROUP_ROWS: usize = 10_000;

/// Whatever writes to the file.
pub(crate) struct Writer {
    db: Option<Connection>,
    options: Options,
    clock: Arc<dyn Clock>,
    tokens: fastrand::Rng,
    leased: Leased,
    shared: Arc<Shared>,
}

type Calls = Vec<Box<dyn Call>>;

/// How a group went.
enum Went {
    /// It is durable, or there was nothing to write.
    Well,
    /// Nothing of it happened, or nobody knows; no call may be told Ok.
    Badly(StoreError),
}

impl Went {
    fn full(&self) -> bool {
        matches!(self, Went::Badly(error) if *error.fault() == Fault::Full)
    }
}

impl Writer {
    /// A writer on an open connection.
    pub fn new(db: Connection, options: Options, clock: Arc<dyn Clock>, seed: u64, shared: Arc<Shared>) -> Writer {
        let (tokens, leased) = (fastrand::Rng::with_seed(seed), Leased::default());
        Writer { db: Some(db), options, clock, tokens, leased, shared }
    }

    /// Serves calls until nobody can send any.
    pub fn serve(mut self, mut calls: mpsc::Receiver<Box<dyn Call>>) {
        while let Some(first) = calls.blocking_recv() {
            let mut rows = first.rows();
            let mut group = vec![first];
            while rows < GROUP_ROWS && group.len() < WAITING_MAX {
                let Ok(next) = calls.try_recv() else { break };
                rows += next.rows();
                group.push(next);
            }
            self.group(group);
        }
        self.close();
    }

    /// Carries out a group of calls and answers them.
    pub fn group(&mut self, mut calls: Calls) {
        if mutate::fsync_dropped() {
            return self.group_unsafely(calls);
        }
        self.look_at_disk();
        let mut went = self.carry_out(&mut calls);
        if went.full() {
            // Without new jobs; and if that does not help, in the room that the reserve leaves.
            self.shared.disk_is_full();
            went = self.carry_out(&mut calls);
        }
        if went.full() && self.shared.give_up_reserve() {
            went = self.carry_out(&mut calls);
        }
        match went {
            Went::Well => calls.into_iter().for_each(Call::answer),
            Went::Badly(error) => calls.into_iter().for_each(|call| call.fail(error.clone())),
        }
    }

    /// What a proof asks for: the answer comes before the commit.
    fn group_unsafely(&mut self, mut calls: Calls) {
        let Ok(db) = self.connection() else { return };
        let _begun = begin(&db, &self.shared);
        let mut desk = Desk::new(&db, Now::of(&*self.clock), self.tokens.u64(..));
        for call in &mut calls {
            let _ran = call.run(&mut desk);
        }
        calls.into_iter().for_each(Call::answer);
        let _settled = desk.settle();
        let _committed = db.execute_batch("COMMIT");
        drop(desk);
        self.db = Some(db);
    }

    fn carry_out(&mut self, calls: &mut Calls) -> Went {
        if let Some(moved) = self.shared.moved() {
            return Went::Badly(moved);
        }
        let db = match self.connection() {
            Ok(db) => db,
            Err(error) => return Went::Badly(error),
        };
        let went = match self.transact(&db, Now::of(&*self.clock), calls) {
            Ok(()) => Went::Well,
            Err(error) => Went::Badly(error),
        };
        match &went {
            Went::Badly(error) if distrusted(error.fault()) => {
                self.shared.reopened(error);
                drop(db);
            }
            Went::Well | Went::Badly(_) => self.db = Some(db),
        }
        went
    }

    fn look_at_disk(&self) {
        if let Some(db) = &self.db {
            self.shared.look_at_disk(db, &*self.clock);
        }
    }

    /// The connection, opened anew if the last one was given up.
    fn connection(&mut self) -> Result<Connection> {
        match self.db.take() {
            Some(db) => Ok(db),
            None => connect::writer(&self.options),
        }
    }

    fn transact(&mut self, db: &Connection, now: Now, calls: &mut Calls) -> Result<()> {
        begin(db, &self.shared)?;
        let mut desk = Desk::new(db, now, self.tokens.u64(..));
        desk.leased = std::mem::take(&mut self.leased);
        let ran = self.run_all(&mut desk, calls);
        self.leased = std::mem::take(&mut desk.leased);
        let settled = ran.and_then(|()| desk.settle());
        // Before the commit a failing disk leaves no doubt: nothing is written.
        let settled = if desk.ended { settled } else { settled.map_err(undoubted) };
        let written = match settled {
            Ok(written) => written,
            Err(error) => {
                roll_back(db)?;
                return Err(error);
            }
        };
        for call in calls.iter().filter(|_| written) {
            failpoint::pass(call.verb().word(), "before_commit");
        }
        let mark = if written { self.shared.mark_of(db)? } else { None };
        if let Err(error) = db.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([])) {
            let _gone = roll_back(db);
            return Err(fault("commit", &error));
        }
        for call in calls.iter().filter(|_| written) {
            failpoint::pass(call.verb().word(), "after_commit");
        }
        if let Some(mark) = mark {
            // Durable, but in a file that has no name any more? Then nobody is told Ok.
            self.shared.moved().map_or(Ok(()), Err)?;
            self.shared.committed(mark);
        }
        Ok(())
    }

    /// Runs the calls of a group. Mostly all go well, and need no savepoints, for which SQLite copies every page before it
    /// is changed; if one does not, the group is begun again with a savepoint for each.
    fn run_all(&mut self, desk: &mut Desk<'_>, calls: &mut Calls) -> Result<()> {
        if let [call] = calls.as_mut_slice() {
            return self.run_alone(desk, call);
        }
        if calls.iter().all(|call| call.verb().repeats()) {
            if self.run_together(desk, calls)? {
                return Ok(());
            }
            self.undo_all(desk)?;
        }
        calls.iter_mut().try_for_each(|call| self.run_among(desk, call))
    }

    /// Runs calls without savepoints; says whether all went well. Where the disk fails, nothing is tried again.
    fn run_together(&mut self, desk: &mut Desk<'_>, calls: &mut Calls) -> Result<bool> {
        for call in calls {
            match self.run(desk, call) {
                Ran::Kept | Ran::Refused => {}
                Ran::Failed(error) if gives_up(desk.db, &error) => return Err(error),
                Ran::Undone | Ran::Failed(_) => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Runs the only call of a group: the transaction itself is its savepoint.
    fn run_alone(&mut self, desk: &mut Desk<'_>, call: &mut Box<dyn Call>) -> Result<()> {
        match self.run(desk, call) {
            Ran::Kept | Ran::Refused => Ok(()),
            Ran::Undone => self.undo_all(desk),
            Ran::Failed(error) if gives_up(desk.db, &error) => Err(error),
            Ran::Failed(_) => self.undo_all(desk),
        }
    }

    fn undo_all(&self, desk: &mut Desk<'_>) -> Result<()> {
        desk.counts = Counts::default();
        desk.standing = None;
        roll_back(desk.db)?;
        begin(desk.db, &self.shared)
    }

    /// Runs one call of several, in its own savepoint and with its own counts.
    fn run_among(&mut self, desk: &mut Desk<'_>, call: &mut Box<dyn Call>) -> Result<()> {
        let execute = |sql| desk_execute(desk.db, sql);
        execute("SAVEPOINT banto_call")?;
        let before = std::mem::take(&mut desk.counts);
        let ran = self.run(desk, call);
        let counted = std::mem::replace(&mut desk.counts, before);
        match ran {
            Ran::Kept => desk.counts.add(counted),
            Ran::Failed(error) if gives_up(desk.db, &error) => return Err(error),
            Ran::Undone | Ran::Refused | Ran::Failed(_) => {
                desk.standing = None;
                desk_execute(desk.db, "ROLLBACK TO banto_call")?;
            }
        }
        desk_execute(desk.db, "RELEASE banto_call")
    }

    fn run(&mut self, desk: &mut Desk<'_>, call: &mut Box<dyn Call>) -> Ran {
        match self.shared.full(call.verb()).map_or_else(|| settle::admit(desk, call.verb()), Err) {
            Err(refused) => {
                call.refuse(refused);
                Ran::Refused
            }
            Ok(()) => call.run(desk),
        }
    }

    /// Leaves the file as it is best found: the WAL carried over, the planner's numbers fresh.
    fn close(self) {
        let Some(db) = self.db else { return };
        // Best effort: another process may be at work, and it will do the same when it leaves.
        let _busy = db.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);");
    }
}

/// The only statement that waits for other processes: what comes after it has the lock.
fn begin(db: &Connection, shared: &Shared) -> Result<()> {
    let begin = |db: &Connection| db.prepare_cached("BEGIN IMMEDIATE")?.execute([]);
    let begun = patiently(db, shared.options.busy_ms, &shared.closed, begin);
    begun.map(|_| ()).map_err(while_doing("write to the store"))
}

fn roll_back(db: &Connection) -> Result<()> {
    if db.is_autocommit() { Ok(()) } else { desk_execute(db, "ROLLBACK") }
}

fn desk_execute(db: &Connection, sql: &'static str) -> Result<()> {
    db.prepare_cached(sql)
        .and_then(|mut statement| statement.execute([]))
        .map(|_| ())
        .map_err(|error| fault("write to the store", &error))
}

/// Whether a failed call takes its whole group with it: the transaction is gone, or the disk fails.
fn gives_up(db: &Connection, error: &StoreError) -> bool {
    db.is_autocommit() || matches!(error.fault(), Fault::Full | Fault::InDoubt)
}

/// Whether the connection that gave such an error must not be used again.
fn distrusted(fault: &Fault) -> bool {
    matches!(fault, Fault::InDoubt | Fault::Gone | Fault::Damaged)
}

fn undoubted(error: StoreError) -> StoreError {
    match error.fault() {
        Fault::InDoubt => StoreError::new(Fault::Gone, format!("{error} (nothing was written)")),
        _ => error,
    }
}
