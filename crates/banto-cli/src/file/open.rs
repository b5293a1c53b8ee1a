//! A file's text, read with suspicion.
//!
//! A folder, a device or a pipe is refused before a byte of it is read, and so is what is too large: nothing that is
//! named in a file makes the reader wait or fills its memory.

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Read},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use banto_core::text::visible;
use rustix::fs::OFlags;

/// The text of the file at `path`, without a byte order mark, if it has at most `bytes_max` bytes. An error is a fragment
/// that fits after "could not".
pub(crate) fn text_of(path: &Path, bytes_max: usize) -> Result<String, String> {
    let shown = visible(&path.to_string_lossy(), 200);
    let failed = |why: String| format!("read \"{shown}\": {why}");
    // A pipe without a writer must not be waited for.
    let opened = OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path);
    let file = opened.map_err(|error| {
        failed(match error.kind() {
            ErrorKind::NotFound => "it is not there".to_owned(),
            _ => error.to_string(),
        })
    })?;
    let meta = file.metadata().map_err(|error| failed(error.to_string()))?;
    if !meta.is_file() {
        return Err(failed("it is no file".to_owned()));
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most).read_to_end(&mut bytes).map_err(|error| failed(error.to_string()))?;
    if bytes.len() > bytes_max {
        return Err(failed(format!("it has more than {bytes_max} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let line =
            error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
        failed(format!("line {line} is not UTF-8"))
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}
