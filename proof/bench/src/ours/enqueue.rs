//! Bringing jobs in: one a call, many a call, from one caller or several at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use banto_core::NewJob;
use banto_engine::Client;

use crate::{
    Tried,
    child::{Ask, Took},
    letter::{Letter, client},
    machine::Meter,
    ours, raw,
};

/// Most jobs of one call while filling.
const FILL: usize = 5_000;

/// Enqueues `jobs` letters, `batch` a call, from so many callers. Each caller waits for its `Ok`, then goes on.
pub fn measure(ask: &Ask, jobs: usize, batch: usize, callers: usize) -> Tried<Took> {
    ours::on_runtime(async {
        let client = client(ours::open(&ask.address, "").await?.store, ask.seed);
        let (commits, server) = (raw::commits(&ask.address).await?, raw::server(&ask.address).await?);
        let (left, meter) = (Arc::new(AtomicUsize::new(jobs)), Meter::start(server));
        let each = (0..callers).map(|_| tokio::spawn(call(client.clone(), left.clone(), batch)));
        for caller in each.collect::<Vec<_>>() {
            caller.await.map_err(|error| format!("wait for a caller: {error}"))??;
        }
        let took = meter.took();
        Ok(Took { commits: raw::commits(&ask.address).await? - commits, ..took })
    })
}

async fn call(client: Client, left: Arc<AtomicUsize>, batch: usize) -> Tried<()> {
    loop {
        let take = |left: usize| (left > 0).then(|| left.saturating_sub(batch));
        let Ok(before) = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) else { return Ok(()) };
        let letters: Vec<Letter> = (before.saturating_sub(batch)..before).map(Letter::number).collect();
        let done = match letters.as_slice() {
            [one] => client.enqueue(one).await.map(|_| ()),
            many => client.enqueue_all(many).await.map(|_| ()),
        };
        done.map_err(|error| error.to_string())?;
    }
}

/// Brings in `delayed` letters that are due in an hour, then `ready` ones.
pub fn fill(ask: &Ask, delayed: usize, ready: usize) -> Tried<Took> {
    ours::on_runtime(async {
        let client = client(ours::open(&ask.address, "").await?.store, ask.seed);
        let hour = Some(Duration::from_secs(3_600));
        for (jobs, delay) in [(delayed, hour), (ready, None)] {
            for from in (0..jobs).step_by(FILL) {
                let letters: Tried<Vec<NewJob>> =
                    (from..jobs.min(from + FILL)).map(|number| order(&client, number, delay)).collect();
                client.put(letters?).await.map_err(|error| error.to_string())?;
            }
        }
        Ok(Took::default())
    })
}

fn order(client: &Client, number: usize, delay: Option<Duration>) -> Tried<NewJob> {
    let order = client.draft(&Letter::number(number));
    let order = match delay {
        Some(delay) => order.delay(delay),
        None => order,
    };
    order.ready().map_err(|refusal| refusal.to_string())
}
