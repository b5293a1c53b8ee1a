//! What is kept in which file, what is lost and how that is told.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::Mutex};

use banto_core::Secrets;
use banto_store::GivenClock;
use tracing_subscriber::layer::SubscriberExt;

use super::*;
use crate::log::{for_machines, line::Machines};

/// 2026-11-28 23:59:59.999 in Tokyo.
const LAST_MS: i64 = 1_795_877_999_999;

struct Place {
    dir: tempfile::TempDir,
    clock: Arc<GivenClock>,
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Place {
    fn new() -> Place {
        Place { dir: tempfile::tempdir().unwrap(), clock: Arc::new(GivenClock::at(LAST_MS)) }
    }

    fn logs(&self) -> Logs {
        Logs { zone: "Asia/Tokyo".into(), ..Logs::in_dir(self.dir.path().join("logs")) }
    }

    fn begins(&self, logs: &Logs) -> Result<Arc<Files>, Failure> {
        Files::begin(logs, &[Part::Queue], self.clock.clone())
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.dir.path().join("logs").join(name)).unwrap_or_default()
    }
}

/// A log into these files, until the answer is dropped; what is on the standard output is heard.
fn listening(place: &Place, files: &Arc<Files>) -> (Heard, tracing::subscriber::DefaultGuard) {
    let heard = Heard::default();
    let to = heard.clone();
    let out = Machines {
        to: Some(move || to.clone()),
        secrets: Arc::new(Secrets::none()),
        files: Some(files.clone()),
        own: Part::Queue,
    };
    let lines = tracing_subscriber::registry().with(for_machines(place.clock.clone(), out));
    (heard, tracing_subscriber::util::SubscriberInitExt::set_default(lines))
}

#[test]
fn each_line_is_on_the_output_and_in_the_file_of_its_part_and_day() {
    let place = Place::new();
    let files = place.begins(&Logs { compress: false, ..place.logs() }).unwrap();
    let (heard, _guard) = listening(&place, &files);
    tracing::info!("evening");
    tracing::info!(target: "banto_engine::fire", "fired");
    tracing::info!(target: "banto::program", program = "web", "said\n{}", "\u{1b}[2J");
    place.clock.pass(1);
    tracing::info!("morning");
    files.flush();
    for (name, words) in [
        ("queue-20261128.log", "evening"),
        ("queue-20261129.log", "morning"),
        ("scheduler-20261128.log", "fired"),
        ("program-20261128.log", "said\n\u{1b}[2J"),
    ] {
        let text = place.text(name);
        let line: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{name}: {text}"));
        assert_eq!(line["message"], words);
        assert!(!text.trim_end().contains(banto_core::text::hides), "{text:?}");
    }
    assert_eq!(String::from_utf8(heard.0.lock().unwrap().clone()).unwrap().lines().count(), 4);
}

#[test]
fn a_million_bytes_are_one_line() {
    let place = Place::new();
    let files = place.begins(&place.logs()).unwrap();
    let (_heard, _guard) = listening(&place, &files);
    tracing::info!(text = "x".repeat(1 << 20), "long");
    tracing::info!("short");
    files.flush();
    let text = place.text("queue-20261128.log");
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), lines[0]["text"].as_str().unwrap().len()), (2, 1 << 20));
}

#[test]
fn a_file_that_is_full_gets_a_number() {
    let place = Place::new();
    let files = place.begins(&Logs { bytes_max: Some(300), compress: false, ..place.logs() }).unwrap();
    let (_heard, _guard) = listening(&place, &files);
    for n in 0..10 {
        tracing::info!(n, "a line of some length, so that few of them fit into one file");
    }
    files.flush();
    let mut names: Vec<_> =
        fs::read_dir(place.dir.path().join("logs")).unwrap().map(|one| one.unwrap().path()).collect();
    names.sort_by_key(|path| fs::metadata(path).unwrap().modified().unwrap());
    assert!(names.len() > 2, "{names:?}");
    assert!(names.iter().all(|path| fs::metadata(path).unwrap().len() <= 300));
    let all: String = names.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let mut seen: Vec<i64> = all
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["n"].as_i64().unwrap())
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..10).collect::<Vec<i64>>(), "none is lost and none is doubled");
}

#[test]
fn a_place_that_cannot_be_written_is_refused_with_the_path_the_user_and_the_cure() {
    let place = Place::new();
    let uid = rustix::process::geteuid().as_raw().to_string();
    let taken = place.dir.path().join("taken");
    fs::write(&taken, "").unwrap();
    let refused = |logs: &Logs| place.begins(logs).err().unwrap();
    for dir in [taken.clone(), taken.join("below")] {
        let failure = refused(&Logs { dir: dir.clone(), ..place.logs() });
        assert_eq!(failure.exit, Exit::Machine);
        for part in [dir.to_str().unwrap(), &uid, "name another place"] {
            assert!(failure.text.contains(part), "{part}: {}", failure.text);
        }
    }
    assert!(refused(&Logs { zone: "Asia/Tokio".into(), ..place.logs() }).text.contains("Asia/Tokio"));
    // A folder has the name of today's file.
    fs::create_dir_all(place.dir.path().join("logs/queue-20261128.log")).unwrap();
    assert!(refused(&place.logs()).text.contains("directory"), "{}", refused(&place.logs()).text);
    if uid != "0" {
        let closed = place.dir.path().join("closed");
        fs::create_dir(&closed).unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o500)).unwrap();
        let text = refused(&Logs { dir: closed, ..place.logs() }).text;
        assert!(text.contains("let this user write there"), "{text}");
    }
}

/// Everything that the thread of the files says, is said there: it has its own subscriber only if it is everybody's.
fn stands(kept: &mut Kept, at: i64, text: &str, heard: &Heard) -> (bool, u64, String) {
    heard.0.lock().unwrap().clear();
    let line = Line { part: Part::Queue, at, text: text.to_owned() };
    kept.write(&[&line]);
    let said = String::from_utf8(heard.0.lock().unwrap().clone()).unwrap();
    (kept.failing, kept.lost, said)
}

#[test]
fn a_folder_that_vanishes_is_said_once_and_its_return_too_with_the_count() {
    let place = Place::new();
    let files = place.begins(&place.logs()).unwrap();
    let (heard, _guard) = listening(&place, &files);
    let mut kept = Kept { file: place.logs().file(Part::Queue), log: None, failing: false, lost: 0 };
    assert_eq!(stands(&mut kept, LAST_MS, "one\n", &heard), (false, 0, String::new()));
    fs::rename(place.dir.path().join("logs"), place.dir.path().join("gone")).unwrap();
    let (failing, lost, said) = stands(&mut kept, LAST_MS, "two\n", &heard);
    assert_eq!((failing, lost, said.lines().count()), (true, 1, 1));
    assert!(said.contains("queue") && said.contains("make its folder") && said.contains("tried again"), "{said}");
    assert_eq!(stands(&mut kept, LAST_MS, "three\n", &heard), (true, 2, String::new()), "once is enough");
    fs::create_dir(place.dir.path().join("logs")).unwrap();
    let (failing, lost, said) = stands(&mut kept, LAST_MS, "four\n", &heard);
    assert_eq!((failing, lost), (false, 0));
    assert!(said.contains("\"lost\":2") && said.contains("again"), "{said}");
    files.flush();
    let text = place.text("queue-20261128.log");
    assert!(text.starts_with("four\n") && text.contains("\"lost\":2"), "the file says itself what it misses: {text}");
}

#[test]
fn what_finds_no_room_in_memory_is_counted() {
    let place = Place::new();
    let files =
        Files { clock: place.clock.clone(), waiting: Mutex::default(), more: Condvar::new(), idle: Condvar::new() };
    files.push(Part::Queue, "x".repeat(WAITING_BYTES_MAX + 1));
    files.push(Part::Scheduler, "y".to_owned());
    files.push(Part::Scheduler, "z".to_owned());
    let (lines, lost) = files.take();
    assert_eq!((lines.len(), lost), (1, [0, 2, 0]), "a single line is never too long");
    files.push(Part::Scheduler, "again".to_owned());
    assert_eq!(files.take().1, [0, 0, 0]);
}

#[test]
fn a_disk_that_is_full_loses_lines_and_no_half_of_one() {
    let mut kept = Kept {
        file: OutputFile { bytes_max: None, ..OutputFile::new(Path::new("/dev/full")) },
        log: None,
        failing: false,
        lost: 0,
    };
    let heard = Heard::default();
    for n in 1..4 {
        let (failing, lost, _) = stands(&mut kept, 0, "lost\n", &heard);
        assert_eq!((failing, lost), (true, n));
    }
}
