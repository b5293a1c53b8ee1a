//! What was typed, and what a child was told.
//!
//! For `main`, which acts on it. The words of children are hidden: nobody but this program types them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::row::ROWS;

/// Shows, with real processes and real faults, that banto keeps its promises.
#[derive(Debug, Parser)]
#[command(name = "banto-chaos", bin_name = "cargo xtask prove")]
#[command(
    after_help = "EXIT CODES: 0 every row passed, 1 some row did not, 2 the command was not understood.\nA row that this machine cannot run is skipped with the reason; under CI=true that is a failure."
)]
pub struct Ask {
    /// What to prove.
    #[command(flatten)]
    pub wanted: Wanted,
    /// What a child does.
    #[command(subcommand)]
    pub part: Option<Part>,
}

/// Which rows, and how.
#[derive(Debug, Clone, Args)]
pub struct Wanted {
    /// Rows to run, parted by commas [default: all]
    #[arg(long, value_delimiter = ',', value_name = "A1,B11")]
    pub rows: Vec<String>,
    /// The form for every commit: fewer jobs and kills, minutes instead of hours
    #[arg(long)]
    pub short: bool,
    /// What all moments and choices follow from [default: drawn, and printed]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// One JSON object a row, one a line
    #[arg(long)]
    pub json: bool,
    /// Take out one guard after the other, and pass if the row that guards it fails
    #[arg(long)]
    pub mutate: bool,
    /// Where stores and ledgers are kept while a row runs [default: a new folder beside the build]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// What a child does.
#[derive(Debug, Subcommand)]
pub enum Part {
    /// One row, here.
    #[command(hide = true)]
    Row {
        /// Its name.
        id: String,
        /// Its folder.
        dir: PathBuf,
        /// Its seed.
        seed: u64,
        /// Whether it is to be short.
        #[arg(long)]
        brief: bool,
    },
    /// A worker.
    #[command(hide = true)]
    Worker {
        /// What it is told, as JSON.
        spec: String,
    },
    /// A scheduler.
    #[command(hide = true)]
    Scheduler {
        /// What it is told, as JSON.
        spec: String,
    },
    /// A client.
    #[command(hide = true)]
    Client {
        /// What it is told, as JSON.
        spec: String,
    },
    /// A tool that holds the file.
    #[command(hide = true)]
    Grip {
        /// What it is told, as JSON.
        spec: String,
    },
    /// A look at a store that may be damaged.
    #[command(hide = true)]
    Probe {
        /// What it is told, as JSON.
        spec: String,
    },
    /// Far too much to take.
    #[command(hide = true)]
    Gorge {
        /// What it is told, as JSON.
        spec: String,
    },
    /// Many callers at once.
    #[command(hide = true)]
    Race {
        /// What it is told, as JSON.
        spec: String,
    },
}

impl Wanted {
    /// The rows to run, in the order of the matrix. Refuses unknown names and says the known ones.
    pub fn rows(&self) -> Result<Vec<&'static crate::row::Row>, String> {
        let known = || ROWS.iter().map(|row| row.id).collect::<Vec<_>>().join(", ");
        let typed: Vec<String> = self.rows.iter().map(|id| id.trim().to_uppercase()).collect();
        if let Some(wrong) = typed.iter().find(|id| !ROWS.iter().any(|row| row.id == id.as_str())) {
            return Err(format!("find the row \"{wrong}\": there are {}", known()));
        }
        Ok(ROWS.iter().filter(|row| typed.is_empty() || typed.iter().any(|id| id == row.id)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(typed: &[&str]) -> Result<Vec<&'static str>, String> {
        let ask = Ask::try_parse_from(["prove"].iter().chain(typed)).unwrap();
        Ok(ask.wanted.rows()?.iter().map(|row| row.id).collect())
    }

    #[test]
    fn rows_are_all_or_those_named_in_the_order_of_the_matrix() {
        assert_eq!(rows(&["--short"]).unwrap().len(), ROWS.len());
        assert_eq!(rows(&["--rows", "a7,A1", "--seed", "3"]).unwrap(), ["A1", "A7"]);
        let refused = rows(&["--rows", "A1,Z9"]).unwrap_err();
        assert!(refused.contains("\"Z9\"") && refused.contains("A7"), "{refused}");
    }

    #[test]
    fn help_shows_no_word_of_a_child() {
        let help = <Ask as clap::CommandFactory>::command().render_help().to_string();
        assert!(!help.contains("worker") && help.contains("--rows"), "{help}");
    }
}
