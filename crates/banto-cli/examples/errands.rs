//! An application that embeds banto's command set beside a command of its own.
//!
//! For whoever wants to see how it is done, and for the tests of the commands as real processes. Its kinds do little on
//! purpose: greet, fail, nap (stops when it is told to) and block (never does). `ERRANDS_BUILD` picks one of three builds
//! of it, so that old and new ones can share a queue:
//!
//! ```text
//! errands queue:enqueue greet --payload '{"name":"Ada"}' --store sqlite://errands.db
//! errands queue:work --stop-when-empty --verbose --store sqlite://errands.db
//! ```

use std::{process::ExitCode, sync::Arc, time::Duration};

use banto_cli::{App, Commands};
use banto_engine::{Context, Job, JobError, Policy, Registry};
use clap::{Parser, Subcommand};
use serde::{Deserialize, Serialize};

#[derive(Parser)]
#[command(name = "errands", version, about = "Runs small errands")]
struct Typed {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// List the kinds of this build: a command of the application's own.
    Kinds,
    #[command(flatten)]
    Banto(Commands),
}

#[derive(Serialize, Deserialize)]
struct Greet {
    #[serde(default)]
    name: String,
}

impl Job for Greet {
    const KIND: &'static str = "greet";
}

/// The same work under the name that an older build gave it.
#[derive(Serialize, Deserialize)]
struct OldGreet {
    #[serde(default)]
    name: String,
}

impl Job for OldGreet {
    const KIND: &'static str = r"App\Jobs\GreetJob";
}

/// The newer build's kind, which takes the old name along.
#[derive(Serialize, Deserialize)]
struct RenamedGreet {
    #[serde(default)]
    name: String,
}

impl Job for RenamedGreet {
    const KIND: &'static str = "greet";
    const ALIASES: &'static [&'static str] = &[r"App\Jobs\GreetJob"];
}

#[derive(Serialize, Deserialize)]
struct Fail {
    text: String,
}

impl Job for Fail {
    const KIND: &'static str = "fail";
}

#[derive(Serialize, Deserialize)]
struct Nap {
    ms: u64,
}

impl Job for Nap {
    const KIND: &'static str = "nap";

    fn policy() -> Policy {
        Policy { queue: "naps", ..Policy::default() }
    }
}

#[derive(Serialize, Deserialize)]
struct Block {
    ms: u64,
}

impl Job for Block {
    const KIND: &'static str = "block";
}

fn main() -> ExitCode {
    let typed = match banto_cli::parse::<Typed>() {
        Ok(typed) => typed,
        Err(exit) => return exit.code().into(),
    };
    banto_cli::block_on(async {
        match typed.command {
            Verb::Kinds => match registry() {
                Ok(registry) => {
                    registry.entries().for_each(|entry| println!("{}", entry.kind));
                    ExitCode::SUCCESS
                }
                Err(why) => {
                    eprintln!("errands: could not {why}");
                    ExitCode::from(banto_cli::Exit::Unready.code())
                }
            },
            Verb::Banto(command) => App::new("errands").registry_with(|_| async { registry() }).run(command).await,
        }
    })
}

/// The kinds of the build that `ERRANDS_BUILD` names: `a` knows only the old name, `b` only the new one, and `c`, which it
/// is unless said, both, and everything else. An error fits after "could not".
fn registry() -> Result<Registry, String> {
    let build = std::env::var("ERRANDS_BUILD").unwrap_or_else(|_| "c".into());
    let mut registry = Registry::new(&build);
    let state = Arc::new(());
    match build.as_str() {
        "a" => registry.add(state, |job: OldGreet, run| greet(job.name, run)),
        "b" => registry.add(state, |job: Greet, run| greet(job.name, run)),
        "c" => {
            registry.add(state.clone(), |job: RenamedGreet, run| greet(job.name, run));
            registry.add(state.clone(), |job: Fail, _: Context| async { Err(JobError::retry(job.text)) });
            registry.add(state.clone(), nap);
            registry.add(state, |job: Block, _: Context| async move {
                std::thread::sleep(Duration::from_millis(job.ms));
                Ok(())
            });
        }
        _ => return Err(format!("read ERRANDS_BUILD: it says {build:?}, and a, b and c are allowed")),
    }
    Ok(registry)
}

async fn greet(name: String, run: Context) -> Result<(), JobError> {
    run.log(format!("hello, {name}"));
    Ok(())
}

async fn nap(job: Nap, run: Context) -> Result<(), JobError> {
    tokio::select! {
        () = tokio::time::sleep(Duration::from_millis(job.ms)) => Ok(()),
        why = run.stopped() => Err(JobError::retry(format!("woken: {why:?}"))),
    }
}
