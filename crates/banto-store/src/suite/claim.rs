//! Promises about `claim`.

use banto_core::{Due, NewJob};

use super::Stage;

/// Within one queue: urgency, then time due, then id.
pub async fn order_is_priority_then_due_then_id(stage: Stage) {
    let plain = [stage.job(), stage.job()];
    let late = NewJob { priority: 0, ..stage.job() };
    let early = NewJob { priority: 0, due: Due::At(1_000), ..stage.job() };
    let last = NewJob { priority: 9, due: Due::At(1), ..stage.job() };
    let expected = [early.id, late.id, plain[0].id, plain[1].id, last.id];
    let [first, second] = plain;
    stage.enqueue_all([last, second, late, first, early]).await;
    let given: Vec<_> = stage.claim(10).await.iter().map(|(job, _)| job.id).collect();
    assert_eq!(given, expected);
}
