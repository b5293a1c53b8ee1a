//! Firing what is due each second: a real scheduler and a real worker on one file, each on its own connection.

use std::{sync::Arc, time::Duration};

use banto_core::{ScheduleName, schedule};
use banto_engine::{Config, Does, Scheduler, SchedulerConfig, Timetable};
use banto_store::{Read, SelectFires};

use crate::{
    Tried,
    child::{Ask, Took},
    letter::Letter,
    machine, ours,
};

/// Seconds at the beginning that are not counted: schedules are registered, caches fill.
const WARM_S: i64 = 2;

/// So many schedules that are due each second, for so many seconds. The samples are how long after its time each was written
/// down, and `after_ok` how long after that its run began; all by the store's own columns.
pub fn measure(ask: &Ask, schedules: usize, seconds: u64) -> Tried<Took> {
    let mut timetable = Timetable::new(ours::name("bench")?, "bench");
    for number in 0..schedules {
        let when = schedule(&format!("schedule-{number}")).every_second();
        timetable.add(when.job(Letter::number(number)));
    }
    let config = Config { concurrency: 100, ..ours::config(ask.seed)? };
    ours::on_runtime(async move {
        let store = ours::open(&ask.address, "").await?;
        let scheduler = Scheduler::new(store.store, Arc::new(timetable), SchedulerConfig::new(ours::name("bench")?));
        let worker = ours::worker(&ours::open(&ask.address, "").await?, config, |_, _| async { Ok(()) });
        let (stop_scheduler, stop_worker) = (scheduler.stop(), worker.stop());
        let (firing, working) = (tokio::spawn(scheduler.run()), tokio::spawn(worker.start()));
        tokio::time::sleep(Duration::from_secs(WARM_S.unsigned_abs())).await;
        let cpu_ms = machine::cpu_ms();
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        let (cpu_ms, threads_ms) = (machine::cpu_ms() - cpu_ms, machine::threads_ms());
        stop_scheduler.graceful("measured");
        stop_worker.graceful("measured");
        let failed = |error| format!("wait for the scheduler: {error}");
        firing.await.map_err(failed)?.map_err(|unfit| unfit.to_string())?;
        working.await.map_err(failed)?.map_err(|unfit| unfit.to_string())?;
        let mut took = Took { seconds: seconds as f64, cpu_ms, threads_ms, ..Took::default() };
        for number in 0..schedules {
            collect(store.read.as_ref(), number, &mut took).await?;
        }
        Ok(took)
    })
}

async fn collect(store: &dyn Read, number: usize, took: &mut Took) -> Tried<()> {
    let name = ScheduleName::new(&format!("schedule-{number}")).map_err(|refusal| refusal.to_string())?;
    let select = SelectFires { schedule: Some(name), limit: 1_000, ..SelectFires::default() };
    let fires = store.fires(select).await.map_err(|error| error.to_string())?;
    let first = fires.last().map_or(0, |fire| fire.due_at);
    for fire in fires.iter().filter(|fire| fire.due_at >= first + WARM_S * 1_000) {
        took.samples.push((fire.at - fire.due_at) as f64);
        let started = fire.run.as_ref().and_then(|run| run.started_at);
        took.after_ok.extend(started.map(|started| (started - fire.at) as f64));
    }
    Ok(())
}
