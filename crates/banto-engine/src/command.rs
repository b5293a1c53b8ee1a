//! The run of a schedule's command: from the start of the program to its job's outcome.
//!
//! Its output goes line by line into the log of this process; its end goes onto the ledger. Exit codes are truth: everything but
//! the named successes is a failure. When the run is told to stop, so is the program, with its whole group.

use std::sync::{Arc, LazyLock};

use banto_core::{ScheduleName, text::visible};
use banto_process::{Clocks, Command, Ended, Exit, Line, Oom, Runner, Sink, Spec};
use banto_store::{Clock, Output, SystemClock};
use tokio::sync::mpsc;

use crate::{context::Run, handler::JobError, instance};

/// Lines of output that may wait for the log; what is more is dropped and counted.
const LINES_WAITING: usize = 1_024;

static RUNNER: LazyLock<Runner> =
    LazyLock::new(|| Runner::new(Clocks::new(|| SystemClock.wall_ms(), || SystemClock.steady_ms())));

/// Runs a command under a job of its schedule; `anew` empties its output file first.
pub(crate) async fn run(spec: &Spec, anew: bool, schedule: &ScheduleName, run: &Arc<Run>) -> Result<(), JobError> {
    if let Some(file) = spec.file.as_ref().filter(|_| anew) {
        tokio::fs::File::create(&file.path).await.map_err(|error| {
            JobError::retry(format!(
                "could not empty its output file {}: {error}",
                visible(&file.path.to_string_lossy(), 200)
            ))
        })?;
    }
    let (lines, mut heard) = mpsc::channel::<Line>(LINES_WAITING);
    // What cannot start now could not start in the preflight of whoever fired it, or has changed since: it is a failure.
    let started = RUNNER.start(spec, Sink::to(lines)).await.map_err(JobError::retry)?;
    let control = started.control();
    let job = run.id();
    let pid = control.pid();
    tracing::info!(%schedule, %job, pid, "the command has started");
    let listening = async {
        while let Some(Line { stream, text, dropped }) = heard.recv().await {
            if dropped > 0 {
                tracing::warn!(%schedule, %job, dropped, "lines of its output were dropped here");
            }
            tracing::info!(%schedule, %job, stream = stream.word(), "{text}");
        }
    };
    let ending = async {
        let mut started = std::pin::pin!(started);
        tokio::select! { biased;
            ended = &mut started => ended,
            _ = run.stopped() => {
                control.stop();
                started.await
            }
        }
    };
    let (ended, ()) = tokio::join!(ending, listening);
    run.output(output(&ended));
    let (words, remarks, well) = (ended.words(), ended.remarks(), ended.is_success(spec));
    match well && remarks.is_empty() {
        true => tracing::info!(%schedule, %job, "{words}"),
        false => tracing::warn!(%schedule, %job, "{words}"),
    }
    // Where the run was told to stop, the engine knows better than an exit code what that means.
    if !well {
        return Err(JobError::retry(words));
    }
    // Of a failure the error says it all; what is odd about a success would be on no record.
    if !remarks.is_empty() {
        run.log(remarks.join("; "));
    }
    Ok(())
}

fn output(ended: &Ended) -> Output {
    let (exit, signal) = match ended.exit {
        Exit::Code(code) => (Some(code), None),
        Exit::Signal(signal) => (None, Some(signal.number())),
        Exit::Unknown => (None, None),
    };
    Output {
        exit,
        signal,
        out_of_memory: ended.oom == Oom::Yes,
        peak_bytes: ended.memory_peak_bytes.unwrap_or(0),
        host: instance::host(),
        tail: ended.tail.clone(),
    }
}

/// A command as it would be typed, for people.
pub fn shown(spec: &Spec) -> String {
    match &spec.command {
        Command::Argv(argv) => argv.join(" "),
        Command::Shell(text) => format!("sh -c '{text}'"),
    }
}
