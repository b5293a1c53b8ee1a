//! The peers: the best Rust job systems on SQLite, on the same disk, in the same run, in turns with ours.
//!
//! They live in a cargo project of their own (`proof/bench/peers`), because their SQLite and ours cannot be linked into one
//! build; it is built here, on demand, from its committed lock file. Each peer is measured with several settings and
//! stands with its best. One that cannot be had is a row that says why.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde::Deserialize;

use super::{Bench, rate};
use crate::{
    Tried,
    child::What,
    row::{Row, Target},
    sample::median,
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
    /// Its driver.
    program: &'static str,
    /// How many jobs it is given: enough for seconds of work, in a full run and in a quick one.
    jobs: [usize; 2],
    /// Concurrency and connections.
    settings: &'static [(usize, u32)],
}

const PEERS: [Peer; 2] = [
    Peer { name: "riverqueue", program: "river", jobs: [20_000, 5_000], settings: &[(1_000, 1), (1_000, 4)] },
    // It slows down as its table grows, so more jobs would only be unfair to it.
    Peer { name: "apalis", program: "apalis", jobs: [2_000, 1_000], settings: &[(10, 1), (100, 1)] },
];

/// Every run of one peer with one setting.
type Runs = Vec<Vec<Told>>;

/// Ours beside each of the peers.
pub fn peers(bench: &Bench) -> Tried<Vec<Row>> {
    let built = build();
    let (mut work, mut bulk) = (Vec::new(), Vec::new());
    let mut told: Vec<Tried<Runs>> = PEERS.iter().map(|peer| Ok(vec![Vec::new(); peer.settings.len()])).collect();
    for seed in bench.rounds() {
        let (ours_work, ours_bulk) = ours(bench, seed)?;
        work.push(ours_work);
        bulk.push(ours_bulk);
        for (peer, told) in PEERS.iter().zip(&mut told) {
            let ran = built.as_ref().map_err(Clone::clone).and_then(|programs| round(bench, peer, programs));
            match (told.as_mut(), ran) {
                (Ok(told), Ok(ran)) => told.iter_mut().zip(ran).for_each(|(runs, run)| runs.push(run)),
                (Ok(_), Err(why)) => *told = Err(why),
                (Err(_), _) => {}
            }
        }
    }
    let beside = |(peer, told): (&Peer, Tried<Runs>)| match told {
        Ok(runs) => beside(bench, peer, &runs, &work, &bulk),
        Err(why) => vec![Row::absent(&format!("beside_{}", peer.name), &format!("could not {why}"))],
    };
    Ok(PEERS.iter().zip(told).flat_map(beside).collect())
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
fn round(bench: &Bench, peer: &Peer, programs: &Path) -> Tried<Vec<Told>> {
    let one = |(concurrency, connections): &(usize, u32)| {
        let place = bench.place()?;
        let mut command = Command::new(programs.join(peer.program));
        command.arg(place.path());
        let [all, few] = peer.jobs;
        command.args([bench.size(all, few), *concurrency].map(|number| number.to_string()));
        let output = command.arg(connections.to_string()).output();
        let output = output.map_err(|error| format!("run {}: {error}", peer.name))?;
        let printed = succeeded(&output).map_err(|why| format!("run {}: {why}", peer.name))?;
        serde_json::from_slice(printed).map_err(|error| format!("read what {} printed: {error}", peer.name))
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
    let note = format!(
        "value ours, limit {} {} with its best of {} settings (concurrency {concurrency}, {connections} connections), {} jobs: {}",
        told.peer,
        told.version,
        peer.settings.len(),
        bench.size(all, few),
        told.guarantee,
    );
    let row = |name: &str, ours: &[f64], theirs: Vec<f64>| {
        Row::of(&format!("beside_{}_{name}", peer.name), "jobs/s", ours.to_vec(), theirs)
            .against("the peer")
            .note(&note)
    };
    let target = Target { ratio_at_least: Some(5.0), ..Target::default() };
    let bulks = best.iter().map(|told| told.enqueue_bulk).collect();
    vec![row("work", work, works(best)).aim(target), row("bulk", bulk, bulks)]
}

/// Builds the drivers and answers where they are.
pub(super) fn build() -> Tried<PathBuf> {
    let program = std::env::current_exe().map_err(|error| format!("find this program: {error}"))?;
    let target = program.ancestors().nth(2).ok_or("find the build's folder")?.join("bench-peers");
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/Cargo.toml");
    eprintln!("bench: building the peers (minutes, the first time) …");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--release", "--locked", "--quiet", "--manifest-path"]).arg(manifest);
    cargo.arg("--target-dir").arg(&target);
    let output = cargo.output().map_err(|error| format!("start cargo: {error}"))?;
    succeeded(&output).map_err(|why| format!("build the peers: {why}"))?;
    Ok(target.join("release"))
}

/// What a program printed, or how it failed: its last line that says an error.
pub(super) fn succeeded(output: &Output) -> Tried<&[u8]> {
    if output.status.success() {
        return Ok(&output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().find(|line| line.to_lowercase().contains("error")).or(said.lines().last());
    Err(format!("{} ({})", last.unwrap_or("it said nothing").trim(), output.status))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bench() -> Bench {
        Bench { folder: ".".into(), short: true, seed: 1 }
    }

    fn told(work: f64) -> Told {
        let (peer, version, guarantee) = ("apalis".into(), "9.9.9".into(), "at least once".into());
        Told { peer, version, guarantee, enqueue_bulk: 10.0, work }
    }

    #[test]
    fn a_peer_stands_with_its_best_setting() {
        let runs = vec![vec![told(5.0), told(7.0), told(90.0)], vec![told(10.0), told(10.0), told(10.0)]];
        let rows = beside(&bench(), &PEERS[0], &runs, &[60.0, 60.0, 60.0], &[20.0]);
        assert_eq!((rows[0].limit, rows[0].ratio, rows[0].pass), (Some(10.0), Some(6.0), Some(true)));
        assert!(rows[0].note.contains("9.9.9") && rows[0].note.contains("at least once"), "{}", rows[0].note);
        assert_eq!((rows[1].ratio, rows[1].pass), (Some(2.0), None));
    }

    #[test]
    fn less_than_five_times_a_peer_is_a_miss() {
        let runs = vec![vec![told(10.0)], vec![told(1.0)]];
        assert_eq!(beside(&bench(), &PEERS[0], &runs, &[49.0], &[1.0])[0].pass, Some(false));
    }

    #[test]
    fn a_driver_that_fails_says_why() {
        let output = Command::new("sh").args(["-c", "echo warning >&2; echo 'Error: no disk' >&2; exit 3"]).output();
        let why = succeeded(&output.unwrap()).unwrap_err();
        assert!(why.contains("Error: no disk") && why.contains('3'), "{why}");
    }

    #[test]
    fn what_a_driver_prints_is_read() {
        let line = r#"{"peer":"a","version":"1","guarantee":"g","enqueue_one":1.5,"enqueue_bulk":2,"work":3e3}"#;
        assert_eq!(serde_json::from_str::<Told>(line).unwrap().work, 3_000.0);
    }
}
