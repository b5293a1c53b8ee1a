//! `kill -9` in the middle of one avatar, at places that a server of Replicate's format chooses.

use std::process::Command;

use myteacher::provider::fake::{Answer, Fake};

use super::house::{House, Worker};

const CREATE: &str = "POST /v1/predictions";

/// Has a command paint by that server.
pub fn on(fake: &Fake, command: &mut Command) {
    command.env("MYTEACHER_PAINTER", "replicate").env("REPLICATE_API_BASE_URL", fake.url());
    command.env("REPLICATE_API_TOKEN", "r8_right").env("REPLICATE_POLLING_INTERVAL", "0.005");
    command.env("REPLICATE_MAX_POLLING_ATTEMPTS", "100000");
    for name in ["", "_V2", "_V3"] {
        command.env(format!("REPLICATE_MODEL_VERSION{name}"), "owner/model:1");
    }
    command.env("REPLICATE_TRANSPARENT_MODEL_VERSION", "owner/rembg:1");
}

/// A worker whose painter is that server.
fn painting(house: &House, fake: &Fake) -> Worker {
    house.worker_with("", |command| on(fake, command))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_whose_checkpoint_is_durable_is_never_paid_for_again() {
    let (house, fake) = (House::lived_in(), Fake::start().await.unwrap());
    let (id, job) = house.create("--seed 3");
    // Of the third picture the worker hears nothing more; then, in its next life, of the file of the fourth.
    fake.script("GET /v1/predictions/fake2", [Answer::hang()]);
    fake.script("GET /files/4.png", [Answer::hang()]);
    for (route, pictures) in [("GET /v1/predictions/fake2", 2), ("GET /files/4.png", 3)] {
        let worker = painting(&house, &fake);
        fake.seen(route, 1).await;
        worker.dies();
        assert_eq!(
            house.one::<i64>(&format!("SELECT count(*) FROM avatar_images WHERE teacher_avatar_id = {id}")),
            pictures
        );
        assert_eq!(house.avatar(id)["avatar"]["status"], "generating");
    }
    let kept: String =
        house.one("SELECT group_concat(path || created_at) FROM avatar_images WHERE teacher_avatar_id = 2");

    let mut worker = painting(&house, &fake);
    while worker.hears("ended")["job"] != job.as_str() {}
    worker.stops();
    let shown = house.avatar(id);
    assert_eq!(shown["avatar"]["status"], "completed");
    assert_eq!(shown["made"]["pictures"].as_array().unwrap().len(), 6);
    assert_eq!(fake.requests_to(CREATE).len(), 6 + 2, "each crash costs the one picture that was under way");
    let now: String =
        house.one("SELECT group_concat(path || created_at) FROM avatar_images WHERE teacher_avatar_id = 2");
    assert!(now.starts_with(&kept), "{now} does not begin with {kept}");
    let record = house.job(&job);
    assert_eq!((&record["crashes"], &record["attempt"]), (&2.into(), &1.into()));
    let run = shown["avatar"]["run"].as_str().unwrap();
    assert_eq!(house.one::<i64>(&format!("SELECT -sum(amount) FROM token_transactions WHERE run = '{run}'")), 6_054);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_avatar_that_kills_three_workers_fails_with_the_reason() {
    let (house, fake) = (House::lived_in(), Fake::start().await.unwrap());
    let (id, job) = house.create("--seed 3");
    fake.slow_predictions(u32::MAX);
    for life in 1..=3 {
        let worker = painting(&house, &fake);
        fake.seen(CREATE, life).await;
        worker.dies();
    }
    let mut worker = painting(&house, &fake);
    assert_eq!(worker.hears("rescued")["state"], "dead");
    assert_eq!(worker.hears("mended")["failed"], 1);
    worker.stops();
    assert_eq!(house.job(&job)["crashes"], 3);
    let avatar = house.avatar(id)["avatar"].clone();
    assert_eq!(avatar["status"], "failed");
    let reason = avatar["detail"].as_str().unwrap();
    assert!(reason.contains("quarantined after 3 crashes") && reason.contains("died or froze"), "{reason}");
    assert_eq!(fake.requests_to(CREATE).len(), 3);
    assert_eq!(house.one::<i64>("SELECT count(*) FROM token_holds"), 0, "the tokens are the owner's again");
    assert_eq!(house.one::<i64>("SELECT count(*) FROM user_notifications"), 2);
}
