//! `cargo xtask tidy`: the house rules, each in a file of its own.
//!
//! For whoever changes the project: a finding names the place and the cure. A rule is a plain function from the tree
//! to its findings; it never mends. What is let pass stands with its reason in `xtask/allowed.txt`, what is too long in
//! `xtask/over_the_line.txt`, and an entry that nothing needs any more is a finding itself.

mod allowed;
mod architecture;
mod clock;
mod floors;
mod names;
mod places;
mod promises;
mod ratio;
mod sizes;
mod stories;
mod unsafety;
mod words;

use std::fmt;

use crate::tree::{File, Tree};

/// One place that breaks one rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// The name of the rule.
    pub rule: &'static str,
    /// The file, from the root of the project.
    pub path: String,
    /// The line, or 0 for the whole file.
    pub line: usize,
    /// What is wrong and what to do.
    pub text: String,
}

/// One rule: its name, what it holds, and the function that looks.
struct Rule {
    name: &'static str,
    holds: &'static str,
    check: fn(&Tree) -> Vec<Finding>,
}

const RULES: [Rule; 10] = [
    Rule { name: floors::NAME, holds: "an edge between crates goes down", check: floors::check },
    Rule { name: sizes::NAME, holds: "files and functions stay short", check: sizes::check },
    Rule { name: names::NAME, holds: "a module is named for what it does", check: names::check },
    Rule { name: words::NAME, holds: "one word for one thing", check: words::check },
    Rule { name: clock::NAME, holds: "one file reads the clock", check: clock::check },
    Rule { name: unsafety::NAME, holds: "unsafe in one crate only", check: unsafety::check },
    Rule { name: stories::NAME, holds: "every source begins with its story", check: stories::check },
    Rule { name: promises::NAME, holds: "every promise names what shows it", check: promises::check },
    Rule { name: places::NAME, holds: "nothing of one machine is written down", check: places::check },
    Rule { name: architecture::NAME, holds: "ARCHITECTURE.md names every crate", check: architecture::check },
];

/// Looks at the whole tree, prints every finding and one line a rule, and says how many findings there are.
pub fn tidy(tree: &Tree) -> usize {
    let (findings, unused) = allowed::pass(tree, RULES.iter().flat_map(|rule| (rule.check)(tree)).collect());
    for finding in findings.iter().chain(&unused) {
        println!("{finding}");
    }
    for rule in &RULES {
        let count = findings.iter().filter(|finding| finding.rule == rule.name).count();
        let result = if count == 0 { "ok".to_owned() } else { count.to_string() };
        println!("tidy  {result:>4}  {:<13} {}", rule.name, rule.holds);
    }
    println!("tidy  {}", ratio::line(tree));
    findings.len() + unused.len()
}

impl Finding {
    /// A finding on a line of `file`.
    fn at(rule: &'static str, file: &File, line: usize, text: impl Into<String>) -> Self {
        Self { rule, path: file.path.clone(), line, text: text.into() }
    }

    /// A finding on the whole of `path`.
    fn on(rule: &'static str, path: &str, text: impl Into<String>) -> Self {
        Self { rule, path: path.to_owned(), line: 0, text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, path, line, text } = self;
        match line {
            0 => write!(out, "{path}: {rule}: {text}"),
            line => write!(out, "{path}:{line}: {rule}: {text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::made::tree;

    #[test]
    fn a_finding_names_its_place() {
        let made = tree(&[("a.rs", "")]);
        let file = made.file("a.rs").unwrap();
        assert_eq!(Finding::at("words", file, 3, "no").to_string(), "a.rs:3: words: no");
        assert_eq!(Finding::on("sizes", "b.rs", "long").to_string(), "b.rs: sizes: long");
    }

    #[test]
    fn every_rule_has_its_own_name() {
        let mut names: Vec<_> = RULES.iter().map(|rule| rule.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RULES.len());
    }

    #[test]
    fn findings_of_all_rules_are_counted() {
        let bad = tree(&[("crates/a/src/utils.rs", "fn a() {}\n")]);
        // No story, a refused name, no promises, no architecture.
        assert!(tidy(&bad) >= 4);
    }
}
