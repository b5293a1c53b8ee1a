//! The avatar job as it should have been, on the real store and the real worker (reference: A3 to A7, D4 to D8).

#![expect(clippy::unwrap_used, reason = "test code")]

#[path = "avatar/checkpoints.rs"]
mod checkpoints;
#[path = "stage/desk.rs"]
mod desk;
#[path = "avatar/ends.rs"]
mod ends;
#[path = "avatar/rows.rs"]
mod rows;
#[path = "stage/scripted.rs"]
mod scripted;
mod stage;

use std::time::Duration;

use banto::{Cause, State};
use myteacher::{failure::Failure, generate::GenerateAvatar, jobs::Jobs, look::Look, order, reconcile};
use scripted::Stage;
use stage::USER;

fn outage() -> Option<Failure> {
    Some(Failure::Outage { what: "502".into() })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_avatar_is_made_with_all_its_pictures_comments_one_charge_and_one_notification() {
    let stage = Stage::new().await;
    let ordered = stage.order().await;
    assert_eq!(stage.avatar(ordered.avatar).await.status, "pending");
    stage.work().await;

    let avatar = stage.avatar(ordered.avatar).await;
    assert_eq!((avatar.status.as_str(), avatar.failure.as_deref()), ("completed", None));
    assert_eq!(stage.job(ordered).await.state, State::Done);
    assert_eq!(stage.count("SELECT count(*) FROM avatar_images").await, 6);
    assert_eq!(stage.count("SELECT count(*) FROM avatar_comments").await, 22);
    assert_eq!(stage.count("SELECT count(*) FROM token_transactions WHERE type = 'ai_usage'").await, 1);
    assert_eq!(stage.count("SELECT count(*) FROM user_notifications WHERE user_id = 7").await, 1);
    let balance = stage.balance().await;
    assert_eq!((balance.free, balance.paid, balance.held), (10_000 - 6_054, 100_000, 0), "free tokens go first");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_of_a_picture_has_its_file() {
    let stage = Stage::new().await;
    stage.order().await;
    stage.work().await;
    let paths = stage.app.read(|db| {
        let mut find = db.prepare("SELECT path, bytes FROM avatar_images")?;
        let rows = find.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    });
    for (path, bytes) in paths.await.unwrap() {
        let file = std::fs::read(stage.folder.path().join("pictures").join(&path)).unwrap();
        assert_eq!(i64::try_from(file.len()), Ok(bytes));
        assert!(file.starts_with(b"\x89PNG"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_attempt_neither_repaints_nor_pays_again() {
    let stage = Stage::new().await;
    stage.painter.then([None, None, None, outage()]);
    let ordered = stage.order().await;
    stage.work().await;
    let job = stage.job(ordered).await;
    assert_eq!((job.state, job.attempt), (State::Scheduled, 1), "an outage is retried");
    assert_eq!(stage.count("SELECT count(*) FROM avatar_images").await, 3);
    assert_eq!(stage.balance().await.held, 6_054, "the hold stays between attempts");

    stage.run_now(ordered).await;
    assert_eq!(stage.avatar(ordered.avatar).await.status, "completed");
    assert_eq!(stage.painter.calls().len(), 4 + 3, "three of six were painted before, one call failed");
    assert_eq!(stage.count("SELECT count(*) FROM ai_usage_logs").await, 6 + 22);
    assert_eq!(stage.count("SELECT -sum(amount) FROM token_transactions WHERE run IS NOT NULL").await, 6_054);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_file_is_painted_again_although_its_row_is_there() {
    let stage = Stage::new().await;
    stage.painter.then([None, None, outage()]);
    let ordered = stage.order().await;
    stage.work().await;
    let path = stage
        .app
        .read(|db| Ok(db.query_row("SELECT path FROM avatar_images LIMIT 1", [], |row| row.get::<_, String>(0))?));
    std::fs::remove_file(stage.folder.path().join("pictures").join(path.await.unwrap())).unwrap();
    stage.run_now(ordered).await;
    assert_eq!(stage.painter.calls().len(), 3 + 5);
    assert_eq!(stage.avatar(ordered.avatar).await.status, "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn moderation_softens_the_prompt_up_to_three_times() {
    let stage = Stage::new().await;
    let refusal = || Some(Failure::Moderation { reason: "NSFW".into() });
    stage.painter.then([refusal(), refusal(), refusal(), None]);
    let ordered = stage.order().await;
    stage.work().await;
    assert_eq!(stage.avatar(ordered.avatar).await.status, "completed");
    assert_eq!(stage.painter.calls()[..5], [0, 1, 2, 3, 0]);
    let card = stage.app.store().job(ordered.job).await.unwrap().unwrap();
    assert_eq!(card.trail.iter().filter(|line| line.text.contains("softened")).count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_refused_at_every_softness_fails_the_avatar_and_says_so() {
    let stage = Stage::new().await;
    stage.painter.then(vec![Some(Failure::Moderation { reason: "NSFW".into() }); 4]);
    let ordered = stage.order().await;
    stage.work().await;
    assert_failed(&stage, ordered, "moderation refused it").await;
    assert_eq!(stage.job(ordered).await.attempt, 1, "no second attempt would help");
}

/// The job is dead, the row says why, nothing was charged or stays held, and the owner was told.
async fn assert_failed(stage: &Stage, ordered: order::Ordered, reason: &str) {
    assert_eq!(stage.job(ordered).await.state, State::Dead);
    let avatar = stage.avatar(ordered.avatar).await;
    assert_eq!(avatar.status, "failed");
    assert!(avatar.detail.clone().unwrap().contains(reason), "{avatar:?}");
    assert!(!avatar.failure.unwrap().chars().any(|c| c.is_ascii()), "its owner is told in plain words");
    assert_eq!(stage.count("SELECT count(*) FROM token_transactions WHERE run IS NOT NULL").await, 0);
    assert_eq!(stage.balance().await.held, 0);
    assert_eq!(stage.count("SELECT count(*) FROM user_notifications").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_snoozes_for_as_long_as_the_provider_says_and_burns_no_attempt() {
    let stage = Stage::new().await;
    stage.painter.then([Some(Failure::RateLimit { retry_after: Some(Duration::from_secs(90)) })]);
    let ordered = stage.order().await;
    let before = stage.app.now();
    stage.work().await;
    let job = stage.job(ordered).await;
    assert_eq!((job.state, job.attempt), (State::Scheduled, 0));
    assert!((before + 90_000..=stage.app.now() + 90_000).contains(&job.run_at));
    assert_eq!(stage.avatar(ordered.avatar).await.status, "generating");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_parks_the_job_with_its_cause_and_burns_no_attempt() {
    let stage = Stage::new().await;
    stage.painter.then([Some(Failure::Auth { what: "401".into() })]);
    let ordered = stage.order().await;
    stage.work().await;
    let job = stage.job(ordered).await;
    assert_eq!((job.state, job.attempt), (State::Parked, 0));
    let park = job.park.unwrap();
    assert_eq!(park.cause, Cause::Missing);
    assert!(park.text.contains("credentials"), "{}", park.text);
    // The cure is a restart with the right key: the next worker takes the job back by itself.
    stage.work_until_adopted(ordered).await;
    assert_eq!(stage.avatar(ordered.avatar).await.status, "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_setting_is_named_before_the_first_job_is_taken() {
    let stage = Stage::new().await;
    stage.painter.lack(&["REPLICATE_API_TOKEN", "REPLICATE_MODEL_VERSION"]);
    let ordered = stage.order().await;
    let config = banto::Config::new("w".parse().unwrap(), ["avatars".parse().unwrap()]);
    let faults = myteacher::work::worker(&stage.app, config).start().await.unwrap_err().to_string();
    assert!(faults.contains("REPLICATE_API_TOKEN, REPLICATE_MODEL_VERSION"), "{faults}");
    assert_eq!(stage.job(ordered).await.state, State::Ready);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_attribute_is_dead_at_once() {
    let stage = Stage::new().await;
    stage.painter.then([Some(Failure::BadAttribute { what: "seed".into() })]);
    let ordered = stage.order().await;
    stage.work().await;
    assert_failed(&stage, ordered, "does not accept it").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_pay_gets_no_job_and_no_row() {
    let stage = Stage::new().await;
    stage.sql("UPDATE token_balances SET free_balance = 5, paid_balance = 0").await;
    let error = order::create(&stage.app, USER, Look::from_seed(3)).await.unwrap_err().to_string();
    assert!(error.contains("6054") && error.contains("has 5"), "{error}");
    assert_eq!(stage.count("SELECT count(*) FROM teacher_avatars").await, 0);
    assert!(stage.app.store().queues().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unpayable_run_is_refused_before_the_first_picture() {
    let stage = Stage::new().await;
    let ordered = stage.order().await;
    stage.sql("UPDATE token_balances SET free_balance = 5, paid_balance = 0").await;
    stage.work().await;
    assert_failed(&stage, ordered, "6049 are missing").await;
    assert!(stage.painter.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_orders_for_one_avatar_are_one_job() {
    let stage = Stage::new().await;
    let ordered = stage.order().await;
    let again = order::regenerate(&stage.app, ordered.avatar, None).await.unwrap();
    assert_eq!((again.job, again.fresh), (ordered.job, false));
    stage.work().await;
    let anew = order::regenerate(&stage.app, ordered.avatar, None).await.unwrap();
    assert!(anew.fresh);
    stage.work().await;
    assert_eq!(stage.avatar(ordered.avatar).await.status, "completed");
    assert_eq!(stage.painter.calls().len(), 12);
    assert_eq!(stage.count("SELECT count(*) FROM avatar_images").await, 6);
    let kept = walk(&stage.folder.path().join("pictures"));
    assert_eq!(kept, 6, "the pictures of the earlier run are gone");
}

fn walk(folder: &std::path::Path) -> usize {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| if path.is_dir() { walk(&path) } else { 1 })
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolled_back_order_leaves_neither_row_nor_job() {
    let stage = Stage::new().await;
    let app = stage.app.clone();
    let failed = stage.app.write(move |db| {
        let id = myteacher::avatar::create(db, USER, &Look::from_seed(3), "run", 0)?;
        let Jobs::Together(store) = &app.jobs else { unreachable!("a stage has one file") };
        store.enqueue_in(db, &[app.client.draft(&GenerateAvatar { avatar_id: id }).ready()?])?;
        Err::<(), _>(myteacher::error::Error::Asked("think better of it".into()))
    });
    assert!(failed.await.is_err());
    assert_eq!(stage.count("SELECT count(*) FROM teacher_avatars").await, 0);
    assert_eq!(stage.app.store().tally().await.unwrap().accepted, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_job_moves_its_row_to_failed() {
    let stage = Stage::new().await;
    let ordered = stage.order().await;
    let order = banto::steer::Order::Cancel(banto::Select::ids([ordered.job]));
    stage.app.store().steer(banto::Steer { order, by: "Taro".into(), preview: false }).await.unwrap();
    let counts = reconcile::reconcile(&stage.app, false).await.unwrap();
    assert_eq!((counts.failed, counts.enqueued), (1, 0));
    let avatar = stage.avatar(ordered.avatar).await;
    assert_eq!(avatar.status, "failed");
    assert_eq!(avatar.detail.as_deref(), Some("cancelled by Taro"));
}

#[tokio::test(flavor = "multi_thread")]
async fn reconcile_gives_a_lost_row_its_job_back_and_doubles_nothing() {
    let stage = Stage::new().await;
    let ordered = stage.order().await;
    // What a restored backup or a flushed queue looks like: rows in both middle states, and no job.
    stage.sql("UPDATE teacher_avatars SET job = '', generation_status = 'generating'").await;
    forget(&stage, ordered).await;
    let dry = reconcile::reconcile(&stage.app, true).await.unwrap();
    assert_eq!((dry.looked_at, dry.enqueued), (1, 1));
    let (a, b) = tokio::join!(reconcile::reconcile(&stage.app, false), reconcile::reconcile(&stage.app, false));
    assert_eq!(a.unwrap().enqueued + b.unwrap().enqueued, 1, "each counts what it did itself");
    let third = reconcile::reconcile(&stage.app, false).await.unwrap();
    assert_eq!((third.alive, third.enqueued), (1, 0));
    assert_eq!(stage.count("SELECT count(*) FROM banto_job").await, 1);
    stage.work().await;
    assert_eq!(stage.avatar(ordered.avatar).await.status, "completed");
    assert_eq!(stage.painter.calls().len(), 6);
}

async fn forget(stage: &Stage, ordered: order::Ordered) {
    for order in [banto::steer::Order::Cancel, banto::steer::Order::Forget] {
        let order = order(banto::Select::ids([ordered.job]));
        stage.app.store().steer(banto::Steer { order, by: "test".into(), preview: false }).await.unwrap();
    }
    assert!(stage.app.store().job(ordered.job).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_the_old_system_runs_under_its_old_name() {
    let stage = Stage::new().await;
    let ordered = stage.order().await;
    forget(&stage, ordered).await;
    let client = &stage.app.client;
    let payload = banto::Payload::parse(&format!(r#"{{"avatar_id":{}}}"#, ordered.avatar)).unwrap();
    let kind = "App\\Jobs\\GenerateAvatarImagesJob".parse().unwrap();
    client.put(vec![banto::NewJob::new(client.id(), kind, "avatars".parse().unwrap(), payload)]).await.unwrap();
    stage.work().await;
    assert_eq!(stage.avatar(ordered.avatar).await.status, "completed");
}
