//! Tests of the place of pictures, as a folder; S3 has its own under `tests/`.

use super::*;
use crate::look::{Kept, Look};

fn avatar(id: i64, run: &str) -> Avatar {
    let (look, status) = (Kept::Look(Look::default()), "generating".to_owned());
    let (run, job) = (run.to_owned(), String::new());
    Avatar { id, user: 7, look, status, failure: None, detail: None, run, shown: None, job, estimate: 0 }
}

fn place() -> (tempfile::TempDir, Files) {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::open(folder.path().join("pictures").to_str().unwrap()).unwrap();
    (folder, files)
}

#[test]
fn a_path_is_the_same_in_every_attempt_and_another_in_every_run() {
    let picture = Look::default().pictures()[1];
    assert_eq!(Files::path(&avatar(3, "run"), picture), "avatars/7/3/run/bust_normal.png");
    assert_eq!(Files::drawing(&avatar(3, "run"), picture), "avatars/7/3/run/drawn/bust_normal.png");
    assert_ne!(Files::path(&avatar(3, "run"), picture), Files::path(&avatar(3, "other"), picture));
}

#[tokio::test]
async fn what_is_put_is_got_and_what_is_deleted_is_gone() {
    let (_folder, files) = place();
    assert_eq!(files.get("a/b.png").await, Ok(None));
    files.put("a/b.png", b"one".to_vec()).await.unwrap();
    files.put("a/b.png", b"two".to_vec()).await.unwrap();
    assert_eq!(files.get("a/b.png").await, Ok(Some(b"two".to_vec())));
    assert_eq!(files.has("a/b.png").await, Ok(true));
    files.delete("a/b.png").await.unwrap();
    files.delete("a/b.png").await.unwrap();
    assert_eq!((files.has("a/b.png").await, files.get("a/b.png").await), (Ok(false), Ok(None)));
}

#[tokio::test]
async fn only_the_pictures_of_the_present_run_are_left_and_no_other_avatar_is_touched() {
    let (_folder, files) = place();
    let pictures = Look::default().pictures();
    let (old, new, other) = (avatar(3, "old"), avatar(3, "new"), avatar(33, "old"));
    for picture in &pictures {
        for of in [&old, &new, &other] {
            files.put(&Files::path(of, *picture), b"x".to_vec()).await.unwrap();
            files.put(&Files::drawing(of, *picture), b"x".to_vec()).await.unwrap();
        }
    }
    assert_eq!(files.forget_all_but(&new, &pictures).await, Ok(18));
    for picture in &pictures {
        let there = async |path: String| files.has(&path).await.unwrap();
        assert!(there(Files::path(&new, *picture)).await && !there(Files::drawing(&new, *picture)).await);
        assert!(!there(Files::path(&old, *picture)).await && !there(Files::drawing(&old, *picture)).await);
        assert!(there(Files::path(&other, *picture)).await && there(Files::drawing(&other, *picture)).await);
    }
    assert_eq!(files.forget_all_but(&new, &pictures).await, Ok(0));
}

#[test]
fn a_place_that_cannot_be_is_refused_with_what_is_allowed() {
    for place in ["", "  ", "gs://bucket", "http://x/y"] {
        let unkept = Files::open(place).err().unwrap();
        assert!(!unkept.again() && unkept.to_string().contains("allowed"), "{unkept}");
    }
}

#[tokio::test]
async fn a_path_that_leads_out_of_the_place_is_refused() {
    let (folder, files) = place();
    for path in ["../out.png", "a/../../out.png"] {
        assert!(files.put(path, b"x".to_vec()).await.is_err(), "{path}");
    }
    assert!(!folder.path().join("out.png").exists());
}

#[test]
fn the_code_of_a_refusal_is_found_in_its_xml() {
    assert_eq!(code("<Error><Code>NoSuchBucket</Code><Message>x</Message></Error>"), Some("NoSuchBucket"));
    for none in ["", "<Code>", "no xml", "</Code><Code>"] {
        assert_eq!(code(none), None);
    }
}

#[tokio::test]
async fn what_is_kept_of_a_user_is_listed_and_nobody_elses() {
    let (_folder, files) = place();
    for path in ["avatars/7/1/r/a.png", "avatars/7/2/r/drawn/b.png", "avatars/77/1/r/c.png"] {
        files.put(path, b"x".to_vec()).await.unwrap();
    }
    let mut listed = files.of_user(7).await.unwrap();
    listed.sort();
    assert_eq!(listed, ["avatars/7/1/r/a.png", "avatars/7/2/r/drawn/b.png"]);
    assert_eq!(files.of_user(8).await, Ok(Vec::new()));
}
