//! An edge between crates may only go down; a side step on one floor is as forbidden as a step up.
//!
//! For the reader who wants to understand one floor without knowing those above it. The table is the one of
//! ARCHITECTURE.md; a crate that is not in it has no floor yet, and that is a finding too.

use super::Finding;
use crate::tree::{Edge, Package, Tree};

/// The rule's name.
pub const NAME: &str = "floors";

/// The floor of every crate. `banto-macros` knows the words of `banto-core` and nothing else, so it stands right above.
const FLOORS: [(&str, u8); 20] = [
    ("banto-core", 0),
    ("banto-servers", 0),
    ("banto-macros", 1),
    ("banto-store", 1),
    ("banto-sqlite", 2),
    ("banto-postgres", 2),
    ("banto-redis", 2),
    ("banto-process", 2),
    ("banto-laravel", 2),
    ("banto-engine", 3),
    ("banto-open", 3),
    ("banto-web", 4),
    ("banto", 5),
    ("banto-cli", 5),
    ("myteacher", 6),
    ("banto-bench", 7),
    ("banto-chaos", 7),
    ("banto-sim", 7),
    ("banto-fuzz", 7),
    ("xtask", 7),
];

const STORES: &[&str] = &["banto-sqlite", "banto-postgres", "banto-redis", "banto-laravel"];

/// Edges that go down and are forbidden all the same, outside tests.
const STRANGERS: [(&str, &[&str], &str); 3] = [
    ("banto-engine", STORES, "the engine knows no store by name"),
    ("banto-web", STORES, "the web knows no store"),
    ("banto-web", &["banto-store"], "the web knows no store"),
];

/// The one step up: the suite is run from where it lives over the stores it is for.
const SUITE: &str = "banto-store";

/// What starts servers knows nothing of the house, so it builds when the house does not.
const SERVERS: &str = "banto-servers";

/// Every edge that does not go down.
pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.crates.iter().flat_map(|package| check_one(tree, package)).collect()
}

fn check_one(tree: &Tree, package: &Package) -> Vec<Finding> {
    let manifest = format!("{}/Cargo.toml", package.folder);
    let Some(from) = floor(&package.name) else {
        let text =
            format!("{} has no floor: give it one in xtask/src/tidy/floors.rs and in ARCHITECTURE.md", package.name);
        return vec![Finding::on(NAME, &manifest, text)];
    };
    let inside = |edge: &&Edge| tree.crates.iter().any(|other| other.name == edge.to);
    let wrong = package.edges.iter().filter(inside).filter_map(|edge| wrong(&package.name, from, edge));
    wrong.map(|text| Finding::on(NAME, &manifest, text)).collect()
}

fn floor(name: &str) -> Option<u8> {
    FLOORS.iter().find(|(known, _)| *known == name).map(|(_, floor)| *floor)
}

/// Why the edge is forbidden, if it is.
fn wrong(name: &str, from: u8, edge: &Edge) -> Option<String> {
    let to = floor(&edge.to)?;
    let edge_shown = format!("{name} (floor {from}) depends on {} (floor {to})", edge.to);
    if name == "xtask" && edge.to != SERVERS {
        return Some(format!("{edge_shown}: xtask must build when the house does not, so it depends on none of it"));
    }
    if to >= from {
        let suite = edge.dev && name == SUITE && STORES.contains(&edge.to.as_str());
        return (!suite)
            .then(|| format!("{edge_shown}: an edge may only go down; move what is shared to a lower floor"));
    }
    let stranger = STRANGERS.iter().find(|(who, whom, _)| *who == name && whom.contains(&edge.to.as_str()));
    stranger.filter(|_| !edge.dev).map(|(_, _, why)| format!("{edge_shown}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::made::package;

    fn found(crates: Vec<Package>) -> Vec<String> {
        let names = ["banto-core", "banto-store", "banto-sqlite", "banto-redis", "banto-engine", "banto", "banto-cli"];
        let mut all: Vec<Package> = names.iter().map(|name| package(name, &[], &[])).collect();
        all.retain(|package| crates.iter().all(|own| own.name != package.name));
        all.extend(crates);
        let tree = Tree { files: Vec::new(), crates: all };
        check(&tree).into_iter().map(|finding| finding.text).collect()
    }

    #[test]
    fn down_is_allowed_and_guests_are_no_matter_of_floors() {
        let good = vec![
            package("banto-store", &["banto-core", "serde"], &["banto-sqlite"]),
            package("banto-engine", &["banto-store", "banto-core"], &["banto-sqlite"]),
            package("banto", &["banto-engine", "banto-sqlite"], &[]),
        ];
        assert_eq!(found(good), Vec::<String>::new());
    }

    #[test]
    fn up_and_sideways_are_caught() {
        for (name, to) in [("banto-core", "banto-store"), ("banto-sqlite", "banto-redis"), ("banto-cli", "banto")] {
            let wrong = found(vec![package(name, &[to], &[])]);
            assert!(wrong[0].contains("may only go down"), "{name} -> {to}: {wrong:?}");
            let wrong = found(vec![package(name, &[], &[to])]);
            assert!(wrong[0].contains("may only go down"), "tests of {name} -> {to}: {wrong:?}");
        }
    }

    #[test]
    fn the_suite_may_look_up_in_its_tests_only() {
        assert_eq!(found(vec![package("banto-store", &["banto-sqlite"], &[])]).len(), 1);
        assert_eq!(found(vec![package("banto-store", &[], &["banto-engine"])]).len(), 1);
    }

    #[test]
    fn the_engine_knows_no_store_by_name() {
        let wrong = found(vec![package("banto-engine", &["banto-sqlite"], &[])]);
        assert!(wrong[0].contains("knows no store by name"), "{wrong:?}");
    }

    #[test]
    fn xtask_depends_on_nothing_of_the_house() {
        assert_eq!(found(vec![package("xtask", &[], &["banto-core"])]).len(), 1);
    }

    #[test]
    fn a_crate_without_floor_is_caught() {
        let wrong = found(vec![package("banto-new", &[], &[])]);
        assert!(wrong[0].contains("has no floor"), "{wrong:?}");
    }
}
