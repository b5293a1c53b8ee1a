//! Where lines are kept in files, and for how long: as an application says it, its `banto.toml`, and what was typed.

use std::path::{Path, PathBuf};

use banto_core::Zone;
use banto_process::{Keep, OutputFile};

use super::part::Part;
use crate::{args::work::LogTo, exit::Failure, file::LogSettings};

/// What is typed, and written, for "in no file".
const NONE: &str = "-";
/// How long files are kept where nothing is said, in milliseconds: sixty days.
const KEEP_MS: u64 = 60 * 86_400_000;

/// Log files of a worker, a scheduler and programs: `queue-20261129.log`, `scheduler-20261129.log`, `program-20261129.log`.
///
/// Each line goes to the standard output, and to its file as one JSON object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logs {
    /// Their folder; it is made if it is not there.
    pub dir: PathBuf,
    /// At whose midnight a new day begins: a time zone's name. One that nobody knows is refused at the start.
    pub zone: String,
    /// A file that would grow over so many bytes gets a number (`queue-20261129.1.log`); none is never.
    pub bytes_max: Option<u64>,
    /// Which files of the past are kept.
    pub keep: Keep,
    /// Files of the past are compressed (gzip).
    pub compress: bool,
}

impl Logs {
    /// Files in that folder: days of UTC, 64 MiB a file, kept for sixty days, compressed.
    pub fn in_dir(dir: impl Into<PathBuf>) -> Logs {
        let (bytes_max, keep) = (Some(64 << 20), Keep::Age(KEEP_MS));
        Logs { dir: dir.into(), zone: "UTC".into(), bytes_max, keep, compress: true }
    }

    /// What is meant: as the application says, over it the file, over it what was typed; none is in no file.
    pub(crate) fn meant(app: Option<&Logs>, written: &LogSettings, typed: &LogTo) -> Result<Option<Logs>, Failure> {
        let dir = typed.log_dir.as_ref().or(written.dir.as_ref()).or(app.map(|logs| &logs.dir));
        let Some(dir) = dir.filter(|dir| !dir.as_os_str().is_empty() && dir.file_name() != Some(NONE.as_ref())) else {
            return Ok(None);
        };
        let plain = app.cloned().unwrap_or_else(|| Logs::in_dir(dir));
        let typed = typed.log_zone.as_deref().filter(|zone| !zone.is_empty()).map(str::parse::<Zone>).transpose()?;
        Ok(Some(Logs {
            dir: dir.clone(),
            zone: typed.or_else(|| written.zone.clone()).map_or(plain.zone, |zone| zone.to_string()),
            bytes_max: written.bytes_max.or(plain.bytes_max),
            keep: written.keep.unwrap_or(plain.keep),
            compress: written.compress.unwrap_or(plain.compress),
        }))
    }

    /// The files of a part.
    pub(super) fn file(&self, part: Part) -> OutputFile {
        OutputFile {
            bytes_max: self.bytes_max,
            dated: true,
            keep: self.keep,
            compress: self.compress,
            zone: Some(self.zone.clone()),
            ..OutputFile::new(Path::new(&self.dir).join(part.word()).with_extension("log"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_goes_before_the_file_and_that_before_the_application() {
        let app = Logs { zone: "Asia/Tokyo".into(), ..Logs::in_dir("storage/logs") };
        let written = LogSettings { dir: Some("w".into()), keep: Some(Keep::Files(3)), ..LogSettings::default() };
        let typed = LogTo { log_dir: Some("t".into()), log_zone: Some("Europe/Berlin".into()) };
        let (nothing, silent) = (LogTo::default(), LogSettings::default());
        let dir = |logs: Option<Logs>| logs.map(|logs| (logs.dir.display().to_string(), logs.zone, logs.keep));
        let sixty = Keep::Age(60 * 86_400_000);
        for (app, written, typed, meant) in [
            (None, &silent, &nothing, None),
            (Some(&app), &silent, &nothing, Some(("storage/logs".into(), "Asia/Tokyo".into(), sixty))),
            (Some(&app), &written, &nothing, Some(("w".into(), "Asia/Tokyo".into(), Keep::Files(3)))),
            (Some(&app), &written, &typed, Some(("t".into(), "Europe/Berlin".into(), Keep::Files(3)))),
            (None, &written, &nothing, Some(("w".into(), "UTC".into(), Keep::Files(3)))),
        ] {
            assert_eq!(dir(Logs::meant(app, written, typed).unwrap()), meant);
        }
        let off = LogTo { log_dir: Some("-".into()), log_zone: None };
        assert_eq!(Logs::meant(Some(&app), &written, &off).unwrap(), None);
        let odd = LogTo { log_zone: Some("Asia/Tokio".into()), ..typed };
        assert!(Logs::meant(None, &silent, &odd).unwrap_err().text.contains("Asia/Tokio"));
    }
}
