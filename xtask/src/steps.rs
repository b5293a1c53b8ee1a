//! `cargo xtask test`: everything that must pass, step after step, and one table at the end.
//!
//! For the developer before a commit and for CI. A failing step does not keep the next from running, so that one run
//! shows all there is to mend. It never changes a source; it installs what is missing.

use std::time::{Duration, Instant};

use banto_servers::{Postgres, Redis};

use crate::house::{House, cargo};
use crate::need::{self, Missing, NEXTEST, Without};
use crate::proof::{self, PROOFS, Proof};
use crate::run::{End, Run, Stream};
use crate::table::{self, Line, Result as Mark};
use crate::tally::Tally;
use crate::tidy;
use crate::tree::Tree;

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The layout of every source.
    Fmt,
    /// The lints, over all targets.
    Clippy,
    /// The house rules.
    Tidy,
    /// The tests.
    Tests,
    /// The examples in the docs.
    Doctests,
    /// The docs themselves: no link in them leads nowhere.
    Docs,
    /// The simulator, short.
    Sim,
    /// The rows with real processes, short.
    Prove,
}

/// What a step came to: whether it passed and what to say.
struct Outcome {
    mark: Mark,
    said: String,
    tally: Option<Tally>,
}

impl Step {
    /// In the order in which they run: what is quick and often wrong comes first.
    pub const ALL: [Self; 8] =
        [Self::Fmt, Self::Tidy, Self::Clippy, Self::Tests, Self::Doctests, Self::Docs, Self::Sim, Self::Prove];

    /// As it is typed and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::Clippy => "clippy",
            Self::Tidy => "tidy",
            Self::Tests => "tests",
            Self::Doctests => "doctests",
            Self::Docs => "docs",
            Self::Sim => "sim",
            Self::Prove => "prove",
        }
    }

    /// How long it may take before it counts as hanging; a cold build is in it.
    const fn limit(self) -> Duration {
        let minutes = match self {
            Self::Fmt | Self::Tidy => 2,
            Self::Sim => 20,
            Self::Doctests | Self::Docs => 15,
            Self::Clippy | Self::Prove => 30,
            Self::Tests => 45,
        };
        Duration::from_secs(minutes * 60)
    }

    fn proof(self) -> Option<&'static Proof> {
        PROOFS.iter().find(|proof| proof.command == self.name())
    }
}

/// Runs the steps `only` names, or all; `short` leaves out the proofs. Prints the table and says whether all passed.
pub fn test(house: &House, only: &[Step], short: bool) -> bool {
    let asked = |step: &Step| if only.is_empty() { !(short && step.proof().is_some()) } else { only.contains(step) };
    let steps: Vec<Step> = Step::ALL.into_iter().filter(asked).collect();
    let (missing, first) = needs(house, &steps);
    let mut lines = vec![first];
    for step in steps {
        lines.push(line(house, step, &missing));
    }
    println!("{}", table::draw(&lines).trim_end());
    lines.iter().all(|line| line.result != Mark::Failed)
}

/// Sees to the tools, as the first line of the table.
fn needs(house: &House, steps: &[Step]) -> (Vec<Missing>, Line) {
    let began = Instant::now();
    let missing = need::supply(house, steps);
    let said: Vec<String> = missing
        .iter()
        .map(|missing| {
            let Missing { need, why } = missing;
            match need.without {
                Without::Fails => format!("no {} ({why})", need.name),
                Without::Instead(what) | Without::LeavesOut(what) => format!("no {} ({why}): {what}", need.name),
            }
        })
        .collect();
    for text in &said {
        eprintln!("\n!!! {text}\n");
    }
    let mark = if missing.iter().any(|missing| missing.need.without.fails(house.ci)) { Mark::Failed } else { Mark::Ok };
    let said = if said.is_empty() { "every tool is there".into() } else { said.join("; ") };
    (missing, Line { step: "tools", result: mark, took: began.elapsed(), said, tally: None })
}

/// Runs one step and says how it went, at once and for the table.
fn line(house: &House, step: Step, missing: &[Missing]) -> Line {
    let began = Instant::now();
    let outcome = if house.stopping() {
        Outcome::failed("told to stop")
    } else {
        eprintln!("\n=== {}", step.name());
        run(house, step, missing)
    };
    let Outcome { mark, said, tally } = outcome;
    let took = began.elapsed();
    eprintln!("=== {}: {} after {:.1} s {said}", step.name(), shown(mark), took.as_secs_f64());
    Line { step: step.name(), result: mark, took, said, tally }
}

const fn shown(mark: Mark) -> &'static str {
    match mark {
        Mark::Ok => "ok",
        Mark::Failed => "FAILED",
    }
}

fn run(house: &House, step: Step, missing: &[Missing]) -> Outcome {
    match step {
        Step::Fmt => {
            let outcome = cargo_step(house, step, &["fmt", "--all", "--check", "--", "--files-with-diff"]);
            outcome.cured_by("run cargo fmt --all")
        }
        Step::Clippy => {
            let words = [
                "clippy",
                "--workspace",
                "--all-features",
                "--all-targets",
                "--keep-going",
                "--",
                "--deny",
                "warnings",
            ];
            cargo_step(house, step, &words)
        }
        Step::Tidy => tidy_step(house),
        Step::Tests => tests_step(house, step, missing),
        Step::Doctests => {
            tests(house, step, &["test", "--workspace", "--all-features", "--doc", "--no-fail-fast"], &[])
        }
        Step::Docs => {
            let words = ["doc", "--workspace", "--all-features", "--no-deps", "--keep-going"];
            let run = Run::new(house, &cargo(), words).limit(step.limit()).env("RUSTDOCFLAGS", "--deny warnings");
            Outcome::of(&coloured(run).go(house, |_, _| {}))
        }
        Step::Sim | Step::Prove => proof_step(house, step),
    }
}

fn cargo_step(house: &House, step: Step, words: &[&str]) -> Outcome {
    Outcome::of(&cargo_run(house, step, words, &[], |_, _| {}))
}

fn cargo_run(house: &House, step: Step, words: &[&str], env: &[(&str, &str)], watch: impl FnMut(Stream, &str)) -> End {
    let run = Run::new(house, &cargo(), words).limit(step.limit());
    let run = env.iter().fold(run, |run, (name, value)| run.env(name, value));
    coloured(run).go(house, watch)
}

/// The programs write into a pipe; what they would show on a terminal is shown on ours.
fn coloured(run: Run) -> Run {
    use std::io::IsTerminal as _;
    if std::io::stderr().is_terminal() { run.env("CARGO_TERM_COLOR", "always") } else { run }
}

fn tests_step(house: &House, step: Step, missing: &[Missing]) -> Outcome {
    // One of each for the whole run: a cluster takes a second to make, and thousands of tests ask for one.
    let (postgres, redis) = match (Postgres::shared(), Redis::shared()) {
        (Ok(postgres), Ok(redis)) => (postgres, redis),
        (Err(wrong), _) | (_, Err(wrong)) => return Outcome::failed(format!("could not {wrong}")),
    };
    let servers = [("BANTO_TEST_POSTGRES", postgres.url()), ("BANTO_TEST_REDIS", redis.url())];
    let mut outcome = tests(house, step, &test_words(missing), &servers);
    if lacks(missing, NEXTEST) {
        outcome.said.push_str(" (cargo test instead of nextest)");
    }
    outcome
}

/// The command that runs the tests with what is there.
fn test_words(missing: &[Missing]) -> Vec<&'static str> {
    match lacks(missing, NEXTEST) {
        true => vec!["test", "--workspace", "--all-features", "--all-targets", "--no-fail-fast"],
        false => vec!["nextest", "run", "--workspace", "--all-features"],
    }
}

fn lacks(missing: &[Missing], name: &str) -> bool {
    missing.iter().any(|missing| missing.need.name == name)
}

fn tests(house: &House, step: Step, words: &[&str], env: &[(&str, &str)]) -> Outcome {
    let mut tally = Tally::default();
    let end = cargo_run(house, step, words, env, |_, line| tally.read(line));
    let mut outcome = Outcome::of(&end);
    let Tally { passed, failed } = tally;
    outcome.said = format!("{passed} passed, {failed} failed {}", outcome.said).trim_end().to_owned();
    outcome.tally = Some(tally);
    outcome
}

fn tidy_step(house: &House) -> Outcome {
    match Tree::read(&house.root).map(|tree| tidy::tidy(&tree)) {
        Ok(0) => Outcome { mark: Mark::Ok, said: String::new(), tally: None },
        Ok(count) => Outcome::failed(format!("{count} findings")),
        Err(wrong) => Outcome::failed(format!("could not {wrong}")),
    }
}

fn proof_step(house: &House, step: Step) -> Outcome {
    let Some(proof) = step.proof() else { return Outcome::failed("there is no such program") };
    let program = match proof::build_beside_tests(house, proof) {
        Ok(program) => program,
        Err(wrong) => return Outcome::failed(format!("could not {wrong}")),
    };
    let mut rows = 0_usize;
    let run = Run::new(house, &program.to_string_lossy(), ["--short"]).limit(step.limit());
    let end = run.go(house, |stream, line| rows += usize::from(stream == Stream::Out && !line.trim().is_empty()));
    rowed(Outcome::of(&end), rows)
}

/// A program that passes without printing a row has shown nothing.
fn rowed(outcome: Outcome, rows: usize) -> Outcome {
    match (outcome.mark, rows) {
        (Mark::Ok, 0) => Outcome::failed("printed no row"),
        _ => outcome,
    }
}

impl Outcome {
    fn of(end: &End) -> Self {
        match end {
            End::Exit(0) => Self { mark: Mark::Ok, said: String::new(), tally: None },
            end => Self::failed(told(end)),
        }
    }

    /// Adds the cure, if it failed.
    fn cured_by(mut self, cure: &str) -> Self {
        if self.mark == Mark::Failed {
            self.said = format!("{}: {cure}", self.said);
        }
        self
    }

    fn failed(said: impl Into<String>) -> Self {
        Self { mark: Mark::Failed, said: said.into(), tally: None }
    }
}

/// How a program ended, in words that follow its name.
pub fn told(end: &End) -> String {
    match end {
        End::Exit(code) => format!("exited with {code}"),
        End::Signal(signal) => format!("was ended by signal {signal}"),
        End::OverTime(limit) => format!("was ended after {} s", limit.as_secs()),
        End::Stopped => "was stopped".into(),
        End::Lost(why) => why.clone(),
    }
}

#[cfg(test)]
mod tests;
