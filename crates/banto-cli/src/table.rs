//! Tables for people.
//!
//! Columns without lines, so that a row can be copied; on a terminal they fit its width, elsewhere they take the room they
//! need. Wide characters (番頭) count twice. Each cell is cut and shown on one line.

use banto_core::text::visible;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

/// Longest cell, in characters.
const CELL_CHARS_MAX: usize = 160;

/// Narrowest last column, where texts stand, before they stand below their rows instead.
const LAST_CHARS_MIN: usize = 24;

/// Draws rows under their heads. `width` is that of the terminal, if it is one.
pub(crate) fn draw<const N: usize>(
    heads: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
    width: Option<u16>,
) -> String {
    let rows: Vec<[String; N]> = rows.into_iter().map(|row| row.map(|cell| visible(&cell, CELL_CHARS_MAX))).collect();
    let (Some((last, firsts)), Some(width)) = (heads.split_last(), width) else { return laid(&heads, &rows, width) };
    let cells = |at: usize| rows.iter().filter_map(move |row| row.get(at)).map(|cell| cell.chars().count());
    let wide = |at: usize, head: &str| cells(at).chain([head.len()]).max().unwrap_or(0) + 2;
    let taken: usize = firsts.iter().enumerate().map(|(at, head)| wide(at, head)).sum();
    if taken + LAST_CHARS_MIN.min(wide(N - 1, last)) <= usize::from(width) {
        return laid(&heads, &rows, Some(width));
    }
    below(firsts, &rows, width)
}

/// As [`laid`], the last cell of each row in lines of its own below it.
fn below<const N: usize>(heads: &[&str], rows: &[[String; N]], width: u16) -> String {
    let mut texts = rows.iter().filter_map(|row| row.last());
    let (mut lines, mut text) = (Vec::new(), None::<&String>);
    let flush = |lines: &mut Vec<String>, text: &mut Option<&String>| {
        lines.extend(text.take().filter(|text| !text.is_empty()).map(|text| format!("    {text}")));
    };
    // A row begins where its first cell stands, which is never broken and never empty.
    for (at, line) in laid(heads, rows, Some(width)).lines().enumerate() {
        if at > 0 && !line.starts_with(' ') {
            flush(&mut lines, &mut text);
            text = texts.next();
        }
        lines.push(line.to_owned());
    }
    flush(&mut lines, &mut text);
    lines.join("\n")
}

/// As many columns as there are heads, side by side.
fn laid<const N: usize>(heads: &[&str], rows: &[[String; N]], width: Option<u16>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).force_no_tty().set_content_arrangement(ContentArrangement::Disabled);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(heads.iter().map(|head| head.to_uppercase()));
    for row in rows {
        table.add_row(row.iter().take(heads.len()));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    // The first column is what people copy: an id, a name. It is never broken.
    if let Some(first) = table.column_mut(0) {
        first.set_constraint(ColumnConstraint::ContentWidth);
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, text: &str) -> [String; 2] {
        [name.to_owned(), text.to_owned()]
    }

    #[test]
    fn columns_stand_under_their_heads() {
        let text = draw(["queue", "jobs"], [row("mail", "3"), row("番頭", "4")], None);
        assert_eq!(text, "QUEUE  JOBS\nmail   3\n番頭   4");
    }

    #[test]
    fn a_cell_is_one_line_whatever_it_holds() {
        let text = draw(["queue", "error"], [row("mail", "a\nb\x1b[31m")], None);
        assert_eq!(text.lines().count(), 2);
        assert!(text.contains("a\\nb\\u{1b}[31m"), "{text}");
        assert!(draw(["a", "b"], [row("x", &"y".repeat(1_000))], None).contains("y…"));
    }

    #[test]
    fn on_a_terminal_it_fits() {
        let text = draw(["queue", "error"], [row("mail", &"word ".repeat(60))], Some(60));
        assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
        assert!(text.lines().count() > 2);
    }

    #[test]
    fn on_a_narrow_terminal_texts_stand_below_their_rows_and_words_stay_whole() {
        let id = |at| format!("0199e7c4-8e3a-7c11-b0a3-5f0f6f0e9a1{at}");
        let error = "the painter answered 503 Service Unavailable";
        let row = |at, error: &str| [id(at), "avatars".to_owned(), "56 ms ago".to_owned(), error.to_owned()];
        let rows = || [row(1, error), row(2, ""), row(3, "no ink")];
        let text = draw(["id", "queue", "when", "what"], rows(), Some(62));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 6, "{text}");
        assert_eq!(lines[1], format!("{}  avatars  56 ms ago", id(1)));
        assert_eq!((lines[2], lines[5]), (format!("    {error}").as_str(), "    no ink"));
        assert!(lines[3].starts_with(&id(2)) && lines[4].starts_with(&id(3)), "{text}");
        let wide = draw(["id", "queue", "when", "what"], rows(), Some(120));
        assert!(wide.lines().nth(1).unwrap().ends_with(error), "{wide}");
        let short = draw(["id", "queue", "is"], [[id(1), "avatars".into(), "well".into()]], Some(56));
        assert_eq!(short.lines().count(), 2, "what fits stays in its row: {short}");
    }

    #[test]
    fn what_people_copy_is_never_broken() {
        let id = "0199e7c4-8e3a-7c11-b0a3-5f0f6f0e9a11";
        let text = draw(["id", "error"], [row(id, &"word ".repeat(60))], Some(60));
        assert!(text.contains(id), "{text}");
    }
}
