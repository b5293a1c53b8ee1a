//! `unsafe`, and the C library, live in banto-process and nowhere else.
//!
//! The compiler forbids it by the workspace's lints; this rule sees a crate that leaves them.

use super::Finding;
use crate::rust::Kind;
use crate::tree::{File, Tree};

/// The rule's name.
pub const NAME: &str = "unsafe";

const HOME: &str = "crates/banto-process/";

/// Every `unsafe` and every dependency on libc elsewhere, and every crate that does not take the lints.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let outside = |file: &&File| !file.path.starts_with(HOME);
    let blocks = tree.sources().filter(outside).flat_map(blocks);
    let crates = tree.crates.iter().filter(|package| !package.folder.starts_with(HOME.trim_end_matches('/')));
    let edges = crates.flat_map(|package| {
        let manifest = format!("{}/Cargo.toml", package.folder);
        let libc =
            package.edges.iter().any(|edge| edge.to == "libc").then_some("depends on libc: only banto-process may");
        let lints =
            tree.file(&manifest).filter(|file| !takes_lints(&file.text)).map(|_| "lacks \"[lints] workspace = true\"");
        [libc, lints].into_iter().flatten().map(move |text| Finding::on(NAME, &manifest, text)).collect::<Vec<_>>()
    });
    blocks.chain(edges).collect()
}

fn blocks(file: &File) -> Vec<Finding> {
    let tokens = file.tokens();
    let found = tokens.iter().filter(|token| token.kind == Kind::Name && token.text == "unsafe");
    found
        .map(|token| {
            Finding::at(NAME, file, token.line, "unsafe outside banto-process: use a safe call, or move it there")
        })
        .collect()
}

fn takes_lints(manifest: &str) -> bool {
    let mut lines = manifest.lines().map(str::trim).skip_while(|line| *line != "[lints]").skip(1);
    lines.next() == Some("workspace = true")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::made::{package, tree};

    #[test]
    fn unsafe_elsewhere_is_caught_and_at_home_is_not() {
        assert_eq!(check(&tree(&[("crates/a/src/x.rs", "\nfn f() { unsafe { g() } }")]))[0].line, 2);
        assert_eq!(check(&tree(&[("crates/banto-process/src/x.rs", "unsafe { g() }")])), []);
        assert_eq!(check(&tree(&[("crates/a/src/x.rs", "// unsafe\nlet a = \"unsafe\"; let unsafe_code = 1;")])), []);
    }

    #[test]
    fn libc_and_a_crate_that_leaves_the_lints_are_caught() {
        let with = |edges: &[&str], manifest: &str| {
            let mut made = tree(&[("crates/a/Cargo.toml", manifest)]);
            made.crates.push(package("a", edges, &[]));
            check(&made).len()
        };
        assert_eq!(with(&["serde"], "[package]\n\n[lints]\nworkspace = true\n"), 0);
        assert_eq!(with(&["libc"], "[lints]\nworkspace = true\n"), 1);
        assert_eq!(with(&[], "[package]\n"), 1);
    }
}
