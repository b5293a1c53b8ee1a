//! What was typed, and what a child was told.
//!
//! For `main`, which acts on it. The words of children are hidden: nobody but this program types them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{
    Told,
    kept::Kept,
    row::{ROWS, Turn, turns},
};

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
    /// Rows to run, parted by commas, with a store's letter behind it where only that one is meant [default: all]
    #[arg(long, value_delimiter = ',', value_name = "A1,B11,A7/P")]
    pub rows: Vec<String>,
    /// Stores to run them over, parted by commas [default: all that a row applies to]
    #[arg(long, value_delimiter = ',', value_name = "sqlite,postgres,redis")]
    pub stores: Vec<String>,
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
        /// The store that it is run over.
        store: String,
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
    /// The rows to run and the stores to run them over, in the order of the matrix. Refuses unknown names and says the known
    /// ones.
    pub fn turns(&self) -> Told<Vec<Turn>> {
        let stores = self.stores.iter().map(|word| Kept::of(word)).collect::<Told<Vec<_>>>()?;
        let typed = self.rows.iter().map(|id| typed(id)).collect::<Told<Vec<_>>>()?;
        let meant = |turn: &Turn| {
            let of =
                |(row, kept): &(&str, Option<Kept>)| *row == turn.row.id && kept.is_none_or(|kept| kept == turn.kept);
            typed.is_empty() || typed.iter().any(of)
        };
        let found: Vec<Turn> =
            turns().filter(|turn| (stores.is_empty() || stores.contains(&turn.kept)) && meant(turn)).collect();
        if found.is_empty() { Err("find such a row over such a store".into()) } else { Ok(found) }
    }
}

/// A row as it was typed, with the store if there is one.
fn typed(text: &str) -> Told<(&'static str, Option<Kept>)> {
    let (id, store) = text.trim().split_once('/').map_or((text.trim(), None), |(id, store)| (id, Some(store)));
    let known = || ROWS.iter().map(|row| row.id).collect::<Vec<_>>().join(", ");
    let row = ROWS.iter().find(|row| row.id == id.to_uppercase());
    let row = row.ok_or_else(|| format!("find the row \"{}\": there are {}", id.to_uppercase(), known()))?;
    let kept = store.map(Kept::of).transpose()?;
    match kept.filter(|kept| !row.over.contains(kept)) {
        Some(kept) => Err(format!("run the row {} over {kept}: it does not apply to it", row.id)),
        None => Ok((row.id, kept)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(typed: &[&str]) -> Told<Vec<String>> {
        let ask = Ask::try_parse_from(["prove"].iter().chain(typed)).unwrap();
        Ok(ask.wanted.turns()?.iter().map(Turn::id).collect())
    }

    #[test]
    fn rows_are_all_or_those_named_in_the_order_of_the_matrix() {
        assert_eq!(rows(&["--short"]).unwrap().len(), turns().count());
        assert_eq!(rows(&["--rows", "b13,A15", "--seed", "3"]).unwrap(), ["A15", "B13"]);
        assert_eq!(rows(&["--rows", "a7/s,a1/sqlite"]).unwrap(), ["A1", "A7"]);
        assert_eq!(rows(&["--rows", "A7", "--stores", "sqlite"]).unwrap(), ["A7"]);
        let refused = rows(&["--rows", "A1,Z9"]).unwrap_err();
        assert!(refused.contains("\"Z9\"") && refused.contains("A7"), "{refused}");
    }

    #[test]
    fn help_shows_no_word_of_a_child() {
        let help = <Ask as clap::CommandFactory>::command().render_help().to_string();
        assert!(!help.contains("worker") && help.contains("--rows"), "{help}");
    }
}
