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
    assert!(run(&sh("true")).await.remarks().is_empty());
}

/// The reference system's clean-ups asked, heard nothing, took that for a no and ended with 0: for months nothing was cleaned up.
#[tokio::test]
async fn one_that_takes_no_answer_for_a_no_is_a_success_and_it_is_said_that_it_asked() {
    for spec in [sh("printf 'Delete? [y/N] '; read answer; exit 0"), Spec::argv(["cat"])] {
        let ended = run(&spec).await;
        assert!(ended.stdin_read && ended.is_success(&spec));
        assert!(ended.words().ends_with("; it read from its standard input, which is closed: if it asks a question, give it the answer as an option"), "{}", ended.words());
    }
}
