//! One measurement, in a fresh process of this same program.
//!
//! So that the memory, the processor time and the caches of one run say nothing about another. The question goes over as
//! JSON in an argument, the answer comes back as JSON on the standard output; nobody types it by hand.

use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
};

use serde::{Deserialize, Serialize};

use crate::{Tried, ours, raw};

/// How the hidden command is called.
pub const COMMAND: &str = "measure";

/// What is to be measured, on the store at `address`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// Where the store is.
    pub address: String,
    /// Where ids, jitter and the order of things begin.
    pub seed: u64,
    /// What.
    pub what: What,
}

/// The measurements.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum What {
    /// The bare store: insert rows, for so many callers at once.
    RawInsert { jobs: usize, rows_a_commit: usize, callers: usize },
    /// The bare store: claim and finish the rows that are there.
    RawWork { jobs: usize, rows_a_commit: usize },
    /// The bare store: the two commits a job needs before it can run.
    RawLatency { times: usize },
    /// Enqueue jobs, `batch` a call, from so many callers at once.
    Enqueue { jobs: usize, batch: usize, callers: usize },
    /// Bring in jobs without measuring: first those that are not due for long, then those that are ready.
    Fill { delayed: usize, ready: usize },
    /// Work the jobs that are there.
    Work { jobs: usize, concurrency: usize },
    /// Enqueue one job after the other for an idle worker in the same process.
    Latency { times: usize },
    /// The same for an idle worker in another process.
    Across { times: usize },
    /// Be that other process.
    Serve,
    /// Let a worker idle.
    Idle { seconds: f64 },
    /// Fire so many schedules each second.
    Schedule { schedules: usize, seconds: u64 },
    /// Claim one job at a time, by the contract.
    Claims { times: usize },
}

/// What came out. What a measurement does not have stays empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Took {
    /// How long it took.
    pub seconds: f64,
    /// How many commits; on Redis, scripts.
    pub commits: f64,
    /// One number for each time, in milliseconds.
    pub samples: Vec<f64>,
    /// For a latency: the part of each that came after enqueue's `Ok`.
    pub after_ok: Vec<f64>,
    /// Processor time in that span, in milliseconds.
    pub cpu_ms: f64,
    /// What the store's server used of the processors meanwhile, in milliseconds.
    pub server_ms: f64,
    /// The process's own by thread.
    pub threads_ms: BTreeMap<String, f64>,
    /// Memory at the end and at most, in MB.
    pub rss_mb: f64,
    /// At most.
    pub rss_most_mb: f64,
}

/// Measures in a fresh process.
pub fn measure(ask: &Ask) -> Tried<Took> {
    let failed = |why: &str| format!("measure {:?}: {why}", ask.what);
    let output = command(ask)?.stderr(Stdio::inherit()).output().map_err(|error| failed(&error.to_string()))?;
    if !output.status.success() {
        return Err(failed(&format!("its process ended with {}", output.status)));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| failed(&format!("its answer cannot be read: {error}")))
}

/// The process that measures.
pub fn command(ask: &Ask) -> Tried<Command> {
    let question = serde_json::to_string(ask).map_err(|error| format!("put a question: {error}"))?;
    let program = std::env::current_exe().map_err(|error| format!("find this program: {error}"))?;
    let mut command = Command::new(program);
    command.args([COMMAND, &question]);
    Ok(command)
}

/// Is that process: answers the question on the standard output.
pub fn answer(question: &str) -> Tried<()> {
    let ask: Ask = serde_json::from_str(question).map_err(|error| format!("read the question: {error}"))?;
    let took = carry_out(&ask)?;
    let json = serde_json::to_string(&took).map_err(|error| format!("write the answer: {error}"))?;
    println!("{json}");
    Ok(())
}

fn carry_out(ask: &Ask) -> Tried<Took> {
    let address = ask.address.as_str();
    match ask.what {
        What::RawInsert { jobs, rows_a_commit, callers } => raw::insert(address, jobs, rows_a_commit, callers),
        What::RawWork { jobs, rows_a_commit } => raw::work(address, jobs, rows_a_commit),
        What::RawLatency { times } => raw::latency(address, times),
        What::Enqueue { jobs, batch, callers } => ours::enqueue::measure(ask, jobs, batch, callers),
        What::Fill { delayed, ready } => ours::enqueue::fill(ask, delayed, ready),
        What::Work { jobs, concurrency } => ours::work::measure(ask, jobs, concurrency),
        What::Latency { times } => ours::latency::in_process(ask, times),
        What::Across { times } => ours::latency::across(ask, times),
        What::Serve => ours::latency::serve(ask),
        What::Idle { seconds } => ours::idle::measure(ask, seconds),
        What::Schedule { schedules, seconds } => ours::schedule::measure(ask, schedules, seconds),
        What::Claims { times } => ours::claim::measure(ask, times),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_survives_its_way() {
        let what = What::Enqueue { jobs: 10, batch: 3, callers: 2 };
        let ask = Ask { address: "sqlite://a b/c.db".into(), seed: u64::MAX, what };
        let text = serde_json::to_string(&ask).unwrap();
        assert_eq!(serde_json::from_str::<Ask>(&text).unwrap(), ask);
    }

    #[test]
    fn an_answer_may_leave_out_what_it_has_not() {
        let took: Took = serde_json::from_str(r#"{"seconds":2.5}"#).unwrap();
        assert_eq!(took, Took { seconds: 2.5, ..Took::default() });
    }

    #[test]
    fn a_question_nobody_can_read_is_refused() {
        assert!(answer("{").unwrap_err().starts_with("read the question"));
    }
}
