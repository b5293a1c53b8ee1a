//! Promises about the ledger: what is known of each due instant, for how long, and of its run when its job is gone.

use banto_core::{Fate, JobId, Outcome, Reason, State};

use super::{
    Stage,
    fire::{account, fire, job_of, register, row, rows, runs},
    schedule::schedule_name,
    stage::{START_MS, instance},
};
use crate::{
    Act, Finished, Fire, Note, Order, Output, Prune, Record, Select, SelectFires,
    fire::{NOTE_BYTES_MAX, TAIL_BYTES_MAX},
};

/// The row shows its run as it stands.
pub async fn a_row_shows_how_its_run_stands(stage: Stage) {
    register(&stage).await;
    account(&stage, vec![runs(&stage, "a", START_MS)]).await;
    let (job, lease) = stage.claim_one().await;
    let run = row(&stage, "a", START_MS).await.run.unwrap();
    assert_eq!((run.state, run.attempt, run.instance), (Some(State::Running), 1, Some(instance(1))));
    assert_eq!(run.started_at, job.started_at);
    stage.clock.pass(10);
    stage.finish(&job, lease, Outcome::Dead { error: "exit code 3".into() }).await;
    let run = row(&stage, "a", START_MS).await.run.unwrap();
    assert_eq!((run.state, run.finished_at), (Some(State::Dead), Some(START_MS + 10)));
    assert_eq!(run.error.as_deref(), Some("exit code 3"));
}

fn output(tail: &str) -> Output {
    Output {
        exit: Some(3),
        signal: None,
        out_of_memory: false,
        peak_bytes: u64::from(u32::MAX) * 8,
        host: "h1".into(),
        tail: tail.into(),
    }
}

/// What a run left behind is kept on its row under its lease, the last of it; any other job has no row to keep it on.
pub async fn what_a_run_left_behind_is_kept(stage: Stage) {
    register(&stage).await;
    account(&stage, vec![runs(&stage, "a", START_MS)]).await;
    let (_, lease) = stage.claim_one().await;
    let note = |lease, tail: &str| Record { lease, note: Note::Output(output(tail)) };
    assert_eq!(stage.store.record(vec![note(lease, "one\n"), note(lease, "two\n")]).await.unwrap(), 2);
    assert_eq!(row(&stage, "a", START_MS).await.run.unwrap().output, Some(output("two\n")));
    let mut forged = lease;
    forged.token ^= 1;
    let (plain, other) = stage.running().await;
    assert_eq!(stage.store.record(vec![note(forged, "forged"), note(other, "no row")]).await.unwrap(), 0);
    assert_eq!(stage.card(plain.id).await.trail, []);
    let long = format!("{}番の終わり", "x".repeat(TAIL_BYTES_MAX));
    stage.store.record(vec![note(lease, &long)]).await.unwrap();
    let kept = row(&stage, "a", START_MS).await.run.unwrap().output.unwrap();
    assert!(kept.tail.len() <= TAIL_BYTES_MAX && kept.tail.ends_with("番の終わり"), "the end counts");
}

/// What became of a run outlives its job, whether that is pruned or forgotten.
pub async fn what_became_of_a_run_outlives_its_job(stage: Stage) {
    register(&stage).await;
    account(&stage, vec![runs(&stage, "a", START_MS), runs(&stage, "b", START_MS)]).await;
    for (job, lease) in stage.claim(2).await {
        stage.store.record(vec![Record { lease, note: Note::Output(output("tail")) }]).await.unwrap();
        stage.finish(&job, lease, Outcome::Dead { error: "exit code 3".into() }).await;
    }
    let before = rows(&stage).await;
    let ids: Vec<JobId> = before.iter().filter_map(|row| row.run.as_ref()).map(|run| run.job).collect();
    stage.steer(Order::Forget(Select::ids([ids[0]]))).await;
    stage.store.prune(Prune { dead_ms: 0, ..Prune::default() }).await.unwrap();
    assert!(stage.list(Select::default()).await.is_empty());
    assert_eq!(rows(&stage).await, before);
}

/// A job that only says that it belongs to a due instant changes nothing there.
pub async fn a_job_that_claims_anothers_due_instant_changes_nothing(stage: Stage) {
    register(&stage).await;
    account(&stage, vec![runs(&stage, "a", START_MS)]).await;
    let before = rows(&stage).await;
    stage.claim_one().await;
    stage.enqueue(job_of(&stage, "a", START_MS)).await;
    let (job, lease) = stage.claim_one().await;
    assert_eq!(stage.store.record(vec![Record { lease, note: Note::Output(output("no")) }]).await.unwrap(), 0);
    assert_eq!(stage.finish(&job, lease, Outcome::Done).await, Finished::Written);
    stage.steer(Order::Forget(Select::ids([job.id]))).await;
    let after = rows(&stage).await;
    assert_eq!(after[0].run.as_ref().unwrap().job, before[0].run.as_ref().unwrap().job);
    assert_eq!(after[0].run.as_ref().unwrap().output, None);
}

/// Long notes are cut.
pub async fn a_long_note_is_cut(stage: Stage) {
    register(&stage).await;
    let note = "番".repeat(NOTE_BYTES_MAX);
    account(&stage, vec![Fire { note, ..fire("a", 1, Act::Not(Reason::Filter)) }]).await;
    let kept = row(&stage, "a", 1).await.note;
    assert!(kept.len() <= NOTE_BYTES_MAX && kept.ends_with("…[cut]"), "{kept}");
}

/// The ledger is asked by schedule, fate and time; the latest due comes first.
pub async fn the_ledger_is_asked_by_schedule_fate_and_time(stage: Stage) {
    register(&stage).await;
    for at in 0..4 {
        let skip = fire("b", at, Act::Not(Reason::Holiday));
        let miss = fire("a", at + 10, Act::Not(Reason::Policy));
        account(&stage, vec![runs(&stage, "a", at), skip, miss]).await;
    }
    let ask = async |select: SelectFires| {
        let found = stage.store.fires(select).await.unwrap();
        found.iter().map(|row| format!("{} {}", row.schedule, row.due_at)).collect::<Vec<_>>().join(", ")
    };
    let all = || SelectFires { limit: 100, ..SelectFires::default() };
    let of = |schedule: &str| Some(schedule_name(schedule));
    assert_eq!(ask(all()).await, "a 13, a 12, a 11, a 10, a 3, b 3, a 2, b 2, a 1, b 1, a 0, b 0");
    assert_eq!(ask(SelectFires { schedule: of("b"), ..all() }).await, "b 3, b 2, b 1, b 0");
    assert_eq!(ask(SelectFires { schedule: of("c"), ..all() }).await, "");
    assert_eq!(ask(SelectFires { fates: vec![Fate::Missed], since: Some(12), ..all() }).await, "a 13, a 12");
    assert_eq!(
        ask(SelectFires { fates: vec![Fate::Fired, Fate::Skipped], before: Some(1), ..all() }).await,
        "a 0, b 0"
    );
    assert_eq!(ask(SelectFires { schedule: of("a"), limit: 2, before: Some(12), ..all() }).await, "a 11, a 10");
    assert_eq!(ask(SelectFires { limit: 0, ..all() }).await, "");
}

/// Rows go by their age, but the last of each fate of a schedule stays, and so does one whose job is listed.
pub async fn old_rows_go_but_the_last_of_each_fate_stays(stage: Stage) {
    register(&stage).await;
    for at in 0..3 {
        account(&stage, vec![runs(&stage, "a", START_MS + at)]).await;
        account(&stage, vec![fire("a", START_MS + 10 + at, Act::Not(Reason::Holiday))]).await;
        account(&stage, vec![fire("a", START_MS + 20 + at, Act::Not(Reason::Policy))]).await;
        account(&stage, vec![fire("b", START_MS + at, Act::Not(Reason::Policy))]).await;
    }
    let prune = async |prune: Prune| {
        let pruned = stage.store.prune(prune).await.unwrap();
        (pruned.fires, pruned.more)
    };
    let keep = Prune { fires_ms: 1_000, skips_ms: 500, done_ms: 0, ..Prune::default() };
    assert_eq!(prune(keep).await, (0, false));
    stage.clock.pass(700);
    assert_eq!(prune(keep).await, (2, false), "two that were skipped");
    stage.clock.pass(700);
    assert_eq!(prune(Prune { limit: 3, ..keep }).await, (3, true));
    assert_eq!(
        prune(keep).await,
        (1, false),
        "two of each schedule that were missed; the jobs of those that fired wait"
    );
    for (job, lease) in stage.claim(3).await {
        stage.finish(&job, lease, Outcome::Done).await;
    }
    prune(keep).await;
    prune(keep).await;
    let left: Vec<_> =
        rows(&stage).await.iter().map(|row| format!("{} {}", row.schedule, row.due_at - START_MS)).collect();
    assert_eq!(left, ["a 22", "a 12", "a 2", "b 2"]);
}
