//! The contract, met: each verb a call to the writer, each question asked of a reader.

use std::sync::Arc;

use banto_core::{JobId, Label, Lease, Name, NewJob};
use banto_store::{
    About, Answer, Board, Card, Census, Claim, Claimed, Enqueued, Expired, Fault, Finish, Finished, FireView, Fired,
    Firing, Holder, Instance, Keys, Orders, Page, Prune, Pruned, QueueView, Read, Record, Register, Registration,
    Renewed, Seen, Select, SelectFires, Service, Settle, Settled, Standing, Steer, Steered, Store, StoreError, Tally,
};

use crate::{
    Sqlite, Synchronous, beat, call::Verb, claim, connect::shown, enqueue, finish, fire, ledger, prune, reads, record,
    renew, rescue, schedule, settle, steer,
};

impl Store for Sqlite {
    fn enqueue(&self, jobs: Arc<[NewJob]>) -> Answer<'_, Vec<Enqueued>> {
        Box::pin(async move {
            enqueue::check(&jobs)?;
            self.call(Verb::Enqueue, jobs.len(), |_| true, move |desk| enqueue::enqueue(desk, &jobs)).await
        })
    }

    fn claim(&self, claim: Claim) -> Answer<'_, Claimed> {
        Box::pin(self.call(Verb::Claim, claim.limit.min(1_000), |_| true, move |desk| claim::claim(desk, &claim)))
    }

    fn renew(&self, leases: Vec<Lease>, lease_ms: u64) -> Answer<'_, Vec<Renewed>> {
        Box::pin(self.call(Verb::Renew, leases.len(), |_| true, move |desk| renew::renew(desk, &leases, lease_ms)))
    }

    fn finish(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        Box::pin(async move {
            finish::check(&finishes)?;
            self.call(Verb::Finish, finishes.len(), |_| true, move |desk| finish::finish(desk, &finishes)).await
        })
    }

    fn expired(&self, limit: usize) -> Answer<'_, Vec<Expired>> {
        Box::pin(self.ask(move |db, now| rescue::expired(db, now, limit)))
    }

    fn rescue(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        Box::pin(async move {
            finish::check(&finishes)?;
            self.call(Verb::Rescue, finishes.len(), |_| true, move |desk| rescue::rescue(desk, &finishes)).await
        })
    }

    fn register(&self, register: Register) -> Answer<'_, Registration> {
        Box::pin(async move {
            schedule::check(&register)?;
            let rows = register.schedules.len();
            self.call(Verb::Register, rows, |_| true, move |desk| schedule::register(desk, &register)).await
        })
    }

    fn fire(&self, firing: Firing) -> Answer<'_, Vec<Fired>> {
        Box::pin(async move {
            fire::check(&firing)?;
            self.call(Verb::Fire, 2 * firing.fires.len(), |_| true, move |desk| fire::fire(desk, &firing)).await
        })
    }

    fn steer(&self, steer: Steer) -> Answer<'_, Steered> {
        Box::pin(async move {
            steer.check()?;
            // A preview is the same work, given up before the commit.
            let keep: fn(&Steered) -> bool = if steer.preview { |_| false } else { |_| true };
            self.call(Verb::Steer, 1, keep, move |desk| steer::steer(desk, &steer)).await
        })
    }

    fn prune(&self, prune: Prune) -> Answer<'_, Pruned> {
        Box::pin(self.call(Verb::Prune, prune.limit.min(10_000), |_| true, move |desk| prune::prune(desk, &prune)))
    }

    fn settle(&self, settle: Settle) -> Answer<'_, Settled> {
        Box::pin(async move {
            settle::check(&settle)?;
            let rows = settle::rows(&settle);
            self.call(Verb::Settle, rows, |_| true, move |desk| settle::settle(desk, &settle)).await
        })
    }

    fn record(&self, records: Vec<Record>) -> Answer<'_, usize> {
        Box::pin(self.call(Verb::Record, records.len(), |_| true, move |desk| record::record(desk, &records)))
    }

    fn beat(&self, instance: Instance) -> Answer<'_, Orders> {
        Box::pin(self.call(Verb::Beat, 1, |_| true, move |desk| beat::beat(desk, &instance)))
    }

    fn changed(&self, seen: u64) -> Answer<'_, u64> {
        let mut news = self.inner().shared.news.subscribe();
        Box::pin(async move {
            let _waiting = self.inner().waiting();
            let closed = |_| StoreError::new(Fault::Gone, "wait for a change: the store was closed");
            news.wait_for(|number| *number != seen).await.map(|number| *number).map_err(closed)
        })
    }
}

impl Read for Sqlite {
    fn about(&self) -> About {
        let shared = &self.inner().shared;
        let durability = match shared.options.synchronous {
            Synchronous::Full => "process crash and power loss",
            Synchronous::Normal => "process crash; not power loss (synchronous=normal)",
        };
        About {
            store: "sqlite".into(),
            place: shown(&shared.options.path),
            durability: durability.into(),
            notices: shared.notices(),
        }
    }

    fn job(&self, id: JobId) -> Answer<'_, Option<Card>> {
        Box::pin(self.ask(move |db, _| reads::job(db, id)))
    }

    fn jobs(&self, select: Select, before: Option<JobId>) -> Answer<'_, Page> {
        Box::pin(self.ask(move |db, _| reads::jobs(db, &select, before)))
    }

    fn cards(&self, select: Select, before: Option<JobId>) -> Answer<'_, Vec<Card>> {
        Box::pin(self.ask(move |db, _| reads::cards(db, &select, before)))
    }

    fn queues(&self) -> Answer<'_, Vec<QueueView>> {
        Box::pin(self.ask(reads::queues))
    }

    fn census(&self) -> Answer<'_, Vec<Census>> {
        Box::pin(self.ask(|db, _| reads::census(db)))
    }

    fn instances(&self) -> Answer<'_, Vec<Seen>> {
        Box::pin(self.ask(beat::seen))
    }

    fn holder(&self, key: Label) -> Answer<'_, Option<Holder>> {
        Box::pin(self.ask(move |db, now| reads::holder(db, &key, now)))
    }

    fn keys(&self, after: Option<String>, limit: usize) -> Answer<'_, Keys> {
        Box::pin(self.ask(move |db, now| reads::keys(db, after.as_deref(), limit, now)))
    }

    fn standing(&self) -> Answer<'_, Option<Standing>> {
        Box::pin(self.ask(|db, _| settle::standing(db)))
    }

    fn service(&self, service: Name) -> Answer<'_, Option<Service>> {
        Box::pin(self.ask(move |db, now| schedule::service(db, now, &service)))
    }

    fn schedules(&self) -> Answer<'_, Board> {
        Box::pin(self.ask(schedule::board))
    }

    fn fires(&self, select: SelectFires) -> Answer<'_, Vec<FireView>> {
        Box::pin(self.ask(move |db, _| ledger::fires(db, &select)))
    }

    fn tally(&self) -> Answer<'_, Tally> {
        Box::pin(self.ask(|db, _| reads::tally(db)))
    }
}
