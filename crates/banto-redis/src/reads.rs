//! The questions. Bounded in rows, and none of them changes anything.

use std::collections::{BTreeMap, HashMap};

use banto_core::{Cause, Job, JobId, Label, Name, Refusal, State, limits::PAGE_MAX};
use banto_store::{
    Card, Census, Holder, Key, Keys, Line, Page, QueueView, Select, Tally, read::LATELY_MS, unreadable::stand_in,
};

use crate::{
    Redis,
    call::{Call, Parts},
    error::Result,
    pages::Pages,
    pause,
    row::{Bytes, Raw, cause_of, id_of},
    script,
};

/// So many jobs are read in one script: each may have a payload of a megabyte.
const ROWS: usize = 100;

/// Jobs as they are stored, in the order asked for; where there is nothing there is an empty one.
pub(crate) async fn rows(store: &Redis, ids: &[JobId]) -> Result<Vec<(JobId, Raw)>> {
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(ROWS) {
        let mut call = Call::of(&script::ROWS);
        some.iter().for_each(|id| call.push(id.bytes().as_slice()));
        let mut parts = store.call(call).await?.parts.list()?;
        for id in some {
            found.push((*id, raw(&mut parts)?));
        }
    }
    Ok(found)
}

fn raw(parts: &mut Parts) -> Result<Raw> {
    Ok(Raw {
        moving: parts.maybe_bytes()?,
        fixed: parts.maybe_bytes()?,
        error: parts.maybe_bytes()?,
        park: parts.maybe_bytes()?,
        progress: parts.maybe_bytes()?,
    })
}

/// One job with its trail.
pub(crate) async fn job(store: &Redis, id: JobId) -> Result<Option<Card>> {
    let mut parts = store.call(Call::of(&script::CARD).arg(id.bytes().as_slice())).await?.parts;
    let raw = raw(&mut parts.list()?)?;
    if !raw.there() {
        return Ok(None);
    }
    let (job, damaged) = raw.show(id);
    let (mut lines, mut trail) = (parts.list()?, Vec::new());
    while lines.len() > 0 {
        trail.push(line(&lines.bytes()?));
    }
    Ok(Some(Card { job, trail, raw: damaged.then(|| raw.raw()) }))
}

/// Jobs that fit with their trails, newest first.
pub(crate) async fn cards(store: &Redis, select: &Select, before: Option<JobId>) -> Result<Vec<Card>> {
    let limit = select.limit.min(PAGE_MAX);
    let (mut pages, mut cards) = (Pages::newest_first(select, before), Vec::new());
    while cards.len() < limit {
        let Some(page) = pages.next(store).await? else { break };
        for listed in page.into_iter().take(limit - cards.len()) {
            let raw = listed.damaged.then(|| listed.raw.raw());
            cards.push(Card { job: listed.job, trail: Vec::new(), raw });
        }
    }
    for some in cards.chunks_mut(ROWS) {
        let mut call = Call::of(&script::TRAILS);
        some.iter().for_each(|card| call.push(card.job.id.bytes().as_slice()));
        let mut trails = store.call(call).await?.parts;
        for card in some {
            let mut lines = trails.list()?;
            while lines.len() > 0 {
                card.trail.push(line(&lines.bytes()?));
            }
        }
    }
    Ok(cards)
}

/// Keys that are held, about so many.
pub(crate) async fn keys(store: &Redis, after: Option<&str>, limit: usize) -> Result<Keys> {
    let from = after.unwrap_or("0");
    if !from.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Refusal::new("where to go on", from, "digits are wanted, as the store gave them").into());
    }
    let call = Call::of(&script::HELD).arg(from).number(limit.clamp(1, PAGE_MAX));
    let mut parts = store.call(call).await?.parts;
    let (next, mut held, mut keys) = (parts.text()?, parts.list()?, Vec::new());
    while held.len() > 0 {
        let (key, job, until) = (held.text()?, held.bytes()?, held.int()?);
        let until = Some(until).filter(|until| *until >= 0);
        let one = Label::new(&key).ok().zip(id_of(&job));
        keys.extend(one.map(|(key, job)| Key { key, holder: Holder { job, until } }));
    }
    Ok(Keys { keys, next: Some(next).filter(|next| next != "0") })
}

fn line(stored: &[u8]) -> Line {
    let mut bytes = Bytes(stored);
    let (at, fence) = (bytes.i64(), bytes.u32());
    let said = String::from_utf8_lossy(bytes.0);
    let (word, text) = said.split_once('\0').unwrap_or(("log", &said));
    Line { at, fence, word: word.to_owned(), text: text.to_owned() }
}

/// Jobs that fit, newest first.
pub(crate) async fn jobs(store: &Redis, select: &Select, before: Option<JobId>) -> Result<Page> {
    let limit = select.limit.min(PAGE_MAX);
    let mut pages = Pages::newest_first(select, before);
    let mut jobs: Vec<Job> = Vec::new();
    while jobs.len() <= limit {
        let Some(page) = pages.next(store).await? else { break };
        jobs.extend(page.into_iter().map(|listed| listed.job));
    }
    let more = jobs.len() > limit;
    jobs.truncate(limit);
    Ok(Page { jobs, more })
}

/// Jobs counted by class, state and cause, and what the classes are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    pub classes: HashMap<u32, Class>,
    pub counts: Vec<Count>,
}

/// Queue, kind and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Class {
    pub queue: Name,
    pub kind: Name,
    pub version: u16,
}

/// So many jobs of a class stand there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Count {
    pub class: u32,
    pub state: State,
    pub cause: Option<Cause>,
    pub jobs: u64,
}

impl Counts {
    pub async fn read(store: &Redis) -> Result<Counts> {
        let mut parts = store.call(Call::of(&script::COUNTS)).await?.parts;
        Counts::of(parts.pairs()?, parts.pairs()?)
    }

    pub fn of(counts: Vec<(Vec<u8>, Vec<u8>)>, classes: Vec<(Vec<u8>, Vec<u8>)>) -> Result<Counts> {
        let classes =
            classes.iter().filter_map(|(number, class)| Some((digits(number)?, read_class(class)?))).collect();
        let counts = counts.iter().filter_map(|(field, jobs)| read_count(field, jobs)).collect();
        Ok(Counts { classes, counts })
    }

    /// The class; one that cannot be read goes by a stand-in, so that its jobs are not left out.
    pub fn class(&self, number: u32) -> Class {
        let unreadable = || Class { queue: stand_in(), kind: stand_in(), version: 0 };
        self.classes.get(&number).cloned().unwrap_or_else(unreadable)
    }
}

fn digits<T: std::str::FromStr>(bytes: &[u8]) -> Option<T> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

fn read_class(stored: &[u8]) -> Option<Class> {
    let mut words = std::str::from_utf8(stored).ok()?.split(' ');
    let (queue, kind) = (Name::new(words.next()?).ok()?, Name::new(words.next()?).ok()?);
    Some(Class { queue, kind, version: words.next()?.parse().ok()? })
}

fn read_count(field: &[u8], jobs: &[u8]) -> Option<Count> {
    let mut words = std::str::from_utf8(field).ok()?.split(':');
    let (class, state) = (words.next()?.parse().ok()?, State::of_number(words.next()?.parse().ok()?)?);
    let cause = words.next().and_then(|number| number.parse().ok()).and_then(cause_of);
    let jobs = digits::<i64>(jobs).and_then(|jobs| u64::try_from(jobs).ok()).filter(|jobs| *jobs > 0)?;
    Some(Count { class, state, cause, jobs })
}

/// Each queue that has a job or is paused, by name.
pub(crate) async fn queues(store: &Redis) -> Result<Vec<QueueView>> {
    let mut said = store.call(Call::of(&script::QUEUES).number(LATELY_MS)).await?;
    let counts = Counts::of(said.parts.pairs()?, said.parts.pairs()?)?;
    let mut views: BTreeMap<Name, QueueView> = BTreeMap::new();
    for count in &counts.counts {
        let view = view(&mut views, counts.class(count.class).queue);
        view.counts.iter_mut().skip(count.state.number().into()).take(1).for_each(|jobs| *jobs += count.jobs);
    }
    for (queue, pause) in pause::in_force(said.parts.pairs()?, said.wall) {
        if let Ok(queue) = Name::new(&queue) {
            view(&mut views, queue).pause = Some(pause);
        }
    }
    let mut lines = said.parts.list()?;
    while lines.len() > 0 {
        let (queue, due, first_due, died, first_ready) =
            (lines.text()?, lines.count()?, lines.text()?, lines.count()?, lines.text()?);
        let Some(view) = Name::new(&queue).ok().and_then(|queue| views.get_mut(&queue)) else { continue };
        (view.due, view.died_lately) = (due as u64, died as u64);
        view.oldest_at = [first_due, first_ready].iter().filter_map(|at| at.parse().ok()).min();
    }
    Ok(views.into_values().collect())
}

fn view(views: &mut BTreeMap<Name, QueueView>, queue: Name) -> &mut QueueView {
    let new = |queue| QueueView { queue, counts: [0; 7], due: 0, oldest_at: None, died_lately: 0, pause: None };
    views.entry(queue.clone()).or_insert_with(|| new(queue))
}

/// Jobs that have not ended, counted.
pub(crate) async fn census(store: &Redis) -> Result<Vec<Census>> {
    let counts = Counts::read(store).await?;
    let mut census = BTreeMap::new();
    for count in counts.counts.iter().filter(|count| !count.state.ended()) {
        let Class { queue, kind, version } = counts.class(count.class);
        *census.entry((queue, kind, version, count.state, count.cause)).or_insert(0) += count.jobs;
    }
    let line = |((queue, kind, version, state, cause), jobs)| Census { queue, kind, version, state, cause, jobs };
    Ok(census.into_iter().map(line).collect())
}

/// Who holds a key now.
pub(crate) async fn holder(store: &Redis, key: &Label) -> Result<Option<Holder>> {
    let mut parts = store.call(Call::of(&script::HOLDER).arg(key.as_str())).await?.parts;
    if parts.len() == 0 {
        return Ok(None);
    }
    let (job, until) = (id_of(&parts.bytes()?).ok_or_else(|| parts.odd())?, parts.int()?);
    Ok(Some(Holder { job, until: Some(until).filter(|until| *until >= 0) }))
}

/// What was counted since the store was made.
pub(crate) async fn tally(store: &Redis) -> Result<Tally> {
    let counted = store.call(Call::of(&script::TALLY)).await?.parts.pairs()?;
    let mut tally = Tally::default();
    for (what, jobs) in &counted {
        let jobs = digits::<i64>(jobs).and_then(|jobs| u64::try_from(jobs).ok()).unwrap_or(0);
        match what.as_slice() {
            b"accepted" => tally.accepted = jobs,
            b"doubles" => tally.doubles = jobs,
            b"claimed" => tally.claimed = jobs,
            b"late" => tally.late = jobs,
            b"rescued" => tally.rescued = jobs,
            b"removed" => tally.removed = jobs,
            b"lost" => tally.lost = jobs,
            _ => {}
        }
    }
    Ok(tally)
}
