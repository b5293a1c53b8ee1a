//! E1: payloads of 100 MB and of 4 GiB, through the library and through the command line.
//!
//! Promises: each is refused before it is buffered: with the words for it, with the exit code for it, and with less than
//! 20 MB of memory more than a small one takes.

use std::{path::Path, time::Duration};

use crate::{
    Told,
    gorge::{Feed, GorgeSpec, Went},
    process::Start,
    report::{Check, Report},
    stage::{Scene, Stage, write},
};

const LIMIT: Duration = Duration::from_secs(60);
const GROWTH_MIB: f64 = 20.0;
/// The exit code for a value that is not allowed.
const USAGE: u64 = 2;

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    drop(scene.open()?);
    let mut report = Report::default();
    for (feed, name) in [(Feed::Text, "text"), (Feed::Value, "value"), (Feed::Endless, "endless")] {
        let went = gorge(&scene, feed, name)?;
        report = report
            .check(Check::at_most(
                format!("library, {name}: memory"),
                went.grown_kib as f64 / 1_024.0,
                "MiB",
                GROWTH_MIB,
            ))
            .check(Check::exactly(format!("library, {name}: refused"), u64::from(went.refused.is_some()), "", 1));
    }
    let (small, large) = (scene.dir.join("small.json"), scene.dir.join("large.json"));
    write(&small, b"1")?;
    write(&large, format!("\"{}\"", "x".repeat(100_000_000)).as_bytes())?;
    for (name, by_name) in [("file", true), ("stdin", false)] {
        let (code, least) = typed(&scene, &format!("small-{name}"), &small, by_name)?;
        let (refused, most) = typed(&scene, &format!("large-{name}"), &large, by_name)?;
        let grown = most.saturating_sub(least) as f64 / 1_024.0;
        report = report
            .check(Check::at_most(format!("command, {name}: memory"), grown, "MiB", GROWTH_MIB))
            .check(Check::exactly(format!("command, {name}: exit code"), refused, "", USAGE))
            .check(Check::exactly(format!("command, {name}: exit code of a small one"), code, "", 0));
    }
    std::fs::remove_file(&large).map_err(|error| format!("remove \"{}\": {error}", large.display()))?;
    let listed = scene.listed()?.len() as u64;
    Ok(report.check(Check::exactly("jobs listed: the small ones", listed, "", 2)))
}

fn gorge(scene: &Scene<'_>, feed: Feed, name: &str) -> Told<Went> {
    let out = scene.dir.join(format!("{name}.json"));
    let spec = GorgeSpec { url: scene.url(), feed, out: out.clone() };
    Start::new("gorge", name, &spec)?.start(scene)?.succeed(LIMIT)?;
    let text = std::fs::read(&out).map_err(|error| format!("read how it went: {error}"))?;
    serde_json::from_slice(&text).map_err(|error| format!("read how it went: {error}"))
}

/// Types the command with a payload from that file; gives its exit code and the most memory it held, in KiB.
fn typed(scene: &Scene<'_>, name: &str, file: &Path, by_name: bool) -> Told<(u64, u64)> {
    let (url, at) = (scene.url(), format!("@{}", file.display()));
    let payload = if by_name { at.as_str() } else { "-" };
    let words = ["queue", "enqueue", "chaos.large", "--store", &url, "--payload", payload];
    let mut start = Start::command(name, scene, &words);
    if !by_name {
        start = start.reading(file)?;
    }
    let status = start.start(scene)?.wait(LIMIT)?;
    let log = std::fs::read_to_string(scene.dir.join(format!("{name}.log"))).unwrap_or_default();
    let peak = log.lines().find_map(|line| line.strip_prefix("peak ")?.strip_suffix(" KiB")?.parse().ok());
    let code = status.code().and_then(|code| u64::try_from(code).ok()).unwrap_or(255);
    Ok((code, peak.ok_or_else(|| format!("read the peak of {name}"))?))
}
