//! A store with a promise taken out: what the simulator must find, or it shows nothing.

use std::{
    collections::BTreeMap,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
};

use banto_core::{JobId, Label, Lease, NewJob, State};
use banto_store::{
    About, Answer, Card, Census, Claim, Claimed, Enqueued, Expired, Finish, Finished, Holder, Instance, Orders, Page,
    Prune, Pruned, QueueView, Read, Record, Renewed, Seen, Select, Steer, Steered, Store, Tally,
};

/// Which promise is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// A finish is written whatever lease it names.
    Fence,
    /// A rescue takes running jobs whose lease lives.
    Rescue,
    /// Keys keep nobody out.
    Unique,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Mutation; 3] = [Mutation::Fence, Mutation::Rescue, Mutation::Unique];
}

impl FromStr for Mutation {
    type Err = String;
    fn from_str(word: &str) -> Result<Mutation, String> {
        match word {
            "fence" => Ok(Mutation::Fence),
            "rescue" => Ok(Mutation::Rescue),
            "unique" => Ok(Mutation::Unique),
            _ => Err(format!("take out \"{word}\": allowed are fence, rescue, unique")),
        }
    }
}

/// A store with a promise taken out.
pub struct Mutated {
    behind: Arc<dyn Store>,
    mutation: Mutation,
    leases: Mutex<BTreeMap<JobId, Lease>>,
}

impl Mutated {
    /// `behind`, without that promise.
    pub fn new(behind: Arc<dyn Store>, mutation: Mutation) -> Mutated {
        Mutated { behind, mutation, leases: Mutex::default() }
    }

    fn lease(&self, job: JobId) -> Option<Lease> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner).get(&job).copied()
    }

    async fn running(&self) -> Result<Vec<Expired>, banto_store::StoreError> {
        let running = self.behind.jobs(Select::states([State::Running]), None).await?.jobs;
        Ok(running.into_iter().filter_map(|job| self.lease(job.id).map(|lease| Expired { job, lease })).collect())
    }
}

impl Store for Mutated {
    fn enqueue(&self, jobs: Arc<[NewJob]>) -> Answer<'_, Vec<Enqueued>> {
        let mut jobs = jobs.to_vec();
        if self.mutation == Mutation::Unique {
            jobs.iter_mut().for_each(|job| job.unique = None);
        }
        self.behind.enqueue(jobs.into())
    }

    fn claim(&self, claim: Claim) -> Answer<'_, Claimed> {
        Box::pin(async move {
            let claimed = self.behind.claim(claim).await?;
            let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
            leases.extend(claimed.jobs.iter().map(|(job, lease)| (job.id, *lease)));
            drop(leases);
            Ok(claimed)
        })
    }

    fn finish(&self, mut finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        if self.mutation == Mutation::Fence {
            finishes.iter_mut().for_each(|finish| finish.lease = self.lease(finish.lease.job).unwrap_or(finish.lease));
        }
        self.behind.finish(finishes)
    }

    fn expired(&self, limit: usize) -> Answer<'_, Vec<Expired>> {
        match self.mutation {
            Mutation::Rescue => Box::pin(self.running()),
            Mutation::Fence | Mutation::Unique => self.behind.expired(limit),
        }
    }

    fn rescue(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        match self.mutation {
            Mutation::Rescue => self.behind.finish(finishes),
            Mutation::Fence | Mutation::Unique => self.behind.rescue(finishes),
        }
    }

    banto_store::pass!(behind: renew register fire steer prune record beat changed);
}

impl Read for Mutated {
    banto_store::pass!(behind: about);
    banto_store::pass!(behind: reads);
}
