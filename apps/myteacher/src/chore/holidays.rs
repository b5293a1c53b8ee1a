//! `holidays …`: the days off that scheduled tasks skip or move from.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::{args::At, batch::holiday, error::Error, print, report::Report, table::Tables};

/// `holidays …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Holidays {
    /// Add an own day off.
    Add(Add),
    /// List the days off: the law's and own ones.
    List(List),
    /// Remove an own day off.
    Remove(Remove),
}

/// `holidays add`.
#[derive(Debug, Clone, Args)]
pub struct Add {
    /// The date, as 2026-12-25.
    date: String,
    /// What it is called.
    name: String,
    /// Where.
    #[command(flatten)]
    at: At,
}

/// `holidays list`.
#[derive(Debug, Clone, Args)]
pub struct List {
    /// Of this year only.
    #[arg(long)]
    year: Option<u16>,
    /// Where.
    #[command(flatten)]
    at: At,
}

/// `holidays remove`.
#[derive(Debug, Clone, Args)]
pub struct Remove {
    /// The date.
    date: String,
    /// Where.
    #[command(flatten)]
    at: At,
}

impl Holidays {
    pub(super) fn at(&self) -> &At {
        match self {
            Holidays::Add(typed) => &typed.at,
            Holidays::List(typed) => &typed.at,
            Holidays::Remove(typed) => &typed.at,
        }
    }

    pub(super) async fn carry_out(&self, tables: &Tables) -> Result<Report, Error> {
        match self {
            Holidays::Add(Add { date, name, .. }) => {
                holiday::add(tables, date, name).await?;
                Ok(Report::well([format!("{date} is a day off now")], json!({ "added": date, "name": name })))
            }
            Holidays::List(typed) => list(tables, typed.year).await,
            Holidays::Remove(Remove { date, .. }) => {
                holiday::remove(tables, date).await?;
                Ok(Report::well([format!("{date} is no day off any more")], json!({ "removed": date })))
            }
        }
    }
}

async fn list(tables: &Tables, year: Option<u16>) -> Result<Report, Error> {
    let warnings = holiday::days(tables).await?.warnings;
    let all = holiday::all(tables).await?;
    let known = all.first().zip(all.last()).map(|(first, last)| format!("from {} to {}", first.date, last.date));
    let year = year.map(|year| format!("{year:04}-"));
    let days: Vec<_> =
        all.into_iter().filter(|day| year.as_ref().is_none_or(|year| day.date.starts_with(year))).collect();
    let mut table = print::table(["date", "name", "source"]);
    for day in &days {
        table.add_row([&day.date, &banto::text::visible(&day.name, 100), &day.source]);
    }
    let none = format!("no day off of that year is known; those that are lie {}", known.unwrap_or_default());
    let mut lines = vec![if days.is_empty() { none } else { table.to_string() }];
    lines.extend(warnings.iter().map(|warning| format!("warning: {warning}")));
    Ok(Report::well(lines, json!({ "holidays": days, "warnings": warnings })))
}
