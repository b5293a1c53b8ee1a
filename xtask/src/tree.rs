//! The project as the rules of `tidy` see it: its files and its crates.
//!
//! Read once; every rule is then a plain function from this tree to its findings, and a test makes a tree by hand.
//! It never writes.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::rust::{self, Token};

/// Every text file git knows or would add, and every crate of the workspace.
#[derive(Debug, Default)]
pub struct Tree {
    /// In the order of their paths.
    pub files: Vec<File>,
    /// In the order of their names.
    pub crates: Vec<Package>,
}

/// One text file.
#[derive(Debug)]
pub struct File {
    /// From the root of the project, with `/`.
    pub path: String,
    /// All of it.
    pub text: String,
}

/// One crate of the workspace.
#[derive(Debug)]
pub struct Package {
    /// As other crates call it.
    pub name: String,
    /// From the root of the project.
    pub folder: String,
    /// Every dependency, of the house or not.
    pub edges: Vec<Edge>,
}

/// A dependency of one crate on another.
#[derive(Debug)]
pub struct Edge {
    /// The crate depended on.
    pub to: String,
    /// Whether only its tests need it.
    pub dev: bool,
}

impl Tree {
    /// Reads the project under `root`. The error fits after "could not".
    pub fn read(root: &Path) -> Result<Self, String> {
        Ok(Self { files: files(root)?, crates: crates(root)? })
    }

    /// The file at `path`.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Every Rust source.
    pub fn sources(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }
}

impl File {
    /// Its tokens, if it is Rust.
    pub fn tokens(&self) -> Vec<Token<'_>> {
        rust::lex(&self.text)
    }

    /// Whether the whole file is tests, by where it lies.
    pub fn is_test(&self) -> bool {
        let mut parts = self.path.rsplit('/');
        let name = parts.next().unwrap_or("");
        name == "tests.rs"
            || name.ends_with("_tests.rs")
            || parts.any(|folder| folder == "tests" || folder == "benches")
    }

    /// Whether `line` is a test: in a file of tests, or under `#[cfg(test)]`.
    pub fn test_line(&self) -> impl Fn(usize) -> bool + use<> {
        let all = self.is_test();
        let ranges = rust::test_lines(&self.tokens());
        move |line| all || ranges.iter().any(|range| range.contains(&line))
    }

    /// The text of `line`; the first is 1.
    pub fn line(&self, line: usize) -> &str {
        line.checked_sub(1).and_then(|at| self.text.lines().nth(at)).unwrap_or("")
    }
}

fn files(root: &Path) -> Result<Vec<File>, String> {
    let listed = said(root, "git", &["ls-files", "-z", "--cached", "--others", "--exclude-standard"])?;
    let mut paths: Vec<&str> = listed.split('\0').filter(|path| !path.is_empty()).collect();
    paths.sort_unstable();
    paths.dedup();
    let mut files = Vec::new();
    for path in paths {
        match std::fs::read(root.join(path)) {
            // A picture or a database is no text: no rule reads it.
            Ok(bytes) => files.extend(String::from_utf8(bytes).ok().map(|text| File { path: path.to_owned(), text })),
            // Listed, but deleted in the work tree: it is on its way out.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("read {path}: {error}")),
        }
    }
    Ok(files)
}

fn crates(root: &Path) -> Result<Vec<Package>, String> {
    let cargo = crate::house::cargo();
    let json = said(root, &cargo, &["metadata", "--no-deps", "--format-version=1"])?;
    let metadata: Value = serde_json::from_str(&json).map_err(|error| format!("read cargo metadata: {error}"))?;
    let base = metadata.get("workspace_root").and_then(Value::as_str).unwrap_or("");
    let mut crates: Vec<Package> = list(&metadata, "packages").filter_map(|package| one(package, base)).collect();
    crates.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(crates)
}

fn one(package: &Value, base: &str) -> Option<Package> {
    let manifest = package.get("manifest_path")?.as_str()?;
    let folder = manifest.strip_prefix(base)?.trim_start_matches('/').trim_end_matches("/Cargo.toml");
    let edges = list(package, "dependencies").filter_map(|edge| {
        let dev = edge.get("kind").and_then(Value::as_str) == Some("dev");
        Some(Edge { to: edge.get("name")?.as_str()?.to_owned(), dev })
    });
    Some(Package { name: package.get("name")?.as_str()?.to_owned(), folder: folder.to_owned(), edges: edges.collect() })
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// What a short command prints.
fn said(root: &Path, program: &str, arguments: &[&str]) -> Result<String, String> {
    let shown = format!("{program} {}", arguments.join(" "));
    let output = Command::new(program).args(arguments).current_dir(root).output();
    let output = output.map_err(|error| format!("start \"{shown}\": {error}"))?;
    if !output.status.success() {
        return Err(format!("run \"{shown}\": {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("read what \"{shown}\" printed: it is not UTF-8"))
}

#[cfg(test)]
pub mod made {
    //! Trees made by hand, for the tests of the rules.

    use super::{Edge, File, Package, Tree};

    /// A tree of `(path, text)`.
    pub fn tree(files: &[(&str, &str)]) -> Tree {
        let files = files.iter().map(|(path, text)| File { path: (*path).into(), text: (*text).into() });
        Tree { files: files.collect(), crates: Vec::new() }
    }

    /// A crate under `crates/` with its dependencies and those of its tests.
    pub fn package(name: &str, normal: &[&str], dev: &[&str]) -> Package {
        let edge = |dev| move |to: &&str| Edge { to: (*to).into(), dev };
        let edges = normal.iter().map(edge(false)).chain(dev.iter().map(edge(true))).collect();
        Package { name: name.into(), folder: format!("crates/{name}"), edges }
    }
}

#[cfg(test)]
mod tests {
    use super::{File, Tree, made::tree};

    #[test]
    fn this_project_can_be_read() {
        let tree = Tree::read(&crate::house::root()).unwrap();
        let own = tree.crates.iter().find(|package| package.name == "xtask").unwrap();
        assert_eq!(own.folder, "xtask");
        assert!(own.edges.iter().any(|edge| edge.to == "tempfile" && edge.dev));
        assert!(tree.file("xtask/src/tree.rs").is_some());
        assert!(tree.files.iter().all(|file| !file.path.starts_with("target/")));
    }

    #[test]
    fn a_folder_that_is_no_project_is_refused_with_the_command() {
        let empty = tempfile::tempdir().unwrap();
        let refused = Tree::read(empty.path()).unwrap_err();
        assert!(refused.contains("git ls-files"), "{refused}");
    }

    #[test]
    fn tests_are_known_by_their_place_or_their_mark() {
        let at = |path: &str| File { path: path.into(), text: "fn a() {}\n#[cfg(test)]\nmod t {\n}\n".into() };
        assert!(at("crates/a/src/claim/tests.rs").is_test());
        assert!(at("crates/a/tests/claim.rs").is_test());
        assert!(!at("crates/a/src/contests.rs").is_test());
        let lines = at("crates/a/src/claim.rs").test_line();
        assert_eq!([1, 2, 4].map(lines), [false, true, true]);
    }

    #[test]
    fn lines_count_from_one() {
        let made = tree(&[("a.rs", "x\ny\n")]);
        let file = made.file("a.rs").unwrap();
        assert_eq!((file.line(1), file.line(2), file.line(0), file.line(9)), ("x", "y", "", ""));
    }
}
