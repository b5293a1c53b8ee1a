//! What an operator should know of the database now: what keeps old rows alive, what has grown, what is broken.
//!
//! Asked now and then by the listening connection, so that `about` can say it at once. Each notice ends with what to do.

use tokio_postgres::Client;

use crate::conn::in_schema;

/// From when on something is worth a notice.
pub(crate) struct Limits {
    /// A snapshot that is held for longer keeps every row that was deleted since; the tables grow and claims get slower.
    snapshot_s: f64,
    /// Less than this many dead rows is no bloat, whatever share they are.
    dead_rows: i64,
}

/// Where jobs come and go.
pub(crate) const LIMITS: Limits = Limits { snapshot_s: 300.0, dead_rows: 200_000 };

/// The oldest transaction that holds a snapshot, or a number of its own, which is as good as one to the cleaners.
const OLDEST: &str = "SELECT pid, extract(epoch FROM clock_timestamp() - xact_start)::float8, coalesce(usename, ''),
        coalesce(application_name, ''), state = 'idle in transaction'
    FROM pg_stat_activity WHERE coalesce(backend_xmin, backend_xid) IS NOT NULL AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
    ORDER BY xact_start LIMIT 1";
/// Tables of ours in which dead rows are more than the others.
const BLOAT: &str = "SELECT relname::text, n_dead_tup, n_live_tup FROM pg_stat_user_tables
    WHERE schemaname = '{s}' AND n_dead_tup > $1 AND n_dead_tup > n_live_tup ORDER BY n_dead_tup DESC LIMIT 3";
/// Indexes of ours that are broken.
const INVALID: &str = "SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '{s}' AND NOT (i.indisvalid AND i.indisready)";

/// Looks. What cannot be asked is not said.
pub(crate) async fn advice(client: &Client, schema: &str, limits: &Limits) -> Vec<String> {
    let mut said = Vec::new();
    if let Ok(rows) = client.query(OLDEST, &[]).await {
        for row in rows {
            let Ok(seconds) = row.try_get::<_, f64>(1) else { continue };
            if seconds < limits.snapshot_s {
                continue;
            }
            let (pid, idle) = (row.try_get::<_, i32>(0).unwrap_or(0), row.try_get(4).unwrap_or(false));
            let who =
                format!("{} {}", row.try_get::<_, &str>(2).unwrap_or(""), row.try_get::<_, &str>(3).unwrap_or(""));
            let who = banto_core::text::visible(who.trim(), 100);
            let state = if idle { ", which waits for its client" } else { "" };
            said.push(format!(
                "process {pid} of the server ({who}) holds a transaction open for {} minutes{state}: nothing deleted since is \
                 cleaned up, and claims get slower; end it, or SELECT pg_terminate_backend({pid})",
                seconds as u64 / 60
            ));
        }
    }
    if let Ok(rows) = client.query(&in_schema(BLOAT, schema), &[&limits.dead_rows]).await {
        for row in rows {
            let Ok(table) = row.try_get::<_, &str>(0) else { continue };
            let (dead, live): (i64, i64) = (row.try_get(1).unwrap_or(0), row.try_get(2).unwrap_or(0));
            said.push(format!(
                "the table {schema}.{table} has {dead} dead rows beside {live}: autovacuum does not keep up; look whether it is on \
                 and what holds it up, or VACUUM {schema}.{table}"
            ));
        }
    }
    if let Ok(rows) = client.query(&in_schema(INVALID, schema), &[]).await {
        for row in rows {
            let Ok(index) = row.try_get::<_, &str>(0) else { continue };
            said.push(format!("the index {schema}.{index} is not valid: REINDEX INDEX {schema}.{index}"));
        }
    }
    said
}

#[cfg(test)]
#[path = "advice_tests.rs"]
mod tests;
