//! The avatar job over real HTTP: painted by Replicate's format, written by OpenAI's, against a local server that speaks
//! both, on the real store with the real worker. Every way in which providers fail, and what becomes of the job.

#![expect(clippy::unwrap_used, reason = "test code")]

mod stage;

use std::{collections::BTreeSet, sync::Arc};

use banto::{Cause, Config, Select, State, Steer, sqlite::Sqlite};
use futures_util::StreamExt;
use myteacher::{
    avatar,
    event::CommentEvent,
    look::{BodyType, Look},
    order::{self, Ordered},
    provider::{
        Now,
        fake::{Answer, Fake, picture_png},
        openai::OpenAiWriter,
        replicate::Replicate,
        settings::Settings,
    },
    work,
    write::offline::comment,
};
use serde_json::{Value, json};
use stage::{Stage, USER, config, house};
use tempfile::TempDir;

const CREATE: &str = "POST /v1/predictions";
const LOOK: &str = "GET /v1/predictions/*";
const THIRD: &str = "GET /v1/predictions/fake2";
const CANCEL: &str = "POST /v1/predictions/*/cancel";
const CUT_OUT: &str = "POST /v1/predictions transparent_model";
const DRAW: &str = "POST /v1/predictions \"prompt\"";
const CHAT: &str = "POST /v1/chat/completions";
const PICTURES: &str = "SELECT count(*) FROM avatar_images";
const COMMENTS: &str = "SELECT count(*) FROM avatar_comments";
const CHARGES: &str = "SELECT count(*) FROM token_transactions WHERE type = 'ai_usage'";

/// Everything set, keys as given, no patience with a silent server.
fn settings(fake: &Fake, token: &str, key: &str) -> Settings {
    let openai = format!("{}/v1", fake.url());
    let lookup = |name: &str| {
        let value = match name {
            "REPLICATE_API_TOKEN" => token.to_owned(),
            "REPLICATE_API_BASE_URL" => fake.url(),
            "REPLICATE_POLLING_INTERVAL" => "0.001".to_owned(),
            "REPLICATE_MAX_POLLING_ATTEMPTS" => "100000".to_owned(),
            "REPLICATE_READ_TIMEOUT" | "OPENAI_READ_TIMEOUT" => "1".to_owned(),
            "OPENAI_API_KEY" => key.to_owned(),
            "OPENAI_BASE_URL" => openai.clone(),
            _ if name.contains("_MODEL_VERSION") => format!("owner/{}:1", name.to_lowercase()),
            _ => return None,
        };
        Some(value)
    };
    Settings::from_env(lookup).unwrap()
}

async fn stage_in(house: (Arc<TempDir>, Sqlite), settings: Settings) -> Stage {
    let clock = banto::clock();
    let now: Now = Arc::new(move || clock.wall_ms());
    let painter = Replicate::new(settings.replicate, now.clone()).unwrap();
    let writer = OpenAiWriter::new(settings.openai, now).unwrap();
    Stage::set(house, Arc::new(painter), Arc::new(writer), None).await
}

/// A server, a stage that may use it, and an ordered avatar.
async fn begun() -> (Fake, Stage, Ordered) {
    let fake = Fake::start().await.unwrap();
    let stage = stage_in(house(), settings(&fake, "r8_right", "sk-right")).await;
    let ordered = stage.order().await;
    (fake, stage, ordered)
}

async fn assert_completed(stage: &Stage, ordered: Ordered) {
    let avatar = stage.avatar(ordered.avatar).await;
    assert_eq!((avatar.status.as_str(), avatar.failure.as_deref()), ("completed", None));
    let counts = [stage.count(PICTURES).await, stage.count(COMMENTS).await, stage.count(CHARGES).await];
    assert_eq!(counts, [6, 22, 1]);
    assert_eq!(stage.balance().await.held, 0);
}

async fn order_is_retried(stage: &Stage, ordered: Ordered, reason: &str) {
    let job = stage.job(ordered).await;
    assert_eq!((job.state, job.attempt), (State::Scheduled, 1));
    assert!(job.error.clone().unwrap().contains(reason), "{:?}", job.error);
    assert_eq!(stage.avatar(ordered.avatar).await.status, "generating");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_avatar_is_painted_and_written_over_http() {
    let (fake, stage, ordered) = begun().await;
    stage.work().await;
    assert_completed(&stage, ordered).await;

    let orders: Vec<Value> = fake.requests_to(CREATE).iter().map(|request| request.json()).collect();
    assert_eq!(orders.len(), 6);
    assert!(orders.iter().all(|order| order["input"]["seed"] == 3 && order["version"] == orders[0]["version"]));
    let prompts: Vec<BTreeSet<&str>> =
        orders.iter().map(|order| order["input"]["prompt"].as_str().unwrap().split(", ").collect()).collect();
    let same: BTreeSet<&str> = prompts.iter().fold(prompts[0].clone(), |same, prompt| &same & prompt);
    for (list, of_all) in [("_hair", 2), ("_eyes", 1), ("teacher", 1)] {
        assert_eq!(same.iter().filter(|tag| tag.contains(list)).count(), of_all, "{list} in {same:?}");
    }
    let own: BTreeSet<Vec<&str>> = prompts.iter().map(|prompt| (prompt - &same).into_iter().collect()).collect();
    assert_eq!(own.len(), 6, "each picture has a pose and an expression of its own");

    assert_eq!(fake.predictions(), ["succeeded"; 6]);
    assert_eq!(fake.requests_to(CHAT).len(), 22);
    let balance = stage.balance().await;
    assert_eq!((balance.free, balance.paid), (10_000 - (6 * 1_000 + 22 * 2 + 10), 100_000));
    let sql = "SELECT group_concat(DISTINCT provider || ' ' || model) FROM ai_usage_logs";
    let used: String = stage.app.read(move |db| Ok(db.query_row(sql, [], |row| row.get(0))?)).await.unwrap();
    assert_eq!(used, "replicate anything-v4.0,openai gpt-4o-mini");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_picture_is_stored_where_its_row_says() {
    let (_fake, stage, _) = begun().await;
    stage.work().await;
    let sql = "SELECT path FROM avatar_images ORDER BY id";
    let paths = stage.app.read(move |db| {
        let mut find = db.prepare(sql)?;
        let rows = find.query_map([], |row| row.get::<_, String>(0))?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    });
    for (prediction, path) in (0..).zip(paths.await.unwrap()) {
        let file = std::fs::read(stage.folder.path().join("pictures").join(&path)).unwrap();
        assert!(file == picture_png(3 + prediction, false), "{path} is not what prediction {prediction} painted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_snoozes_the_job_until_it_is_over_and_burns_no_attempt() {
    for (route, painted) in [(CREATE, 0), (CHAT, 6)] {
        let (fake, stage, ordered) = begun().await;
        fake.script(route, [Answer::json(429, &json!({"detail": "slow down"})).header("retry-after", "90")]);
        let before = stage.app.now();
        stage.work().await;
        let job = stage.job(ordered).await;
        assert_eq!((job.state, job.attempt), (State::Scheduled, 0), "{route}");
        assert!((before + 90_000..=stage.app.now() + 90_000).contains(&job.run_at), "{route}: {}", job.run_at - before);
        assert_eq!(stage.count(PICTURES).await, painted);

        stage.run_now(ordered).await;
        assert_completed(&stage, ordered).await;
        assert_eq!(fake.predictions().len(), 6, "{route}: nothing was painted twice");
        assert_eq!(stage.job(ordered).await.attempt, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_parks_the_job_until_a_worker_has_a_right_one() {
    let fake = Fake::start().await.unwrap();
    let house = house();
    let wrong = stage_in(house.clone(), settings(&fake, "r8_wrong", "sk-right")).await;
    let ordered = wrong.order().await;
    fake.script(CREATE, [Answer::json(401, &json!({"title": "Unauthenticated", "detail": "no such token r8_wrong"}))]);
    wrong.work().await;
    let job = wrong.job(ordered).await;
    assert_eq!((job.state, job.attempt), (State::Parked, 0));
    let park = job.park.unwrap();
    assert_eq!(park.cause, Cause::Missing);
    assert!(park.text.contains("401") && park.text.contains("credentials"), "{}", park.text);
    assert!(!park.text.contains("r8_wrong"), "{}", park.text);
    assert_eq!(wrong.avatar(ordered.avatar).await.status, "generating", "its owner is not told of a failure");

    let right = stage_in(house, settings(&fake, "r8_right", "sk-right")).await;
    right.work_until_adopted(ordered).await;
    assert_completed(&right, ordered).await;
    let keys: Vec<String> =
        fake.requests_to(CREATE).iter().map(|request| request.header("authorization").unwrap().to_owned()).collect();
    assert_eq!((keys[0].as_str(), keys.len()), ("Bearer r8_wrong", 7));
    assert!(keys[1..].iter().all(|key| key == "Bearer r8_right"));
}

fn moderated(times: usize) -> Vec<Answer> {
    let body = json!({"id": "fake0", "status": "failed", "error": "NSFW content detected. Try a different prompt."});
    vec![Answer::json(200, &body); times]
}

/// An avatar whose words can all be softened.
async fn slim(stage: &Stage) -> Ordered {
    order::create(&stage.app, USER, Look { body_type: BodyType::Slim, ..Look::from_seed(3) }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn moderation_softens_the_words_three_times() {
    let fake = Fake::start().await.unwrap();
    let stage = stage_in(house(), settings(&fake, "r8_right", "sk-right")).await;
    let ordered = slim(&stage).await;
    fake.script(LOOK, moderated(3));
    stage.work().await;
    assert_completed(&stage, ordered).await;
    let prompts: Vec<String> =
        fake.requests_to(CREATE).iter().map(|request| request.json()["input"]["prompt"].to_string()).collect();
    assert_eq!(prompts.len(), 3 + 6);
    assert!(prompts[0].contains("slender") && prompts[0].contains(":1.3)"), "{}", prompts[0]);
    assert!(!prompts[1].contains("slender") && prompts[1].contains(":1.3)"), "{}", prompts[1]);
    assert!(!prompts[2].contains(":1.") && prompts[2].contains("light_smile"), "{}", prompts[2]);
    assert!(!prompts[3].contains("light_smile") && prompts[3].contains("calm"), "{}", prompts[3]);
    assert!(prompts[4].contains("slender"), "the next picture begins with its own words: {}", prompts[4]);
    assert_eq!(stage.job(ordered).await.attempt, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_moderation_never_passes_fails_the_avatar() {
    let (fake, stage, ordered) = begun().await;
    fake.script(LOOK, moderated(4));
    stage.work().await;
    assert_eq!((stage.job(ordered).await.state, fake.predictions().len()), (State::Dead, 4));
    let avatar = stage.avatar(ordered.avatar).await;
    assert_eq!(avatar.status, "failed");
    assert!(avatar.detail.unwrap().contains("NSFW content detected"));
    assert_eq!((stage.count(CHARGES).await, stage.balance().await.held), (0, 0));
}

/// What OpenAI's chat says when it will not.
fn refused(times: usize) -> Vec<Answer> {
    let message = json!({"role": "assistant", "content": null, "refusal": "I cannot help with that."});
    let usage = json!({"prompt_tokens": 90, "completion_tokens": 9, "total_tokens": 99});
    let body = json!({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage});
    vec![Answer::json(200, &body); times]
}

/// The first comment of a run.
async fn first_comment(stage: &Stage) -> String {
    let sql = "SELECT comment_text FROM avatar_comments ORDER BY id LIMIT 1";
    stage.app.read(move |db| Ok(db.query_row(sql, [], |row| row.get(0))?)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn moderation_softens_the_words_of_a_comment_three_times_too() {
    let (fake, stage, ordered) = begun().await;
    fake.script(CHAT, refused(3));
    stage.work().await;
    assert_completed(&stage, ordered).await;
    let asked: Vec<String> = fake.requests_to(CHAT).iter().map(|request| request.json().to_string()).collect();
    assert_eq!(asked.len(), 3 + 22);
    assert!(asked[0].contains("表情は") && asked[0].contains("ユーモア"), "{}", asked[0]);
    assert!(!asked[1].contains("表情は") && asked[1].contains("ユーモア"), "{}", asked[1]);
    assert!(!asked[2].contains("ユーモア") && asked[2].contains("人物"), "{}", asked[2]);
    assert!(!asked[3].contains("人物") && asked[3].contains("穏やか"), "{}", asked[3]);
    assert!(asked[4].contains("表情は"), "the next comment begins with its own words: {}", asked[4]);
    assert_eq!((stage.job(ordered).await.attempt, fake.predictions().len()), (1, 6));
    let avatar = stage.avatar(ordered.avatar).await;
    let made = stage.app.read(move |db| Ok(avatar::shown(db, &avatar)?)).await.unwrap();
    assert_eq!(made.built_in, [""; 0]);
}

/// It ended the whole run once, with six pictures paid for.
#[tokio::test(flavor = "multi_thread")]
async fn a_comment_that_moderation_never_passes_is_the_built_in_one_and_that_is_said() {
    let (fake, stage, ordered) = begun().await;
    fake.script(CHAT, refused(4));
    stage.work().await;
    assert_completed(&stage, ordered).await;
    assert_eq!((stage.job(ordered).await.attempt, fake.requests_to(CHAT).len()), (1, 4 + 21));

    let avatar = stage.avatar(ordered.avatar).await;
    let look = avatar.look.look().unwrap();
    let made = stage.app.read(move |db| Ok(avatar::shown(db, &avatar)?)).await.unwrap();
    let event = CommentEvent::ALL[0];
    assert_eq!(made.built_in, [event.as_str()]);
    assert_eq!(first_comment(&stage).await, comment(&look, event));
    let spent = 6 * 1_000 + 21 * 2 + 10;
    assert_eq!(stage.balance().await.free, 10_000 - spent, "the built-in comment costs nothing");
    let card = stage.app.store().job(ordered.job).await.unwrap().unwrap();
    let trail: Vec<&str> = card.trail.iter().map(|line| line.text.as_str()).collect();
    let said = |words: &str| trail.iter().filter(|text| text.contains(words)).count();
    assert_eq!((said("softened to"), said("I cannot help with that")), (3, 4), "{trail:?}");
    assert_eq!(said("the built-in comment takes its place"), 1, "{trail:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_retried_from_the_last_picture() {
    let (fake, stage, ordered) = begun().await;
    fake.script(THIRD, vec![Answer::bytes(503, "text/html", "<html>busy</html>"); 4]);
    stage.work().await;
    order_is_retried(&stage, ordered, "503").await;
    assert_eq!(stage.count(PICTURES).await, 2);
    assert_eq!(fake.predictions(), ["succeeded", "succeeded", "canceled"], "nobody watches it any more");
    assert_eq!(stage.balance().await.held, 6_054);

    stage.run_now(ordered).await;
    assert_completed(&stage, ordered).await;
    assert_eq!(fake.predictions().len(), 3 + 4, "the two that were painted are not painted again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_the_writer_is_retried_from_the_last_comment() {
    let (fake, stage, ordered) = begun().await;
    fake.script(CHAT, [Answer::json(500, &json!({"error": {"message": "The server had an error"}}))]);
    stage.work().await;
    order_is_retried(&stage, ordered, "500").await;
    assert_eq!([stage.count(PICTURES).await, stage.count(COMMENTS).await], [6, 0]);

    stage.run_now(ordered).await;
    assert_completed(&stage, ordered).await;
    assert_eq!((fake.predictions().len(), fake.requests_to(CHAT).len()), (6, 1 + 22));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_breaks_off_is_ordered_again() {
    let (fake, stage, ordered) = begun().await;
    let half = Answer::bytes(200, "image/png", picture_png(5, false)).truncated();
    fake.script("GET /files/2.png", vec![half; 3]);
    stage.work().await;
    order_is_retried(&stage, ordered, "out of order").await;
    assert_eq!(stage.count(PICTURES).await, 2);
    stage.run_now(ordered).await;
    assert_completed(&stage, ordered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_is_a_time_out_and_its_prediction_is_cancelled() {
    let (fake, stage, ordered) = begun().await;
    fake.script(THIRD, vec![Answer::hang(); 4]);
    stage.work().await;
    order_is_retried(&stage, ordered, "no answer within 1 s").await;
    assert_eq!(fake.requests_to(CANCEL)[0].path, "/v1/predictions/fake2/cancel");
    assert_eq!(fake.predictions()[2], "canceled");
    stage.run_now(ordered).await;
    assert_completed(&stage, ordered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_cancel_reaches_the_provider() {
    let (fake, stage, ordered) = begun().await;
    fake.slow_predictions(u32::MAX);
    let operator = async {
        fake.seen(LOOK, 2).await;
        let order = banto::steer::Order::Cancel(Select::ids([ordered.job]));
        let steer = Steer { order, by: "Taro".into(), preview: false };
        assert_eq!(stage.app.store().steer(steer).await.unwrap().asked, 1);
    };
    tokio::join!(stage.work(), operator);
    assert_eq!(fake.predictions(), ["canceled"]);
    assert_eq!(stage.job(ordered).await.state, State::Cancelled);
    let avatar = stage.avatar(ordered.avatar).await;
    assert_eq!(avatar.status, "failed");
    assert_eq!(avatar.detail.as_deref(), Some("cancelled by Taro"));
    assert_eq!((stage.count(CHARGES).await, stage.balance().await.held), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_must_stop_at_once_cancels_its_prediction_and_gives_the_job_back() {
    let (fake, stage, ordered) = begun().await;
    fake.slow_predictions(u32::MAX);
    let worker = work::worker(&stage.app, config());
    let stop = worker.stop();
    let told = async {
        fake.seen(LOOK, 2).await;
        stop.now("the machine goes down");
    };
    let (report, ()) = tokio::join!(work::work(&stage.app, worker), told);
    assert_eq!(report.unwrap().left, []);
    assert_eq!(fake.predictions(), ["canceled"]);
    let job = stage.job(ordered).await;
    assert_eq!((job.state, job.attempt, job.crashes), (State::Ready, 0, 0));
    fake.slow_predictions(1);
    stage.work().await;
    assert_completed(&stage, ordered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_background_removal_that_fails_never_pays_for_the_drawing_again() {
    let fake = Fake::start().await.unwrap();
    let stage = stage_in(house(), settings(&fake, "r8_right", "sk-right")).await;
    let look = Look { is_transparent: true, ..Look::from_seed(3) };
    let ordered = order::create(&stage.app, USER, look).await.unwrap();
    let limited = || Answer::json(429, &json!({"detail": "slow down"})).header("retry-after", "90");
    let busy = || Answer::bytes(503, "text/html", "<html>busy</html>");
    let drawings = "SELECT count(*) FROM avatar_drawings";
    for (turn, refusal) in [limited(), busy(), limited(), busy(), limited()].into_iter().enumerate() {
        fake.script(CUT_OUT, [refusal]);
        if turn == 0 {
            stage.work().await;
        } else {
            stage.run_now(ordered).await;
        }
        assert_eq!(stage.job(ordered).await.state, State::Scheduled, "turn {turn}");
        assert_eq!((fake.requests_to(DRAW).len(), stage.count(drawings).await), (1, 1), "turn {turn}");
    }
    stage.run_now(ordered).await;
    assert_completed(&stage, ordered).await;
    assert_eq!(fake.requests_to(DRAW).len(), 6, "as many drawings as pictures");
    assert_eq!(fake.requests_to(CUT_OUT).len(), 5 + 6);
    assert_eq!(stage.count("SELECT -sum(amount) FROM token_transactions WHERE run IS NOT NULL").await, 6 * 1_050 + 54);
    assert_eq!(stage.count(drawings).await, 0);
    assert!(files(&stage.folder.path().join("pictures")).iter().all(|file| !file.contains("drawn")), "drawings stay");
}

/// Every file below a folder.
fn files(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path.display().to_string()] }).collect()
}

/// Every setting without which the two providers cannot work.
const WANTED: [&str; 6] = [
    "OPENAI_API_KEY",
    "REPLICATE_API_TOKEN",
    "REPLICATE_MODEL_VERSION",
    "REPLICATE_MODEL_VERSION_V2",
    "REPLICATE_MODEL_VERSION_V3",
    "REPLICATE_TRANSPARENT_MODEL_VERSION",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_without_settings_names_all_of_them_and_does_not_start() {
    let stage = stage_in(house(), Settings::default()).await;
    let ordered = stage.order().await;
    let faults = work::worker(&stage.app, config()).start().await.unwrap_err();
    assert!(faults.0.iter().any(|fault| fault.contains(&WANTED.join(", "))), "{faults:?}");
    assert_eq!(stage.job(ordered).await.state, State::Ready);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_starts_anyway_parks_what_it_cannot_run() {
    let house = house();
    let stage = stage_in(house.clone(), Settings::default()).await;
    let ordered = stage.order().await;
    work::work(&stage.app, work::worker(&stage.app, Config { start_anyway: true, ..config() })).await.unwrap();
    let job = stage.job(ordered).await;
    assert_eq!((job.state, job.attempt), (State::Parked, 0));
    let park = job.park.unwrap();
    assert_eq!(park.cause, Cause::Missing);
    assert!(WANTED.iter().all(|name| park.text.contains(name)), "{}", park.text);
    assert_eq!(stage.avatar(ordered.avatar).await.status, "pending");

    let fake = Fake::start().await.unwrap();
    let cured = stage_in(house, settings(&fake, "r8_right", "sk-right")).await;
    cured.work_until_adopted(ordered).await;
    assert_completed(&cured, ordered).await;
}

/// What becomes of a job after one answer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    /// Another attempt, one is burned.
    Retry,
    /// It sleeps for so many seconds, nothing is burned.
    Snooze(i64),
    /// It waits for somebody, nothing is burned.
    Park,
    /// Its row is failed.
    Dead,
}

/// Every way in which providers fail, and what follows.
fn refusals() -> Vec<(&'static str, Answer, Then)> {
    let said = |status, detail: &str| Answer::json(status, &json!({"detail": detail, "error": {"message": detail}}));
    let page = || Answer::bytes(200, "text/html", "<html>maintenance</html>");
    vec![
        ("429 with seconds", said(429, "slow down").header("retry-after", "7"), Then::Snooze(7)),
        ("429 without", said(429, "slow down"), Then::Snooze(30)),
        ("401", said(401, "no such key"), Then::Park),
        ("402", said(402, "no money"), Then::Park),
        ("403", said(403, "not yours"), Then::Park),
        ("429 for money", said(429, "insufficient_quota"), Then::Park),
        ("500", said(500, "oops"), Then::Retry),
        ("503", said(503, "busy"), Then::Retry),
        ("529", said(529, "overloaded"), Then::Retry),
        ("a page", page(), Then::Retry),
        ("half a body", said(200, &"x".repeat(500)).truncated(), Then::Retry),
        ("hung up", Answer::hang_up(), Then::Retry),
        ("silence", Answer::hang(), Then::Retry),
        ("silence in the middle", said(200, &"x".repeat(500)).stalled(), Then::Retry),
        ("422", said(422, "input.seed: must be an integer"), Then::Dead),
    ]
}

async fn assert_follows(stage: &Stage, ordered: Ordered, then: Then, since: i64, told: &str) {
    let job = stage.job(ordered).await;
    let (state, burned, row) = match then {
        Then::Retry => (State::Scheduled, 1, "generating"),
        Then::Snooze(_) => (State::Scheduled, 0, "generating"),
        Then::Park => (State::Parked, 0, "generating"),
        Then::Dead => (State::Dead, 1, "failed"),
    };
    assert_eq!((job.state, job.attempt), (state, burned), "{told}: {:?}", job.error);
    assert_eq!(stage.avatar(ordered.avatar).await.status, row, "{told}");
    if let Then::Snooze(seconds) = then {
        let due = since + seconds * 1_000..=stage.app.now() + seconds * 1_000;
        assert!(due.contains(&job.run_at), "{told}: {} ms", job.run_at - since);
    }
}

/// What the answer at `route` leads to, and that all else is asked for once; `before` is what was drawn and written by then.
async fn each_answer_at(route: &str, is_transparent: bool, before: (usize, i64)) {
    let look = Look { is_transparent, ..Look::from_seed(3) };
    let price = if is_transparent { 6 * 1_050 + 54 } else { 6_054 };
    let each = refusals().into_iter().map(|(word, answer, then)| async move {
        let told = format!("{word} at {route}");
        let fake = Fake::start().await.unwrap();
        let stage = stage_in(house(), settings(&fake, "r8_right", "sk-right")).await;
        let ordered = order::create(&stage.app, USER, look).await.unwrap();
        fake.script(route, [answer]);
        let since = stage.app.now();
        stage.work().await;
        assert_follows(&stage, ordered, then, since, &told).await;
        let held = if then == Then::Dead { 0 } else { price };
        assert_eq!((stage.balance().await.held, stage.count(CHARGES).await), (held, 0), "{told}");
        assert_eq!(
            (fake.requests_to(DRAW).len(), stage.count(COMMENTS).await),
            before,
            "{told}: what was made is kept"
        );

        match then {
            Then::Retry | Then::Snooze(_) => stage.run_now(ordered).await,
            Then::Park => stage.work_until_adopted(ordered).await,
            Then::Dead => return,
        }
        assert_completed(&stage, ordered).await;
        let asked = [DRAW, CUT_OUT, CHAT].map(|all| (all, fake.requests_to(all).len()));
        let cuts = if is_transparent { 6 } else { 0 };
        let once = [(DRAW, 6), (CUT_OUT, cuts), (CHAT, 22)];
        let wanted = once.map(|(all, count)| (all, count + usize::from(route.starts_with(all))));
        assert_eq!(asked, wanted, "{told}: what was refused is asked for again, and nothing else");
        assert_eq!(stage.balance().await.free, 10_000 - price, "{told}");
    });
    futures_util::stream::iter(each).buffer_unordered(4).collect::<Vec<()>>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_to_a_drawing_has_its_own_end() {
    each_answer_at(DRAW, false, (1, 0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_to_a_cut_out_has_its_own_end_and_the_drawing_is_kept() {
    each_answer_at(CUT_OUT, true, (1, 0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_to_a_comment_in_the_middle_has_its_own_end_and_all_before_it_is_kept() {
    each_answer_at(&format!("{CHAT} グループを作成した時"), false, (6, 18)).await;
}
