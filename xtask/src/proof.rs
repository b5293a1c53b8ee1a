//! The programs that show the claims: `prove`, `bench` and `sim`, each a thin command over a program of `proof/`.
//!
//! For whoever doubts a promise or a number. Alone, the program is built and xtask becomes it, so that arguments,
//! signals and exit code are its own; inside `cargo xtask test` its short form is one step.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use crate::house::{House, cargo, told_by_cargo};
use crate::need::{self, Without};
use crate::run::{End, Run};
use crate::steps::{Step, told};

/// One program of `proof/`.
#[derive(Debug, PartialEq)]
pub struct Proof {
    /// The word after `cargo xtask`.
    pub command: &'static str,
    /// Its crate, and the name of its program.
    pub package: &'static str,
    /// Whether the command alone builds it for speed. As a step of the test it shares the build of the tests.
    release: bool,
}

/// Every program of `proof/`. `bench` is a measurement, and no step of the test.
pub const PROOFS: [Proof; 3] = [
    Proof { command: "sim", package: "banto-sim", release: false },
    Proof { command: "prove", package: "banto-chaos", release: true },
    Proof { command: "bench", package: "banto-bench", release: true },
];

const BUILD_TIME: Duration = Duration::from_secs(25 * 60);

/// Builds the program and becomes it. Comes back only with an error, which fits after "could not".
pub fn become_it(house: &House, proof: &Proof, arguments: &[OsString]) -> Result<ExitCode, String> {
    let servers = ["postgres", "redis", "peers"];
    if proof.command == Step::Prove.name()
        || arguments.first().is_some_and(|store| servers.iter().any(|word| store.as_os_str() == *word))
    {
        supply(house)?;
    }
    let mut words = vec!["build", "--quiet", "--package", proof.package];
    if proof.release {
        words.push("--release");
    }
    let program = build(house, proof, &words, if proof.release { "release" } else { "debug" })?;
    let mut command = Command::new(&program);
    command.args(arguments);
    for name in told_by_cargo() {
        command.env_remove(name);
    }
    Err(format!("start {}: {}", program.display(), command.exec()))
}

fn supply(house: &House) -> Result<(), String> {
    for missing in need::supply(house, &[Step::Prove]) {
        if let Without::LeavesOut(what) = missing.need.without {
            eprintln!("{} could not be installed ({}): {what}", missing.need.name, missing.why);
            if house.ci {
                return Err(format!("leave anything out under CI: {what}"));
            }
        }
    }
    Ok(())
}

/// Builds the program beside the tests, of which nothing is built twice.
pub fn build_beside_tests(house: &House, proof: &Proof) -> Result<PathBuf, String> {
    build(house, proof, &["build", "--workspace", "--all-features", "--bins", "--tests"], "debug")
}

fn build(house: &House, proof: &Proof, words: &[&str], profile: &str) -> Result<PathBuf, String> {
    match Run::new(house, &cargo(), words).limit(BUILD_TIME).go(house, |_, _| {}) {
        End::Exit(0) => Ok(target(house)?.join(profile).join(proof.package)),
        end => Err(format!("build {}: cargo {}", proof.package, told(&end))),
    }
}

/// Where cargo puts what it builds.
fn target(house: &House) -> Result<PathBuf, String> {
    let mut json = String::new();
    let run = Run::new(house, &cargo(), ["metadata", "--no-deps", "--format-version=1"]).quiet();
    let end = run.go(house, |stream, line| {
        if stream == crate::run::Stream::Out {
            json.push_str(line);
        }
    });
    let metadata: serde_json::Value =
        serde_json::from_str(&json).map_err(|error| format!("read cargo metadata ({}): {error}", told(&end)))?;
    let folder = metadata.get("target_directory").and_then(serde_json::Value::as_str);
    folder.map(PathBuf::from).ok_or_else(|| "find the target directory in cargo metadata".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_proof_is_a_crate_of_the_workspace() {
        let tree = crate::tree::Tree::read(&crate::house::root()).unwrap();
        for proof in &PROOFS {
            let package = tree.crates.iter().find(|package| package.name == proof.package);
            assert!(package.is_some_and(|package| package.folder.starts_with("proof/")), "{}", proof.package);
        }
    }

    #[test]
    fn the_target_directory_is_found() {
        let (house, _) = House::for_test();
        assert!(target(&house).unwrap().is_absolute());
    }

    #[test]
    fn a_build_that_fails_says_so() {
        let (house, _) = House::for_test();
        let refused = build(&house, &PROOFS[0], &["build", "--no-such-flag"], "debug").unwrap_err();
        assert!(refused.contains("build banto-sim: cargo exited with 1"), "{refused}");
    }
}
