//! Promises about `record`: what running jobs say of themselves.

use banto_core::{
    Lease, Outcome, Progress,
    lease::LEASE_MS,
    limits::{LINE_BYTES_MAX, LINES_MAX},
};

use super::{Stage, stage::START_MS};
use crate::{Note, Record};

fn line(lease: Lease, text: &str) -> Record {
    Record { lease, note: Note::Line(text.into()) }
}

fn progress(lease: Lease, done: u64, text: &str) -> Record {
    Record { lease, note: Note::Progress(Progress { done, total: 6, text: text.into() }) }
}

async fn record(stage: &Stage, records: Vec<Record>) -> usize {
    stage.store.record(records).await.unwrap()
}

async fn said(stage: &Stage, lease: Lease) -> Vec<String> {
    stage.card(lease.job).await.trail.into_iter().map(|line| line.text).collect()
}

/// Nothing said is no call.
pub async fn an_empty_batch_is_fine(stage: Stage) {
    assert_eq!(record(&stage, Vec::new()).await, 0);
}

/// Lines are kept in the order they were said, with time and claim.
pub async fn lines_are_kept_in_order(stage: Stage) {
    let (_, lease) = stage.running().await;
    assert_eq!(record(&stage, vec![line(lease, "one"), line(lease, "two")]).await, 2);
    stage.clock.pass(30);
    assert_eq!(record(&stage, vec![line(lease, "three")]).await, 1);
    let trail = stage.card(lease.job).await.trail;
    let told: Vec<_> =
        trail.iter().map(|line| (line.at - START_MS, line.fence, line.word.as_str(), line.text.as_str())).collect();
    assert_eq!(told, [(0, 1, "log", "one"), (0, 1, "log", "two"), (30, 1, "log", "three")]);
}

/// Of progress only the last is kept, and it leaves no line.
pub async fn only_the_last_progress_is_kept(stage: Stage) {
    let (_, lease) = stage.running().await;
    assert_eq!(record(&stage, vec![progress(lease, 1, "hair"), progress(lease, 2, "eyes")]).await, 2);
    let card = stage.card(lease.job).await;
    assert_eq!(card.job.progress, Some(Progress { done: 2, total: 6, text: "eyes".into() }));
    assert_eq!(card.trail, []);
}

/// The end does not wipe out how far it came.
pub async fn progress_stays_after_the_end(stage: Stage) {
    let (job, lease) = stage.running().await;
    record(&stage, vec![progress(lease, 4, "bust")]).await;
    stage.finish(&job, lease, Outcome::Dead { error: "e".into() }).await;
    assert_eq!(stage.see(job.id).await.progress.unwrap().done, 4);
}

/// Numbers may be as large as they are.
pub async fn large_progress_comes_back(stage: Stage) {
    let (_, lease) = stage.running().await;
    let large = Progress { done: u64::MAX - 1, total: u64::MAX, text: String::new() };
    record(&stage, vec![Record { lease, note: Note::Progress(large.clone()) }]).await;
    assert_eq!(stage.see(lease.job).await.progress, Some(large));
}

/// A line over its cap is cut, at a character's edge, and the cut is marked; so is the text of progress.
pub async fn a_long_text_is_cut_and_marked(stage: Stage) {
    let (_, lease) = stage.running().await;
    let just = "x".repeat(LINE_BYTES_MAX);
    let long = "番".repeat(LINE_BYTES_MAX);
    record(&stage, vec![line(lease, &just), line(lease, &long), progress(lease, 1, &long)]).await;
    let card = stage.card(lease.job).await;
    assert_eq!(card.trail[0].text, just);
    for text in [&card.trail[1].text, &card.job.progress.unwrap().text] {
        assert!(
            text.len() <= LINE_BYTES_MAX && text.starts_with('番') && text.ends_with("[cut]"),
            "{} bytes",
            text.len()
        );
    }
}

/// A job keeps its last lines; the oldest go first, also within one call, and what went wrong counts as one.
pub async fn a_trail_keeps_its_last_lines(stage: Stage) {
    let (job, lease) = stage.running().await;
    record(&stage, (0..LINES_MAX + 20).map(|number| line(lease, &number.to_string())).collect()).await;
    let all = said(&stage, lease).await;
    assert_eq!((all.len(), all[0].as_str()), (LINES_MAX, "20"));
    record(&stage, vec![line(lease, "last")]).await;
    stage.finish(&job, lease, Outcome::Dead { error: "why".into() }).await;
    let all = said(&stage, lease).await;
    assert_eq!((all.len(), all[0].as_str(), all[LINES_MAX - 1].as_str()), (LINES_MAX, "22", "why"));
}

/// One job's lines push out no other's.
pub async fn one_jobs_lines_push_out_no_others(stage: Stage) {
    stage.enqueue_all([stage.job(), stage.job()]).await;
    let jobs = stage.claim(2).await;
    record(&stage, vec![line(jobs[0].1, "quiet")]).await;
    record(&stage, (0..LINES_MAX + 5).map(|_| line(jobs[1].1, "loud")).collect()).await;
    assert_eq!(said(&stage, jobs[0].1).await, ["quiet"]);
}

/// What is said under a lease that does not hold is dropped and not counted; the rest is written.
pub async fn what_a_lost_lease_says_is_dropped(stage: Stage) {
    let (job, lost) = stage.running().await;
    stage.clock.pass(LEASE_MS);
    stage.rescue(&job, lost).await;
    let (job, lease) = stage.claim_one().await;
    let forged = Lease { token: !lease.token, ..lease };
    let records =
        vec![line(lost, "a"), line(lease, "b"), line(forged, "c"), progress(lost, 9, "d"), progress(lease, 1, "e")];
    assert_eq!(record(&stage, records).await, 2);
    assert_eq!(said(&stage, lease).await, ["the process died", "b"]);
    assert_eq!(stage.see(job.id).await.progress.unwrap().text, "e");
    stage.finish(&job, lease, Outcome::Done).await;
    assert_eq!(record(&stage, vec![line(lease, "after the end")]).await, 0);
}

/// A lease that is over and not rescued is still its holder's.
pub async fn an_expired_lease_may_speak(stage: Stage) {
    let (_, lease) = stage.running().await;
    stage.clock.pass(LEASE_MS * 2);
    assert_eq!(record(&stage, vec![line(lease, "still here")]).await, 1);
    assert_eq!(stage.expired().await, [lease], "speaking is not renewing");
}
