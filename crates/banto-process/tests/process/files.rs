//! Output in a file beside the listener.

use banto_process::{Keep, OutputFile, Spec};

use super::house::{run, sh};

#[tokio::test]
async fn both_streams_are_appended_visible_and_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.log");
    std::fs::write(&path, "before\n").unwrap();
    let spec = Spec {
        file: Some(OutputFile::new(&path)),
        ..sh(r"echo one; sleep 0.2; echo two >&2; sleep 0.2; printf '\033[1mthree'")
    };
    assert!(run(&spec).await.is_success(&spec));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "before\none\ntwo\n\\u{1b}[1mthree\n");
}

#[tokio::test]
async fn a_flood_turns_the_file_and_keeps_so_many() {
    let dir = tempfile::tempdir().unwrap();
    let file =
        OutputFile { bytes_max: Some(1_000_000), keep: Keep::Files(2), ..OutputFile::new(dir.path().join("out.log")) };
    let ended = run(&Spec { file: Some(file), ..sh("seq 1000000") }).await;
    assert_eq!(ended.said.file_fault, None);
    let mut names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert_eq!(names.len(), 3, "{names:?}");
    for name in &names {
        assert!(std::fs::metadata(name).unwrap().len() <= 1_000_000);
    }
    // The three together hold the end of what was said, without a gap.
    let text: String = names.iter().rev().map(|name| std::fs::read_to_string(name).unwrap()).collect();
    let numbers: Vec<u32> = text.lines().map(|line| line.parse().unwrap()).collect();
    assert!(numbers.windows(2).all(|two| two[0] + 1 == two[1]) && numbers.last() == Some(&1_000_000));
}

#[tokio::test]
async fn a_file_that_cannot_be_written_any_more_is_said_and_stops_nobody() {
    let spec = Spec {
        file: Some(OutputFile { bytes_max: None, ..OutputFile::new("/dev/full") }),
        ..sh("echo 12345; echo 678")
    };
    let ended = run(&spec).await;
    assert!(ended.is_success(&spec));
    assert_eq!(ended.tail, "12345\n678\n");
    let fault = ended.said.file_fault.clone().unwrap();
    assert!(fault.contains("(10 bytes are missing)"), "{fault}");
    assert!(ended.words().contains("could not be written to its file"));
}
