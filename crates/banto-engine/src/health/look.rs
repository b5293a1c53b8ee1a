//! What the store is asked: how queues, instances and schedules are.
//!
//! One look every two seconds. What is dear (every schedule, the last hour of the ledger) is asked for every half minute
//! only, and what is overdue is worked out only when the service is not accounted for: mostly that is one number.

use std::sync::{Arc, Mutex, PoisonError};

use banto_core::{Fate, ScheduleName, State, limits::PAGE_MAX};
use banto_store::{About, Clock, Pause, QueueView, Seen, SelectFires, Service, Store, StoreError, read::LATELY_MS};

use crate::timetable::{Current, Timetable};

/// How old what is dear may be, in milliseconds.
const SELDOM_MS: u64 = 30_000;
/// A due instant that is not accounted for after that long is overdue, in milliseconds, unless a tick may take less.
const OVERDUE_MS: u64 = 60_000;

/// What was seen.
#[derive(Debug)]
pub(super) struct Look {
    pub queues: Vec<QueueView>,
    pub instances: Vec<Seen>,
    /// What the store has to say.
    pub notices: Vec<String>,
    /// What an `Ok` survives.
    pub durability: String,
    /// The service of this process's schedules, once it is registered.
    pub service: Option<Service>,
    /// The schedule with the oldest due instant that nobody has accounted for, and when that was, in milliseconds since 1970.
    pub overdue: Option<(ScheduleName, i64)>,
    /// What is asked for seldom; only where this process has schedules.
    pub seldom: Option<Arc<Seldom>>,
}

/// What is asked for seldom.
#[derive(Debug, Default)]
pub(super) struct Seldom {
    /// The pause of everything.
    pub maintenance: Option<Pause>,
    /// How many schedules of the service are paused, and a few of them.
    pub paused: usize,
    pub some_paused: Vec<ScheduleName>,
    /// Runs that were due within the last hour: all, and those that failed for good; at most a page of them.
    pub fired: usize,
    pub failed: usize,
    /// The last that failed, and when it was due.
    pub last_failed: Option<(ScheduleName, i64)>,
}

/// Who looks.
#[derive(Clone)]
pub(super) struct Looker {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    schedules: Option<Arc<Current>>,
    overdue_ms: i64,
    kept: Arc<Mutex<Kept>>,
}

/// What is kept from look to look.
#[derive(Default)]
struct Kept {
    seldom: Option<(u64, Arc<Seldom>)>,
    first: Option<First>,
}

/// Which schedule of that timetable is due first after that time, and when, in milliseconds since 1970.
#[derive(Clone)]
struct First {
    of: Arc<Timetable>,
    after: i64,
    due: Option<(ScheduleName, i64)>,
}

impl Looker {
    /// Looks at that store; at that timetable's service too, if there is one. A due instant is overdue a minute after its
    /// time, or after `tick_ms_max` if that is less.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        schedules: Option<Arc<Current>>,
        tick_ms_max: u64,
    ) -> Looker {
        let overdue_ms = i64::try_from(OVERDUE_MS.min(tick_ms_max)).unwrap_or(i64::MAX);
        Looker { store, clock, schedules, overdue_ms, kept: Arc::default() }
    }

    /// One look.
    pub async fn look(&self) -> Result<Look, StoreError> {
        let queues = self.store.queues().await?;
        let instances = self.store.instances().await?;
        let (mut service, mut overdue, mut seldom) = (None, None, None);
        if let Some(current) = &self.schedules {
            let timetable = current.get();
            service = self.store.service(timetable.service.clone()).await?;
            overdue = service.as_ref().and_then(|service| self.overdue(&timetable, service));
            seldom = Some(self.seldom(&timetable).await?);
        }
        // Last: what it has to say may have come up with these very questions.
        let About { notices, durability, .. } = self.store.about();
        Ok(Look { queues, instances, notices, durability, service, overdue, seldom })
    }

    fn overdue(&self, timetable: &Arc<Timetable>, service: &Service) -> Option<(ScheduleName, i64)> {
        let (after, until) = (service.accounted_until, service.wall_ms.saturating_sub(self.overdue_ms));
        if after >= until {
            return None;
        }
        let same = |first: &&First| Arc::ptr_eq(&first.of, timetable) && first.after == after;
        let first = self.with(|kept| kept.first.as_ref().filter(same).cloned()).unwrap_or_else(|| {
            let next = timetable.entries().filter_map(|entry| {
                let due = entry.schedule.next(after)?;
                Some((entry.schedule.name.clone(), due.at_ms))
            });
            let first = First { of: timetable.clone(), after, due: next.min_by_key(|(_, at)| *at) };
            self.with(|kept| kept.first = Some(first.clone()));
            first
        });
        first.due.filter(|(_, at)| *at < until)
    }

    async fn seldom(&self, timetable: &Timetable) -> Result<Arc<Seldom>, StoreError> {
        let now = self.clock.steady_ms();
        let fresh = |(at, _): &&(u64, Arc<Seldom>)| now.saturating_sub(*at) < SELDOM_MS;
        if let Some((_, kept)) = self.with(|kept| kept.seldom.as_ref().filter(fresh).cloned()) {
            return Ok(kept);
        }
        let board = self.store.schedules().await?;
        let own = board.schedules.iter().filter(|view| view.service == timetable.service && view.retired_at.is_none());
        let paused: Vec<&ScheduleName> = own.filter(|view| view.pause.is_some()).map(|view| &view.name).collect();
        let since = self.clock.wall_ms().saturating_sub_unsigned(LATELY_MS);
        let select =
            SelectFires { fates: vec![Fate::Fired], since: Some(since), limit: PAGE_MAX, ..SelectFires::default() };
        let mut fires = self.store.fires(select).await?;
        fires.retain(|fire| timetable.entry(&fire.schedule).is_some());
        let dead = |fire: &&banto_store::FireView| fire.run.as_ref().is_some_and(|run| run.state == Some(State::Dead));
        let seldom = Arc::new(Seldom {
            paused: paused.len(),
            some_paused: paused.into_iter().take(10).cloned().collect(),
            fired: fires.len(),
            failed: fires.iter().filter(dead).count(),
            last_failed: fires.iter().find(dead).map(|fire| (fire.schedule.clone(), fire.due_at)),
            maintenance: board.maintenance,
        });
        self.with(|kept| kept.seldom = Some((now, seldom.clone())));
        Ok(seldom)
    }

    fn with<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> T {
        act(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
