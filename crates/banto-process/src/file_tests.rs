//! Turning by size and by given dates.

use std::fs::File;

use super::*;

/// 2026-11-29 00:30 in Tokyo, which is still the 28th in UTC.
const TOKYO_HALF_PAST_MIDNIGHT_MS: i64 = 1_795_879_800_000;
const MINUTE_MS: i64 = 60_000;
const DAY_MS: u64 = 86_400_000;

fn at(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        Place { dir: tempfile::tempdir().unwrap() }
    }

    fn spec(&self, bytes_max: Option<u64>, daily: bool, keep: u32) -> OutputFile {
        let plain = OutputFile::new(self.dir.path().join("x.log"));
        OutputFile { bytes_max, daily, keep: Keep::Files(keep), zone: Some("Asia/Tokyo".into()), ..plain }
    }

    /// With its day in its name, in that zone.
    fn dated(&self, zone: &str) -> OutputFile {
        let plain = OutputFile::new(self.dir.path().join("queue.log"));
        OutputFile { dated: true, keep: Keep::Age(60 * DAY_MS), zone: Some(zone.into()), ..plain }
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
    let mut log = Log::open(&place.spec(Some(6), false, 2), 0).unwrap();
    for text in ["aa\n", "bb\n", "cc\n", "dd\n", "ee\n", "ff\n", "gg\n"] {
        log.write(text, 0).unwrap();
    }
    assert_eq!(place.files(), named(&[("x.log", "gg\n"), ("x.log.1", "ee\nff\n"), ("x.log.2", "cc\ndd\n")]));
}

#[test]
fn one_that_keeps_none_is_gone_when_it_turns() {
    let place = Place::new();
    let mut log = Log::open(&place.spec(Some(3), false, 0), 0).unwrap();
    log.write("aa\n", 0).unwrap();
    log.write("bb\n", 0).unwrap();
    assert_eq!(place.files(), named(&[("x.log", "bb\n")]));
}

#[test]
fn a_text_over_the_size_is_written_whole() {
    let place = Place::new();
    let mut log = Log::open(&place.spec(Some(3), false, 1), 0).unwrap();
    log.write("a long line\n", 0).unwrap();
    log.write("b\n", 0).unwrap();
    assert_eq!(place.files(), named(&[("x.log", "b\n"), ("x.log.1", "a long line\n")]));
}

#[test]
fn it_turns_at_local_midnight_and_not_at_that_of_utc() {
    let place = Place::new();
    let mut log = Log::open(&place.spec(None, true, 5), 0).unwrap();
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
    let mut log = Log::open(&spec, 0).unwrap();
    log.write("new\n", TOKYO_HALF_PAST_MIDNIGHT_MS).unwrap();
    assert_eq!(place.files(), named(&[("x.log", "new\n"), ("x.log.1", "old\n")]));
}

#[test]
fn whoever_else_turns_or_moves_the_file_is_followed() {
    let place = Place::new();
    let spec = place.spec(Some(6), false, 5);
    let (mut one, mut two) = (Log::open(&spec, 0).unwrap(), Log::open(&spec, 0).unwrap());
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
fn a_dated_file_turns_at_midnight_in_tokyo() {
    let place = Place::new();
    let mut log = Log::open(&place.dated("Asia/Tokyo"), at("2026-11-28T14:59:59.999Z")).unwrap();
    log.write("evening\n", at("2026-11-28T14:59:59.999Z")).unwrap();
    log.write("morning\n", at("2026-11-28T15:00:00Z")).unwrap();
    log.write("noon\n", at("2026-11-29T03:00:00Z")).unwrap();
    assert_eq!(place.files(), named(&[("queue-20261128.log", "evening\n"), ("queue-20261129.log", "morning\nnoon\n")]));
    // A clock that is set back writes into the file of its day, and takes none away.
    log.write("late\n", at("2026-11-28T14:00:00Z")).unwrap();
    assert_eq!(place.files()[0].1, "evening\nlate\n");
}

#[test]
fn days_of_23_and_25_hours_turn_at_their_own_midnights() {
    for (day, next, hours) in [("20260329", "20260330", 23), ("20261025", "20261026", 25)] {
        let place = Place::new();
        let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
        let date = jiff::civil::Date::strptime("%Y%m%d", day).unwrap();
        let begin = date.to_zoned(zone).unwrap().timestamp().as_millisecond();
        let end = begin + hours * 60 * MINUTE_MS;
        let mut log = Log::open(&place.dated("Europe/Berlin"), begin).unwrap();
        log.write("first\n", begin).unwrap();
        log.write("last\n", end - 1).unwrap();
        log.write("next\n", end).unwrap();
        let names = [format!("queue-{day}.log"), format!("queue-{next}.log")];
        assert_eq!(place.files(), named(&[(&names[0], "first\nlast\n"), (&names[1], "next\n")]));
    }
}

#[test]
fn a_dated_file_that_is_full_gets_a_number_and_todays_keeps_its_name() {
    let place = Place::new();
    let spec = OutputFile { bytes_max: Some(6), ..place.dated("UTC") };
    let mut log = Log::open(&spec, 0).unwrap();
    for text in ["aa\n", "bb\n", "cc\n", "dd\n", "ee\n"] {
        log.write(text, 0).unwrap();
    }
    let shown =
        [("queue-19700101.1.log", "aa\nbb\n"), ("queue-19700101.2.log", "cc\ndd\n"), ("queue-19700101.log", "ee\n")];
    assert_eq!(place.files(), named(&shown));
    // Another process, and one that begins later, go on with the next number.
    let mut other = Log::open(&spec, 0).unwrap();
    other.write("ff\n", 0).unwrap();
    other.write("gg\n", 0).unwrap();
    log.write("hh\n", 0).unwrap();
    assert_eq!(place.files()[2].1, "ee\nff\n");
    assert_eq!(place.files()[3].1, "gg\nhh\n");
}

#[test]
fn a_folder_that_is_gone_is_an_error_and_its_return_is_taken_up() {
    let place = Place::new();
    let folder = place.dir.path().join("logs");
    fs::create_dir(&folder).unwrap();
    let spec = OutputFile { path: folder.join("queue.log"), ..place.dated("UTC") };
    let mut log = Log::open(&spec, 0).unwrap();
    log.write("one\n", 0).unwrap();
    fs::rename(&folder, place.dir.path().join("gone")).unwrap();
    let error = log.write("two\n", 0).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    fs::create_dir(&folder).unwrap();
    log.write("three\n", 0).unwrap();
    assert_eq!(fs::read_to_string(folder.join("queue-19700101.log")).unwrap(), "three\n");
}

#[test]
fn a_folder_that_cannot_be_read_lets_a_full_file_grow_on() {
    let place = Place::new();
    let mut log = Log::open(&OutputFile { bytes_max: Some(3), ..place.dated("UTC") }, 0).unwrap();
    log.write("aa\n", 0).unwrap();
    // A folder stands where the turned file would go: as root, rights alone stop nobody.
    fs::create_dir(place.dir.path().join("queue-19700101.1.log")).unwrap();
    fs::write(place.dir.path().join("queue-19700101.1.log/x"), "").unwrap();
    log.write("bb\n", 0).unwrap();
    assert_eq!(fs::read_to_string(place.dir.path().join("queue-19700101.log")).unwrap(), "aa\nbb\n");
}

#[test]
fn one_who_holds_the_lock_for_ever_stops_nobody() {
    let place = Place::new();
    let spec = place.spec(Some(3), false, 2);
    let mut log = Log::open(&spec, 0).unwrap();
    log.write("aa\n", 0).unwrap();
    let frozen = File::open(&spec.path).unwrap();
    let held = lock::Lock::now(&frozen).unwrap();
    log.write("bb\n", 0).unwrap();
    assert_eq!(place.files(), named(&[("x.log", "aa\nbb\n")]), "it is written to, and does not turn");
    drop(held);
    log.write("cc\n", 0).unwrap();
    assert_eq!(place.files().len(), 2);
}

#[test]
fn what_is_wrong_with_a_file_is_known_before() {
    let place = Place::new();
    let with = |path: &Path| OutputFile { path: path.into(), ..place.spec(None, false, 1) }.faults();
    assert_eq!(with(&place.dir.path().join("new.log")), Vec::<String>::new());
    assert!(place.files().is_empty(), "a check writes nothing");
    assert!(with(place.dir.path())[0].ends_with("it is a directory; name a file"));
    assert!(with(Path::new("/no/such/x.log"))[0].ends_with("its folder is not there; make it"));
    let zone = OutputFile { zone: Some("Europe/Nowhere".into()), ..place.spec(Some(0), false, 1) };
    assert_eq!(zone.faults().len(), 2, "{:?}", zone.faults());
}

#[test]
fn what_is_wrong_with_a_place_names_the_path_the_user_and_the_cure() {
    let place = Place::new();
    fs::write(place.dir.path().join("taken"), "").unwrap();
    let path = place.dir.path().join("taken/x.log");
    let fault = OutputFile::new(&path).faults().remove(0);
    let uid = rustix::process::geteuid().as_raw();
    for part in [path.to_str().unwrap(), &uid.to_string(), "the user ", "move it away, or name another place"] {
        assert!(fault.contains(part), "{part}: {fault}");
    }
    let error = Log::open(&OutputFile::new(&path), 0).unwrap_err();
    assert_eq!(OutputFile::new(&path).fault(&error), fault, "as the preflight says it, so says the start");
    let denied = OutputFile::new("/x/y.log").fault(&io::ErrorKind::PermissionDenied.into());
    assert!(denied.contains("let this user write there (chown or chmod)"), "{denied}");
}

/// Locks belong to whoever opened the file, so threads that each open it stand for processes.
#[test]
fn many_at_once_lose_and_double_no_line_however_often_the_file_turns() {
    for dated in [true, false] {
        let place = Place::new();
        let spec = OutputFile { bytes_max: Some(400), keep: Keep::Files(10_000), ..place.dated("UTC") };
        let spec = OutputFile { dated, ..spec };
        std::thread::scope(|scope| {
            for who in 0..4 {
                let spec = &spec;
                scope.spawn(move || {
                    let mut log = Log::open(spec, 0).unwrap();
                    (0..400).for_each(|n| log.write(&format!("{who} says {n}\n"), 0).unwrap());
                });
            }
        });
        let files = place.files();
        assert!(files.len() > 30, "{}", files.len());
        let mut lines: Vec<&str> = files.iter().flat_map(|(_, text)| text.lines()).collect();
        let mut said: Vec<String> = (0..4).flat_map(|who| (0..400).map(move |n| format!("{who} says {n}"))).collect();
        lines.sort_unstable();
        said.sort_unstable();
        assert!(lines == said, "{} of {} lines, dated: {dated}", lines.len(), said.len());
    }
}
