//! An application that balks on order: its store hangs, its checks fall, its handlers block.
//!
//! For the tests of health as real processes. As long as the file that `BALKY_HOLD` names is there, those calls of the store
//! hang that it lists, a word each: `read`, `beat`, `fire`, `claim`. `BALKY_CHECK` has a check called `redis` say so
//! (`well`, anything else is its error), hang (`hang`) or panic (`panic`).

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use banto_cli::{App, Commands, Wanted};
use banto_engine::{Context, Job, Registry};
use banto_store::{
    Store, StoreError, SystemClock,
    faulty::{Faulty, Verb},
};
use clap::{Parser, Subcommand};
use serde::{Deserialize, Serialize};

#[derive(Parser)]
#[command(name = "balky", version, about = "Balks")]
struct Typed {
    #[command(subcommand)]
    command: Verbs,
}

#[derive(Subcommand)]
enum Verbs {
    #[command(flatten)]
    Banto(Commands),
}

/// Blocks its thread for ever.
#[derive(Serialize, Deserialize)]
struct Block {}

impl Job for Block {
    const KIND: &'static str = "block";
}

fn main() -> ExitCode {
    let typed = match banto_cli::parse::<Typed>() {
        Ok(typed) => typed,
        Err(exit) => return exit.code().into(),
    };
    // What panics on purpose shall not stand in the log, whose every line is JSON.
    std::panic::set_hook(Box::new(|_| {}));
    let mut registry = Registry::new("b1");
    registry.add(Arc::new(()), |_: Block, _: Context| async {
        loop {
            std::thread::sleep(Duration::from_secs(1));
        }
    });
    let app = App::new("balky").registry(registry).opener(open);
    let app = match std::env::var("BALKY_CHECK") {
        Ok(says) => app.check("redis", move |_| check(says.clone())),
        Err(_) => app,
    };
    let Verbs::Banto(command) = typed.command;
    banto_cli::block_on(async move { app.run(command).await })
}

#[expect(clippy::panic, reason = "that is what is ordered")]
async fn check(says: String) -> Result<(), String> {
    match says.as_str() {
        "well" => Ok(()),
        "hang" => std::future::pending().await,
        "panic" => panic!("on purpose"),
        error => Err(error.into()),
    }
}

async fn open(wanted: Wanted) -> Result<Arc<dyn Store>, StoreError> {
    let store = Faulty::new(Arc::new(wanted.sqlite(Arc::new(SystemClock))?), 1);
    if let Some(file) = std::env::var_os("BALKY_HOLD") {
        let (store, file) = (store.clone(), PathBuf::from(file));
        std::thread::spawn(move || holds(&store, &file));
    }
    Ok(Arc::new(store))
}

/// Lets calls hang and go, for ever, as the file says.
fn holds(store: &Faulty, file: &std::path::Path) {
    loop {
        let held = std::fs::read_to_string(file).unwrap_or_default();
        for (word, verb) in [("read", Verb::Read), ("beat", Verb::Beat), ("fire", Verb::Fire), ("claim", Verb::Claim)] {
            match held.split_whitespace().any(|one| one == word) {
                true => store.hold(verb),
                false => store.let_go(verb),
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
