//! The peers: the best job systems on each store, on the same disk or server with the same settings, in the same run, in turns
//! with ours.
//!
//! They are driven by programs of their own ([`crate::drivers`]). Each is measured with several settings and stands with its
//! best. One that cannot be had is a row that says why.

use serde::Deserialize;

use super::{Bench, rate};
use crate::{
    Tried,
    child::What,
    drivers::{self, Driver, Drivers},
    row::{Row, Target},
    sample::median,
    sort::Sort,
};

/// What a peer's driver prints.
#[derive(Debug, Clone, Deserialize)]
struct Told {
    peer: String,
    version: String,
    guarantee: String,
    enqueue_bulk: f64,
    work: f64,
}

/// One peer.
struct Peer {
    name: &'static str,
    of: Sort,
    driver: Driver,
    /// What its driver is told beside the numbers.
    mode: &'static str,
    /// How many jobs it is given: enough for seconds of work, in a full run and in a quick one.
    jobs: [usize; 2],
    /// Concurrency, and connections or processes.
    settings: &'static [(usize, u32)],
    /// How many times its work we aim at.
    work_at_least: Option<f64>,
    /// How many times what it takes in bulk.
    bulk_at_least: Option<f64>,
}

const fn peer(name: &'static str, of: Sort, driver: Driver) -> Peer {
    let (work_at_least, bulk_at_least) = (None, None);
    Peer { name, of, driver, mode: "", jobs: [20_000, 5_000], settings: &[(100, 1)], work_at_least, bulk_at_least }
}

const PEERS: [Peer; 11] = [
    Peer {
        settings: &[(1_000, 1), (1_000, 4)],
        work_at_least: Some(5.0),
        ..peer("riverqueue", Sort::Sqlite, Driver::Rust("river"))
    },
    // It slows down as its table grows, so more jobs would only be unfair to it.
    Peer {
        jobs: [2_000, 1_000],
        settings: &[(10, 1), (100, 1)],
        work_at_least: Some(5.0),
        ..peer("apalis", Sort::Sqlite, Driver::Rust("apalis"))
    },
    Peer {
        jobs: [50_000, 10_000],
        settings: &[(1_000, 10), (2_000, 10)],
        work_at_least: Some(3.0),
        bulk_at_least: Some(2.0),
        ..peer("riverqueue", Sort::Postgres, Driver::Rust("river_postgres"))
    },
    Peer {
        settings: &[(100, 10), (1_000, 10)],
        bulk_at_least: Some(2.0),
        ..peer("apalis", Sort::Postgres, Driver::Rust("apalis_postgres"))
    },
    Peer {
        settings: &[(64, 20), (256, 20)],
        work_at_least: Some(3.0),
        bulk_at_least: Some(2.0),
        ..peer("awa", Sort::Postgres, Driver::Rust("awa"))
    },
    Peer {
        jobs: [5_000, 2_000],
        settings: &[(24, 1)],
        bulk_at_least: Some(2.0),
        ..peer("graphile_worker", Sort::Postgres, Driver::Node("graphile.mjs"))
    },
    Peer {
        mode: "batched",
        jobs: [100_000, 10_000],
        settings: &[(24, 1), (24, 2)],
        work_at_least: Some(1.5),
        bulk_at_least: Some(2.0),
        ..peer("graphile_worker_batched", Sort::Postgres, Driver::Node("graphile.mjs"))
    },
    Peer {
        settings: &[(50, 1), (100, 1)],
        work_at_least: Some(8.0),
        ..peer("bullmq", Sort::Redis, Driver::Node("bullmq.mjs"))
    },
    Peer {
        mode: "unlocked",
        // It puts what it is given among what is due later, and makes all of that ready by one `unpack` of Lua, which holds less than
        // 8,000: of a longer backlog it works none.
        jobs: [7_000, 7_000],
        settings: &[(100, 1), (1_000, 1)],
        work_at_least: Some(1.5),
        ..peer("apalis_unlocked", Sort::Redis, Driver::Rust("apalis_redis"))
    },
    Peer { settings: &[(10, 2), (30, 10)], ..peer("rusty_sidekiq", Sort::Redis, Driver::Rust("rusty_sidekiq")) },
    Peer {
        settings: &[(10, 1), (10, 2)],
        work_at_least: Some(5.0),
        ..peer("sidekiq", Sort::Redis, Driver::Ruby("sidekiq.rb"))
    },
];

/// Every run of one peer with one setting.
type Runs = Vec<Vec<Told>>;

/// Ours beside each of the store's peers.
pub fn peers(bench: &Bench) -> Tried<Vec<Row>> {
    let peers: Vec<&Peer> = PEERS.iter().filter(|peer| peer.of == bench.sort()).collect();
    let drivers = Drivers::of(bench.sort());
    let (mut work, mut bulk) = (Vec::new(), Vec::new());
    let mut told: Vec<Tried<Runs>> = peers.iter().map(|peer| Ok(vec![Vec::new(); peer.settings.len()])).collect();
    for seed in bench.rounds() {
        let (ours_work, ours_bulk) = ours(bench, seed)?;
        work.push(ours_work);
        bulk.push(ours_bulk);
        for (peer, told) in peers.iter().zip(&mut told) {
            // Who has failed once is not asked again.
            let Ok(runs) = told else { continue };
            eprintln!("bench: {} on {} …", peer.name, peer.of.title());
            match round(bench, peer, &drivers) {
                Ok(ran) => runs.iter_mut().zip(ran).for_each(|(runs, run)| runs.push(run)),
                Err(why) => *told = Err(why),
            }
        }
    }
    let beside = |(peer, told): (&Peer, Tried<Runs>)| match told {
        Ok(runs) => beside(bench, peer, &runs, &work, &bulk),
        Err(why) => vec![Row::absent(&format!("beside_{}", peer.name), &format!("could not {why}"))],
    };
    Ok(peers.into_iter().zip(told).flat_map(beside).collect())
}

/// Our jobs a second: worked, and enqueued in bulk.
fn ours(bench: &Bench, seed: u64) -> Tried<(f64, f64)> {
    let jobs = bench.size(100_000, 10_000);
    let place = bench.place()?;
    let bulk = place.measure(seed, What::Enqueue { jobs, batch: 1_000, callers: 1 })?;
    let work = place.measure(seed, What::Work { jobs, concurrency: 100 })?;
    Ok((rate(jobs, &work), rate(jobs, &bulk)))
}

/// One run of a peer with each of its settings.
fn round(bench: &Bench, peer: &Peer, drivers: &Drivers) -> Tried<Vec<Told>> {
    let one = |(concurrency, connections): &(usize, u32)| {
        let place = bench.place()?;
        let mut command = drivers.command(peer.driver)?;
        let [all, few] = peer.jobs;
        command.arg(place.address());
        command.args([bench.size(all, few), *concurrency].map(|number| number.to_string()));
        command.arg(connections.to_string()).arg(peer.mode);
        let printed = drivers::run(peer.name, &mut command)?;
        serde_json::from_slice(&printed).map_err(|error| format!("read what {} printed: {error}", peer.name))
    };
    peer.settings.iter().map(one).collect()
}

/// The rows of one peer, with the setting that served it best.
fn beside(bench: &Bench, peer: &Peer, runs: &Runs, work: &[f64], bulk: &[f64]) -> Vec<Row> {
    let works = |runs: &[Told]| runs.iter().map(|told| told.work).collect::<Vec<f64>>();
    let best = runs.iter().zip(peer.settings).max_by(|a, b| median(&works(a.0)).total_cmp(&median(&works(b.0))));
    let Some((best, (concurrency, connections))) = best else { return Vec::new() };
    let Some(told) = best.first() else { return Vec::new() };
    let [all, few] = peer.jobs;
    let second = if matches!(peer.driver, Driver::Rust(_)) { "connections" } else { "processes" };
    let note = format!(
        "value ours, limit {} {} with its best of {} settings (concurrency {concurrency}, {connections} {second}), {} jobs: {}",
        told.peer,
        told.version,
        peer.settings.len(),
        bench.size(all, few),
        told.guarantee,
    );
    let row = |name: &str, ours: &[f64], theirs: Vec<f64>, least: Option<f64>| {
        let row = Row::of(&format!("beside_{}_{name}", peer.name), "jobs/s", ours.to_vec(), theirs);
        let row = row.against("the peer").note(&note);
        match least {
            Some(_) => row.aim(Target { ratio_at_least: least, ..Target::default() }),
            None => row,
        }
    };
    let bulks: Vec<f64> = best.iter().map(|told| told.enqueue_bulk).filter(|rate| *rate > 0.0).collect();
    let mut rows = vec![row("work", work, works(best), peer.work_at_least)];
    if !bulks.is_empty() {
        rows.push(row("bulk", bulk, bulks, peer.bulk_at_least));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Plan;

    fn bench(sort: Sort) -> Bench {
        let ground = crate::place::Ground::start(Sort::Sqlite, std::path::Path::new(".")).unwrap();
        Bench { plan: Plan { sort, folder: ".".into(), short: true, seed: 1 }, ground }
    }

    fn told(work: f64) -> Told {
        let (peer, version, guarantee) = ("apalis".into(), "9.9.9".into(), "at least once".into());
        Told { peer, version, guarantee, enqueue_bulk: 10.0, work }
    }

    #[test]
    fn a_peer_stands_with_its_best_setting() {
        let runs = vec![vec![told(5.0), told(7.0), told(90.0)], vec![told(10.0), told(10.0), told(10.0)]];
        let rows = beside(&bench(Sort::Sqlite), &PEERS[0], &runs, &[60.0, 60.0, 60.0], &[20.0]);
        assert_eq!((rows[0].limit, rows[0].ratio, rows[0].pass), (Some(10.0), Some(6.0), Some(true)));
        assert!(rows[0].note.contains("9.9.9") && rows[0].note.contains("at least once"), "{}", rows[0].note);
        assert_eq!((rows[1].ratio, rows[1].pass), (Some(2.0), None));
    }

    #[test]
    fn less_than_the_aim_is_a_miss() {
        let runs = vec![vec![told(10.0)], vec![told(1.0)]];
        assert_eq!(beside(&bench(Sort::Sqlite), &PEERS[0], &runs, &[49.0], &[1.0])[0].pass, Some(false));
    }

    #[test]
    fn a_peer_that_takes_nothing_in_bulk_has_no_row_for_it() {
        let runs = vec![vec![Told { enqueue_bulk: 0.0, ..told(10.0) }]];
        assert_eq!(beside(&bench(Sort::Sqlite), &PEERS[0], &runs, &[49.0], &[1.0]).len(), 1);
    }

    #[test]
    fn every_store_has_peers_and_none_has_two_of_a_name() {
        let mut names: Vec<_> = PEERS.iter().map(|peer| (peer.of.word(), peer.name)).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), PEERS.len());
        assert!(Sort::ALL.iter().all(|sort| PEERS.iter().any(|peer| peer.of == *sort)));
    }

    #[test]
    fn what_a_driver_prints_is_read() {
        let line = r#"{"peer":"a","version":"1","guarantee":"g","enqueue_one":1.5,"enqueue_bulk":2,"work":3e3}"#;
        assert_eq!(serde_json::from_str::<Told>(line).unwrap().work, 3_000.0);
    }
}
