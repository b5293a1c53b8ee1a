//! What is written away before it is touched: all of it, or nothing is touched and nothing is left behind.

use std::{path::PathBuf, sync::Arc};

use banto_core::{Outcome, State};
use banto_store::{
    Fault,
    faulty::{Faulty, Plan, Strike, Verb},
};

use super::{house::House, meddling::Meddling};

/// A folder and a file in it that is not there yet.
fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jobs.jsonl");
    (folder, file)
}

#[tokio::test]
async fn an_export_that_breaks_off_leaves_no_file_and_no_job_is_touched() {
    for typed in ["queue flush", "queue clear"] {
        let mut house = House::new();
        house.dead("mail", 3, "x").await;
        house.types("queue enqueue greet --count 3").await.ends(0);
        let healthy = house.store.clone();
        let faulty = Faulty::new(healthy.clone(), 1);
        house.behind(faulty.clone());
        let (folder, file) = place();
        let typed = format!("{typed} --yes --export {}", file.display());
        faulty.plan(&[Verb::Read], Plan { rate: 1.0, strikes: vec![Strike::Before(Fault::Busy)] });
        house.types(&typed).await.ends(3);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{typed}: a part looks like an export");
        assert_eq!((house.count(State::Dead).await, house.count(State::Ready).await), (3, 3));
        faulty.heal();
        house.types(&typed).await.ends(0);
        assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 3, "the same command works then");
    }
}

#[tokio::test]
async fn what_went_away_during_an_export_is_neither_written_nor_touched() {
    let mut house = House::new();
    let dead = house.dead("mail", 3, "x").await;
    let inner = house.store.clone();
    house.behind(Meddling { meddles: true, ..Meddling::new(inner) });
    let (_folder, file) = place();
    let said = house.types(&format!("queue flush --yes --export {}", file.display())).await.ends(1);
    assert_eq!(said.out, "2 dead jobs flushed\n");
    assert!(said.err.contains("2 jobs written to") && said.err.contains("1 job of the 3"), "{}", said.err);
    let text = std::fs::read_to_string(&file).unwrap();
    let left = dead.iter().find(|id| !text.contains(&id.to_string())).unwrap();
    assert_eq!((text.lines().count(), house.state(*left).await), (2, Some(State::Ready)));
}

#[tokio::test]
async fn an_export_names_a_file_that_is_there_before_anything_is_read() {
    let house = House::new();
    house.types("queue enqueue greet --count 2").await.ends(0);
    let (_folder, file) = place();
    std::fs::write(&file, "a diary").unwrap();
    let link = file.with_file_name("link");
    std::os::unix::fs::symlink(file.with_file_name("nowhere"), &link).unwrap();
    for there in [&file, &link, &file.parent().unwrap().to_path_buf()] {
        let said = house.types(&format!("queue clear --yes --export {}", there.display())).await.ends(2);
        assert!(said.err.contains("is there already and is not overwritten"), "{}", said.err);
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "a diary");
    assert!(!file.with_file_name("nowhere").exists(), "a link is not followed");
    assert_eq!(house.count(State::Ready).await, 2);
}

#[tokio::test]
async fn an_export_to_the_standard_output_is_refused_and_makes_no_file_called_so() {
    let house = House::new();
    house.dead("mail", 1, "x").await;
    for typed in ["queue flush --yes --export -", "queue clear --dry-run --export -"] {
        assert!(house.types(typed).await.ends(2).err.contains("the name of a new file is wanted"), "{typed}");
    }
    assert!(!std::path::Path::new("-").exists());
    assert_eq!(house.count(State::Dead).await, 1);
}

#[tokio::test]
async fn an_order_that_breaks_off_behind_an_export_says_how_many_were_touched() {
    let mut house = House::new();
    house.types("queue enqueue greet --count 6000").await.ends(0);
    let faulty = Faulty::new(house.store.clone(), 1);
    let busy = faulty.clone();
    house.behind(Meddling {
        steered: Box::new(move || {
            busy.plan(&[Verb::Steer], Plan { rate: 1.0, strikes: vec![Strike::Before(Fault::Full)] });
        }),
        ..Meddling::new(Arc::new(faulty))
    });
    let (_folder, file) = place();
    let said = house.types(&format!("queue clear --yes --export {}", file.display())).await.ends(4);
    assert!(said.err.contains("(5000 jobs were cancelled before)"), "{}", said.err);
    assert_eq!(house.count(State::Ready).await, 1_000);
}

#[tokio::test]
async fn every_line_is_the_job_as_it_is_shown() {
    let house = House::new();
    house.enqueue(r#"greet --payload {"name":"Ada"} --tag vip --attempts 1"#).await;
    let id = house.end("default", Some(Outcome::Retry { error: "no ink".into(), delay_ms: None })).await[0];
    let shown = house.types(&format!("queue show {id} --json")).await.ends(0).object();
    let (_folder, file) = place();
    house.types(&format!("queue flush --yes --export {}", file.display())).await.ends(0);
    let line: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(line, shown);
    assert_eq!((&line["job"]["error"], &line["trail"][0]["text"]), (&"no ink".into(), &"no ink".into()));
}
