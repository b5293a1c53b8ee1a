//! The end of small and large files, and lines of every length.

use std::{io::Write, path::Path};

use super::*;

/// `at=12 text`: the time is 12.
fn time_of(line: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(line.get(..line.len().min(20))?).ok()?;
    text.strip_prefix("at=")?.split(' ').next()?.parse().ok()
}

fn read(path: &Path, from_ms: i64) -> (Vec<String>, u64) {
    let mut all = Vec::new();
    let file = File::open(path).unwrap();
    let bytes = lines_since(&file, from_ms, &time_of, &mut |line| all.push(String::from_utf8_lossy(line).into_owned()));
    (all, bytes.unwrap())
}

fn written(text: impl AsRef<[u8]>) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_ref()).unwrap();
    file
}

#[test]
fn a_small_file_is_read_as_it_is() {
    for (text, lines) in [
        ("", vec![]),
        ("at=1 a", vec!["at=1 a"]),
        ("at=1 a\nb\r\n\nat=2 c\n", vec!["at=1 a", "b", "", "at=2 c"]),
        ("\n", vec![""]),
    ] {
        assert_eq!(read(written(text).path(), 0).0, lines, "{text:?}");
    }
}

#[test]
fn of_a_large_file_only_the_end_is_read() {
    let text: String = (0..400_000_i64).map(|second| format!("at={} line\n  of a trace\n", second * 1_000)).collect();
    let file = written(&text);
    let from = 399_000 * 1_000;
    let (lines, bytes) = read(file.path(), from);
    let later = lines.iter().filter(|line| time_of(line.as_bytes()).is_some_and(|at| at >= from)).count();
    assert_eq!(later, 1_000, "all of the period is there");
    assert!(bytes * 20 < text.len() as u64, "{bytes} of {} bytes were read", text.len());
    assert_eq!(read(file.path(), 0).0.len(), 800_000, "and all of it if all is asked for");
}

#[test]
fn lines_that_are_not_quite_in_order_are_all_there() {
    let mut text: String = (0..20_000_i64).map(|second| format!("at={} line\n", second * 1_000)).collect();
    let from = 19_000 * 1_000;
    let early = text.find("at=18970000 ").unwrap();
    text.insert_str(early, &format!("at={} a line of another process\n", from + 1));
    assert!(read(written(&text).path(), from).0.iter().any(|line| line.contains("another process")));
}

#[test]
fn a_line_longer_than_a_step_back_is_found_whole() {
    let long = "x".repeat(1 << 20);
    let text = format!("at=1 old\nat=900000 {long}\nat=900001 short\n{}", "trace\n".repeat(50_000));
    let (lines, _) = read(written(&text).path(), 900_000);
    let found = lines.iter().find(|line| line.starts_with("at=900000 ")).unwrap();
    assert_eq!(found.len(), "at=900000 ".len() + long.len());
    assert!(lines.iter().any(|line| line == "at=900001 short"));
}

#[test]
fn of_a_line_without_an_end_only_its_beginning_is_held() {
    let file = written(vec![b'y'; LINE_BYTES_MAX + 3_000_000]);
    let (lines, _) = read(file.path(), 0);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].len(), LINE_BYTES_MAX);
}
