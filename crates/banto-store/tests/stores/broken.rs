//! The suite before stores that break it: each flaw turns the promise that guards it red, and no flaw turns none red.
//!
//! Each flaw stands before a sound store, so what is wrong is the flaw and nothing else.

use std::{
    collections::{BTreeMap, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
};

use banto_core::{Facts, Ids, JobId, Lease, NewJob, Outcome, State, decide, retry::Backoff};
use banto_store::{
    Act, Answer, Claim, Claimed, Clock, Enqueued, Finish, Finished, Fired, Firing, GivenClock, Keys, Load, MoveId,
    Order, Other, Prune, Pruned, Read, Record, Renewed, Select, Settle, Settled, Stand, Standing, Steer, Steered, Step,
    Store,
    memory::Memory,
    suite::{self, Acted, Opening, Place, Stage, acted},
};

use crate::place::InMemory;

/// What is wrong with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    None,
    /// A finish with the right fence and any token is written.
    FinishIgnoresToken,
    /// A finish with any lease on a running job is written.
    FinishIgnoresFence,
    /// A repeated finish is called late.
    FinishForgetsItself,
    /// A rescue is written whether or not the lease is over.
    RescueIgnoresExpiry,
    /// Renewing does nothing and says that it did.
    RenewLies,
    /// A claim takes from paused queues.
    ClaimIgnoresPause,
    /// A claim gives the last before the first.
    ClaimReversed,
    /// An enqueue does not look at keys.
    EnqueueIgnoresKey,
    /// An enqueue does not look at ids.
    EnqueueIgnoresId,
    /// An enqueue stores jobs one by one, so that a refused batch is half stored.
    EnqueueInPieces,
    /// An enqueue acknowledges a job of a batch that it did not store.
    EnqueueLoses,
    /// Who waits hears only of changes made while it waits.
    WakesLate,
    /// A record is written whoever says it.
    RecordIgnoresLease,
    /// A preview is carried out.
    PreviewActs,
    /// Prune keeps to no age.
    PruneIgnoresAge,
    /// A fire runs whether or not its due instant has a row.
    FireIgnoresRow,
    /// A fire looks at no key.
    FireIgnoresOverlap,
    /// A fire is written by whatever revision.
    FireIgnoresRevision,
    /// A fire runs although its schedule is paused.
    FireIgnoresPause,
    /// What is skipped or missed is not written down.
    FireForgetsWhatItSkips,
    /// A store that is leaving still gives work.
    LeavingGives,
    /// A store that has left still takes jobs.
    LeftTakes,
    /// A store closes over what runs, which is taken from its holder for it.
    ClosesOverRunning,
    /// Keys do not come along.
    PutForgetsKeys,
    /// What was said of a job does not come along.
    PutForgetsTrails,
    /// How often a job has crashed does not come along.
    PutForgetsCrashes,
    /// What a service is accounted for does not come along.
    PutForgetsAccounts,
    /// What became of due instants does not come along.
    PutForgetsFires,
    /// A known id takes the place of the job that was there.
    PutWritesOver,
    /// Only the first page of keys is listed.
    KeysForgetTheRest,
}

struct Broken {
    sound: Memory,
    flaw: Flaw,
    leases: Mutex<BTreeMap<JobId, Lease>>,
    finished: Mutex<HashSet<Lease>>,
    ids: Mutex<Ids>,
}

impl Broken {
    fn store(sound: Memory, flaw: Flaw) -> Arc<dyn Store> {
        let ids = Mutex::new(Ids::new(99));
        Arc::new(Broken { sound, flaw, leases: Mutex::default(), finished: Mutex::default(), ids })
    }

    /// Opens a store that stands so for one call.
    async fn ajar<T>(&self, stand: Stand, call: impl AsyncFnOnce() -> T) -> T {
        let standing = self.sound.standing().await.unwrap().filter(|standing| standing.stand == stand);
        let Some(Standing { id, place, by, .. }) = standing else { return call().await };
        let steps = [Step::Leave(Other { place, by }), Step::Close];
        self.sound.settle(Settle { id, step: Step::Stay }).await.unwrap();
        let answer = call().await;
        for step in steps.into_iter().take(if stand == Stand::Left { 2 } else { 1 }) {
            self.sound.settle(Settle { id, step }).await.unwrap();
        }
        answer
    }

    fn spoil(&self, load: &mut Load) {
        match self.flaw {
            Flaw::PutForgetsKeys => load.keys.clear(),
            Flaw::PutForgetsTrails => load.jobs.iter_mut().for_each(|card| card.trail.clear()),
            Flaw::PutForgetsCrashes => load.jobs.iter_mut().for_each(|card| card.job.crashes = 0),
            Flaw::PutForgetsAccounts => load.services.iter_mut().for_each(|service| service.accounted_until = 0),
            Flaw::PutForgetsFires => load.fires.clear(),
            _ => {}
        }
    }

    fn is(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    /// The lease that the job's holder has, in place of the one that was shown.
    fn forge(&self, shown: Lease, keep_fence: bool) -> Lease {
        let held = self.leases.lock().unwrap().get(&shown.job).copied();
        held.filter(|held| !keep_fence || held.fence == shown.fence).unwrap_or(shown)
    }
}

impl Store for Broken {
    fn enqueue(&self, jobs: Arc<[NewJob]>) -> Answer<'_, Vec<Enqueued>> {
        let mut jobs = jobs.to_vec();
        if self.is(Flaw::LeftTakes) {
            return Box::pin(
                async move { self.ajar(Stand::Left, async || self.sound.enqueue(jobs.into()).await).await },
            );
        }
        if self.is(Flaw::EnqueueIgnoresKey) {
            jobs.iter_mut().for_each(|job| job.unique = None);
        }
        if self.is(Flaw::EnqueueIgnoresId) {
            jobs.iter_mut().for_each(|job| job.id = self.ids.lock().unwrap().make(1_767_225_600_000));
        }
        if self.is(Flaw::EnqueueLoses) && jobs.len() > 1 {
            return Box::pin(async move {
                let lost = jobs.pop().map(|job| Enqueued { id: job.id, fresh: true });
                let mut answers = self.sound.enqueue(jobs.into()).await?;
                answers.extend(lost);
                Ok(answers)
            });
        }
        if self.is(Flaw::EnqueueInPieces) {
            return Box::pin(async move {
                let mut answers = Vec::new();
                for job in jobs {
                    answers.extend(self.sound.enqueue([job].into()).await?);
                }
                Ok(answers)
            });
        }
        self.sound.enqueue(jobs.into())
    }

    fn claim(&self, claim: Claim) -> Answer<'_, Claimed> {
        Box::pin(async move {
            if self.is(Flaw::ClaimIgnoresPause) {
                for queue in claim.queues.clone() {
                    let steer = Steer { order: Order::Resume { queue }, by: "x".into(), preview: false };
                    self.sound.steer(steer).await?;
                }
            }
            let mut claimed = match self.is(Flaw::LeavingGives) {
                true => self.ajar(Stand::Leaving, async || self.sound.claim(claim).await).await?,
                false => self.sound.claim(claim).await?,
            };
            self.leases.lock().unwrap().extend(claimed.jobs.iter().map(|(job, lease)| (job.id, *lease)));
            if self.is(Flaw::ClaimReversed) {
                claimed.jobs.reverse();
            }
            Ok(claimed)
        })
    }

    fn renew(&self, leases: Vec<Lease>, lease_ms: u64) -> Answer<'_, Vec<Renewed>> {
        if self.is(Flaw::RenewLies) {
            return Box::pin(async move { Ok(vec![Renewed::Held { cancel_asked: false }; leases.len()]) });
        }
        self.sound.renew(leases, lease_ms)
    }

    fn finish(&self, mut finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        for finish in &mut finishes {
            match self.flaw {
                Flaw::FinishIgnoresToken => finish.lease = self.forge(finish.lease, true),
                Flaw::FinishIgnoresFence => finish.lease = self.forge(finish.lease, false),
                _ => {}
            }
        }
        let leases: Vec<Lease> = finishes.iter().map(|finish| finish.lease).collect();
        Box::pin(async move {
            let mut answers = self.sound.finish(finishes).await?;
            let mut finished = self.finished.lock().unwrap();
            for (answer, lease) in answers.iter_mut().zip(leases) {
                if !finished.insert(lease) && self.is(Flaw::FinishForgetsItself) {
                    *answer = Finished::Late;
                }
            }
            Ok(answers)
        })
    }

    fn rescue(&self, finishes: Vec<Finish>) -> Answer<'_, Vec<Finished>> {
        match self.is(Flaw::RescueIgnoresExpiry) {
            true => self.sound.finish(finishes),
            false => self.sound.rescue(finishes),
        }
    }

    fn steer(&self, steer: Steer) -> Answer<'_, Steered> {
        let preview = steer.preview && !self.is(Flaw::PreviewActs);
        self.sound.steer(Steer { preview, ..steer })
    }

    fn prune(&self, prune: Prune) -> Answer<'_, Pruned> {
        match self.is(Flaw::PruneIgnoresAge) {
            true => self.sound.prune(Prune { done_ms: 0, dead_ms: 0, cancelled_ms: 0, ..prune }),
            false => self.sound.prune(prune),
        }
    }

    fn record(&self, mut records: Vec<Record>) -> Answer<'_, usize> {
        if self.is(Flaw::RecordIgnoresLease) {
            records.iter_mut().for_each(|record| record.lease = self.forge(record.lease, false));
        }
        self.sound.record(records)
    }

    fn fire(&self, mut firing: Firing) -> Answer<'_, Vec<Fired>> {
        Box::pin(async move {
            for fire in &mut firing.fires {
                match (self.flaw, &mut fire.act) {
                    (Flaw::FireIgnoresRow, Act::Run(job)) => {
                        self.sound.enqueue([(**job).clone()].into()).await?;
                        job.id = self.ids.lock().unwrap().make(1_767_225_600_000);
                    }
                    (Flaw::FireIgnoresOverlap, Act::Run(job)) => job.unique = None,
                    _ => {}
                }
                if self.is(Flaw::FireIgnoresRevision) {
                    let board = self.sound.schedules().await?;
                    let known = board.schedules.iter().find(|view| view.name == fire.schedule);
                    fire.revision = known.map_or(fire.revision, |view| view.revision);
                }
                if self.is(Flaw::FireIgnoresPause) {
                    let order = Order::ResumeSchedule { schedule: Some(fire.schedule.clone()) };
                    self.sound.steer(Steer { order, by: "x".into(), preview: false }).await?;
                }
            }
            if self.is(Flaw::FireForgetsWhatItSkips) {
                firing.fires.retain(|fire| matches!(fire.act, Act::Run(_)));
            }
            self.sound.fire(firing).await
        })
    }

    banto_store::pass!(sound: expired register beat);

    fn settle(&self, settle: Settle) -> Answer<'_, Settled> {
        Box::pin(async move {
            let Settle { id, mut step } = settle;
            if let Step::Put(load) = &mut step {
                self.spoil(load);
                if self.is(Flaw::PutWritesOver) && !load.jobs.is_empty() {
                    // What is there is taken away and put anew.
                    let place = Other { place: "there".into(), by: "ann".into() };
                    while self.sound.settle(Settle { id, step: Step::Clear { limit: 1_000 } }).await?.more {}
                    let id = MoveId(id.0 + 1);
                    self.sound.settle(Settle { id, step: Step::Arrive(place) }).await?;
                    return self.sound.settle(Settle { id, step }).await;
                }
            }
            if self.is(Flaw::ClosesOverRunning) && matches!(step, Step::Close) {
                let all = Select { states: vec![State::Running], ..Select::default() };
                for job in self.sound.jobs(all, None).await?.jobs {
                    let held = self.leases.lock().unwrap().get(&job.id).copied();
                    let backoff = Backoff::Table(vec![1]);
                    let verdict = decide(&Facts::of(&job, &backoff), Outcome::HandBack { delay_ms: 0 }, 0, 1);
                    self.sound.finish(held.map(|lease| Finish { lease, verdict }).into_iter().collect()).await?;
                }
            }
            self.sound.settle(Settle { id, step }).await
        })
    }

    fn changed(&self, seen: u64) -> Answer<'_, u64> {
        if self.is(Flaw::WakesLate) && seen > 0 {
            return Box::pin(async {
                let now = self.sound.changed(0).await?;
                self.sound.changed(now).await
            });
        }
        self.sound.changed(seen)
    }
}

impl Read for Broken {
    banto_store::pass!(sound: about);
    banto_store::pass!(sound: job jobs cards queues census instances holder standing service schedules fires tally);

    fn keys(&self, after: Option<String>, limit: usize) -> Answer<'_, Keys> {
        Box::pin(async move {
            let mut keys = self.sound.keys(after, limit).await?;
            if self.is(Flaw::KeysForgetTheRest) {
                keys.next = None;
            }
            Ok(keys)
        })
    }
}

/// Leases by the wall clock, or steady times that know of no boot.
#[derive(Clone)]
struct OddClock {
    given: GivenClock,
    wall_for_steady: bool,
}

impl Clock for OddClock {
    fn wall_ms(&self) -> i64 {
        self.given.wall_ms()
    }
    fn steady_ms(&self) -> u64 {
        if self.wall_for_steady { self.given.wall_ms().unsigned_abs() } else { self.given.steady_ms() }
    }
    fn boot(&self) -> String {
        if self.wall_for_steady { self.given.boot() } else { "always the same".into() }
    }
}

struct OddTime {
    wall_for_steady: bool,
}

impl Place for OddTime {
    fn open(&self, given: GivenClock) -> Opening<'_, Arc<dyn Store>> {
        let clock = OddClock { given, wall_for_steady: self.wall_for_steady };
        Box::pin(async move { Arc::new(Memory::new(Arc::new(clock), 1)) as Arc<dyn Store> })
    }
    fn again(&self, _: GivenClock) -> Opening<'_, Option<Arc<dyn Store>>> {
        Box::pin(async { None })
    }
}

/// Whether the promise is kept there. Its words, when it is not, go to the test's output.
fn kept(place: impl Place, promise: impl FnOnce(Stage) -> Acted + 'static) -> bool {
    catch_unwind(AssertUnwindSafe(|| suite::run(place, promise))).is_ok()
}

/// One test a flaw: the sound store keeps the promise, and the flawed one breaks it.
macro_rules! flaws {
    ($($flaw:ident breaks $name:ident: $($file:ident::$promise:ident),+;)+) => {
        $(#[test]
        fn $name() {
            $(
                let place = |flaw| InMemory::new(move |memory| Broken::store(memory, flaw));
                assert!(kept(place(Flaw::None), acted::$file::$promise), "without the flaw the promise is kept");
                assert!(
                    !kept(place(Flaw::$flaw), acted::$file::$promise),
                    "{:?} does not break {}", Flaw::$flaw, stringify!($promise),
                );
            )+
        })+
    };
}

flaws! {
    FinishIgnoresToken breaks a_finish_that_ignores_the_token: finish::a_stale_token_is_late;
    FinishIgnoresFence breaks a_finish_that_ignores_the_fence: finish::a_stale_fence_is_late, finish::a7_a_frozen_worker_is_refused;
    FinishForgetsItself breaks a_finish_that_forgets_itself: finish::a_repeated_finish_is_written_once;
    RescueIgnoresExpiry breaks a_rescue_that_ignores_expiry:
        rescue::a_living_lease_is_left_alone, rescue::river_1302_stale_rescue, time::d1_wall_jump_rescues_nobody;
    RenewLies breaks a_renewal_that_lies: renew::a13_a_renewed_lease_never_ends, rescue::river_1302_stale_rescue;
    ClaimIgnoresPause breaks a_claim_that_ignores_a_pause: claim::a_paused_queue_gives_nothing;
    ClaimReversed breaks a_claim_that_is_reversed: claim::order_is_priority_then_due_then_id;
    EnqueueIgnoresKey breaks an_enqueue_that_ignores_keys:
        key::inside_one_batch_the_first_wins, enqueue::e5_one_key_raced_by_sixteen_is_one_job,
        key::p4_a_remembered_key_holds_for_its_time_after_the_end;
    EnqueueIgnoresId breaks an_enqueue_that_ignores_ids: enqueue::an_id_is_accepted_once, enqueue::e5_one_id_raced_by_sixteen_is_one_job;
    EnqueueInPieces breaks an_enqueue_in_pieces: enqueue::one_bad_job_refuses_the_whole_batch;
    EnqueueLoses breaks an_enqueue_that_loses: count::p2_accepted_is_listed_plus_removed, random::history_1_agrees_with_the_oracle;
    WakesLate breaks a_waker_that_is_late: changed::a_change_made_before_the_question_counts;
    RecordIgnoresLease breaks a_record_that_ignores_the_lease: record::what_a_lost_lease_says_is_dropped;
    PreviewActs breaks a_preview_that_acts: steer::a_preview_counts_and_changes_nothing;
    PruneIgnoresAge breaks a_prune_that_ignores_age: prune::each_end_has_its_age;
    FireIgnoresRow breaks a_fire_that_ignores_the_row:
        fire::p6_a_due_instant_fires_once, fire::p6_schedulers_that_race_fire_each_due_instant_once;
    FireIgnoresOverlap breaks a_fire_that_ignores_keys: fire::runs_that_keep_others_out_do_not_overlap;
    FireIgnoresRevision breaks a_fire_that_ignores_the_revision: fire::one_stale_due_instant_spoils_no_other;
    FireIgnoresPause breaks a_fire_that_ignores_a_pause: fire::a_paused_schedule_is_skipped;
    FireForgetsWhatItSkips breaks a_fire_that_forgets_what_it_skips: fire::what_does_not_fire_says_why;
    LeavingGives breaks a_store_that_gives_while_it_is_leaving:
        settle::a_store_that_is_leaving_gives_nothing_and_takes_jobs, settle::leaving_raced_with_claims_lets_nobody_through;
    LeftTakes breaks a_store_that_takes_when_it_has_left:
        settle::a_store_closes_when_nothing_runs, settle::closing_raced_with_enqueues_loses_none;
    ClosesOverRunning breaks a_store_that_closes_over_what_runs: settle::a_store_closes_when_nothing_runs;
    PutForgetsKeys breaks a_put_that_forgets_keys:
        arrive::everything_arrives_as_it_stood, arrive::keys_keep_others_out_as_before;
    PutForgetsTrails breaks a_put_that_forgets_trails: arrive::everything_arrives_as_it_stood;
    PutForgetsCrashes breaks a_put_that_forgets_crashes:
        arrive::everything_arrives_as_it_stood, arrive::what_arrived_goes_on_where_it_was;
    PutForgetsAccounts breaks a_put_that_forgets_accounts: arrive::due_instants_stay_accounted_for;
    PutForgetsFires breaks a_put_that_forgets_fires:
        arrive::due_instants_stay_accounted_for, arrive::a_ledgers_row_keeps_its_run;
    PutWritesOver breaks a_put_that_writes_over: arrive::what_is_put_twice_is_there_once;
    KeysForgetTheRest breaks a_listing_that_forgets_keys: arrive::keys_are_listed_in_pages;
}

#[test]
fn leases_by_the_wall_clock() {
    let place = || OddTime { wall_for_steady: true };
    assert!(!kept(place(), acted::time::d1_wall_jump_rescues_nobody));
    assert!(!kept(place(), acted::time::d1_wall_jump_keeps_no_lease_for_ever));
}

#[test]
fn leases_that_know_of_no_boot() {
    assert!(!kept(OddTime { wall_for_steady: false }, acted::time::a_reboot_ends_leases));
}

/// The random history finds what it was not told to look for.
#[test]
fn a_random_history_finds_each_of_these() {
    use Flaw::*;
    let flaws = [
        FinishIgnoresToken,
        FinishIgnoresFence,
        RescueIgnoresExpiry,
        RenewLies,
        ClaimIgnoresPause,
        ClaimReversed,
        EnqueueIgnoresKey,
        EnqueueInPieces,
        EnqueueLoses,
        RecordIgnoresLease,
        PreviewActs,
        PruneIgnoresAge,
        FireIgnoresRow,
        FireIgnoresOverlap,
        FireIgnoresRevision,
        FireIgnoresPause,
        FireForgetsWhatItSkips,
    ];
    for flaw in flaws {
        let history = |seed: u64| {
            move |stage: Stage| -> Acted { Box::pin(async move { suite::random::history(&stage, seed).await }) }
        };
        let place = || InMemory::new(move |memory| Broken::store(memory, flaw));
        assert!((1..=9).any(|seed| !kept(place(), history(seed))), "nine histories agree with {flaw:?}");
    }
}
