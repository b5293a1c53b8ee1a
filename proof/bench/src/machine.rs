//! The machine a number was taken on: its disk, its load, and what this process costs it.
//!
//! For every row, because a number without its disk means nothing. Reads `/proc`, so it is for Linux. It never judges.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write as _,
    path::Path,
    time::Instant,
};

use rustix::time::{ClockId, clock_gettime};

use crate::{Tried, sample::median};

/// How often the disk is asked in one probe.
const PROBES: usize = 40;

/// What stands above a table: the machine in one line.
pub fn shown() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let name = rustix::system::uname();
    let (system, release) = (name.sysname().to_string_lossy(), name.release().to_string_lossy());
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':')).map(|(_, name)| name);
    format!("{cores} cores ({}), {system} {release}", model.unwrap_or("unknown").trim())
}

/// What it costs to make 4 KiB durable in that folder: the median in microseconds.
pub fn fdatasync_us(folder: &Path) -> Tried<f64> {
    let path = folder.join("probe");
    let failed = |error| format!("probe the disk at {}: {error}", path.display());
    let mut file = File::create(&path).map_err(failed)?;
    let mut costs = Vec::with_capacity(PROBES);
    for _ in 0..PROBES {
        file.write_all(&[7; 4096]).map_err(failed)?;
        let began = Instant::now();
        file.sync_data().map_err(failed)?;
        costs.push(began.elapsed().as_secs_f64() * 1e6);
    }
    fs::remove_file(&path).map_err(failed)?;
    Ok(median(&costs))
}

/// The load of the last minute.
pub fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0.0)
}

/// What this process has used of the processors, user and system, in milliseconds.
pub fn cpu_ms() -> f64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    used.tv_sec as f64 * 1e3 + used.tv_nsec as f64 / 1e6
}

/// The same by thread name, as exact as the kernel's ticks (mostly 10 ms). Threads that have ended are not in it.
pub fn threads_ms() -> BTreeMap<String, f64> {
    let tick_ms = 1e3 / rustix::param::clock_ticks_per_second() as f64;
    let mut used = BTreeMap::new();
    for thread in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        // The name is in brackets and may hold anything; the 12th and 13th word after it are the user and system ticks.
        let Some((before, after)) = stat.rsplit_once(')') else { continue };
        let name = before.split_once('(').map_or("", |(_, name)| name);
        let ticks: f64 = after.split_whitespace().skip(11).take(2).filter_map(|word| word.parse::<f64>().ok()).sum();
        *used.entry(name.to_owned()).or_default() += ticks * tick_ms;
    }
    used
}

/// What this process holds in memory, in MB (of a million bytes): now, and at most.
pub fn rss_mb() -> (f64, f64) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok()).unwrap_or(0.0) * 1024.0 / 1e6
    };
    (of("VmRSS"), of("VmHWM"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_is_probed_and_left_clean() {
        let folder = tempfile::tempdir().unwrap();
        assert!(fdatasync_us(folder.path()).unwrap() > 0.0);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(fdatasync_us(Path::new("/nowhere/at/all")).unwrap_err().contains("/nowhere/at/all"));
    }

    #[test]
    fn a_process_has_memory_time_and_threads() {
        let (now, most) = rss_mb();
        assert!(now > 0.0 && most >= now);
        assert!(cpu_ms() > 0.0);
        assert!(!threads_ms().is_empty());
        assert!(shown().contains("cores"));
    }
}
