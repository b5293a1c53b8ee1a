//! Promises about data: odd but legal bytes come back as they went in, and are never more than data.

use banto_core::{
    Backoff, Cause, FireId, Hold, Job, NewJob, Options, Outcome, Park, Payload, Unique,
    limits::{
        ATTEMPTS_DEFAULT, ATTEMPTS_MAX, ERROR_BYTES_MAX, PAYLOAD_BYTES_MAX, PAYLOAD_DEPTH_MAX, SPAN_MS_MAX, TAGS_MAX,
        TIME_MS_MAX,
    },
};

use super::{
    Stage,
    stage::{label, name},
};
use crate::{Finished, Note, Order, Record, Select};

/// Text that has hurt databases, terminals, pages and shells.
const HOSTILE: [&str; 12] = [
    "'; drop table job; --",
    "\" or 1=1 --",
    "%s %n {0} ${x} $(touch pwned) `id`",
    "\u{202e}gnp.exe",
    "\u{1b}[2J\u{1b}]52;c;AAAA\u{7}",
    "a\0b\0",
    "line\r\nFLUSHALL\r\n",
    "<script>alert(1)</script>",
    "\u{feff}\u{200b}\u{fffd}\u{10ffff}",
    "🏳️‍🌈é番頭",
    "\\u0000 \\ \\\\",
    "  ",
];

async fn round_trip(stage: &Stage, payload: &str) {
    let payload = Payload::parse(payload).unwrap();
    let new = NewJob { payload: payload.clone(), ..stage.job() };
    stage.enqueue_all([new.clone()]).await;
    assert_eq!(stage.see(new.id).await.payload.as_str(), payload.as_str(), "listed");
    let (job, lease) = stage.claim_one().await;
    assert_eq!(job.payload.as_str(), payload.as_str(), "claimed");
    assert_eq!(stage.finish(&job, lease, Outcome::Done).await, Finished::Written);
}

/// E2: numbers no machine holds, double keys, odd blanks: byte for byte.
pub async fn e2_odd_payloads_come_back_byte_for_byte(stage: Stage) {
    let odd = [
        "1e400",
        "-0",
        "18446744073709551616",
        "0.1000000000000000055511151231257827",
        r#"{"a":1,"a":2}"#,
        "[ 1 ,\t2 ]\n",
        r#""\u0000""#,
        r#""\ud83d\ude00 \u202e""#,
        "\"\u{202e}\u{200b}番\"",
        "null",
        "\"\"",
        r#"{"":{"":[]}}"#,
        r#"{"__proto__":null,"$type":"System.Diagnostics.Process"}"#,
    ];
    for payload in odd {
        round_trip(&stage, payload).await;
    }
}

/// E1: the largest payload that is allowed comes back whole; the deepest too.
pub async fn e1_the_largest_payload_comes_back_whole(stage: Stage) {
    round_trip(&stage, &format!("\"{}\"", "x".repeat(PAYLOAD_BYTES_MAX - 2))).await;
    round_trip(&stage, &format!("{}{}", "[".repeat(PAYLOAD_DEPTH_MAX), "]".repeat(PAYLOAD_DEPTH_MAX))).await;
}

/// E3: what a job says when it fails, and what it says of itself, comes back as it was said.
pub async fn e3_hostile_text_comes_back_as_it_was_said(stage: Stage) {
    for text in HOSTILE {
        let (job, lease) = stage.running().await;
        let note = Note::Line(text.into());
        let progress = Note::Progress(banto_core::Progress { done: 1, total: 2, text: text.into() });
        stage.store.record(vec![Record { lease, note }, Record { lease, note: progress }]).await.unwrap();
        stage.finish(&job, lease, Outcome::Dead { error: text.into() }).await;
        let card = stage.card(job.id).await;
        assert_eq!(card.job.error.as_deref(), Some(text));
        assert_eq!(card.job.progress.unwrap().text, text);
        assert_eq!(card.trail.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), [text, text]);
    }
}

/// The longest error that core lets through is kept whole.
pub async fn the_longest_error_is_kept(stage: Stage) {
    let (job, lease) = stage.running().await;
    let error = "é".repeat(ERROR_BYTES_MAX / 2);
    stage.finish(&job, lease, Outcome::Dead { error: error.clone() }).await;
    let card = stage.card(job.id).await;
    assert_eq!((card.job.error.as_ref(), &card.trail[0].text), (Some(&error), &error));
}

/// Why a job is parked comes back as it was seen.
pub async fn a_parks_words_come_back(stage: Stage) {
    for cause in Cause::ALL {
        for text in HOSTILE {
            let (job, lease) = stage.running().await;
            let park = Park { cause, text: text.into(), build: text.into() };
            stage.finish(&job, lease, Outcome::Park(park.clone())).await;
            assert_eq!(stage.see(job.id).await.park, Some(park));
        }
    }
}

/// Keys are compared by their bytes: no blank, case or accent is folded, and no sign means anything.
pub async fn keys_are_compared_by_their_bytes(stage: Stage) {
    let keys = ["k", "K", "k ", " k", "é", "e\u{301}", "%", "_", "*", "?", "k'--", "番", "ｋ", "1", "1.0", "01"];
    let jobs: Vec<NewJob> = keys.iter().map(|key| stage.keyed(key, Hold::Done)).collect();
    let ids = stage.enqueue_all(jobs).await;
    for (key, id) in keys.iter().zip(ids) {
        assert_eq!(stage.store.holder(label(key)).await.unwrap().map(|holder| holder.job), Some(id), "{key:?}");
    }
}

/// The longest names and labels there are, and all the alphabet.
pub async fn long_and_odd_names_come_back(stage: Stage) {
    let alphabet = "AZaz09._-\\";
    let long = "x".repeat(128);
    for text in [alphabet, long.as_str(), "App\\Jobs\\GenerateAvatarImagesJob", "null", "0", "1e5", "true", "rowid"] {
        let unique = Some(Unique { key: label(&"番".repeat(85)), hold: Hold::Queued });
        let new = NewJob { kind: name(text), queue: name(text), unique, ..stage.job() };
        stage.enqueue_all([new.clone()]).await;
        let claim = crate::Claim { queues: vec![name(text)], ..super::stage::asks(1) };
        let (job, _) = stage.claim_as(claim).await.jobs.remove(0);
        assert_eq!((job.id, job.kind, job.queue, job.unique), (new.id, new.kind, new.queue, new.unique));
        assert_eq!(stage.list(Select { kind: Some(name(text)), ..Select::default() }).await.len(), 1);
    }
}

fn everything_asked(stage: &Stage) -> Vec<NewJob> {
    let most = Options {
        timeout_ms: Some(SPAN_MS_MAX),
        backoff: Some(Backoff::Table(vec![0, 1, SPAN_MS_MAX])),
        retry_until: Some(TIME_MS_MAX),
        crashes_max: Some(100),
        tags: (0..TAGS_MAX).map(|number| label(&format!("番 '{number}'"))).collect(),
        fire: Some(FireId { schedule: "redis:monitor".parse().unwrap(), due_at: i64::MIN }),
        trace: Some(label("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")),
    };
    let some = Options {
        backoff: Some(Backoff::Exponential { base_ms: 1, max_ms: 2 }),
        retry_until: Some(0),
        ..Options::default()
    };
    let large =
        NewJob { version: u16::MAX, priority: 9, attempts_max: Some(ATTEMPTS_MAX), options: most, ..stage.job() };
    let small = NewJob { version: 1, priority: 0, attempts_max: Some(1), options: some, ..stage.job() };
    let exact = NewJob { attempts_max: Some(ATTEMPTS_DEFAULT), ..stage.job() };
    let mut jobs = vec![large, small, exact];
    for hold in [Hold::Queued, Hold::Done, Hold::Remember(1), Hold::Period(SPAN_MS_MAX)] {
        jobs.push(stage.keyed(&format!("{hold:?}"), hold));
    }
    jobs
}

/// Whatever may be asked of a job is kept, at both ends of what is allowed.
pub async fn every_option_comes_back(stage: Stage) {
    let jobs = everything_asked(&stage);
    stage.enqueue_all(jobs.clone()).await;
    let asked = |job: &Job| (job.version, job.priority, job.attempts_max, job.options.clone(), job.unique.clone());
    let claimed = stage.claim(10).await;
    for new in jobs {
        let expected = (new.version, new.priority, new.attempts_max, new.options, new.unique);
        assert_eq!(asked(&stage.see(new.id).await), expected, "listed");
        let (job, _) = claimed.iter().find(|(job, _)| job.id == new.id).unwrap();
        assert_eq!(asked(job), expected, "claimed");
    }
}

/// E6: whoever orders and whatever reason is given is shown as it is.
pub async fn e6_hostile_orders_are_only_words(stage: Stage) {
    let id = stage.one().await;
    for text in HOSTILE {
        let pause = Order::Pause { queue: name("mail"), reason: text.into(), until: None };
        stage.store.steer(crate::Steer { order: pause, by: text.into(), preview: false }).await.unwrap();
        let pause = stage.store.queues().await.unwrap().remove(0).pause.unwrap();
        assert_eq!((pause.by.as_str(), pause.reason.as_str()), (text, text));
    }
    assert!(stage.listed(id).await);
}
