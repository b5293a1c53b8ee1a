//! `record`: writes down what running jobs say of themselves, and what is said of them.

use banto_core::{
    Progress,
    limits::{LINE_BYTES_MAX, LINES_MAX},
    text::cut,
};
use banto_store::{Note, Record};
use rusqlite::params;

use crate::{
    desk::Desk,
    error::{Result, fault},
    ledger,
};

/// Writes what is said under leases that hold; says how many were.
pub(crate) fn record(desk: &mut Desk<'_>, records: &[Record]) -> Result<usize> {
    write(desk, records).map_err(|error| fault("record what jobs say", &error))
}

fn write(desk: &mut Desk<'_>, records: &[Record]) -> rusqlite::Result<usize> {
    let mut written = 0;
    for Record { lease, note } in records {
        let Some((seq, _)) = desk.leased.held(desk.db, lease)? else { continue };
        match note {
            Note::Progress(said) => progress(desk, seq, said)?,
            Note::Output(output) => {
                if !ledger::keep_output(desk, seq, output)? {
                    continue;
                }
            }
            Note::Line(text) => line(desk, seq, lease.fence.into(), "log", &cut(text, LINE_BYTES_MAX))?,
        }
        written += 1;
    }
    Ok(written)
}

fn progress(desk: &mut Desk<'_>, seq: i64, said: &Progress) -> rusqlite::Result<()> {
    let said = Progress { text: cut(&said.text, LINE_BYTES_MAX), done: said.done, total: said.total };
    // Two numbers and a text, which serde_json always can write.
    let json = serde_json::to_string(&said).ok();
    desk.db.prepare_cached("UPDATE banto_lease SET progress = ?2 WHERE seq = ?1")?.execute(params![seq, json])?;
    desk.counts.touched = true;
    Ok(())
}

/// Adds a line to a job's trail; the oldest goes when there are too many.
pub(crate) fn line(desk: &mut Desk<'_>, seq: i64, fence: i64, word: &str, text: &str) -> rusqlite::Result<()> {
    let last: Option<i64> =
        desk.db.prepare_cached("SELECT max(n) FROM banto_line WHERE seq = ?1")?.query_row([seq], |row| row.get(0))?;
    let n = last.unwrap_or(0).saturating_add(1);
    // Over what stands there: numbers that have run out must not keep a job from its end.
    desk.db
        .prepare_cached(
            "INSERT OR REPLACE INTO banto_line (seq, n, at, fence, word, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![seq, n, desk.now.wall, fence, word, text])?;
    let gone = n.saturating_sub_unsigned(LINES_MAX as u64);
    if gone > 0 {
        desk.db.prepare_cached("DELETE FROM banto_line WHERE seq = ?1 AND n <= ?2")?.execute([seq, gone])?;
    }
    desk.counts.touched = true;
    Ok(())
}
