//! A loop that ends: how long it rests, and how its end is told.

use super::*;

async fn ended(slot: &mut Slot<u8>) -> Result<u8, String> {
    match slot.turn().await {
        Turn::Ended(ended) => ended,
        Turn::Begin => panic!("it has not ended"),
    }
}

#[tokio::test]
async fn a_loop_that_ends_rests_longer_each_time_and_is_begun_anew() {
    let mut slot = Slot::of(tokio::spawn(async { 7 }), 0);
    assert_eq!(ended(&mut slot).await, Ok(7));
    assert_eq!(slot.rests(5), Duration::from_secs(1));
    assert!(!slot.runs());
    slot.begun(tokio::spawn(async { 8 }), 10);
    assert_eq!(ended(&mut slot).await, Ok(8));
    let waits: Vec<u64> = (0..8).map(|_| slot.rests(20).as_secs()).collect();
    assert_eq!(waits, [2, 4, 8, 16, 32, 60, 60, 60]);
    assert_eq!(slot.rests(60_010), Duration::from_secs(1), "a minute was a good life");
}

#[tokio::test]
async fn a_panic_is_an_end_that_is_told() {
    let mut slot = Slot::of(tokio::spawn(async { panic!("on purpose") }), 0);
    assert_eq!(ended(&mut slot).await, Err("it panicked; this is a bug".into()));
    assert!(slot.end().await.is_none(), "it does not run any more");
}

#[tokio::test]
async fn the_end_of_one_that_runs_is_waited_for_and_a_rest_is_not() {
    let mut slot = Slot::of(tokio::spawn(async { 9 }), 0);
    assert_eq!(slot.end().await, Some(Ok(9)));
    slot.rests(0);
    assert_eq!(slot.end().await, None);
}
