//! What programs say: whole, in order, harmless, bounded.

use banto_process::{Line, Sink, Spec, Stream};
use tokio::sync::mpsc;

use super::house::{run, runner, sh};

/// Runs it beside a listener that keeps up.
async fn heard(spec: &Spec) -> (banto_process::Ended, Vec<Line>) {
    let (sender, mut lines) = mpsc::channel(64);
    let run = runner().start(spec, Sink::to(sender)).await.unwrap();
    let listen = async {
        let mut heard = Vec::new();
        while let Some(line) = lines.recv().await {
            heard.push(line);
        }
        heard
    };
    tokio::join!(run, listen)
}

#[tokio::test]
async fn lines_are_heard_from_both_streams_and_the_last_needs_no_line_break() {
    let (ended, lines) = heard(&sh("echo one; echo two >&2; printf three")).await;
    let of =
        |stream| lines.iter().filter(|line| line.stream == stream).map(|line| line.text.as_str()).collect::<Vec<_>>();
    assert_eq!(of(Stream::Out), ["one", "three"]);
    assert_eq!(of(Stream::Err), ["two"]);
    assert_eq!((ended.said.out.lines, ended.said.out.bytes, ended.said.err.bytes), (2, 9, 4));
}

#[tokio::test]
async fn control_bytes_and_bytes_that_are_no_text_are_visible() {
    let (ended, lines) = heard(&sh(r"printf '\033[31mred\033]52;c;x\007\n\377\376ok\n1\r2\010\n'")).await;
    assert_eq!(ended.tail, "\\u{1b}[31mred\\u{1b}]52;c;x\\u{7}\n\\xff\\xfeok\n1\\r2\\u{8}\n");
    assert_eq!(lines.iter().map(|line| format!("{}\n", line.text)).collect::<String>(), ended.tail);
}

/// 50 MB of short lines, 50 MB without a line break: memory is bounded, nothing is miscounted.
#[tokio::test]
async fn a_flood_is_counted_and_bounded() {
    let before = own_memory_bytes();
    let spec =
        Spec { tail_bytes_max: 100, ..sh("yes 0123456789012345678901234567890123456789012345678 | head -n 1000000") };
    let ended = run(&spec).await;
    assert!(ended.is_success(&spec));
    assert_eq!((ended.said.out.lines, ended.said.out.bytes), (1_000_000, 50_000_000));
    assert_eq!(ended.tail.len(), 100);
    let ended = run(&sh("head -c 50000000 /dev/zero | tr '\\0' x")).await;
    assert_eq!((ended.said.out.lines, ended.said.out.bytes, ended.said.cut), (1, 50_000_000, 1));
    assert!(ended.tail.ends_with(&format!("x …[{} bytes cut]\n", 50_000_000 - (16 << 10))), "{}", ended.tail);
    let grown = own_memory_bytes().saturating_sub(before);
    assert!(grown < 32 << 20, "{grown}");
}

fn own_memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
}

/// Nobody empties the channel: the program ends all the same, and each line is either heard or counted as dropped.
#[tokio::test]
async fn a_listener_that_is_slow_holds_nothing_up_and_is_told_what_it_missed() {
    let (sender, mut lines) = mpsc::channel(10);
    let run = runner().start(&sh("seq 100000"), Sink::to(sender)).await.unwrap();
    let ended = run.await;
    assert_eq!((ended.said.out.lines, ended.said.dropped), (100_000, 99_990));
    assert!(ended.words().contains("99990 lines were not shown"), "{}", ended.words());
    assert_eq!(std::iter::from_fn(|| lines.try_recv().ok()).count(), 10);
}

#[tokio::test]
async fn after_a_gap_the_next_line_says_how_long_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (sender, mut lines) = mpsc::channel(1);
    let spec = Spec {
        dir: Some(dir.path().into()),
        ..sh("echo 1; echo 2; echo 3; touch said; until [ -e go ]; do sleep 0.05; done; echo 4")
    };
    let run = tokio::spawn(runner().start(&spec, Sink::to(sender)).await.unwrap());
    super::house::until(|| dir.path().join("said").exists().then_some(())).await;
    // The run has read what was said before the file was made once its listener got the first line and lost two.
    super::house::until(|| (lines.len() == 1).then_some(())).await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(lines.recv().await.map(|line| line.text), Some("1".into()));
    std::fs::write(dir.path().join("go"), "").unwrap();
    let last = lines.recv().await.unwrap();
    assert_eq!((last.text.as_str(), last.dropped), ("4", 2));
    assert_eq!(run.await.unwrap().said.dropped, 2);
}
