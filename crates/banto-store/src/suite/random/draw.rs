//! Draws the words of a history: jobs, outcomes, selections, orders.

use banto_core::{Cause, Due, Hold, JobId, Name, NewJob, Options, Outcome, Park, Reason, ScheduleName, State, Unique};

use super::{Pair, side::KEYS};
use crate::{
    Act, Fire, Firing, Instance, Order, Register, Select, Status,
    suite::{
        fire::{fire, job_of},
        instance::an_instance,
        schedule::{schedule, schedule_name, service},
        stage::{instance, label, name},
    },
};

const QUEUES: [&str; 3] = ["a", "b", "c"];
/// The schedules that a history uses.
pub(super) const SCHEDULES: [&str; 3] = ["s:1", "s:2", "s:3"];

impl Pair<'_> {
    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.rng.usize(..end)
    }

    /// True once in `times`.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(super) fn ms(&mut self, most: u64) -> u64 {
        self.rng.u64(..=most)
    }

    pub(super) fn queue(&mut self) -> Name {
        name(QUEUES[self.below(QUEUES.len())])
    }

    /// Some of the queues, in any order.
    pub(super) fn queues(&mut self) -> Vec<Name> {
        let mut queues = QUEUES.map(name).to_vec();
        self.rng.shuffle(&mut queues);
        let count = self.below(QUEUES.len()) + 1;
        queues.truncate(count);
        queues
    }

    /// Some ids of jobs that were claimed once, and one that never was there.
    pub(super) fn some_ids(&mut self) -> Vec<JobId> {
        let mut ids: Vec<JobId> = self.claimed.iter().map(|(job, _)| job.id).collect();
        ids.push(self.stage.id());
        self.rng.shuffle(&mut ids);
        ids.truncate(4);
        ids
    }

    pub(super) fn new_job(&mut self) -> NewJob {
        let now = self.stage.clock_ms();
        let due = match self.below(4) {
            0 => Due::In(self.ms(4_000)),
            1 => Due::At(now + self.ms(6_000) as i64 - 2_000),
            _ => Due::Now,
        };
        let unique = self.once_in(2).then(|| Unique { key: label(KEYS[self.below(KEYS.len())]), hold: self.hold() });
        let tags = if self.once_in(3) { vec![label("vip")] } else { Vec::new() };
        let mut job = self.stage.job();
        if self.once_in(8)
            && let Some((known, _)) = self.claimed.last()
        {
            job.id = known.id;
        }
        // Once in a while a job that is refused, and its whole batch with it.
        let priority = if self.once_in(40) { 10 } else { self.rng.u8(0..3) };
        let kind = name(if self.once_in(3) { "paint" } else { "send" });
        let version = self.rng.u16(1..3);
        let options = Options { tags, ..Options::default() };
        NewJob { kind, queue: self.queue(), version, priority, due, attempts_max: Some(3), unique, options, ..job }
    }

    fn hold(&mut self) -> Hold {
        match self.below(4) {
            0 => Hold::Queued,
            1 => Hold::Done,
            2 => Hold::Remember(1 + self.ms(5_000)),
            _ => Hold::Period(1 + self.ms(5_000)),
        }
    }

    pub(super) fn outcome(&mut self) -> Outcome {
        let text = format!("said {}", self.below(100));
        match self.below(9) {
            0 | 1 => Outcome::Done,
            2 => Outcome::Dead { error: text },
            3 => Outcome::Cancel { reason: text },
            4 => Outcome::Snooze { delay_ms: self.ms(3_000), reason: text },
            5 => Outcome::HandBack { delay_ms: self.ms(2) * 500 },
            6 | 7 => {
                let cause = Cause::ALL[self.below(4)];
                Outcome::Park(Park { cause, text, build: "b1".into() })
            }
            _ => Outcome::Retry { error: text, delay_ms: Some(self.ms(3_000)) },
        }
    }

    /// A selection. Only a `plain` one tells scheduled from ready.
    pub(super) fn select(&mut self, plain: bool) -> Select {
        let mut select = Select { limit: [1, 3, usize::MAX][self.below(3)], ..Select::default() };
        match self.below(8) {
            0 => select.queue = Some(self.queue()),
            1 => select.kind = Some(name("paint")),
            2 => select.tag = Some(label("vip")),
            3 => select.ids = self.some_ids(),
            4 if plain => select.states = vec![State::ALL[self.below(7)], State::ALL[self.below(7)]],
            4 => select.states = vec![State::Dead, State::Parked],
            5 => select.cause = Some(Cause::ALL[self.below(4)]),
            6 => select.ended_before = Some(self.stage.clock_ms() - self.ms(4_000) as i64),
            _ => {}
        }
        select
    }

    /// An order. To retry is to tell scheduled from ready, so it is plain or of what has ended.
    pub(super) fn order(&mut self, plain: bool) -> Order {
        match self.below(12) {
            0 => Order::Cancel(Select { limit: 2, ..self.select(plain) }),
            1 | 2 if plain => Order::Retry(self.select(plain)),
            1 | 2 => Order::Retry(Select { states: vec![State::Dead, State::Cancelled], ..self.select(plain) }),
            3 => Order::Release(self.select(plain)),
            4 => Order::Forget(Select { limit: 2, ..self.select(plain) }),
            5 => {
                let until = self.once_in(2).then(|| self.stage.clock_ms() + self.ms(5_000) as i64);
                Order::Pause { queue: self.queue(), reason: format!("r{}", self.below(2)), until }
            }
            6 | 7 => Order::Resume { queue: self.queue() },
            8 => {
                let until = self.once_in(2).then(|| self.stage.clock_ms() + self.ms(5_000) as i64);
                Order::PauseSchedule { schedule: self.which(), reason: format!("r{}", self.below(2)), until }
            }
            9 | 10 => Order::ResumeSchedule { schedule: self.which() },
            _ => Order::Restart,
        }
    }

    /// A schedule, or all.
    fn which(&mut self) -> Option<ScheduleName> {
        SCHEDULES.get(self.below(SCHEDULES.len() + 1)).map(|name| schedule_name(name))
    }

    pub(super) fn instance(&mut self) -> Instance {
        let status = [Status::Working, Status::Working, Status::Stopping, Status::Stopped][self.below(4)];
        Instance { status, busy: self.rng.u32(..10), ..an_instance(self.rng.u64(1..4)) }
    }

    /// A service's schedules: some of three, in one of two revisions.
    pub(super) fn registration(&mut self) -> Register {
        let some = SCHEDULES.map(|name| (name, self.below(4) > 0, self.below(2)));
        let given = some.into_iter().filter(|(_, given, _)| *given);
        let schedules = given.map(|(name, _, revision)| schedule(name, revision as i64)).collect();
        let as_of = if self.once_in(2) { self.stage.clock_ms() - self.ms(2_000) as i64 } else { i64::MAX };
        Register { as_of, ..service(if self.once_in(4) { "other" } else { "app" }, schedules) }
    }

    /// Due instants around now, some of them twice, some not to run.
    pub(super) fn firing(&mut self) -> Firing {
        let count = self.below(4);
        let fires = (0..count).map(|_| self.due_instant()).collect();
        let until = self.once_in(2).then(|| self.stage.clock_ms() - self.ms(2_000) as i64);
        let service = name(if self.once_in(6) { "other" } else { "app" });
        Firing {
            service,
            by: instance(self.ms(3)),
            fires,
            until,
            generation: self.below(6) as i64,
            rewind: self.once_in(6),
        }
    }

    fn due_instant(&mut self) -> Fire {
        let which = SCHEDULES[self.below(SCHEDULES.len())];
        let due_at = (self.stage.clock_ms() / 1_000 - self.ms(3) as i64) * 1_000;
        let act = match self.below(3) {
            0 => Act::Not(Reason::ALL[self.below(Reason::ALL.len())]),
            _ => {
                let options = job_of(self.stage, which, due_at).options;
                Act::Run(Box::new(NewJob { options, ..self.new_job() }))
            }
        };
        Fire {
            revision: self.below(2) as i64,
            late: self.once_in(2),
            even_in_maintenance: self.once_in(3),
            note: if self.once_in(2) { "n".into() } else { String::new() },
            ..fire(which, due_at, act)
        }
    }
}
