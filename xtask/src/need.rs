//! The tools `cargo xtask` needs beyond Rust, and how each is had on a fresh machine.
//!
//! For a newcomer and for CI, who install nothing by hand. A tool that is there is left as it is, whatever its version;
//! one that is missing is installed; one that cannot be had is said loudly, with what is left out or done instead.

use std::time::Duration;

use crate::house::{House, cargo};
use crate::run::{End, Run};
use crate::steps::Step;

/// One tool.
#[derive(Debug)]
pub struct Need {
    /// Its name.
    pub name: &'static str,
    /// The steps that use it.
    pub steps: &'static [Step],
    /// A command that succeeds when it is there; `cargo` stands for the cargo that called.
    asks: &'static [&'static str],
    /// Where it comes from.
    from: From,
    /// What happens without it.
    pub without: Without,
}

#[derive(Clone, Copy, Debug)]
enum From {
    /// A Debian package.
    Apt(&'static str),
    /// A crate with a program, and how to install it: at a version known to build with the project's Rust.
    Crate(&'static str, &'static str),
    /// A part of the Rust toolchain.
    Rustup(&'static str),
}

/// What happens when a tool cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// Its steps fail.
    Fails,
    /// Something else does its work.
    Instead(&'static str),
    /// This is not tried; under CI that is a failure.
    LeavesOut(&'static str),
}

impl Without {
    /// Whether a run without the tool has failed.
    pub const fn fails(self, ci: bool) -> bool {
        match self {
            Self::Fails => true,
            Self::Instead(_) => false,
            Self::LeavesOut(_) => ci,
        }
    }
}

/// Every tool.
pub const NEEDS: [Need; 9] = [
    Need {
        name: "git",
        steps: &[Step::Tidy],
        asks: &["git", "--version"],
        from: From::Apt("git"),
        without: Without::Fails,
    },
    Need {
        name: "rustfmt",
        steps: &[Step::Fmt],
        asks: &["cargo", "fmt", "--version"],
        from: From::Rustup("rustfmt"),
        without: Without::Fails,
    },
    Need {
        name: "clippy",
        steps: &[Step::Clippy],
        asks: &["cargo", "clippy", "--version"],
        from: From::Rustup("clippy"),
        without: Without::Fails,
    },
    Need {
        name: NEXTEST,
        steps: &[Step::Tests],
        asks: &["cargo", "nextest", "--version"],
        from: From::Crate("cargo-nextest", "--version 0.9.151 --no-default-features --features default-no-update"),
        without: Without::Instead("plain `cargo test` runs the tests: slower, and a test that hangs is not ended"),
    },
    Need {
        name: "redis",
        steps: &[Step::Tests, Step::Prove],
        // Debian's tools are the server by another name. The package of the server itself would start one as a service, which
        // nobody asked for.
        asks: &["redis-check-rdb", "--version"],
        from: From::Apt("redis-tools"),
        without: Without::Fails,
    },
    Need {
        name: "postgresql",
        steps: &[Step::Tests, Step::Prove],
        // Debian keeps the server's programs off the path, a folder for each version.
        asks: &[
            "sh",
            "-c",
            "(command -v initdb && command -v postgres || ls /usr/lib/postgresql/*/bin/initdb) && command -v psql",
        ],
        from: From::Apt("postgresql"),
        without: Without::Fails,
    },
    Need {
        name: "pgbouncer",
        steps: &[Step::Tests],
        // Debian keeps it where only root looks.
        asks: &["sh", "-c", "command -v pgbouncer || ls /usr/sbin/pgbouncer"],
        from: From::Apt("pgbouncer"),
        without: Without::LeavesOut("PostgreSQL behind a pooler is not tried"),
    },
    Need {
        name: "strace",
        steps: &[Step::Prove],
        asks: &["strace", "--version"],
        from: From::Apt("strace"),
        without: Without::LeavesOut("row B13 (an fsync that fails) is not tried"),
    },
    Need {
        name: "faketime",
        steps: &[Step::Prove],
        asks: &["faketime", "--version"],
        from: From::Apt("faketime"),
        without: Without::LeavesOut("rows D1, D2 and D5 (clocks that are off or set) are not tried"),
    },
];

/// The name of the test runner in the table.
pub const NEXTEST: &str = "cargo-nextest";

/// A tool that could not be had, and why.
#[derive(Debug)]
pub struct Missing {
    /// The tool.
    pub need: &'static Need,
    /// Why not.
    pub why: String,
}

/// Installs what `steps` need and lack; gives back what could not be had.
pub fn supply(house: &House, steps: &[Step]) -> Vec<Missing> {
    let needed = NEEDS.iter().filter(|need| need.steps.iter().any(|step| steps.contains(step)));
    needed.filter_map(|need| need.supply(house).err().map(|why| Missing { need, why })).collect()
}

impl Need {
    fn supply(&'static self, house: &House) -> Result<(), String> {
        if self.is_there(house) {
            return Ok(());
        }
        eprintln!("{} is missing: installing it", self.name);
        for command in self.from.commands() {
            let (program, arguments) = command.split_first().ok_or("there is no command to install it")?;
            let run = Run::new(house, &called(program), arguments)
                .env("DEBIAN_FRONTEND", "noninteractive")
                .env("RUNLEVEL", "1") // a server that is installed for its programs is not started as a service
                .env("CARGO_PROFILE_DEV_DEBUG", "0");
            match run.limit(INSTALL_TIME).go(house, |_, _| {}) {
                End::Exit(0) => {}
                end => return Err(format!("\"{}\" {}", command.join(" "), crate::steps::told(&end))),
            }
        }
        if self.is_there(house) { Ok(()) } else { Err("it was installed and still does not answer".into()) }
    }

    fn is_there(&self, house: &House) -> bool {
        let Some((program, arguments)) = self.asks.split_first() else { return false };
        Run::new(house, &called(program), arguments).quiet().go(house, |_, _| {}) == End::Exit(0)
    }
}

/// nextest takes the longest: 3 minutes on 2 idle cores.
const INSTALL_TIME: Duration = Duration::from_secs(20 * 60);

impl From {
    /// The commands that install it, in order.
    fn commands(self) -> Vec<Vec<String>> {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let root = if rustix::process::geteuid().is_root() { "" } else { "sudo -n " };
        match self {
            Self::Apt(package) => vec![
                words(&format!("{root}apt-get update")),
                words(&format!("{root}apt-get install --yes --no-install-recommends {package}")),
            ],
            // Unoptimized: 5 minutes of one core, where the optimized build took more than 14.
            Self::Crate(name, options) => vec![words(&format!("cargo install {name} --locked --debug {options}"))],
            Self::Rustup(part) => vec![words(&format!("rustup component add {part}"))],
        }
    }
}

fn called(program: &str) -> String {
    if program == "cargo" { cargo() } else { program.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn need(asks: &'static [&'static str]) -> Need {
        // `true` stands for a package that installs nothing of the kind.
        Need { name: "x", steps: &[Step::Tidy], asks, from: From::Rustup("no-such-part"), without: Without::Fails }
    }

    #[test]
    fn what_is_there_is_left_alone() {
        static THERE: Need = need(&["true"]);
        let (house, _) = House::for_test();
        assert_eq!(THERE.supply(&house), Ok(()));
    }

    #[test]
    fn what_cannot_be_had_says_why() {
        static GONE: Need = need(&["no-such-program"]);
        let (house, _) = House::for_test();
        let why = GONE.supply(&house).unwrap_err();
        assert!(why.contains("rustup component add no-such-part"), "{why}");
    }

    #[test]
    fn only_the_needs_of_the_steps_are_looked_at() {
        let (house, stop) = House::for_test();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        // A stopped house starts nothing, so every need that is looked at is missing.
        let names = |steps: &[Step]| supply(&house, steps).iter().map(|missing| missing.need.name).collect::<Vec<_>>();
        assert_eq!(names(&[Step::Fmt, Step::Tidy]), ["git", "rustfmt"]);
        assert_eq!(names(&[Step::Doctests, Step::Sim]), [""; 0]);
        assert_eq!(
            names(&[Step::Tests, Step::Prove]),
            ["cargo-nextest", "redis", "postgresql", "pgbouncer", "strace", "faketime"]
        );
    }

    #[test]
    fn every_way_to_install_is_a_command_that_asks_nothing() {
        for need in &NEEDS {
            for command in need.from.commands() {
                let line = command.join(" ");
                assert!(!line.contains("apt-get install") || line.contains("--yes"), "{line}");
                assert!(!line.starts_with("sudo") || line.starts_with("sudo -n"), "{line}");
                assert!(!line.contains("cargo install") || line.contains("--locked"), "{line}");
            }
        }
    }
}
