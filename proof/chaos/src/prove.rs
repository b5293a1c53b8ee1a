//! Runs rows, each in a process of its own with a deadline, and says what they found.
//!
//! A row that panics, hangs or is killed is a failed row and nothing more. Rows that mostly wait run five at a time,
//! those that measure a pace run alone. A folder is kept, and named, if its row failed.

use std::{
    collections::VecDeque,
    io::{IsTerminal, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    Told,
    ask::Wanted,
    report::{Ran, Report, heading},
    row::{Pace, Turn},
};

/// How many rows that mostly wait run at once.
const LANES: usize = 5;

/// What all rows of one call share.
pub struct Prove<'a> {
    /// What was asked for.
    pub wanted: &'a Wanted,
    /// What the draws of all rows follow from.
    pub seed: u64,
    /// Where the rows' folders are made.
    pub dir: PathBuf,
}

impl Prove<'_> {
    /// Runs the rows and prints each as it ends; says whether all are good.
    pub fn all(&self, turns: &[Turn]) -> bool {
        self.head();
        let (waiting, measuring): (Vec<Turn>, Vec<Turn>) = turns.iter().partition(|turn| turn.row.pace == Pace::Waits);
        let queue = Mutex::new(waiting.into_iter().collect::<VecDeque<_>>());
        let good = AtomicBool::new(true);
        let one = |turn| {
            let ran = self.told(self.turn(turn, None));
            good.fetch_and(self.good(&ran), Ordering::Relaxed);
        };
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let lane = || std::iter::from_fn(next).for_each(one);
        std::thread::scope(|scope| (0..LANES).for_each(|_| drop(scope.spawn(lane))));
        measuring.into_iter().for_each(one);
        good.into_inner()
    }

    /// Whether a row is as it should be: a skipped one is, except under CI.
    pub fn good(&self, ran: &Ran) -> bool {
        let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
        ran.passed() || (ran.skipped().is_some() && !ci)
    }

    /// Runs one row over one store; `mutate` names a guard that is taken out.
    pub fn turn(&self, turn: Turn, mutate: Option<&str>) -> Ran {
        let since = Instant::now();
        let name = mutate.map_or_else(|| turn.folder(), |guard| format!("{}-without-{guard}", turn.folder()));
        let dir = self.dir.join(name);
        // Of an earlier run that failed, when the folder was chosen by hand.
        let _earlier = std::fs::remove_dir_all(&dir);
        let report = std::fs::create_dir_all(&dir)
            .map_err(|error| format!("make \"{}\": {error}", dir.display()))
            .and_then(|()| self.play(turn, &dir, mutate));
        let ran = Ran {
            id: turn.id(),
            title: turn.row.title,
            seed: self.seed,
            took_s: since.elapsed().as_secs_f64(),
            report,
        };
        // A row that is meant to fail leaves nothing to look at.
        if ran.word() == "FAIL" && mutate.is_none() {
            eprintln!("{}: its stores, ledgers and logs are kept in {}", ran.id, dir.display());
        } else {
            let _left = std::fs::remove_dir_all(&dir);
        }
        ran
    }

    fn play(&self, turn: Turn, dir: &Path, mutate: Option<&str>) -> Told<Report> {
        let failed = |error| format!("start the row: {error}");
        let mut command = Command::new(std::env::current_exe().map_err(failed)?);
        command.arg("row").arg(turn.row.id).arg(turn.kept.word()).arg(dir).arg(self.seed.to_string());
        if self.wanted.short {
            command.arg("--brief");
        }
        // Servers want a short path that their own user may enter; what a row that was ended leaves there goes with it.
        let place = tempfile::Builder::new().prefix("banto-prove-").tempdir();
        let place = place.map_err(|error| format!("make a folder for servers: {error}"))?;
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o711);
        std::fs::set_permissions(place.path(), open).map_err(|error| format!("open a folder for servers: {error}"))?;
        command.env("TMPDIR", place.path());
        command.env_remove("BANTO_MUTATE").envs(mutate.map(|guard| ("BANTO_MUTATE", guard)));
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        let pid = child.id();
        let said = heard(child, turn.row.deadline(self.wanted.short));
        crate::net::sweep(pid);
        let unmounted = crate::disk::unmount_below(dir).and(crate::disk::unmount_below(place.path()));
        let said = said?;
        unmounted?;
        let last = said.lines().last().unwrap_or_default();
        serde_json::from_str::<Told<Report>>(last)
            .map_err(|_| "read what the row found: it ended without a word".to_owned())?
    }

    /// Prints the line above the rows.
    pub fn head(&self) {
        if !self.wanted.json {
            println!("{}", heading());
        }
    }

    /// Prints a row, and gives it back.
    pub fn told(&self, ran: Ran) -> Ran {
        match self.wanted.json {
            true => println!("{}", ran.json()),
            false => println!("{}", coloured(&ran)),
        }
        ran
    }
}

fn coloured(ran: &Ran) -> String {
    let table = ran.table();
    let code = match ran.word() {
        "PASS" => "32",
        "FAIL" => "31",
        _ => "33",
    };
    match std::io::stdout().is_terminal() {
        true => table.replacen(ran.word(), &format!("\u{1b}[{code}m{}\u{1b}[0m", ran.word()), 1),
        false => table,
    }
}

/// What the row said until its end, which comes by its deadline at the latest.
fn heard(mut child: Child, deadline: Duration) -> Told<String> {
    let mut out = child.stdout.take().ok_or("hear the row: it has no output")?;
    let reader = std::thread::spawn(move || {
        let mut said = String::new();
        out.read_to_string(&mut said).map(|_| said)
    });
    let since = Instant::now();
    let mut over = false;
    while child.try_wait().map_err(|error| format!("wait for the row: {error}"))?.is_none() {
        if since.elapsed() > deadline {
            over = true;
            let _gone = child.kill();
        }
        sleep(Duration::from_millis(20));
    }
    let said = reader.join().map_err(|_| "hear the row".to_owned())?;
    if over {
        return Err(format!("end within {} s; it was ended", deadline.as_secs()));
    }
    said.map_err(|error| format!("hear the row: {error}"))
}
