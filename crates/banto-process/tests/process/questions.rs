//! A program that asks a question gets no answer, fails, and that is said.

use banto_process::Spec;

use super::house::{run, sh};

#[tokio::test]
async fn a_question_is_answered_by_the_end_of_input_and_reported() {
    let spec = sh("printf 'Continue? [y/N] '; read answer || exit 1; echo $answer");
    let ended = run(&spec).await;
    assert!(!ended.is_success(&spec) && ended.stdin_read);
    assert_eq!(ended.tail, "Continue? [y/N] \n");
    assert!(ended.words().contains("it read from its standard input, which is closed"), "{}", ended.words());
}

#[tokio::test]
async fn a_program_that_asks_nothing_is_not_accused() {
    for text in ["exit 1", "[ -t 0 ] || exit 1", "sleep 0.1; false", "(echo x >&0) 2>/dev/null; exit 1"] {
        assert!(!run(&sh(text)).await.stdin_read, "{text}");
    }
    let spec = Spec::argv(["cat"]);
    let ended = run(&spec).await;
    assert!(ended.stdin_read && ended.is_success(&spec) && !ended.words().contains("standard input"));
}
