//! Every end that a run can come to: its row says it, its tokens are given back or charged, its owner is told once, nothing
//! is left to reconcile, and who tries again gets an avatar.

use std::{sync::Arc, time::Duration};

use banto::{Select, State, Steer, steer::Order};
use myteacher::{
    failure::Failure,
    look::Look,
    order::{self, Ordered},
    reconcile::{self, Reconciled},
};

use crate::{
    desk::Desk,
    scripted::Stage as Script,
    stage::{Stage, house},
};

const CHARGES: &str = "SELECT count(*) FROM token_transactions WHERE type = 'ai_usage'";
const UNREAD: &str = "SELECT count(*) FROM user_notifications WHERE is_read = 0";

async fn text(stage: &Stage, sql: &'static str) -> String {
    stage.app.read(move |db| Ok(db.query_row(sql, [], |row| row.get(0))?)).await.unwrap()
}

async fn steer(stage: &Stage, order: Order) {
    stage.app.store().steer(Steer { order, by: "Taro".into(), preview: false }).await.unwrap();
}

/// Works until the job does not come again by itself. Answers how often it ran.
async fn work_to_the_end(stage: &Stage, ordered: Ordered) -> u16 {
    stage.work().await;
    let mut runs = 1;
    while stage.job(ordered).await.state == State::Scheduled {
        stage.run_now(ordered).await;
        runs += 1;
    }
    runs
}

/// Failed, told in plain words, nothing held or charged, and nothing left to mend.
async fn assert_failed(stage: &Stage, ordered: Ordered, detail: &str, sentence: &str) {
    let avatar = stage.avatar(ordered.avatar).await;
    assert_eq!(avatar.status, "failed", "{detail}: {avatar:?}");
    assert!(avatar.detail.clone().unwrap().contains(detail), "{detail}: {avatar:?}");
    let told = text(stage, "SELECT message FROM notification_templates").await;
    for words in [avatar.failure.unwrap(), told] {
        assert!(words.contains(sentence) && !words.chars().any(|c| c.is_ascii()), "{detail}: {words}");
    }
    assert_eq!(stage.count("SELECT count(*) FROM user_notifications").await, 1, "{detail}");
    let balance = stage.balance().await;
    assert_eq!((balance.free, balance.paid, balance.held), (10_000, 100_000, 0), "{detail}");
    for _ in 0..2 {
        let found = reconcile::reconcile(&stage.app, false).await.unwrap();
        assert_eq!(found, Reconciled::default(), "{detail}: nothing is unfinished");
    }
}

fn outage() -> Failure {
    Failure::Outage { what: "502".into() }
}

/// What the painter answers each time, how often the job runs, what the operator and what the owner reads.
fn failures() -> Vec<(Failure, usize, u16, &'static str, &'static str)> {
    vec![
        (Failure::Moderation { reason: "NSFW".into() }, 4, 1, "moderation refused it (\"NSFW\")", "審査"),
        (Failure::BadAttribute { what: "seed".into() }, 1, 1, "does not accept it (\"seed\")", "見た目"),
        (outage(), 3, 3, "out of order (\"502\")", "サービスが応答しません"),
        (
            Failure::Timeout { after: Duration::from_secs(600) },
            3,
            3,
            "no answer within 600 s",
            "サービスが応答しません",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_fails_for_good_ends_its_row_and_either_way_of_trying_again_makes_the_avatar() {
    for (failure, times, runs, detail, sentence) in failures() {
        for anew in [true, false] {
            let stage = Script::new().await;
            stage.painter.then([None, None].into_iter().chain(vec![Some(failure.clone()); times]));
            let ordered = stage.order().await;
            assert_eq!(work_to_the_end(&stage, ordered).await, runs, "{detail}");
            assert_eq!(stage.job(ordered).await.state, State::Dead, "{detail}");
            assert_failed(&stage, ordered, detail, sentence).await;
            stage.sql("UPDATE user_notifications SET is_read = 1").await;

            if anew {
                assert!(order::regenerate(&stage.app, ordered.avatar, None).await.unwrap().fresh);
            } else {
                steer(&stage, Order::Retry(Select::ids([ordered.job]))).await;
            }
            let before = stage.painter.calls().len();
            stage.work().await;
            let avatar = stage.avatar(ordered.avatar).await;
            assert_eq!((avatar.status.as_str(), avatar.failure, avatar.detail), ("completed", None, None), "{detail}");
            let painted = stage.painter.calls().len() - before;
            assert_eq!(painted, if anew { 6 } else { 4 }, "{detail}: the same run keeps what it painted");
            assert_eq!(stage.count(CHARGES).await, 1, "{detail}");
            assert_eq!((stage.balance().await.free, stage.balance().await.held), (10_000 - 6_054, 0), "{detail}");
            assert_eq!(stage.count(UNREAD).await, 1, "{detail}: its owner is told anew");
            let last = text(&stage, "SELECT title FROM notification_templates ORDER BY id DESC LIMIT 1").await;
            assert_eq!(last, "アバターが完成しました", "{detail}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_painter_or_writer_that_panics_fails_the_row_after_three_attempts_and_the_fault_is_ours() {
    for item in ["full_body_normal", "bust_surprised", "task_created", "notification_updated"] {
        let desk = Desk::default();
        let stage = Stage::set(house(), Arc::new(desk.clone()), Arc::new(desk.clone()), None).await;
        let ordered = stage.order().await;
        desk.panics_at(Some(item));
        assert_eq!(work_to_the_end(&stage, ordered).await, 3, "{item}");
        assert_eq!(stage.job(ordered).await.state, State::Dead, "{item}");
        assert_failed(&stage, ordered, "panicked: ", "不具合").await;
        let asked = desk.asked();
        assert_eq!(asked.iter().collect::<std::collections::BTreeSet<_>>().len(), asked.len(), "{item}: {asked:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_cancelled_in_any_state_ends_its_row_and_gives_the_tokens_back() {
    for (word, begins) in [
        ("queued", None),
        ("scheduled", Some(outage())),
        ("snoozed", Some(Failure::RateLimit { retry_after: None })),
        ("parked", Some(Failure::Auth { what: "401".into() })),
    ] {
        let stage = Script::new().await;
        let ordered = stage.order().await;
        if let Some(failure) = begins {
            stage.painter.then([None, Some(failure)]);
            stage.work().await;
            assert_eq!(stage.balance().await.held, 6_054, "{word}: it goes on later");
        }
        steer(&stage, Order::Cancel(Select::ids([ordered.job]))).await;
        let counts = reconcile::reconcile(&stage.app, false).await.unwrap();
        assert_eq!((counts.failed, counts.enqueued), (1, 0), "{word}");
        assert_failed(&stage, ordered, "cancelled by Taro", "取り消され").await;
    }
}

/// Two avatars, and tokens for one: each is refused or paid for as a whole, whichever comes first.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_runs_and_tokens_for_one_exactly_one_is_made() {
    let stage = Script::new().await;
    let orders = [stage.order().await, stage.order().await];
    stage.sql("UPDATE token_balances SET free_balance = 100, paid_balance = 6_954").await;
    stage.work().await;
    let mut ends = Vec::new();
    for ordered in orders {
        ends.push(stage.avatar(ordered.avatar).await.status);
    }
    ends.sort();
    assert_eq!(ends, ["completed", "failed"]);
    assert_eq!(stage.painter.calls().len(), 6, "the other was refused before its first picture");
    let balance = stage.balance().await;
    assert_eq!((balance.free, balance.paid, balance.held), (0, 1_000, 0), "all that is free, then what was bought");
    let entry =
        "SELECT amount || ' ' || free_part || ' ' || balance_after FROM token_transactions WHERE type = 'ai_usage'";
    assert_eq!(text(&stage, entry).await, "-6054 100 1000");
}

/// The books agree with each other after runs that failed, were cancelled, retried and made anew.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_granted_less_what_was_charged_is_what_is_left() {
    let stage = Script::new().await;
    let first = stage.order().await;
    stage.work().await;
    order::regenerate(&stage.app, first.avatar, None).await.unwrap();
    stage.painter.then([Some(Failure::BadAttribute { what: "seed".into() })]);
    stage.work().await;
    order::regenerate(&stage.app, first.avatar, Some(Look { is_chibi: true, ..Look::from_seed(4) })).await.unwrap();
    stage.painter.then([Some(outage())]);
    stage.work().await;
    stage.run_now(Ordered { job: stage.avatar(first.avatar).await.job.parse().unwrap(), ..first }).await;
    let second = stage.order().await;
    steer(&stage, Order::Cancel(Select::ids([second.job]))).await;
    reconcile::reconcile(&stage.app, false).await.unwrap();

    let balance = stage.balance().await;
    let spent = 6_054 + 5_054;
    assert_eq!((balance.free + balance.paid, balance.held), (110_000 - spent, 0));
    assert_eq!(balance.free, 0, "what is free goes first");
    assert_eq!(stage.count(CHARGES).await, 2, "one for each run that was completed");
    for (sql, wanted) in [
        ("SELECT sum(amount) FROM token_transactions", 110_000 - spent),
        ("SELECT total_consumed FROM token_balances WHERE user_id = 7", spent),
        ("SELECT balance_after FROM token_transactions ORDER BY id DESC LIMIT 1", 110_000 - spent),
        (
            "SELECT count(*) FROM token_transactions t WHERE type = 'ai_usage' AND -t.amount <>
               (SELECT sum(token_cost) + 10 FROM ai_usage_logs l WHERE l.run = t.run)",
            0,
        ),
    ] {
        assert_eq!(stage.count(sql).await, wanted, "{sql}");
    }
}

/// A flushed queue, and an owner who orders anew before anybody has reconciled: the old run's tokens are theirs again.
#[tokio::test(flavor = "multi_thread")]
async fn an_avatar_made_anew_under_a_run_that_lost_its_job_holds_its_tokens_once() {
    let stage = Script::new().await;
    let ordered = stage.order().await;
    stage.painter.then([None, Some(outage())]);
    stage.work().await;
    steer(&stage, Order::Cancel(Select::ids([ordered.job]))).await;
    steer(&stage, Order::Forget(Select::ids([ordered.job]))).await;
    assert!(order::regenerate(&stage.app, ordered.avatar, None).await.unwrap().fresh);
    assert_eq!(stage.balance().await.held, 0, "the run that nobody makes any more");
    stage.work().await;
    assert_eq!(stage.avatar(ordered.avatar).await.status, "completed");
    assert_eq!((stage.balance().await.free, stage.balance().await.held), (10_000 - 6_054, 0));
}

/// The application deletes an avatar that is being made.
#[tokio::test(flavor = "multi_thread")]
async fn an_avatar_that_is_deleted_gives_its_tokens_back_and_its_job_ends() {
    let stage = Script::new().await;
    let ordered = stage.order().await;
    stage.painter.then([None, Some(outage())]);
    stage.work().await;
    assert_eq!(stage.balance().await.held, 6_054);
    stage.sql("DELETE FROM teacher_avatars").await;
    assert_eq!(stage.balance().await.held, 0);
    stage.run_now(ordered).await;
    let job = stage.job(ordered).await;
    assert_eq!(job.state, State::Cancelled);
    assert!(job.error.unwrap().contains("avatar 1 does not exist any more"));
    assert_eq!((stage.count(CHARGES).await, stage.painter.calls().len()), (0, 2));
}
