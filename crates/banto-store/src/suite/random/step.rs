//! One step of a history: drawn, told, done on both sides, and the answers compared.

use std::sync::Arc;

use banto_core::{Facts, Lease, Outcome, Progress, decide, retry::Backoff};

use super::{Pair, same};
use crate::{Claim, Expired, Finish, Note, Output, Prune, Record, Steer, Store, StoreError, suite::stage::instance};

/// What a side answered, as text: errors by their kind, since each store has its own words.
fn shown<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> String {
    match answer {
        Ok(answer) => format!("{answer:?}"),
        Err(error) => format!("refused: {:?}", std::mem::discriminant(error.fault())),
    }
}

impl Pair<'_> {
    /// Takes one step on both sides. What differs is the error.
    pub(super) async fn step(&mut self) -> Result<(), String> {
        match self.below(28) {
            0..=4 => self.enqueue().await,
            5..=9 => self.claim().await,
            10..=13 => self.finish().await,
            14 => self.renew().await,
            15 => self.rescue().await,
            16 | 17 => self.steer().await,
            18 => self.prune().await,
            19 => self.record().await,
            20 => self.beat().await,
            21 => self.list().await,
            22 => self.register().await,
            23..=25 => self.fire().await,
            _ => {
                self.time().await;
                Ok(())
            }
        }
    }

    fn tell(&mut self, step: String) {
        self.told.push(step);
    }

    async fn enqueue(&mut self) -> Result<(), String> {
        // At times many: a store may have its own way with them.
        let many = self.once_in(6).then(|| 14 + self.below(22));
        let count = many.unwrap_or_else(|| self.below(4) + usize::from(!self.once_in(10)));
        let jobs: Vec<_> = (0..count).map(|_| self.new_job()).collect();
        self.tell(format!("enqueue {jobs:?}"));
        let [oracle, tested] = self.stores();
        let answers = (oracle.enqueue(jobs.clone().into()).await, tested.enqueue(jobs.into()).await);
        same("the answer", &shown(answers.0), &shown(answers.1))
    }

    async fn claim(&mut self) -> Result<(), String> {
        let adopt = if self.once_in(2) { self.some_ids() } else { Vec::new() };
        let lease_ms = 500 + self.ms(3_000);
        let who = instance(self.ms(3));
        let limit = if self.once_in(4) { 60 } else { self.below(5) };
        let claim = Claim { instance: who, queues: self.queues(), limit, lease_ms, adopt };
        self.tell(format!("{claim:?}"));
        let [oracle, tested] = self.stores();
        let left = oracle.claim(claim.clone()).await.unwrap();
        let right = tested.claim(claim).await.unwrap();
        let jobs = |jobs: &[(banto_core::Job, Lease)]| -> Vec<String> {
            jobs.iter().map(|(job, lease)| format!("{job:?} fence {}", lease.fence)).collect()
        };
        same("what was given", &jobs(&left.jobs), &jobs(&right.jobs))?;
        same("the next due time", &left.due_in_ms, &right.due_in_ms)?;
        same("what was damaged", &left.damaged, &right.damaged)?;
        let both = left.jobs.into_iter().zip(right.jobs);
        self.claimed.extend(both.map(|((job, left), (_, right))| (job, [left, right])));
        Ok(())
    }

    /// Some of the leases that were ever given, mostly the latest, once in a while with a forged token.
    fn some_leases(&mut self) -> Vec<(banto_core::Job, [Lease; 2])> {
        let (latest, count) = if self.once_in(5) { (50, 40) } else { (6, self.below(4)) };
        let from = if self.once_in(4) { 0 } else { self.claimed.len().saturating_sub(latest) };
        let mut some = self.claimed[from..].to_vec();
        self.rng.shuffle(&mut some);
        some.truncate(count);
        if self.once_in(6) {
            some.iter_mut().flat_map(|(_, leases)| leases).for_each(|lease| lease.token ^= 1);
        }
        some
    }

    async fn finish(&mut self) -> Result<(), String> {
        let some = self.some_leases();
        let outcomes: Vec<Outcome> = some.iter().map(|_| self.outcome()).collect();
        self.tell(format!("finish {:?} as {outcomes:?}", some.iter().map(|(_, [lease, _])| lease).collect::<Vec<_>>()));
        let [left, right] = self.verdicts(&some, &outcomes);
        let [oracle, tested] = self.stores();
        same("the answer", &shown(oracle.finish(left).await), &shown(tested.finish(right).await))
    }

    fn verdicts(&self, some: &[(banto_core::Job, [Lease; 2])], outcomes: &[Outcome]) -> [Vec<Finish>; 2] {
        let backoff = Backoff::Table(vec![1_000]);
        let now = self.stage.clock_ms();
        [0, 1].map(|side| {
            let verdict = |((job, leases), outcome): (&(banto_core::Job, [Lease; 2]), &Outcome)| Finish {
                lease: leases[side],
                verdict: decide(&Facts::of(job, &backoff), outcome.clone(), now, 1),
            };
            some.iter().zip(outcomes).map(verdict).collect()
        })
    }

    async fn renew(&mut self) -> Result<(), String> {
        let some = self.some_leases();
        let lease_ms = 500 + self.ms(3_000);
        self.tell(format!("renew {:?} for {lease_ms}", some.iter().map(|(_, [lease, _])| lease).collect::<Vec<_>>()));
        let [left, right] = [0, 1].map(|side| some.iter().map(|(_, leases)| leases[side]).collect());
        let [oracle, tested] = self.stores();
        same("the answer", &shown(oracle.renew(left, lease_ms).await), &shown(tested.renew(right, lease_ms).await))
    }

    /// Looks for what is over; then, or only then, after a moment, writes.
    async fn rescue(&mut self) -> Result<(), String> {
        let [oracle, tested] = self.stores();
        let over = async |expired: Result<Vec<Expired>, StoreError>| {
            let mut over = expired.unwrap();
            over.sort_by_key(|one| one.job.id);
            over
        };
        let (left, right) = (over(oracle.expired(100).await).await, over(tested.expired(100).await).await);
        let jobs = |over: &[Expired]| -> Vec<String> {
            over.iter().map(|one| format!("{:?} {}", one.job, one.lease.fence)).collect()
        };
        self.tell(format!("rescue {} jobs", left.len()));
        same("what is over", &jobs(&left), &jobs(&right))?;
        let mut some: Vec<_> =
            left.into_iter().zip(right).map(|(left, right)| (left.job, [left.lease, right.lease])).collect();
        if self.once_in(3) {
            some.extend(self.some_leases());
        }
        let outcomes = vec![Outcome::Crashed { error: "gone".into() }; some.len()];
        let [left, right] = self.verdicts(&some, &outcomes);
        same("the answer", &shown(oracle.rescue(left).await), &shown(tested.rescue(right).await))
    }

    async fn steer(&mut self) -> Result<(), String> {
        let plain = self.plain().await;
        let steer = Steer { order: self.order(plain), by: "ann".into(), preview: self.once_in(3) };
        self.tell(format!("{steer:?}"));
        let [oracle, tested] = self.stores();
        same("the answer", &shown(oracle.steer(steer.clone()).await), &shown(tested.steer(steer).await))
    }

    async fn prune(&mut self) -> Result<(), String> {
        let prune = Prune {
            done_ms: self.ms(8_000),
            dead_ms: self.ms(20_000),
            cancelled_ms: self.ms(8_000),
            instances_ms: self.ms(30_000),
            fires_ms: self.ms(60_000),
            skips_ms: self.ms(30_000),
            limit: if self.once_in(3) { self.below(5) } else { 1_000 },
        };
        self.tell(format!("{prune:?}"));
        let [oracle, tested] = self.stores();
        same("the answer", &shown(oracle.prune(prune).await), &shown(tested.prune(prune).await))
    }

    async fn register(&mut self) -> Result<(), String> {
        let register = self.registration();
        self.tell(format!("{register:?}"));
        let [oracle, tested] = self.stores();
        same("the answer", &shown(oracle.register(register.clone()).await), &shown(tested.register(register).await))
    }

    async fn fire(&mut self) -> Result<(), String> {
        let firing = self.firing();
        self.tell(format!("{firing:?}"));
        let [oracle, tested] = self.stores();
        same("the answer", &shown(oracle.fire(firing.clone()).await), &shown(tested.fire(firing).await))
    }

    async fn record(&mut self) -> Result<(), String> {
        let some = self.some_leases();
        let number = self.ms(1_000);
        let note = match self.below(3) {
            0 => Note::Line(format!("line {number}")),
            1 => Note::Output(Output { peak_bytes: number, tail: "end".into(), ..Output::default() }),
            _ => Note::Progress(Progress { done: number, total: 1_000, text: "on".into() }),
        };
        self.tell(format!("record {note:?} for {:?}", some.iter().map(|(_, [lease, _])| lease).collect::<Vec<_>>()));
        let [left, right] = [0, 1]
            .map(|side| some.iter().map(|(_, leases)| Record { lease: leases[side], note: note.clone() }).collect());
        let [oracle, tested] = self.stores();
        same("the answer", &shown(oracle.record(left).await), &shown(tested.record(right).await))
    }

    async fn beat(&mut self) -> Result<(), String> {
        let instance = self.instance();
        self.tell(format!("beat {instance:?}"));
        let [oracle, tested] = self.stores();
        same("the answer", &shown(oracle.beat(instance.clone()).await), &shown(tested.beat(instance).await))
    }

    /// A page of those that fit, from any place on. The states themselves are compared with all that is shown.
    async fn list(&mut self) -> Result<(), String> {
        let plain = self.plain().await;
        let select = self.select(plain);
        let before = if self.once_in(2) { self.some_ids().pop() } else { None };
        self.tell(format!("list {select:?} before {before:?}"));
        let [oracle, tested] = self.stores();
        let shown = async |store: Arc<dyn Store>| {
            let page = store.jobs(select.clone(), before).await.unwrap();
            (page.jobs.iter().map(|job| job.id).collect::<Vec<_>>(), page.more)
        };
        same("the page", &shown(oracle).await, &shown(tested).await)
    }

    /// Time passes; at times the wall clock jumps, or the machine starts anew.
    async fn time(&mut self) {
        let jump = self.ms(600_000) as i64;
        let told = match self.below(20) {
            0 => {
                self.stage.clock.jump(jump);
                format!("the wall clock jumps {jump} ms ahead")
            }
            1 if self.plain().await => {
                self.stage.clock.jump(-jump);
                format!("the wall clock jumps {jump} ms back")
            }
            2 => {
                self.stage.clock.reboot();
                "the machine starts anew".into()
            }
            _ => {
                let ms = self.ms(1_500);
                self.stage.clock.pass(ms);
                format!("{ms} ms pass")
            }
        };
        self.tell(told);
    }
}
