//! What must always be true of the file, asked of all of it: for tests, simulators and `doctor`, not for every day.

use rusqlite::Connection;

use crate::error::{Result, fault};

/// A rule, and the question whose rows break it.
const RULES: &[(&str, &str)] = &[
    (
        "a job stands in exactly one place",
        "SELECT hex(j.id) FROM banto_job j
             LEFT JOIN banto_ready r ON r.seq = j.seq
             LEFT JOIN banto_lease l ON l.seq = j.seq
             LEFT JOIN banto_done d ON d.seq = j.seq
         WHERE (r.seq IS NOT NULL) + (l.seq IS NOT NULL) + (d.seq IS NOT NULL) <> (j.state = 1)",
    ),
    (
        "a place in line, a lease and an end lead to a job",
        "SELECT hex(id) FROM banto_ready r WHERE NOT EXISTS (SELECT 1 FROM banto_job j WHERE j.seq = r.seq AND j.id = r.id)
         UNION ALL
         SELECT seq FROM banto_lease l WHERE NOT EXISTS (SELECT 1 FROM banto_job j WHERE j.seq = l.seq)
         UNION ALL
         SELECT seq FROM banto_done d WHERE NOT EXISTS (SELECT 1 FROM banto_job j WHERE j.seq = d.seq)",
    ),
    (
        "the line is ordered by what the jobs say",
        "SELECT hex(r.id) FROM banto_ready r JOIN banto_job j ON j.seq = r.seq
         WHERE (r.queue, r.priority, r.run_at) IS NOT (j.queue, j.priority, j.run_at)",
    ),
    (
        "an end has its time, and only an end",
        "SELECT hex(id) FROM banto_job WHERE (state IN (5, 6)) <> (finished_at IS NOT NULL)",
    ),
    (
        "a lease grows with each claim",
        "SELECT hex(j.id) FROM banto_lease l JOIN banto_job j ON j.seq = l.seq WHERE l.fence <> j.fence + 1",
    ),
    (
        "the counts are the sums",
        "SELECT queue || ' ' || kind || ' ' || version || ' ' || state FROM (
             SELECT queue, kind, version, state, jobs FROM banto_count
             UNION ALL
             SELECT j.queue, j.kind, j.version,
                 CASE WHEN l.seq IS NOT NULL THEN 2 WHEN d.seq IS NOT NULL THEN 4 ELSE j.state END, -1
             FROM banto_job j LEFT JOIN banto_lease l ON l.seq = j.seq LEFT JOIN banto_done d ON d.seq = j.seq)
         GROUP BY queue, kind, version, state HAVING sum(jobs) <> 0",
    ),
    (
        "whatever was accepted is listed, removed or counted as lost",
        "SELECT accepted || ' accepted' FROM banto_tally
         WHERE accepted <> removed + lost + (SELECT count(*) FROM banto_job)",
    ),
    (
        "a key that only an end can let go belongs to a job that has not ended",
        "SELECT key FROM banto_key k WHERE until IS NULL AND NOT EXISTS (
             SELECT 1 FROM banto_job j WHERE j.id = k.job AND j.state NOT IN (5, 6)
                 AND NOT EXISTS (SELECT 1 FROM banto_done d WHERE d.seq = j.seq))",
    ),
    ("a line belongs to a job", "SELECT seq FROM banto_line WHERE seq NOT IN (SELECT seq FROM banto_job)"),
    (
        "a payload stands in one place",
        "SELECT seq FROM banto_payload WHERE seq NOT IN (SELECT seq FROM banto_job WHERE payload IS NULL)
         UNION ALL
         SELECT seq FROM banto_job WHERE payload IS NULL AND seq NOT IN (SELECT seq FROM banto_payload)",
    ),
    (
        "a due instant has a job, or a reason why not",
        "SELECT schedule || ' ' || due_at FROM banto_fire WHERE (fate = 0) <> (job IS NOT NULL) OR (fate = 0) <> (reason IS NULL)",
    ),
    (
        "the last due instant of each fate is known",
        "SELECT schedule || ' ' || fate FROM (
             SELECT schedule, fate, max(due_at) AS due_at, 1 AS n FROM banto_fire GROUP BY schedule, fate
             UNION ALL
             SELECT schedule, fate, due_at, -1 FROM banto_fire_last)
         GROUP BY schedule, fate, due_at HAVING sum(n) <> 0",
    ),
    ("SQLite finds the file whole", "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
];

/// The rules that are broken, each with what breaks it first. Empty is well.
pub(crate) fn check(db: &Connection) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for (rule, question) in RULES {
        let asked = db.prepare(question).and_then(|mut find| {
            let rows = find.query_map([], |row| row.get::<_, rusqlite::types::Value>(0))?;
            rows.take(3).collect::<rusqlite::Result<Vec<_>>>()
        });
        let found = asked.map_err(|error| fault(&format!("check that {rule}"), &error))?;
        if !found.is_empty() {
            broken.push(format!("it is not so that {rule}: {found:?}"));
        }
    }
    Ok(broken)
}
