//! The application's own transactions: its rows and its jobs committed together, or not at all.

use banto_core::NewJob;
use banto_store::{Enqueued, Fault, StoreError};
use tokio_postgres::{Transaction, types::ToSql};

use crate::{
    Postgres,
    conn::in_schema,
    enqueue::{self, ACCEPT, Columns},
    error::{Doing, Failed, Result, fault},
};

/// Accepts jobs inside a transaction of the application, in the store of that schema.
///
/// Whatever becomes of that transaction becomes of the jobs; workers hear of them with its commit. The role needs the rights to
/// the store's tables; one that shall have none but this calls `SELECT banto.enqueue(…)` instead. Refuses whatever
/// `Store::enqueue` does. After an error the transaction can only be rolled back, as after any in PostgreSQL.
pub async fn enqueue_in(tx: &Transaction<'_>, schema: &str, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
    enqueue::check(jobs)?;
    if schema.is_empty() || !schema.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return Err(StoreError::new(
            Fault::Config,
            "enqueue in a transaction: the schema has no name that one may have",
        ));
    }
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let columns = Columns::of(jobs.iter().map(Some));
    let mut values = columns.values();
    values.extend([&true as &(dyn ToSql + Sync), &None::<i64>]);
    let failed = |failed| fault("enqueue in a transaction", Doing::Writing, failed);
    let row = tx.query_one(&in_schema(ACCEPT, schema), &values).await.map_err(|error| failed(Failed::Server(error)))?;
    enqueue::answers(&row, jobs).map_err(failed)
}

impl Postgres {
    /// As [`enqueue_in`], in this store's schema.
    pub async fn enqueue_in(&self, tx: &Transaction<'_>, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
        enqueue_in(tx, &self.inner().pool.options.schema, jobs).await
    }
}
