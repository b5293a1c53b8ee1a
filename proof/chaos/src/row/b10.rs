//! B10: another process holds the file: first shorter than the store waits, then longer; then a backup and a VACUUM run.
//!
//! Promises: whoever can wait waits; whoever cannot hears `busy` in time; nothing is lost, and all goes on by itself.

use std::time::{Duration, Instant};

use banto_core::Ids;
use banto_store::{Fault, Store};
use rusqlite::Connection;

use crate::{
    Told,
    grip::{GripSpec, Hold},
    ledger::{Ledger, Word},
    load::{Act, Errand},
    process::{Process, Start},
    report::{Check, Report},
    stage::{Scene, Stage, now},
};

const LIMIT: Duration = Duration::from_secs(60);

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let mut scene = stage.scene("store")?;
    let busy_ms = stage.pick(1_500, 5_000);
    scene.options = format!("busy_ms={busy_ms}");
    let jobs = stage.pick(300, 5_000);
    let mut client = scene.client("client", jobs);
    (client.every_ms, client.patience_ms) = (stage.pick(150, 60), 60_000);
    let mut client = client.start(&scene)?;
    let workers = [scene.worker("worker-0").start(&scene)?, scene.worker("worker-1").start(&scene)?];
    stage.until("the first run", LIMIT, || Ok(scene.runs()?.iter().any(|line| line.word == Word::Begin)))?;

    let store = scene.open()?;
    let short = grip(&scene, Hold::Exclusive, busy_ms / 2, "short")?;
    let waited = once(&scene, &*store, "waits")?;
    let _over = short.map(|mut one| one.succeed(LIMIT)).transpose()?;
    let hold_ms = stage.pick(4_000, 30_000);
    let long = grip(&scene, Hold::Exclusive, hold_ms, "long")?;
    let refused = once(&scene, &*store, "refused")?;
    let opened = u64::from(scene.listed().is_ok());
    let _over = long.map(|mut one| one.succeed(LIMIT)).transpose()?;
    let mut tools = [grip(&scene, Hold::Backup, 0, "copy.db")?, grip(&scene, Hold::Vacuum, 0, "vacuum")?];
    let tools_done = tools.iter_mut().flatten().filter_map(|tool| tool.succeed(LIMIT).err()).collect::<Vec<_>>();

    client.succeed(LIMIT)?;
    scene.drained(LIMIT)?;
    drop(workers);
    let copy = Connection::open(scene.dir.join("copy.db"));
    let sound = copy.and_then(|db| db.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)));
    let (account, _, _) = scene.account()?;
    let open = account.open;
    let busy = refused.fault == Some(Fault::Busy);
    let report = Report::of(account)
        .headed(Check::exactly("refused as busy while held too long", u64::from(busy), "", 1))
        .check(Check::at_most("refused within", refused.took_s, "s", busy_ms as f64 / 1_000.0 + 1.5))
        .check(Check::exactly("accepted after a short hold", u64::from(waited.fault.is_none()), "", 1))
        .check(Check::exactly("opened and listed while held", opened, "", 1))
        .check(Check::none("not ended", open))
        .check(Check::none("tools that failed", tools_done.len() as u64))
        .check(Check::exactly("the backup is sound", u64::from(sound.is_ok_and(|said| said == "ok")), "", 1))
        .note(format!("held {} s and {} s, busy_ms={busy_ms}", busy_ms as f64 / 2_000.0, hold_ms / 1_000));
    Ok(tools_done.into_iter().fold(report, Report::note))
}

/// Starts a tool, and waits until it holds the file if it is one that says so.
fn grip(scene: &Scene<'_>, hold: Hold, ms: u64, sign: &str) -> Told<Option<Process>> {
    let spec = GripSpec { db: scene.db.clone(), hold, ms, sign: scene.dir.join(sign) };
    let process = Start::new("grip", sign, &spec)?.start(scene)?;
    if hold == Hold::Exclusive {
        scene.stage.until("the file held", LIMIT, || Ok(spec.sign.exists()))?;
    }
    Ok(Some(process))
}

/// What one call heard.
struct Heard {
    fault: Option<Fault>,
    took_s: f64,
}

/// Asks the store once to accept a job, and writes the answer down as a client does.
fn once(scene: &Scene<'_>, store: &dyn Store, name: &str) -> Told<Heard> {
    let acks = Ledger::open(&scene.acks_path(name))?;
    let id = Ids::new(scene.stage.draw(0..=u64::from(u32::MAX))).make(i64::try_from(now()).unwrap_or(0));
    let job = Errand { act: Act::Sleep, ms: 1, index: 0, pad: String::new() }.order(id, "default")?;
    acks.line(Word::Sent, id, 0, 0);
    let since = Instant::now();
    let answer = scene.stage.wait(store.enqueue([job].into()));
    let took_s = since.elapsed().as_secs_f64();
    match answer {
        Ok(_) => {
            acks.line(Word::Acked, id, 0, 0);
            Ok(Heard { fault: None, took_s })
        }
        Err(error) => Ok(Heard { fault: Some(error.fault().clone()), took_s }),
    }
}
