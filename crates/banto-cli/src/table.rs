//! Tables for people.
//!
//! Columns without lines, so that a row can be copied; on a terminal they fit its width, elsewhere they take the room they
//! need. Wide characters (番頭) count twice. Each cell is cut and shown on one line.

use banto_core::text::visible;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

/// Longest cell, in characters.
const CELL_CHARS_MAX: usize = 160;

/// Draws rows under their heads. `width` is that of the terminal, if it is one.
pub(crate) fn draw<const N: usize>(
    heads: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
    width: Option<u16>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).force_no_tty().set_content_arrangement(ContentArrangement::Disabled);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(heads.map(str::to_uppercase));
    for row in rows {
        table.add_row(row.map(|cell| visible(&cell, CELL_CHARS_MAX)));
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
    fn what_people_copy_is_never_broken() {
        let id = "0199e7c4-8e3a-7c11-b0a3-5f0f6f0e9a11";
        let text = draw(["id", "error"], [row(id, &"word ".repeat(60))], Some(60));
        assert!(text.contains(id), "{text}");
    }
}
