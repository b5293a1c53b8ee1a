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

use crate::{Tried, child::Took, sample::median};

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

/// What a process and its children have used since they began, those that have ended counted, in milliseconds. As exact as
/// the kernel's ticks; 0 of a process that is not there.
pub fn family_ms(pid: i32) -> f64 {
    let tick_ms = 1e3 / rustix::param::clock_ticks_per_second() as f64;
    let stats = fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|process| {
        let number: i32 = process.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(process.path().join("stat")).ok()?;
        let (_, after) = stat.rsplit_once(')')?;
        let words: Vec<&str> = after.split_whitespace().collect();
        let parent: i32 = words.get(1)?.parse().ok()?;
        // Its own ticks, and for the first also those of the children that have ended.
        let ticks = words.get(11..if number == pid { 15 } else { 13 })?;
        (number == pid || parent == pid).then(|| ticks.iter().filter_map(|word| word.parse::<f64>().ok()).sum::<f64>())
    });
    stats.sum::<f64>() * tick_ms
}

/// What a measurement costs, from its start on: time, and that of the processors here and in the store's server.
pub struct Meter {
    began: Instant,
    cpu_ms: f64,
    server: Option<(i32, f64)>,
}

impl Meter {
    /// Begins. `server` is the first process of the store's server.
    pub fn start(server: Option<i32>) -> Meter {
        let server = server.map(|pid| (pid, family_ms(pid)));
        Meter { began: Instant::now(), cpu_ms: cpu_ms(), server }
    }

    /// What it was until now.
    pub fn took(&self) -> Took {
        let seconds = self.began.elapsed().as_secs_f64();
        let (cpu_ms, threads_ms) = (cpu_ms() - self.cpu_ms, threads_ms());
        let server_ms = self.server.map_or(0.0, |(pid, before)| family_ms(pid) - before);
        Took { seconds, cpu_ms, threads_ms, server_ms, ..Took::default() }
    }
}

/// What this process has used by thread name, in milliseconds, as exact as the kernel's ticks (mostly 10 ms). Threads that have ended are not in it.
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
        let meter = Meter::start(i32::try_from(std::process::id()).ok());
        assert!(meter.took().seconds >= 0.0 && family_ms(-1) == 0.0);
        assert!(shown().contains("cores"));
    }
}
