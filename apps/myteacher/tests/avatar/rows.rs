//! Rows and jobs that do not fit together: two jobs for one row, rows that cannot be read, generations that fail after
//! one that was completed. On the real store and the real worker.

use std::collections::BTreeMap;

use banto::{Cause, JobId, NewJob, Payload, Select, State, Steer, steer::Order};
use myteacher::{
    avatar::{self, Begin, Complete, Made},
    failure::Failure,
    look::Look,
    order::{self, Ordered},
    reconcile,
};

use crate::{scripted::Stage, stage::USER};

const CHARGES: &str = "SELECT count(*) FROM token_transactions WHERE type = 'ai_usage'";
const NEWER: &str = r#"UPDATE teacher_avatars SET look = '{"seed":3,"scarf":"red"}' WHERE id = 1"#;

/// A second job for a row, as somebody enqueues by hand: without the row's key.
async fn second(stage: &Stage, avatar: i64) -> JobId {
    let client = &stage.app.client;
    let payload = Payload::parse(&format!(r#"{{"avatar_id":{avatar}}}"#)).unwrap();
    let job = NewJob::new(client.id(), "avatar.generate".parse().unwrap(), "avatars".parse().unwrap(), payload);
    client.put(vec![job]).await.unwrap().first().unwrap().id
}

async fn steer(stage: &Stage, order: Order) {
    stage.app.store().steer(Steer { order, by: "Taro".into(), preview: false }).await.unwrap();
}

async fn state(stage: &Stage, job: JobId) -> (State, String) {
    let job = stage.app.store().job(job).await.unwrap().unwrap().job;
    (job.state, job.error.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_jobs_for_one_row_paint_and_pay_once() {
    let stage = Stage::new().await;
    let ordered = stage.order().await;
    let other = second(&stage, ordered.avatar).await;
    stage.work().await;
    assert_eq!(stage.avatar(ordered.avatar).await.status, "completed");
    assert_eq!(stage.painter.calls().len(), 6, "each picture was painted once");
    assert_eq!(stage.count(CHARGES).await, 1);
    assert_eq!(stage.job(ordered).await.state, State::Done);
    let (ended, said) = state(&stage, other).await;
    assert_eq!(ended, State::Cancelled);
    assert!(said.contains(&format!("made by job {} already", ordered.job)), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_takes_over_the_row_of_one_that_is_gone() {
    let stage = Stage::new().await;
    let ordered = stage.order().await;
    let other = second(&stage, ordered.avatar).await;
    steer(&stage, Order::Cancel(Select::ids([ordered.job]))).await;
    steer(&stage, Order::Forget(Select::ids([ordered.job]))).await;
    // Two more that found the same: one of the three makes it.
    let more = [second(&stage, ordered.avatar).await, second(&stage, ordered.avatar).await];
    stage.work().await;
    let avatar = stage.avatar(ordered.avatar).await;
    assert_eq!((avatar.status.as_str(), stage.painter.calls().len()), ("completed", 6));
    assert_eq!(stage.count(CHARGES).await, 1);
    let jobs = [other, more[0], more[1]];
    assert!(avatar.job != ordered.job.to_string(), "the row names who made it");
    for job in jobs.into_iter().filter(|job| job.to_string() != avatar.job) {
        assert!(matches!(state(&stage, job).await.0, State::Cancelled | State::Done));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_jobs_that_saw_the_same_row_one_has_it() {
    let stage = Stage::new().await;
    let ordered = stage.order().await;
    let seen = stage.avatar(ordered.avatar).await;
    let begun =
        stage.app.write(move |db| Ok([avatar::begin(db, &seen, "first", 0)?, avatar::begin(db, &seen, "second", 0)?]));
    assert_eq!(begun.await.unwrap(), [Begin::Begun, Begin::Changed]);
    assert_eq!(stage.avatar(ordered.avatar).await.job, "first");
    assert_eq!(stage.count("SELECT count(*) FROM token_holds").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_unreadable_look_keeps_nobody_else_from_their_end() {
    let stage = Stage::new().await;
    let orders = [stage.order().await, stage.order().await, stage.order().await];
    stage.sql(NEWER).await;
    steer(&stage, Order::Cancel(Select::ids([orders[0].job, orders[1].job]))).await;
    steer(&stage, Order::Forget(Select::ids([orders[1].job]))).await;
    let listed = stage.app.read(|db| Ok(avatar::list(db, None, 10)?)).await.unwrap();
    let readable: Vec<bool> = listed.iter().map(|row| row.look.look().is_ok()).collect();
    assert_eq!(readable, [true, true, false], "the newest first");
    let counts = reconcile::reconcile(&stage.app, false).await.unwrap();
    assert_eq!((counts.looked_at, counts.alive, counts.enqueued, counts.failed), (3, 1, 1, 1));
    let bad = stage.avatar(1).await;
    assert_eq!((bad.status.as_str(), bad.detail.as_deref()), ("failed", Some("cancelled by Taro")));
    stage.work().await;
    assert_eq!(stage.avatar(2).await.status, "completed");
    assert_eq!(stage.avatar(3).await.status, "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_of_a_newer_build_is_set_aside_with_cause_and_cure_and_made_by_who_can_read_it() {
    let stage = Stage::new().await;
    let ordered = stage.order().await;
    stage.sql(NEWER).await;
    stage.work().await;
    let job = stage.job(ordered).await;
    assert_eq!((job.state, job.attempt), (State::Parked, 0));
    let park = job.park.unwrap();
    assert_eq!(park.cause, Cause::Missing);
    assert!(park.text.contains("unknown field `scarf`") && park.text.contains("release the job"), "{}", park.text);
    assert_eq!((stage.painter.calls().len(), stage.balance().await.held), (0, 0));
    let error = order::regenerate(&stage.app, ordered.avatar, None).await.unwrap_err().to_string();
    assert!(error.contains("its look cannot be read"), "{error}");
    stage.sql(r#"UPDATE teacher_avatars SET look = '{"seed":3}'"#).await; // what a build that knows scarves sees
    stage.work_until_adopted(ordered).await;
    assert_eq!(stage.avatar(ordered.avatar).await.status, "completed");
}

async fn shown(stage: &Stage, id: i64) -> Made {
    let avatar = stage.avatar(id).await;
    stage.app.read(move |db| Ok(avatar::shown(db, &avatar)?)).await.unwrap()
}

/// The files that an avatar shows, by path.
async fn files(stage: &Stage, made: &Made) -> BTreeMap<String, Vec<u8>> {
    let folder = stage.folder.path().join("pictures");
    made.pictures.iter().map(|(_, path, _)| (path.clone(), std::fs::read(folder.join(path)).unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_regenerate_that_fails_leaves_the_avatar_as_it_was() {
    let stage = Stage::new().await;
    let first = stage.order().await;
    stage.work().await;
    let before = shown(&stage, first.avatar).await;
    assert_eq!((before.pictures.len(), before.comments.len()), (6, 22));
    let painted = files(&stage, &before).await;

    let other = Look { seed: 9, ..Look::from_seed(9) };
    order::regenerate(&stage.app, first.avatar, Some(other)).await.unwrap();
    assert_eq!(shown(&stage, first.avatar).await, before, "while the new one waits");
    stage.painter.then([None, None, None, Some(Failure::BadAttribute { what: "seed".into() })]);
    stage.work().await;
    let avatar = stage.avatar(first.avatar).await;
    assert_eq!(avatar.status, "failed");
    assert_eq!(shown(&stage, first.avatar).await, before, "all pictures and comments of before");
    assert_eq!(files(&stage, &before).await, painted, "and their files");
    assert_eq!((stage.count(CHARGES).await, stage.balance().await.held), (1, 0));
    let told = "SELECT message FROM notification_templates ORDER BY id DESC LIMIT 1";
    let told: String = stage.app.read(move |db| Ok(db.query_row(told, [], |row| row.get(0))?)).await.unwrap();
    assert!(told.contains("これまでのアバターはそのまま使えます"), "{told}");

    order::regenerate(&stage.app, first.avatar, Some(other)).await.unwrap();
    stage.work().await;
    let after = shown(&stage, first.avatar).await;
    assert_eq!((after.pictures.len(), after.comments.len()), (6, 22));
    assert!(files(&stage, &after).await.keys().all(|path| !painted.contains_key(path)));
    assert_eq!(stage.count("SELECT count(*) FROM avatar_images").await, 6, "earlier runs are let go");
    assert_eq!(stage.count("SELECT count(*) FROM avatar_comments").await, 22);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_another_has_replaced_is_neither_shown_nor_charged() {
    let stage = Stage::new().await;
    let ordered = stage.order().await;
    stage.work().await;
    let old = stage.avatar(ordered.avatar).await;
    order::regenerate(&stage.app, ordered.avatar, None).await.unwrap();
    let look = old.look.look().unwrap();
    let late = stage.app.write(move |db| Ok(avatar::complete(db, &old, &look, 0)?)).await.unwrap();
    assert_eq!(late, Complete::Replaced);
    assert_eq!(stage.avatar(ordered.avatar).await.status, "pending");
    assert_eq!(stage.count(CHARGES).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_reconciles_at_once_count_each_row_once() {
    let stage = Stage::new().await;
    let orders: Vec<Ordered> = vec![stage.order().await, stage.order().await, stage.order().await, stage.order().await];
    steer(&stage, Order::Cancel(Select::ids(orders.iter().map(|ordered| ordered.job)))).await;
    steer(&stage, Order::Forget(Select::ids([orders[0].job, orders[1].job]))).await;
    let dry = reconcile::reconcile(&stage.app, true).await.unwrap();
    assert_eq!((dry.enqueued, dry.failed), (2, 2));
    let app = &stage.app;
    let (a, b) = tokio::join!(reconcile::reconcile(app, false), reconcile::reconcile(app, false));
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!((a.enqueued + b.enqueued, a.failed + b.failed), (2, 2), "{a:?} {b:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_reads_a_sentence_and_an_operator_what_the_job_said() {
    let failures = [
        (Failure::Moderation { reason: "NSFW at /srv/a".into() }, "審査", 4),
        (Failure::BadAttribute { what: "https://a/b".into() }, "見た目", 1),
    ];
    for (failure, word, times) in failures {
        let stage = Stage::new().await;
        stage.painter.then(vec![Some(failure.clone()); times]);
        let ordered = stage.order().await;
        stage.work().await;
        let avatar = stage.avatar(ordered.avatar).await;
        assert_eq!(avatar.detail, Some(format!("could not {failure}")));
        let (owner, told) = (avatar.failure.unwrap(), "SELECT message FROM notification_templates");
        let told: String = stage.app.read(move |db| Ok(db.query_row(told, [], |row| row.get(0))?)).await.unwrap();
        for text in [owner, told] {
            assert!(text.contains(word) && !text.chars().any(|c| c.is_ascii()), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_out_is_charged_only_if_the_provider_did_one() {
    for (units, cost) in [(1, 50), (0, 0)] {
        let stage = Stage::new().await;
        stage.painter.bills_for_a_cut(units);
        let look = Look { is_transparent: true, ..Look::from_seed(3) };
        order::create(&stage.app, USER, look).await.unwrap();
        stage.work().await;
        let charged = stage.count("SELECT -sum(amount) FROM token_transactions WHERE run IS NOT NULL").await;
        assert_eq!(charged, 6 * (1_000 + cost) + 44 + 10);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drawing_whose_file_is_gone_is_drawn_again() {
    let stage = Stage::new().await;
    stage.painter.then_cut([Some(Failure::RateLimit { retry_after: None })]);
    let look = Look { is_transparent: true, ..Look::from_seed(3) };
    let ordered = order::create(&stage.app, USER, look).await.unwrap();
    stage.work().await;
    let path = "SELECT path FROM avatar_drawings";
    let path: String = stage.app.read(move |db| Ok(db.query_row(path, [], |row| row.get(0))?)).await.unwrap();
    std::fs::remove_file(stage.folder.path().join("pictures").join(path)).unwrap();
    stage.run_now(ordered).await;
    assert_eq!(stage.avatar(ordered.avatar).await.status, "completed");
    assert_eq!(stage.painter.calls().len(), 7);
    assert_eq!(stage.count("SELECT -sum(amount) FROM token_transactions WHERE run IS NOT NULL").await, 6 * 1_050 + 54);
}

/// Every way in which a job can stand to its row: reconcile brings each together, and finds nothing the second time.
#[tokio::test(flavor = "multi_thread")]
async fn after_one_reconcile_every_unfinished_row_has_a_living_job_and_a_second_finds_nothing() {
    let stage = Stage::new().await;
    stage.painter.then([Some(Failure::BadAttribute { what: "seed".into() })]);
    stage.order().await;
    stage.work().await;
    stage.painter.then([Some(Failure::Auth { what: "401".into() })]);
    stage.order().await;
    stage.work().await;
    stage.sql("UPDATE teacher_avatars SET generation_status = 'generating' WHERE id = 1").await;
    let [_ready, cancelled, unlisted] = [stage.order().await, stage.order().await, stage.order().await];
    for _ in ["never enqueued", "no id"] {
        stage.order().await;
    }
    steer(&stage, Order::Cancel(Select::ids([cancelled.job, unlisted.job]))).await;
    steer(&stage, Order::Forget(Select::ids([unlisted.job]))).await;
    stage.sql("UPDATE teacher_avatars SET job = 'no id' WHERE id = 7").await;
    stage.sql("UPDATE teacher_avatars SET job = '' WHERE id = 6").await;

    let dry = reconcile::reconcile(&stage.app, true).await.unwrap();
    assert_eq!((dry.looked_at, dry.alive, dry.enqueued, dry.failed), (7, 2, 3, 2), "parked and ready live");
    let done = reconcile::reconcile(&stage.app, false).await.unwrap();
    // The jobs of rows 6 and 7 are listed under the rows' keys: they are found again and not doubled.
    assert_eq!((done.looked_at, done.alive, done.enqueued, done.failed), (7, 2, 1, 2));
    let again = reconcile::reconcile(&stage.app, false).await.unwrap();
    assert_eq!((again.looked_at, again.alive, again.enqueued, again.failed), (5, 5, 0, 0));
    assert_eq!(
        stage.avatar(1).await.detail.unwrap().split('(').next(),
        Some("could not fill the order: the provider does not accept it ")
    );
    stage.work_until_adopted(Ordered { avatar: 2, job: stage.avatar(2).await.job.parse().unwrap(), fresh: true }).await;
    stage.work().await;
    assert_eq!(stage.count("SELECT count(*) FROM teacher_avatars WHERE generation_status = 'completed'").await, 5);
    assert_eq!(stage.count(CHARGES).await, 5);
}
