//! From the call that enqueues one job to the start of its handler, on a worker that had nothing to do.
//!
//! Across processes, the process that enqueues also takes the time: the other one says a word on its standard output
//! when its handler starts, so no two clocks are compared, and the way of that word is counted too.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdout, Stdio},
    time::{Duration, Instant},
};

use banto_engine::Client;
use tokio::sync::mpsc;

use crate::{
    Tried,
    child::{self, Ask, Took, What},
    letter::{Letter, PAUSE, client},
    ours,
};

/// How long a handler may be waited for before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// An idle worker in this process.
pub fn in_process(ask: &Ask, times: usize) -> Tried<Took> {
    let ask = ask.clone();
    ours::on_thread(async move {
        let store = ours::open(&ask.address, "").await?;
        let (say, mut hear) = mpsc::unbounded_channel();
        let worker = ours::worker(&store, ours::config(ask.seed)?, move |_, _| {
            let now = Instant::now();
            let told = say.send(now).is_ok();
            async move { if told { Ok(()) } else { Err(banto_engine::JobError::dead("nobody takes the time")) } }
        });
        let (stop, client) = (worker.stop(), client(store.store, ask.seed));
        let working = tokio::spawn(worker.start());
        let took = sample(&client, times, &mut hear).await;
        stop.graceful("measured");
        working.await.map_err(|error| format!("wait for the worker: {error}"))?.map_err(|unfit| unfit.to_string())?;
        took
    })
}

/// An idle worker in another process.
pub fn across(ask: &Ask, times: usize) -> Tried<Took> {
    let (mut other, words) = other(ask)?;
    let (say, mut hear) = mpsc::unbounded_channel();
    std::thread::spawn(move || words.lines().map_while(Result::ok).all(|_| say.send(Instant::now()).is_ok()));
    let ask = ask.clone();
    let took = ours::on_thread(async move {
        let client = client(ours::open(&ask.address, "").await?.store, ask.seed.wrapping_add(1));
        sample(&client, times, &mut hear).await
    });
    // It holds nothing that matters, and its standard input is gone with this call.
    let ended = other.kill().and_then(|()| other.wait());
    ended.map_err(|error| format!("end the other process: {error}"))?;
    took
}

fn other(ask: &Ask) -> Tried<(Child, BufReader<ChildStdout>)> {
    let mut command = child::command(&Ask { what: What::Serve, ..ask.clone() })?;
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut other = spawned.map_err(|error| format!("start a worker's process: {error}"))?;
    let words = other.stdout.take().ok_or("hear the worker: it has no standard output")?;
    Ok((other, BufReader::new(words)))
}

/// Is that other process: a worker that says a word for each start of its handler, until its standard input closes.
pub fn serve(ask: &Ask) -> Tried<Took> {
    ours::on_runtime(async move {
        let store = ours::open(&ask.address, "").await?;
        let worker = ours::worker(&store, ours::config(ask.seed)?, |_, _| {
            let mut out = std::io::stdout().lock();
            let told = out.write_all(b"begun\n").and_then(|()| out.flush());
            async move { told.map_err(banto_engine::JobError::retry) }
        });
        let stop = worker.stop();
        std::thread::spawn(move || {
            let _closed = std::io::stdin().lines().next();
            stop.now("its standard input was closed");
        });
        worker.start().await.map_err(|unfit| unfit.to_string())?;
        Ok(Took::default())
    })
}

/// Enqueues one letter after the other, each after a pause; the first two are to warm up and not counted.
async fn sample(client: &Client, times: usize, hear: &mut mpsc::UnboundedReceiver<Instant>) -> Tried<Took> {
    let mut took = Took::default();
    for number in 0..times + 2 {
        tokio::time::sleep(PAUSE).await;
        let began = Instant::now();
        client.enqueue(&Letter::number(number)).await.map_err(|error| error.to_string())?;
        let accepted = began.elapsed();
        let heard =
            tokio::time::timeout(PATIENCE, hear.recv()).await.map_err(|_| "wait for a handler: none started")?;
        let begun = heard.ok_or("wait for a handler: the worker has ended")?.saturating_duration_since(began);
        if number >= 2 {
            took.samples.push(begun.as_secs_f64() * 1e3);
            took.after_ok.push(begun.saturating_sub(accepted).as_secs_f64() * 1e3);
        }
    }
    Ok(took)
}
