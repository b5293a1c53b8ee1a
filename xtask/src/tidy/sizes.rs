//! A source of more than 400 lines and a function of more than 60 are refused, tests apart.
//!
//! For the reader's patience. What stands over the line today is in `xtask/over_the_line.txt`, one
//! `lines path` or `lines path::function` a line: it may shrink, it may not grow, and an entry that nothing
//! needs any more is a finding.

use super::Finding;
use crate::rust;
use crate::tree::{File, Tree};

/// The rule's name.
pub const NAME: &str = "sizes";

const LIST: &str = "xtask/over_the_line.txt";
const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 60;

/// Something that is too long: `path` or `path::function`, and its lines.
struct Long<'a> {
    what: String,
    lines: usize,
    file: &'a File,
    line: usize,
    max: usize,
}

/// Whatever is too long and not in the list, or longer than the list says, and what the list holds in vain.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let long: Vec<Long<'_>> = tree.sources().flat_map(too_long).collect();
    let list = tree.file(LIST).map_or("", |file| &file.text);
    let entries: Vec<(usize, &str, usize)> = (1..).zip(list.lines()).filter_map(entry).collect();
    let allowed = |what: &str| entries.iter().find(|(_, known, _)| *known == what).map_or(0, |(_, _, lines)| *lines);
    let over = long.iter().filter(|long| long.lines > allowed(&long.what)).map(|long| {
        let text = format!(
            "{} has {} lines, at most {} are allowed: split it",
            long.what,
            long.lines,
            long.max.max(allowed(&long.what))
        );
        Finding::at(NAME, long.file, long.line, text)
    });
    let idle = entries.iter().filter(|(_, what, _)| !long.iter().any(|long| long.what == *what));
    let idle = idle.map(|(line, what, _)| {
        let text = format!("{what} is not over the line any more: remove the entry");
        Finding { rule: NAME, path: LIST.into(), line: *line, text }
    });
    over.chain(idle).chain(unread(list)).collect()
}

fn too_long(file: &File) -> Vec<Long<'_>> {
    let is_test = file.test_line();
    let lines = (1..=file.text.lines().count()).filter(|line| !is_test(*line)).count();
    let mut long = vec![Long { what: file.path.clone(), lines, file, line: 0, max: FILE_LINES_MAX }];
    for function in rust::functions(&file.tokens()) {
        if !is_test(function.first) {
            let what = format!("{}::{}", file.path, function.name);
            let lines = function.last - function.first + 1;
            long.push(Long { what, lines, file, line: function.first, max: FUNCTION_LINES_MAX });
        }
    }
    long.retain(|long| long.lines > long.max);
    long
}

fn entry((line, text): (usize, &str)) -> Option<(usize, &str, usize)> {
    let (lines, what) = text.split_once(' ')?;
    Some((line, what.trim(), lines.parse().ok()?))
}

/// The lines of the list that are neither an entry nor a remark.
fn unread(list: &str) -> impl Iterator<Item = Finding> {
    let wrong = (1..)
        .zip(list.lines())
        .filter(|(line, text)| !text.trim().is_empty() && !text.starts_with('#') && entry((*line, text)).is_none());
    wrong.map(|(line, _)| {
        let text = "must read \"lines path\" or \"lines path::function\"".to_owned();
        Finding { rule: NAME, path: LIST.into(), line, text }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::made::tree;

    fn found(path: &str, text: &str, list: &str) -> Vec<String> {
        check(&tree(&[(path, text), (LIST, list)])).into_iter().map(|finding| finding.text).collect()
    }

    fn function(lines: usize) -> String {
        format!("fn long() {{\n{}}}\n", "x();\n".repeat(lines - 2))
    }

    #[test]
    fn just_short_enough_passes_and_one_line_more_does_not() {
        assert_eq!(found("a.rs", &"//\n".repeat(400), ""), Vec::<String>::new());
        assert_eq!(found("a.rs", &"//\n".repeat(401), "").len(), 1);
        assert_eq!(found("a.rs", &function(60), ""), Vec::<String>::new());
        assert_eq!(found("a.rs", &function(61), ""), ["a.rs::long has 61 lines, at most 60 are allowed: split it"]);
    }

    #[test]
    fn tests_may_be_long() {
        let long = format!("#[cfg(test)]\nmod tests {{\n{}{}}}\n", function(70), "//\n".repeat(400));
        assert_eq!(found("a.rs", &long, ""), Vec::<String>::new());
        assert_eq!(found("crates/a/tests/b.rs", &function(500), ""), Vec::<String>::new());
    }

    #[test]
    fn the_list_holds_what_is_over_but_lets_it_not_grow() {
        assert_eq!(found("a.rs", &function(70), "# why\n70 a.rs::long\n"), Vec::<String>::new());
        assert_eq!(
            found("a.rs", &function(71), "70 a.rs::long"),
            ["a.rs::long has 71 lines, at most 70 are allowed: split it"]
        );
    }

    #[test]
    fn an_entry_no_longer_needed_or_unreadable_is_caught() {
        assert_eq!(
            found("a.rs", &function(50), "70 a.rs::long"),
            ["a.rs::long is not over the line any more: remove the entry"]
        );
        assert_eq!(found("a.rs", "", "a.rs::long 70").len(), 1);
    }
}
