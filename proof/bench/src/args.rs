//! What was typed.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::rows::{GROUPS, PEERS};

/// banto beside the raw limit of its stores and beside its peers.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", disable_help_subcommand = true, subcommand_value_name = "sqlite")]
pub struct Args {
    /// The store to measure.
    #[command(subcommand)]
    pub store: Asked,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Asked {
    /// Measure the default store.
    Sqlite(Sqlite),
    /// Measure schedules alone, on the default store.
    Schedule(Sqlite),
    /// One measurement in this process; the question is JSON.
    #[command(hide = true)]
    Measure {
        /// The question.
        question: String,
    },
}

/// How to measure SQLite.
#[derive(Debug, clap::Args)]
pub struct Sqlite {
    /// A quick run: fewer jobs, less sure.
    #[arg(long)]
    pub short: bool,
    /// One JSON object a row, each on its line, instead of the table.
    #[arg(long)]
    pub json: bool,
    /// Where ids and jitter begin.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Only these groups of rows.
    #[arg(long, value_delimiter = ',', value_parser = names())]
    pub rows: Vec<String>,
    /// Also build and measure the peers.
    #[arg(long)]
    pub peers: bool,
    /// Write the table to docs/benchmarks.md.
    #[arg(long)]
    pub write: bool,
    /// The folder whose disk is measured [default: beside the build].
    #[arg(long)]
    pub dir: Option<PathBuf>,
}

fn names() -> Vec<&'static str> {
    GROUPS.iter().map(|group| group.name).collect()
}

impl Sqlite {
    /// The same, of the groups about schedules.
    pub fn of_schedules(self) -> Sqlite {
        let ours = |name: &&str| name.starts_with("schedule") || *name == PEERS[1] && self.peers;
        let groups = GROUPS.iter().map(|group| group.name).filter(ours);
        Sqlite { rows: groups.map(str::to_owned).collect(), peers: false, ..self }
    }

    /// Whether a group is to be measured.
    pub fn wants(&self, group: &str) -> bool {
        let peers = PEERS.contains(&group);
        if self.rows.is_empty() {
            !peers || self.peers
        } else {
            self.rows.iter().any(|row| row == group) || peers && self.peers
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sqlite(words: &[&str]) -> Sqlite {
        let words = ["bench", "sqlite"].iter().chain(words);
        let Asked::Sqlite(sqlite) = Args::parse_from(words).store else { panic!() };
        sqlite
    }

    #[test]
    fn all_but_the_peers_are_measured_unless_told_otherwise() {
        let asked = sqlite(&[]);
        assert!(asked.wants("work_c1") && asked.wants("claim_flat") && !asked.wants("peers"));
        assert!(sqlite(&["--peers"]).wants("peers"));
    }

    #[test]
    fn some_rows_are_those_alone() {
        let asked = sqlite(&["--rows", "work_c1,idle"]);
        assert!(asked.wants("work_c1") && asked.wants("idle") && !asked.wants("rss") && !asked.wants("peers"));
        assert!(sqlite(&["--rows", "idle", "--peers"]).wants("peers"));
        assert!(sqlite(&["--rows", "peers"]).wants("peers"));
    }

    #[test]
    fn schedules_alone_have_their_own_peer_alone() {
        let groups = |words: &[&str]| {
            let asked = sqlite(words).of_schedules();
            GROUPS.iter().map(|group| group.name).filter(|name| asked.wants(name)).collect::<Vec<_>>()
        };
        assert_eq!(groups(&[]), ["schedule_1000", "schedule_10000"]);
        assert_eq!(groups(&["--peers"]), ["schedule_1000", "schedule_10000", "peers_schedule"]);
    }

    #[test]
    fn an_unknown_row_is_refused_with_those_there_are() {
        let refused = Args::try_parse_from(["bench", "sqlite", "--rows", "speed"]).unwrap_err().to_string();
        assert!(refused.contains("speed") && refused.contains("work_c100"), "{refused}");
    }

    #[test]
    fn the_arguments_hold_together() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
    }
}
