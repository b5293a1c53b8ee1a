//! Turning by size and by given dates.

use super::*;

/// 2026-11-29 00:30 in Tokyo, which is still the 28th in UTC.
const TOKYO_HALF_PAST_MIDNIGHT_MS: i64 = 1_795_879_800_000;
const MINUTE_MS: i64 = 60_000;

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        Place { dir: tempfile::tempdir().unwrap() }
    }

    fn spec(&self, bytes_max: Option<u64>, daily: bool, keep: u32) -> OutputFile {
        OutputFile { path: self.dir.path().join("x.log"), bytes_max, daily, keep, zone: Some("Asia/Tokyo".into()) }
    }

    fn files(&self) -> Vec<(String, String)> {
        let read =
            |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap());
        let mut files: Vec<_> = fs::read_dir(self.dir.path()).unwrap().map(|entry| read(entry.unwrap())).collect();
        files.sort();
        files
    }
}

fn named(files: &[(&str, &str)]) -> Vec<(String, String)> {
    files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn it_turns_before_it_is_too_big_and_keeps_so_many() {
    let place = Place::new();
    let mut log = Log::open(&place.spec(Some(6), false, 2)).unwrap();
    for text in ["aa\n", "bb\n", "cc\n", "dd\n", "ee\n", "ff\n", "gg\n"] {
        log.write(text, 0).unwrap();
    }
    assert_eq!(place.files(), named(&[("x.log", "gg\n"), ("x.log.1", "ee\nff\n"), ("x.log.2", "cc\ndd\n")]));
}

#[test]
fn one_that_keeps_none_is_gone_when_it_turns() {
    let place = Place::new();
    let mut log = Log::open(&place.spec(Some(3), false, 0)).unwrap();
    log.write("aa\n", 0).unwrap();
    log.write("bb\n", 0).unwrap();
    assert_eq!(place.files(), named(&[("x.log", "bb\n")]));
}

#[test]
fn a_text_over_the_size_is_written_whole() {
    let place = Place::new();
    let mut log = Log::open(&place.spec(Some(3), false, 1)).unwrap();
    log.write("a long line\n", 0).unwrap();
    log.write("b\n", 0).unwrap();
    assert_eq!(place.files(), named(&[("x.log", "b\n"), ("x.log.1", "a long line\n")]));
}

#[test]
fn it_turns_at_local_midnight_and_not_at_that_of_utc() {
    let place = Place::new();
    let mut log = Log::open(&place.spec(None, true, 5)).unwrap();
    let midnight = TOKYO_HALF_PAST_MIDNIGHT_MS - 30 * MINUTE_MS;
    log.write("evening\n", midnight - 1).unwrap();
    log.write("morning\n", midnight).unwrap();
    // Nine hours on, UTC has its own midnight.
    log.write("noon\n", midnight + 10 * 60 * MINUTE_MS).unwrap();
    assert_eq!(place.files(), named(&[("x.log", "morning\nnoon\n"), ("x.log.1", "evening\n")]));
    // A clock that is set back turns nothing.
    log.write("again\n", midnight - MINUTE_MS).unwrap();
    assert_eq!(place.files().len(), 2);
}

#[test]
fn one_of_yesterday_turns_when_it_is_opened_anew() {
    let place = Place::new();
    let spec = place.spec(None, true, 5);
    fs::write(&spec.path, "old\n").unwrap();
    let at = std::time::UNIX_EPOCH
        + std::time::Duration::from_millis((TOKYO_HALF_PAST_MIDNIGHT_MS - 60 * MINUTE_MS).unsigned_abs());
    File::options().write(true).open(&spec.path).unwrap().set_modified(at).unwrap();
    let mut log = Log::open(&spec).unwrap();
    log.write("new\n", TOKYO_HALF_PAST_MIDNIGHT_MS).unwrap();
    assert_eq!(place.files(), named(&[("x.log", "new\n"), ("x.log.1", "old\n")]));
}

#[test]
fn whoever_else_turns_or_moves_the_file_is_followed() {
    let place = Place::new();
    let spec = place.spec(Some(6), false, 5);
    let (mut one, mut two) = (Log::open(&spec).unwrap(), Log::open(&spec).unwrap());
    one.write("aa\n", 0).unwrap();
    two.write("bb\n", 0).unwrap();
    one.write("cc\n", 0).unwrap();
    two.write("dd\n", 0).unwrap();
    assert_eq!(place.files(), named(&[("x.log", "cc\ndd\n"), ("x.log.1", "aa\nbb\n")]));
    fs::rename(&spec.path, place.dir.path().join("moved")).unwrap();
    one.write("ee\n", 0).unwrap();
    assert_eq!(fs::read_to_string(&spec.path).unwrap(), "ee\n");
    fs::remove_file(&spec.path).unwrap();
    two.write("ff\n", 0).unwrap();
    assert_eq!(fs::read_to_string(&spec.path).unwrap(), "ff\n");
}

#[test]
fn what_is_wrong_with_a_file_is_known_before() {
    let place = Place::new();
    let with = |path: &Path| OutputFile { path: path.into(), ..place.spec(None, false, 1) }.faults();
    assert_eq!(with(&place.dir.path().join("new.log")), Vec::<String>::new());
    assert!(place.files().is_empty(), "a check writes nothing");
    assert!(with(place.dir.path())[0].ends_with("it is a directory"));
    assert!(with(Path::new("/no/such/x.log"))[0].ends_with("its folder is not there; make it"));
    let zone = OutputFile { zone: Some("Europe/Nowhere".into()), ..place.spec(Some(0), false, 1) };
    assert_eq!(zone.faults().len(), 2, "{:?}", zone.faults());
}
