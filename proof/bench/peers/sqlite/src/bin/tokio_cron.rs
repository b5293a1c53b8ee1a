//! tokio-cron-scheduler: so many schedules that are due each second, in memory. Nothing is written down and no run is a job; what
//! is measured is how long after its second each closure is called, and what that costs.
//!
//! Called with the number of schedules and of seconds.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use banto_bench_driver::{Tried, version};
use banto_bench_peers::LOCK;
use tokio_cron_scheduler::{Job, JobScheduler};

/// Seconds at the beginning that are not counted.
const WARM_S: u64 = 2;

#[tokio::main]
async fn main() -> Tried<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [schedules, seconds] = words.as_slice() else { return Err("say SCHEDULES SECONDS".into()) };
    let (schedules, seconds): (usize, u64) = (schedules.parse()?, seconds.parse()?);
    let late_ms = Arc::new(Mutex::new(Vec::<f64>::new()));
    let mut scheduler = JobScheduler::new().await?;
    for _ in 0..schedules {
        let late_ms = late_ms.clone();
        let job = Job::new("* * * * * *", move |_, _| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            late_ms.lock().unwrap_or_else(PoisonError::into_inner).push(f64::from(since.subsec_micros()) / 1_000.0);
        })?;
        scheduler.add(job).await?;
    }
    scheduler.start().await?;
    tokio::time::sleep(Duration::from_secs(WARM_S)).await;
    late_ms.lock().unwrap_or_else(PoisonError::into_inner).clear();
    let before = cpu_ms()?;
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let cpu = (cpu_ms()? - before) / seconds as f64 / 10.0;
    let mut late = std::mem::take(&mut *late_ms.lock().unwrap_or_else(PoisonError::into_inner));
    scheduler.shutdown().await?;
    late.sort_by(f64::total_cmp);
    let at = |share: f64| late.get(((late.len() as f64 * share) as usize).min(late.len().saturating_sub(1))).copied();
    let (p50, p99) = (at(0.5).unwrap_or(0.0), at(0.99).unwrap_or(0.0));
    println!(
        "{{\"version\":\"{}\",\"fired\":{},\"late_p50_ms\":{p50},\"late_p99_ms\":{p99},\"cpu_percent\":{cpu}}}",
        version("tokio-cron-scheduler", LOCK),
        late.len()
    );
    Ok(())
}

/// Processor time of this process, in milliseconds (`/proc/self/stat`, in ticks of 10 ms).
fn cpu_ms() -> Tried<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks: Vec<f64> = after.split_whitespace().skip(11).take(2).filter_map(|word| word.parse().ok()).collect();
    Ok(ticks.iter().sum::<f64>() * 10.0)
}
