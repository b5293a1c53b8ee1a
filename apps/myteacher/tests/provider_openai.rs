//! OpenAI's writer and painter over real HTTP, against a local server that speaks its public wire format.

#![cfg(test)]

use base64::{Engine, engine::general_purpose::STANDARD};
use myteacher::event::CommentEvent;
use myteacher::failure::Failure;
use myteacher::look::{Expression, Look, Picture, Pose};
use myteacher::port::{COMMENT_CHARS_MAX, PaintOrder, Painted, Painter, WriteOrder, Writer, Written};
use myteacher::provider::fake::{Answer, Fake, picture_png};
use myteacher::provider::openai::{OpenAiPainter, OpenAiWriter};
use myteacher::provider::settings::{OpenAiSettings, Settings};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const CHAT: &str = "POST /v1/chat/completions";
const DRAW: &str = "POST /v1/images/generations";
const EDIT: &str = "POST /v1/images/edits";
/// Not of a form that a mask would know.
const KEY: &str = "verysecret.of.no.known.form";
/// Sun, 06 Nov 1994 08:49:37 GMT.
const NOW_MS: i64 = 784_111_777_000;
const HAPPY: Picture = Picture { pose: Pose::Bust, expression: Expression::Happy };

fn settings(fake: &Fake) -> OpenAiSettings {
    let url = format!("{}/v1", fake.url());
    let lookup = |name: &str| match name {
        "OPENAI_API_KEY" => Some(KEY.to_owned()),
        "OPENAI_BASE_URL" => Some(url.clone()),
        _ => None,
    };
    Settings::from_env(lookup).unwrap().openai
}

fn writer(settings: OpenAiSettings) -> OpenAiWriter {
    OpenAiWriter::new(settings, Arc::new(|| NOW_MS)).unwrap()
}

fn painter(settings: OpenAiSettings) -> OpenAiPainter {
    OpenAiPainter::new(settings, Arc::new(|| NOW_MS)).unwrap()
}

fn comment() -> WriteOrder {
    WriteOrder::new(Look::default(), CommentEvent::TaskCompleted)
}

fn picture() -> PaintOrder {
    PaintOrder::new(Look { seed: 9, ..Look::default() }, HAPPY)
}

fn transparent() -> PaintOrder {
    PaintOrder::new(Look { is_transparent: true, ..Look::default() }, HAPPY)
}

/// A chat that says this, for 10 tokens in and 4 out.
fn chat(content: &str) -> Answer {
    let choice = json!({"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}});
    Answer::json(200, &json!({"choices": [choice], "usage": {"prompt_tokens": 10, "completion_tokens": 4}}))
}

/// An answer of OpenAI's own form of refusal.
fn error(status: u16, message: &str, kind: &str, code: Option<&str>) -> Answer {
    let error = json!({"message": message, "type": kind, "param": null, "code": code});
    Answer::json(status, &json!({ "error": error }))
}

/// What writing fails with when the chat is answered so.
async fn refused(answer: Answer) -> Failure {
    let fake = Fake::start().await.unwrap();
    fake.script(CHAT, [answer]);
    let failure = writer(settings(&fake)).write(&comment()).await.unwrap_err();
    assert_eq!(fake.requests().len(), 1, "a refusal is not answered by trying again");
    assert!(!failure.to_string().contains("verysecret") && !format!("{failure:?}").contains("verysecret"));
    failure
}

/// What painting fails with when the order is answered so.
async fn not_drawn(answer: Answer) -> Failure {
    let fake = Fake::start().await.unwrap();
    fake.script(DRAW, [answer]);
    painter(settings(&fake)).paint(&picture()).await.unwrap_err()
}

fn outage(failure: Failure) -> String {
    match failure {
        Failure::Outage { what } => what.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_comment_is_asked_for_in_the_teachers_own_voice() {
    let fake = Fake::start().await.unwrap();
    let written = writer(settings(&fake)).write(&comment()).await.unwrap();
    let expected =
        Written {
            text: "よく頑張りましたね。".into(), model: "gpt-4o-mini".into(), tokens_in: 120, tokens_out: 12
        };
    assert_eq!(written, expected);
    let request = &fake.requests()[0];
    assert_eq!(request.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    let body = request.json();
    assert_eq!((body["model"].as_str(), body["n"].as_u64()), (Some("gpt-4o-mini"), Some(1)));
    assert_eq!(body["max_completion_tokens"], 200);
    assert_eq!(
        (body["messages"][0]["role"].as_str(), body["messages"][1]["role"].as_str()),
        (Some("system"), Some("user"))
    );
    let told = body["messages"].to_string();
    for part in ["優しく包み込むように", "50文字以内", "タスクを完了した時", "嬉しい"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[tokio::test]
async fn all_22_comments_can_be_had() {
    let fake = Fake::start().await.unwrap();
    let writer = writer(settings(&fake));
    for &event in CommentEvent::ALL {
        writer.write(&WriteOrder::new(Look::default(), event)).await.unwrap();
    }
    assert_eq!(fake.requests_to(CHAT).len(), 22);
}

#[tokio::test]
async fn wrapping_is_taken_off_without_asking_again() {
    let fake = Fake::start().await.unwrap();
    fake.script(CHAT, [chat("「すばらしい!\n次も期待しています。」\n")]);
    let written = writer(settings(&fake)).write(&comment()).await.unwrap();
    assert_eq!(written.text, "すばらしい! 次も期待しています。");
    assert_eq!(fake.requests().len(), 1);
}

#[tokio::test]
async fn a_comment_that_is_too_long_is_asked_for_once_more_and_both_are_counted() {
    let fake = Fake::start().await.unwrap();
    fake.script(CHAT, [chat(&"長".repeat(51)), chat("これで丁度よいですね。")]);
    let written = writer(settings(&fake)).write(&comment()).await.unwrap();
    assert_eq!((written.text.as_str(), written.tokens_in, written.tokens_out), ("これで丁度よいですね。", 20, 8));
    let again = fake.requests()[1].json();
    let messages = again["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 4);
    assert_eq!(messages[2], json!({"role": "assistant", "content": "長".repeat(51)}));
    assert!(messages[3]["content"].as_str().unwrap().starts_with("51文字あり"), "{messages:?}");
}

#[tokio::test]
async fn a_comment_that_stays_too_long_is_cut() {
    let fake = Fake::start().await.unwrap();
    let endless = format!("一文目です。{}", "長".repeat(80));
    fake.script(CHAT, [chat(&endless), chat(&endless), chat(&"長".repeat(80)), chat(&"長".repeat(80))]);
    let writer = writer(settings(&fake));
    assert_eq!(writer.write(&comment()).await.unwrap().text, "一文目です。");
    let cut = writer.write(&comment()).await.unwrap().text;
    assert!(cut.chars().count() == COMMENT_CHARS_MAX && cut.ends_with('…'), "{cut}");
    assert_eq!(fake.requests().len(), 4, "it is asked again once, not for ever");
}

#[tokio::test]
async fn a_comment_in_another_language_is_asked_for_once_more() {
    let fake = Fake::start().await.unwrap();
    fake.script(CHAT, [chat("Well done!"), chat("よくできました。"), chat("Well done!"), chat("Very well done!")]);
    let writer = writer(settings(&fake));
    assert_eq!(writer.write(&comment()).await.unwrap().text, "よくできました。");
    let what = outage(writer.write(&comment()).await.unwrap_err());
    assert!(what.contains("no Japanese: Very well done!"), "{what}");
}

#[tokio::test]
async fn a_failure_of_the_second_question_is_told() {
    let fake = Fake::start().await.unwrap();
    fake.script(CHAT, [chat(&"長".repeat(51)), error(429, "slow down", "requests", None).header("retry-after", "2")]);
    let failure = writer(settings(&fake)).write(&comment()).await.unwrap_err();
    assert_eq!(failure, Failure::RateLimit { retry_after: Some(Duration::from_secs(2)) });
}

#[tokio::test]
async fn a_moderations_no_has_three_forms() {
    let message = |message: Value, finish_reason: &str| {
        Answer::json(200, &json!({"choices": [{"message": message, "finish_reason": finish_reason}]}))
    };
    let forms = [
        message(json!({"content": null, "refusal": "I cannot help with that."}), "stop"),
        message(json!({"content": "", "refusal": null}), "content_filter"),
        error(400, "The response was filtered", "invalid_request_error", Some("content_filter")),
    ];
    for form in forms {
        let failure = refused(form).await;
        assert!(matches!(failure, Failure::Moderation { .. }), "{failure:?}");
    }
}

#[tokio::test]
async fn too_many_requests_says_how_long_to_wait() {
    let limit = || error(429, "Rate limit reached for gpt-4o-mini", "requests", Some("rate_limit_exceeded"));
    let waits = [
        (limit().header("retry-after", "20").header("retry-after-ms", "19500"), 19_500),
        (limit().header("retry-after", "20"), 20_000),
        (limit().header("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT"), 30_000),
        (
            limit()
                .header("x-ratelimit-remaining-tokens", "0")
                .header("x-ratelimit-reset-tokens", "6m0s")
                .header("x-ratelimit-reset-requests", "120ms"),
            360_000,
        ),
    ];
    for (answer, ms) in waits {
        assert_eq!(refused(answer).await, Failure::RateLimit { retry_after: Some(Duration::from_millis(ms)) });
    }
    assert_eq!(refused(limit()).await, Failure::RateLimit { retry_after: None });
}

#[tokio::test]
async fn a_refused_key_or_an_empty_purse_waits_for_somebody() {
    let quota = "You exceeded your current quota, please check your plan and billing details.";
    let refusals = [
        error(401, &format!("Incorrect API key provided: {KEY}."), "invalid_request_error", Some("invalid_api_key")),
        error(403, "Country, region, or territory not supported", "request_forbidden", None),
        error(402, "Insufficient credits", "insufficient_quota", None),
        error(429, quota, "insufficient_quota", Some("credit_balance_exhausted")).header("retry-after", "1"),
        error(404, "The model `gpt-9` does not exist", "invalid_request_error", Some("model_not_found")),
    ];
    for answer in refusals {
        let failure = refused(answer).await;
        assert!(matches!(failure, Failure::Auth { .. }), "{failure:?}");
    }
}

#[tokio::test]
async fn an_order_that_is_wrong_is_told_in_the_servers_words() {
    let failure = refused(error(400, "'temperature' must be at most 1\n", "invalid_request_error", None)).await;
    assert!(
        matches!(&failure, Failure::BadAttribute { what } if what.as_str().contains("'temperature' must be at most 1\\n")),
        "{failure:?}"
    );
}

#[tokio::test]
async fn a_servers_trouble_is_an_outage() {
    for status in [500, 502, 503, 529] {
        let what = outage(refused(error(status, "The server had an error", "server_error", None)).await);
        assert!(what.contains(&status.to_string()), "{what}");
    }
    let page = format!("<html>{}</html>", "x".repeat(200_000));
    let what = outage(refused(Answer::bytes(502, "text/html", page)).await);
    assert!(what.chars().count() <= 200, "a page is cut: {what}");
}

#[tokio::test]
async fn what_is_no_answer_is_an_outage() {
    outage(refused(chat("よい").truncated()).await);
    outage(refused(Answer::hang_up()).await);
    assert!(outage(refused(Answer::bytes(200, "text/html", "<html>hi")).await).contains("<html>hi"));
    for empty in [json!({}), json!({"choices": []}), json!({"choices": [{}]}), json!({"choices": [{"message": {}}]})] {
        assert!(outage(refused(Answer::json(200, &empty)).await).contains("without a word"), "{empty}");
    }
    assert!(outage(refused(chat(" \n ")).await).contains("without a word"));
    let endless = "あ".repeat(100_000);
    assert!(outage(refused(chat(&endless)).await).contains("larger than 262144 bytes"));
}

#[tokio::test]
async fn what_is_not_known_is_passed_over() {
    let fake = Fake::start().await.unwrap();
    let odd = json!({"choices": [{"message": {"content": "はい、どうぞ。", "annotations": [7]}, "finish_reason": "eos"}],
        "service_tier": "on_demand", "usage": {"queue_time": 0.1}});
    fake.script(CHAT, [Answer::json(200, &odd)]);
    let written = writer(settings(&fake)).write(&comment()).await.unwrap();
    assert_eq!((written.text.as_str(), written.tokens_in, written.tokens_out), ("はい、どうぞ。", 0, 0));
}

#[tokio::test]
async fn silence_is_a_time_out() {
    for answer in [Answer::hang(), chat("よい").stalled()] {
        let fake = Fake::start().await.unwrap();
        fake.script(CHAT, [answer]);
        let mut settings = settings(&fake);
        settings.patience.read = Duration::from_millis(40);
        let failure = writer(settings).write(&comment()).await.unwrap_err();
        assert_eq!(failure, Failure::Timeout { after: Duration::from_millis(40) });
    }
}

#[tokio::test]
async fn a_picture_has_a_patience_of_its_own() {
    let fake = Fake::start().await.unwrap();
    fake.script(DRAW, [Answer::hang()]);
    let mut settings = settings(&fake);
    settings.image_patience.total = Duration::from_millis(30);
    let failure = painter(settings).paint(&picture()).await.unwrap_err();
    assert_eq!(failure, Failure::Timeout { after: Duration::from_millis(30) });
}

#[tokio::test]
async fn an_order_that_is_called_off_hangs_up() {
    let fake = Fake::start().await.unwrap();
    fake.script(CHAT, [Answer::hang()]);
    fake.script(DRAW, [Answer::hang()]);
    let (writer, painter) = (writer(settings(&fake)), painter(settings(&fake)));
    let (comment, picture) = (comment(), picture());
    let calling_off = async {
        fake.seen(CHAT, 1).await;
        comment.cancel.cancel();
        fake.seen(DRAW, 1).await;
        picture.cancel.cancel();
    };
    let (written, painted, ()) = tokio::join!(writer.write(&comment), painter.paint(&picture), calling_off);
    assert_eq!(written.unwrap_err(), Failure::CalledOff);
    assert_eq!(painted.unwrap_err(), Failure::CalledOff);
    assert_eq!(writer.write(&comment).await.unwrap_err(), Failure::CalledOff);
    assert_eq!(fake.requests().len(), 2, "an order called off before asks for nothing");
}

#[tokio::test]
async fn a_picture_is_painted_from_sentences() {
    let fake = Fake::start().await.unwrap();
    let painted = painter(settings(&fake)).paint(&picture()).await.unwrap();
    let expected = Painted { png: picture_png(0, false), model: "gpt-image-1".into(), seed: 9, cost_units: 1 };
    assert_eq!(painted, expected);
    let mut body = fake.requests()[0].json();
    let prompt = body["prompt"].take();
    let prompt = prompt.as_str().unwrap();
    assert!(prompt.contains("chestnut brown hair") && prompt.contains("laughing happily"), "{prompt}");
    assert!(prompt.contains("Nothing of this: nsfw"), "{prompt}");
    let rest = json!({"model": "gpt-image-1", "prompt": null, "n": 1, "size": "1024x1024", "output_format": "png",
        "background": "opaque"});
    assert_eq!(body, rest);
}

#[tokio::test]
async fn the_older_models_are_asked_in_their_own_way_and_their_file_is_loaded() {
    let fake = Fake::start().await.unwrap();
    let file = format!("{}/far.png", fake.url());
    fake.script(DRAW, [Answer::json(200, &json!({"data": [{"url": file, "revised_prompt": "x"}]}))]);
    fake.script("GET /far.png", [Answer::bytes(200, "image/png", picture_png(3, false))]);
    let settings = OpenAiSettings { image_model: "dall-e-3".into(), ..settings(&fake) };
    let painted = painter(settings).paint(&picture()).await.unwrap();
    assert_eq!((painted.png, painted.model.as_str()), (picture_png(3, false), "dall-e-3"));
    let body = fake.requests()[0].json();
    assert_eq!(body["response_format"], "b64_json");
    assert!(body.get("background").is_none() && body.get("output_format").is_none());
    assert_eq!(fake.requests()[1].header("authorization"), None);
}

#[tokio::test]
async fn a_picture_without_background_is_painted_so_and_not_paid_twice() {
    let fake = Fake::start().await.unwrap();
    let painter = painter(settings(&fake));
    let order = transparent();
    let painted = painter.paint(&order).await.unwrap();
    assert_eq!(fake.requests()[0].json()["background"], "transparent");
    let cut = painter.cut_out(&order, &painted).await.unwrap();
    assert_eq!((&cut.png, cut.cost_units), (&painted.png, 0));
    assert!(fake.requests_to(EDIT).is_empty());
}

#[tokio::test]
async fn a_background_that_is_there_is_removed() {
    let fake = Fake::start().await.unwrap();
    let painter = painter(settings(&fake));
    let painted = Painted { png: picture_png(3, false), model: "gpt-image-1".into(), seed: 9, cost_units: 1 };
    let cut = painter.cut_out(&transparent(), &painted).await.unwrap();
    assert_eq!((cut.png, cut.cost_units), (picture_png(0, true), 1));
    let body = fake.requests_to(EDIT)[0].json();
    assert_eq!((body["background"].as_str(), body["n"].as_u64()), (Some("transparent"), Some(1)));
    let image = body["images"][0]["image_url"].as_str().unwrap().strip_prefix("data:image/png;base64,").unwrap();
    assert_eq!(STANDARD.decode(image).unwrap(), painted.png);
}

#[tokio::test]
async fn a_picture_to_cut_out_that_is_broken_is_an_outage() {
    let fake = Fake::start().await.unwrap();
    let painted = Painted { png: b"no picture".to_vec(), model: String::new(), seed: 9, cost_units: 1 };
    let failure = painter(settings(&fake)).cut_out(&transparent(), &painted).await.unwrap_err();
    assert!(outage(failure).contains("cannot be decoded"));
}

#[tokio::test]
async fn a_painters_moderation_is_told_from_a_wrong_order() {
    let safety = "Your request was rejected as a result of our safety system. safety_violations=[sexual].";
    let no = [
        error(400, safety, "image_generation_user_error", Some("moderation_blocked")),
        error(400, safety, "invalid_request_error", Some("content_policy_violation")),
        error(400, safety, "invalid_request_error", None),
    ];
    for answer in no {
        let failure = not_drawn(answer).await;
        assert!(
            matches!(&failure, Failure::Moderation { reason } if reason.as_str().contains("rejected")),
            "{failure:?}"
        );
    }
    let wrong = not_drawn(error(400, "Invalid size '7x7'", "image_generation_user_error", Some("invalid_value"))).await;
    assert!(matches!(wrong, Failure::BadAttribute { .. }), "{wrong:?}");
    let paid =
        not_drawn(error(400, "Billing hard limit has been reached", "x", Some("billing_hard_limit_reached"))).await;
    assert!(matches!(paid, Failure::Auth { .. }), "{paid:?}");
}

#[tokio::test]
async fn an_answer_without_a_picture_is_an_outage() {
    let answers = [
        (json!({"data": []}), "has no picture"),
        (json!({}), "has no picture"),
        (json!({"data": [{}]}), "has no picture"),
        (json!({"data": [{"b64_json": "%%%"}]}), "no base64"),
        (json!({"data": [{"b64_json": "PGh0bWw+"}]}), "begins with \"<html>\""),
        (json!({"data": [{"url": "http://192.0.2.1/x.png"}]}), "not loaded by https"),
    ];
    for (answer, part) in answers {
        let what = outage(not_drawn(Answer::json(200, &answer)).await);
        assert!(what.contains(part), "{what}");
    }
}

#[tokio::test]
async fn an_answer_has_a_largest_size() {
    let huge = "A".repeat(15 * 1024 * 1024);
    let what = outage(not_drawn(Answer::json(200, &json!({"data": [{"b64_json": huge}]}))).await);
    assert!(what.contains("the answer is larger than"), "{what}");
}

#[tokio::test]
async fn the_key_is_not_carried_to_another_host() {
    let other = Fake::start().await.unwrap();
    let failure = refused(Answer::redirect(307, &format!("{}/v1/chat/completions", other.url()))).await;
    assert!(outage(failure).contains("where our key does not go"));
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_missing_key_is_named_and_nothing_is_asked() {
    let fake = Fake::start().await.unwrap();
    let bare = OpenAiSettings { key: None, ..settings(&fake) };
    let (writer, painter) = (writer(bare.clone()), painter(bare));
    assert_eq!(writer.missing(), ["OPENAI_API_KEY"]);
    assert_eq!(painter.missing(), ["OPENAI_API_KEY"]);
    let missing = Failure::MissingSetting { names: vec!["OPENAI_API_KEY".into()] };
    let painted = Painted { png: picture_png(1, false), model: String::new(), seed: 1, cost_units: 1 };
    assert_eq!(writer.write(&comment()).await.unwrap_err(), missing);
    assert_eq!(painter.paint(&picture()).await.unwrap_err(), missing);
    assert_eq!(painter.cut_out(&transparent(), &painted).await.unwrap_err(), missing);
    assert!(fake.requests().is_empty());
}

#[tokio::test]
async fn with_its_key_nothing_is_missing_and_no_key_is_shown() {
    let fake = Fake::start().await.unwrap();
    let (writer, painter) = (writer(settings(&fake)), painter(settings(&fake)));
    assert!(writer.missing().is_empty() && painter.missing().is_empty());
    assert_eq!((writer.name(), painter.name()), ("openai", "openai"));
    for shown in [format!("{writer:#?}"), format!("{painter:#?}")] {
        assert!(shown.contains("gpt-4o-mini") && !shown.contains("verysecret"), "{shown}");
    }
}
