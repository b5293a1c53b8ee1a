//! docs/benchmarks.md: the table with its date and its machine, so that the README's numbers have a source.
//!
//! Written only when `--write` is given, from the rows of that very run.

use std::path::{Path, PathBuf};

use banto_store::{Clock as _, SystemClock};
use jiff::Timestamp;

use crate::{Tried, args::Sqlite, machine, row::Row, table};

/// Writes the page and answers where it is.
pub fn write(asked: &Sqlite, rows: &[Row]) -> Tried<PathBuf> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let path = docs.canonicalize().map_err(|error| format!("find docs/: {error}"))?.join("benchmarks.md");
    let now = Timestamp::from_millisecond(SystemClock.wall_ms()).map_err(|error| format!("tell the date: {error}"))?;
    let date = now.strftime("%Y-%m-%d %H:%M UTC").to_string();
    std::fs::write(&path, text(&date, &machine::shown(), &command(asked), rows))
        .map_err(|error| format!("write {}: {error}", path.display()))?;
    Ok(path)
}

/// What was typed, as far as it matters for the numbers.
fn command(asked: &Sqlite) -> String {
    let mut words = "cargo xtask bench sqlite".to_owned();
    for (word, given) in [("short", asked.short), ("peers", asked.peers)] {
        if given {
            words.push_str(&format!(" --{word}"));
        }
    }
    if !asked.rows.is_empty() {
        words.push_str(&format!(" --rows {}", asked.rows.join(",")));
    }
    format!("{words} --seed {}", asked.seed)
}

fn text(date: &str, machine: &str, command: &str, rows: &[Row]) -> String {
    format!(
        "# Benchmarks

{date}, {machine}, by `{command}`.

Each value is the median of {runs} runs, taken in turns with its limit: the same SQLite doing the least that the work needs,
on the same disk, with the same bytes a row and the same rows a commit. The ratio is the median of value over limit, run by
run; the noise is (most - least) / median of the value's runs and of the limit's; fdatasync is what 4 KiB cost
before and after. Compare numbers of one run only: the disk and the neighbours are part of them.

{table}
{verdict}.
",
        runs = rows.iter().map(|row| row.runs.len()).max().unwrap_or(0),
        table = table::draw(rows),
        verdict = table::verdict(rows),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_date_machine_command_table_and_verdict() {
        let row = Row::of("work_c1", "jobs/s", vec![1.0, 2.0, 3.0], vec![]);
        let page = text("2026-11-22 01:00 UTC", "2 cores", "cargo xtask bench sqlite --seed 1", &[row]);
        for part in ["2026-11-22", "2 cores", "--seed 1", "| work_c1", "3 runs", "0 of 0 targets"] {
            assert!(page.contains(part), "{part} is missing in {page}");
        }
    }
}
