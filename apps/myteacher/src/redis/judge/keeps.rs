//! Whether the server can keep what it is given: memory, and what is on the disk.

use super::{Judgement, Level, Limits, limit::size, percent, since::span, warning};
use crate::redis::look::Look;

const MEMORY: &str = "memory";
const SAVED: &str = "saved";
const LOG: &str = "append-only file";

/// From here on, in percent, memory is full: a server that refuses stands a little below its limit between two refusals.
const FULL: f64 = 99.0;

/// Memory, measured against the server's own limit, the one that was given, or the machine's: never against a constant.
pub(super) fn memory(look: &Look, limits: &Limits, judged: &mut Judgement) {
    let info = &look.info;
    let Some(used) = info.number("used_memory") else { return judged.untold(MEMORY, "used_memory") };
    let own = info.number("maxmemory").filter(|max| *max > 0);
    let given = limits.memory_limit.map(|limit| limit.0);
    let machine = info.number("total_system_memory").filter(|all| *all > 0);
    let (limit, whose) = match (own, given, machine) {
        (Some(own), ..) => (own, "its maxmemory"),
        (None, Some(given), _) => (given, "the limit given; it has none of its own"),
        (None, None, Some(machine)) => (machine, "the machine's memory; it has no limit of its own"),
        (None, None, None) => return judged.untold(MEMORY, "maxmemory or total_system_memory"),
    };
    let part = percent(used, limit).unwrap_or(0.0);
    let refuses = own.is_some() && part >= FULL && info.text("maxmemory_policy") == Some("noeviction");
    let bad = match refuses {
        true => {
            Some((Level::Critical, "it is full and evicts nothing, so it refuses to store: raise maxmemory".into()))
        }
        false => warning(part > limits.memory, || {
            format!("over {} %: raise maxmemory, or find out what fills it (MEMORY STATS)", limits.memory)
        }),
    };
    let policy = info.text("maxmemory_policy").filter(|_| own.is_some());
    let policy = policy.map_or(String::new(), |policy| format!(", {}", crate::said::Said::new(policy)));
    judged.row(MEMORY, part, format!("{part:.1} % of {} ({whose}{policy})", size(limit)), bad);
}

/// Snapshots and the append-only file.
pub(super) fn persistence(look: &Look, limits: &Limits, now_ms: i64, judged: &mut Judgement) {
    let info = &look.info;
    if info.number("loading").is_some_and(|loading| loading > 0) {
        let left = info.number("loading_eta_seconds").map_or(String::new(), |s| format!(", about {s} s left"));
        let why = "it answers nothing else until it is done: wait".to_owned();
        judged.row(
            "loading",
            None,
            format!("it reads its data back from the disk{left}"),
            Some((Level::Critical, why)),
        );
    }
    saved(look, limits, now_ms, judged);
    match info.number("aof_enabled") {
        Some(0) => return judged.well(LOG, "off"),
        Some(_) => {}
        None => return judged.untold(LOG, "aof_enabled"),
    }
    let failed = |name| info.text(name).is_some_and(|status| status != "ok");
    let bad = if failed("aof_last_write_status") {
        Some((Level::Critical, "its last write failed, so what it is given may be lost: is the disk full?".to_owned()))
    } else {
        warning(failed("aof_last_bgrewrite_status"), || {
            "its last rewrite failed, so it only grows: is the disk full?".into()
        })
    };
    judged.row(LOG, None, "on", bad);
}

fn saved(look: &Look, limits: &Limits, now_ms: i64, judged: &mut Judgement) {
    let info = &look.info;
    let (Some(at_s), Some(status)) = (info.number("rdb_last_save_time"), info.text("rdb_last_bgsave_status")) else {
        return judged.untold(SAVED, "rdb_last_save_time and rdb_last_bgsave_status");
    };
    let at_s = i64::try_from(at_s).unwrap_or(i64::MAX);
    let ago_s = (now_ms / 1000).saturating_sub(at_s).max(0);
    let changes = info.number("rdb_changes_since_last_save").unwrap_or(0);
    let old = limits.save_age.is_some_and(|most| u64::try_from(ago_s / 60).is_ok_and(|age| age > most) && changes > 0);
    let bad = match status {
        "ok" => warning(old, || format!("over {} min", limits.save_age.unwrap_or(0))),
        _ => {
            let why = "the last save failed, and it may refuse to store until one succeeds: is its folder there, may it write, \
                       is the disk full? Its log says it";
            Some((Level::Critical, why.to_owned()))
        }
    };
    // A server takes its start for a save; one that never saves would look as if it had.
    let when = if info.number("rdb_saves") == Some(0) { "not since its start " } else { "" };
    judged.row(SAVED, None, format!("{when}{} ago, {changes} changes since", span(ago_s)), bad);
}
