//! The questions. Bounded in rows, and none of them changes anything.

use std::collections::{BTreeMap, HashMap};

use banto_core::{Cause, Job, JobId, Label, Name, State, limits::PAGE_MAX};
use banto_store::{Card, Census, Holder, Line, Page, QueueView, Select, Tally, read::LATELY_MS, unreadable::stand_in};
use tokio_postgres::Row;

use crate::{
    conn::Conn,
    error::Worked,
    pages::Pages,
    pause,
    row::{self, ANY, Int, job_id, raw, uuid},
    said::said,
};

/// One job with its trail.
pub(crate) async fn job(conn: &mut Conn, id: JobId) -> Worked<Option<Card>> {
    conn.begin_asking().await?;
    let rows = conn.query(&format!("{ANY} WHERE w.id = $1"), &[&uuid(&id)]).await?;
    let trail = trail(conn, id).await?;
    conn.commit().await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (job, raw) = match row::read(row, 0) {
        Ok(stored) => (stored.job, None),
        Err(damaged) => (damaged.0, Some(raw(row))),
    };
    Ok(Some(Card { job, trail, raw }))
}

async fn trail(conn: &mut Conn, id: JobId) -> Worked<Vec<Line>> {
    let sql = "SELECT at, fence, word, text FROM {s}.line WHERE id = $1 ORDER BY n";
    let mut trail = Vec::new();
    for row in conn.query(sql, &[&uuid(&id)]).await? {
        trail.push(line(&row)?);
    }
    Ok(trail)
}

fn line(row: &Row) -> Worked<Line> {
    let fence = u32::try_from(row.try_get::<_, i64>(1)?).unwrap_or(0);
    Ok(Line { at: row.try_get(0)?, fence, word: said(row.try_get(2)?), text: said(row.try_get(3)?) })
}

/// Jobs that fit, newest first.
pub(crate) async fn jobs(conn: &mut Conn, select: &Select, before: Option<JobId>) -> Worked<Page> {
    conn.begin_asking().await?;
    let limit = select.limit.min(PAGE_MAX);
    let mut jobs = newest(conn, select, before, limit.saturating_add(1)).await?;
    conn.commit().await?;
    let more = jobs.len() > limit;
    jobs.truncate(limit);
    Ok(Page { jobs, more })
}

/// The newest that fit: so many, and perhaps some more.
async fn newest(conn: &mut Conn, select: &Select, before: Option<JobId>, most: usize) -> Worked<Vec<Job>> {
    let mut pages = Pages::newest_first(select, before);
    let mut jobs: Vec<Job> = Vec::new();
    while jobs.len() < most {
        let Some(page) = pages.next(conn).await? else { break };
        jobs.extend(page.into_iter().map(|stored| stored.job));
    }
    Ok(jobs)
}

/// Jobs that fit, newest first, each with its trail.
pub(crate) async fn cards(conn: &mut Conn, select: &Select, before: Option<JobId>) -> Worked<Vec<Card>> {
    conn.begin_asking().await?;
    let limit = select.limit.min(PAGE_MAX);
    let mut ids: Vec<JobId> = newest(conn, select, before, limit).await?.into_iter().map(|job| job.id).collect();
    ids.truncate(limit);
    let rows = row::find(conn, &ids).await?;
    let sql = "SELECT at, fence, word, text, id FROM {s}.line WHERE id = ANY ($1) ORDER BY id, n";
    let mut trails: HashMap<JobId, Vec<Line>> = HashMap::new();
    for row in conn.query(sql, &[&row::uuids(&ids)]).await? {
        trails.entry(job_id(row.try_get(4)?)).or_default().push(line(&row)?);
    }
    conn.commit().await?;
    let card = |row: &Row| {
        let (job, raw) = match row::read(row, 0) {
            Ok(stored) => (stored.job, None),
            Err(damaged) => (damaged.0, Some(raw(row))),
        };
        Card { trail: trails.remove(&job.id).unwrap_or_default(), job, raw }
    };
    Ok(rows.iter().rev().map(card).collect())
}

/// What is waiting in each queue: how many scheduled jobs have come due, since when the first of them, and since when the first
/// that is ready. The index of the line knows the first of each priority.
const WAITING: &str = "SELECT q.queue,
        (SELECT count(*) FROM {s}.live l WHERE l.state = 0 AND l.queue = q.queue AND l.run_at <= $2),
        (SELECT l.run_at FROM {s}.live l WHERE l.state = 0 AND l.queue = q.queue AND l.run_at <= $2
            ORDER BY l.run_at LIMIT 1),
        (SELECT min(f.run_at) FROM generate_series(0, 9) AS p (priority), LATERAL (
            SELECT l.run_at FROM {s}.live l WHERE l.state = 1 AND l.queue = q.queue AND l.priority = p.priority
                ORDER BY l.run_at LIMIT 1) AS f)
    FROM unnest($1::text[]) AS q (queue)";

/// Who died since then.
const DIED: &str = "SELECT j.queue, count(*) FROM {s}.ended e, LATERAL (
        SELECT x.queue FROM {s}.job x WHERE x.id = e.id OFFSET 0) AS j
    WHERE e.state = 5 AND e.finished_at > $1 GROUP BY j.queue";

/// Each queue that has a job or is paused, by name.
pub(crate) async fn queues(conn: &mut Conn) -> Worked<Vec<QueueView>> {
    conn.begin_asking().await?;
    let wall = conn.wall().await?;
    let mut views: BTreeMap<Name, QueueView> = BTreeMap::new();
    let counted =
        "SELECT queue, what, sum(n)::bigint FROM {s}.counted WHERE what <= 6 GROUP BY queue, what HAVING sum(n) > 0";
    for row in conn.query(counted, &[]).await? {
        let Some(state) = State::of_number(row.try_get::<_, Int>(1)?.0) else { continue };
        let jobs = u64::try_from(row.try_get::<_, i64>(2)?).unwrap_or(0);
        let view = view(&mut views, readable(row.try_get(0)?));
        view.counts.iter_mut().skip(usize::from(state.number())).take(1).for_each(|count| *count += jobs);
    }
    for (queue, pause) in pause::QUEUES.all(conn, wall).await? {
        if let Ok(queue) = Name::new(&queue) {
            view(&mut views, queue).pause = Some(pause);
        }
    }
    let since = wall.saturating_sub_unsigned(LATELY_MS);
    for row in conn.query(DIED, &[&since]).await? {
        view(&mut views, readable(row.try_get(0)?)).died_lately +=
            u64::try_from(row.try_get::<_, i64>(1)?).unwrap_or(0);
    }
    let names: Vec<String> = views.keys().map(|name| name.as_str().to_owned()).collect();
    for row in conn.query(WAITING, &[&names, &wall]).await? {
        let view = view(&mut views, readable(row.try_get(0)?));
        view.due = u64::try_from(row.try_get::<_, i64>(1)?).unwrap_or(0);
        let (due, ready): (Option<i64>, Option<i64>) = (row.try_get(2)?, row.try_get(3)?);
        view.oldest_at = due.into_iter().chain(ready).min();
    }
    conn.commit().await?;
    Ok(views.into_values().collect())
}

fn view(views: &mut BTreeMap<Name, QueueView>, queue: Name) -> &mut QueueView {
    let new = |queue| QueueView { queue, counts: [0; 7], due: 0, oldest_at: None, died_lately: 0, pause: None };
    views.entry(queue.clone()).or_insert_with(|| new(queue))
}

/// A name; one that somebody wrote into the tables goes by a stand-in, so that its jobs are not left out.
fn readable(text: &str) -> Name {
    Name::new(text).unwrap_or_else(|_| stand_in())
}

/// Jobs that have not ended, counted.
pub(crate) async fn census(conn: &mut Conn) -> Worked<Vec<Census>> {
    let sql = "SELECT queue, kind, version, what, NULL, n FROM {s}.counted WHERE what IN (0, 1, 2) AND n > 0
        UNION ALL
        SELECT queue, kind, version, state, cause, count(*) FROM {s}.live WHERE state = 3
        GROUP BY queue, kind, version, state, cause";
    let mut census = Vec::new();
    for row in conn.query(sql, &[]).await? {
        let Some(state) = State::of_number(row.try_get::<_, Int>(3)?.0) else { continue };
        census.push(Census {
            queue: readable(row.try_get(0)?),
            kind: readable(row.try_get(1)?),
            version: u16::try_from(row.try_get::<_, Int>(2)?.0).unwrap_or(0),
            state,
            cause: row.try_get::<_, Option<&str>>(4)?.and_then(Cause::of_word),
            jobs: u64::try_from(row.try_get::<_, i64>(5)?).unwrap_or(0),
        });
    }
    census.sort();
    Ok(census)
}

/// Who holds a key now.
pub(crate) async fn holder(conn: &mut Conn, key: &Label) -> Worked<Option<Holder>> {
    let wall = conn.now.wall;
    let sql = "SELECT job, until FROM {s}.key WHERE key = $1 AND (until IS NULL OR until > coalesce($2, {s}.now_ms()))";
    let rows = conn.query(sql, &[&key.as_str(), &wall]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(Holder { job: job_id(row.try_get(0)?), until: row.try_get(1)? }))
}

/// What was counted since the store was made.
pub(crate) async fn tally(conn: &mut Conn) -> Worked<Tally> {
    let mut tally = Tally::default();
    let sql = "SELECT what, sum(n)::bigint FROM {s}.counted WHERE what > 6 GROUP BY what";
    for row in conn.query(sql, &[]).await? {
        let count = match row.try_get::<_, Int>(0)?.0 {
            7 => &mut tally.accepted,
            8 => &mut tally.doubles,
            9 => &mut tally.claimed,
            10 => &mut tally.late,
            11 => &mut tally.rescued,
            12 => &mut tally.removed,
            _ => continue,
        };
        *count = u64::try_from(row.try_get::<_, i64>(1)?).unwrap_or(0);
    }
    Ok(tally)
}
