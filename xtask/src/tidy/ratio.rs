//! How many lines of test stand beside a line of source; 1.2 is wanted.
//!
//! For the reviewer: a number that is printed, not a rule, since lines of test prove nothing by themselves. Lines that
//! are empty are not counted. The suite over every store is test; the proofs are counted apart, since they are neither.

use crate::tree::{File, Tree};

const WANTED: f64 = 1.2;
const SUITE: &str = "crates/banto-store/src/suite";

/// One line with the ratio and its parts.
pub fn line(tree: &Tree) -> String {
    let (proofs, house): (Vec<&File>, Vec<&File>) = tree.sources().partition(|file| file.path.starts_with("proof/"));
    let (test, source) = house.into_iter().map(count).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let proof: u32 = proofs.into_iter().map(count).map(|(test, source)| test + source).sum();
    let ratio = f64::from(test) / f64::from(source.max(1));
    let short = if ratio < WANTED { format!(" -- warning: {WANTED} is wanted") } else { String::new() };
    format!("test : source = {ratio:.2} ({test} : {source} lines; proofs {proof} more){short}")
}

/// The lines of test and of source in one file.
fn count(file: &File) -> (u32, u32) {
    let is_test = file.test_line();
    let suite = file.path.starts_with(SUITE);
    let filled = (1..).zip(file.text.lines()).filter(|(_, text)| !text.trim().is_empty());
    filled.fold(
        (0, 0),
        |(test, source), (line, _)| if suite || is_test(line) { (test + 1, source) } else { (test, source + 1) },
    )
}

#[cfg(test)]
mod tests {
    use super::line;
    use crate::tree::made::tree;

    #[test]
    fn tests_are_told_from_source() {
        let source = "//! a\n\nfn a() {}\n#[cfg(test)]\nmod tests {\n}\n";
        let made = tree(&[
            ("crates/a/src/a.rs", source),
            ("crates/a/tests/b.rs", "//! b\n"),
            ("proof/sim/src/main.rs", "//! c\n"),
        ]);
        assert_eq!(line(&made), "test : source = 2.00 (4 : 2 lines; proofs 1 more)");
    }

    #[test]
    fn too_few_tests_are_warned_of() {
        let made = tree(&[("crates/a/src/a.rs", "//! a\n"), ("crates/banto-store/src/suite/a.rs", "//! a\n")]);
        assert!(line(&made).ends_with("warning: 1.2 is wanted"), "{}", line(&made));
    }
}
