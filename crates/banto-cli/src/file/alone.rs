//! One key of a file, read alone: for commands that want nothing else of it.
//!
//! What is wrong elsewhere is said by those who need what stands there. A file that is no TOML is refused, for the key may be in it.

use std::path::Path;

use banto_core::text::visible;
use toml::de::DeTable;

use super::{FILE_BYTES_MAX, open, source::Source, value::Value};
use crate::exit::Failure;

/// What `read` makes of the key in the file at `path`, if it is there.
pub(super) fn alone<T>(
    path: &Path,
    key: &str,
    read: impl FnOnce(Value<'_>) -> Option<T>,
) -> Result<Option<T>, Failure> {
    let text = open::text_of(path, FILE_BYTES_MAX).map_err(Failure::usage)?;
    let source = Source::new(&text, path);
    let (table, errors) = DeTable::parse_recoverable(&text);
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        source.fault(at, format!("read it as TOML: {}", visible(error.message(), 300)));
    }
    let found = table.get_ref().get(key).and_then(|at| read(Value::new(&source, key, at)));
    match source.faults() {
        None => Ok(found),
        Some(faults) => Err(faults.into()),
    }
}
