//! A store with a promise taken out: what the simulator must find, or it shows nothing.

use std::{
    collections::BTreeMap,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use banto_core::{JobId, Lease, NewJob, State};
use banto_store::{
    Act, Answer, Claim, Claimed, Enqueued, Expired, Finish, Finished, Fired, Firing, Read, Select, Store, StoreError,
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
    /// A due instant may have two runs.
    Due,
    /// The account moves before what is due is written down.
    Account,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Mutation; 5] =
        [Mutation::Fence, Mutation::Rescue, Mutation::Unique, Mutation::Due, Mutation::Account];

    /// Whether it is a promise about schedules.
    pub fn of_schedules(self) -> bool {
        matches!(self, Mutation::Due | Mutation::Account)
    }
}

impl FromStr for Mutation {
    type Err = String;
    fn from_str(word: &str) -> Result<Mutation, String> {
        match word {
            "fence" => Ok(Mutation::Fence),
            "rescue" => Ok(Mutation::Rescue),
            "unique" => Ok(Mutation::Unique),
            "due" => Ok(Mutation::Due),
            "account" => Ok(Mutation::Account),
            _ => Err(format!("take out \"{word}\": allowed are fence, rescue, unique, due, account")),
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

impl Mutated {
    /// What is there runs once more.
    async fn fire_again(&self, firing: Firing) -> Result<Vec<Fired>, StoreError> {
        let mut answers = self.behind.fire(firing.clone()).await?;
        for (fire, answer) in firing.fires.into_iter().zip(&mut answers) {
            if let (Act::Run(job), Fired::There) = (fire.act, &*answer) {
                *answer = Fired::Run(job.id);
                self.behind.enqueue(vec![*job].into()).await?;
            }
        }
        Ok(answers)
    }

    /// The account first, as a step of its own; whoever is killed before the next has told of what it never wrote.
    async fn account_first(&self, firing: Firing) -> Result<Vec<Fired>, StoreError> {
        self.behind.fire(Firing { fires: Vec::new(), ..firing.clone() }).await?;
        tokio::time::sleep(Duration::from_millis(500)).await;
        self.behind.fire(Firing { until: None, ..firing }).await
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
            _ => self.behind.expired(limit),
        }
    }

    fn rescue(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        match self.mutation {
            Mutation::Rescue => self.behind.finish(finishes),
            _ => self.behind.rescue(finishes),
        }
    }

    fn fire(&self, firing: Firing) -> Answer<'_, Vec<Fired>> {
        match self.mutation {
            Mutation::Due => Box::pin(self.fire_again(firing)),
            Mutation::Account => Box::pin(self.account_first(firing)),
            _ => self.behind.fire(firing),
        }
    }

    banto_store::pass!(behind: renew register steer prune settle record beat changed);
}

impl Read for Mutated {
    banto_store::pass!(behind: about);
    banto_store::pass!(behind: reads);
}
