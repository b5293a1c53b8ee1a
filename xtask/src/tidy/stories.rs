//! Every Rust source begins with its story: what it is, for whom, what it never does.
//!
//! For the reader who opens a file for the first time. It asks that the first line is a `//!` line with words in it;
//! whether they are true is for the reviewer.

use super::Finding;
use crate::tree::Tree;

/// The rule's name.
pub const NAME: &str = "stories";

/// Every source that begins with something else.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let untold = tree.sources().filter_map(|file| wrong(&file.text).map(|text| Finding::on(NAME, &file.path, text)));
    untold.collect()
}

fn wrong(text: &str) -> Option<&'static str> {
    let Some(story) = text.lines().next().and_then(|line| line.strip_prefix("//!")) else {
        return Some("must begin with a \"//!\" line: what it is, for whom, what it never does");
    };
    match story.trim() {
        "" => Some("begins with an empty \"//!\" line: tell what the file is"),
        "(being built)" => Some("is still an empty room: build it or remove it"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::made::tree;

    #[test]
    fn a_source_without_story_is_caught() {
        for text in ["", "fn a() {}", "// a\n", "\n//! a\n", "//!\n//! a\n", "//! (being built)\n", "/// a\n"] {
            assert_eq!(check(&tree(&[("a.rs", text)])).len(), 1, "{text:?}");
        }
    }

    #[test]
    fn a_source_with_story_and_other_files_pass() {
        assert_eq!(check(&tree(&[("a.rs", "//! Claims jobs.\n"), ("b.sql", "select 1")])), []);
    }
}
