//! The questions. Bounded in rows, and none of them changes anything.

use std::collections::BTreeMap;

use banto_core::{Cause, JobId, Label, Name, State, limits::PAGE_MAX};
use banto_store::{
    Card, Census, Holder, Key, Keys, Line, Page, QueueView, Select, Tally, read::LATELY_MS, unreadable::stand_in,
};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::{
    desk::Now,
    error::{Result, fault},
    key,
    pages::Pages,
    pause,
    row::{ANY, Reader, Stored, lossy, raw},
};

/// One job with its trail.
pub(crate) fn job(db: &Connection, id: JobId) -> Result<Option<Card>> {
    card(db, id).map_err(|error| fault("show the job", &error))
}

fn card(db: &Connection, id: JobId) -> rusqlite::Result<Option<Card>> {
    let mut find = db.prepare_cached(&format!("{ANY} WHERE j.id = ?1"))?;
    let mut rows = find.query([id.bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (seq, job, raw) = match Reader::default().read(row) {
        Ok(stored) => (stored.seq, stored.job, None),
        Err(damaged) => (damaged.seq, damaged.job, Some(raw(row))),
    };
    Ok(Some(Card { job, trail: trail(db, seq)?, raw }))
}

fn trail(db: &Connection, seq: i64) -> rusqlite::Result<Vec<Line>> {
    let mut find = db.prepare_cached("SELECT at, fence, word, text FROM banto_line WHERE seq = ?1 ORDER BY n")?;
    let read = |row: &Row<'_>| {
        let fence = u32::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
        Ok(Line { at: row.get(0)?, fence, word: lossy(row, 2)?, text: lossy(row, 3)? })
    };
    find.query_map([seq], read)?.collect()
}

/// Jobs that fit, newest first.
pub(crate) fn jobs(db: &Connection, select: &Select, before: Option<JobId>) -> Result<Page> {
    page(db, select, before).map_err(|error| fault("list jobs", &error))
}

fn page(db: &Connection, select: &Select, before: Option<JobId>) -> rusqlite::Result<Page> {
    let limit = select.limit.min(PAGE_MAX);
    let mut found = newest(db, select, before, limit + 1)?;
    let more = found.len() > limit;
    found.truncate(limit);
    Ok(Page { jobs: found.into_iter().map(|stored| stored.job).collect(), more })
}

/// At least so many that fit, the newest first, or all.
fn newest(db: &Connection, select: &Select, before: Option<JobId>, most: usize) -> rusqlite::Result<Vec<Stored>> {
    let mut pages = Pages::newest_first(select, before);
    let mut found = Vec::new();
    while found.len() < most {
        let Some(page) = pages.next(db)? else { break };
        found.extend(page);
    }
    Ok(found)
}

/// Jobs that fit, newest first, each with its trail.
pub(crate) fn cards(db: &Connection, select: &Select, before: Option<JobId>) -> Result<Vec<Card>> {
    list_cards(db, select, before).map_err(|error| fault("list jobs with their trails", &error))
}

fn list_cards(db: &Connection, select: &Select, before: Option<JobId>) -> rusqlite::Result<Vec<Card>> {
    let limit = select.limit.min(PAGE_MAX);
    let mut found = newest(db, select, before, limit)?;
    found.truncate(limit);
    found.into_iter().map(|stored| whole(db, stored)).collect()
}

fn whole(db: &Connection, stored: Stored) -> rusqlite::Result<Card> {
    let trail = trail(db, stored.seq)?;
    let raw = match stored.damaged {
        // Under an id that is no id nobody finds it by name.
        true => Some(card(db, stored.job.id)?.and_then(|card| card.raw).unwrap_or_default()),
        false => None,
    };
    Ok(Card { job: stored.job, trail, raw })
}

/// Who died since then.
pub(crate) const DIED: &str = "SELECT queue, count(*) FROM banto_job
    WHERE state = 5 AND state >= 5 AND finished_at > ?1 GROUP BY queue";

/// Each queue that has a job or is paused, by name.
pub(crate) fn queues(db: &Connection, now: Now) -> Result<Vec<QueueView>> {
    views(db, now).map_err(|error| fault("list queues", &error))
}

fn views(db: &Connection, now: Now) -> rusqlite::Result<Vec<QueueView>> {
    let mut views: BTreeMap<Name, QueueView> = BTreeMap::new();
    let mut count =
        db.prepare_cached("SELECT queue, state, sum(jobs) FROM banto_count WHERE jobs > 0 GROUP BY queue, state")?;
    let mut rows = count.query([])?;
    while let Some(row) = rows.next()? {
        let Some(state) = State::of_number(row.get(1)?) else { continue };
        let jobs = u64::try_from(row.get::<_, i64>(2)?).unwrap_or(0);
        let view = view(&mut views, readable(row, 0)?);
        view.counts.iter_mut().skip(usize::from(state.number())).take(1).for_each(|count| *count += jobs);
    }
    for (queue, pause) in pause::QUEUES.all(db, now)? {
        if let Ok(queue) = Name::new(&queue) {
            view(&mut views, queue).pause = Some(pause);
        }
    }
    let since = now.wall.saturating_sub_unsigned(LATELY_MS);
    let mut died = db.prepare_cached(DIED)?;
    let mut rows = died.query([since])?;
    while let Some(row) = rows.next()? {
        view(&mut views, readable(row, 0)?).died_lately += u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
    }
    let mut found: Vec<QueueView> = views.into_values().collect();
    for view in &mut found {
        let (due, oldest) = due(db, &view.queue, now)?;
        view.due = due;
        view.oldest_at = oldest.into_iter().chain(oldest_ready(db, &view.queue)?).min();
    }
    Ok(found)
}

fn view(views: &mut BTreeMap<Name, QueueView>, queue: Name) -> &mut QueueView {
    let new = |queue| QueueView { queue, counts: [0; 7], due: 0, oldest_at: None, died_lately: 0, pause: None };
    views.entry(queue.clone()).or_insert_with(|| new(queue))
}

/// A name; one that somebody wrote into the file goes by a stand-in, so that its jobs are not left out.
fn readable(row: &Row<'_>, at: usize) -> rusqlite::Result<Name> {
    lossy(row, at).map(|text| Name::new(&text).unwrap_or_else(|_| stand_in()))
}

/// Scheduled jobs whose time has come, and since when the first of them.
fn due(db: &Connection, queue: &Name, now: Now) -> rusqlite::Result<(u64, Option<i64>)> {
    let sql = "SELECT count(*), min(run_at) FROM banto_job WHERE state = 0 AND queue = ?1 AND run_at <= ?2";
    let read = |row: &Row<'_>| Ok((u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0), row.get(1)?));
    db.prepare_cached(sql)?.query_row(rusqlite::params![queue.as_str(), now.wall], read)
}

/// The index knows the first of each priority.
fn oldest_ready(db: &Connection, queue: &Name) -> rusqlite::Result<Option<i64>> {
    let mut first = db.prepare_cached("SELECT min(run_at) FROM banto_ready WHERE queue = ?1 AND priority = ?2")?;
    let mut oldest = None::<i64>;
    for priority in 0..=banto_core::limits::PRIORITY_MAX {
        let at: Option<i64> = first.query_row(rusqlite::params![queue.as_str(), priority], |row| row.get(0))?;
        oldest = oldest.into_iter().chain(at).min();
    }
    Ok(oldest)
}

/// Jobs that have not ended, counted.
pub(crate) fn census(db: &Connection) -> Result<Vec<Census>> {
    count(db).map_err(|error| fault("count jobs", &error))
}

fn count(db: &Connection) -> rusqlite::Result<Vec<Census>> {
    let mut counted = db.prepare_cached(
        "SELECT queue, kind, version, state, NULL, jobs FROM banto_count WHERE state IN (0, 1, 2) AND jobs > 0
         UNION ALL
         SELECT queue, kind, version, 3, cause, count(*) FROM banto_job WHERE state = 3
         GROUP BY queue, kind, version, cause",
    )?;
    let mut rows = counted.query([])?;
    let mut census = Vec::new();
    while let Some(row) = rows.next()? {
        let version = u16::try_from(row.get::<_, i64>(2)?).unwrap_or(0);
        let (queue, kind) = (readable(row, 0)?, readable(row, 1)?);
        let Some(state) = State::of_number(row.get(3)?) else { continue };
        let cause = row.get_ref(4)?.as_str_or_null().ok().flatten().and_then(Cause::of_word);
        let jobs = u64::try_from(row.get::<_, i64>(5)?).unwrap_or(0);
        census.push(Census { queue, kind, version, state, cause, jobs });
    }
    census.sort();
    Ok(census)
}

/// Who holds a key now.
pub(crate) fn holder(db: &Connection, key: &Label, now: Now) -> Result<Option<Holder>> {
    key::holder(db, key.as_str(), now).map_err(|error| fault("look up the key", &error))
}

/// Keys that are held, by their bytes. What is no key, or names no job, is left out: nobody could have given it.
pub(crate) fn keys(db: &Connection, after: Option<&str>, limit: usize, now: Now) -> Result<Keys> {
    list_keys(db, after, limit, now).map_err(|error| fault("list keys", &error))
}

fn list_keys(db: &Connection, after: Option<&str>, limit: usize, now: Now) -> rusqlite::Result<Keys> {
    let limit = limit.clamp(1, PAGE_MAX);
    let mut find = db.prepare_cached(
        "SELECT key, job, until FROM banto_key
         WHERE key > ?1 AND (until IS NULL OR until > ?2) ORDER BY key LIMIT ?3",
    )?;
    let rows = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = find.query(rusqlite::params![after.unwrap_or_default(), now.wall, rows])?;
    let (mut keys, mut seen, mut last) = (Vec::new(), 0, None);
    while let Some(row) = rows.next()? {
        let key = lossy(row, 0)?;
        let job = row.get_ref(1)?.as_blob().ok().and_then(|bytes| bytes.try_into().ok()).map(JobId::of_bytes);
        if let (Ok(key), Some(job)) = (Label::new(&key), job) {
            keys.push(Key { key, holder: Holder { job, until: row.get(2)? } });
        }
        seen += 1;
        last = Some(key);
    }
    Ok(Keys { keys, next: last.filter(|_| seen == limit) })
}

/// What was counted since the store was made.
pub(crate) fn tally(db: &Connection) -> Result<Tally> {
    let read = |row: &Row<'_>| {
        let count = |at| row.get::<_, i64>(at).map(|count| u64::try_from(count).unwrap_or(0));
        Ok(Tally {
            accepted: count(0)?,
            doubles: count(1)?,
            claimed: count(2)?,
            late: count(3)?,
            rescued: count(4)?,
            removed: count(5)?,
            lost: count(6)?,
        })
    };
    db.prepare_cached("SELECT accepted, doubles, claimed, late, rescued, removed, lost FROM banto_tally")
        .and_then(|mut find| find.query_row([], read).optional())
        .map(Option::unwrap_or_default)
        .map_err(|error| fault("read the tally", &error))
}
