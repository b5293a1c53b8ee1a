//! A module is named for what it does; a name that fits anything is refused.
//!
//! For whoever looks for a thing by its file's name. It looks at file and folder names and at `mod` lines.

use super::Finding;
use crate::rust::Kind;
use crate::tree::{File, Tree};

/// The rule's name.
pub const NAME: &str = "names";

const REFUSED: [&str; 8] = ["util", "utils", "common", "helper", "helpers", "manager", "managers", "misc"];

/// Every module with a name that says nothing.
pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.sources().flat_map(|file| path(file).into_iter().chain(modules(file))).collect()
}

fn path(file: &File) -> Option<Finding> {
    let stem = file.path.trim_end_matches(".rs");
    let refused = stem.split('/').find(|part| REFUSED.contains(part))?;
    Some(Finding::on(NAME, &file.path, text(refused)))
}

/// Inline modules: one with a file of its own is already caught by its path.
fn modules(file: &File) -> Vec<Finding> {
    let tokens = file.tokens();
    let code: Vec<_> = tokens.iter().filter(|token| token.kind != Kind::Comment).collect();
    let named = code.windows(3).filter_map(|three| match three {
        [key, name, open] if key.text == "mod" && open.text == "{" && REFUSED.contains(&name.text) => Some(*name),
        _ => None,
    });
    named.map(|name| Finding::at(NAME, file, name.line, text(name.text))).collect()
}

fn text(name: &str) -> String {
    format!("\"{name}\" fits anything: name the module for what it does")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::made::tree;

    #[test]
    fn names_that_fit_anything_are_caught() {
        for path in ["crates/a/src/utils.rs", "crates/a/src/common/claim.rs", "crates/a/tests/common/mod.rs"] {
            assert_eq!(check(&tree(&[(path, "")])).len(), 1, "{path}");
        }
        let inline = check(&tree(&[("crates/a/src/lib.rs", "\nmod /* x */ helpers {\n}")]));
        assert_eq!((inline.len(), inline[0].line), (1, 2));
    }

    #[test]
    fn names_that_say_something_pass() {
        let good = [("crates/a/src/commonplace.rs", "mod claim { let utils = 1; }"), ("docs/common/x.md", "")];
        assert_eq!(check(&tree(&good)), []);
    }
}
