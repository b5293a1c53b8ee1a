//! One connection: its statements, prepared once, and what the call that uses it leaves behind.

use std::collections::HashMap;

use tokio_postgres::{Client, Row, Statement, types::ToSql};

use crate::{error::Worked, time::Now};

/// Statements with values bound in text of our own making are few; this many are kept on a connection.
const STATEMENTS_MAX: usize = 200;

/// A connection.
pub(crate) struct Conn {
    client: Client,
    schema: std::sync::Arc<str>,
    statements: HashMap<String, Statement>,
    /// Whether a transaction of ours is open: such a connection is not used again.
    open: bool,
    /// The time of the call that uses it.
    pub now: Now,
    /// Whether that call may tell the others itself that something has changed.
    pub tell: bool,
    /// Whether somebody who waits for work or orders should look.
    pub news: bool,
}

impl Conn {
    pub fn new(client: Client, schema: std::sync::Arc<str>, now: Now) -> Conn {
        Conn { client, schema, statements: HashMap::new(), open: false, now, tell: false, news: false }
    }

    /// Whether it may be used for another call.
    pub fn sound(&self) -> bool {
        !self.open && !self.client.is_closed()
    }

    /// Rows of a statement; `{s}` in it is the schema.
    pub async fn query(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Worked<Vec<Row>> {
        let statement = self.statement(sql).await?;
        Ok(self.client.query(&statement, values).await?)
    }

    /// The one row of a statement.
    pub async fn one(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Worked<Row> {
        let statement = self.statement(sql).await?;
        Ok(self.client.query_one(&statement, values).await?)
    }

    /// How many rows a statement changed.
    pub async fn execute(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Worked<u64> {
        let statement = self.statement(sql).await?;
        Ok(self.client.execute(&statement, values).await?)
    }

    /// Several statements without values.
    pub async fn batch(&mut self, sql: &str) -> Worked<()> {
        Ok(self.client.batch_execute(&in_schema(sql, &self.schema)).await?)
    }

    /// Begins a transaction.
    pub async fn begin(&mut self) -> Worked<()> {
        self.open = true;
        Ok(self.client.batch_execute("BEGIN").await?)
    }

    /// Begins to ask: all questions see the same moment.
    pub async fn begin_asking(&mut self) -> Worked<()> {
        self.open = true;
        Ok(self.client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
    }

    /// Keeps what was done since it began.
    pub async fn commit(&mut self) -> Worked<()> {
        self.client.batch_execute("COMMIT").await?;
        self.open = false;
        Ok(())
    }

    /// Gives up what was done since it began.
    pub async fn roll_back(&mut self) -> Worked<()> {
        self.client.batch_execute("ROLLBACK").await?;
        self.open = false;
        Ok(())
    }

    /// The wall-clock time, where a statement has not brought it.
    pub async fn wall(&mut self) -> Worked<i64> {
        match self.now.wall {
            Some(wall) => Ok(wall),
            None => Ok(self.one("SELECT {s}.now_ms()", &[]).await?.try_get(0)?),
        }
    }

    /// Whether a transaction is open that must be given up before the connection is used again.
    pub fn is_open(&self) -> bool {
        self.open && !self.client.is_closed()
    }

    async fn statement(&mut self, sql: &str) -> Worked<Statement> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(&in_schema(sql, &self.schema)).await?;
        if self.statements.len() >= STATEMENTS_MAX {
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// The statement for that schema, whose name needs no quotes.
pub(crate) fn in_schema(sql: &str, schema: &str) -> String {
    sql.replace("{s}", schema)
}
