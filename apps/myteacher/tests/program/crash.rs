//! `kill -9` among many avatars, with no server and no key: what a crash leaves, the next worker finishes.

use std::{collections::BTreeMap, os::unix::fs::MetadataExt, path::PathBuf};

use super::house::House;

/// Every picture that is noted in a row, with what tells its file from one that was written anew.
fn noted(house: &House) -> BTreeMap<PathBuf, (u64, i64, i64)> {
    let db = house.db();
    let mut find = db.prepare("SELECT path FROM avatar_images").unwrap();
    let paths = find.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let file = |path: String| house.path().join("storage/pictures").join(path);
    let seen = paths.map(|path| {
        let path = file(path.unwrap());
        let about = std::fs::metadata(&path).unwrap_or_else(|error| panic!("{path:?} is noted: {error}"));
        (path, (about.ino(), about.mtime(), about.mtime_nsec()))
    });
    seen.collect()
}

#[test]
fn avatars_in_the_hands_of_a_killed_worker_are_finished_by_the_next() {
    let house = House::lived_in();
    let ordered: Vec<(i64, String)> = (1..=8).map(|seed| house.create(&format!("--seed {seed}"))).collect();
    let mut worker = house.worker("--concurrency 2");
    for _ in 0..3 {
        worker.hears("running");
    }
    worker.dies();
    let held: i64 = house.one("SELECT count(*) FROM banto_lease");
    assert!(held > 0, "it died with nothing in its hands: this shows nothing");
    let before = noted(&house);

    let mut worker = house.worker("--concurrency 2");
    while house.one::<i64>("SELECT count(*) FROM teacher_avatars WHERE generation_status <> 'completed'") > 0 {
        worker.hears("ended");
    }
    worker.stops();
    let after = noted(&house);
    for (path, file) in &before {
        assert_eq!(after.get(path), Some(file), "{path:?} was painted again");
    }
    assert_eq!(after.len(), 9 * 6);
    assert_eq!(house.one::<i64>("SELECT count(*) FROM token_transactions WHERE type = 'ai_usage'"), 9);
    assert_eq!(house.one::<i64>("SELECT count(DISTINCT run) FROM token_transactions WHERE type = 'ai_usage'"), 9);
    assert_eq!(house.one::<i64>("SELECT count(*) FROM token_holds"), 0);
    assert_eq!(house.one::<i64>("SELECT count(*) FROM user_notifications"), 9);
    let crashes: Vec<u64> = ordered.iter().map(|(_, job)| house.job(job)["crashes"].as_u64().unwrap()).collect();
    assert_eq!(crashes.iter().sum::<u64>(), u64::try_from(held).unwrap(), "a crash is counted apart: {crashes:?}");
}
