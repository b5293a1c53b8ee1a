//! Files that nobody in their right mind would write.

use std::{fs, os::unix::fs::symlink};

use super::{tests::wrong, *};

fn failure(path: &Path) -> String {
    File::read(path).expect_err("it was taken").text
}

#[test]
fn what_is_no_file_is_refused_without_waiting() {
    let dir = tempfile::tempdir().unwrap();
    assert!(failure(dir.path()).contains("it is no file"));
    assert!(failure(&dir.path().join("none.toml")).ends_with("it is not there"));
    assert!(failure(Path::new("/dev/zero")).contains("it is no file"));
    let pipe = dir.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
    assert!(failure(&pipe).contains("it is no file"));
    symlink("loop", dir.path().join("loop")).unwrap();
    failure(&dir.path().join("loop"));
    let (real, link) = (dir.path().join("real"), dir.path().join("link"));
    fs::write(&real, "service = \"a\"").unwrap();
    symlink(&real, &link).unwrap();
    assert_eq!(File::read(&link).unwrap().service.as_str(), "a");
}

#[test]
fn what_is_too_large_or_no_text_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("banto.toml");
    fs::write(&path, vec![b'#'; FILE_BYTES_MAX + 1]).unwrap();
    assert!(failure(&path).contains("it has more than 4194304 bytes"));
    fs::write(&path, b"a = 1\n\xff\xfe").unwrap();
    assert!(failure(&path).contains("line 2 is not UTF-8"));
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_taken() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("banto.toml");
    fs::write(&path, "\u{feff}service = \"a\"\r\n\r\n[[schedule]]\r\nname = \"x\"\r\nrun = [\"y\"]\r\nevery = 60\r\n")
        .unwrap();
    let file = File::read(&path).unwrap();
    assert!(file.schedules[0].source.ends_with("banto.toml:4"));
}

#[test]
fn faults_of_the_grammar_have_their_places_and_show_no_control_bytes() {
    for (text, place) in [
        ("a\u{0}b = 1", "1:2"),
        ("service = \"a\"\nservice = \"b\"", "2:1"),
        ("service = \"a\u{1b}[2J\"", "1:13"),
        ("[worker]\nname = \"a\"\n[worker]\nname = \"b\"", "3:"),
        ("x = ", "1:"),
        ("[[schedule]\n", "1:"),
    ] {
        let faults = wrong(text);
        assert!(faults.iter().any(|fault| fault.starts_with(place)), "{text:?}: {faults:?}");
        assert!(faults.iter().all(|fault| !fault.contains(['\u{1b}', '\0'])), "{faults:?}");
    }
}

#[test]
fn a_deep_file_is_a_fault_and_no_crash() {
    let deep = |n: usize| {
        format!(
            "[[schedule]]\nname = \"a\"\nevery = 60\nenqueue = {{ kind = \"k\", payload = {}{} }}",
            "[".repeat(n),
            "]".repeat(n)
        )
    };
    for n in [70, 1_000, 100_000] {
        let text = deep(n);
        if let Err(faults) = File::parse(&text, Path::new("banto.toml"), None) {
            assert!(faults.to_string().len() < 100_000);
        }
    }
    assert!(!wrong(&deep(100_000)).is_empty());
    assert!(!wrong(&format!("{} = 1", vec!["a"; 100_000].join("."))).is_empty());
}

#[test]
fn ten_thousand_faults_are_counted_and_a_hundred_shown() {
    let text: String = (0..10_000).map(|n| format!("key{n} = 1\n")).collect();
    let faults = File::parse(&text, Path::new("banto.toml"), None).unwrap_err();
    assert_eq!(faults.list.len(), 10_000);
    assert!(faults.to_string().ends_with("\n  … and 9900 more"));
}

#[test]
fn ten_thousand_schedules_are_read() {
    let one = |n: usize| format!("[[schedule]]\nname = \"s{n}\"\nrun = [\"true\"]\nevery = \"5m\"\n");
    let text: String = (0..10_000).map(one).collect();
    assert_eq!(File::parse(&text, Path::new("banto.toml"), None).unwrap().schedules.len(), 10_000);
}
