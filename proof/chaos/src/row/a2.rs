//! A2: killed between a commit and its answer: in enqueue, in claim, and in finish.
//!
//! A client that died so asks again, once by the ids it had written down and once only by its keys: there is one job for
//! each call. What a dead claim had leased runs once, after the lease; what a dead finish had written does not run again.

use std::time::Duration;

use crate::{
    Told,
    account::Account,
    load::Errand,
    report::{Check, Report},
    row::cut,
    stage::{Scene, Stage},
};

const LIMIT: Duration = Duration::from_secs(40);

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let rounds = stage.pick(1, 10);
    let (mut account, mut doubled, mut again, mut cut) = (Account::default(), 0, 0, 0);
    for round in 0..rounds {
        let ids = enqueue(&stage.scene(&format!("ids-{round}"))?, false)?;
        let keys = enqueue(&stage.scene(&format!("keys-{round}"))?, true)?;
        let claim = cut::play(&stage.scene(&format!("claim-{round}"))?, "claim.after_commit", 1)?;
        let finish = cut::play(&stage.scene(&format!("finish-{round}"))?, "finish.after_commit", 1)?;
        doubled += ids.1 + keys.1;
        again += claim.account.duplicated_runs + finish.account.duplicated_runs;
        cut += claim.cut + finish.cut;
        [&ids.0, &keys.0, &claim.account, &finish.account].into_iter().for_each(|part| account.add(part));
    }
    let (open, late) = (account.open, account.late_refused);
    Ok(Report::of(account)
        .headed(Check::none("jobs enqueued twice", doubled))
        .check(Check::exactly("runs that began twice, as each that was cut short must", again, "", cut))
        .check(Check::none("not ended", open))
        .check(Check::none("late", late))
        .note(format!("{} kills between commit and answer", 4 * rounds)))
}

/// A client dies after a commit, is started again and asks again; gives the account and how many jobs were doubled.
fn enqueue(scene: &Scene<'_>, by_key: bool) -> Told<(Account, u64)> {
    let mut client = scene.client("client", 200);
    (client.keyed, client.forgets_ids) = (by_key, by_key);
    let failpoint = format!("enqueue.after_commit:{}", scene.stage.draw(2..=15));
    let status = client.start_failing(scene, &failpoint)?.wait(LIMIT)?;
    if status.code().is_some() {
        return Err(format!("end the client at {failpoint}: it {status}"));
    }
    client.finish(scene, LIMIT)?;
    let _worker = scene.worker("worker").start(scene)?;
    scene.drained(LIMIT)?;
    let (account, _, listed) = scene.account()?;
    let mut indices: Vec<u64> =
        listed.iter().filter_map(|job| job.payload.read::<Errand>().ok()).map(|errand| errand.index).collect();
    indices.sort_unstable();
    indices.dedup();
    let doubled = listed.len().abs_diff(indices.len()) + indices.len().abs_diff(client.jobs);
    Ok((account, doubled as u64))
}
