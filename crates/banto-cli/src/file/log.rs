//! `[log]` of a file: where lines are kept, and for how long.

use std::path::PathBuf;

use banto_core::Zone;
use banto_process::Keep;
use toml::de::DeValue;

use super::{command, keys::LOG, value::Value};

/// Where lines are kept, as far as the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogSettings {
    /// The folder; `-` is in no file.
    pub dir: Option<PathBuf>,
    /// At whose midnight a new day begins.
    pub zone: Option<Zone>,
    /// How large a file may grow, in bytes.
    pub bytes_max: Option<u64>,
    /// Which files of the past are kept.
    pub keep: Option<Keep>,
    /// Whether files of the past are compressed.
    pub compress: Option<bool>,
}

/// The log that `value` describes; `zone` is that of the file, if it says one.
pub(crate) fn read(value: Value<'_>, zone: Option<&Zone>) -> Option<LogSettings> {
    let table = value.table(&LOG)?;
    Some(LogSettings {
        dir: table.read("dir", command::path),
        zone: table.read("zone", Value::parsed).or_else(|| zone.cloned()),
        bytes_max: table.read("size_max", Value::size),
        keep: table.read("keep", keep),
        compress: table.read("compress", Value::flag),
    })
}

/// So many files, or all of a span of time: `5`, `"60d"`.
pub(crate) fn keep(value: Value<'_>) -> Option<Keep> {
    match value.inner() {
        DeValue::String(_) => value.some_span().map(Keep::Age),
        _ => value.whole(0u32..=10_000).map(Keep::Files),
    }
}
