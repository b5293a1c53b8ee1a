//! Pictures in a bucket: the avatar job on the real store with the real worker, over real HTTP to a server that speaks
//! S3's format.

#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

#[path = "s3/server.rs"]
mod server;
mod stage;

use std::sync::Arc;

use banto::{Cause, State, sqlite::Sqlite};
use myteacher::{files::Files, look::Look, order, paint::offline::OfflinePainter, write::offline::OfflineWriter};
use server::{KEY, Server};
use stage::{Stage, USER, house};
use tempfile::TempDir;

const PLACE: &str = "s3://pictures/school/year-1";

async fn stage_in(house: (Arc<TempDir>, Sqlite), files: Files) -> Stage {
    Stage::set(house, Arc::new(OfflinePainter), Arc::new(OfflineWriter), Some(files)).await
}

async fn begun() -> (Server, Stage, order::Ordered) {
    let server = Server::start().await;
    let files = Files::in_bucket(PLACE, server.settings(KEY)).unwrap();
    let stage = stage_in(house(), files).await;
    let ordered = stage.order().await;
    (server, stage, ordered)
}

/// The job runs again: now, if it waits for its time, or as soon as a worker that starts takes it.
async fn again(stage: &Stage, ordered: order::Ordered, waits: bool) {
    match waits {
        true => stage.run_now(ordered).await,
        false => stage.work_until_adopted(ordered).await,
    }
}

/// Completed, and each of its pictures is in the bucket as its row says.
async fn assert_completed(server: &Server, stage: &Stage, ordered: order::Ordered) {
    assert_eq!(stage.avatar(ordered.avatar).await.status, "completed");
    let rows = stage.app.read(|db| {
        let mut find = db.prepare("SELECT path, bytes FROM avatar_images")?;
        let rows = find.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?)))?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    });
    let rows = rows.await.unwrap();
    assert_eq!(rows.len(), 6);
    for (path, bytes) in rows {
        let stored = server.with(|state| state.objects.get(&format!("school/year-1/{path}")).cloned());
        let stored = stored.unwrap_or_else(|| panic!("{path} is not in the bucket"));
        assert!(stored.len() == bytes as usize && stored.starts_with(b"\x89PNG"), "{path}");
    }
    let balance = stage.balance().await;
    assert_eq!((balance.free, balance.held), (10_000 - 6_054, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_go_to_the_bucket_below_its_prefix() {
    let (server, stage, ordered) = begun().await;
    stage.work().await;
    assert_completed(&server, &stage, ordered).await;
    assert_eq!(server.with(|state| state.objects.len()), 6);
    assert_eq!(stage.app.files.place(), PLACE);
    assert!(!stage.folder.path().join("pictures").exists(), "nothing is kept on this machine");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_avatar_made_anew_leaves_no_old_pictures_in_the_bucket() {
    let (server, stage, ordered) = begun().await;
    stage.work().await;
    let anew = order::regenerate(&stage.app, ordered.avatar, None).await.unwrap();
    stage.work().await;
    assert_eq!(stage.job(anew).await.state, State::Done);
    let run = stage.avatar(ordered.avatar).await.run;
    let keys: Vec<String> = server.with(|state| state.objects.keys().cloned().collect());
    assert!(keys.len() == 6 && keys.iter().all(|key| key.contains(&run)), "{keys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_busy_is_asked_again_at_once() {
    let (server, stage, ordered) = begun().await;
    server.with(|state| state.script.insert("PUT", [Some(503); 2].into()));
    stage.work().await;
    assert_completed(&server, &stage, ordered).await;
    assert_eq!((server.asked("PUT"), stage.job(ordered).await.attempt), (2 + 6, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_stays_busy_is_a_retry_and_nothing_is_completed_without_its_file() {
    let (server, stage, ordered) = begun().await;
    server.with(|state| state.script.insert("PUT", [None; 2].into_iter().chain([Some(503); 100]).collect()));
    stage.work().await;
    let job = stage.job(ordered).await;
    assert_eq!((job.state, job.attempt), (State::Scheduled, 1));
    let error = job.error.unwrap();
    assert!(
        error.starts_with("keep pictures in \"s3://pictures/school/year-1\": ") && error.contains("503"),
        "{error}"
    );
    assert_eq!(stage.avatar(ordered.avatar).await.status, "generating");
    assert_eq!(stage.count("SELECT count(*) FROM avatar_images").await, 2);

    // Somebody tidies the bucket: the row of that picture does not stand for its file.
    let asked = server.asked("PUT");
    server.with(|state| {
        state.script.clear();
        state.objects.pop_first();
        assert_eq!(state.objects.len(), 1);
    });
    stage.run_now(ordered).await;
    assert_completed(&server, &stage, ordered).await;
    assert_eq!(server.asked("PUT") - asked, 5, "the one that is there is not painted again");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_park_the_job_before_anything_is_painted() {
    let server = Server::start().await;
    let house = house();
    let wrong = Files::in_bucket(PLACE, server.settings("AKIDWRONG")).unwrap();
    let stage = stage_in(house.clone(), wrong).await;
    let ordered = stage.order().await;
    stage.work().await;
    let job = stage.job(ordered).await;
    assert_eq!((job.state, job.attempt), (State::Parked, 0));
    let park = job.park.unwrap();
    assert_eq!(park.cause, Cause::Missing);
    let text = "keep pictures in \"s3://pictures/school/year-1\": it refuses access (InvalidAccessKeyId); look at credentials, rights and region";
    assert_eq!(park.text, text);
    assert_eq!((server.asked("PUT"), stage.count("SELECT count(*) FROM ai_usage_logs").await), (0, 0));

    let right = Files::in_bucket(PLACE, server.settings(KEY)).unwrap();
    let cured = stage_in(house, right).await;
    cured.work_until_adopted(ordered).await;
    assert_completed(&server, &cured, ordered).await;
}

/// Whatever is being asked of the bucket when it begins to refuse: the job waits for somebody, and what was made and paid for
/// before is neither made nor paid for again. HEAD is asked of what an earlier attempt noted, GET of what it drew.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_in_the_middle_parks_the_job_and_costs_no_attempt_and_no_picture() {
    for (method, before) in [("GET", 0), ("PUT", 0), ("PUT", 4), ("HEAD", 0), ("HEAD", 1)] {
        for status in [401, 403] {
            let (server, stage, ordered) = begun().await;
            if method == "HEAD" {
                let two = [None; 2].into_iter().chain([Some(503); 100]);
                server.with(|state| state.script.insert("PUT", two.collect()));
                stage.work().await;
                server.with(|state| state.script.clear());
            }
            let attempts = stage.job(ordered).await.attempt;
            let refusal = std::iter::repeat_n(None, before).chain([Some(status); 100]);
            server.with(|state| state.script.insert(method, refusal.collect()));
            match method {
                "HEAD" => stage.run_now(ordered).await,
                _ => drop(stage.work().await),
            }

            let told = format!("{method} {status} after {before}");
            let job = stage.job(ordered).await;
            assert_eq!((job.state, job.attempt), (State::Parked, attempts), "{told}: {:?}", job.error);
            let park = job.park.unwrap();
            assert_eq!(park.cause, Cause::Missing, "{told}");
            assert!(park.text.starts_with("keep pictures in \"s3://pictures/school/year-1\": it refuses access ("));
            assert!(park.text.ends_with("; look at credentials, rights and region"), "{told}: {}", park.text);
            assert_eq!(
                stage.avatar(ordered.avatar).await.status,
                "generating",
                "{told}: its owner is told of no failure"
            );
            assert_eq!(stage.balance().await.held, 6_054, "{told}");

            let there: Vec<String> = server.with(|state| {
                state.script.clear();
                state.objects.keys().cloned().collect()
            });
            let puts = server.asked("PUT");
            again(&stage, ordered, false).await;
            assert_completed(&server, &stage, ordered).await;
            assert_eq!(server.asked("PUT") - puts, 6 - there.len(), "{told}: what is there is not made again");
            assert_eq!(stage.count("SELECT count(*) FROM ai_usage_logs").await, 6 + 22, "{told}");
        }
    }
}

/// A drawing waits in the bucket for its background to be removed: a bucket that refuses to give it, or is out of order,
/// costs no second drawing.
#[tokio::test(flavor = "multi_thread")]
async fn a_drawing_that_cannot_be_had_just_now_is_not_drawn_again() {
    for (status, state) in [(403, State::Parked), (503, State::Scheduled)] {
        let server = Server::start().await;
        let stage = stage_in(house(), Files::in_bucket(PLACE, server.settings(KEY)).unwrap()).await;
        let look = Look { is_transparent: true, ..Look::from_seed(3) };
        let ordered = order::create(&stage.app, USER, look).await.unwrap();
        // The drawing is kept, its cut-out is not.
        server.with(|told| told.script.insert("PUT", [None].into_iter().chain([Some(503); 100]).collect()));
        stage.work().await;
        // The first GET lists the folder, the second asks for the drawing.
        server.with(|told| {
            told.script.clear();
            told.script.insert("GET", [None].into_iter().chain([Some(status); 100]).collect());
        });
        stage.run_now(ordered).await;
        assert_eq!(stage.job(ordered).await.state, state, "{status}");
        server.with(|told| told.script.clear());
        again(&stage, ordered, state == State::Scheduled).await;
        assert_eq!(stage.avatar(ordered.avatar).await.status, "completed", "{status}");
        let drawn = |request: &&String| request.starts_with("PUT ") && request.contains("/drawn/");
        assert_eq!(server.with(|told| told.requests.iter().filter(drawn).count()), 6, "{status}: one for each picture");
        assert_eq!(stage.count("SELECT count(*) FROM ai_usage_logs").await, 6 + 6 + 22, "{status}");
        assert_eq!(stage.balance().await.free, 10_000 - 6 * 1_050 - 54, "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_credentials_are_named_before_the_first_job_is_taken_and_park_what_is_run_anyway() {
    let server = Server::start().await;
    let house = house();
    let unset = server.settings(KEY).into_iter().filter(|(name, _)| !name.contains("KEY"));
    let stage = stage_in(house.clone(), Files::in_bucket(PLACE, unset).unwrap()).await;
    let ordered = stage.order().await;
    let faults = myteacher::work::worker(&stage.app, stage::config()).start().await.unwrap_err().to_string();
    assert!(faults.contains("AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"), "{faults}");
    assert_eq!(stage.job(ordered).await.state, State::Ready);

    let anyway = banto::Config { start_anyway: true, ..stage::config() };
    myteacher::work::work(&stage.app, myteacher::work::worker(&stage.app, anyway)).await.unwrap();
    let job = stage.job(ordered).await;
    assert_eq!((job.state, job.attempt), (State::Parked, 0));
    assert!(job.park.unwrap().text.contains("AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"));
    assert_eq!(server.with(|state| state.requests.len()), 0, "nothing was asked without a signature");

    let cured = stage_in(house, Files::in_bucket(PLACE, server.settings(KEY)).unwrap()).await;
    cured.work_until_adopted(ordered).await;
    assert_completed(&server, &cured, ordered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_bucket_parks_the_job_and_is_named() {
    let server = Server::start().await;
    let files = Files::in_bucket("s3://mistyped/school", server.settings(KEY)).unwrap();
    let stage = stage_in(house(), files).await;
    let ordered = stage.order().await;
    stage.work().await;
    let job = stage.job(ordered).await;
    assert_eq!(job.state, State::Parked);
    let text = "keep pictures in \"s3://mistyped/school\": there is no such bucket; make it, or look at --files";
    assert_eq!(job.park.unwrap().text, text);
    assert_eq!(stage.count("SELECT count(*) FROM ai_usage_logs").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_at_the_door_is_a_retry() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = Server::start().await;
    let mut settings = server.settings(KEY);
    settings.push(("AWS_ENDPOINT".into(), format!("http://{closed}")));
    let stage = stage_in(house(), Files::in_bucket(PLACE, settings).unwrap()).await;
    let ordered = stage.order().await;
    stage.work().await;
    let job = stage.job(ordered).await;
    assert_eq!((job.state, job.attempt), (State::Scheduled, 1));
    assert!(!job.error.unwrap().contains("very-secret"));
}

#[test]
fn a_place_that_cannot_be_is_refused_and_what_can_is_named() {
    for place in ["gs://bucket/x", "https://bucket/x", "ftp://x"] {
        let error = Files::open(place).err().unwrap();
        assert!(!error.again());
        assert!(error.to_string().contains("allowed are a folder and s3://bucket/prefix"), "{error}");
    }
    let error = Files::in_bucket("s3://", []).err().unwrap().to_string();
    assert!(error.starts_with("keep pictures in \"s3://\": "), "{error}");
}
