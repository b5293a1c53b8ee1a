//! Foreign code may panic: a handler, a decoder, a check of what a kind needs, a value's drop.
//!
//! For every place that calls such code. A panic becomes its text; it never reaches a loop of the engine, which would end
//! in silence.

use std::panic::{AssertUnwindSafe, catch_unwind};

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
