//! What must always be true of the tables, asked of all of them: for tests, simulators and `doctor`, not for every day.

use crate::{
    Postgres,
    conn::Conn,
    error::{Doing, Result, Worked},
};

/// A rule, and the question whose rows break it.
const RULES: &[(&str, &str)] = &[
    ("a job stands in exactly one place, which fits it", "SELECT id::text FROM {s}.whole WHERE NOT fits"),
    (
        "a place leads to a job",
        "SELECT id::text FROM (SELECT id FROM {s}.live UNION ALL SELECT id FROM {s}.ended) AS p
         WHERE NOT EXISTS (SELECT FROM {s}.job j WHERE j.id = p.id)",
    ),
    (
        "what runs has a lease, and only that",
        "SELECT id::text FROM {s}.live WHERE (state = 2) <> (token IS NOT NULL)
            OR (state = 2) <> (boot IS NOT NULL AND until IS NOT NULL AND length IS NOT NULL)",
    ),
    (
        "what was claimed has a start, and only that; attempts are not more than claims",
        "SELECT id::text FROM {s}.whole WHERE ((fence > 0) <> (started_at IS NOT NULL) OR attempt > fence)
             AND NOT EXISTS (SELECT FROM {s}.meta WHERE name = 'standing' AND value <> '')",
    ),
    ("a cause is of what is parked", "SELECT id::text FROM {s}.live WHERE cause IS NOT NULL AND state <> 3"),
    (
        "the counts are the sums",
        "SELECT queue || ' ' || kind || ' ' || version || ' ' || what FROM (
             SELECT queue, kind, version, what, n FROM {s}.counted WHERE what <= 6
             UNION ALL
             SELECT queue, kind, version, state, -1 FROM {s}.live
             UNION ALL
             SELECT j.queue, j.kind, j.version, e.state, -1 FROM {s}.ended e JOIN {s}.job j ON j.id = e.id) AS c
         GROUP BY queue, kind, version, what HAVING sum(n) <> 0",
    ),
    (
        "whatever was accepted is listed or removed",
        "SELECT sum(CASE what WHEN 7 THEN n ELSE -n END) || ' too many' FROM {s}.counted WHERE what IN (7, 12)
         HAVING sum(CASE what WHEN 7 THEN n ELSE -n END) <> (SELECT count(*) FROM {s}.job)",
    ),
    (
        "a key that only an end can let go belongs to a job that has not ended",
        "SELECT key FROM {s}.key k WHERE until IS NULL AND NOT EXISTS (SELECT FROM {s}.live l WHERE l.id = k.job)",
    ),
    (
        "a job that must hold its key does",
        "SELECT l.id::text FROM {s}.live l JOIN {s}.job j ON j.id = l.id
         WHERE ((j.hold = 0 AND l.fence = 0) OR j.hold IN (1, 2))
             AND NOT EXISTS (SELECT FROM {s}.key k WHERE k.key = j.key AND k.job = j.id)
             AND NOT EXISTS (SELECT FROM {s}.meta WHERE name = 'standing' AND value <> '')",
    ),
    (
        "a line belongs to a job",
        "SELECT id::text FROM {s}.line l WHERE NOT EXISTS (SELECT FROM {s}.job j WHERE j.id = l.id)",
    ),
    (
        "what was said of a due instant fits its fate",
        "SELECT schedule FROM {s}.fire WHERE (fate = 0) <> (reason IS NULL) OR (job IS NOT NULL AND fate <> 0)",
    ),
];

impl Postgres {
    /// What must always be true of the tables, as sentences on what is not; empty is well. Looks at every row, so it takes its
    /// time on a large store.
    pub async fn check(&self) -> Result<Vec<String>> {
        self.call("check the store", Doing::Asking, |conn| Box::pin(check(conn))).await
    }
}

/// The rules that are broken, each with what breaks it first.
async fn check(conn: &mut Conn) -> Worked<Vec<String>> {
    conn.begin_asking().await?;
    let mut broken = Vec::new();
    for (rule, question) in RULES {
        let rows = conn.query(&format!("{question} LIMIT 3"), &[]).await?;
        let found: Vec<String> = rows.iter().map(|row| row.try_get(0)).collect::<std::result::Result<_, _>>()?;
        if !found.is_empty() {
            broken.push(format!("it is not so that {rule}: {found:?}"));
        }
    }
    conn.commit().await?;
    Ok(broken)
}
