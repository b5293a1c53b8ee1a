//! A4: `banto up` is killed under load and started again: a scheduler, a worker and programs that have started others.
//!
//! Promises: nothing accepted is lost, no due instant is left out or fires twice, what ran runs again within 15 s, and of
//! the killed one's programs nothing is left behind.

use std::{thread::sleep, time::Duration};

use rustix::process::Signal;

use super::a1;
use crate::{
    Told,
    account::{Account, Kill},
    dues::{Dues, leader, service, wall},
    ledger::Word,
    process::Process,
    report::{Check, Report},
    scheduler::{Line, SERVICE},
    stage::{Scene, Stage},
    up::{Up, marked},
};

const SCHEDULES: usize = 3;
const PROGRAMS: usize = 2;
/// Each program is a shell and what it has started.
const PROCESSES: usize = PROGRAMS * 3;
/// Jobs at once. What was cut runs again one by one, for it is under suspicion: the more there are, the longer the last waits.
const CONCURRENCY: usize = 4;
/// How long what is left of a killed one may live.
const GONE: Duration = Duration::from_secs(5);

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let (jobs, kills) = stage.pick((600, 2), (10_000, 20));
    let up = Up::new(&scene, &file(&scene))?;
    let mut process = up.start("up")?;
    stage.until("it lead", Duration::from_secs(20), || Ok(leader(&scene)?.is_some()))?;
    let began = wall();
    let mut client = scene.client("client", jobs);
    (client.ms, client.every_ms) = ((5, 50), 20);
    let mut client = client.start(&scene)?;
    let mut harm = Harm::default();
    for _ in 0..kills {
        harm.kill(&scene, &mut process)?;
        process = up.start("up")?;
    }
    client.succeed(Duration::from_secs(240))?;
    scene.drained(Duration::from_secs(240))?;
    let until = wall();
    stage.until("everything accounted for", Duration::from_secs(20), || {
        Ok(service(&scene)?.is_some_and(|service| service.accounted_until > until))
    })?;
    process.signal(Signal::TERM)?;
    process.succeed(Duration::from_secs(40))?;
    let left_by_term = marked(&scene)?.len() as u64;
    let report = judge(&scene, &harm, &Dues::of(&scene, &lines(), began, until)?)?;
    Ok(report.check(Check::none("children left behind by TERM", left_by_term)))
}

fn judge(scene: &Scene<'_>, harm: &Harm, dues: &Dues) -> Told<Report> {
    let (acks, runs, mut listed) = (scene.acks()?, scene.runs()?, scene.listed()?);
    // A run that is cut is not tried again: that is its schedule's policy, and no job of the client's.
    listed.retain(|job| job.options.fire.is_none());
    let report = a1::judge(Account::of(&acks, &runs, &listed), &runs, &listed, &harm.kills);
    Ok(report
        .check(Check::none("children left behind by a kill", harm.left))
        .check(Check::none("due instants that fired twice", dues.doubled))
        .check(Check::none("due instants that are not accounted for", dues.open))
        .check(Check::exactly("due instants that have fired", dues.all_fired(), "", dues.due))
        .note(format!("children were gone {} ms after a kill at most; {} due instants", harm.gone_ms, dues.due)))
}

/// What was done, and what was left of it.
#[derive(Default)]
struct Harm {
    kills: Vec<Kill>,
    left: u64,
    gone_ms: u128,
}

impl Harm {
    /// Kills it while it works, and waits until its children are gone.
    fn kill(&mut self, scene: &Scene<'_>, process: &mut Process) -> Told<()> {
        scene.stage.until("programs and jobs run", Duration::from_secs(30), || {
            let runs = scene.runs()?.iter().any(|line| line.pid == process.pid() && line.word == Word::Begin);
            Ok(runs && marked(scene)?.len() >= PROCESSES)
        })?;
        sleep(Duration::from_millis(scene.stage.draw(scene.stage.pick(50..=500, 1_000..=3_000))));
        let before = marked(scene)?;
        self.kills.push(Kill { pid: process.pid(), at: process.kill()? });
        let left = || Ok::<_, String>(marked(scene)?.iter().filter(|pid| before.contains(pid)).count() as u64);
        match scene.stage.until("its children gone", GONE, || Ok(left()? == 0)) {
            Ok(took) => self.gone_ms = self.gone_ms.max(took.as_millis()),
            Err(_) => self.left += left()?,
        }
        Ok(())
    }
}

fn lines() -> Vec<Line> {
    (0..SCHEDULES).map(|n| Line::every(1, format!("each-second-{n}"))).collect()
}

fn file(scene: &Scene<'_>) -> String {
    let mark = Up::mark(scene);
    let schedule = |line: Line| {
        let when = format!("every = \"{}s\"\nmissed = {{ all = 1000 }}", line.period_s);
        format!("[[schedule]]\nname = \"{}\"\nrun = [\"sleep\", \"0.05\"]\n{when}\n{mark}\n", line.name)
    };
    let program = |n| {
        let run = "run = [\"sh\", \"-c\", \"sleep 3600 & sleep 3600 & wait\"]";
        format!("[[program]]\nname = \"program-{n}\"\n{run}\n{mark}\n")
    };
    let all = lines().into_iter().map(schedule).chain((0..PROGRAMS).map(program));
    format!("service = \"{SERVICE}\"\n[worker]\nconcurrency = {CONCURRENCY}\n{}", all.collect::<String>())
}
