//! ARCHITECTURE.md exists and names every crate.
//!
//! For the newcomer, who reads it first. It looks for the bare name; what is said about it is for the reviewer.

use super::Finding;
use crate::tree::Tree;

/// The rule's name.
pub const NAME: &str = "architecture";

const PAGE: &str = "ARCHITECTURE.md";

/// Every crate it does not name.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.file(PAGE) else {
        return vec![Finding::on(NAME, PAGE, "is missing: draw the floors and the path of a job")];
    };
    let named =
        |name: &str| page.text.split(|sign: char| !sign.is_alphanumeric() && sign != '-').any(|word| word == name);
    let unnamed = tree.crates.iter().filter(|package| !named(&package.name));
    unnamed
        .map(|package| Finding::on(NAME, PAGE, format!("does not name {}: say what it is for", package.name)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::made::{package, tree};

    #[test]
    fn a_missing_page_and_an_unnamed_crate_are_caught() {
        assert_eq!(check(&tree(&[])).len(), 1);
        let mut made = tree(&[(PAGE, "`banto-core` decides.")]);
        made.crates = vec![package("banto-core", &[], &[]), package("banto", &[], &[])];
        let found = check(&made);
        assert_eq!(found.len(), 1);
        assert!(found[0].text.contains("does not name banto:"), "{found:?}");
    }

    #[test]
    fn a_page_that_names_all_passes() {
        let mut made = tree(&[(PAGE, "**banto** stands on banto-core.")]);
        made.crates = vec![package("banto-core", &[], &[]), package("banto", &[], &[])];
        assert_eq!(check(&made), []);
    }
}
