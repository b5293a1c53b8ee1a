//! No promise is written and then forgotten in the list.

use std::{collections::BTreeSet, fs, path::Path};

/// The names after `marker` in the files of the suite, with their files.
#[test]
fn every_promise_is_in_the_list() {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/suite");
    let mut written = BTreeSet::new();
    for entry in fs::read_dir(&suite).unwrap() {
        let path = entry.unwrap().path();
        let Some("rs") = path.extension().and_then(|end| end.to_str()) else { continue };
        let file = path.file_stem().unwrap().to_str().unwrap().to_owned();
        for line in fs::read_to_string(&path).unwrap().lines() {
            let promise = line.strip_prefix("pub async fn ").and_then(|rest| rest.strip_suffix("(stage: Stage) {"));
            let drawn = line.trim().split_once(' ').filter(|(name, _)| name.ends_with("_agrees_with_the_oracle"));
            if let Some(name) = promise.or(drawn.map(|(name, _)| name)) {
                written.insert(format!("{file}::{name}"));
            }
        }
    }
    let mut listed = BTreeSet::new();
    let mut file = String::new();
    let list = fs::read_to_string(suite.join("list.rs")).unwrap();
    let names = list.split("$crate::$then! {").nth(1).unwrap().split('}').next().unwrap();
    for word in names.split_whitespace() {
        match word.strip_suffix(':') {
            Some(name) => file = name.to_owned(),
            None => assert!(listed.insert(format!("{file}::{}", word.trim_end_matches(';'))), "{word} is listed twice"),
        }
    }
    assert_eq!(written.symmetric_difference(&listed).collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(written.len() >= 190, "{} promises", written.len());
}
