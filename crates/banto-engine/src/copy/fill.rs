//! What is carried over, in pages: so much at once as fits well into memory, whatever there is.

use banto_core::{Job, JobId, State, limits::LINES_MAX};
use banto_store::{
    Card, Fault, Load, MoveId, QueueView, Select, Step, Store, StoreError,
    settle::{sound_fire, sound_job},
};

use super::{Copier, House, Tell, Told, again, count, step};

/// Jobs in a page: a page that was heavy makes the next one shorter.
const PAGE_MAX: usize = 500;
/// What a page may weigh, in bytes of payloads and trails, before the next is made shorter.
const WEIGHT_MAX: usize = 4 << 20;
/// How many jobs are named of those that cannot be read.
const SAMPLE: usize = 20;
/// The bookmark of a first look that is over.
const THROUGH: &str = "through";
/// What does not end by itself, and comes along in any case.
const LIVING: [State; 3] = [State::Scheduled, State::Ready, State::Parked];

/// One who fills the destination.
pub(super) struct Fill<'a> {
    from: &'a dyn Store,
    to: &'a dyn Store,
    id: MoveId,
    history: bool,
    page: usize,
    bookmark: Option<String>,
    /// Jobs at the destination, and at the source when it was last asked.
    there: u64,
    of: u64,
    keys: u64,
    fires: u64,
    unreadable: Unreadable,
}

#[derive(Default)]
struct Unreadable {
    jobs: u64,
    fires: u64,
    sample: Vec<JobId>,
}

impl<'a> Fill<'a> {
    /// Goes on where the bookmark is.
    pub async fn of(copier: &'a Copier, id: MoveId) -> Result<Fill<'a>, StoreError> {
        let (from, to) = (&*copier.from, &*copier.to);
        let standing = again(|| to.standing()).await?;
        let bookmark = standing.filter(|standing| standing.id == id).and_then(|standing| standing.bookmark);
        let mut fill = Fill {
            from,
            to,
            id,
            history: copier.history,
            page: 50,
            bookmark,
            there: 0,
            of: 0,
            keys: 0,
            fires: 0,
            unreadable: Unreadable::default(),
        };
        fill.there = fill.jobs_of(to).await?;
        Ok(fill)
    }

    /// The first look at the jobs, while the source still takes some.
    pub async fn jobs_on(&mut self, tell: Tell<'_>) -> Result<(), StoreError> {
        let bookmark = self.bookmark.take();
        if bookmark.as_deref() == Some(THROUGH) {
            return Ok(());
        }
        self.of = self.jobs_of(self.from).await?;
        let from = bookmark.and_then(|word| word.parse::<JobId>().ok());
        self.jobs(from, true, tell).await?;
        self.put(Load { bookmark: Some(THROUGH.into()), ..Load::default() }).await
    }

    /// The jobs that came since; the source is closed, and what came last is looked at first. When there are as many here as there,
    /// they are the same, for nothing is here that was not there.
    pub async fn jobs_left(&mut self, tell: Tell<'_>) -> Result<(), StoreError> {
        self.of = self.jobs_of(self.from).await?;
        self.there = self.jobs_of(self.to).await?;
        if self.there < self.of {
            self.unreadable = Unreadable { fires: self.unreadable.fires, ..Unreadable::default() };
            self.jobs(None, false, tell).await?;
        }
        tell(Told::Copied(self.there, self.of));
        Ok(())
    }

    /// Puts jobs page by page, the newest first. The first look leaves bookmarks; the last ends as soon as nothing is left.
    async fn jobs(&mut self, mut before: Option<JobId>, first: bool, tell: Tell<'_>) -> Result<(), StoreError> {
        loop {
            let select = Select { states: self.states(), limit: self.page, ..Select::default() };
            let cards = again(|| self.from.cards(select.clone(), before)).await?;
            let Some(last) = cards.last() else { return Ok(()) };
            before = Some(last.job.id);
            self.weigh(&cards);
            let jobs = self.readable(cards)?;
            let bookmark = before.filter(|_| first).map(|id| id.to_string());
            self.put(Load { jobs, bookmark, ..Load::default() }).await?;
            tell(Told::Copied(self.there, self.of));
            if !first && self.there + self.unreadable.jobs >= self.of {
                return Ok(());
            }
        }
    }

    /// Those that can be read. One that runs was given by somebody who must not have.
    fn readable(&mut self, cards: Vec<Card>) -> Result<Vec<Card>, StoreError> {
        let mut sound = Vec::with_capacity(cards.len());
        for mut card in cards {
            if card.job.state == State::Running && card.raw.is_none() {
                let what = format!("move the jobs: {} runs at the source, which gives no work any more", card.job.id);
                return Err(StoreError::new(Fault::Busy, what));
            }
            let over = card.trail.len().saturating_sub(LINES_MAX);
            card.trail.drain(..over);
            if sound_job(&card).is_ok() {
                sound.push(card);
                continue;
            }
            self.unreadable.jobs += 1;
            if self.unreadable.sample.len() < SAMPLE {
                self.unreadable.sample.push(card.job.id);
            }
        }
        Ok(sound)
    }

    fn weigh(&mut self, cards: &[Card]) {
        let weight = |job: &Job| job.payload.as_str().len();
        let of = |card: &Card| weight(&card.job) + card.trail.iter().map(|line| line.text.len()).sum::<usize>();
        let bytes: usize = cards.iter().map(of).sum();
        self.page = match bytes {
            _ if bytes > WEIGHT_MAX => (self.page / 2).max(1),
            _ if bytes < WEIGHT_MAX / 4 => (self.page * 2).min(PAGE_MAX),
            _ => self.page,
        };
    }

    /// Services, schedules, the ledger, the pauses. The source fires nothing and takes no orders, so they stand still.
    pub async fn timetable(&mut self) -> Result<(), StoreError> {
        let board = again(|| self.from.schedules()).await?;
        for schedule in &board.schedules {
            let mut before = None;
            loop {
                let mut fires = again(|| self.from.fires(count::of(schedule, before))).await?;
                let Some(last) = fires.last() else { break };
                before = Some(last.due_at);
                let all = fires.len();
                fires.retain(|fire| sound_fire(fire).is_ok());
                self.unreadable.fires += (all - fires.len()) as u64;
                self.fires += fires.len() as u64;
                self.put(Load { fires, ..Load::default() }).await?;
            }
        }
        let own = board.schedules.iter().filter_map(|view| Some((Some(view.name.clone()), view.pause.clone()?)));
        let ahead = board.ahead.iter().map(|(name, pause)| (Some(name.clone()), pause.clone()));
        let halts = own.chain(ahead).chain(board.maintenance.clone().map(|pause| (None, pause))).collect();
        let queues = again(|| self.from.queues()).await?;
        let pauses = queues.into_iter().filter_map(|view| Some((view.queue, view.pause?)));
        self.in_pages(board.services, |services| Load { services, ..Load::default() }).await?;
        self.in_pages(board.schedules, |schedules| Load { schedules, ..Load::default() }).await?;
        self.in_pages(halts, |halts| Load { halts, ..Load::default() }).await?;
        self.in_pages(pauses.collect(), |pauses| Load { pauses, ..Load::default() }).await
    }

    async fn in_pages<T>(&mut self, all: Vec<T>, load: impl Fn(Vec<T>) -> Load) -> Result<(), StoreError> {
        // A schedule's model may be long.
        let mut left = all.into_iter();
        loop {
            let some: Vec<T> = left.by_ref().take(PAGE_MAX / 10).collect();
            if some.is_empty() {
                return Ok(());
            }
            self.put(load(some)).await?;
        }
    }

    /// The keys as they are held. The source is closed, so they stand still, but for those whose time ends.
    pub async fn keys(&mut self) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let keys = again(|| self.from.keys(after.clone(), PAGE_MAX)).await?;
            self.keys += keys.keys.len() as u64;
            self.put(Load { keys: keys.keys, ..Load::default() }).await?;
            after = keys.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// What both have, if they have the same: jobs by queue and state, services, schedules, rows of the ledger.
    pub async fn compared(&self) -> Result<House, StoreError> {
        let [from, to] = [self.seen(self.from).await?, self.seen(self.to).await?];
        let (source, destination) = (&from.0, &to.0);
        let [here, there] = [&from.1, &to.1];
        if here.len() != there.len() {
            return Err(differs("schedules", here.len() as u64, there.len() as u64));
        }
        let mut fires = 0;
        for schedule in there {
            fires += count::fires(self.to, schedule).await?;
        }
        if fires != self.fires {
            return Err(differs("rows of the ledger", self.fires, fires));
        }
        let unreadable = self.unreadable.jobs;
        if source.jobs != destination.jobs + unreadable || (unreadable == 0 && source.counts != destination.counts) {
            return Err(differs("jobs", source.jobs, destination.jobs + unreadable));
        }
        if source.services != destination.services {
            return Err(differs("services", source.services, destination.services));
        }
        Ok(House { fires, keys: self.keys, ..destination.clone() })
    }

    async fn seen(&self, store: &dyn Store) -> Result<(House, Vec<banto_store::ScheduleView>), StoreError> {
        let queues = again(|| store.queues()).await?;
        let board = again(|| store.schedules()).await?;
        let mut house = count::of_queues(&queues, &board);
        if !self.history {
            house.jobs = queues.iter().map(|queue| self.wanted(queue)).sum();
            for state in State::ALL.into_iter().filter(|state| !LIVING.contains(state)) {
                house.counts.iter_mut().skip(usize::from(state.number())).take(1).for_each(|count| *count = 0);
            }
        }
        Ok((house, board.schedules))
    }

    /// What could not be read, and the first of those jobs.
    pub fn unreadable(self) -> (u64, Vec<JobId>) {
        (self.unreadable.jobs + self.unreadable.fires, self.unreadable.sample)
    }

    async fn put(&mut self, load: Load) -> Result<(), StoreError> {
        if load.is_empty() && load.bookmark.is_none() {
            return Ok(());
        }
        let settled = step(self.to, self.id, Step::Put(Box::new(load))).await?;
        self.there += settled.fresh;
        Ok(())
    }

    /// Jobs that come along, as far as the counts say.
    async fn jobs_of(&self, store: &dyn Store) -> Result<u64, StoreError> {
        Ok(again(|| store.queues()).await?.iter().map(|queue| self.wanted(queue)).sum())
    }

    fn wanted(&self, queue: &QueueView) -> u64 {
        let states = if self.history { State::ALL.to_vec() } else { LIVING.to_vec() };
        states.into_iter().map(|state| queue.count(state)).sum()
    }

    fn states(&self) -> Vec<State> {
        if self.history { Vec::new() } else { LIVING.to_vec() }
    }
}

fn differs(what: &str, source: u64, destination: u64) -> StoreError {
    let what = format!(
        "move the house: {source} {what} are at the source and {destination} at the destination, which stays closed; \
         run `store copy` again, or give it up with --undo"
    );
    StoreError::new(Fault::Damaged, what)
}
