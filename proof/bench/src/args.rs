//! What was typed.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::{
    rows::{GROUPS, Group, PEERS},
    sort::Sort,
};

/// banto beside the raw limit of its stores and beside its peers.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", disable_help_subcommand = true, subcommand_value_name = "STORE")]
pub struct Args {
    /// The store to measure.
    #[command(subcommand)]
    pub store: Asked,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Asked {
    /// Measure the default store.
    Sqlite(Run),
    /// Measure the store on PostgreSQL, on a server that is started for it.
    Postgres(Run),
    /// Measure the store on Redis, on a server that is started for it.
    Redis(Run),
    /// Measure schedules alone, on the default store.
    Schedule(Run),
    /// Build the peers of every store, and measure ours beside them.
    Peers {
        /// Only on these stores.
        #[arg(long, value_delimiter = ',')]
        on: Vec<Sort>,
        /// How.
        #[command(flatten)]
        run: Run,
    },
    /// One measurement in this process; the question is JSON.
    #[command(hide = true)]
    Measure {
        /// The question.
        question: String,
    },
}

/// How to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct Run {
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

/// What a command measures: its name, the stores, and the groups of each.
#[derive(Debug)]
pub struct Order {
    /// What was typed.
    pub command: &'static str,
    /// The heading on the page.
    pub title: &'static str,
    /// On which stores.
    pub on: Vec<Sort>,
    /// How.
    pub run: Run,
    wanted: fn(&Run, &str) -> bool,
}

fn names() -> Vec<&'static str> {
    GROUPS.iter().map(|group| group.name).collect()
}

impl Asked {
    /// What is to be measured; `None` is one measurement in this process.
    pub fn order(self) -> Option<Order> {
        let of = |sort: Sort, run| Order {
            command: sort.word(),
            title: sort.title(),
            on: vec![sort],
            run,
            wanted: Run::wants,
        };
        Some(match self {
            Asked::Sqlite(run) => of(Sort::Sqlite, run),
            Asked::Postgres(run) => of(Sort::Postgres, run),
            Asked::Redis(run) => of(Sort::Redis, run),
            Asked::Schedule(run) => Order {
                command: "schedule",
                title: "Schedules",
                wanted: |run, group| {
                    group.starts_with("schedule") && run.wants(group) || group == PEERS[1] && run.peers
                },
                ..of(Sort::Sqlite, run)
            },
            Asked::Peers { on, run } => Order {
                command: "peers",
                title: "Beside the peers",
                on: if on.is_empty() { Sort::ALL.to_vec() } else { on },
                run,
                wanted: |run, group| PEERS.contains(&group) && (run.rows.is_empty() || run.named(group)),
            },
            Asked::Measure { .. } => return None,
        })
    }
}

impl Order {
    /// The groups to measure on that store.
    pub fn groups(&self, sort: Sort) -> impl Iterator<Item = &'static Group> {
        GROUPS.iter().filter(move |group| group.of.contains(&sort) && (self.wanted)(&self.run, group.name))
    }
}

impl Run {
    fn wants(&self, group: &str) -> bool {
        let peers = PEERS.contains(&group);
        if self.rows.is_empty() { !peers || self.peers } else { self.named(group) || peers && self.peers }
    }

    fn named(&self, group: &str) -> bool {
        self.rows.iter().any(|row| row == group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(words: &[&str]) -> Vec<&'static str> {
        let order = Args::parse_from(["bench"].iter().chain(words)).store.order().unwrap();
        order.on.iter().flat_map(|sort| order.groups(*sort)).map(|group| group.name).collect()
    }

    #[test]
    fn all_but_the_peers_are_measured_unless_told_otherwise() {
        for store in ["sqlite", "postgres", "redis"] {
            let all = groups(&[store]);
            assert!(all.contains(&"work_c1") && all.contains(&"claim_flat") && !all.contains(&"peers"), "{all:?}");
            assert!(groups(&[store, "--peers"]).contains(&"peers"));
        }
    }

    #[test]
    fn some_rows_are_those_alone() {
        assert_eq!(groups(&["sqlite", "--rows", "work_c1,idle"]), ["work_c1", "idle"]);
        assert_eq!(groups(&["redis", "--rows", "idle", "--peers"]), ["idle", "peers"]);
        assert_eq!(groups(&["postgres", "--rows", "peers"]), ["peers"]);
    }

    #[test]
    fn schedules_alone_have_their_own_peer_alone() {
        assert_eq!(groups(&["schedule"]), ["schedule_1000", "schedule_10000"]);
        assert_eq!(groups(&["schedule", "--peers"]), ["schedule_1000", "schedule_10000", "peers_schedule"]);
    }

    #[test]
    fn the_peers_of_all_stores_are_measured_or_of_those_that_are_named() {
        assert_eq!(groups(&["peers"]), ["peers", "peers_schedule", "peers", "peers"]);
        assert_eq!(groups(&["peers", "--on", "redis"]), ["peers"]);
        assert_eq!(groups(&["peers", "--rows", "peers_schedule"]), ["peers_schedule"]);
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
