//! No file names a place on one machine, nor the host of a package registry.
//!
//! For everybody else's machine. `Cargo.lock` is cargo's own and is not looked at.

use super::Finding;
use crate::tree::{File, Tree};

/// The rule's name.
pub const NAME: &str = "places";

/// Folders that exist on the machine of one author. Cut in two, so that this file does not name them.
const FOLDERS: [&str; 2] = [concat!("/wo", "rk/"), concat!("/ro", "ot/")];
const HOSTS: [&str; 6] = [
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("npmjs", ".org"),
    concat!("deb.debian", ".org"),
    concat!("proxy.golang", ".org"),
];

/// Every line that names one.
pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().filter(|file| !file.path.ends_with("Cargo.lock")).flat_map(lines).collect()
}

fn lines(file: &File) -> Vec<Finding> {
    let wrong = (1..).zip(file.text.lines()).filter_map(|(line, text)| Some((line, named(text)?)));
    wrong.map(|(line, what)| Finding::at(NAME, file, line, format!("names {what}: nobody else has it"))).collect()
}

fn named(line: &str) -> Option<&'static str> {
    let folder = FOLDERS.into_iter().find(|folder| line.match_indices(folder).any(|(at, _)| begins_path(line, at)));
    folder.or_else(|| HOSTS.into_iter().find(|host| line.contains(host)))
}

/// Whether the path that holds a slash at `at` begins there, so that "queue/work/" stays a part of something longer.
fn begins_path(line: &str, at: usize) -> bool {
    let before = line.get(..at).and_then(|text| text.chars().next_back());
    !before.is_some_and(|sign| sign.is_alphanumeric() || matches!(sign, '.' | '_' | '-' | '}' | ')' | '~'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::made::tree;

    fn count(text: &str) -> usize {
        check(&tree(&[("README.md", text)])).len()
    }

    #[test]
    fn a_path_of_one_machine_and_a_registry_are_caught() {
        for folder in FOLDERS {
            assert_eq!(count(&format!("see\n`{folder}main`")), 1);
            assert_eq!(count(&format!("{folder}x")), 1);
            assert_eq!(count(&format!("file://{folder}x")), 1);
        }
        for host in HOSTS {
            assert_eq!(count(&format!("https://{host}/x")), 1);
        }
    }

    #[test]
    fn a_longer_path_and_the_lock_file_pass() {
        assert_eq!(count(concat!("POST /api/queue/wo", "rk/x and ${HOME}/ro", "ot/x and ./wo", "rk/x")), 0);
        assert_eq!(check(&tree(&[("Cargo.lock", HOSTS[0])])), []);
        assert_eq!(check(&tree(&[("proof/x/Cargo.lock", HOSTS[0])])), []);
    }
}
