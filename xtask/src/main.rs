//! `cargo xtask`: what a person or a machine types to test, tidy, prove and measure the project.
//!
//! For developers and for CI, which calls `cargo xtask test` and nothing else. Exit codes: 0 all passed, 1 something
//! failed and is named, 2 the command was not understood; `prove`, `bench` and `sim` hand through their program's own.

mod ask;
mod house;
mod need;
mod proof;
mod run;
mod rust;
mod steps;
mod table;
mod tally;
mod tidy;
mod tree;

use std::process::ExitCode;

use ask::Ask;
use house::House;

const FAILED: u8 = 1;
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let ask = match ask::parse(std::env::args_os().skip(1)) {
        Ok(ask) => ask,
        Err(wrong) => {
            eprintln!("could not understand the command: {wrong}\n\n{}", ask::USAGE);
            return ExitCode::from(USAGE);
        }
    };
    match answer(ask) {
        Ok(code) => code,
        Err(wrong) => {
            eprintln!("could not {wrong}");
            ExitCode::from(FAILED)
        }
    }
}

fn answer(ask: Ask) -> Result<ExitCode, String> {
    let house = House::open()?;
    let passed = match ask {
        Ask::Help => {
            println!("{}", ask::USAGE);
            true
        }
        Ask::Tidy => tidy::tidy(&tree::Tree::read(&house.root)?) == 0,
        Ask::Test { only, short } => steps::test(&house, &only, short),
        Ask::Proof { proof, arguments } => return proof::become_it(&house, proof, &arguments),
    };
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}
