//! Foreign code may panic: a handler, a decoder, a check of what a kind needs, a value's drop.
//!
//! For every place that calls such code. A panic becomes its text; it never reaches a loop of the engine, which would end
//! in silence.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    task::Poll,
};

/// Calls foreign code; the text of its panic, if it panics.
pub(crate) fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        // What was thrown is foreign too, and may panic when it is dropped. Then it is leaked: nobody can drop it.
        if let Err(again) = catch_unwind(AssertUnwindSafe(move || drop(panic))) {
            std::mem::forget(again);
        }
        text.unwrap_or_else(|| "with something that is no text".into())
    })
}

/// Awaits what may call foreign code; the text of its panic, if it panics.
pub(crate) async fn awaited<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let mut future = Box::pin(future);
    std::future::poll_fn(move |cx| match guarded(|| future.as_mut().poll(cx)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(answer)) => Poll::Ready(Ok(answer)),
        Err(text) => Poll::Ready(Err(text)),
    })
    .await
}
