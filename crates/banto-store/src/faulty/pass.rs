//! The calls: each waits at its verb's gate, is passed on, or fails.

use std::sync::Arc;

use banto_core::{JobId, Label, Lease, Name, NewJob};
use tokio::sync::watch;

use super::{Faulty, Gate, Strike, Verb};
use crate::{
    About, Answer, Board, Card, Census, Claim, Claimed, Enqueued, Expired, Fault, Finish, Finished, FireView, Fired,
    Firing, Holder, Instance, Keys, Orders, Page, Prune, Pruned, QueueView, Read, Record, Register, Registration,
    Renewed, Seen, Select, SelectFires, Service, Settle, Settled, Standing, Steer, Steered, Store, StoreError, Tally,
};

impl Faulty {
    /// Passes a call on, or fails it.
    fn pass<'a, T: Send + 'a>(
        &'a self,
        verb: Verb,
        call: impl FnOnce(&'a dyn Store) -> Answer<'a, T> + Send + 'a,
    ) -> Answer<'a, T> {
        Box::pin(async move {
            self.wait_at_the_gate(verb).await;
            let strike = self.ledger().draw(verb);
            match strike {
                None => call(&*self.store).await,
                Some(Strike::Before(fault)) => Err(StoreError::new(fault, format!("{verb:?}: failed on purpose"))),
                Some(Strike::Instead) => Err(in_doubt(verb)),
                // An answer that is an error was no success to lose.
                Some(Strike::After) => call(&*self.store).await.and_then(|_| Err(in_doubt(verb))),
            }
        })
    }

    async fn wait_at_the_gate(&self, verb: Verb) {
        let Some(mut shut) = self.gate(verb, |gate| gate.shut.subscribe()) else { return };
        if !*shut.borrow_and_update() {
            return;
        }
        let _waits = self.gate(verb, Waits::begin);
        let _ = shut.wait_for(|shut| !shut).await;
    }
}

/// Counts a call that hangs, until it goes on or is dropped.
struct Waits(watch::Sender<usize>);

impl Waits {
    fn begin(gate: &Gate) -> Waits {
        gate.waiting.send_modify(|count| *count += 1);
        Waits(gate.waiting.clone())
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

fn in_doubt(verb: Verb) -> StoreError {
    StoreError::new(Fault::InDoubt, format!("tell whether {verb:?} happened: its answer was lost on purpose"))
}

impl Store for Faulty {
    fn enqueue(&self, jobs: Arc<[NewJob]>) -> Answer<'_, Vec<Enqueued>> {
        self.pass(Verb::Enqueue, |store| store.enqueue(jobs))
    }
    fn claim(&self, claim: Claim) -> Answer<'_, Claimed> {
        self.pass(Verb::Claim, |store| store.claim(claim))
    }
    fn renew(&self, leases: Vec<Lease>, lease_ms: u64) -> Answer<'_, Vec<Renewed>> {
        self.pass(Verb::Renew, move |store| store.renew(leases, lease_ms))
    }
    fn finish(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        self.pass(Verb::Finish, |store| store.finish(finishes))
    }
    fn expired(&self, limit: usize) -> Answer<'_, Vec<Expired>> {
        self.pass(Verb::Expired, move |store| store.expired(limit))
    }
    fn rescue(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        self.pass(Verb::Rescue, |store| store.rescue(finishes))
    }
    fn register(&self, register: Register) -> Answer<'_, Registration> {
        self.pass(Verb::Register, |store| store.register(register))
    }
    fn fire(&self, firing: Firing) -> Answer<'_, Vec<Fired>> {
        self.pass(Verb::Fire, |store| store.fire(firing))
    }
    fn steer(&self, steer: Steer) -> Answer<'_, Steered> {
        self.pass(Verb::Steer, |store| store.steer(steer))
    }
    fn prune(&self, prune: Prune) -> Answer<'_, Pruned> {
        self.pass(Verb::Prune, move |store| store.prune(prune))
    }
    fn settle(&self, settle: Settle) -> Answer<'_, Settled> {
        self.pass(Verb::Settle, |store| store.settle(settle))
    }
    fn record(&self, records: Vec<Record>) -> Answer<'_, usize> {
        self.pass(Verb::Record, |store| store.record(records))
    }
    fn beat(&self, instance: Instance) -> Answer<'_, Orders> {
        self.pass(Verb::Beat, |store| store.beat(instance))
    }
    fn changed(&self, seen: u64) -> Answer<'_, u64> {
        self.pass(Verb::Changed, move |store| store.changed(seen))
    }
}

impl Read for Faulty {
    fn about(&self) -> About {
        self.store.about()
    }
    fn job(&self, id: JobId) -> Answer<'_, Option<Card>> {
        self.pass(Verb::Read, move |store| store.job(id))
    }
    fn jobs(&self, select: Select, before: Option<JobId>) -> Answer<'_, Page> {
        self.pass(Verb::Read, move |store| store.jobs(select, before))
    }
    fn cards(&self, select: Select, before: Option<JobId>) -> Answer<'_, Vec<Card>> {
        self.pass(Verb::Read, move |store| store.cards(select, before))
    }
    fn queues(&self) -> Answer<'_, Vec<QueueView>> {
        self.pass(Verb::Read, |store| store.queues())
    }
    fn census(&self) -> Answer<'_, Vec<Census>> {
        self.pass(Verb::Read, |store| store.census())
    }
    fn instances(&self) -> Answer<'_, Vec<Seen>> {
        self.pass(Verb::Read, |store| store.instances())
    }
    fn holder(&self, key: Label) -> Answer<'_, Option<Holder>> {
        self.pass(Verb::Read, |store| store.holder(key))
    }
    fn keys(&self, after: Option<String>, limit: usize) -> Answer<'_, Keys> {
        self.pass(Verb::Read, move |store| store.keys(after, limit))
    }
    fn standing(&self) -> Answer<'_, Option<Standing>> {
        self.pass(Verb::Read, |store| store.standing())
    }
    fn service(&self, service: Name) -> Answer<'_, Option<Service>> {
        self.pass(Verb::Read, |store| store.service(service))
    }
    fn schedules(&self) -> Answer<'_, Board> {
        self.pass(Verb::Read, |store| store.schedules())
    }
    fn fires(&self, select: SelectFires) -> Answer<'_, Vec<FireView>> {
        self.pass(Verb::Read, |store| store.fires(select))
    }
    fn tally(&self) -> Answer<'_, Tally> {
        self.pass(Verb::Read, |store| store.tally())
    }
}
