//! Every promise of PROMISES.md names the tests and rows that show it, and they exist.
//!
//! For whoever relies on a promise. The page holds one table line a promise, `| P3 ... | shown by | state |`, where
//! "shown by" is a list of `test crate::path::name` and `row A7` parted by commas, or a dash, and the state is
//! `shown`, `part` or `not yet`. It looks whether what is named is there; whether it passes is for the tests.

use super::Finding;
use crate::rust::{self, Kind};
use crate::tree::{File, Tree};

/// The rule's name.
pub const NAME: &str = "promises";

const PAGE: &str = "PROMISES.md";
const PROMISES: usize = 15;
const ROWS: &str = "proof/chaos/";

/// One line of the table.
struct Promise<'a> {
    number: usize,
    shown_by: Vec<&'a str>,
    state: &'a str,
    line: usize,
}

/// Every promise that is missing, doubled, badly written, or that names what is not there.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.file(PAGE) else {
        return vec![Finding::on(NAME, PAGE, "is missing: list every promise with what shows it")];
    };
    let promises: Vec<Promise<'_>> = (1..).zip(page.text.lines()).filter_map(|(line, text)| read(line, text)).collect();
    let wrong = promises.iter().flat_map(|promise| {
        let texts =
            wrong_state(promise).into_iter().chain(promise.shown_by.iter().filter_map(|shown| missing(tree, shown)));
        texts
            .map(|text| Finding::at(NAME, page, promise.line, format!("P{}: {text}", promise.number)))
            .collect::<Vec<_>>()
    });
    wrong.chain(uncounted(&promises)).collect()
}

/// A promise, if the line is one.
fn read(line: usize, text: &str) -> Option<Promise<'_>> {
    let mut cells = text.strip_prefix('|')?.trim_end().trim_end_matches('|').split('|').map(str::trim);
    let said = cells.next()?.trim_start_matches('*').strip_prefix('P')?;
    let digits = said.find(|sign: char| !sign.is_ascii_digit())?;
    let number = said.get(..digits)?.parse().ok()?;
    let shown_by = cells.next().unwrap_or("").split(',').map(|shown| shown.trim().trim_matches('`'));
    let shown_by = shown_by.filter(|shown| !matches!(*shown, "" | "-" | "–" | "—")).collect();
    Some(Promise { number, shown_by, state: cells.next().unwrap_or(""), line })
}

fn wrong_state(promise: &Promise<'_>) -> Option<String> {
    let tests = promise.shown_by.iter().filter(|shown| shown.starts_with("test ")).count();
    match (promise.state, tests, promise.shown_by.len()) {
        ("shown", 0, _) => Some("is marked shown and names no test".into()),
        ("part", _, 0) => Some("is marked part and names nothing that shows it".into()),
        ("not yet", _, 1..) => Some("names what shows it and is marked not yet: say part or shown".into()),
        ("shown" | "part" | "not yet", ..) => None,
        (other, ..) => Some(format!("has the state \"{other}\": say shown, part or not yet")),
    }
}

/// What is wrong with one entry of "shown by".
fn missing(tree: &Tree, shown: &str) -> Option<String> {
    match shown.split_once(' ') {
        Some(("test", path)) => missing_test(tree, path.trim_matches('`')),
        Some(("row", row)) if !has_row(tree, row) => Some(format!("row {row} does not exist in {ROWS}")),
        Some(("row", _)) => None,
        _ => Some(format!("\"{shown}\": say \"test crate::path::name\" or \"row A7\"")),
    }
}

fn missing_test(tree: &Tree, path: &str) -> Option<String> {
    let (name, function) =
        path.split_once("::").map(|(name, rest)| (name, rest.rsplit("::").next().unwrap_or(rest)))?;
    let Some(package) = tree.crates.iter().find(|package| package.name.replace('-', "_") == name.replace('-', "_"))
    else {
        return Some(format!("test {path}: there is no crate {name}"));
    };
    let folder = format!("{}/", package.folder);
    let mut sources = tree.sources().filter(|file| file.path.starts_with(&folder));
    let there = sources.any(|file| rust::functions(&file.tokens()).iter().any(|known| known.name == function));
    (!there).then(|| format!("test {path}: there is no function {function} in {folder}"))
}

/// Whether the proofs speak of the row by its name, in a text of their own.
fn has_row(tree: &Tree, row: &str) -> bool {
    let quoted = format!("\"{row}\"");
    let speaks = |file: &File| file.tokens().iter().any(|token| token.kind == Kind::Text && token.text == quoted);
    tree.sources().filter(|file| file.path.starts_with(ROWS)).any(speaks)
}

fn uncounted(promises: &[Promise<'_>]) -> Vec<Finding> {
    let count = |number| promises.iter().filter(|promise| promise.number == number).count();
    let counts = (1..=PROMISES).map(|number| (number, count(number)));
    let unlisted = counts
        .filter(|(_, count)| *count != 1)
        .map(|(number, count)| Finding::on(NAME, PAGE, format!("P{number} is listed {count} times: list it once")));
    let unknown = promises.iter().filter(|promise| !(1..=PROMISES).contains(&promise.number));
    let unknown = unknown.map(|promise| {
        let text = format!("P{} is not known: there are P1 to P{PROMISES}", promise.number);
        Finding { rule: NAME, path: PAGE.into(), line: promise.line, text }
    });
    unlisted.chain(unknown).collect()
}

#[cfg(test)]
mod tests;
