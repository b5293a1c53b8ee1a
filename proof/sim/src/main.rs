//! `banto-sim`: many histories, drawn from seeds, and what they broke.
//!
//! Exit codes: 0 nothing was broken, 1 something was (the seed, the actions that matter and the history are printed),
//! 2 the command was not understood.

use std::{process::ExitCode, time::Instant};

use banto_sim::{
    Kept, Mutation, Plan, Played,
    many::{Many, play_many},
    plan, play,
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
    /// Where jobs are kept; both in turn when it is not said.
    #[arg(long)]
    store: Option<StoreWord>,
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

#[derive(Debug, Clone, Copy, ValueEnum)]
enum StoreWord {
    Memory,
    Sqlite,
}

fn main() -> ExitCode {
    let ask = Ask::parse();
    let stores = match ask.store {
        None => vec![Kept::Memory, Kept::Sqlite],
        Some(StoreWord::Memory) => vec![Kept::Memory],
        Some(StoreWord::Sqlite) => vec![Kept::Sqlite],
    };
    if ask.replay {
        return replay(&ask, stores.first().copied().unwrap_or(Kept::Memory));
    }
    let mut pass = true;
    for kept in stores {
        let wanted = ask.histories.unwrap_or(match (kept, ask.short) {
            (Kept::Memory, true) => 10_000,
            (Kept::Memory, false) => 50_000,
            (Kept::Sqlite, true) => 300,
            (Kept::Sqlite, false) => 1_000,
        });
        pass &= run(&ask, kept, wanted);
    }
    if pass { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn replay(ask: &Ask, kept: Kept) -> ExitCode {
    match play(&plan::draw(ask.seed), kept, ask.mutate) {
        Ok(played) => {
            println!("{}fingerprint {:016x}", played.table, played.fingerprint);
            if played.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("could not {error}");
            ExitCode::FAILURE
        }
    }
}

/// Plays `wanted` histories, prints their rows, and answers whether nothing was broken.
fn run(ask: &Ask, kept: Kept, wanted: u64) -> bool {
    let begun = Instant::now();
    let many = play_many(ask.seed, wanted, kept, ask.mutate);
    let seconds = begun.elapsed().as_secs_f64();
    match many.failed.first() {
        Some((plan, None)) => show(plan, kept, ask.mutate),
        Some((plan, Some(error))) => eprintln!("could not {error} (seed {})", plan.seed),
        None => {}
    }
    let rows = rows(kept, wanted, &many, seconds);
    for row in &rows {
        let json = || serde_json::to_string(row).unwrap_or_default();
        println!("{}", if ask.json { json() } else { row.line() });
    }
    rows.iter().all(|row| row.pass)
}

fn rows(kept: Kept, wanted: u64, many: &Many, seconds: f64) -> Vec<Row> {
    let Many { histories, counts, failed } = many;
    let (histories, broken) = (*histories as f64, failed.len() as f64);
    let name = |what: &str| format!("sim {} {what}", if kept == Kept::Memory { "memory" } else { "sqlite" });
    let count = |what: &str, value: u64, unit| Row::known(name(what), value as f64, unit);
    vec![
        Row::at_most(name("histories that broke a promise"), broken, "histories", 0.0),
        Row::at_least(name("histories played"), histories, "histories", wanted as f64),
        count("steps checked", counts.steps, "calls"),
        count("jobs acknowledged", counts.acked, "jobs"),
        count("runs", counts.runs, "runs"),
        count("calls failed on purpose", counts.strikes, "calls"),
        count("workers killed", counts.killed, "workers"),
        count("jobs rescued", counts.rescued, "jobs"),
        count("late finishes refused", counts.late, "finishes"),
        Row::known(name("histories an hour"), (histories / seconds * 3_600.0).round(), "histories/h"),
    ]
}

/// Prints a history that broke a promise: the seed, the actions that matter, and what happened.
fn show(plan: &Plan, kept: Kept, mutation: Option<Mutation>) {
    let seed = plan.seed;
    let Some((small, Played { broken, table, .. })) = shrink(plan, kept, mutation) else {
        eprintln!("the history of seed {seed} broke a promise once and not again: it does not repeat");
        return;
    };
    let (all, left) = (plan.actions.len(), small.actions.len());
    eprintln!("the history of seed {seed} breaks a promise (replay it: --seed {seed} --replay)");
    eprintln!("{left} of its {all} actions matter:");
    for (wait_ms, action) in &small.actions {
        eprintln!("  after {wait_ms:>6} ms  {action:?}");
    }
    eprintln!("{table}");
    broken.iter().for_each(|what| eprintln!("broken: {what}"));
}
