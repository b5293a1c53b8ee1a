//! The application's own tables, in a SQLite file: banto's store, if that is one, else a file of their own.
//!
//! In the store's file an avatar's row and its job are committed in one transaction. Migrations go forward only, each in one
//! transaction; the file's `user_version` is ours (banto keeps its own elsewhere). A command that needs no painter and no place
//! for pictures works with [`Tables`] alone.

use std::sync::Arc;

use banto::{
    Clock,
    sqlite::{
        Sqlite,
        rusqlite::{self, Connection},
    },
};

use crate::error::Error;

/// Every migration, in order.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_avatars.sql"),
    include_str!("../migrations/0002_runs.sql"),
    include_str!("../migrations/0003_holds.sql"),
    include_str!("../migrations/0004_people.sql"),
    include_str!("../migrations/0005_batch.sql"),
    include_str!("../migrations/0006_monitors.sql"),
    include_str!("../migrations/0007_records.sql"),
];

/// The tables, and the time. Cheap to clone.
#[derive(Clone)]
pub struct Tables {
    store: Sqlite,
    clock: Arc<dyn Clock>,
}

impl Tables {
    /// The tables in an open file, brought up to date.
    pub async fn open(store: Sqlite, clock: Arc<dyn Clock>) -> Result<Tables, Error> {
        let tables = Tables { store, clock };
        tables.write(|db| Ok(migrate(db)?)).await?;
        Ok(tables)
    }

    /// The clock.
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// Wall-clock time, in milliseconds since 1970.
    pub fn now(&self) -> i64 {
        self.clock.wall_ms()
    }

    /// Writes in one durable transaction; after an error nothing of it remains.
    pub fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> impl Future<Output = Result<T, Error>> + Send {
        self.store.write(work)
    }

    /// Reads in one snapshot.
    pub fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> impl Future<Output = Result<T, Error>> + Send {
        self.store.read(question)
    }
}

/// Brings the tables up to this build's. Answers how many steps were taken. Refuses a file of a newer build.
pub fn migrate(tx: &Connection) -> rusqlite::Result<usize> {
    let have: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let have = usize::try_from(have).unwrap_or(usize::MAX);
    if have > MIGRATIONS.len() {
        let text = format!(
            "use a database of version {have} with a build that knows {}; run the newer build",
            MIGRATIONS.len()
        );
        return Err(rusqlite::Error::ToSqlConversionFailure(text.into()));
    }
    for migration in MIGRATIONS.iter().skip(have) {
        tx.execute_batch(migration)?;
    }
    tx.pragma_update(None, "user_version", i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX))?;
    Ok(MIGRATIONS.len() - have)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "INSERT INTO users (id, name) VALUES (1, 'Hanako');
        INSERT INTO teacher_avatars (id, user_id, look, generation_status, run, job, estimated_token_usage, created_at, updated_at)
          VALUES (1, 1, '{}', 'completed', 'a', '', 0, 0, 0), (2, 1, '{}', 'generating', 'c', '', 0, 0, 0);
        UPDATE teacher_avatars SET failure_reason = 'keep pictures in /srv: full' WHERE id = 2;
        INSERT INTO token_transactions (user_id, type, amount, free_part, balance_after, reason, run, created_at)
          VALUES (1, 'ai_usage', -1, 1, 0, 'avatar', 'a', 0), (1, 'ai_usage', -1, 1, 0, 'avatar', 'b', 0);
        INSERT INTO avatar_images (teacher_avatar_id, image_type, expression_type, run, path, bytes, created_at)
          VALUES (1, 'bust', 'sad', 'a', 'p', 1, 0), (2, 'bust', 'sad', 'b', 'q', 1, 0), (2, 'bust', 'happy', 'c', 'r', 1, 0);
        INSERT INTO avatar_comments (teacher_avatar_id, event_type, run, comment_text, created_at)
          VALUES (1, 'login', 'a', 'hello', 0);
        INSERT INTO token_holds (run, user_id, amount, created_at) VALUES ('lost', 1, 7, 0), ('c', 1, 7, 0)";

    #[test]
    fn rows_of_the_first_tables_are_all_there_in_the_second() {
        let tx = Connection::open_in_memory().unwrap();
        tx.execute_batch(MIGRATIONS[0]).unwrap();
        tx.execute_batch(BEFORE).unwrap();
        tx.pragma_update(None, "user_version", 1).unwrap();
        assert_eq!(migrate(&tx).unwrap(), MIGRATIONS.len() - 1);
        let one = |sql: &str| tx.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(one("SELECT group_concat(path, '') FROM avatar_images"), "pqr");
        assert_eq!(one("SELECT comment_text FROM avatar_comments"), "hello");
        let shown = "SELECT group_concat(shown_run, '') FROM teacher_avatars";
        assert_eq!(one(shown), "ab", "what was charged for is shown, not what is under way");
        assert_eq!(one("SELECT failure_detail FROM teacher_avatars WHERE id = 2"), "keep pictures in /srv: full");
        assert!(!one("SELECT failure_reason FROM teacher_avatars WHERE id = 2").is_ascii());
        assert_eq!(one("SELECT group_concat(run, '') FROM token_holds"), "c", "a hold is its run's");
        assert_eq!(migrate(&tx).unwrap(), 0);
    }

    #[test]
    fn a_file_of_a_newer_build_is_refused_and_left_alone() {
        let tx = Connection::open_in_memory().unwrap();
        tx.pragma_update(None, "user_version", 99).unwrap();
        let refusal = migrate(&tx).unwrap_err().to_string();
        assert!(refusal.contains("version 99") && refusal.contains("run the newer build"), "{refusal}");
        let tables: i64 = tx.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 0);
    }
}
