//! Which names are ours, and in which order they stand.

use super::*;

fn names(path: &str, dated: bool) -> Names {
    Names::of(&OutputFile { dated, ..OutputFile::new(path) })
}

#[test]
fn only_names_that_we_would_have_written_are_ours() {
    let numbered = names("/x/app.log", false);
    for ours in ["app.log.1", "app.log.10000", "app.log.7.gz", "app.log.7.gz.part"] {
        assert!(numbered.read(ours).is_some(), "{ours}");
    }
    for other in [
        "app.log",
        "app.log.0",
        "app.log.01",
        "app.log.10001",
        "app.log.1.bak",
        "app.log.1.closed",
        "xapp.log.1",
        "app.log.+1",
    ] {
        assert!(numbered.read(other).is_none(), "{other}");
    }
    let dated = names("queue.log", true);
    let day = Some(jiff::civil::date(2026, 11, 29));
    for (name, number, rest) in [
        ("queue-20261129.log", 0, ""),
        ("queue-20261129.log.gz", 0, GZ),
        ("queue-20261129.log.closed", 0, CLOSED),
        ("queue-20261129.3.log", 3, ""),
        ("queue-20261129.3.log.gz.part", 3, PART),
    ] {
        assert_eq!(dated.read(name), Some((day, number, rest)), "{name}");
        assert_eq!(with(&dated.turned_to(day, number), rest), Path::new(".").join(name));
    }
    for other in [
        "queue.log",
        "queue-20261329.log",
        "queue-2026112.log",
        "queue-+0261129.log",
        "queue-20261129.0.log",
        "queue-20261129.log.1",
        "queue-20261129.log.bz2",
        "queue-20261129.3.log.closed",
        "queue-20261129-old.log",
        "queue-20261129.log~",
        "scheduler-20261129.log",
    ] {
        assert!(dated.read(other).is_none(), "{other}");
    }
}

#[test]
fn the_newest_comes_first_and_what_is_written_to_does_not_come_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let ours = [
        "queue-20261128.1.log.gz",
        "queue-20261128.2.log",
        "queue-20261128.log",
        "queue-20261129.1.log",
        "queue-20261129.log",
    ];
    for name in ours.iter().chain(&["other.txt", "queue-20261127.txt"]) {
        std::fs::write(dir.path().join(name), "").unwrap();
    }
    std::fs::create_dir(dir.path().join("queue-20261120.log")).unwrap();
    std::os::unix::fs::symlink("other.txt", dir.path().join("queue-20261121.log")).unwrap();
    let names = names(dir.path().join("queue.log").to_str().unwrap(), true);
    let turned = names.turned(Some(jiff::civil::date(2026, 11, 29))).unwrap();
    let order: Vec<&str> = turned.iter().map(|one| one.path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(
        order,
        ["queue-20261129.1.log", "queue-20261128.log", "queue-20261128.2.log", "queue-20261128.1.log.gz"]
    );
}
