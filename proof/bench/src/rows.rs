//! The rows, in groups that are measured together.
//!
//! Ours and the limit take turns, so that a neighbour who comes and goes slows both; the disk is probed and the load
//! read before and after each group. A group that fails becomes a row that says so, and the next one is measured.

mod claim;
mod enqueue;
mod idle;
mod latency;
mod peers;
mod schedule;
mod work;

use std::path::PathBuf;

use tempfile::TempDir;

use crate::{
    Tried,
    child::{self, Ask, Took, What},
    machine,
    row::Row,
};

/// Where and how large.
pub struct Bench {
    /// The folder on the disk that is measured.
    pub folder: PathBuf,
    /// A quick run: fewer jobs, and what it says is less sure.
    pub short: bool,
    /// Where ids, jitter and the order of things begin.
    pub seed: u64,
}

/// Rows that are measured together.
pub struct Group {
    /// What `--rows` calls them.
    pub name: &'static str,
    measure: fn(&Bench) -> Tried<Vec<Row>>,
}

/// How often each is measured.
const ROUNDS: u64 = 3;

/// Every group, in the order of the table.
pub const GROUPS: [Group; 15] = [
    Group { name: "enqueue_one", measure: enqueue::one },
    Group { name: "enqueue_bulk", measure: enqueue::bulk },
    Group { name: "work_c1", measure: |bench| work::at(bench, 1) },
    Group { name: "work_c10", measure: |bench| work::at(bench, 10) },
    Group { name: "work_c100", measure: |bench| work::at(bench, 100) },
    Group { name: "latency_in_process", measure: latency::in_process },
    Group { name: "latency_across", measure: latency::across },
    Group { name: "idle", measure: idle::idle },
    Group { name: "rss", measure: idle::after_work },
    Group { name: "claim_flat", measure: claim::flat },
    Group { name: "delayed_ahead", measure: claim::delayed_ahead },
    Group { name: "schedule_1000", measure: schedule::thousand },
    Group { name: "schedule_10000", measure: schedule::ten_thousand },
    Group { name: PEERS[0], measure: peers::peers },
    Group { name: PEERS[1], measure: schedule::beside_peer },
];

/// The groups that are measured only when they are asked for: they build the peers first.
pub const PEERS: [&str; 2] = ["peers", "peers_schedule"];

impl Group {
    /// Measures; whatever goes wrong is in the rows.
    pub fn run(&self, bench: &Bench) -> Vec<Row> {
        let probe = || machine::fdatasync_us(&bench.folder).map(|us| (us, machine::load()));
        let measured = probe().and_then(|before| Ok((before, (self.measure)(bench)?, probe()?)));
        match measured {
            Ok((before, rows, after)) => {
                let told = |row| Row { fdatasync_us: [before.0, after.0], load: [before.1, after.1], ..row };
                rows.into_iter().map(told).collect()
            }
            Err(why) => vec![Row::absent(self.name, &format!("could not {why}"))],
        }
    }
}

/// A file of its own for one run; gone with this value.
struct Place(TempDir);

impl Bench {
    /// A number of jobs or times: all, or a few in a quick run.
    fn size(&self, all: usize, few: usize) -> usize {
        if self.short { few } else { all }
    }

    fn place(&self) -> Tried<Place> {
        let made = tempfile::Builder::new().prefix("bench-").tempdir_in(&self.folder);
        made.map(Place).map_err(|error| format!("make a folder in {}: {error}", self.folder.display()))
    }

    /// The rounds, each with its own seed.
    fn rounds(&self) -> impl Iterator<Item = u64> {
        (1..=ROUNDS).map(|round| self.seed.wrapping_add(round.wrapping_mul(0x9e37_79b9)))
    }
}

impl Place {
    fn path(&self) -> PathBuf {
        self.0.path().join("store.db")
    }

    /// Measures in a fresh process, on this place's file.
    fn measure(&self, seed: u64, what: What) -> Tried<Took> {
        child::measure(&Ask { path: self.path(), seed, what })
    }
}

/// So many a second.
fn rate(jobs: usize, took: &Took) -> f64 {
    jobs as f64 / took.seconds
}

fn rates(jobs: usize, runs: &[Took]) -> Vec<f64> {
    runs.iter().map(|took| rate(jobs, took)).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn bench(folder: &Path) -> Bench {
        Bench { folder: folder.to_owned(), short: true, seed: 1 }
    }

    #[test]
    fn every_group_has_its_own_name() {
        let mut names: Vec<&str> = GROUPS.iter().map(|group| group.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), GROUPS.len());
    }

    #[test]
    fn every_round_has_its_own_seed() {
        let bench = bench(Path::new("."));
        let mut seeds: Vec<u64> = bench.rounds().collect();
        assert!(seeds.len() >= 3);
        seeds.dedup();
        assert_eq!(seeds.len(), bench.rounds().count());
    }

    #[test]
    fn a_group_that_fails_is_a_row_that_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let group = Group { name: "x", measure: |_| Err("find the way".into()) };
        let rows = group.run(&bench(folder.path()));
        assert_eq!((rows.len(), rows[0].name.as_str(), rows[0].pass), (1, "x", Some(false)));
        assert!(rows[0].note.contains("could not find the way"));
    }

    #[test]
    fn every_row_has_the_disk_and_the_load_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let group = Group { name: "x", measure: |_| Ok(vec![Row::of("x", "ms", vec![1.0], vec![])]) };
        let rows = group.run(&bench(folder.path()));
        assert!(rows[0].fdatasync_us.iter().all(|us| *us > 0.0));
    }

    #[test]
    fn a_disk_that_cannot_be_had_is_a_row_too() {
        let group = Group { name: "x", measure: |_| Ok(Vec::new()) };
        let rows = group.run(&bench(Path::new("/nowhere")));
        assert!(rows[0].note.contains("/nowhere"), "{}", rows[0].note);
    }
}
