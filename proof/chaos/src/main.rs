//! `cargo xtask prove`: runs the rows, or is one of their children.
//!
//! Exit codes: 0 every row passed, 1 some row did not, 2 the command was not understood.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use banto_chaos::{
    Told,
    ask::{Ask, Part, Wanted},
    client, command, gorge, grip, guard,
    kept::Kept,
    net::Net,
    probe,
    process::{die_with_parent, follow_parent, told},
    prove::Prove,
    race,
    report::Report,
    row::find,
    scheduler,
    stage::{Stage, now},
    worker,
};
use clap::Parser;

const FAILED: u8 = 1;
const USAGE: u8 = 2;

fn main() -> ExitCode {
    if let Some(dir) = std::env::var_os(command::VARIABLE) {
        die_with_parent();
        return command::run(dir.into());
    }
    let ask = Ask::parse();
    let ended = match ask.part {
        None => prove(&ask.wanted),
        Some(part) => {
            follow_parent();
            play(part)
        }
    };
    ended.unwrap_or_else(|wrong| {
        eprintln!("banto-chaos: could not {wrong}");
        ExitCode::from(USAGE)
    })
}

fn prove(wanted: &Wanted) -> Told<ExitCode> {
    let turns = wanted.turns()?;
    let seed = wanted.seed.unwrap_or_else(|| fastrand::u64(..1 << 32));
    let dir = match &wanted.dir {
        Some(dir) => std::path::absolute(dir).map_err(|error| format!("find \"{}\": {error}", dir.display()))?,
        None => beside_the_build()?.join(format!("{seed}-{}", std::process::id())),
    };
    eprintln!("seed {seed}; a row is repeated with --rows ROW --seed {seed}");
    let prove = Prove { wanted, seed, dir };
    let passed = if wanted.mutate { guard::rows(&prove, &turns) } else { prove.all(&turns) };
    // Empty, if every row passed.
    let _kept = std::fs::remove_dir(&prove.dir);
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

/// A folder of this program's own in the folder of the build.
fn beside_the_build() -> Told<PathBuf> {
    let program = std::env::current_exe().map_err(|error| format!("find this program: {error}"))?;
    let target = program.parent().and_then(Path::parent).ok_or("find the folder of the build")?;
    Ok(target.join("chaos"))
}

fn play(part: Part) -> Told<ExitCode> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).with_max_level(tracing::Level::INFO).init();
    match part {
        Part::Row { id, store, dir, seed, brief } => {
            let row = find(&id)?;
            let kept = Kept::of(&store)?;
            // Before any thread is started: all of them are to be on the same host.
            let report = match row.hosts.then(Net::enter).transpose() {
                Err(wrong) => Ok(Report::skipped(format!("could not {wrong}; network namespaces want root"))),
                Ok(net) => Stage::new(dir, kept, seed, brief).and_then(|stage| (row.play)(&stage.between(net))),
            };
            let report = serde_json::to_string(&report).map_err(|error| format!("tell what was found: {error}"))?;
            println!("{report}");
            tracing::debug!(at = now(), "the row has ended");
            Ok(ExitCode::SUCCESS)
        }
        Part::Worker { spec } => worker::work(&told(&spec)?),
        Part::Scheduler { spec } => scheduler::fire(&told(&spec)?),
        Part::Client { spec } => client::enqueue(&told(&spec)?),
        Part::Probe { spec } => probe::probe(&told(&spec)?),
        Part::Gorge { spec } => gorge::gorge(&told(&spec)?),
        Part::Grip { spec } => grip::grip(&told(&spec)?),
        Part::Race { spec } => race::race(&told(&spec)?),
    }
}
