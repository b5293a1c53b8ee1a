//! `cargo xtask bench`: how fast banto is, beside what its store could do at best and beside its peers.
//!
//! For whoever doubts a number of the README, and for whoever makes something faster. Each row is measured several times,
//! in turns with its limit: the same work by the bare store, on the same disk or server, with the same rows a commit. Exit codes: 0
//! every target was met, 1 one was missed or could not be measured and is named, 2 the command was not understood.
//!
//! # Layout
//! - `args` (what was typed), `rows` (what is measured, group by group), `table` and `page` (how it is shown).
//! - `sort` and `place`: the stores, and the server or file that a run has for itself.
//! - `child`: each measurement runs in a fresh process of this program; `ours` and `raw` are what it runs; `drivers`: the peers'.
//! - `row` (value, limit, ratio, target), `sample` (median, spread), `machine` (disk, load, memory), `letter` (the job).

mod args;
mod child;
mod drivers;
mod letter;
mod machine;
mod ours;
mod page;
mod place;
mod raw;
mod row;
mod rows;
mod sample;
mod sort;
mod table;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser as _;

use args::{Args, Asked, Order, Run};
use row::Row;
use rows::Plan;

/// What fits after "could not", if it went wrong.
type Tried<T> = Result<T, String>;

fn main() -> ExitCode {
    let done = match Args::parse().store {
        Asked::Measure { question } => child::answer(&question).map(|()| true),
        asked => asked.order().ok_or_else(|| "find what to measure".into()).and_then(|order| measure(&order)),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(wrong) => {
            eprintln!("bench: could not {wrong}");
            ExitCode::FAILURE
        }
    }
}

/// Measures, shows, and says whether every target was met.
fn measure(order: &Order) -> Tried<bool> {
    let run = &order.run;
    let folder = folder(run)?;
    // The data of the servers lie there too: theirs is the disk that is measured.
    tempfile::env::override_temp_dir(&folder)
        .map_err(|other| format!("put data elsewhere than {}", other.display()))?;
    let mut rows: Vec<Row> = Vec::new();
    for sort in &order.on {
        let plan = Plan { sort: *sort, folder: folder.clone(), short: run.short, seed: run.seed };
        for group in order.groups(*sort) {
            eprintln!("bench: {} on {} …", group.name, sort.title());
            let measured = group.run(&plan);
            for row in measured.iter().filter(|_| run.json) {
                println!("{}", serde_json::to_string(row).map_err(|error| format!("write a row: {error}"))?);
            }
            rows.extend(measured);
        }
    }
    if !run.json {
        println!("{}\n\n{}", machine::shown(), table::draw(&rows));
        println!("cargo xtask bench {}: {}", order.command, table::verdict(&rows));
    }
    if run.write {
        eprintln!("bench: wrote {}", page::write(order, &rows)?.display());
    }
    Ok(rows.iter().all(|row| row.pass != Some(false)))
}

/// Where the files of the runs lie: where it was said, or beside the build, which is on a real disk.
fn folder(run: &Run) -> Tried<PathBuf> {
    let folder = match &run.dir {
        Some(dir) => dir.clone(),
        None => {
            let program = std::env::current_exe().map_err(|error| format!("find this program: {error}"))?;
            program
                .ancestors()
                .nth(2)
                .map(|target| target.join("bench"))
                .ok_or("find a folder for the runs; say --dir")?
        }
    };
    std::fs::create_dir_all(&folder).map_err(|error| format!("make {}: {error}", folder.display()))?;
    Ok(folder)
}
