//! `record`: what running jobs say of themselves.

use banto_core::{Progress, limits::LINE_BYTES_MAX, text::cut};
use banto_store::{Note, Record};

use crate::{Redis, call::Call, error::Result, renew::word, script};

/// Writes what is said under leases that hold; says how many were.
pub(crate) async fn record(store: &Redis, records: &[Record]) -> Result<usize> {
    if records.is_empty() {
        return Ok(0);
    }
    let mut call = Call::of(&script::RECORD);
    for Record { lease, note } in records {
        // Numbers and text, which serde_json always can write.
        let (what, text) = match note {
            Note::Progress(said) => {
                let said = Progress { text: cut(&said.text, LINE_BYTES_MAX), done: said.done, total: said.total };
                ("progress", serde_json::to_vec(&said).unwrap_or_default())
            }
            Note::Line(text) => ("line", cut(text, LINE_BYTES_MAX).into_bytes()),
            Note::Output(output) => ("output", serde_json::to_vec(&output.clone().cut()).unwrap_or_default()),
        };
        call.push(word(lease));
        call.push(what);
        call.push(text);
    }
    store.call(call).await?.parts.count()
}
