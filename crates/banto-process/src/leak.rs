//! What a program leaves behind: a process that still holds its output after the program itself has ended.
//!
//! For the run, which must not wait for it. It is given a short while (a last write may be on its way), then noted.

use std::time::Duration;

use tokio::time::timeout;

use crate::{Left, Signal, group::Group};

/// How long output may still come after the program has ended, in milliseconds.
const DRAIN_MS: u64 = 500;

/// Reads on until the output is at its end or the while is over. Answers whether somebody else still holds it. The group
/// is killed here if it shall be, while its leader is not reaped and its number cannot be another's.
pub(crate) async fn drain(mut reading: impl Future<Output = ()> + Unpin, group: &Group, left: Left) -> bool {
    let ended = timeout(Duration::from_millis(DRAIN_MS), &mut reading).await.is_ok();
    if left == Left::Kill {
        group.tell_all(Signal::KILL);
        if !ended {
            let _ = timeout(Duration::from_millis(DRAIN_MS), &mut reading).await;
        }
    }
    !ended
}
