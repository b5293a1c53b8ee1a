//! How much memory a program may hold: by a cgroup of its own where one can be made, else by its address space.
//!
//! A cgroup counts what is really held, by all processes of the program together, and the kernel says whom it killed. In
//! most containers cgroups are read-only; then the address space of each process is limited, which some programs (Go,
//! Java, Node) reserve far more of than they use. The report says which of the two held.

use std::{
    fs, io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

mod leaf;

/// What holds the memory limit of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// There was no limit.
    None,
    /// A cgroup: what all processes of the program hold together.
    Cgroup,
    /// The address space of each process of the program.
    AddressSpace,
}

/// A memory limit in force.
#[derive(Debug)]
pub(crate) struct Limit {
    max_bytes: Option<u64>,
    cgroup: Option<Cgroup>,
    nearby: u64,
}

impl Limit {
    /// Makes a cgroup if a limit is wanted and one can be made.
    pub fn new(max_bytes: Option<u64>) -> Limit {
        let cgroup = max_bytes.and_then(|max| Cgroup::make(own()?, max).ok());
        Limit { max_bytes, cgroup, nearby: own().map_or(0, Place::kills) }
    }

    pub fn held(&self) -> Held {
        match (self.max_bytes, &self.cgroup) {
            (None, _) => Held::None,
            (Some(_), Some(_)) => Held::Cgroup,
            (Some(_), None) => Held::AddressSpace,
        }
    }

    pub fn max_bytes(&self) -> Option<u64> {
        self.max_bytes
    }

    /// The file that the child writes itself into.
    pub fn procs(&self) -> io::Result<Option<OwnedFd>> {
        let open = |cgroup: &Cgroup| fs::OpenOptions::new().write(true).open(cgroup.place.dir.join("cgroup.procs"));
        self.cgroup.as_ref().map(|cgroup| open(cgroup).map(OwnedFd::from)).transpose()
    }

    pub fn address_space_max_bytes(&self) -> Option<u64> {
        self.max_bytes.filter(|_| self.cgroup.is_none())
    }

    /// How many processes the kernel killed for want of memory: in the program's own cgroup, so it is certain.
    pub fn kills(&self) -> u64 {
        self.cgroup.as_ref().map_or(0, |cgroup| cgroup.place.kills())
    }

    /// How many it killed around us since the start; it need not have been this program.
    pub fn kills_nearby(&self) -> u64 {
        own().map_or(0, Place::kills).saturating_sub(self.nearby)
    }

    /// The most memory the program's processes held together, in bytes, where its own cgroup counts it.
    pub fn peak_bytes(&self) -> Option<u64> {
        let place = &self.cgroup.as_ref()?.place;
        fs::read_to_string(place.dir.join(place.words().peak)).ok()?.trim().parse().ok()
    }

    /// Takes the cgroup away. What was killed a moment ago may still be in it, so it is tried for a second.
    pub async fn end(mut self) {
        let Some(cgroup) = self.cgroup.take() else { return };
        for _ in 0..50 {
            match fs::remove_dir(&cgroup.place.dir) {
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                _ => return,
            }
        }
    }
}

/// A cgroup with a memory controller.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    dir: PathBuf,
    version: u8,
}

/// What a version of cgroups calls its files.
struct Words {
    max: &'static str,
    swap: &'static str,
    kills: &'static str,
    peak: &'static str,
}

impl Place {
    fn words(&self) -> Words {
        match self.version {
            1 => Words {
                max: "memory.limit_in_bytes",
                swap: "memory.memsw.limit_in_bytes",
                kills: "memory.oom_control",
                peak: "memory.max_usage_in_bytes",
            },
            _ => Words { max: "memory.max", swap: "memory.swap.max", kills: "memory.events", peak: "memory.peak" },
        }
    }

    fn kills(&self) -> u64 {
        let text = fs::read_to_string(self.dir.join(self.words().kills)).unwrap_or_default();
        let count = |line: &str| line.strip_prefix("oom_kill ")?.trim().parse().ok();
        text.lines().find_map(count).unwrap_or(0)
    }
}

/// One program's own cgroup; removed when it is dropped, if nothing is left in it.
#[derive(Debug)]
struct Cgroup {
    place: Place,
}

impl Cgroup {
    fn make(parent: &Place, max_bytes: u64) -> io::Result<Cgroup> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        if parent.version == 2 {
            leaf::open(&parent.dir)?;
        }
        let name = format!("banto-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let dir = parent.dir.join(name);
        fs::create_dir(&dir)?;
        let cgroup = Cgroup { place: Place { dir, version: parent.version } };
        let words = cgroup.place.words();
        write(&cgroup.place.dir.join(words.max), &max_bytes.to_string())?;
        // Swap would only make the end slower; many kernels have none to limit.
        let swap = if parent.version == 1 { max_bytes.to_string() } else { "0".to_owned() };
        let _ = write(&cgroup.place.dir.join(words.swap), &swap);
        if parent.version == 2 {
            // All of the program dies, not one of its processes.
            let _ = write(&cgroup.place.dir.join("memory.oom.group"), "1");
        }
        Ok(cgroup)
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.place.dir);
    }
}

/// Writes into a file of the kernel's, which must be there: in a folder without the controller it is not.
fn write(path: &Path, text: &str) -> io::Result<()> {
    use io::Write;
    fs::OpenOptions::new().write(true).open(path)?.write_all(text.as_bytes())
}

/// The cgroup this process is in, looked up once.
fn own() -> Option<&'static Place> {
    static OWN: OnceLock<Option<Place>> = OnceLock::new();
    let look = || {
        let cgroups = fs::read_to_string("/proc/self/cgroup").ok()?;
        let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
        let place = place(&cgroups, &mounts)?;
        place.dir.is_dir().then_some(place)
    };
    OWN.get_or_init(look).as_ref()
}

/// Where our memory cgroup is: proc_pid_mountinfo(5), cgroups(7). Version 1 goes first: where both are mounted, it has
/// the controller.
fn place(cgroups: &str, mounts: &str) -> Option<Place> {
    let ours = |wanted: &str| {
        cgroups.lines().find_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            let controllers = parts.next()?;
            controllers.split(',').any(|name| name == wanted).then_some(parts.next()?)
        })
    };
    let mounted = |kind: &str, option: &str| {
        mounts.lines().find_map(|line| {
            let (before, after) = line.split_once(" - ")?;
            let mut after = after.split(' ');
            let fits = after.next()? == kind && after.nth(1)?.split(',').any(|one| option.is_empty() || one == option);
            let mut before = before.split(' ').skip(3);
            let (root, point) = (before.next()?, before.next()?);
            fits.then_some((root, point))
        })
    };
    let join = |(root, point): (&str, &str), path: &str, version| {
        // Under a mount of a part of the tree, our path begins at that part.
        let inside = path.strip_prefix(root.trim_end_matches('/')).unwrap_or(path);
        Place { dir: Path::new(point).join(inside.trim_start_matches('/')), version }
    };
    if let (Some(path), Some(mount)) = (ours("memory"), mounted("cgroup", "memory")) {
        return Some(join(mount, path, 1));
    }
    Some(join(mounted("cgroup2", "")?, ours("")?, 2))
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
