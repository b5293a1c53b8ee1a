//! What must hold of each due instant that is accounted for: it was due, it fires once, not before its time, only in the
//! revision that is registered, not while it is paused or its run lasts; and each look keeps to the policy.

use std::collections::BTreeMap;

use banto_core::{Due, Missed, NewJob, Reason, ScheduleName};
use banto_store::{Act, Fire, Fired, Firing};

use super::{AHEAD_MS, FELT_MS, Ledger, Now, Row};
use crate::{dues::timetable::Line, ledger::Who};

impl Ledger {
    /// Due instants were accounted for.
    pub fn fired(&mut self, who: Who, firing: &Firing, answers: &[Fired], now: &Now) {
        self.counts.steps += 1;
        self.must(firing.fires.len() == answers.len(), now, || "a firing is not answered one by one".into());
        let mut said = BTreeMap::<String, u64>::new();
        for (fire, answer) in firing.fires.iter().zip(answers) {
            let word = match answer {
                Fired::Run(_) => format!("{} fires at {}", fire.schedule, fire.due_at),
                Fired::Not(reason) => format!("{} {reason}", fire.schedule),
                Fired::There => format!("{} there", fire.schedule),
                Fired::Stale => format!("{} stale", fire.schedule),
            };
            *said.entry(word).or_default() += fire.count;
            self.answered(fire, *answer, now);
        }
        let said: Vec<String> =
            said.into_iter().map(|(word, count)| if count == 1 { word } else { format!("{word} x{count}") }).collect();
        self.note(who, now, format!("accounts until {:?}: {}", firing.until, said.join(", ")));
        for fires in by_schedule(&firing.fires).values() {
            self.keeps_to_policy(fires, firing.until, now);
        }
    }

    fn answered(&mut self, fire: &Fire, answer: Fired, now: &Now) {
        let key = (fire.schedule.clone(), fire.due_at);
        let shown = || format!("{} due at {}", fire.schedule, fire.due_at);
        let living = self.lives.get(&fire.schedule).and_then(|lives| lives.last()).filter(|life| life.until.is_none());
        let registered = living.is_some_and(|life| life.revision == fire.revision);
        let line = living.map(|life| life.line.clone());
        let before = self.rows.get(&key).copied();
        match answer {
            Fired::Stale => return self.must(!registered, now, || format!("{} is stale, and is registered", shown())),
            Fired::There => {
                self.counts.there += 1;
                return self.must(before.is_some(), now, || format!("{} is said to be there, and is not", shown()));
            }
            Fired::Run(_) | Fired::Not(_) => {}
        }
        self.must(registered, now, || format!("{} is accounted for in another revision", shown()));
        let Some(line) = line else { return };
        let mark = line.dues(fire.due_at - 1, fire.due_at).first().map(|(_, mark)| *mark);
        self.must(mark.is_some(), now, || format!("{} was never due", shown()));
        let free = before.is_none_or(|row| row.reason.is_some_and(|reason| reason.fate() == banto_core::Fate::Missed));
        self.must(free && (before.is_none() || matches!(fire.act, Act::Run(_))), now, || {
            format!("{} is accounted for twice: {before:?}, {answer:?}", shown())
        });
        let straight = self.straight_since.saturating_add_unsigned(FELT_MS) <= now.truth;
        let ahead = if self.own_clock || straight { fire.due_at - now.store } else { 0 };
        self.must(ahead <= AHEAD_MS, now, || format!("{} is accounted for {ahead} ms before its time", shown()));
        match answer {
            Fired::Run(job) => self.runs(fire, job, &line, mark.flatten(), now),
            Fired::Not(reason) => self.does_not(fire, reason, &line, mark.flatten(), now),
            Fired::There | Fired::Stale => {}
        }
        let (job, reason) = match answer {
            Fired::Run(job) => (Some(job), None),
            Fired::Not(reason) => (None, Some(reason)),
            Fired::There | Fired::Stale => return,
        };
        self.count(before, fire.count, reason);
        self.rows.insert(key, Row { count: fire.count, reason, job });
    }

    fn count(&mut self, before: Option<Row>, count: u64, reason: Option<Reason>) {
        match before {
            Some(before) => self.counts.missed -= before.count,
            None => self.counts.dues += count,
        }
        match reason.map(Reason::fate) {
            None | Some(banto_core::Fate::Fired) => self.counts.fired += 1,
            Some(banto_core::Fate::Skipped) => self.counts.skipped += 1,
            Some(banto_core::Fate::Missed) => self.counts.missed += count,
        }
    }

    fn runs(&mut self, fire: &Fire, job: banto_core::JobId, line: &Line, mark: Option<Reason>, now: &Now) {
        let shown = || format!("{} due at {}", fire.schedule, fire.due_at);
        self.must(mark.is_none(), now, || format!("{} fires, and should not for {mark:?}", shown()));
        self.must(fire.count == 1, now, || format!("{} fires for {} at once", shown(), fire.count));
        let paused = self.halted(Some(&fire.schedule), now) || (!line.even_in_maintenance && self.halted(None, now));
        self.must(!paused, now, || format!("{} fires, and is paused", shown()));
        let keyed = |act: &Act| matches!(act, Act::Run(job) if job.unique.is_some());
        if keyed(&fire.act) {
            let open = self.open.iter().find(|(_, schedule)| **schedule == fire.schedule).map(|(job, _)| *job);
            self.must(open.is_none(), now, || format!("{} fires beside {open:?}, which has not ended", shown()));
            self.open.insert(job, fire.schedule.clone());
        }
    }

    fn does_not(&mut self, fire: &Fire, reason: Reason, line: &Line, mark: Option<Reason>, now: &Now) {
        let shown = || format!("{} due at {}", fire.schedule, fire.due_at);
        let right = match reason {
            Reason::Overlap => self.open.values().any(|schedule| *schedule == fire.schedule),
            Reason::Paused => self.halted(Some(&fire.schedule), now),
            Reason::Maintenance => !line.even_in_maintenance && self.halted(None, now),
            Reason::Holiday | Reason::Gap | Reason::Fold => mark == Some(reason),
            Reason::Policy | Reason::OverMax | Reason::TooOld => mark.is_none() || fire.count > 1,
            Reason::Filter | Reason::Refused => false,
        };
        self.must(right, now, || format!("{} does not fire, and {reason} is no reason", shown()));
    }

    /// Whether what one look makes of a schedule is what its policy says.
    fn keeps_to_policy(&mut self, fires: &[&Fire], until: Option<i64>, now: &Now) {
        let life = fires
            .first()
            .and_then(|fire| self.lives.get(&fire.schedule)?.iter().find(|life| life.revision == fire.revision));
        let Some(line) = life.map(|life| life.line.clone()) else { return };
        let runs: Vec<(i64, &NewJob)> = fires
            .iter()
            .filter_map(|fire| match &fire.act {
                Act::Run(job) => Some((fire.due_at, &**job)),
                Act::Not(_) => None,
            })
            .collect();
        let wrong = until.map_or_else(String::new, |planned| wrong(&line, &runs, fires, planned));
        self.must(wrong.is_empty(), now, || {
            format!("a look at {} breaks its policy {:?}: {wrong}", line.name(), line.missed)
        });
    }
}

/// What is wrong with the runs of one look that was planned then.
fn wrong(line: &Line, runs: &[(i64, &NewJob)], fires: &[&Fire], planned: i64) -> String {
    let age = |due: i64| planned.saturating_sub(due).max(0).unsigned_abs();
    let made_up = runs.iter().filter(|(due, _)| age(*due) > line.late_ms).count();
    let most = match line.missed {
        Missed::Skip => 0,
        Missed::Last => 1,
        Missed::All { max } => usize::try_from(max).unwrap_or(usize::MAX),
    };
    if made_up > most {
        return format!("{made_up} were made up for, and {most} may be");
    }
    if runs.len() > 1 && !matches!(line.missed, Missed::All { .. }) {
        return format!("{} fire at once", runs.len());
    }
    let first = runs.first().map_or(i64::MAX, |(due, _)| *due);
    let newer = fires.iter().filter(|fire| fire.due_at > first);
    let passed_over =
        newer.filter(|fire| matches!(fire.act, Act::Not(Reason::Policy | Reason::OverMax | Reason::TooOld))).count();
    if passed_over > 0 {
        return format!("{passed_over} newer ones are passed over");
    }
    for (due, job) in runs {
        if age(*due) > line.late_ms && line.age_ms_max.is_some_and(|most| age(*due) > most) {
            return format!("the one of {due} is {} ms old", age(*due));
        }
        let last = due
            .saturating_add_unsigned(line.jitter_ms)
            .max(planned.saturating_add_unsigned(line.spread_ms + line.jitter_ms));
        if let Due::At(at) = job.due
            && (at < *due || at > last)
        {
            return format!("the one of {due} shall run at {at}");
        }
    }
    let none = runs.is_empty()
        && fires.iter().any(|fire| matches!(fire.act, Act::Not(Reason::Policy)) && age(fire.due_at) <= line.late_ms);
    if none { "an ordinary one is passed over for none".into() } else { String::new() }
}

fn by_schedule(fires: &[Fire]) -> BTreeMap<&ScheduleName, Vec<&Fire>> {
    let mut sorted: BTreeMap<&ScheduleName, Vec<&Fire>> = BTreeMap::new();
    fires.iter().for_each(|fire| sorted.entry(&fire.schedule).or_default().push(fire));
    sorted
}
