//! The commands of banto, embedded as an application embeds them, with the load as its only kind.
//!
//! For the rows that try the command line: it is typed exactly as people type it. Where a row asks for it, the runs go to
//! its ledger, and the most memory that the process ever held is said at the end.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use banto_cli::{App, Commands, Wanted};
use banto_engine::Registry;
use banto_store::{Fault, Store, StoreError};
use clap::{Parser, Subcommand};

use crate::{
    kept,
    ledger::Ledger,
    load::{self, Errand, Hands},
    watched::Watched,
};

/// Names the folder of the scene; its presence makes this program the command set.
pub const VARIABLE: &str = "BANTO_CHAOS_COMMAND";

#[derive(Debug, Parser)]
#[command(name = "chaos")]
struct Typed {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    #[command(flatten)]
    Banto(Commands),
}

/// Carries out what was typed.
pub fn run(dir: PathBuf) -> ExitCode {
    let ended = match banto_cli::parse::<Typed>() {
        Ok(Typed { verb: Verb::Banto(command) }) => banto_cli::block_on(carry_out(dir, command)),
        Err(exit) => exit.code().into(),
    };
    eprintln!("peak {} KiB", peak_kib("self"));
    ended
}

async fn carry_out(dir: PathBuf, command: Commands) -> ExitCode {
    let runs = dir.join("runs");
    let hands = match Ledger::open(&runs) {
        Ok(ledger) => Arc::new(Hands { runs: ledger, dir }),
        Err(wrong) => {
            eprintln!("could not {wrong}");
            return ExitCode::FAILURE;
        }
    };
    let mut registry = Registry::new("chaos");
    registry.add::<Errand, _, _, _>(hands, load::perform);
    let open = move |wanted: Wanted| {
        let runs = runs.clone();
        async move {
            let store = kept::open(&wanted.url, wanted.migrate).await?;
            let watched = Watched::new(store, &runs).map_err(|wrong| StoreError::new(Fault::Gone, wrong))?;
            Ok(Arc::new(watched) as Arc<dyn Store>)
        }
    };
    App::new("chaos").registry(registry).opener(open).run(command).await
}

/// The most memory that the process of that id, or `self`, ever held, in KiB.
pub fn peak_kib(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
