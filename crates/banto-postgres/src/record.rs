//! `record`: writes down what running jobs say of themselves.

use banto_core::{Progress, limits::LINE_BYTES_MAX, text::cut};
use banto_store::{Note, Record};

use crate::{conn::Conn, error::Worked, finish::Leases, said::keep};

/// Writes what is said under leases that hold; says how many were.
pub(crate) async fn record(conn: &mut Conn, records: &[Record]) -> Worked<usize> {
    if records.is_empty() {
        return Ok(0);
    }
    let of = Leases::of(records.iter().map(|record| &record.lease));
    let (sorts, texts): (Vec<i32>, Vec<Option<String>>) = records.iter().map(|record| note(&record.note)).unzip();
    let wall = conn.now.wall;
    let sql = "SELECT {s}.record($1, $2, $3, $4, $5, $6)";
    let written: i64 = conn.one(sql, &[&of.ids, &of.fences, &of.tokens, &sorts, &texts, &wall]).await?.try_get(0)?;
    Ok(usize::try_from(written).unwrap_or(0))
}

/// What sort of note it is (0 progress, 1 a line, 2 what a run left behind), and its text.
fn note(note: &Note) -> (i32, Option<String>) {
    match note {
        Note::Progress(said) => {
            let said = Progress { text: cut(&said.text, LINE_BYTES_MAX), done: said.done, total: said.total };
            // Two numbers and a text, which serde_json always can write.
            (0, serde_json::to_string(&said).ok())
        }
        Note::Line(text) => (1, Some(keep(&cut(text, LINE_BYTES_MAX)).into_owned())),
        Note::Output(output) => (2, serde_json::to_string(&output.clone().cut()).ok()),
    }
}
