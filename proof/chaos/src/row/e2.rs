//! E2: JSON that is too deep, too wide, doubled, or beyond every number, through the library and the command line.
//!
//! Promises: at each door it is refused, or kept byte for byte; a worker that cannot read it sets it aside without burning an
//! attempt, and its neighbours are done.

use std::{collections::BTreeMap, time::Duration};

use banto_core::{JobId, Name, NewJob, Payload, State};
use banto_engine::Client;

use crate::{
    Told,
    process::Start,
    report::{Check, Report},
    stage::{Scene, Stage, write},
};

const LIMIT: Duration = Duration::from_secs(60);
const NEIGHBOURS: usize = 20;

/// A payload, and whether it must be refused (`true`), kept (`false`), or may be either.
fn payloads() -> Vec<(String, Option<bool>)> {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let keys = |count: usize| {
        let pairs: Vec<String> = (0..count).map(|n| format!("\"k{n}\":{n}")).collect();
        format!("{{{}}}", pairs.join(","))
    };
    let digits = "9".repeat(4_000);
    let kept = [
        "1e400",
        "-0",
        "-0.0",
        "18446744073709551615",
        "18446744073709551616",
        "{\"a\":1,\"a\":2}",
        " [ 1 , 2 ] ",
        &digits,
    ];
    let refused = [
        "",
        "NaN",
        "Infinity",
        "-Infinity",
        "nul",
        "{\"a\":1",
        "[1,]",
        "'a'",
        "{\"a\":1}x",
        "\u{feff}{}",
        "01",
        "\"\u{1}\"",
    ];
    let of = |texts: &[&str], refuse| texts.iter().map(|text| ((*text).to_owned(), Some(refuse))).collect::<Vec<_>>();
    let large = vec![
        (nested(100_000), Some(true)),
        (nested(101), Some(true)),
        (nested(100), Some(false)),
        (format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000)), Some(true)),
        (keys(1_000_000), Some(true)),
        (keys(50_000), Some(false)),
        ("\"\\ud800\"".into(), None),
        ("{\"\\u0000\":\"\\u202e\"}".into(), Some(false)),
    ];
    [of(&kept, false), of(&refused, true), large].concat()
}

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    scene.client("neighbours", NEIGHBOURS).finish(&scene, LIMIT)?;
    let payloads = payloads();
    let (mut kept, mut wrong) = (BTreeMap::new(), Vec::new());
    for (n, (text, refuse)) in payloads.iter().enumerate() {
        for (door, id) in [("library", library(&scene, text)?), ("command", command(&scene, n, text)?)] {
            if refuse.is_some_and(|refuse| refuse == id.is_some()) {
                let did = if id.is_some() { "was accepted" } else { "was refused" };
                wrong.push(format!("{door}: {} {did}", banto_core::text::visible(text, 40)));
            }
            kept.extend(id.map(|id| (id, text.clone())));
        }
    }
    let worker = scene.worker("worker").start(&scene)?;
    scene.drained(LIMIT)?;
    drop(worker);
    let (account, _, listed) = scene.account()?;
    let same = listed.iter().filter(|job| kept.get(&job.id).is_some_and(|text| text == job.payload.as_str()));
    let aside =
        listed.iter().filter(|job| kept.contains_key(&job.id) && job.state == State::Parked && job.attempt == 0);
    let (same, aside) = (same.count() as u64, aside.count() as u64);
    let done = listed.iter().filter(|job| job.state == State::Done).count() as u64;
    let (all, stray) = (kept.len() as u64, listed.len().abs_diff(kept.len() + NEIGHBOURS) as u64);
    let report = Report::of(account)
        .headed(Check::exactly("kept byte for byte", same, "", all))
        .check(Check::none("kept or refused against the rule", wrong.len() as u64))
        .check(Check::none("jobs that nobody enqueued", stray))
        .check(Check::exactly("set aside, no attempt burned", aside, "", all))
        .check(Check::exactly("neighbours done", done, "", NEIGHBOURS as u64))
        .note(format!("{} payloads at 2 doors, {all} accepted", payloads.len()));
    Ok(wrong.into_iter().fold(report, Report::note))
}

/// The library's door: the id, if it was accepted.
fn library(scene: &Scene<'_>, text: &str) -> Told<Option<JobId>> {
    let Ok(payload) = Payload::parse(text) else { return Ok(None) };
    let store = scene.open()?;
    let client = Client::new(store);
    let name = |text| Name::new(text).map_err(|refusal| refusal.to_string());
    let job = NewJob::new(client.id(), name("chaos.errand")?, name("default")?, payload);
    let answers = scene.stage.wait(client.put(vec![job])).map_err(|error| error.to_string())?;
    Ok(answers.first().map(|answer| answer.id))
}

/// The command's door: the id that it prints, if it does.
fn command(scene: &Scene<'_>, n: usize, text: &str) -> Told<Option<JobId>> {
    let (name, file) = (format!("command-{n}"), scene.dir.join(format!("payload-{n}")));
    write(&file, text.as_bytes())?;
    let (url, at) = (scene.url(), format!("@{}", file.display()));
    let words = ["queue", "enqueue", "chaos.errand", "--store", &url, "--payload", &at, "--anyway"];
    let status = Start::command(&name, scene, &words).start(scene)?.wait(LIMIT)?;
    let log = std::fs::read_to_string(scene.dir.join(format!("{name}.log"))).unwrap_or_default();
    match status.code() {
        Some(0) => {
            let id = log.lines().find_map(|line| line.parse().ok());
            id.map(Some).ok_or_else(|| format!("read the id that {name} printed"))
        }
        Some(2) => Ok(None),
        _ => Err(format!("type {name}: it {status}")),
    }
}
