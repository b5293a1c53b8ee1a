//! `#[derive(Job)]`: a job type and its rules in one place.
//!
//! For users of `banto`, which re-exports it beside the trait of the same name. Whatever can be known at compile time is
//! refused there, at the words that are wrong, with what is allowed: a worker never meets a bad name, number, duration
//! or placeholder. It never reads a file or the environment, and never turns a code path into a kind.
//!
//! # Layout
//! - `attribute`: what was typed (`key = value`, nothing understood yet)
//! - `mean`: what it means, checked against banto-core's own rules; with `duration` and `template`
//! - `expand`: the `impl` that follows from it

use proc_macro::TokenStream;

mod attribute;
mod duration;
mod expand;
mod mean;
mod template;

/// Implements `banto::Job` for a type that is `Serialize`, `Deserialize`, `Send` and `'static`.
///
/// | key | meaning | when absent |
/// |---|---|---|
/// | `kind = "avatar.generate"` | the stable name of this sort of work; never change it, add an alias | must be given |
/// | `aliases = ["old.name"]` | names it had before; jobs enqueued under them run untouched | none |
/// | `queue = "avatars"` | where its jobs wait | `default` |
/// | `priority = 3` | 0 (first) to 9 (last) | 5 |
/// | `attempts_max = 3` | attempts before a job is dead, 1 to 1000 | 3, or the worker's `--tries` |
/// | `timeout = "15m"` | longest run of one attempt | the worker's |
/// | `backoff = "10s..1h"` | doubling waits from 10 s to 1 h, with jitter; `"1s, 5s, 30s"` are the waits one by one | the worker's |
/// | `retry_for = "1d"` | no attempt begins later than this after the enqueue | no end |
/// | `crashes_max = 3` | deaths of the process under a job before it is quarantined, 1 to 100 | 3 |
/// | `version = 2` | the form of the payload; raise it when old payloads no longer decode | 1 |
/// | `upcast = path::to::lift` | `fn(from: u16, serde_json::Value) -> Result<serde_json::Value, String>`, one step up | for version 1 |
/// | `unique = "avatar:{avatar_id}"` | one job for this key; `{field}` or `{0}` is shown with `Display`. All kinds share one space of keys, so begin with a word of your own | no key |
/// | `unique_for = "done"` | how long the key keeps others out: `"queued"` (until the first claim), `"done"` (until the end), `"24h"` (from the enqueue), `"done+24h"` (the end and then that long) | `done` |
/// | `tags = ["user:{user_id}"]` | labels to find it by, at most 16 | none |
/// | `crate = "path"` | where banto is, when it is re-exported by another crate | `::banto` |
///
/// Durations are whole numbers with `ms`, `s`, `m`, `h` or `d`, joined by blanks: `"1h 30m"`.
#[proc_macro_derive(Job, attributes(job))]
pub fn derive_job(input: TokenStream) -> TokenStream {
    match syn::parse(input).and_then(|input| derive(&input)) {
        Ok(code) => code.into(),
        Err(error) => error.into_compile_error().into(),
    }
}

fn derive(input: &syn::DeriveInput) -> syn::Result<proc_macro2::TokenStream> {
    let settings = attribute::settings(&input.attrs)?;
    let meaning = mean::mean(input, &settings)?;
    Ok(expand::expand(&input.ident, &meaning))
}

#[cfg(test)]
mod tests;
