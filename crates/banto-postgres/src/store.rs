//! The contract, met: each verb a call on a connection.

use std::sync::Arc;

use banto_core::{JobId, Label, Lease, Name, NewJob};
use banto_store::{
    About, Answer, Board, Card, Census, Claim, Claimed, Enqueued, Expired, Fault, Finish, Finished, FireView, Fired,
    Firing, Holder, Instance, Keys, Orders, Page, Prune, Pruned, QueueView, Read, Record, Register, Registration,
    Renewed, Seen, Select, SelectFires, Service, Settle, Settled, Standing, Steer, Steered, Store, StoreError, Tally,
};

use crate::{
    Postgres, beat, claim, enqueue, error::Doing, finish, fire, ledger, prune, reads, record, renew, rescue, schedule,
    settle, steer,
};

/// A verb or a question over what it was given, which is shared so that it may be repeated.
macro_rules! call {
    ($store:expr, $what:literal, $doing:ident, |$conn:ident $(, $given:ident)*| $work:expr) => {{
        $(let $given = Arc::new($given);)*
        $store.call($what, Doing::$doing, move |$conn| {
            $(let $given = Arc::clone(&$given);)*
            Box::pin(async move { $work.await })
        })
    }};
}

impl Store for Postgres {
    fn enqueue(&self, jobs: Arc<[NewJob]>) -> Answer<'_, Vec<Enqueued>> {
        Box::pin(async move {
            enqueue::check(&jobs)?;
            let schema = self.migrated().to;
            call!(self, "enqueue jobs", Telling, |conn, jobs| enqueue::enqueue(conn, &jobs, schema)).await
        })
    }

    fn claim(&self, claim: Claim) -> Answer<'_, Claimed> {
        Box::pin(async move {
            let (claimed, wall) = call!(self, "claim jobs", Writing, |conn, claim| claim::claim(conn, &claim)).await?;
            self.looked(wall);
            Ok(claimed)
        })
    }

    fn renew(&self, leases: Vec<Lease>, lease_ms: u64) -> Answer<'_, Vec<Renewed>> {
        Box::pin(call!(self, "renew leases", Writing, |conn, leases| renew::renew(conn, &leases, lease_ms)))
    }

    fn finish(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        Box::pin(async move {
            finish::check(&finishes)?;
            call!(self, "finish jobs", Telling, |conn, finishes| finish::finish(conn, &finishes)).await
        })
    }

    fn expired(&self, limit: usize) -> Answer<'_, Vec<Expired>> {
        let store = self.clone();
        Box::pin(call!(self, "look for expired leases", Asking, |conn, store| rescue::expired(
            conn,
            &store.inner().watch,
            limit
        )))
    }

    fn rescue(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        let store = self.clone();
        Box::pin(async move {
            finish::check(&finishes)?;
            call!(self, "rescue jobs", Telling, |conn, store, finishes| rescue::rescue(
                conn,
                &store.inner().watch,
                &finishes
            ))
            .await
        })
    }

    fn register(&self, register: Register) -> Answer<'_, Registration> {
        Box::pin(async move {
            register.check().map_err(StoreError::from)?;
            call!(self, "register schedules", Telling, |conn, register| schedule::register(conn, &register)).await
        })
    }

    fn fire(&self, firing: Firing) -> Answer<'_, Vec<Fired>> {
        Box::pin(async move {
            firing.check().map_err(StoreError::from)?;
            call!(self, "account for due instants", Telling, |conn, firing| fire::fire(conn, &firing)).await
        })
    }

    fn steer(&self, steer: Steer) -> Answer<'_, Steered> {
        Box::pin(async move {
            steer.check()?;
            call!(self, "carry out the order", Telling, |conn, steer| steer::steer(conn, &steer)).await
        })
    }

    fn prune(&self, prune: Prune) -> Answer<'_, Pruned> {
        Box::pin(call!(self, "prune", Writing, |conn, prune| prune::prune(conn, &prune)))
    }

    fn record(&self, records: Vec<Record>) -> Answer<'_, usize> {
        Box::pin(call!(self, "record what jobs say", Writing, |conn, records| record::record(conn, &records)))
    }

    fn beat(&self, instance: Instance) -> Answer<'_, Orders> {
        let store = self.clone();
        Box::pin(call!(self, "register an instance", Writing, |conn, store, instance| beat::beat(
            conn,
            &store.inner().watch,
            &instance
        )))
    }

    fn changed(&self, seen: u64) -> Answer<'_, u64> {
        let mut number = self.inner().news.number.subscribe();
        Box::pin(async move {
            let _waiting = self.inner().news.waits();
            let closed = |_| StoreError::new(Fault::Gone, "wait for a change: the store was closed");
            number.wait_for(|number| *number != seen).await.map(|number| *number).map_err(closed)
        })
    }

    fn settle(&self, settle: Settle) -> Answer<'_, Settled> {
        Box::pin(async move {
            settle::check(&settle)?;
            call!(self, "move to or from another store", Writing, |conn, settle| settle::settle(conn, &settle)).await
        })
    }
}

impl Read for Postgres {
    fn about(&self) -> About {
        let inner = self.inner();
        let mut notices = inner.notices.clone();
        notices.extend(inner.news.notices());
        About {
            store: "postgres".into(),
            place: inner.pool.options.place(),
            durability: inner.durability.clone(),
            notices,
        }
    }

    fn job(&self, id: JobId) -> Answer<'_, Option<Card>> {
        Box::pin(call!(self, "show the job", Asking, |conn| reads::job(conn, id)))
    }

    fn jobs(&self, select: Select, before: Option<JobId>) -> Answer<'_, Page> {
        Box::pin(call!(self, "list jobs", Asking, |conn, select| reads::jobs(conn, &select, before)))
    }

    fn queues(&self) -> Answer<'_, Vec<QueueView>> {
        Box::pin(call!(self, "list queues", Asking, |conn| reads::queues(conn)))
    }

    fn census(&self) -> Answer<'_, Vec<Census>> {
        Box::pin(call!(self, "count jobs", Asking, |conn| reads::census(conn)))
    }

    fn instances(&self) -> Answer<'_, Vec<Seen>> {
        Box::pin(call!(self, "list instances", Asking, |conn| beat::seen(conn)))
    }

    fn holder(&self, key: Label) -> Answer<'_, Option<Holder>> {
        Box::pin(call!(self, "look up the key", Asking, |conn, key| reads::holder(conn, &key)))
    }

    fn service(&self, service: Name) -> Answer<'_, Option<Service>> {
        Box::pin(call!(self, "look for a service", Asking, |conn, service| schedule::service(conn, &service)))
    }

    fn schedules(&self) -> Answer<'_, Board> {
        Box::pin(call!(self, "list schedules", Asking, |conn| schedule::board(conn)))
    }

    fn fires(&self, select: SelectFires) -> Answer<'_, Vec<FireView>> {
        Box::pin(call!(self, "read the ledger of schedules", Asking, |conn, select| ledger::fires(conn, &select)))
    }

    fn tally(&self) -> Answer<'_, Tally> {
        Box::pin(call!(self, "read the tally", Asking, |conn| reads::tally(conn)))
    }

    fn cards(&self, select: Select, before: Option<JobId>) -> Answer<'_, Vec<Card>> {
        Box::pin(call!(self, "list jobs with their trails", Asking, |conn, select| reads::cards(conn, &select, before)))
    }

    fn keys(&self, after: Option<String>, limit: usize) -> Answer<'_, Keys> {
        Box::pin(call!(self, "list keys", Asking, |conn, after| settle::keys(conn, after.as_deref(), limit)))
    }

    fn standing(&self) -> Answer<'_, Option<Standing>> {
        Box::pin(call!(self, "read how the store stands", Asking, |conn| settle::standing(conn)))
    }
}
