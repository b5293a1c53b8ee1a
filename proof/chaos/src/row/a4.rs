//! A4: `banto up` is killed under load and started again: a scheduler, a worker and programs that have started others.
//!
//! Promises: nothing accepted is lost, no due instant is left out or fires twice, what ran runs again within 15 s, and of
//! the killed one's programs nothing is left behind.

use std::{thread::sleep, time::Duration};

use super::a1;
use crate::{
    Told,
    account::{Account, Kill},
    dues::{Dues, leader, service, wall},
    ledger::Word,
    report::Check,
    report::Report,
    scheduler::{Line, SERVICE},
    stage::{Scene, Stage},
    up::{Up, marked},
};

const SCHEDULES: usize = 3;
const PROGRAMS: usize = 2;
/// Each program is a shell and what it has started.
const PROCESSES: usize = PROGRAMS * 3;
/// How long what is left of a killed one may live.
const GONE_MS: u64 = 5_000;

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let (jobs, kills) = stage.pick((300, 2), (10_000, 20));
    let up = Up::new(&scene, &file(&scene))?;
    let mut process = up.start("up")?;
    stage.until("it lead", Duration::from_secs(20), || Ok(leader(&scene)?.is_some()))?;
    let began = wall();
    let mut client = scene.client("client", jobs);
    (client.ms, client.every_ms) = ((20, 100), 20);
    let mut client = client.start(&scene)?;
    let (mut killed, mut left, mut gone_ms) = (Vec::new(), 0, 0);
    for _ in 0..kills {
        stage.until("programs and jobs run", Duration::from_secs(30), || {
            let runs = scene.runs()?.iter().any(|line| line.pid == process.pid() && line.word == Word::Begin);
            Ok(runs && marked(&scene)?.len() >= PROCESSES)
        })?;
        sleep(Duration::from_millis(stage.draw(50..=500)));
        let before = marked(&scene)?;
        let at = process.kill()?;
        killed.push(Kill { pid: process.pid(), at });
        let gone = || Ok(marked(&scene)?.iter().all(|pid| !before.contains(pid)));
        match stage.until("its programs gone", Duration::from_millis(GONE_MS), gone) {
            Ok(took) => gone_ms = gone_ms.max(took.as_millis()),
            Err(_) => left += marked(&scene)?.iter().filter(|pid| before.contains(pid)).count() as u64,
        }
        process = up.start("up")?;
    }
    client.succeed(Duration::from_secs(240))?;
    scene.drained(Duration::from_secs(60))?;
    let until = wall();
    stage.until("everything accounted for", Duration::from_secs(20), || {
        Ok(service(&scene)?.is_some_and(|service| service.accounted_until > until))
    })?;
    process.signal(rustix::process::Signal::TERM)?;
    process.succeed(Duration::from_secs(40))?;
    let after_term = marked(&scene)?.len() as u64;
    let dues = Dues::of(&scene, &lines(), began, until)?;
    let (acks, runs, mut listed) = (scene.acks()?, scene.runs()?, scene.listed()?);
    // A run that is cut is not tried again: that is its schedule's policy, and no job of the client's.
    listed.retain(|job| job.options.fire.is_none());
    let report = a1::judge(Account::of(&acks, &runs, &listed), &runs, &listed, &killed);
    Ok(report
        .check(Check::none("children left behind by a kill", left))
        .check(Check::none("children left behind by TERM", after_term))
        .check(Check::none("due instants that fired twice", dues.doubled))
        .check(Check::none("due instants that are not accounted for", dues.open))
        .check(Check::exactly("due instants that have fired", dues.all_fired(), "", dues.due))
        .note(format!("children were gone {gone_ms} ms after a kill at most; {} due instants", dues.due)))
}

fn lines() -> Vec<Line> {
    (0..SCHEDULES).map(|n| Line::every(1, format!("each-second-{n}"))).collect()
}

fn file(scene: &Scene<'_>) -> String {
    let mark = Up::mark(scene);
    let mut text = format!("service = \"{SERVICE}\"\n");
    for line in lines() {
        let name = line.name;
        text += &format!(
            "[[schedule]]\nname = \"{name}\"\nrun = [\"sleep\", \"0.05\"]\nevery = \"1s\"\nmissed = {{ all = 1000 }}\n{mark}\n"
        );
    }
    for n in 0..PROGRAMS {
        let run = "sleep 3600 & sleep 3600 & wait";
        text += &format!("[[program]]\nname = \"program-{n}\"\nrun = [\"sh\", \"-c\", \"{run}\"]\n{mark}\n");
    }
    text
}
