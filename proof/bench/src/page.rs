//! docs/benchmarks.md: a section for each command, with its date and its machine, so that the README's numbers have a source.
//!
//! Written only when `--write` is given, from the rows of that very run. The other sections stay as they are.

use std::path::{Path, PathBuf};

use banto_store::{Clock as _, SystemClock};
use jiff::Timestamp;

use crate::{Tried, args::Order, machine, row::Row, table};

/// Writes the command's section and answers where it is.
pub fn write(order: &Order, rows: &[Row]) -> Tried<PathBuf> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let path = docs.canonicalize().map_err(|error| format!("find docs/: {error}"))?.join("benchmarks.md");
    let now = Timestamp::from_millisecond(SystemClock.wall_ms()).map_err(|error| format!("tell the date: {error}"))?;
    let date = now.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let page = std::fs::read_to_string(&path).map_err(|error| format!("read {}: {error}", path.display()))?;
    let section = section(order.title, &date, &machine::shown(), &command(order), rows);
    std::fs::write(&path, with_section(&page, order.title, &section))
        .map_err(|error| format!("write {}: {error}", path.display()))?;
    Ok(path)
}

/// What was typed, as far as it matters for the numbers.
fn command(order: &Order) -> String {
    let run = &order.run;
    let mut words = format!("cargo xtask bench {}", order.command);
    for (word, given) in [("short", run.short), ("peers", run.peers)] {
        if given {
            words.push_str(&format!(" --{word}"));
        }
    }
    if !run.rows.is_empty() {
        words.push_str(&format!(" --rows {}", run.rows.join(",")));
    }
    format!("{words} --seed {}", run.seed)
}

fn section(title: &str, date: &str, machine: &str, command: &str, rows: &[Row]) -> String {
    format!(
        "## {title}

{date}, {machine}, by `{command}`, medians of {runs} runs.

{table}
{verdict}.
",
        runs = rows.iter().map(|row| row.runs.len()).max().unwrap_or(0),
        table = table::draw(rows),
        verdict = table::verdict(rows),
    )
}

/// The page with that section instead of the one of the same title, or with it at its end.
fn with_section(page: &str, title: &str, section: &str) -> String {
    let mut parts: Vec<String> = page.split("\n## ").map(|part| part.trim_end().to_owned()).collect();
    let section = section.trim_start_matches("## ").trim_end().to_owned();
    let same = |part: &&mut String| part.lines().next() == Some(title);
    match parts.iter_mut().skip(1).find(same) {
        Some(part) => *part = section,
        None => parts.push(section),
    }
    parts.join("\n\n## ") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_has_date_machine_command_table_and_verdict() {
        let row = Row::of("work_c1", "jobs/s", vec![1.0, 2.0, 3.0], vec![]);
        let page = section("SQLite", "2026-11-22 01:00 UTC", "2 cores", "cargo xtask bench sqlite --seed 1", &[row]);
        for part in ["## SQLite", "2026-11-22", "2 cores", "--seed 1", "| work_c1", "3 runs", "0 of 0 targets"] {
            assert!(page.contains(part), "{part} is missing in {page}");
        }
    }

    #[test]
    fn only_the_section_of_that_title_is_written_anew() {
        let page = "# Benchmarks\n\nIntro.\n\n## SQLite\n\nold\n\n## Schedules\n\nkept\n";
        let new = with_section(page, "SQLite", "## SQLite\n\nnew\n");
        assert_eq!(new, "# Benchmarks\n\nIntro.\n\n## SQLite\n\nnew\n\n## Schedules\n\nkept\n");
        let more = with_section(&new, "Redis", "## Redis\n\nfirst\n");
        assert_eq!(more, format!("{new}\n## Redis\n\nfirst\n"));
        assert_eq!(with_section(&more, "Redis", "## Redis\n\nfirst\n"), more);
    }
}
