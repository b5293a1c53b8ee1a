//! B19: moving house: `store copy` killed at drawn moments and begun again, workers on both sides, a client that goes along.
//!
//! From a file to the row's store and the other way round, by turns. Promises: nothing accepted is lost, nothing runs twice,
//! what arrives is all there was, and in the end the source says where everything has gone.

use std::{thread::sleep, time::Duration};

use banto_store::Stand;

use crate::{
    Told,
    account::Account,
    client::{ClientSpec, GAVE_UP},
    ledger::{self, Line, Word},
    process::{Process, Start},
    report::{Check, Report},
    stage::{Scene, Stage},
};

const LIMIT: Duration = Duration::from_secs(60);
/// By how much the longest life of a copier grows each time, in milliseconds.
const LIFE_MS: u64 = 100;
const JOBS: usize = 250;
/// More jobs than the client that goes along gets to before it is told that the store has moved, and how many it has left then.
const NEVER: usize = 1_000_000;
const LEFT: usize = 50;

/// What became of one house, and of the moves of several.
#[derive(Default)]
struct House {
    account: Account,
    killed: u64,
    /// Copiers killed when the source had begun to leave already.
    amid: u64,
    /// Whether the last copier was through, and not refused.
    through: bool,
    moved: u64,
    both: u64,
    strayed: u64,
    broken: Vec<String>,
}

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let houses = stage.pick(2, 20);
    let (mut all, mut refused) = (House::default(), 0);
    for n in 0..houses {
        let (mut file, kept) = (stage.scene(&format!("file-{n}"))?, stage.scene(&format!("kept-{n}"))?);
        file.home = None;
        let house = if n % 2 == 0 { move_house(&file, &kept)? } else { move_house(&kept, &file)? };
        all.account.add(&house.account);
        all.killed += house.killed;
        all.amid += house.amid;
        all.moved += house.moved;
        all.both += house.both;
        refused += u64::from(!house.through);
        all.strayed += house.strayed;
        all.broken.extend(house.broken);
    }
    let (open, twice) = (all.account.open, all.account.duplicated_runs);
    let report = Report::of(all.account)
        .headed(Check::none("run twice", twice))
        .check(Check::none("not ended", open))
        .check(Check::none("copiers that were refused", refused))
        .check(Check::none("not at the destination, or more than was accepted", all.strayed))
        .check(Check::none("rules of the stores that are broken", all.broken.len() as u64))
        .check(Check::exactly("houses that have moved, and say so at both ends", all.moved, "", houses))
        .check(Check::exactly("houses in which both sides ran jobs", all.both, "", houses))
        .check(Check::at_least("copiers killed amid a move", all.amid as f64, "", 1.0))
        .note(format!("{} copiers killed in {houses} moves, {} of them amid a move", all.killed, all.amid));
    Ok(all.broken.into_iter().fold(report, Report::note))
}

fn move_house(from: &Scene<'_>, to: &Scene<'_>) -> Told<House> {
    from.client("before", JOBS).finish(from, LIMIT)?;
    let mut there = to.worker("there");
    there.runs = from.runs_path();
    let workers = [from.worker("here").start(from)?, there.start(to)?];
    let begun = || Ok(from.runs()?.iter().any(|line| line.word == Word::Begin));
    from.stage.until("the first run", LIMIT, begun)?;
    let mut client = from.client("meanwhile", NEVER);
    (client.batch, client.every_ms, client.direct) = (5, 50, true);
    let goes = client.start(from)?;
    let Copied { killed, amid, through } = copy(from, to)?;
    // Where the copier was refused, and so is whoever goes there, what there is is all there will be.
    if through {
        follow(goes, client, from, to)?;
        to.drained(LIMIT)?;
    }
    let (runs, listed) = (from.runs()?, to.listed()?);
    let account = Account::of(&from.acks()?, &runs, &listed);
    let ran = |worker: &Process| runs.iter().any(|line: &Line| line.word == Word::Begin && line.pid == worker.pid());
    let stands = [stand(from)?, stand(to)?];
    let mut broken = to.broken()?;
    broken.extend(from.broken()?);
    Ok(House {
        killed,
        amid,
        through,
        moved: u64::from(stands == [Some(Stand::Left), Some(Stand::Arrived)]),
        both: u64::from(workers.iter().all(ran)),
        strayed: account.acked.abs_diff(listed.len() as u64),
        broken,
        account,
    })
}

/// What became of the copiers of one house.
struct Copied {
    killed: u64,
    amid: u64,
    through: bool,
}

/// Copiers, each killed at a drawn moment, until one has an answer.
fn copy(from: &Scene<'_>, to: &Scene<'_>) -> Told<Copied> {
    let (mut killed, mut amid) = (0, 0);
    loop {
        let words = ["store", "copy", &from.url(), &to.url(), "--yes"];
        let mut copier = Start::command("copier", from, &words).start(from)?;
        sleep(Duration::from_millis(from.stage.draw(0..=LIFE_MS * (killed + 1))));
        if let Some(ended) = copier.ended()? {
            return Ok(Copied { killed, amid, through: ended.success() });
        }
        copier.kill()?;
        killed += 1;
        amid += u64::from(stand(from)?.is_some());
    }
}

/// A client that was told that the store has moved goes on at the new one, with what it had asked for without an answer first.
fn follow(mut client: Process, mut spec: ClientSpec, from: &Scene<'_>, to: &Scene<'_>) -> Told<()> {
    if client.wait(LIMIT)?.code() != Some(GAVE_UP.into()) {
        return client.succeed(LIMIT);
    }
    // Each job was written down once before it was asked for.
    let sent = ledger::read(&spec.acks)?.iter().filter(|line| line.word == Word::Sent).count();
    (spec.url, spec.patience_ms, spec.jobs) = (to.url(), 30_000, sent + LEFT);
    spec.finish(from, LIMIT)
}

fn stand(scene: &Scene<'_>) -> Told<Option<Stand>> {
    let standing = scene.stage.wait(scene.open()?.standing()).map_err(|error| error.to_string())?;
    Ok(standing.map(|standing| standing.stand))
}
