//! What must hold of leases: one at a time, the fence grows by one, only a live one is written under, none is taken early,
//! none stays for ever, and no attempt is burned by what should burn none.

use banto_core::{Lease, State, Verdict};
use banto_store::{Claim, Claimed, Finish, Finished, Renewed};

use super::{FELT_MS, Ledger, Live, Now, Who};
use crate::job::{Act, act_of};

/// How long a lease may be over before somebody who could has rescued its job, in milliseconds: with the lease itself
/// under the promised 15 s.
const RESCUED_IN_MS: u64 = 4_000;

impl Ledger {
    /// A claim was answered.
    pub fn claimed(&mut self, who: Who, claim: &Claim, claimed: &Claimed, now: &Now) {
        self.holders.insert(claim.instance, who);
        self.must(claimed.jobs.len() <= claim.limit, now, || "a claim gave more than was asked for".into());
        for (job, lease) in &claimed.jobs {
            self.counts.claims += 1;
            let (id, fence, attempt) = (job.id, lease.fence, job.attempt);
            self.note(who, now, format!("claims {id} fence {fence} attempt {attempt}"));
            let before = self.jobs.get(&id).cloned();
            let grown = before.as_ref().is_some_and(|b| fence == b.fence + 1 && job.fence == fence && lease.job == id);
            self.must(grown, now, || format!("{id} is claimed and its fence does not grow by one"));
            let counted = before.as_ref().is_some_and(|b| attempt == b.attempt + 1);
            self.must(counted, now, || format!("{id} is claimed and its attempt does not grow by one"));
            self.must(attempt <= job.attempts_max(), now, || {
                format!("{id} has attempt {attempt} of {}", job.attempts_max())
            });
            // What is ready stays so, whatever becomes of the wall clock.
            let due = before.as_ref().is_some_and(|b| match b.state {
                State::Scheduled => b.run_at <= now.wall,
                State::Parked => claim.adopt.contains(&id),
                state => state == State::Ready,
            });
            self.must(due, now, || format!("{id} is claimed before it is due"));
            let paused = self.paused.get(job.queue.as_str()).is_some_and(|until| until.is_none_or(|at| at > now.wall));
            self.must(!paused, now, || format!("{id} is claimed from a paused queue"));
            let live = Live { lease: *lease, until: now.steady + claim.lease_ms, who };
            let other = self.live.insert(id, live);
            self.must(other.is_none(), now, || format!("{id} is claimed and another lease on it lives"));
        }
    }

    /// A renewal was answered.
    pub fn renewed(&mut self, leases: &[Lease], lease_ms: u64, answers: &[Renewed], now: &Now) {
        for (lease, answer) in leases.iter().zip(answers) {
            let live = self.live.get_mut(&lease.job).filter(|live| live.lease == *lease);
            let holds = live.is_some();
            if let (Some(live), Renewed::Held { .. }) = (live, answer) {
                live.until = now.steady + lease_ms;
            }
            let said = matches!(answer, Renewed::Held { .. });
            self.must(holds == said, now, || format!("a renewal of {lease:?} is answered {answer:?}"));
        }
    }

    /// A finish was answered.
    pub fn finished(&mut self, who: Who, finishes: &[Finish], answers: &[Finished], now: &Now) {
        for (Finish { lease, verdict }, answer) in finishes.iter().zip(answers) {
            let holds = self.live.get(&lease.job).is_some_and(|live| live.lease == *lease);
            let (id, fence, word, to) = (lease.job, lease.fence, verdict.word, verdict.to);
            self.note(who, now, format!("finishes {id} fence {fence} {word}, to {to}: {answer:?}"));
            match answer {
                Finished::Written if holds => {
                    self.live.remove(&id);
                    self.written.insert(id, *lease);
                    self.weigh(lease, verdict, now);
                }
                Finished::Written => {
                    let again = self.written.get(&id) == Some(lease);
                    self.must(again, now, || format!("{id} is written under fence {fence}, whose lease does not hold"));
                }
                Finished::Late => {
                    self.counts.late += 1;
                    self.must(!holds, now, || format!("{id} is refused under fence {fence}, whose lease holds"));
                }
            }
        }
    }

    /// A rescue was answered.
    pub fn rescued(&mut self, who: Who, finishes: &[Finish], answers: &[Finished], now: &Now) {
        for (Finish { lease, verdict }, answer) in finishes.iter().zip(answers) {
            if *answer == Finished::Late {
                continue;
            }
            self.counts.rescued += 1;
            let (id, word, to) = (lease.job, verdict.word, verdict.to);
            self.note(who, now, format!("rescues {id} fence {} {word}, to {to}", lease.fence));
            let live = self.live.remove(&id);
            let over = live.as_ref().is_some_and(|live| live.lease == *lease && live.until <= now.steady);
            self.must(over, now, || format!("{id} is rescued and its lease is not over"));
            let holder = live.and_then(|live| self.health.get(live.who));
            let died = holder.is_some_and(|health| !health.well_for(FELT_MS, now));
            self.must(died || word != "crashed", now, || format!("{id} counts a crash and its worker is well"));
            self.weigh(lease, verdict, now);
        }
    }

    /// Whether a verdict fits what the job was told to do.
    fn weigh(&mut self, lease: &Lease, verdict: &Verdict, now: &Now) {
        let (id, word, attempt) = (lease.job, verdict.word, verdict.attempt);
        let Some(before) = self.jobs.get(&id).cloned() else { return };
        let act = self.orders.get(&id).map(|order| act_of(&order.script, lease.fence));
        let burns = matches!(word, "retry" | "done" | "dead" | "cancel") || verdict.to == State::Cancelled;
        let wanted = if burns { before.attempt } else { before.attempt.saturating_sub(1) };
        self.must(attempt == wanted, now, || format!("{id} has attempt {attempt} after {word}, {wanted} is right"));
        let well = self.well.contains(&(id, lease.fence));
        self.must(well || word != "done", now, || format!("{id} is done and its run did not end well"));
        let failed = matches!(act, Some(Act::Fail(_) | Act::Panic(_) | Act::Hang));
        self.must(failed || word != "retry", now, || format!("{id} burns an attempt and was told to do {act:?}"));
        let fatal = matches!(act, Some(Act::Dead(_)));
        self.must(fatal || word != "dead", now, || format!("{id} is dead and was told to do {act:?}"));
    }

    /// A lease that is over is soon taken, if there is somebody who could.
    pub fn overdue(&mut self, now: &Now) {
        let able = |health: &super::Health| {
            !health.stopping && health.since + RESCUED_IN_MS <= now.steady && health.well_for(RESCUED_IN_MS, now)
        };
        let Some(who) = self.health.iter().position(able) else { return };
        let late = self.live.values().find(|live| live.until + RESCUED_IN_MS <= now.steady).map(|live| live.lease);
        self.must(late.is_none(), now, || {
            format!("{late:?} is over for long; worker {who} is well and has not rescued it")
        });
    }
}
