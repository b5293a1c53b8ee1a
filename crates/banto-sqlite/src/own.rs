//! The application's own transactions: its rows and its jobs committed together, or not at all.

use std::sync::{Arc, Mutex, PoisonError};

use banto_core::NewJob;
use banto_store::{Answer, Clock, Enqueued, Fault, StoreError};
use rusqlite::Connection;

use crate::{
    Sqlite,
    call::Verb,
    check,
    desk::{Desk, Now},
    enqueue,
    error::Result,
    loss, settle,
};

/// Accepts jobs inside a transaction of the application, on a connection of its own to the store's file.
///
/// Whatever becomes of that transaction becomes of the jobs. Workers of this process hear of them within 50 ms of the
/// commit. The store must have been opened (and so migrated) before. Refuses a connection without an open transaction.
pub fn enqueue_in(tx: &Connection, clock: &dyn Clock, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
    if tx.is_autocommit() {
        let what = "enqueue in a transaction: none is open on this connection; begin one first";
        return Err(StoreError::new(Fault::Config, what));
    }
    enqueue::check(jobs)?;
    let mut desk = Desk::new(tx, Now::of(clock), 0);
    settle::admit(&mut desk, Verb::Enqueue)?;
    let accepted = enqueue::enqueue(&mut desk, jobs)?;
    desk.settle()?;
    Ok(accepted)
}

/// Where the application's work leaves its answer. Only this much is compiled anew for each of its questions.
type Slot<T> = Arc<Mutex<Option<T>>>;

fn slot<T>() -> (Slot<T>, Slot<T>) {
    let slot = Slot::default();
    (slot.clone(), slot)
}

fn taken<T, E: From<StoreError>>(slot: &Slot<std::result::Result<T, E>>) -> std::result::Result<T, E> {
    let given = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    given.unwrap_or_else(|| Err(StoreError::new(Fault::Gone, "do it: the work was never carried out").into()))
}

impl Sqlite {
    /// As [`enqueue_in`], by this store's clock.
    pub fn enqueue_in(&self, tx: &Connection, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
        if let Some(full) = self.inner().shared.full(Verb::Enqueue) {
            return Err(full);
        }
        enqueue_in(tx, &*self.inner().clock, jobs)
    }

    /// Runs the application's own work inside a transaction of the writer, together with whatever else waits there; what
    /// it gives back is durable when the answer comes. After an error or a panic nothing of it remains.
    ///
    /// Keep it short: nobody else writes meanwhile. It must not begin, commit or roll back. On a disk that fills up in
    /// the middle it is not run twice.
    pub async fn write<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> std::result::Result<T, E> + Send + 'static,
    ) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (told, heard) = slot();
        let work = move |db: &Connection| {
            let done = work(db);
            let keep = done.is_ok();
            *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
            keep
        };
        self.carry_out(Box::new(work)).await?;
        taken(&heard)
    }

    /// Asks a question of the application's own tables, on a connection that only reads, in one snapshot.
    pub async fn read<T, E>(
        &self,
        question: impl FnOnce(&Connection) -> std::result::Result<T, E> + Send + 'static,
    ) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (told, heard) = slot();
        let question = move |db: &Connection| *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(question(db));
        self.look(Box::new(question)).await?;
        taken(&heard)
    }

    /// Does it, and keeps it if it says so.
    fn carry_out(&self, work: Box<dyn FnOnce(&Connection) -> bool + Send>) -> Answer<'_, bool> {
        let mut work = Some(work);
        let run = move |desk: &mut Desk<'_>| {
            let again =
                || StoreError::new(Fault::Full, "write: the disk filled up meanwhile; free some room, then call again");
            let work = work.take().ok_or_else(again)?;
            desk.counts.touched = true;
            let keep = work(desk.db);
            if desk.db.is_autocommit() {
                desk.ended = true;
                let what = "write: the work has ended the writer's transaction, and so what stood in it is kept or \
                            dropped; it must not begin, commit or roll back";
                return Err(StoreError::new(Fault::InDoubt, what));
            }
            Ok(keep)
        };
        Box::pin(self.call(Verb::Write, 1, |keep: &bool| *keep, run))
    }

    fn look(&self, question: Box<dyn FnOnce(&Connection) + Send>) -> Answer<'_, ()> {
        Box::pin(self.ask(move |db, _| {
            question(db);
            Ok(())
        }))
    }

    /// What must always be true of the file, as sentences on what is not; empty is well. Looks at every row, so it takes
    /// its time on a large file.
    pub async fn check(&self) -> Result<Vec<String>> {
        self.ask(|db, _| check::check(db)).await
    }

    /// An operator has seen that rows were lost: the notice goes, the count stays.
    pub async fn acknowledge_loss(&self) -> Result<()> {
        let forget = |desk: &mut Desk<'_>| {
            desk.counts.touched = true;
            let done = desk.db.execute("DELETE FROM banto_meta WHERE name = 'loss'", []);
            done.map(|_| ()).map_err(crate::error::while_doing("acknowledge the loss"))
        };
        self.call(Verb::Write, 1, |()| true, forget).await?;
        self.inner().shared.unsay(loss::LOSS);
        Ok(())
    }
}
