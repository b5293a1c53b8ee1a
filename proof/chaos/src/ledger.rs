//! Ledgers: what clients and workers write down so that nothing has to be believed.
//!
//! A line is one `write` with `O_APPEND`, so that many processes share a file and a kill tears at most the line under
//! way: it begins and ends with a line break, and a line without its closing mark is not read. Times are the machine's
//! steady clock, the same in all processes.

use std::{
    fmt::{self, Write as _},
    fs::{File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    str::FromStr,
};

use banto_core::JobId;
use banto_store::{Clock, SystemClock};

use crate::Told;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// A process has opened the store and is at work; the note says what it is.
    Up,
    /// A client is about to ask the store to accept the job; the note is its index.
    Sent,
    /// The store has said that the job is accepted; the note is its index. The job is the one that stands for it.
    Acked,
    /// The store has said no; the note says why.
    Refused,
    /// A claim has brought the job to this process.
    Claimed,
    /// A handler begins; the note is the attempt.
    Begin,
    /// A handler comes to its end.
    End,
    /// A handler was told to stop; the note says why.
    Told,
    /// The store has written how the run ended; the note is the new state and when the store was asked.
    Wrote,
    /// The store has refused an end because the lease did not hold.
    Late,
    /// The store has taken the job from a holder whose lease was over; the note is the new state.
    Rescued,
    /// Whatever else a row wants to know.
    Note,
}

const WORDS: [(Word, &str); 12] = [
    (Word::Up, "up"),
    (Word::Sent, "sent"),
    (Word::Acked, "acked"),
    (Word::Refused, "refused"),
    (Word::Claimed, "claimed"),
    (Word::Begin, "begin"),
    (Word::End, "end"),
    (Word::Told, "told"),
    (Word::Wrote, "wrote"),
    (Word::Late, "late"),
    (Word::Rescued, "rescued"),
    (Word::Note, "note"),
];

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(WORDS.iter().find(|(word, _)| word == self).map_or("", |(_, text)| text))
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When, in steady milliseconds.
    pub at: u64,
    /// Which process.
    pub pid: u32,
    /// What happened.
    pub word: Word,
    /// To which job.
    pub job: JobId,
    /// Under which fence; 0 where there is none.
    pub fence: u32,
    /// What else there is to say, without blanks.
    pub note: String,
}

impl Line {
    /// Reads a line; `None` for one that is torn or empty.
    fn read(text: &str) -> Option<Line> {
        let mut parts = text.strip_suffix(" .")?.splitn(6, ' ');
        let mut part = || parts.next();
        let (at, pid, word) = (part()?.parse().ok()?, part()?.parse().ok()?, part()?);
        let (job, fence) = (JobId::from_str(part()?).ok()?, part()?.parse().ok()?);
        let word = WORDS.iter().find(|(_, text)| *text == word)?.0;
        Some(Line { at, pid, word, job, fence, note: part()?.to_owned() })
    }
}

/// A ledger that is written to.
#[derive(Debug)]
pub struct Ledger {
    file: File,
    path: PathBuf,
}

impl Ledger {
    /// Opens a ledger to add to it.
    pub fn open(path: &Path) -> Told<Ledger> {
        let file = OpenOptions::new().append(true).create(true).open(path);
        let file = file.map_err(|error| format!("open the ledger \"{}\": {error}", path.display()))?;
        Ok(Ledger { file, path: path.to_owned() })
    }

    /// Adds a line.
    pub fn line(&self, word: Word, job: JobId, fence: u32, note: impl fmt::Display) {
        self.lines(word, [(job, fence, note)]);
    }

    /// Adds lines of one kind.
    pub fn lines<N: fmt::Display>(&self, word: Word, lines: impl IntoIterator<Item = (JobId, u32, N)>) {
        let (at, pid) = (SystemClock.steady_ms(), std::process::id());
        let mut text = String::new();
        for (job, fence, note) in lines {
            let _written = write!(text, "\n{at} {pid} {word} {job} {fence} {note} .\n");
        }
        // A ledger that cannot be written would turn every verdict into a guess.
        if let Err(error) = (&self.file).write_all(text.as_bytes()) {
            eprintln!("could not write to the ledger \"{}\": {error}", self.path.display());
            std::process::exit(70);
        }
    }

    /// Waits until all lines are on the disk. Not by `fsync`, which SQLite uses and a row makes fail.
    pub fn sync(&self) {
        if let Err(error) = self.file.sync_data() {
            eprintln!("could not sync the ledger \"{}\": {error}", self.path.display());
            std::process::exit(70);
        }
    }
}

/// A word that concerns no job.
pub fn nobody() -> JobId {
    JobId::of_bytes([0; 16])
}

/// Every whole line of a ledger, in order; none if there is no such file yet.
pub fn read(path: &Path) -> Told<Vec<Line>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).lines().filter_map(Line::read).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(format!("read the ledger \"{}\": {error}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_back_and_a_torn_one_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("runs");
        assert_eq!(read(&path).unwrap(), []);
        let ledger = Ledger::open(&path).unwrap();
        let job = JobId::of_bytes([7; 16]);
        ledger.line(Word::Begin, job, 3, "1");
        // What a kill leaves of a line, with another process's line behind it.
        (&ledger.file).write_all(b"\n123 9 begin 0707").unwrap();
        ledger.line(Word::Wrote, job, 3, format_args!("done {}", 5));
        ledger.sync();
        let lines = read(&path).unwrap();
        let told: Vec<_> = lines.iter().map(|line| (line.word, line.job, line.fence, line.note.as_str())).collect();
        assert_eq!(told, [(Word::Begin, job, 3, "1"), (Word::Wrote, job, 3, "done 5")]);
        assert!(lines.iter().all(|line| line.pid == std::process::id() && line.at > 0));
    }

    #[test]
    fn every_word_has_its_text() {
        for (word, text) in WORDS {
            assert_eq!(word.to_string(), text);
        }
    }
}
