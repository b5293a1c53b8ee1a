//! The schema and its steps, forward only.
//!
//! All steps that are missing are taken in one transaction, under a lock of the whole database that only migrators of that
//! schema take: two at once take turns, and the second finds nothing left to do. A newer schema is refused unless it says that
//! builds of this age may go on with it: so the old build of a deploy works on while the new one has migrated.

use banto_store::{Fault, StoreError};

use crate::{
    conn::Conn,
    error::{Failed, Worked},
};

/// All steps, oldest first. A step that was released is never changed, and takes nothing away that the step before it had.
const STEPS: &[&str] = &[
    include_str!("../migrations/0001_first.sql"),
    include_str!("../migrations/0002_jobs.sql"),
    include_str!("../migrations/0003_schedules.sql"),
    include_str!("../migrations/0004_orders.sql"),
    include_str!("../migrations/0005_own.sql"),
    include_str!("../migrations/0006_settle.sql"),
    include_str!("../migrations/0007_standing.sql"),
    include_str!("../migrations/0008_whole.sql"),
    include_str!("../migrations/0009_many.sql"),
];

/// The version of the schema that this build makes and reads.
pub const SCHEMA: usize = STEPS.len();

/// The oldest build that may go on with the schema that this one makes, by the version that it knows.
const SERVES: usize = 6;

/// The oldest schema that this build works on as it is: later steps made it only safer or faster.
const LEAST: usize = 6;

/// What a migration found and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// The version before its own steps; 0 is an empty schema. Where another process took them all, the one it left.
    pub from: usize,
    /// The version it left.
    pub to: usize,
}

/// Brings the schema up to this build's.
pub(crate) async fn migrate(conn: &mut Conn) -> Worked<Migrated> {
    let found = version(conn).await?;
    if found >= SCHEMA {
        return Ok(Migrated { from: found, to: found });
    }
    conn.begin().await?;
    conn.batch(
        "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '60s';
        SELECT pg_advisory_xact_lock(hashtextextended('{s}.migrate', 0));",
    )
    .await?;
    // To ask for it where it is wants a right to make others.
    if !conn.one("SELECT to_regnamespace('{s}') IS NOT NULL", &[]).await?.try_get::<_, bool>(0)? {
        conn.batch("CREATE SCHEMA {s}").await?;
    }
    let from = version(conn).await?;
    let mut steps = String::new();
    for step in STEPS.iter().skip(from) {
        steps += step;
    }
    if from < SCHEMA {
        steps += &format!(
            "INSERT INTO {{s}}.meta AS m (name, value) VALUES ('schema', '{SCHEMA}'), ('serves', '{SERVES}')
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value;"
        );
        conn.batch(&steps).await?;
    }
    conn.commit().await?;
    Ok(Migrated { from, to: from.max(SCHEMA) })
}

/// Refuses a schema that this build cannot work on as it is. Changes nothing.
pub(crate) async fn current(conn: &mut Conn, place: &str) -> Worked<Migrated> {
    let refused = |what: String| Err(Failed::Store(StoreError::new(Fault::Config, what)));
    match version(conn).await? {
        0 => refused(format!("use the store: there is none in this schema yet; run `migrate` first: {}", cure(place))),
        at if at < LEAST => refused(format!(
            "use the store: its schema is version {at} and this build wants {LEAST} or more; run `migrate` first: {}",
            cure(place)
        )),
        at => Ok(Migrated { from: at, to: at }),
    }
}

/// What to type; an address is shown without its secrets.
fn cure(place: &str) -> String {
    format!("banto migrate --store \"{place}\"")
}

/// The version of the schema. Refuses one that this build does not know and that does not know this build.
async fn version(conn: &mut Conn) -> Worked<usize> {
    let made: bool = conn.one("SELECT to_regclass('{s}.meta') IS NOT NULL", &[]).await?.try_get(0)?;
    if !made {
        return Ok(0);
    }
    let sql = "SELECT name, value FROM {s}.meta WHERE name IN ('schema', 'serves') ORDER BY name";
    let rows = conn.query(sql, &[]).await?;
    let number = |wanted: &str| {
        let value = rows.iter().find(|row| row.try_get::<_, String>(0).is_ok_and(|name| name == wanted));
        let text: String = value.and_then(|row| row.try_get(1).ok()).unwrap_or_default();
        text.parse::<usize>().map_err(|_| {
            let what = format!(
                "read the store's version: {text:?} stands in meta under {wanted} where a number is wanted; restore a backup"
            );
            StoreError::new(Fault::Damaged, what)
        })
    };
    let (schema, serves) = (number("schema")?, number("serves")?);
    if schema > SCHEMA && serves > SCHEMA {
        let what = format!(
            "use the store: its schema is version {schema}, for builds that know {serves} or more, and this build knows up to \
             {SCHEMA}; run the newer build"
        );
        return Err(StoreError::new(Fault::Newer, what).into());
    }
    Ok(schema)
}
