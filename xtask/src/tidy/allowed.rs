//! What is let pass, with its reason: `xtask/allowed.txt`, one `rule | path | text in the line | reason` a line.
//!
//! For a place where a rule is right in general and wrong here. Floors, sizes, stories and promises have no exceptions
//! of this kind. A line that lets nothing pass any more is a finding, so the list may only shrink.

use super::{Finding, clock, names, places, words};
use crate::tree::{File, Tree};

const NAME: &str = "allowed";
const LIST: &str = "xtask/allowed.txt";
const OPEN_TO: [&str; 4] = [words::NAME, clock::NAME, names::NAME, places::NAME];

/// One line of the list.
struct Entry<'a> {
    rule: &'a str,
    path: &'a str,
    needle: &'a str,
    line: usize,
}

/// The findings that no entry lets pass, and what is wrong with the list itself.
pub fn pass(tree: &Tree, findings: Vec<Finding>) -> (Vec<Finding>, Vec<Finding>) {
    let Some(list) = tree.file(LIST) else { return (findings, Vec::new()) };
    let (entries, mut wrong) = read(list);
    let mut used = vec![false; entries.len()];
    let kept = findings.into_iter().filter(|finding| {
        let mut passes = false;
        for (entry, used) in entries.iter().zip(&mut used) {
            if entry.fits(tree, finding) {
                *used = true;
                passes = true;
            }
        }
        !passes
    });
    let kept = kept.collect();
    let unused = entries.iter().zip(&used).filter(|(_, used)| !**used);
    wrong.extend(
        unused.map(|(entry, _)| Finding::at(NAME, list, entry.line, "lets nothing pass any more: remove the line")),
    );
    (kept, wrong)
}

impl Entry<'_> {
    fn fits(&self, tree: &Tree, finding: &Finding) -> bool {
        let line = tree.file(&finding.path).map_or("", |file| file.line(finding.line));
        self.rule == finding.rule && self.path == finding.path && line.contains(self.needle)
    }
}

fn read(list: &File) -> (Vec<Entry<'_>>, Vec<Finding>) {
    let mut entries = Vec::new();
    let mut wrong = Vec::new();
    for (line, text) in (1..).zip(list.text.lines()) {
        if text.trim().is_empty() || text.starts_with('#') {
            continue;
        }
        let parts: Vec<&str> = text.split(" | ").map(str::trim).collect();
        match parts.as_slice() {
            [rule, path, needle, reason] if OPEN_TO.contains(rule) && !reason.is_empty() => {
                entries.push(Entry { rule, path, needle, line });
            }
            _ => {
                let rules = OPEN_TO.join(", ");
                let text = format!("must read \"rule | path | text in the line | reason\" with a rule of {rules}");
                wrong.push(Finding::at(NAME, list, line, text));
            }
        }
    }
    (entries, wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::made::tree;

    fn passed(list: &str) -> (usize, Vec<String>) {
        let made = tree(&[("a.rs", "one\nlet errand = 1;\n"), (LIST, list)]);
        let finding = Finding::at("words", made.file("a.rs").unwrap(), 2, "say job");
        let (kept, wrong) = pass(&made, vec![finding]);
        (kept.len(), wrong.into_iter().map(|finding| finding.text).collect())
    }

    #[test]
    fn an_entry_lets_its_own_place_pass() {
        assert_eq!(passed("# why\nwords | a.rs | let errand | the word of another system\n"), (0, vec![]));
    }

    #[test]
    fn an_entry_for_another_line_file_or_rule_lets_nothing_pass_and_is_told() {
        for list in ["words | a.rs | let job | x", "words | b.rs | let errand | x", "clock | a.rs | let errand | x"] {
            let (kept, wrong) = passed(list);
            assert_eq!(kept, 1, "{list}");
            assert!(wrong[0].contains("remove the line"), "{list}: {wrong:?}");
        }
    }

    #[test]
    fn an_entry_without_reason_or_for_a_closed_rule_is_refused() {
        for list in ["words | a.rs | let errand", "words | a.rs | let errand | ", "floors | a.rs | let errand | x"] {
            let (kept, wrong) = passed(list);
            assert_eq!(kept, 1, "{list}");
            assert!(wrong[0].contains("must read"), "{list}: {wrong:?}");
        }
    }
}
