//! Replicate over real HTTP, against a local server that speaks its public wire format.

#![cfg(test)]

use myteacher::failure::Failure;
use myteacher::look::{DrawModelVersion, Expression, Look, Picture, Pose};
use myteacher::port::{PaintOrder, Painted, Painter};
use myteacher::provider::fake::{Answer, Fake, black_png, picture_png};
use myteacher::provider::replicate::Replicate;
use myteacher::provider::settings::{ReplicateSettings, Settings};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const CREATE: &str = "POST /v1/predictions";
const LOOK: &str = "GET /v1/predictions/*";
const CANCEL: &str = "POST /v1/predictions/*/cancel";
const FILE: &str = "GET /files/*";
const TOKEN: &str = "r8_verysecret";
/// Sun, 06 Nov 1994 08:49:37 GMT.
const NOW_MS: i64 = 784_111_777_000;
const BUST: Picture = Picture { pose: Pose::Bust, expression: Expression::Normal };

fn settings(fake: &Fake) -> ReplicateSettings {
    let url = fake.url();
    let lookup = |name: &str| {
        let value = match name {
            "REPLICATE_API_TOKEN" => TOKEN,
            "REPLICATE_API_BASE_URL" => &url,
            "REPLICATE_MODEL_VERSION" => "cjwbw/anything-v4.0:42a9",
            "REPLICATE_MODEL_VERSION_V2" => "cjwbw/animagine-xl-3.1:6afe",
            "REPLICATE_MODEL_VERSION_V3" => "stability-ai/stable-diffusion-3.5-medium",
            "REPLICATE_TRANSPARENT_MODEL_VERSION" => "cjwbw/rembg:fb8a",
            "REPLICATE_POLLING_INTERVAL" => "0.001",
            _ => return None,
        };
        Some(value.to_owned())
    };
    Settings::from_env(lookup).unwrap().replicate
}

fn painter(settings: ReplicateSettings) -> Replicate {
    Replicate::new(settings, Arc::new(|| NOW_MS)).unwrap()
}

async fn house() -> (Fake, Replicate) {
    let fake = Fake::start().await.unwrap();
    let painter = painter(settings(&fake));
    (fake, painter)
}

fn order() -> PaintOrder {
    PaintOrder::new(Look { seed: 77, ..Look::default() }, BUST)
}

/// What painting fails with when the creation is answered so.
async fn refused(answer: Answer) -> Failure {
    let (fake, painter) = house().await;
    fake.script(CREATE, [answer]);
    let failure = painter.paint(&order()).await.unwrap_err();
    assert_eq!(fake.requests().len(), 1, "a refusal is not answered by trying again");
    assert!(!failure.to_string().contains("verysecret") && !format!("{failure:?}").contains("verysecret"));
    failure
}

/// What painting fails with when the prediction ends so.
async fn ended(end: Value) -> Failure {
    let (fake, painter) = house().await;
    fake.script(LOOK, [Answer::json(200, &end)]);
    painter.paint(&order()).await.unwrap_err()
}

fn outage(failure: Failure) -> String {
    match failure {
        Failure::Outage { what } => what.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_picture_is_ordered_watched_and_loaded() {
    let (fake, painter) = house().await;
    let painted = painter.paint(&order()).await.unwrap();
    let expected = Painted { png: picture_png(77, false), model: "anything-v4.0".into(), seed: 77, cost_units: 1 };
    assert_eq!(painted, expected);

    let asked: Vec<String> =
        fake.requests().iter().map(|request| format!("{} {}", request.method, request.path)).collect();
    let look = "GET /v1/predictions/fake0";
    assert_eq!(asked, ["POST /v1/predictions", look, look, "GET /files/0.png"]);

    let creation = &fake.requests()[0];
    assert_eq!(creation.header("authorization"), Some("Bearer r8_verysecret"));
    assert_eq!(creation.header("content-type"), Some("application/json"));
    assert_eq!(creation.header("cancel-after"), Some("5s"));
    assert_eq!(creation.header("prefer"), None);
    let mut body = creation.json();
    let prompt = body["input"]["prompt"].take();
    let negative = body["input"]["negative_prompt"].take();
    assert!(prompt.as_str().unwrap().contains("(brown_hair:1.2), medium_hair"), "{prompt}");
    assert!(negative.as_str().unwrap().contains("nsfw"), "{negative}");
    let rest = json!({"version": "cjwbw/anything-v4.0:42a9", "input": {
        "prompt": null, "negative_prompt": null, "seed": 77, "width": 512, "height": 512, "num_outputs": 1,
        "guidance_scale": 7.5, "num_inference_steps": 50,
    }});
    assert_eq!(body, rest);
    assert_eq!(fake.requests()[3].header("authorization"), None, "the key does not go to the store of files");
}

#[tokio::test]
async fn a_slow_prediction_is_watched_to_its_end() {
    let (fake, painter) = house().await;
    fake.slow_predictions(20);
    painter.paint(&order()).await.unwrap();
    assert_eq!(fake.requests_to(LOOK).len(), 21);
    assert_eq!(fake.predictions(), ["succeeded"]);
}

#[tokio::test]
async fn a_prediction_that_is_done_at_once_is_not_looked_at() {
    let (fake, painter) = house().await;
    fake.slow_predictions(0);
    painter.paint(&order()).await.unwrap();
    let file = format!("{}/files/0.png", fake.url());
    fake.script(CREATE, [Answer::json(201, &json!({"id": "x", "status": "succeeded", "output": file}))]);
    painter.paint(&order()).await.unwrap();
    assert_eq!(fake.requests_to(LOOK).len(), 1, "the first only");
}

#[tokio::test]
async fn each_model_runs_its_own_version_in_its_own_style() {
    let (fake, painter) = house().await;
    for &draw_model_version in DrawModelVersion::ALL {
        let look = Look { draw_model_version, ..Look::default() };
        let painted = painter.paint(&PaintOrder::new(look, BUST)).await.unwrap();
        assert_eq!(painted.model, draw_model_version.as_str());
    }
    let bodies: Vec<Value> = fake.requests_to(CREATE).iter().map(|request| request.json()).collect();
    let versions: Vec<&str> = bodies.iter().map(|body| body["version"].as_str().unwrap()).collect();
    assert_eq!(
        versions,
        ["cjwbw/anything-v4.0:42a9", "cjwbw/animagine-xl-3.1:6afe", "stability-ai/stable-diffusion-3.5-medium"]
    );
    assert!(bodies[1]["input"]["prompt"].as_str().unwrap().contains("brown_eyes"));
    assert!(bodies[2]["input"]["prompt"].as_str().unwrap().contains("brown eyes"));
    assert_eq!(bodies[2]["input"]["aspect_ratio"], "1:1");
    assert_eq!(bodies[2]["input"]["output_format"], "png");
    assert_eq!(bodies[1]["input"].get("aspect_ratio"), None);
}

#[tokio::test]
async fn a_surprised_face_gets_more_steps_from_the_newer_model_alone() {
    let (fake, painter) = house().await;
    let surprised = Picture { pose: Pose::Bust, expression: Expression::Surprised };
    for draw_model_version in [DrawModelVersion::StableDiffusion35Medium, DrawModelVersion::AnythingV4] {
        let look = Look { draw_model_version, ..Look::default() };
        painter.paint(&PaintOrder::new(look, surprised)).await.unwrap();
    }
    let inputs: Vec<Value> = fake.requests_to(CREATE).iter().map(|request| request.json()["input"].take()).collect();
    let told = |input: &Value| (input["num_inference_steps"].as_u64(), input["guidance_scale"].as_f64());
    assert_eq!(told(&inputs[0]), (Some(90), Some(8.5)));
    assert_eq!((inputs[0]["steps"].as_u64(), inputs[0]["cfg"].as_f64()), (Some(50), Some(8.5)));
    assert_eq!(told(&inputs[1]), (Some(50), Some(7.5)));
}

#[tokio::test]
async fn a_softer_order_is_said_more_softly() {
    let (fake, painter) = house().await;
    let happy = Picture { pose: Pose::Bust, expression: Expression::Happy };
    for softness in 0..=3 {
        painter.paint(&PaintOrder { softness, ..PaintOrder::new(Look::default(), happy) }).await.unwrap();
    }
    let prompt = |request: &myteacher::provider::fake::Request| request.json()["input"]["prompt"].to_string();
    let prompts: Vec<String> = fake.requests_to(CREATE).iter().map(prompt).collect();
    assert!(prompts[0].contains("(open_mouth:1.3)"), "{}", prompts[0]);
    assert!(!prompts[1].contains("open_mouth") && prompts[1].contains("(happy:1.3)"), "{}", prompts[1]);
    assert!(prompts[2].contains(", happy,"), "{}", prompts[2]);
    assert!(!prompts[3].contains("happy") && prompts[3].contains("calm"), "{}", prompts[3]);
}

#[tokio::test]
async fn a_background_is_removed_from_the_very_picture() {
    let (fake, painter) = house().await;
    let painted = painter.paint(&order()).await.unwrap();
    let cut = painter.cut_out(&order(), &painted).await.unwrap();
    assert_eq!((cut.model.as_str(), cut.seed, cut.cost_units), ("rembg", 77, 1));
    assert_eq!(cut.png, picture_png(1, true));
    let body = fake.requests_to(CREATE)[1].json();
    assert_eq!(body["version"], "cjwbw/rembg:fb8a");
    let image = body["input"]["image"].as_str().unwrap();
    // The first bytes of every PNG, in base64.
    assert!(image.starts_with("data:image/png;base64,iVBORw0KGgo"), "{}", &image[..60]);
    assert_eq!(body["input"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn too_many_requests_says_how_long_to_wait() {
    let throttled = json!({"detail": "Request was throttled. Your rate limit resets in ~30s.", "status": 429});
    let answer = || Answer::json(429, &throttled);
    let waits = [
        (answer().header("retry-after", "12"), 12_000),
        (answer().header("retry-after", "Sun, 06 Nov 1994 08:51:07 GMT"), 90_000),
        (answer().header("x-ratelimit-reset-requests", "1m2s"), 62_000),
        (answer(), 30_000),
    ];
    for (answer, ms) in waits {
        let wait = Some(Duration::from_millis(ms));
        assert_eq!(refused(answer).await, Failure::RateLimit { retry_after: wait });
    }
    let bare = Answer::json(429, &json!({"detail": "Too many requests"}));
    assert_eq!(refused(bare).await, Failure::RateLimit { retry_after: None });
}

#[tokio::test]
async fn a_refused_token_or_an_empty_purse_waits_for_somebody() {
    let refusals = [
        (401, "Unauthenticated", "You did not pass a valid authentication token: r8_verysecret"),
        (403, "Forbidden", "This token may not do this."),
        (402, "Insufficient credit", "You have insufficient credit to run this model."),
        (404, "Not found", "The requested resource could not be found."),
        (422, "Invalid version or not permitted", "The specified version does not exist"),
    ];
    for (status, title, detail) in refusals {
        let answer = Answer::json(status, &json!({"title": title, "detail": detail, "status": status}));
        let failure = refused(answer).await;
        let Failure::Auth { what } = &failure else { panic!("{status}: {failure:?}") };
        assert!(what.as_str().contains(&status.to_string()), "{what}");
    }
}

#[tokio::test]
async fn an_order_that_is_wrong_is_told_in_the_servers_words() {
    let body = json!({"title": "Input validation failed", "detail": "- input.seed: Must be at most 5\n", "status": 422,
        "invalid_fields": [{"field": "input.seed"}]});
    let failure = refused(Answer::json(422, &body)).await;
    assert!(
        matches!(&failure, Failure::BadAttribute { what } if what.as_str().contains("input.seed: Must be at most 5")),
        "{failure:?}"
    );
}

#[tokio::test]
async fn a_servers_trouble_is_an_outage() {
    for status in [500, 502, 503, 504] {
        let page = Answer::bytes(status, "text/html", "<html>bad\u{1b}gateway</html>");
        let what = outage(refused(page).await);
        assert!(what.contains(&status.to_string()) && what.contains("bad\\u{1b}gateway"), "{what}");
    }
}

#[tokio::test]
async fn what_is_no_answer_is_an_outage() {
    let started = json!({"id": "x", "status": "starting"});
    assert!(outage(refused(Answer::json(201, &started).truncated()).await).contains("body"));
    assert!(outage(refused(Answer::bytes(201, "application/json", "{\"id\": 7")).await).contains("{\"id\": 7"));
    assert!(outage(refused(Answer::json(201, &json!({"status": "starting"}))).await).contains("missing field `id`"));
    outage(refused(Answer::hang_up()).await);
    // A refusal is understood even if its words break off.
    let limit =
        refused(Answer::json(429, &json!({"detail": "slow down"})).header("retry-after", "3").truncated()).await;
    assert_eq!(limit, Failure::RateLimit { retry_after: Some(Duration::from_secs(3)) });
}

#[tokio::test]
async fn nobody_at_the_door_is_an_outage() {
    let fake = Fake::start().await.unwrap();
    let mut settings = settings(&fake);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    settings.address = format!("http://{closed}").parse().unwrap();
    let what = outage(painter(settings).paint(&order()).await.unwrap_err());
    assert!(what.contains("refused"), "{what}");
}

#[tokio::test]
async fn silence_is_a_time_out() {
    let started = json!({"id": "x", "status": "starting"});
    for answer in [Answer::hang(), Answer::json(201, &started).stalled()] {
        let fake = Fake::start().await.unwrap();
        fake.script(CREATE, [answer]);
        let mut settings = settings(&fake);
        settings.patience.read = Duration::from_millis(40);
        let failure = painter(settings).paint(&order()).await.unwrap_err();
        assert_eq!(failure, Failure::Timeout { after: Duration::from_millis(40) });
    }
}

#[tokio::test]
async fn an_exchange_has_a_limit_as_a_whole() {
    let fake = Fake::start().await.unwrap();
    fake.script(CREATE, [Answer::hang()]);
    let mut settings = settings(&fake);
    settings.patience.total = Duration::from_millis(30);
    let failure = painter(settings).paint(&order()).await.unwrap_err();
    assert_eq!(failure, Failure::Timeout { after: Duration::from_millis(30) });
}

#[tokio::test]
async fn a_moderations_no_is_told_from_a_breakdown() {
    let no = [
        json!({"id": "fake0", "status": "failed", "error": "NSFW content detected. Try running it again."}),
        json!({"id": "fake0", "status": "failed", "error": "The input or output was flagged as sensitive. (E005)"}),
        json!({"id": "fake0", "status": "failed", "error": null, "logs": "step 50\nsafety checker: content hidden\n"}),
        json!({"id": "fake0", "status": "succeeded", "output": [], "logs": "NSFW content was detected in all outputs\n"}),
    ];
    for end in no {
        let failure = ended(end.clone()).await;
        assert!(matches!(failure, Failure::Moderation { .. }), "{end}: {failure:?}");
    }
    let breakdowns = [
        (json!({"id": "fake0", "status": "failed", "error": "CUDA out of memory"}), "CUDA out of memory"),
        (json!({"id": "fake0", "status": "failed", "error": null}), "no reason given"),
        (json!({"id": "fake0", "status": format!("cancel{}", "ed")}), "ended as \"cancel"),
        (json!({"id": "fake0", "status": "aborted"}), "ended as \"aborted\""),
        (json!({"id": "fake0", "status": "succeeded", "output": null}), "made no file"),
    ];
    for (end, part) in breakdowns {
        let what = outage(ended(end).await);
        assert!(what.contains(part), "{what}");
    }
}

#[tokio::test]
async fn a_black_picture_is_a_moderations_no_too() {
    let (fake, painter) = house().await;
    fake.script(FILE, [Answer::bytes(200, "image/png", black_png())]);
    let failure = painter.paint(&order()).await.unwrap_err();
    assert!(matches!(failure, Failure::Moderation { .. }), "{failure:?}");
}

#[tokio::test]
async fn what_is_not_known_is_passed_over() {
    let (fake, painter) = house().await;
    let odd =
        json!({"id": "fake0", "status": "warming-up", "deadline": "soon", "metrics": [1], "error": {}, "logs": 5});
    fake.script(LOOK, [Answer::json(200, &odd)]);
    painter.paint(&order()).await.unwrap();
}

#[tokio::test]
async fn a_look_that_fails_in_passing_is_tried_again() {
    let (fake, painter) = house().await;
    let passing = [
        Answer::json(500, &json!({})),
        Answer::json(200, &json!({"id": "fake0"})).truncated(),
        Answer::json(429, &json!({})).header("retry-after", "0"),
        Answer::json(200, &json!({"id": "fake0", "status": "processing"})),
        Answer::json(404, &json!({"detail": "not there yet"})),
        Answer::hang_up(),
        Answer::bytes(200, "application/json", "oops"),
    ];
    fake.script(LOOK, passing);
    painter.paint(&order()).await.unwrap();
    assert!(fake.requests_to(CANCEL).is_empty());
}

#[tokio::test]
async fn looks_that_keep_failing_end_the_prediction() {
    let (fake, painter) = house().await;
    fake.script(LOOK, (0..4).map(|_| Answer::json(503, &json!({"detail": "down"}))));
    let what = outage(painter.paint(&order()).await.unwrap_err());
    assert!(what.contains("503"), "{what}");
    assert_eq!(fake.predictions(), [cancelled()]);
}

#[tokio::test]
async fn a_token_that_is_withdrawn_while_it_runs_is_auth_at_once() {
    let (fake, painter) = house().await;
    fake.script(LOOK, [Answer::json(401, &json!({"title": "Unauthenticated"}))]);
    let failure = painter.paint(&order()).await.unwrap_err();
    assert!(matches!(failure, Failure::Auth { .. }), "{failure:?}");
    assert_eq!((fake.requests_to(LOOK).len(), fake.requests_to(CANCEL).len()), (1, 1));
}

/// As Replicate spells it.
fn cancelled() -> String {
    format!("cancel{}", "ed")
}

#[tokio::test]
async fn a_prediction_that_takes_too_long_is_cancelled() {
    let fake = Fake::start().await.unwrap();
    fake.slow_predictions(1000);
    let settings = ReplicateSettings { polls_max: 3, ..settings(&fake) };
    let failure = painter(settings).paint(&order()).await.unwrap_err();
    assert_eq!(failure, Failure::Timeout { after: Duration::from_millis(3) });
    assert_eq!(fake.requests_to(LOOK).len(), 3);
    let cancels = fake.requests_to(CANCEL);
    assert_eq!(cancels.len(), 1);
    assert_eq!(cancels[0].path, "/v1/predictions/fake0/cancel");
    assert_eq!(cancels[0].header("authorization"), Some("Bearer r8_verysecret"));
    assert_eq!(fake.predictions(), [cancelled()]);
}

#[tokio::test]
async fn a_cancel_that_fails_does_not_hide_the_time_out() {
    let fake = Fake::start().await.unwrap();
    fake.slow_predictions(1000);
    fake.script(CANCEL, [Answer::json(500, &json!({}))]);
    let settings = ReplicateSettings { polls_max: 1, ..settings(&fake) };
    let failure = painter(settings).paint(&order()).await.unwrap_err();
    assert!(matches!(failure, Failure::Timeout { .. }), "{failure:?}");
}

#[tokio::test]
async fn the_deadline_told_to_replicate_is_the_time_we_wait() {
    let fake = Fake::start().await.unwrap();
    fake.script(CREATE, [Answer::json(500, &json!({})), Answer::json(500, &json!({}))]);
    for (seconds, polls_max) in [(10, 60), (60, 1000)] {
        let poll_interval = Duration::from_secs(seconds);
        let settings = ReplicateSettings { poll_interval, polls_max, ..settings(&fake) };
        outage(painter(settings).paint(&order()).await.unwrap_err());
    }
    let deadlines: Vec<_> =
        fake.requests().iter().map(|request| request.header("cancel-after").unwrap().to_owned()).collect();
    assert_eq!(deadlines, ["601s", "1800s"]);
}

#[tokio::test]
async fn an_order_that_is_called_off_cancels_its_prediction() {
    let (fake, painter) = house().await;
    fake.slow_predictions(u32::MAX);
    let order = order();
    let painting = painter.paint(&order);
    let calling_off = async {
        fake.seen(LOOK, 2).await;
        order.cancel.cancel();
    };
    let (painted, ()) = tokio::join!(painting, calling_off);
    assert_eq!(painted.unwrap_err(), Failure::CalledOff);
    assert_eq!(fake.predictions(), [cancelled()]);
}

#[tokio::test]
async fn an_order_called_off_during_its_creation_cancels_what_comes_of_it() {
    let (fake, painter) = house().await;
    let release = CancellationToken::new();
    let late = Answer::json(201, &json!({"id": "late", "status": "starting"})).held(release.clone());
    fake.script(CREATE, [late]);
    let order = order();
    let calling_off = async {
        fake.seen(CREATE, 1).await;
        order.cancel.cancel();
    };
    let (painted, ()) = tokio::join!(painter.paint(&order), calling_off);
    assert_eq!(painted.unwrap_err(), Failure::CalledOff);
    release.cancel();
    let cancels = fake.seen(CANCEL, 1).await;
    assert_eq!(cancels[0].path, "/v1/predictions/late/cancel");
}

#[tokio::test]
async fn an_order_that_is_dropped_leaves_no_prediction_running() {
    let (fake, painter) = house().await;
    fake.slow_predictions(u32::MAX);
    let order = order();
    tokio::select! {
        painted = painter.paint(&order) => panic!("{painted:?}"),
        _ = fake.seen(LOOK, 1) => {}
    }
    fake.seen(CANCEL, 1).await;
    assert_eq!(fake.predictions(), [cancelled()]);
}

#[tokio::test]
async fn an_order_called_off_before_it_begins_asks_for_nothing() {
    let (fake, painter) = house().await;
    let order = order();
    order.cancel.cancel();
    assert_eq!(painter.paint(&order).await.unwrap_err(), Failure::CalledOff);
    assert!(fake.requests().is_empty());
}

#[tokio::test]
async fn a_file_is_asked_for_again_before_the_picture_is_given_up() {
    let (fake, painter) = house().await;
    fake.script(
        FILE,
        [Answer::json(500, &json!({})), Answer::bytes(200, "image/png", picture_png(1, false)).truncated()],
    );
    painter.paint(&order()).await.unwrap();
    assert_eq!((fake.requests_to(FILE).len(), fake.requests_to(CREATE).len()), (3, 1));

    fake.script(FILE, (0..3).map(|_| Answer::json(403, &json!({"detail": "expired"}))));
    let what = outage(painter.paint(&order()).await.unwrap_err());
    assert!(what.contains("loading the file was answered with 403"), "{what}");
}

#[tokio::test]
async fn an_order_is_called_off_while_its_file_is_loaded() {
    let (fake, painter) = house().await;
    fake.script(FILE, [Answer::hang()]);
    let order = order();
    let calling_off = async {
        fake.seen(FILE, 1).await;
        order.cancel.cancel();
    };
    let (painted, ()) = tokio::join!(painter.paint(&order), calling_off);
    assert_eq!(painted.unwrap_err(), Failure::CalledOff);
    assert!(fake.requests_to(CANCEL).is_empty(), "it is over already");
}

#[tokio::test]
async fn a_file_that_is_no_picture_is_an_outage() {
    let (fake, painter) = house().await;
    fake.script(FILE, [Answer::bytes(200, "image/png", "<html>hello</html>")]);
    assert!(outage(painter.paint(&order()).await.unwrap_err()).contains("<html>hello"));
    let too_large = Answer::bytes(200, "image/png", vec![0; 10 * 1024 * 1024 + 1]);
    for answer in [too_large.clone(), too_large.without_length()] {
        fake.script(FILE, (0..3).map(|_| answer.clone()));
        assert!(outage(painter.paint(&order()).await.unwrap_err()).contains("larger than 10485760 bytes"));
    }
}

#[tokio::test]
async fn the_key_is_not_carried_to_another_host() {
    let (fake, painter) = house().await;
    let other = Fake::start().await.unwrap();
    for status in [301, 302, 303, 307, 308] {
        fake.script(CREATE, [Answer::redirect(status, &format!("{}/v1/predictions", other.url()))]);
        let what = outage(painter.paint(&order()).await.unwrap_err());
        assert!(what.contains("where our key does not go") && what.contains(&other.url()), "{what}");
    }
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_file_may_have_moved_and_is_loaded_without_the_key() {
    let (fake, painter) = house().await;
    let other = Fake::start().await.unwrap();
    other.script("GET /far.png", [Answer::bytes(200, "image/png", picture_png(5, false))]);
    fake.script(FILE, [Answer::redirect(302, &format!("{}/far.png", other.url()))]);
    assert_eq!(painter.paint(&order()).await.unwrap().png, picture_png(5, false));
    assert_eq!(other.requests()[0].header("authorization"), None);
}

#[tokio::test]
async fn a_file_is_not_loaded_in_clear_from_elsewhere() {
    for file in ["http://192.0.2.1/x.png", "file:///etc/passwd", "x.png", "data:image/png;base64,AAAA"] {
        let end = json!({"id": "fake0", "status": "succeeded", "output": [file]});
        let what = outage(ended(end).await);
        assert!(what.contains("not loaded by https") && what.contains(file), "{what}");
    }
    let (fake, painter) = house().await;
    fake.script(FILE, (0..3).map(|_| Answer::redirect(302, "http://192.0.2.1/x.png")));
    assert!(outage(painter.paint(&order()).await.unwrap_err()).contains("302"));
}

#[tokio::test]
async fn whatever_is_missing_is_named_and_nothing_is_asked() {
    let fake = Fake::start().await.unwrap();
    let mut bare = Settings::default().replicate;
    bare.address = fake.url().parse().unwrap();
    let painter = painter(bare);
    assert_eq!(
        painter.missing(),
        [
            "REPLICATE_API_TOKEN",
            "REPLICATE_MODEL_VERSION",
            "REPLICATE_MODEL_VERSION_V2",
            "REPLICATE_MODEL_VERSION_V3",
            "REPLICATE_TRANSPARENT_MODEL_VERSION",
        ]
    );
    let names = |failure: Failure| match failure {
        Failure::MissingSetting { names } => names,
        other => panic!("{other:?}"),
    };
    let painted = Painted { png: Vec::new(), model: String::new(), seed: 1, cost_units: 1 };
    assert_eq!(names(painter.paint(&order()).await.unwrap_err()), ["REPLICATE_API_TOKEN", "REPLICATE_MODEL_VERSION"]);
    assert_eq!(
        names(painter.cut_out(&order(), &painted).await.unwrap_err()),
        ["REPLICATE_API_TOKEN", "REPLICATE_TRANSPARENT_MODEL_VERSION"]
    );
    assert!(fake.requests().is_empty());
}

#[tokio::test]
async fn a_painter_with_everything_misses_nothing_and_shows_no_key() {
    let (_fake, painter) = house().await;
    assert!(painter.missing().is_empty());
    assert_eq!(painter.name(), "replicate");
    let shown = format!("{painter:#?}");
    assert!(shown.contains("anything-v4.0:42a9") && !shown.contains("verysecret"), "{shown}");
}
