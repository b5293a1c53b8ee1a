//! A worker's lines as they are written, for people and for machines.

use std::sync::Mutex;

use banto_core::text::hides;
use banto_store::GivenClock;

use super::*;

const HOSTILE: &str = "\u{1b}[2J\u{9b}31m\u{202e}x\r\n{\"level\":\"INFO\"}";

#[derive(Clone, Default)]
pub(super) struct Heard(pub(super) Arc<Mutex<Vec<u8>>>);

impl io::Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lines of that kind to `to`, until the answer is dropped.
pub(super) fn logs<W: io::Write + 'static>(
    people: bool,
    now_ms: i64,
    to: impl Fn() -> W + Send + Sync + 'static,
) -> tracing::subscriber::DefaultGuard {
    let clock = Arc::new(GivenClock::at(now_ms));
    let secrets = Arc::new(Secrets::of([("MY_KEY", "sesame-sesame")]));
    let lines = tracing_subscriber::registry().with(EnvFilter::new("info"));
    match people {
        true => lines.with(for_people(clock, People { to, secrets })).set_default(),
        false => {
            let to = Machines { to: Some(to), secrets, files: None, own: Part::Queue };
            lines.with(for_machines(clock, to)).set_default()
        }
    }
}

/// What is written when `say` says something.
fn written(people: bool, say: impl FnOnce()) -> String {
    let heard = Heard::default();
    let to = heard.clone();
    let _guard = logs(people, 1_893_456_000_000, move || to.clone());
    say();
    String::from_utf8(heard.0.lock().unwrap().clone()).unwrap()
}

#[test]
fn an_event_is_one_line_in_which_nothing_hides() {
    let say = || tracing::warn!(error = HOSTILE, shown = %HOSTILE, "the {HOSTILE}");
    let text = written(true, say);
    assert!(text.ends_with('\n') && !text.trim_end_matches('\n').contains(hides), "{text:?}");
    assert!(text.starts_with("2030-01-01 00:00:00Z") && text.contains("WARN"), "{text}");
    let text = written(false, say);
    assert!(text.ends_with('\n') && !text.trim_end_matches('\n').contains(hides), "e3: {text:?}");
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((line["error"].as_str(), line["level"].as_str()), (Some(HOSTILE), Some("WARN")));
    assert_eq!(line["timestamp"], "2030-01-01T00:00:00.000Z");
}

#[test]
fn a_line_for_people_is_cut() {
    let text = written(true, || tracing::info!(text = "x".repeat(1 << 20), "long"));
    assert!(text.len() < line::LINE_BYTES_MAX + 100 && text.ends_with("…\n"), "{}", text.len());
}

#[test]
fn a_secret_is_in_no_line() {
    let say = || {
        tracing::error!(password = "hunter2", url = %"redis://app:hunter2@cache", "sesame-sesame opens; token=hunter2");
        tracing::error!(request = ?("Authorization", "Bearer 0123456789abcdef"), "refused");
    };
    for people in [true, false] {
        let text = written(people, say);
        for secret in ["hunter2", "sesame", "0123456789abcdef"] {
            assert!(!text.contains(secret), "{people} {secret}: {text}");
        }
        assert!(text.contains("redis://app:***@cache"), "{text}");
        if !people {
            let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!((&lines[0]["password"], lines.len()), (&"***".into(), 2));
        }
    }
}

#[test]
fn a_filter_that_means_nothing_is_none() {
    for good in ["info", "WARN", "off", "banto_engine=debug", "warn,banto_engine=trace"] {
        assert!(filter(good).is_some(), "{good}");
    }
    for odd in ["verbose", "loud,info", "banto_engine=loud", "", "5x"] {
        assert!(filter(odd).is_none(), "{odd}");
    }
}

#[test]
fn a_line_that_cannot_be_written_is_lost_in_silence() {
    struct Broken;
    impl io::Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let _guard = logs(false, 0, || Broken);
    tracing::info!("nobody hears");
}
