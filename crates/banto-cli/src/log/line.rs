//! A line on its way out: secrets blacked out, nothing in it hidden, whole.
//!
//! The formatter writes each line in one piece. The one for people is cut, and shows no terminal a control byte; the one for
//! machines is the same JSON, in which nothing hides, and goes on into the files.

use std::{fmt, io, sync::Arc};

use banto_core::{Secrets, text::hides};
use banto_store::Clock;
use tracing::Metadata;
use tracing_subscriber::fmt::{MakeWriter, format::Writer, time::FormatTime};

use super::{files::Files, part::Part};
use crate::{mean::clock_time, print::one_line};

/// Longest line for people, in bytes; what is over is cut.
pub(super) const LINE_BYTES_MAX: usize = 16 << 10;

/// The time of a line, by the house's clock: to the second for people, to the millisecond (RFC 3339) for machines.
pub(super) struct Time {
    pub clock: Arc<dyn Clock>,
    pub exact: bool,
}

impl FormatTime for Time {
    fn format_time(&self, to: &mut Writer<'_>) -> fmt::Result {
        let now = self.clock.wall_ms();
        match jiff::Timestamp::from_millisecond(now) {
            Ok(at) if self.exact => write!(to, "{at:.3}"),
            _ => to.write_str(&clock_time(now)),
        }
    }
}

/// Lines for people.
pub(super) struct People<F> {
    pub to: F,
    pub secrets: Arc<Secrets>,
}

impl<'a, F: Fn() -> W, W: io::Write> MakeWriter<'a> for People<F> {
    type Writer = Visible<'a, W>;

    fn make_writer(&'a self) -> Self::Writer {
        Visible { to: (self.to)(), secrets: &self.secrets }
    }
}

/// A terminal that is shown no control byte.
pub(super) struct Visible<'a, W> {
    to: W,
    secrets: &'a Secrets,
}

impl<W: io::Write> io::Write for Visible<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let text = self.secrets.redact(text.trim_end_matches('\n'));
        let mut shown = String::with_capacity(text.len());
        for c in text.chars() {
            if shown.len() > LINE_BYTES_MAX {
                shown.push('…');
                break;
            }
            match hides(c) {
                true => shown.extend(c.escape_unicode()),
                false => shown.push(c),
            }
        }
        shown.push('\n');
        self.to.write_all(shown.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Lines for machines: to `to`, if they are not for people there, and into their files, if there are some.
pub(super) struct Machines<F> {
    pub to: Option<F>,
    pub secrets: Arc<Secrets>,
    pub files: Option<Arc<Files>>,
    /// Whose lines the process's own are.
    pub own: Part,
}

impl<F: Fn() -> W, W: io::Write> Machines<F> {
    fn writer(&self, part: Option<Part>) -> OneLine<'_, W> {
        let files = self.files.as_deref().zip(part);
        OneLine { to: self.to.as_ref().map(|to| to()), secrets: &self.secrets, files }
    }
}

impl<'a, F: Fn() -> W, W: io::Write> MakeWriter<'a> for Machines<F> {
    type Writer = OneLine<'a, W>;

    fn make_writer(&'a self) -> Self::Writer {
        self.writer(Some(self.own))
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Self::Writer {
        self.writer(Part::of(meta.target(), self.own))
    }
}

/// A log for machines that a person may look at all the same: the JSON is the same, and nothing in it hides.
pub(super) struct OneLine<'a, W> {
    to: Option<W>,
    secrets: &'a Secrets,
    files: Option<(&'a Files, Part)>,
}

impl<W: io::Write> io::Write for OneLine<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut line = one_line(String::from_utf8_lossy(bytes).trim_end_matches('\n'));
        if let std::borrow::Cow::Owned(shown) = self.secrets.redact(&line) {
            line = shown;
        }
        line.push('\n');
        // A reader that is gone takes nothing from the file.
        let written = self.to.as_mut().map_or(Ok(()), |to| to.write_all(line.as_bytes()));
        if let Some((files, part)) = self.files {
            files.push(part, line);
        }
        written.map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.as_mut().map_or(Ok(()), io::Write::flush)
    }
}
