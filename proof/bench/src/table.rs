//! The table: one line a row, the same on a screen and in docs/benchmarks.md.
//!
//! For people; machines take `--json`. Numbers are cut to what the noise lets one believe.

use std::fmt::Write as _;

use crate::row::Row;

const HEAD: [&str; 10] =
    ["store", "row", "value", "limit", "ratio", "target", "met", "noise", "rows a commit", "fdatasync"];

/// The whole table, and below it what there is to know of each row.
pub fn draw(rows: &[Row]) -> String {
    let cells: Vec<[String; 10]> = std::iter::once(HEAD.map(str::to_owned)).chain(rows.iter().map(cells)).collect();
    let width = |column: usize| cells.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..HEAD.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for (number, row) in cells.iter().enumerate() {
        let padded: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let _never_fails = writeln!(text, "| {} |", padded.join(" | "));
        if number == 0 {
            let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            let _never_fails = writeln!(text, "|-{}-|", rule.join("-|-"));
        }
    }
    text.push('\n');
    let mut grounds: Vec<&str> = rows.iter().map(|row| row.on.as_str()).filter(|on| !on.is_empty()).collect();
    grounds.dedup();
    if !grounds.is_empty() {
        let _never_fails = writeln!(text, "Both sides on: {}.\n", grounds.join("; "));
    }
    for row in rows {
        let limit = if row.limit_is.is_empty() { String::new() } else { format!("limit: {}; ", row.limit_is) };
        let [before, after] = row.load;
        let _never_fails = writeln!(text, "- {}: {limit}{}; load {before:.1} to {after:.1}", row.name, row.note);
    }
    text
}

/// How many targets were met, of how many.
pub fn verdict(rows: &[Row]) -> String {
    let judged = rows.iter().filter(|row| row.pass.is_some()).count();
    let missed: Vec<&str> = rows.iter().filter(|row| row.pass == Some(false)).map(|row| row.name.as_str()).collect();
    let met = judged - missed.len();
    if missed.is_empty() {
        format!("{met} of {judged} targets met")
    } else {
        format!("{met} of {judged} targets met; missed: {}", missed.join(", "))
    }
}

fn cells(row: &Row) -> [String; 10] {
    let shown =
        |value: Option<f64>| value.map_or_else(|| "-".into(), |value| format!("{} {}", number(value), row.unit));
    let met = row.pass.map_or("", |pass| if pass { "yes" } else { "NO" });
    let noise = match (row.runs.is_empty(), row.limit_runs.is_empty()) {
        (true, _) => String::new(),
        (false, true) => percent(row.noise),
        (false, false) => format!("{} / {}", percent(row.noise), percent(row.limit_noise)),
    };
    let [before, after] = row.fdatasync_us.map(|us| number(us / 1e3));
    [
        row.store.into(),
        row.name.clone(),
        shown(row.value),
        shown(row.limit),
        row.ratio.map_or_else(|| "-".into(), |ratio| format!("{ratio:.2}")),
        row.target.clone().unwrap_or_default(),
        met.into(),
        noise,
        row.rows_a_commit.map_or_else(String::new, number),
        format!("{before} / {after} ms"),
    ]
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// Three digits that count; large numbers with their thousands apart.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 1_000.0 => thousands(value.round() as i64),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

fn thousands(value: i64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Target;

    fn rows() -> Vec<Row> {
        let aim = Target { at_least: Some(40_000.0), ..Target::default() };
        let work = Row::of("work_c10", "jobs/s", vec![43_210.0], vec![80_000.0]).aim(aim).note("noted");
        vec![work.against("bare SQLite"), Row::absent("peers", "no compiler")]
    }

    #[test]
    fn every_line_of_the_table_is_as_wide_as_the_next() {
        let text = draw(&rows());
        let lines: Vec<&str> = text.lines().take_while(|line| line.starts_with('|')).collect();
        assert_eq!(lines.len(), 4);
        assert!(lines.iter().all(|line| line.chars().count() == lines[0].chars().count()), "{text}");
        assert!(lines[2].contains("43,210 jobs/s") && lines[2].contains("0.54") && lines[2].contains("yes"), "{text}");
        assert!(lines[3].contains("NO"), "{text}");
    }

    #[test]
    fn what_there_is_to_know_stands_below() {
        let text = draw(&rows());
        assert!(text.contains("- work_c10: limit: bare SQLite; noted"), "{text}");
        assert!(text.contains("could not be measured: no compiler"), "{text}");
    }

    #[test]
    fn the_verdict_names_what_was_missed() {
        assert_eq!(verdict(&rows()), "1 of 2 targets met; missed: peers");
        assert_eq!(verdict(&rows()[..1]), "1 of 1 targets met");
        assert_eq!(verdict(&[]), "0 of 0 targets met");
    }

    #[test]
    fn numbers_show_the_digits_that_count() {
        let shown = [1_234_567.0, 999.9, 45.67, 1.234, 0.01234, 0.0, -1_234.0].map(number);
        assert_eq!(shown, ["1,234,567", "1000", "45.7", "1.23", "0.012", "0.000", "-1,234"]);
    }
}
