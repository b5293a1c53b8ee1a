//! A store whose claims, ends and rescues are written to the ledger as the store answered them.
//!
//! For the account: who was given which fence, and whose end the store took. It changes no call and no answer.

use std::path::Path;

use banto_sqlite::Sqlite;
use banto_store::{Answer, Claim, Claimed, Finish, Finished, Instance, Orders, Read, Store};

use crate::{
    Told,
    ledger::{Ledger, Word, nobody},
    stage::now,
};

/// The store and its ledger.
pub struct Watched {
    store: Sqlite,
    runs: Ledger,
}

impl Watched {
    /// Watches that store.
    pub fn new(store: Sqlite, runs: &Path) -> Told<Watched> {
        Ok(Watched { store, runs: Ledger::open(runs)? })
    }

    fn tell(&self, written: Word, finishes: &[Finish], answers: &[Finished], since: u64) {
        for (finish, answer) in finishes.iter().zip(answers) {
            let word = if *answer == Finished::Written { written } else { Word::Late };
            // A rescue that comes too late is no refusal: it is how two rescuers get along.
            if written == Word::Wrote || word == written {
                let note = format!("{} {since}", finish.verdict.to);
                self.runs.line(word, finish.lease.job, finish.lease.fence, note);
            }
        }
    }
}

impl Store for Watched {
    banto_store::pass!(store: enqueue renew expired register fire steer prune settle record changed);

    fn claim(&self, claim: Claim) -> Answer<'_, Claimed> {
        Box::pin(async move {
            let claimed = self.store.claim(claim).await?;
            self.runs.lines(Word::Claimed, claimed.jobs.iter().map(|(_, lease)| (lease.job, lease.fence, "-")));
            Ok(claimed)
        })
    }

    fn finish(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        Box::pin(async move {
            let since = now();
            let answers = self.store.finish(finishes.clone()).await?;
            self.tell(Word::Wrote, &finishes, &answers, since);
            Ok(answers)
        })
    }

    fn rescue(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        Box::pin(async move {
            let since = now();
            let answers = self.store.rescue(finishes.clone()).await?;
            self.tell(Word::Rescued, &finishes, &answers, since);
            Ok(answers)
        })
    }

    fn beat(&self, instance: Instance) -> Answer<'_, Orders> {
        Box::pin(async move {
            let note = format!("{} {}", instance.id, instance.name);
            let orders = self.store.beat(instance).await?;
            self.runs.line(Word::Up, nobody(), 0, note);
            Ok(orders)
        })
    }
}

impl Read for Watched {
    banto_store::pass!(store: about);
    banto_store::pass!(store: reads);
}
