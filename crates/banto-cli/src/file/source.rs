//! The text of a file, and what is wrong with it: each fault with its line and column.
//!
//! For the readers of all sections, who report every fault here and go on, so that all are found at once.

use std::{
    cell::RefCell,
    fmt,
    path::{Path, PathBuf},
};

use banto_core::text::visible;

use crate::exit::{Exit, Failure};

/// Faults that are shown of one file; what is more is counted.
const SHOWN_MAX: usize = 100;

/// Something in a file that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// The character in that line, from 1.
    pub column: usize,
    /// The file, as it was called.
    pub file: String,
    /// Why; a fragment that fits after "could not".
    pub text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: could not {}", self.file, self.line, self.column, self.text)
    }
}

/// Everything that is wrong with a file, in its order; displays as a fragment that fits after "could not".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// The file, as it was called.
    pub file: String,
    /// What is wrong; at least one.
    pub list: Vec<Fault>,
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let many = match self.list.len() {
            1 => "1 fault".to_owned(),
            more => format!("{more} faults"),
        };
        write!(f, "take {}: it has {many}, and nothing of it is used", self.file)?;
        for fault in self.list.iter().take(SHOWN_MAX) {
            write!(f, "\n  {fault}")?;
        }
        match self.list.len().saturating_sub(SHOWN_MAX) {
            0 => Ok(()),
            more => write!(f, "\n  … and {more} more"),
        }
    }
}

impl std::error::Error for Faults {}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Failure {
        Failure::new(Exit::Usage, faults.to_string())
    }
}

/// A text that is being read.
pub(crate) struct Source<'a> {
    /// The file, as it is called in messages.
    pub name: String,
    /// What paths in it are relative to.
    pub folder: PathBuf,
    text: &'a str,
    /// Where each line begins.
    lines: Vec<usize>,
    faults: RefCell<Vec<Fault>>,
}

impl<'a> Source<'a> {
    /// The text of the file at `path`.
    pub fn new(text: &'a str, path: &Path) -> Source<'a> {
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Source {
            name: visible(&path.to_string_lossy(), 200),
            folder: whole.parent().unwrap_or(Path::new("/")).to_owned(),
            text,
            lines,
            faults: RefCell::default(),
        }
    }

    /// A path in it, made whole.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// Its text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The line of a byte, from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset)
    }

    /// Something at a byte of it cannot be taken.
    pub fn fault(&self, offset: usize, text: impl Into<String>) {
        let line = self.line(offset);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count()) + 1;
        self.push(Fault { line, column, file: self.name.clone(), text: text.into() });
    }

    /// Something in it, or in a file that it names, cannot be taken.
    pub fn push(&self, fault: Fault) {
        self.faults.borrow_mut().push(fault);
    }

    /// What is wrong, if anything.
    pub fn faults(self) -> Option<Faults> {
        let mut list = self.faults.into_inner();
        if list.is_empty() {
            return None;
        }
        let own = |fault: &Fault| fault.file != self.name;
        list.sort_by(|one, other| (own(one), one).cmp(&(own(other), other)));
        list.dedup();
        Some(Faults { file: self.name, list })
    }
}
