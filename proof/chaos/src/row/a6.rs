//! A6: TERM, and the handlers heed nobody: as many as the runtime has threads spin without ever awaiting.
//!
//! The worker is the command `queue work` itself, as an application embeds it. Promises: its process ends within the grace
//! and one second, with the code for a run that does not stop; the jobs run again elsewhere.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::{
    Told,
    account::count,
    ledger::Word,
    load::Act,
    process::Start,
    report::{Check, Report},
    stage::Stage,
    worker::STUCK,
};

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let grace_s = stage.pick(2, 10);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let (url, grace, slots) = (scene.url(), grace_s.to_string(), threads.to_string());
    let words = ["queue", "work", "--store", &url, "--queue", "default", "--grace", &grace, "--concurrency", &slots];
    let mut stubborn = Start::command("stubborn", &scene, &words).start(&scene)?;
    let mut client = scene.client("client", threads);
    client.act = Act::Spin;
    client.finish(&scene, Duration::from_secs(20))?;
    let all = || Ok(count(&scene.runs()?, Word::Begin) == threads as u64);
    stage.until("every handler spin", Duration::from_secs(20), all)?;
    let since = Instant::now();
    stubborn.signal(Signal::TERM)?;
    let ended = stubborn.wait(Duration::from_secs(grace_s + 20));
    let stop_s = since.elapsed().as_secs_f64();
    let code = ended.as_ref().ok().and_then(std::process::ExitStatus::code).unwrap_or(-1);
    stubborn.kill()?;
    let _other = scene.worker("other").start(&scene)?;
    scene.drained(Duration::from_secs(40))?;
    let (account, runs, listed) = scene.account()?;
    let ends: BTreeSet<u32> = runs.iter().filter(|line| line.word == Word::Wrote).map(|line| line.pid).collect();
    let burned = listed.iter().filter(|job| job.attempt != 1).count() as u64;
    let (open, dead) = (account.open, account.dead);
    Ok(Report::of(account)
        .headed(Check::at_most("stopped after TERM in", stop_s, "s", grace_s as f64 + 1.0))
        .check(Check::exactly("exit code", u64::try_from(code).unwrap_or(255), "", STUCK.into()))
        .check(Check::none("ends by the stubborn worker", u64::from(ends.contains(&stubborn.pid()))))
        .check(Check::none("burned attempts", burned))
        .check(Check::none("not ended", open))
        .check(Check::none("dead", dead))
        .note(format!("{threads} handlers spin in {threads} threads; grace {grace_s} s")))
}
