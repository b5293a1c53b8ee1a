//! What is compressed, what is removed, and what a crash leaves.

use std::io::Write;

use flate2::read::GzDecoder;

use super::*;
use crate::file::{Log, OutputFile};

const DAY_MS: i64 = 86_400_000;
/// 2026-11-29 12:00 in UTC.
const NOON_MS: i64 = 1_795_953_600_000;

struct Place {
    dir: tempfile::TempDir,
    spec: OutputFile,
}

impl Place {
    fn new(dated: bool, keep: Keep) -> Place {
        let dir = tempfile::tempdir().unwrap();
        let plain = OutputFile::new(dir.path().join("queue.log"));
        let spec = OutputFile { dated, keep, compress: true, zone: Some("UTC".into()), bytes_max: Some(6), ..plain };
        Place { dir, spec }
    }

    fn writes(&self, name: &str, text: &str) {
        fs::write(self.dir.path().join(name), text).unwrap();
    }

    /// Tidies as a process does that begins at that time.
    fn tidies(&self, now_ms: i64) {
        let mut log = Log::open(&self.spec, now_ms).unwrap();
        log.tidy(now_ms).unwrap().run().unwrap();
        assert!(log.tidy(now_ms).is_none(), "once a day is enough");
    }

    /// Each file and its text, unpacked.
    fn files(&self) -> Vec<(String, String)> {
        let text = |path: &Path| match path.extension().is_some_and(|end| end == "gz") {
            true => {
                let mut text = String::new();
                GzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
                text
            }
            false => fs::read_to_string(path).unwrap(),
        };
        let paths = fs::read_dir(self.dir.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> =
            paths.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), text(&path))).collect();
        files.sort();
        files
    }

    fn names(&self) -> Vec<String> {
        self.files().into_iter().map(|(name, _)| name).collect()
    }
}

fn pairs(files: &[(&str, &str)]) -> Vec<(String, String)> {
    files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn a_closed_day_is_compressed_and_flate2_reads_it_back() {
    let place = Place::new(true, Keep::Age(60 * 86_400_000));
    let mut log = Log::open(&place.spec, NOON_MS).unwrap();
    for (text, at) in [("aa\n", NOON_MS), ("bb\n", NOON_MS), ("cc\n", NOON_MS), ("dd\n", NOON_MS + DAY_MS)] {
        log.write(text, at).unwrap();
    }
    log.tidy(NOON_MS + DAY_MS).unwrap().run().unwrap();
    let shown =
        [("queue-20261129.1.log.gz", "aa\nbb\n"), ("queue-20261129.log.gz", "cc\n"), ("queue-20261130.log", "dd\n")];
    assert_eq!(place.files(), pairs(&shown));
}

#[test]
fn a_line_of_a_day_that_is_compressed_already_is_not_lost() {
    let place = Place::new(true, Keep::Age(60 * 86_400_000));
    let mut late = Log::open(&place.spec, NOON_MS).unwrap();
    late.write("aa\n", NOON_MS).unwrap();
    place.tidies(NOON_MS + DAY_MS);
    // Its clock is behind, and it holds the file open that is gone.
    late.write("bb\n", NOON_MS).unwrap();
    place.tidies(NOON_MS + DAY_MS);
    let shown = [("queue-20261129.1.log.gz", "bb\n"), ("queue-20261129.log.gz", "aa\n"), ("queue-20261130.log", "")];
    assert_eq!(place.files(), pairs(&shown));
}

#[test]
fn numbered_files_are_compressed_and_keep_their_order() {
    let place = Place::new(false, Keep::Files(2));
    let mut log = Log::open(&place.spec, NOON_MS).unwrap();
    for text in ["aa\n", "bb\n", "cc\n", "dd\n", "ee\n", "ff\n", "gg\n"] {
        log.write(text, NOON_MS).unwrap();
        log.tidy(NOON_MS).map(Tidy::run).transpose().unwrap();
    }
    let shown = [("queue.log", "gg\n"), ("queue.log.1.gz", "ee\nff\n"), ("queue.log.2.gz", "cc\ndd\n")];
    assert_eq!(place.files(), pairs(&shown));
}

#[test]
fn what_is_over_its_age_is_removed_and_nothing_else() {
    let place = Place::new(true, Keep::Age(2 * 86_400_000));
    for name in ["queue-20261126.log.gz", "queue-20261126.1.log.gz", "queue-20261127.log.gz", "queue-20261128.log.gz"] {
        place.writes(name, "");
        fs::write(place.dir.path().join(name), gzip("x")).unwrap();
    }
    let others = ["queue-20200101.log.bak", "scheduler-20200101.log", "notes.txt", "queue-20209901.log", "queue.log"];
    others.iter().for_each(|name| place.writes(name, "mine"));
    // The 26th ended 2.5 days ago when it is the noon of the 29th; the 27th 1.5 days ago.
    place.tidies(NOON_MS);
    let mut left = vec!["queue-20261127.log.gz", "queue-20261128.log.gz", "queue-20261129.log"];
    left.extend(others);
    left.sort_unstable();
    assert_eq!(place.names(), left);
}

#[test]
fn so_many_are_kept_the_newest_first_and_never_the_one_that_is_written_to() {
    let place = Place::new(true, Keep::Files(2));
    for name in ["queue-20261127.log", "queue-20261128.1.log", "queue-20261128.log", "queue-20261129.1.log"] {
        place.writes(name, name);
    }
    place.tidies(NOON_MS);
    assert_eq!(place.names(), ["queue-20261128.log.gz", "queue-20261129.1.log.gz", "queue-20261129.log"]);
    let none = Place::new(true, Keep::Files(0));
    none.writes("queue-20261128.log", "old");
    none.tidies(NOON_MS);
    assert_eq!(none.names(), ["queue-20261129.log"]);
}

#[test]
fn a_crash_at_any_moment_leaves_each_line_once() {
    let compressed = gzip("aa\n");
    let crashes: [&[(&str, &[u8])]; 4] = [
        &[("queue-20261128.log.closed", b"aa\n")],
        &[("queue-20261128.log.closed", b"aa\n"), ("queue-20261128.log.gz.part", b"half")],
        &[("queue-20261128.log.closed", b"aa\n"), ("queue-20261128.log.gz.part", &compressed)],
        &[("queue-20261128.log.closed", b"aa\n"), ("queue-20261128.log.gz", &compressed)],
    ];
    for left in crashes {
        let place = Place::new(true, Keep::Age(60 * 86_400_000));
        left.iter().for_each(|(name, bytes)| fs::write(place.dir.path().join(name), bytes).unwrap());
        place.tidies(NOON_MS);
        assert_eq!(place.files(), pairs(&[("queue-20261128.log.gz", "aa\n"), ("queue-20261129.log", "")]), "{left:?}");
    }
    // The same words on purpose, said again: they are other lines.
    let place = Place::new(true, Keep::Age(60 * 86_400_000));
    fs::write(place.dir.path().join("queue-20261128.log.gz"), gzip("bb\n")).unwrap();
    place.writes("queue-20261128.log", "aa\n");
    place.tidies(NOON_MS);
    assert_eq!(place.names(), ["queue-20261128.1.log.gz", "queue-20261128.log.gz", "queue-20261129.log"]);
}

#[test]
fn one_tidies_at_a_time() {
    let place = Place::new(true, Keep::Files(0));
    place.writes("queue-20261128.log", "old");
    let held = Lock::now(&File::open(place.dir.path()).unwrap()).unwrap();
    place.tidies(NOON_MS);
    assert_eq!(place.names().len(), 2, "somebody else is at it");
    drop(held);
    place.tidies(NOON_MS);
    assert_eq!(place.names(), ["queue-20261129.log"]);
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}
