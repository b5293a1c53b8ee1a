//! B5: Redis says no, in each of its ways: read-only, too few replicas, out of memory, loading, and scripts forgotten.
//!
//! All real, but for the loading, which a proxy says in its place. Promises: whoever cannot wait is refused in the
//! right word, nothing is accepted meanwhile or lost, and once the reason is gone work goes on within 5 s; a forgotten script is noticed by nobody.

use std::{thread::sleep, time::Duration};

use super::outage::{BACK_MS, Load, works_again};
use crate::{
    Told,
    ledger::Word,
    proxy::{Ill, Proxy},
    report::{Check, Report},
    stage::{Stage, now},
};

const LIMIT: Duration = Duration::from_secs(40);
/// How old an answer may be that still comes, in milliseconds.
const ON_ITS_WAY_MS: u64 = 300;
/// How long each lasts.
const LASTS: Duration = Duration::from_millis(1_500);

/// A way to say no.
struct No {
    name: &'static str,
    /// What the operator types, and what ends it.
    typed: [&'static [&'static str]; 2],
    /// The words of refusals that fit; none if nobody is to be refused.
    words: &'static [&'static str],
}

const NOS: [No; 5] = [
    No {
        name: "READONLY",
        typed: [&["REPLICAOF", "127.0.0.1", "1"], &["REPLICAOF", "NO", "ONE"]],
        words: &["gone", "in_doubt"],
    },
    No {
        name: "NOREPLICAS",
        typed: [&["CONFIG", "SET", "min-replicas-to-write", "1"], &["CONFIG", "SET", "min-replicas-to-write", "0"]],
        words: &["gone"],
    },
    No {
        name: "OOM",
        typed: [&["CONFIG", "SET", "maxmemory", "1mb"], &["CONFIG", "SET", "maxmemory", "0"]],
        words: &["full"],
    },
    No { name: "NOSCRIPT", typed: [&["SCRIPT", "FLUSH"], &["SCRIPT", "FLUSH"]], words: &[] },
    No { name: "LOADING", typed: [&[], &[]], words: &["busy", "gone"] },
];

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let scene = stage.scene("store")?;
    let proxy = Proxy::before(stage.server(|server| server.port())?, stage.seed)?;
    let mut load = Load::start(&scene, &scene.url_at(&proxy.at())?)?;
    let mut direct = scene.client("direct", 1_000_000);
    (direct.url, direct.direct, direct.keyed) = (scene.url_at(&proxy.at())?, true, true);
    (direct.batch, direct.every_ms, direct.patience_ms) = (1, 50, 120_000);
    let mut direct = direct.start(&scene)?;
    let (mut checks, mut waits, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..stage.pick(1, 10) {
        for no in &NOS {
            let since = now();
            no.say(stage, &proxy)?;
            let back = now();
            let wait = works_again(&scene, back)?.saturating_sub(back);
            waits.push(wait);
            let acks = scene.acks()?;
            let heard: Vec<_> =
                acks.iter().filter(|l| l.word == Word::Refused && (since..back).contains(&l.at)).collect();
            // What was on its way when it began may still be answered.
            let through =
                acks.iter().filter(|l| l.word == Word::Acked && (since + ON_ITS_WAY_MS..back).contains(&l.at));
            let through = through.count() as f64;
            let odd = heard.iter().filter(|line| !no.words.contains(&line.note.as_str())).count() as u64;
            if round == 0 {
                checks.push(Check::none(format!("{}: refusals in another word", no.name), odd));
                checks.push(match no.words.is_empty() {
                    true => Check::at_least(format!("{}: accepted meanwhile", no.name), through, "", 1.0),
                    false => Check::at_most(format!("{}: accepted meanwhile", no.name), through, "", 0.0),
                });
                notes.push(format!("{}: {} refusals were heard, the rest waited", no.name, heard.len()));
            }
        }
    }
    let _gone = direct.kill()?;
    let (ended, _) = load.stop(&scene)?;
    scene.drained(LIMIT)?;
    let (account, ..) = scene.account()?;
    let (open, longest) = (account.open, waits.iter().copied().max().unwrap_or(u64::MAX));
    let mut report = Report::of(account)
        .headed(Check::at_most("work goes on after", longest as f64 / 1_000.0, "s", BACK_MS as f64 / 1_000.0))
        .check(Check::none("not ended", open))
        .check(Check::none("processes of ours that ended", ended))
        .check(Check::none("rules of the store that are broken", scene.broken()?.len() as u64))
        .recovery(longest);
    report.checks.extend(checks);
    report.notes.extend(notes);
    Ok(report)
}

impl No {
    /// Says no for a while, and then yes again.
    fn say(&self, stage: &Stage, proxy: &Proxy) -> Told<()> {
        let [begin, end] = self.typed;
        if begin.is_empty() {
            proxy.be(Ill { says: Some(b"-LOADING Redis is loading the dataset in memory\r\n"), ..Ill::default() });
            sleep(LASTS);
            proxy.be(Ill::default());
            // Whoever heard what the proxy made up is out of step with the server.
            proxy.cut_all();
            return Ok(());
        }
        stage.redis(begin)?;
        if self.words.is_empty() {
            for _ in 0..15 {
                sleep(Duration::from_millis(100));
                stage.redis(begin)?;
            }
        } else {
            sleep(LASTS);
        }
        stage.redis(end).map(drop)
    }
}
