//! B16: one byte of the store is flipped, or its log is cut off, at places drawn by seed.
//!
//! Each place is tried on a copy: a process opens it, reads everything, and works. Promises: whatever of the accepted jobs
//! is missing or altered is said, by an error, a notice, a count or a parked row; nobody panics, dies or loops.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    Told,
    account::{Account, count},
    ledger::Word,
    probe::{FOUND, Found, ProbeSpec, given},
    process::{Process, Start},
    report::{Check, Report},
    stage::{Scene, Stage, write},
};

const LIMIT: Duration = Duration::from_secs(40);
/// Copies that are looked at at once.
const AT_ONCE: usize = 3;

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let base = base(stage)?;
    let untouched = base.trial("untouched", &Harm::None)?;
    let sound = base.judge(untouched)?;
    let (mut tally, mut notes) = (BTreeMap::<Verdict, u64>::new(), Vec::new());
    let harms: Vec<Harm> = (0..stage.pick(30, 200)).map(|n| base.draw(stage, n)).collect();
    for (round, harms) in harms.chunks(AT_ONCE).enumerate() {
        let trial = |(n, harm)| base.trial(&format!("trial-{}", round * AT_ONCE + n), harm);
        let trials: Vec<Trial> = harms.iter().enumerate().map(trial).collect::<Told<_>>()?;
        for (trial, harm) in trials.into_iter().zip(harms) {
            let (verdict, why) = base.judge(trial)?;
            *tally.entry(verdict).or_default() += 1;
            if matches!(verdict, Verdict::Silent | Verdict::Died) {
                notes.push(format!("{harm:?}: {why}"));
            }
        }
    }
    let of = |verdict| tally.get(&verdict).copied().unwrap_or(0);
    let report = Report { account: base.account, ..Report::default() }
        .check(Check::none("damage that nobody was told of", of(Verdict::Silent)))
        .check(Check::none("processes that panicked, died or hung", of(Verdict::Died)))
        .check(Check::exactly("the untouched copy is in order", u64::from(sound.0 == Verdict::Harmless), "", 1))
        .note(format!("{} places: {} told, {} without effect", harms.len(), of(Verdict::Said), of(Verdict::Harmless)));
    Ok(notes.into_iter().fold(report, Report::note))
}

/// What is done to a copy.
#[derive(Debug)]
enum Harm {
    None,
    Flip { file: &'static str, at: usize, with: u8 },
    Cut { file: &'static str, at: usize },
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Harmless,
    Said,
    Silent,
    Died,
}

/// The store before any harm, and what is true of it.
struct Base<'a> {
    scene: Scene<'a>,
    files: BTreeMap<&'static str, Vec<u8>>,
    truth: BTreeMap<String, String>,
    account: Account,
}

/// A copy that is looked at.
struct Trial {
    process: Process,
    dir: PathBuf,
}

/// A store with jobs in the file and jobs in the log, which nobody has closed.
fn base(stage: &Stage) -> Told<Base<'_>> {
    let mut scene = stage.scene("base")?;
    scene.options = "reserve=0".into();
    let mut first = scene.client("first", 60);
    (first.pad, first.queue) = (300, "later".into());
    first.finish(&scene, LIMIT)?;
    let mut second = scene.client("second", 1_000);
    (second.pad, second.batch, second.every_ms) = (300, 5, 20);
    let mut killed = second.start(&scene)?;
    stage.until("jobs in the log", LIMIT, || Ok(count(&scene.acks()?, Word::Acked) >= 120))?;
    killed.kill()?;
    let files = ["jobs.db", "jobs.db-wal", "jobs.db-mark"];
    let files = files.map(|name| std::fs::read(scene.dir.join(name)).map(|bytes| (name, bytes)));
    let files = files.into_iter().collect::<Result<_, _>>().map_err(|error| format!("copy the store: {error}"))?;
    let (account, _, listed) = scene.account()?;
    let truth = listed.iter().map(|job| (job.id.to_string(), given(job))).collect();
    Ok(Base { scene, files, truth, account })
}

impl Base<'_> {
    fn draw(&self, stage: &Stage, n: usize) -> Harm {
        let file = if n.is_multiple_of(3) { "jobs.db" } else { "jobs.db-wal" };
        let size = self.files.get(file).map_or(1, Vec::len) as u64;
        let at = usize::try_from(stage.draw(0..=size - 1)).unwrap_or(0);
        let with = u8::try_from(stage.draw(1..=255)).unwrap_or(1);
        if n % 3 == 2 { Harm::Cut { file, at } } else { Harm::Flip { file, at, with } }
    }

    fn trial(&self, name: &str, harm: &Harm) -> Told<Trial> {
        let dir = self.scene.stage.scene(name)?.dir;
        for (file, bytes) in &self.files {
            write(&dir.join(file), &harmed(file, bytes, harm))?;
        }
        let url = format!("sqlite://{}?reserve=0", dir.join("jobs.db").display());
        let process = Start::new("probe", name, &ProbeSpec { url, dir: dir.clone() })?.start(&self.scene)?;
        Ok(Trial { process, dir })
    }

    fn judge(&self, mut trial: Trial) -> Told<(Verdict, String)> {
        let ended = trial.process.wait(LIMIT);
        let verdict = match ended {
            Ok(status) if status.success() => self.compare(&read(&trial.dir)?),
            Ok(status) => (Verdict::Died, format!("it {status}")),
            Err(wrong) => (Verdict::Died, format!("could not {wrong}")),
        };
        let _gone = std::fs::remove_dir_all(&trial.dir);
        Ok(verdict)
    }

    /// Whether what is missing or altered was told.
    fn compare(&self, found: &Found) -> (Verdict, String) {
        let seen: BTreeMap<&String, &String> = found.jobs.iter().map(|(id, given)| (id, given)).collect();
        let wrong: Vec<&String> =
            self.truth.iter().filter(|(id, given)| seen.get(id) != Some(given)).map(|(id, _)| id).collect();
        let told = !found.said.is_empty() || found.lost > 0 || wrong.iter().all(|id| found.damaged.contains(id));
        match (wrong.first(), told) {
            (None, true) if !found.said.is_empty() || !found.damaged.is_empty() => (Verdict::Said, String::new()),
            (None, _) => (Verdict::Harmless, String::new()),
            (Some(_), true) => (Verdict::Said, String::new()),
            (Some(id), false) => {
                let now = seen.get(id).map_or("nothing", |given| given.as_str());
                let was = self.truth.get(*id).map_or("", String::as_str);
                (
                    Verdict::Silent,
                    format!("job {id}, and {} more, became {} from {}", wrong.len() - 1, cut(now), cut(was)),
                )
            }
        }
    }
}

fn harmed(file: &str, bytes: &[u8], harm: &Harm) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    match harm {
        Harm::Flip { file: which, at, with } if *which == file => {
            bytes.iter_mut().skip(*at).take(1).for_each(|byte| *byte ^= with);
        }
        Harm::Cut { file: which, at } if *which == file => bytes.truncate(*at),
        _ => {}
    }
    bytes
}

fn read(dir: &Path) -> Told<Found> {
    let text = std::fs::read(dir.join(FOUND)).map_err(|error| format!("read what the probe found: {error}"))?;
    serde_json::from_slice(&text).map_err(|error| format!("read what the probe found: {error}"))
}

fn cut(text: &str) -> String {
    banto_core::text::visible(text, 90)
}
