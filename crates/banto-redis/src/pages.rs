//! Jobs that fit a [`Select`], page by page.
//!
//! Either way is bounded, and never asks the server for much at once. Where the counts say that few jobs stand where the
//! filter looks, those few are looked at; else the ids are walked in order, by their moving parts, until enough are found or
//! no more can be. [`Select::fits`] has the last word on every job, so a walk may be too wide.

use std::collections::{BTreeSet, VecDeque};

use banto_core::{Job, JobId, State, limits::PAGE_MAX};
use banto_store::Select;

use crate::{
    Redis,
    call::Call,
    error::Result,
    keys,
    reads::{self, Counts},
    row::{Moving, Raw, id_of},
    script,
};

/// So many jobs are "few".
const FEW: u64 = 5_000;

/// A job that was met.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub job: Job,
    pub raw: Raw,
    /// Whether its entry does not hold: then the job is only as it can be shown.
    pub damaged: bool,
}

impl Listed {
    /// Whether it stands parked, or has ended, also by its own moving part.
    pub fn is_parked(&self) -> bool {
        let moving = self.raw.moving.as_deref().and_then(|bytes| Moving::read(bytes).ok());
        moving.is_some_and(|moving| moving.state == State::Parked || moving.state.ended())
    }
}

/// A walk through the jobs that fit. What changes meanwhile is met or not.
pub(crate) struct Pages<'a> {
    select: &'a Select,
    after: Option<JobId>,
    newest_first: bool,
    rows: usize,
    /// How it looks, once the counts were asked.
    plan: Option<Plan>,
    ended: bool,
}

struct Plan {
    /// Those that are looked at; `None` walks through all ids.
    ids: Option<VecDeque<JobId>>,
    counts: Counts,
    states: Vec<State>,
    /// How many there may still be.
    left: u64,
    /// Whether damaged ones are sought that nobody has met yet: they stand anywhere.
    reads_all: bool,
}

impl<'a> Pages<'a> {
    /// All that fit, the oldest first.
    pub fn oldest_first(select: &'a Select) -> Pages<'a> {
        Pages { select, after: None, newest_first: false, rows: PAGE_MAX, plan: None, ended: false }
    }

    /// All that fit and are older than `before`, the newest first.
    pub fn newest_first(select: &'a Select, before: Option<JobId>) -> Pages<'a> {
        let rows = select.limit.saturating_add(1).clamp(32, PAGE_MAX);
        Pages { select, after: before, newest_first: true, rows, plan: None, ended: false }
    }

    /// The next page; `None` after the last. A page may be empty. A damaged job comes as it can be shown.
    pub async fn next(&mut self, store: &Redis) -> Result<Option<Vec<Listed>>> {
        if self.plan.is_none() {
            self.plan = Some(self.plan(store).await?);
        }
        if self.ended {
            return Ok(None);
        }
        let ids = self.ids(store).await?;
        let mut found = Vec::new();
        for (id, raw) in reads::rows(store, &ids).await? {
            // It went since its id was read.
            if !raw.there() {
                continue;
            }
            let (job, damaged) = raw.show(id);
            if self.select.fits(&job) {
                found.push(Listed { job, raw, damaged });
            }
        }
        Ok(Some(found))
    }

    async fn plan(&self, store: &Redis) -> Result<Plan> {
        let counts = Counts::read(store).await?;
        let states = self.select.may_stand();
        let parked = states.contains(&State::Parked);
        let narrows = states.len() < State::ALL.len();
        let mut plan = Plan { ids: None, left: 0, reads_all: false, states, counts };
        plan.left = plan.count(self.select, &plan.states);
        if !self.select.ids.is_empty() {
            let ids: BTreeSet<JobId> = self.select.ids.iter().copied().collect();
            plan.ids = Some(self.in_order(ids));
            return Ok(plan);
        }
        plan.reads_all = self.select.seeks_damaged() && plan.count(self.select, &State::ALL) <= FEW;
        if narrows && !plan.reads_all && plan.seats(self.select) <= FEW {
            let ids = plan.seated(store, self.select).await?;
            plan.ids = Some(self.in_order(ids));
        } else if parked {
            // Damaged ones are counted as what they were and shown as parked; so where those are sought, nothing is sure.
            plan.left = u64::MAX;
        }
        Ok(plan)
    }

    fn in_order(&self, ids: BTreeSet<JobId>) -> VecDeque<JobId> {
        match (self.newest_first, self.after) {
            (true, Some(before)) => ids.range(..before).rev().copied().collect(),
            (true, None) => ids.into_iter().rev().collect(),
            (false, _) => ids.into_iter().collect(),
        }
    }

    /// The next ids that may fit.
    async fn ids(&mut self, store: &Redis) -> Result<Vec<JobId>> {
        let Some(plan) = &mut self.plan else { return Ok(Vec::new()) };
        if let Some(ids) = &mut plan.ids {
            let next: Vec<JobId> = ids.drain(..self.rows.min(ids.len())).collect();
            self.ended = ids.is_empty();
            return Ok(next);
        }
        if plan.left == 0 {
            self.ended = true;
            return Ok(Vec::new());
        }
        let order = if self.newest_first { "newest" } else { "oldest" };
        let from = self.after.map(|id| id.bytes().to_vec()).unwrap_or_default();
        // A walk past those of other states goes in great steps, for it reads only moving parts.
        let call = Call::of(&script::WALK).arg(order).arg(from).number(PAGE_MAX.max(self.rows));
        let mut parts = store.call(call).await?.parts.list()?;
        let (mut next, mut seen) = (Vec::new(), 0);
        while parts.len() > 0 {
            let (id, moving) = (id_of(&parts.bytes()?), parts.maybe_bytes()?);
            seen += 1;
            let Some(id) = id else { continue };
            self.after = Some(id);
            let moving = moving.map_or(Err(String::new()), |bytes| Moving::read(&bytes));
            match moving {
                Ok(moving) if plan.may_fit(self.select, &moving) => {
                    plan.left = plan.left.saturating_sub(1);
                    next.push(id);
                }
                Ok(_) if !plan.reads_all => {}
                _ => next.push(id),
            }
            // What fits is read with its payload: not more of it than was asked for.
            if next.len() >= self.rows {
                break;
            }
        }
        self.ended = (seen < PAGE_MAX && parts.len() == 0) || plan.left == 0;
        Ok(next)
    }
}

impl Plan {
    fn may_fit(&self, select: &Select, moving: &Moving) -> bool {
        let class = self.counts.class(moving.class);
        // A class that came after the counts were read is not known here.
        let known = self.counts.classes.contains_key(&moving.class);
        let of_class = select.queue.as_ref().is_none_or(|queue| *queue == class.queue)
            && select.kind.as_ref().is_none_or(|kind| *kind == class.kind);
        (of_class || !known) && self.states.contains(&moving.state)
    }

    /// How many jobs of that queue and kind stand in those states.
    fn count(&self, select: &Select, states: &[State]) -> u64 {
        let fits = |count: &&reads::Count| {
            let class = self.counts.class(count.class);
            states.contains(&count.state)
                && select.queue.as_ref().is_none_or(|queue| *queue == class.queue)
                && select.kind.as_ref().is_none_or(|kind| *kind == class.kind)
        };
        self.counts.counts.iter().filter(fits).map(|count| count.jobs).sum()
    }

    /// How many stand where one would have to look: those that wait stand by queue, all others together.
    fn seats(&self, select: &Select) -> u64 {
        let stands = |count: &&reads::Count| {
            let waits = count.state.waiting();
            let of_queue = select.queue.as_ref().is_none_or(|queue| *queue == self.counts.class(count.class).queue);
            self.states.contains(&count.state) && (!waits || of_queue)
        };
        self.counts.counts.iter().filter(stands).map(|count| count.jobs).sum()
    }

    /// The ids of all that stand where the filter looks.
    async fn seated(&self, store: &Redis, select: &Select) -> Result<BTreeSet<JobId>> {
        let queues: BTreeSet<_> = self
            .counts
            .classes
            .values()
            .map(|class| &class.queue)
            .filter(|queue| select.queue.as_ref().is_none_or(|wanted| wanted == *queue))
            .collect();
        let seats: BTreeSet<String> =
            self.states.iter().flat_map(|state| queues.iter().map(|queue| keys::seat(*state, queue))).collect();
        let mut found = BTreeSet::new();
        if seats.is_empty() {
            return Ok(found);
        }
        // They were few when they were counted.
        let mut call = Call::of(&script::SEATS).number(2 * FEW);
        seats.into_iter().for_each(|seat| call.push(seat));
        let mut parts = store.call(call).await?.parts.list()?;
        while parts.len() > 0 {
            found.extend(id_of(&parts.bytes()?));
        }
        Ok(found)
    }
}
