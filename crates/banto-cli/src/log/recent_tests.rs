//! Which lines are kept, and who hears them.

use banto_store::GivenClock;
use tracing_subscriber::layer::SubscriberExt;

use super::*;

fn listening<T>(run: impl FnOnce() -> T) -> T {
    let keep = Keep(Arc::new(GivenClock::at(1_000)));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(keep), run)
}

fn says(program: &str, text: &str) {
    tracing::info!(target: "banto::program", program, stream = "out", "{text}");
}

#[tokio::test]
async fn a_follower_hears_each_line_once_and_only_its_program() {
    listening(|| {
        says("follow-a", "one");
        says("follow-b", "other");
        tracing::info!(program = "follow-a", "an event about it is no line of it");
    });
    let (lines, mut more) = of("follow-a");
    assert_eq!(lines, [Line { at: 1_000, stream: "out".into(), text: "one".into() }]);
    listening(|| {
        says("follow-b", "other");
        says("follow-a", "two");
    });
    let Heard::Line(line) = more.next("follow-a").await else { panic!("missed") };
    assert_eq!(line.text, "two");
}

#[test]
fn only_the_last_lines_are_kept_and_no_line_whole_that_is_too_long() {
    listening(|| {
        (0..LINES_MAX + 7).for_each(|at| says("flood", &at.to_string()));
        says("flood", &"x".repeat(1 << 20));
    });
    let (lines, _) = of("flood");
    assert_eq!((lines.len(), lines[0].text.as_str()), (LINES_MAX, "8"));
    assert!(lines.last().unwrap().text.len() <= LINE_BYTES_MAX);
}
