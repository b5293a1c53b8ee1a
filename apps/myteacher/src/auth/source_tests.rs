//! Which names fit a pattern, and which files are taken.

use std::os::unix::fs::symlink;

use super::*;

#[test]
fn a_star_stands_for_anything_in_a_name() {
    for (pattern, name, fit) in [
        ("laravel.log", "laravel.log", true),
        ("laravel.log", "laravel.logs", false),
        ("laravel*.log", "laravel.log", true),
        ("laravel*.log", "laravel-2025-12-01.log", true),
        ("laravel*.log", "laravel.lo", false),
        ("laravel*.log", "other.log", false),
        ("*", "anything", true),
        ("*.log", ".log", true),
        ("a*b*c", "aXbYc", true),
        ("a*b*c", "abc", true),
        ("a*b*c", "acb", false),
        ("ab*ba", "aba", false),
        ("a**c", "abc", true),
        ("a?c", "abc", false),
    ] {
        assert_eq!(fits(pattern, name), fit, "{pattern} {name}");
    }
}

#[test]
fn a_rolled_file_is_the_file_that_it_was() {
    for (name, was) in [
        ("laravel.log", "laravel.log"),
        ("laravel.log.1", "laravel.log"),
        ("laravel.log.12.gz", "laravel.log"),
        ("laravel-2025-12-01.log.gz", "laravel-2025-12-01.log"),
        ("laravel.2025", "laravel"),
        ("laravel.", "laravel."),
    ] {
        assert_eq!(unrolled(name), was);
    }
}

#[test]
fn a_pattern_that_cannot_be_says_what_can() {
    for wrong in ["", "storage/", "logs*/laravel.log", "*/x"] {
        let said = Pattern::new(wrong).unwrap_err().to_string();
        assert!(said.contains("allowed is a file") && said.contains(wrong), "{said}");
    }
    assert_eq!(Pattern::new("/x.log").unwrap(), Pattern { folder: "/".into(), name: "x.log".into() });
    assert_eq!(Pattern::new("x.log").unwrap().folder, Path::new("."));
}

#[test]
fn every_regular_file_that_fits_is_found_once_and_the_rest_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["laravel.log", "laravel-2025-12-01.log", "laravel-2025-11-30.log.gz", "other.log"] {
        fs::write(path(name), "").unwrap();
    }
    fs::create_dir(path("laravel-folder.log")).unwrap();
    symlink(path("laravel.log"), path("laravel-again.log")).unwrap();
    symlink(path("nowhere"), path("laravel-lost.log")).unwrap();
    let pattern = |name: &str| Pattern::new(path(name).to_str().unwrap()).unwrap();
    let found = find(&[pattern("laravel*.log"), pattern("laravel.log"), pattern("no/such/folder/x.log")]);
    let mut names: Vec<_> =
        found.sources.iter().map(|source| (source.path.file_name().unwrap(), source.gzip)).collect();
    names.sort();
    assert_eq!(names.len(), 3, "the link and the file are one: {names:?}");
    assert!(names.iter().all(|(name, gzip)| *gzip == name.to_str().unwrap().ends_with(".gz")), "{names:?}");
    assert_eq!(found.problems.len(), 2, "{:?}", found.problems);
    assert!(found.problems[0].contains("laravel-lost.log") && found.problems[1].contains("no/such/folder"));
    assert_eq!(find(&[pattern("none*.log")]), Found::default());
}
