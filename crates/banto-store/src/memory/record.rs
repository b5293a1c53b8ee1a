//! `record`: what running jobs say of themselves.

use banto_core::{
    Progress,
    limits::{LINE_BYTES_MAX, LINES_MAX},
    text::cut,
};

use super::{Data, Now};
use crate::{Line, Note, Record};

impl Data {
    pub(super) fn record(&mut self, records: Vec<Record>, now: &Now) -> usize {
        let mut written = 0;
        for Record { lease, note } in records {
            let Some(row) = self.jobs.get_mut(&lease.job).filter(|row| row.held_by(&lease)) else { continue };
            match note {
                Note::Progress(said) => {
                    row.job.progress = Some(Progress { text: cut(&said.text, LINE_BYTES_MAX), ..said });
                }
                Note::Line(text) => {
                    let text = cut(&text, LINE_BYTES_MAX);
                    append(&mut row.trail, Line { at: now.wall, fence: lease.fence, word: "log".into(), text });
                }
                Note::Output(output) => {
                    if !self.keep_output(lease.job, output) {
                        continue;
                    }
                }
            }
            written += 1;
        }
        written
    }
}

/// Adds a line; the oldest goes when there are too many.
pub(super) fn append(trail: &mut Vec<Line>, line: Line) {
    trail.push(line);
    if trail.len() > LINES_MAX {
        trail.remove(0);
    }
}
