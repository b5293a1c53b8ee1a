//! `cargo xtask bench`: how fast banto is, beside what its store could do at best and beside its peers.
//!
//! For whoever doubts a number of the README, and for whoever makes something faster. Each row is measured several times,
//! in turns with its limit: the same work by bare SQLite, on the same disk, with the same rows a commit. Exit codes: 0
//! every target was met, 1 one was missed or could not be measured and is named, 2 the command was not understood.
//!
//! # Layout
//! - `args` (what was typed), `rows` (what is measured, group by group), `table` and `page` (how it is shown).
//! - `child`: each measurement runs in a fresh process of this program; `ours` and `raw` are what it runs.
//! - `row` (value, limit, ratio, target), `sample` (median, spread), `machine` (disk, load, memory), `letter` (the job).

mod args;
mod child;
mod letter;
mod machine;
mod ours;
mod page;
mod raw;
mod row;
mod rows;
mod sample;
mod table;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser as _;

use args::{Args, Asked, Sqlite};
use row::Row;
use rows::{Bench, GROUPS};

/// What fits after "could not", if it went wrong.
type Tried<T> = Result<T, String>;

fn main() -> ExitCode {
    let done = match Args::parse().store {
        Asked::Measure { question } => child::answer(&question).map(|()| true),
        Asked::Sqlite(asked) => sqlite(&asked),
        Asked::Schedule(asked) => sqlite(&asked.of_schedules()),
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
fn sqlite(asked: &Sqlite) -> Tried<bool> {
    let bench = Bench { folder: folder(asked)?, short: asked.short, seed: asked.seed };
    let mut rows: Vec<Row> = Vec::new();
    for group in GROUPS.iter().filter(|group| asked.wants(group.name)) {
        eprintln!("bench: {} …", group.name);
        let measured = group.run(&bench);
        for row in measured.iter().filter(|_| asked.json) {
            println!("{}", serde_json::to_string(row).map_err(|error| format!("write a row: {error}"))?);
        }
        rows.extend(measured);
    }
    if !asked.json {
        println!("{}\n\n{}", machine::shown(), table::draw(&rows));
        println!("cargo xtask bench sqlite: {}", table::verdict(&rows));
    }
    if asked.write {
        eprintln!("bench: wrote {}", page::write(asked, &rows)?.display());
    }
    Ok(rows.iter().all(|row| row.pass != Some(false)))
}

/// Where the files of the runs lie: where it was said, or beside the build, which is on a real disk.
fn folder(asked: &Sqlite) -> Tried<PathBuf> {
    let folder = match &asked.dir {
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
