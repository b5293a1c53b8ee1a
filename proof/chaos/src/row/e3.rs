//! E3: hostile names, keys and texts: control bytes, NUL, invalid UTF-8, marks that turn the direction of writing.
//!
//! Promises: names are refused at each door; a text is kept as it was said and shown escaped: nothing that `queue work`,
//! `list`, `failed`, `show` and `explain` print holds a byte that a terminal would obey.

use std::{ffi::OsString, os::unix::ffi::OsStringExt, time::Duration};

use banto_core::{Job, Label, Name, State};

use crate::{
    Told,
    load::{Act, Errand},
    process::Start,
    report::{Check, Report},
    stage::{Scene, Stage},
};

const LIMIT: Duration = Duration::from_secs(60);
const TEXT: &str = "\u{1b}[2J\u{1b}]52;c;cHduZWQ=\u{7}\u{202e}gpj.exe\u{0}\r\u{8}\u{200b}\u{feff}\u{9b}31m\nfake: ok";

fn names() -> Vec<Vec<u8>> {
    let texts = [
        "",
        " ",
        "a b",
        "a:lock",
        "*",
        "a\r\nFLUSHALL",
        "a;touch pwned",
        "../x",
        "a/b",
        "\u{202e}x",
        "\u{feff}a",
        "é",
        ".hidden",
        "\u{200b}",
        "'; drop table banto_job; --",
        "<script>alert(1)</script>",
        "\u{1b}[31mred",
        "$(id)",
        "`id`",
        "a\tb",
    ];
    let mut names: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    names.extend([b"\xff\xfe".to_vec(), b"a\xc3".to_vec(), b"\xed\xa0\x80".to_vec(), "x".repeat(129).into_bytes()]);
    names
}

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    drop(scene.open()?);
    let mut taken = Vec::new();
    for (n, name) in names().into_iter().enumerate() {
        taken.extend(at_the_library(&name));
        taken.extend(at_the_command(&scene, n, &name)?);
    }
    let listed_before = scene.listed()?.len() as u64;
    let id = say(&scene)?;
    let shown = show(&scene, &id)?;
    let raw: Vec<String> =
        shown.iter().filter_map(|(words, out)| obeyed(out).map(|byte| format!("{words}: {byte:?}"))).collect();
    let visible = shown.iter().any(|(_, out)| out.contains("\\u{1b}[2J"));
    let listed = scene.listed()?;
    let kept = |job: &&Job| job.state == State::Dead && job.error.as_deref().is_some_and(|error| error.contains(TEXT));
    let kept = listed.iter().filter(kept).count() as u64;
    let (names, reports) = (names().len(), shown.len());
    let report = Report { account: crate::account::Account { dead: kept, ..Default::default() }, ..Report::default() }
        .check(Check::none("control bytes shown raw", raw.len() as u64))
        .check(Check::none("hostile names taken", taken.len() as u64))
        .check(Check::none("jobs listed after them", listed_before))
        .check(Check::exactly("the error text kept as it was said", kept, "", 1))
        .check(Check::exactly("the escape shown escaped", u64::from(visible), "", 1))
        .note(format!("{names} names as kind, queue, key and tag; {reports} outputs looked through"));
    Ok(taken.into_iter().chain(raw).fold(report, Report::note))
}

/// Names taken by the library that should not be.
fn at_the_library(name: &[u8]) -> Vec<String> {
    let Ok(text) = std::str::from_utf8(name) else { return Vec::new() };
    let named = Name::new(text).is_ok().then(|| format!("library: the name {text:?}"));
    let hides = text.is_empty() || text.chars().any(banto_core::text::hides);
    let labelled = (hides && Label::new(text).is_ok()).then(|| format!("library: the key {text:?}"));
    named.into_iter().chain(labelled).collect()
}

/// Names taken by the command that should not be.
fn at_the_command(scene: &Scene<'_>, n: usize, name: &[u8]) -> Told<Vec<String>> {
    let (url, odd) = (scene.url(), OsString::from_vec(name.to_vec()));
    let mut taken = Vec::new();
    for flag in ["kind", "--queue"] {
        let called = format!("{}-{n}", flag.trim_start_matches('-'));
        let mut words: Vec<OsString> = ["queue", "enqueue"].map(OsString::from).to_vec();
        match flag {
            "kind" => words.extend(["--store".into(), url.clone().into(), "--".into(), odd.clone()]),
            _ => words.extend(["chaos.errand".into(), "--store".into(), url.clone().into(), flag.into(), odd.clone()]),
        }
        let status = Start::typed(&called, scene, words).start(scene)?.wait(LIMIT)?;
        match status.code() {
            Some(2) => {}
            Some(0) => taken.push(format!("command: {flag} {:?}", String::from_utf8_lossy(name))),
            _ => taken
                .push(format!("command: {flag} {:?} made it end oddly: it {status}", String::from_utf8_lossy(name))),
        }
    }
    Ok(taken)
}

/// Lets a job fail with the hostile text, under `queue work`; gives its id.
fn say(scene: &Scene<'_>) -> Told<String> {
    let mut client = scene.client("hostile", 1);
    (client.act, client.attempts_max, client.text) = (Act::Fail, 1, TEXT.into());
    client.finish(scene, LIMIT)?;
    let listed = scene.listed()?;
    let id = listed.iter().find(|job| job.payload.read::<Errand>().is_ok()).map(|job| job.id.to_string());
    id.ok_or_else(|| "find the hostile job".into())
}

/// What the commands print about it.
fn show(scene: &Scene<'_>, id: &str) -> Told<Vec<(String, String)>> {
    let mut shown = Vec::new();
    let lines = [
        "queue work --stop-when-empty --verbose --queue default",
        "queue list",
        "queue failed",
        "queue show ID",
        "queue explain ID",
        "queue monitor",
        "queue list --json",
        "queue show ID --json",
    ];
    for (n, line) in lines.iter().enumerate() {
        let (url, name) = (scene.url(), format!("shown-{n}"));
        let words = line.split(' ').map(|word| if word == "ID" { id } else { word });
        let words: Vec<&str> = words.chain(["--store", &url]).collect();
        Start::command(&name, scene, &words).start(scene)?.wait(LIMIT)?;
        let out = std::fs::read(scene.dir.join(format!("{name}.log"))).unwrap_or_default();
        shown.push(((*line).to_owned(), String::from_utf8_lossy(&out).into_owned()));
    }
    Ok(shown)
}

/// A character that a terminal would obey.
fn obeyed(out: &str) -> Option<char> {
    out.chars().find(|c| *c != '\n' && banto_core::text::hides(*c))
}
