//! The contract, met: each verb a call of its script.

use std::sync::{Arc, PoisonError};

use banto_core::{JobId, Label, Lease, Name, NewJob};
use banto_store::{
    About, Answer, Board, Card, Census, Claim, Claimed, Enqueued, Expired, Fault, Finish, Finished, FireView, Fired,
    Firing, Holder, Instance, Keys, Orders, Page, Prune, Pruned, QueueView, Read, Record, Register, Registration,
    Renewed, Seen, Select, SelectFires, Service, Settle, Settled, Standing, Steer, Steered, Store, StoreError, Tally,
};

use crate::{Redis, beat, claim, enqueue, finish, fire, ledger, prune, reads, record, renew, schedule, settle, steer};

impl Store for Redis {
    fn enqueue(&self, jobs: Arc<[NewJob]>) -> Answer<'_, Vec<Enqueued>> {
        Box::pin(async move { enqueue::enqueue(self, &jobs).await })
    }

    fn claim(&self, claim: Claim) -> Answer<'_, Claimed> {
        Box::pin(claim::claim(self, claim))
    }

    fn renew(&self, leases: Vec<Lease>, lease_ms: u64) -> Answer<'_, Vec<Renewed>> {
        Box::pin(async move { renew::renew(self, &leases, lease_ms).await })
    }

    fn finish(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        Box::pin(async move { finish::finish(self, &finishes).await })
    }

    fn expired(&self, limit: usize) -> Answer<'_, Vec<Expired>> {
        Box::pin(finish::expired(self, limit))
    }

    fn rescue(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        Box::pin(async move { finish::rescue(self, &finishes).await })
    }

    fn register(&self, register: Register) -> Answer<'_, Registration> {
        Box::pin(async move { schedule::register(self, &register).await })
    }

    fn fire(&self, firing: Firing) -> Answer<'_, Vec<Fired>> {
        Box::pin(async move { fire::fire(self, &firing).await })
    }

    fn steer(&self, steer: Steer) -> Answer<'_, Steered> {
        Box::pin(async move { steer::steer(self, &steer).await })
    }

    fn prune(&self, prune: Prune) -> Answer<'_, Pruned> {
        Box::pin(async move { prune::prune(self, &prune).await })
    }

    fn settle(&self, settle: Settle) -> Answer<'_, Settled> {
        Box::pin(async move { settle::settle(self, &settle).await })
    }

    fn record(&self, records: Vec<Record>) -> Answer<'_, usize> {
        Box::pin(async move { record::record(self, &records).await })
    }

    fn beat(&self, instance: Instance) -> Answer<'_, Orders> {
        Box::pin(async move { beat::beat(self, &instance).await })
    }

    fn changed(&self, seen: u64) -> Answer<'_, u64> {
        let mut news = self.inner().news.subscribe();
        Box::pin(async move {
            self.attend(true);
            let closed = |_| StoreError::new(Fault::Gone, "wait for a change: the store was closed");
            news.wait_for(|number| *number != seen).await.map(|number| *number).map_err(closed)
        })
    }
}

impl Read for Redis {
    fn about(&self) -> About {
        let inner = self.inner();
        let found = inner.found.lock().unwrap_or_else(PoisonError::into_inner);
        About {
            store: "redis".into(),
            place: inner.options.to_string(),
            durability: found.durability(&inner.options, self.waits()),
            notices: found.notices(&inner.options),
        }
    }

    fn job(&self, id: JobId) -> Answer<'_, Option<Card>> {
        Box::pin(reads::job(self, id))
    }

    fn jobs(&self, select: Select, before: Option<JobId>) -> Answer<'_, Page> {
        Box::pin(async move { reads::jobs(self, &select, before).await })
    }

    fn cards(&self, select: Select, before: Option<JobId>) -> Answer<'_, Vec<Card>> {
        Box::pin(async move { reads::cards(self, &select, before).await })
    }

    fn queues(&self) -> Answer<'_, Vec<QueueView>> {
        Box::pin(reads::queues(self))
    }

    fn census(&self) -> Answer<'_, Vec<Census>> {
        Box::pin(reads::census(self))
    }

    fn instances(&self) -> Answer<'_, Vec<Seen>> {
        Box::pin(beat::seen(self))
    }

    fn holder(&self, key: Label) -> Answer<'_, Option<Holder>> {
        Box::pin(async move { reads::holder(self, &key).await })
    }

    fn keys(&self, after: Option<String>, limit: usize) -> Answer<'_, Keys> {
        Box::pin(async move { reads::keys(self, after.as_deref(), limit).await })
    }

    fn standing(&self) -> Answer<'_, Option<Standing>> {
        Box::pin(settle::standing(self))
    }

    fn service(&self, service: Name) -> Answer<'_, Option<Service>> {
        Box::pin(async move { schedule::service(self, &service).await })
    }

    fn schedules(&self) -> Answer<'_, Board> {
        Box::pin(schedule::board(self))
    }

    fn fires(&self, select: SelectFires) -> Answer<'_, Vec<FireView>> {
        Box::pin(async move { ledger::fires(self, &select).await })
    }

    fn tally(&self) -> Answer<'_, Tally> {
        Box::pin(reads::tally(self))
    }
}
