//! What a server says of itself under `INFO`: names and values, in whatever shape they came.
//!
//! As one text of `name:value` lines, which is what a server sends; or nested by section, as some clients and proxies hand it
//! on. Either way the names end up side by side. A name that is not there is `None`: it never becomes a nought.

use std::collections::BTreeMap;

use banto::text::visible;

const VALUE_CHARS_MAX: usize = 200;

/// Names and values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Info(BTreeMap<String, String>);

impl Info {
    /// Reads a text: a line is `name:value`, a heading (`# Memory`), or nothing.
    pub fn read(text: &str) -> Info {
        let mut info = Info::default();
        info.add_text(text);
        info
    }

    /// Adds what a text says.
    pub fn add_text(&mut self, text: &str) {
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, value)) = line.split_once(':') {
                self.add(name, value);
            }
        }
    }

    /// Adds one value.
    pub fn add(&mut self, name: &str, value: &str) {
        self.0.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
    }

    /// Whether it says anything that only a Redis would say.
    pub fn is_of_redis(&self) -> bool {
        ["redis_version", "valkey_version", "used_memory"].iter().any(|name| self.0.contains_key(*name))
    }

    /// A value as it came.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A value as a number; `None` also for one that is below 0 or no number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    /// A value to be shown, or "unknown".
    pub fn shown(&self, name: &str) -> String {
        visible(self.text(name).unwrap_or("unknown"), VALUE_CHARS_MAX)
    }

    /// One part of a value that has parts: `state` of `slave0:ip=10.0.0.2,state=online,lag=1`.
    pub fn part(&self, name: &str, part: &str) -> Option<&str> {
        let parts = self.text(name)?.split(',').filter_map(|piece| piece.split_once('='));
        parts.filter(|(name, _)| *name == part).map(|(_, value)| value).next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_any_kind_of_line_is_read() {
        let text = "# Server\r\nredis_version:7.0.15\r\n\r\n# Memory\r\nused_memory:1048576\r\nUSED_MEMORY_PEAK : 7 \n\
                    db0:keys=1,expires=0\nslave0:ip=::1,port=6380,state=online,offset=14,lag=1\nexecutable:/usr/bin/a:b\nnonsense\n:\n\
                    master_last_io_seconds_ago:-1";
        let info = Info::read(text);
        assert!(info.is_of_redis());
        assert_eq!(info.text("redis_version"), Some("7.0.15"));
        assert_eq!(info.number("used_memory"), Some(1_048_576));
        assert_eq!(info.number("used_memory_peak"), Some(7));
        assert_eq!(info.text("executable"), Some("/usr/bin/a:b"), "only the first colon parts");
        assert_eq!(info.part("slave0", "state"), Some("online"));
        assert_eq!(info.part("slave0", "ip"), Some("::1"));
        assert_eq!(info.part("slave0", "weight"), None);
        assert_eq!(info.number("master_last_io_seconds_ago"), None, "below nought is no number");
        assert_eq!(info.shown("a\u{1b}b"), "unknown");
    }

    #[test]
    fn what_is_not_said_is_not_nought() {
        let info = Info::read("maxmemory:none\n");
        assert_eq!((info.number("maxmemory"), info.number("used_memory"), info.text("role")), (None, None, None));
        assert!(!info.is_of_redis() && !Info::read("HTTP/1.1 400 Bad Request\r\nServer: x\r\n").is_of_redis());
    }
}
