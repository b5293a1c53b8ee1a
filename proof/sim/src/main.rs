//! `banto-sim`: many histories, drawn from seeds, and what they broke.
//!
//! Exit codes: 0 nothing was broken, 1 something was (the seed, the actions that matter and the history are printed),
//! 2 the command was not understood.

use std::{process::ExitCode, time::Instant};

use banto_sim::{
    Kept, Mutation, Plan, Played, drift, dues,
    many::{Many, Script, play_many},
    report::Row,
    shrink::shrink,
};
use clap::{Parser, ValueEnum};

/// Whole histories of banto in given time, drawn from a seed.
#[derive(Parser)]
#[command(name = "banto-sim")]
struct Ask {
    /// How many histories.
    #[arg(long)]
    histories: Option<u64>,
    /// Where the seeds begin; with --replay, the seed of the one history.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Plays the one history of that seed and prints it.
    #[arg(long)]
    replay: bool,
    /// Where jobs are kept; everywhere, one after the other, when it is not said.
    #[arg(long, value_parser = kept)]
    store: Option<Kept>,
    /// Of what; both, one after the other, when it is not said.
    #[arg(long)]
    of: Option<Of>,
    /// Takes out a promise of the store: the run must then fail.
    #[arg(long)]
    mutate: Option<Mutation>,
    /// One JSON object a row.
    #[arg(long)]
    json: bool,
    /// As many histories as a test run has time for.
    #[arg(long)]
    short: bool,
}

/// What histories are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Of {
    Jobs,
    Schedules,
}

fn kept(word: &str) -> Result<Kept, String> {
    let known = || Kept::ALL.iter().map(|kept| kept.word()).collect::<Vec<_>>().join(", ");
    Kept::ALL.iter().find(|kept| kept.word() == word).copied().ok_or_else(|| format!("there are {}", known()))
}

fn main() -> ExitCode {
    let ask = Ask::parse();
    let stores = ask.store.map_or_else(|| Kept::ALL.to_vec(), |kept| vec![kept]);
    let parts = match (ask.of, ask.mutate) {
        (Some(of), _) => vec![of],
        (None, Some(mutation)) if mutation.of_schedules() => vec![Of::Schedules],
        (None, Some(_)) => vec![Of::Jobs],
        (None, None) => vec![Of::Jobs, Of::Schedules],
    };
    if ask.replay {
        let kept = stores.first().copied().unwrap_or(Kept::Memory);
        return match parts.first() {
            Some(Of::Schedules) => replay::<dues::Plan>(&ask, kept),
            _ => replay::<Plan>(&ask, kept),
        };
    }
    let mut pass = true;
    for of in &parts {
        for kept in &stores {
            let wanted = ask.histories.unwrap_or_else(|| histories(*of, *kept, ask.short));
            pass &= match of {
                Of::Jobs => run::<Plan>(&ask, *kept, wanted, jobs),
                Of::Schedules => run::<dues::Plan>(&ask, *kept, wanted, schedules),
            };
        }
    }
    if parts.contains(&Of::Schedules) && ask.mutate.is_none() {
        pass &= days(&ask);
    }
    if pass { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How many histories are played if it is not said: what a test run has time for, or a person.
fn histories(of: Of, kept: Kept, short: bool) -> u64 {
    let (few, many) = match (of, kept) {
        (Of::Jobs, Kept::Memory) => (10_000, 50_000),
        (Of::Jobs, Kept::Sqlite) => (300, 1_000),
        (Of::Jobs, Kept::Postgres | Kept::Redis) => (40, 1_000),
        (Of::Schedules, Kept::Memory) => (150, 2_000),
        (Of::Schedules, Kept::Sqlite) => (10, 100),
        (Of::Schedules, Kept::Postgres | Kept::Redis) => (3, 50),
    };
    if short { few } else { many }
}

/// Lets days pass, prints their rows, and answers whether no minute was left out.
fn days(ask: &Ask) -> bool {
    let wanted = if ask.short { 1 } else { drift::RUNS.len() };
    let mut pass = true;
    for (run_ms, reached) in drift::RUNS.into_iter().take(wanted) {
        match drift::rows(run_ms, reached) {
            Ok(rows) => pass &= say(ask, &rows),
            Err(error) => {
                eprintln!("could not {error}");
                pass = false;
            }
        }
    }
    pass
}

/// Prints rows, and answers whether all are well.
fn say(ask: &Ask, rows: &[Row]) -> bool {
    for row in rows {
        let json = || serde_json::to_string(row).unwrap_or_default();
        println!("{}", if ask.json { json() } else { row.line() });
    }
    rows.iter().all(|row| row.pass)
}

fn replay<S: Script>(ask: &Ask, kept: Kept) -> ExitCode {
    let plan = S::draw(ask.seed);
    match plan.play(kept, ask.mutate) {
        Ok(played) => {
            println!("{}{}fingerprint {:016x}", plan.about(), played.table, played.fingerprint);
            if played.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("could not {error}");
            ExitCode::FAILURE
        }
    }
}

/// Plays `wanted` histories, prints their rows, and answers whether nothing was broken.
fn run<S: Script>(ask: &Ask, kept: Kept, wanted: u64, of: fn(&Many<S>) -> Counted) -> bool {
    let begun = Instant::now();
    let many = play_many::<S>(ask.seed, wanted, kept, ask.mutate);
    let seconds = begun.elapsed().as_secs_f64();
    match many.failed.first() {
        Some((plan, None)) => show(plan, kept, ask.mutate),
        Some((plan, Some(error))) => eprintln!("could not {error} (seed {})", plan.seed()),
        None => {}
    }
    say(ask, &rows(kept, wanted, &many, of(&many), seconds))
}

/// What histories are called, and what was counted in them.
type Counted = (&'static str, Vec<(&'static str, u64, &'static str)>);

fn jobs(many: &Many<Plan>) -> Counted {
    let counts = &many.counts;
    let counted = vec![
        ("steps checked", counts.steps, "calls"),
        ("jobs acknowledged", counts.acked, "jobs"),
        ("runs", counts.runs, "runs"),
        ("calls failed on purpose", counts.strikes, "calls"),
        ("workers killed", counts.killed, "workers"),
        ("jobs rescued", counts.rescued, "jobs"),
        ("late finishes refused", counts.late, "finishes"),
    ];
    ("sim", counted)
}

fn schedules(many: &Many<dues::Plan>) -> Counted {
    let counts = &many.counts;
    let counted = vec![
        ("steps checked", counts.steps, "calls"),
        ("due instants accounted for", counts.dues, "dues"),
        ("fired", counts.fired, "dues"),
        ("skipped", counts.skipped, "dues"),
        ("missed", counts.missed, "dues"),
        ("second firings refused", counts.there, "dues"),
        ("calls failed on purpose", counts.strikes, "calls"),
        ("schedulers killed", counts.killed, "schedulers"),
        ("clocks set", counts.clocks, "clocks"),
    ];
    ("sim schedules", counted)
}

fn rows<S: Script>(kept: Kept, wanted: u64, many: &Many<S>, (called, counted): Counted, seconds: f64) -> Vec<Row> {
    let (histories, broken) = (many.histories as f64, many.failed.len() as f64);
    let name = |what: &str| format!("{called} {} {what}", kept.word());
    let mut rows = vec![
        Row::at_most(name("histories that broke a promise"), broken, "histories", 0.0),
        Row::at_least(name("histories played"), histories, "histories", wanted as f64),
    ];
    rows.extend(counted.into_iter().map(|(what, value, unit)| Row::known(name(what), value as f64, unit)));
    rows.push(Row::known(name("histories an hour"), (histories / seconds * 3_600.0).round(), "histories/h"));
    rows
}

/// Prints a history that broke a promise: the seed, the actions that matter, and what happened.
fn show<S: Script>(plan: &S, kept: Kept, mutation: Option<Mutation>) {
    let seed = plan.seed();
    let Some((small, Played { broken, table, .. })) = shrink(plan, kept, mutation) else {
        eprintln!("the history of seed {seed} broke a promise once and not again: it does not repeat");
        return;
    };
    let (all, left) = (plan.actions().len(), small.actions().len());
    eprintln!("the history of seed {seed} breaks a promise (replay it: --seed {seed} --replay)");
    eprint!("{}", small.about());
    eprintln!("{left} of its {all} actions matter:");
    for (wait_ms, action) in small.actions() {
        eprintln!("  after {wait_ms:>6} ms  {action:?}");
    }
    eprintln!("{table}");
    broken.iter().for_each(|what| eprintln!("broken: {what}"));
}
