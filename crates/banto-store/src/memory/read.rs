//! The questions: walks over the maps that change nothing.

use std::collections::BTreeMap;

use banto_core::{JobId, Name, State, limits::PAGE_MAX};

use super::{Data, Now};
use crate::{Card, Census, Page, QueueView, Select, read::LATELY_MS};

impl Data {
    pub(super) fn job(&self, id: JobId) -> Option<Card> {
        self.jobs.get(&id).map(|row| Card { job: row.job.clone(), trail: row.trail.clone(), raw: None })
    }

    pub(super) fn jobs(&self, select: &Select, before: Option<JobId>) -> Page {
        let limit = select.limit.min(PAGE_MAX);
        let older = |id: &JobId| before.is_none_or(|before| *id < before);
        let fits = self.jobs.values().rev().map(|row| &row.job).filter(|job| older(&job.id) && select.fits(job));
        let mut jobs: Vec<_> = fits.take(limit + 1).cloned().collect();
        let more = jobs.len() > limit;
        jobs.truncate(limit);
        Page { jobs, more }
    }

    pub(super) fn cards(&self, select: &Select, before: Option<JobId>) -> Vec<Card> {
        self.jobs(select, before).jobs.iter().filter_map(|job| self.job(job.id)).collect()
    }

    /// Queues with jobs or with a pause, by name.
    pub(super) fn queues(&self, now: &Now) -> Vec<QueueView> {
        let mut views: BTreeMap<Name, QueueView> = BTreeMap::new();
        let named = self.jobs.values().map(|row| &row.job.queue).chain(self.pauses.keys());
        for queue in named {
            views.entry(queue.clone()).or_insert_with(|| QueueView {
                queue: queue.clone(),
                counts: [0; 7],
                due: 0,
                oldest_at: None,
                died_lately: 0,
                pause: self.pauses.of(queue, now).cloned(),
            });
        }
        for job in self.jobs.values().map(|row| &row.job) {
            let Some(view) = views.get_mut(&job.queue) else { continue };
            view.counts.iter_mut().zip(State::ALL).filter(|(_, state)| *state == job.state).for_each(|(n, _)| *n += 1);
            let due = job.state == State::Scheduled && job.run_at <= now.wall;
            view.due += u64::from(due);
            let lately = |at: i64| now.wall.saturating_sub_unsigned(LATELY_MS) < at;
            view.died_lately += u64::from(job.state == State::Dead && job.finished_at.is_some_and(lately));
            if due || job.state == State::Ready {
                view.oldest_at = view.oldest_at.into_iter().chain([job.run_at]).min();
            }
        }
        views.retain(|_, view| view.pause.is_some() || view.counts != [0; 7]);
        views.into_values().collect()
    }

    pub(super) fn census(&self) -> Vec<Census> {
        let mut counts = BTreeMap::new();
        for job in self.jobs.values().map(|row| &row.job).filter(|job| !job.state.ended()) {
            let cause = job.park.as_ref().map(|park| park.cause);
            *counts.entry((&job.queue, &job.kind, job.version, job.state, cause)).or_insert(0) += 1;
        }
        let line = |((queue, kind, version, state, cause), jobs): ((&Name, &Name, u16, State, _), u64)| Census {
            queue: queue.clone(),
            kind: kind.clone(),
            version,
            state,
            cause,
            jobs,
        };
        counts.into_iter().map(line).collect()
    }
}
