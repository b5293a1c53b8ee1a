//! What shall happen in one history, drawn from one seed: actions, each after a wait.
//!
//! A plan is data: it can be printed, and cut down by [`crate::shrink`]. Each plan has a temper of its own (how often it
//! kills, freezes, fails calls), so that among many some are calm but for one sort of trouble.

use banto_core::{Hold, Name, retry::mix};
use fastrand::Rng;

use crate::job::Act;

/// How many workers there may be at once.
pub const SEATS: usize = 3;
/// The queues of the house.
pub const QUEUES: [&str; 2] = ["front", "back"];

/// A name of the house.
#[expect(clippy::expect_used, reason = "the names of the house are good")]
pub(crate) fn name(text: &str) -> Name {
    Name::new(text).expect("the names of the house are good")
}

/// What shall happen.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Where ids, tokens, jitter and strikes begin.
    pub seed: u64,
    /// Each action and the wait before it, in milliseconds.
    pub actions: Vec<(u64, Action)>,
}

/// One thing that happens. A seat is a worker's place, a queue one of [`QUEUES`], both by number.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each field is named in its action's sentence")]
pub enum Action {
    /// A client enqueues jobs in one call.
    Enqueue(Vec<Order>),
    /// A worker of that build starts in that seat, if it is free.
    Start { seat: usize, build: u8 },
    /// It is told to stop gracefully.
    Stop { seat: usize },
    /// It is told to stop now.
    StopNow { seat: usize },
    /// Its process dies.
    Kill { seat: usize },
    /// Its calls hang from now on.
    Freeze { seat: usize },
    /// They go through.
    Thaw { seat: usize },
    /// This share of a seat's calls fails from now on; of everybody's, and the client's, without a seat.
    Strikes { seat: Option<usize>, percent: u8 },
    /// Nothing fails any more.
    Heal,
    /// The wall clock is set forward or back.
    Jump { ms: i64 },
    /// A queue gives nothing.
    Pause { queue: usize, for_ms: Option<u64> },
    /// It gives again.
    Resume { queue: usize },
    /// The job that was enqueued as the n-th is cancelled.
    Cancel { job: usize },
    /// It is to run again.
    Retry { job: usize },
    /// All parked jobs are released.
    Release,
    /// All workers shall stop and be started anew.
    Restart,
}

/// One job to enqueue.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Which kind, and in which form.
    pub form: Form,
    /// Into which queue.
    pub queue: usize,
    /// 0 to 9.
    pub priority: u8,
    /// Due after that long, in milliseconds.
    pub delay_ms: u64,
    /// Attempts before it is dead.
    pub attempts_max: u16,
    /// Its key, if it has one.
    pub key: Option<(u8, Hold)>,
    /// Its longest run, in milliseconds, if it is not the worker's.
    pub timeout_ms: Option<u64>,
    /// What it does.
    pub script: Vec<Act>,
}

/// The forms of the one job, as builds have known them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `play`, version 1: both builds run it.
    First,
    /// `play`, version 2: build 2 runs it.
    Second,
    /// `play.old`: build 2 knows it as an alias.
    Old,
    /// `play.new`: build 2 knows it.
    New,
    /// `play.none`: nobody knows it.
    Unknown,
    /// `play` with a payload that does not decode.
    Garbled,
}

impl Form {
    /// Whether the newest build can run it.
    pub fn runs(self) -> bool {
        !matches!(self, Form::Unknown | Form::Garbled)
    }
}

/// How a plan draws: weights of its actions.
struct Temper {
    weights: Vec<(u32, Draw)>,
    poison: bool,
}

type Draw = fn(&mut Rng, &Temper) -> Action;

/// Draws the plan of a seed.
pub fn draw(seed: u64) -> Plan {
    let mut rng = Rng::with_seed(mix(seed));
    let temper = temper(&mut rng);
    let mut actions = vec![(0, Action::Start { seat: 0, build: rng.u8(1..=2) })];
    if rng.bool() {
        actions.push((rng.u64(..3_000), Action::Start { seat: 1, build: rng.u8(1..=2) }));
    }
    for _ in 0..rng.usize(12..32) {
        let wait_ms = match rng.u8(..10) {
            0..6 => rng.u64(..400),
            6..9 => rng.u64(..4_000),
            _ => rng.u64(..20_000),
        };
        actions.push((wait_ms, pick(&temper.weights, &mut rng, |_, _| Action::Heal)(&mut rng, &temper)));
    }
    Plan { seed, actions }
}

fn temper(rng: &mut Rng) -> Temper {
    let mut weight = |most: u32| if rng.bool() { rng.u32(1..=most) } else { 0 };
    let weights: Vec<(u32, Draw)> = vec![
        (12, |rng, temper| Action::Enqueue((0..rng.usize(1..=4)).map(|_| order(rng, temper)).collect())),
        (4, |rng, _| Action::Start { seat: rng.usize(..SEATS), build: rng.u8(1..=2) }),
        (weight(3), |rng, _| Action::Stop { seat: rng.usize(..SEATS) }),
        (weight(2), |rng, _| Action::StopNow { seat: rng.usize(..SEATS) }),
        (weight(6), |rng, _| Action::Kill { seat: rng.usize(..SEATS) }),
        (weight(4), |rng, _| Action::Freeze { seat: rng.usize(..SEATS) }),
        (4, |rng, _| Action::Thaw { seat: rng.usize(..SEATS) }),
        (weight(4), |rng, _| {
            let seat = rng.bool().then(|| rng.usize(..SEATS));
            Action::Strikes { seat, percent: if rng.bool() { 100 } else { rng.u8(1..=60) } }
        }),
        (3, |_, _| Action::Heal),
        (weight(2), |rng, _| Action::Jump { ms: if rng.bool() { 3 * 86_400_000 } else { -3_600_000 } }),
        (weight(2), |rng, _| {
            let for_ms = rng.bool().then(|| rng.u64(100..20_000));
            Action::Pause { queue: rng.usize(..QUEUES.len()), for_ms }
        }),
        (2, |rng, _| Action::Resume { queue: rng.usize(..QUEUES.len()) }),
        (weight(3), |rng, _| Action::Cancel { job: rng.usize(..12) }),
        (weight(2), |rng, _| Action::Retry { job: rng.usize(..12) }),
        (weight(1), |_, _| Action::Release),
        (weight(1), |_, _| Action::Restart),
    ];
    Temper { weights, poison: rng.u8(..4) == 0 }
}

/// One of those that are weighed, drawn by its weight; `otherwise` if nothing weighs anything.
pub(crate) fn pick<T: Copy>(weights: &[(u32, T)], rng: &mut Rng, otherwise: T) -> T {
    let all: u32 = weights.iter().map(|(weight, _)| weight).sum();
    let mut left = rng.u32(..all);
    for (weight, one) in weights {
        if left < *weight {
            return *one;
        }
        left -= weight;
    }
    otherwise
}

fn order(rng: &mut Rng, temper: &Temper) -> Order {
    let form = match rng.u8(..16) {
        0..9 => Form::First,
        9..11 => Form::Second,
        11..13 => Form::Old,
        13..14 => Form::New,
        14 => Form::Unknown,
        _ => Form::Garbled,
    };
    let hold = match rng.u8(..4) {
        0 => Hold::Queued,
        1 => Hold::Done,
        2 => Hold::Remember(rng.u64(1..60_000)),
        _ => Hold::Period(rng.u64(1..60_000)),
    };
    let long = rng.u8(..6) == 0;
    let script = if long {
        vec![Act::Done(rng.u64(12_000..45_000))]
    } else {
        (0..rng.usize(1..=3)).map(|_| act(rng, temper)).collect()
    };
    Order {
        form,
        queue: rng.usize(..QUEUES.len()),
        priority: rng.u8(3..7),
        delay_ms: if rng.u8(..4) == 0 { rng.u64(..15_000) } else { 0 },
        attempts_max: rng.u16(1..=4),
        key: (rng.u8(..3) == 0).then(|| (rng.u8(..3), hold)),
        timeout_ms: long.then_some(120_000),
        script,
    }
}

fn act(rng: &mut Rng, temper: &Temper) -> Act {
    let ms = match rng.u8(..4) {
        0 => 0,
        1 => rng.u64(..30),
        2 => rng.u64(..1_000),
        _ => rng.u64(..8_000),
    };
    match rng.u8(..20) {
        0..6 => Act::Done(ms),
        6..9 => Act::Heed(ms),
        9..13 => Act::Fail(ms),
        13 => Act::Snooze(ms),
        14 => Act::Dead(ms),
        15 => Act::Cancel(ms),
        16 => Act::Miss(ms),
        17 => Act::Panic(ms),
        18 => Act::Hang,
        _ if temper.poison => Act::Poison(ms),
        _ => Act::Done(ms),
    }
}
