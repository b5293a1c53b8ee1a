//! What shall happen in one history of schedules, drawn from one seed.

use banto_core::retry::mix;
use fastrand::Rng;

use crate::{
    dues::timetable::{self, CHANGES, Line, NAMES},
    plan::pick,
};

/// How many schedulers there may be at once.
pub const SEATS: usize = 3;
/// How many builds there are.
pub const EDITIONS: usize = 3;

/// What shall happen.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Where ids, jitter and strikes begin.
    pub seed: u64,
    /// Whether the store has a clock of its own; else it shows the caller's.
    pub own_clock: bool,
    /// When it begins, in milliseconds since 1970.
    pub begin_ms: i64,
    /// The schedules of each build.
    pub editions: Vec<Vec<Line>>,
    /// How long each schedule's runs last, in milliseconds.
    pub lasts_ms: Vec<u64>,
    /// Each action and the wait before it, in milliseconds.
    pub actions: Vec<(u64, Action)>,
}

/// One thing that happens. A seat is a scheduler's place, an edition a build, a schedule one of [`NAMES`], all by number.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each field is named in its action's sentence")]
pub enum Action {
    /// A scheduler of that build starts in that seat, if it is free.
    Start { seat: usize, edition: usize },
    /// It is told to stop.
    Stop { seat: usize },
    /// Its process dies.
    Kill { seat: usize },
    /// Its calls hang from now on.
    Freeze { seat: usize },
    /// They go through.
    Thaw { seat: usize },
    /// This share of a seat's calls fails from now on; of everybody's without a seat.
    Strikes { seat: Option<usize>, percent: u8 },
    /// Nothing fails any more.
    Heal,
    /// A seat's wall clock is set forward or back.
    Jump { seat: usize, ms: i64 },
    /// It runs so many times as fast; 0 is frozen.
    Pace { seat: usize, pace: i64 },
    /// It is set right.
    Right { seat: usize },
    /// A schedule fires no more; all without one.
    Pause { schedule: Option<usize>, for_ms: Option<u64> },
    /// It fires again.
    Resume { schedule: Option<usize> },
    /// Nothing happens for a while.
    Wait,
}

type Draw = fn(&mut Rng) -> Action;

/// Draws the plan of a seed.
pub fn draw(seed: u64) -> Plan {
    let mut rng = Rng::with_seed(mix(seed));
    let change = rng.bool().then(|| rng.usize(..CHANGES.len()));
    let begin_ms = change
        .and_then(|one| CHANGES.get(one))
        .map_or(1_700_000_000_000 + rng.i64(0..604_800_000), |(_, at)| at + rng.i64(0..1_000));
    let editions = (0..EDITIONS).map(|_| timetable::draw(&mut rng, change)).collect();
    let lasts_ms = NAMES.iter().map(|_| if rng.bool() { 0 } else { rng.u64(..9_000) }).collect();
    let weights = temper(&mut rng);
    let builds = if rng.bool() { 1 } else { EDITIONS };
    let mut actions = vec![(0, Action::Start { seat: 0, edition: 0 })];
    actions.push((rng.u64(..3_000), Action::Start { seat: 1, edition: rng.usize(..builds) }));
    for _ in 0..rng.usize(10..30) {
        let wait_ms = match rng.u8(..10) {
            0..4 => rng.u64(..1_000),
            4..9 => rng.u64(..6_000),
            _ => rng.u64(..90_000),
        };
        let action = match pick(&weights, &mut rng, |_| Action::Wait)(&mut rng) {
            Action::Start { seat, edition } => Action::Start { seat, edition: edition % builds },
            other => other,
        };
        actions.push((wait_ms, action));
    }
    Plan { seed, own_clock: rng.bool(), begin_ms, editions, lasts_ms, actions }
}

/// How often each sort of thing happens: some histories are calm but for one sort of trouble.
fn temper(rng: &mut Rng) -> Vec<(u32, Draw)> {
    let mut weight = |most: u32| if rng.bool() { rng.u32(1..=most) } else { 0 };
    let clocks = weight(4);
    vec![
        (6, |rng| Action::Start { seat: rng.usize(..SEATS), edition: rng.usize(..EDITIONS) }),
        (2, |_| Action::Wait),
        (weight(3), |rng| Action::Stop { seat: rng.usize(..SEATS) }),
        (weight(5), |rng| Action::Kill { seat: rng.usize(..SEATS) }),
        (weight(5), |rng| Action::Freeze { seat: rng.usize(..SEATS) }),
        (4, |rng| Action::Thaw { seat: rng.usize(..SEATS) }),
        (weight(4), |rng| {
            let seat = rng.bool().then(|| rng.usize(..SEATS));
            Action::Strikes { seat, percent: if rng.bool() { 100 } else { rng.u8(1..=60) } }
        }),
        (3, |_| Action::Heal),
        (clocks, |rng| {
            let ms =
                rng.choice([3 * 86_400_000, -3_600_000, 600_000, -600_000, 900, -900, 20_000, -20_000]).unwrap_or(0);
            Action::Jump { seat: rng.usize(..SEATS), ms }
        }),
        (clocks / 2, |rng| Action::Pace { seat: rng.usize(..SEATS), pace: if rng.bool() { 0 } else { 10 } }),
        (clocks, |rng| Action::Right { seat: rng.usize(..SEATS) }),
        (weight(2), |rng| {
            let for_ms = rng.bool().then(|| rng.u64(100..20_000));
            Action::Pause { schedule: rng.bool().then(|| rng.usize(..NAMES.len())), for_ms }
        }),
        (2, |rng| Action::Resume { schedule: rng.bool().then(|| rng.usize(..NAMES.len())) }),
    ]
}
