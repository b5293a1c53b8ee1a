//! The rows, in groups that are measured together.
//!
//! Ours and the limit take turns on the same disk or server, so that a neighbour who comes and goes slows both; the disk is
//! probed and the load read before and after each group. A group that fails becomes a row that says so, and the next one is
//! measured.

mod claim;
mod enqueue;
mod idle;
mod latency;
mod peers;
mod schedule;
mod work;

use std::path::PathBuf;

use crate::{
    Tried,
    child::{Took, What},
    machine,
    place::{Ground, Place},
    row::Row,
    sort::Sort,
};

/// What is to be measured, where, and how large.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The store.
    pub sort: Sort,
    /// The folder on the disk that is measured.
    pub folder: PathBuf,
    /// A quick run: fewer jobs, and what it says is less sure.
    pub short: bool,
    /// Where ids, jitter and the order of things begin.
    pub seed: u64,
}

/// A plan, and the ground it is carried out on.
pub struct Bench {
    plan: Plan,
    ground: Ground,
}

/// Rows that are measured together.
pub struct Group {
    /// What `--rows` calls them.
    pub name: &'static str,
    /// The stores that have them.
    pub of: &'static [Sort],
    measure: fn(&Bench) -> Tried<Vec<Row>>,
}

/// How often each is measured.
const ROUNDS: u64 = 3;

/// Every group, in the order of the table.
pub const GROUPS: [Group; 15] = [
    Group { name: "enqueue_one", of: ALL, measure: enqueue::one },
    Group { name: "enqueue_bulk", of: ALL, measure: enqueue::bulk },
    Group { name: "work_c1", of: ALL, measure: |bench| work::at(bench, 1) },
    Group { name: "work_c10", of: ALL, measure: |bench| work::at(bench, 10) },
    Group { name: "work_c100", of: ALL, measure: |bench| work::at(bench, 100) },
    Group { name: "latency_in_process", of: ALL, measure: latency::in_process },
    Group { name: "latency_across", of: ALL, measure: latency::across },
    Group { name: "idle", of: ALL, measure: idle::idle },
    Group { name: "rss", of: ALL, measure: idle::after_work },
    Group { name: "claim_flat", of: ALL, measure: claim::flat },
    Group { name: "delayed_ahead", of: ALL, measure: claim::delayed_ahead },
    Group { name: "schedule_1000", of: ALL, measure: schedule::thousand },
    Group { name: "schedule_10000", of: &[Sort::Sqlite], measure: schedule::ten_thousand },
    Group { name: PEERS[0], of: ALL, measure: peers::peers },
    Group { name: PEERS[1], of: &[Sort::Sqlite], measure: schedule::beside_peer },
];

const ALL: &[Sort] = &Sort::ALL;

/// The groups that are measured only when they are asked for: they build the peers first.
pub const PEERS: [&str; 2] = ["peers", "peers_schedule"];

impl Group {
    /// Measures; whatever goes wrong is in the rows.
    pub fn run(&self, plan: &Plan) -> Vec<Row> {
        let probe = || machine::fdatasync_us(&plan.folder).map(|us| (us, machine::load()));
        let measure = || {
            let before = probe()?;
            let ground = Ground::start(plan.sort, &plan.folder)?;
            let told = ground.told()?;
            let rows = (self.measure)(&Bench { plan: plan.clone(), ground })?;
            Ok((before, rows, probe()?, told))
        };
        let rows = match measure() {
            Ok((before, rows, after, on)) => {
                let told =
                    |row| Row { fdatasync_us: [before.0, after.0], load: [before.1, after.1], on: on.clone(), ..row };
                rows.into_iter().map(told).collect()
            }
            Err::<_, String>(why) => vec![Row::absent(self.name, &format!("could not {why}"))],
        };
        rows.into_iter().map(|row| Row { store: plan.sort.word(), ..row }).collect()
    }
}

impl Bench {
    /// A number of jobs or times: all, or a few in a quick run.
    fn size(&self, all: usize, few: usize) -> usize {
        if self.plan.short { few } else { all }
    }

    fn sort(&self) -> Sort {
        self.ground.sort()
    }

    fn place(&self) -> Tried<Place> {
        self.ground.place()
    }

    /// The rounds, each with its own seed.
    fn rounds(&self) -> impl Iterator<Item = u64> {
        (1..=ROUNDS).map(|round| self.plan.seed.wrapping_add(round.wrapping_mul(0x9e37_79b9)))
    }

    /// How the bare store works as ours did: as many rows a commit, where one commit both ends some and claims others (SQLite)
    /// or each does one of the two.
    fn raw_work(&self, jobs: usize, rows_a_commit: f64) -> What {
        let each = if self.sort() == Sort::Sqlite { 1.0 } else { 2.0 };
        What::RawWork { jobs, rows_a_commit: (rows_a_commit * each).round() as usize }
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

    fn plan(folder: &Path) -> Plan {
        Plan { sort: Sort::Sqlite, folder: folder.to_owned(), short: true, seed: 1 }
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
        let plan = plan(Path::new("."));
        let bench = Bench { ground: Ground::start(plan.sort, &plan.folder).unwrap(), plan };
        let mut seeds: Vec<u64> = bench.rounds().collect();
        assert!(seeds.len() >= 3);
        seeds.dedup();
        assert_eq!(seeds.len(), bench.rounds().count());
    }

    #[test]
    fn a_group_that_fails_is_a_row_that_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let group = Group { name: "x", of: ALL, measure: |_| Err("find the way".into()) };
        let rows = group.run(&plan(folder.path()));
        assert_eq!((rows.len(), rows[0].name.as_str(), rows[0].pass), (1, "x", Some(false)));
        assert!(rows[0].note.contains("could not find the way"));
    }

    #[test]
    fn every_row_has_the_disk_and_the_load_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let group = Group { name: "x", of: ALL, measure: |_| Ok(vec![Row::of("x", "ms", vec![1.0], vec![])]) };
        let rows = group.run(&plan(folder.path()));
        assert!(rows[0].fdatasync_us.iter().all(|us| *us > 0.0));
        assert!(rows[0].store == "sqlite" && rows[0].on.starts_with("SQLite 3"), "{}", rows[0].on);
    }

    #[test]
    fn a_disk_that_cannot_be_had_is_a_row_too() {
        let group = Group { name: "x", of: ALL, measure: |_| Ok(Vec::new()) };
        let rows = group.run(&plan(Path::new("/nowhere")));
        assert!(rows[0].note.contains("/nowhere"), "{}", rows[0].note);
    }
}
