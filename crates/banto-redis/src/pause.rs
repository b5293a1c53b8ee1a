//! Pauses: of queues, and of schedules.

use std::collections::BTreeMap;

use banto_store::Pause;

use crate::{Redis, call::Call, error::Result, script};

/// Which pauses.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Of {
    /// Those of queues.
    Queues,
    /// Those of schedules; under the empty name that of all.
    Schedules,
}

impl Of {
    fn key(self) -> &'static str {
        match self {
            Of::Queues => "pause",
            Of::Schedules => "halt",
        }
    }
}

/// Pauses it; says whether that says anything new.
pub(crate) async fn begin(
    store: &Redis,
    of: Of,
    what: &str,
    by: &str,
    reason: &str,
    until: Option<i64>,
    preview: bool,
) -> Result<bool> {
    let until = until.map_or("-".to_owned(), |until| until.to_string());
    // Text, which serde_json always can write.
    let json = |text: &str| serde_json::to_vec(text).unwrap_or_default();
    let call = order(of, what, "begin", preview).arg(until).arg(json(reason)).arg(json(by));
    Ok(store.call(call).await?.parts.int()? == 1)
}

/// Ends its pause; says whether there was one.
pub(crate) async fn end(store: &Redis, of: Of, what: &str, preview: bool) -> Result<bool> {
    Ok(store.call(order(of, what, "end", preview)).await?.parts.int()? == 1)
}

fn order(of: Of, what: &str, does: &str, preview: bool) -> Call {
    Call::of(&script::PAUSE).arg(of.key()).arg(what).arg(does).number(u8::from(preview))
}

/// Those that are in force at `now`, by what is paused. One that cannot be read holds for scripts, and is shown by a stand-in.
pub(crate) fn in_force(stored: Vec<(Vec<u8>, Vec<u8>)>, now: i64) -> BTreeMap<String, Pause> {
    let read = |(what, stored): (Vec<u8>, Vec<u8>)| {
        let pause = read(&String::from_utf8_lossy(&stored))?;
        pause.until.is_none_or(|until| until > now).then(|| (String::from_utf8_lossy(&what).into_owned(), pause))
    };
    stored.into_iter().filter_map(read).collect()
}

/// A pause as it is stored.
pub(crate) fn written(pause: &Pause) -> String {
    let json = |text: &str| serde_json::to_string(text).unwrap_or_default();
    let until = pause.until.map_or("-".to_owned(), |until| until.to_string());
    format!("{until}\n{}\n{}\n{}", pause.at, json(&pause.reason), json(&pause.by))
}

fn read(stored: &str) -> Option<Pause> {
    let mut lines = stored.split('\n');
    let until = match lines.next()? {
        "-" => None,
        digits => Some(digits.parse().ok()?),
    };
    let at = lines.next()?.parse().ok()?;
    let mut text =
        || serde_json::from_str::<String>(lines.next().unwrap_or_default()).unwrap_or_else(|_| "(unreadable)".into());
    let reason = text();
    Some(Pause { by: text(), reason, at, until })
}
