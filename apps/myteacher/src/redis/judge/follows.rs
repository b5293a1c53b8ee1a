//! Replication: whether a replica follows its master, and whether a master has the replicas it should have.

use super::{Judgement, Level, Limits, since::span, warning};
use crate::redis::look::Look;

const WHAT: &str = "replication";

pub(super) fn replication(look: &Look, limits: &Limits, judged: &mut Judgement) {
    match look.info.text("role") {
        Some("master") => master(look, limits, judged),
        Some("slave" | "replica") => replica(look, limits, judged),
        Some(_) => judged.well(WHAT, format!("it is a {}", look.info.shown("role"))),
        None => judged.untold(WHAT, "role"),
    }
}

fn master(look: &Look, limits: &Limits, judged: &mut Judgement) {
    let info = &look.info;
    let known = info.number("connected_slaves").unwrap_or(0);
    let names = (0..known.min(1000)).map(|index| format!("slave{index}"));
    let (mut online, mut lag_most) = (0, 0);
    for name in names {
        if info.part(&name, "state") == Some("online") {
            online += 1;
            lag_most = lag_most.max(info.part(&name, "lag").and_then(|lag| lag.parse().ok()).unwrap_or(0));
        }
    }
    let stands = match known {
        0 => "a master without replicas".to_owned(),
        _ => format!("a master, {online} of {known} replicas online, {lag_most} s behind at most"),
    };
    let missing =
        warning(online < limits.replicas, || format!("{} should be: look at those that are missing", limits.replicas));
    let bad = missing.or_else(|| warning(lag_most > limits.replica_lag, || behind(limits)));
    judged.row(WHAT, None, stands, bad);
}

fn replica(look: &Look, limits: &Limits, judged: &mut Judgement) {
    let info = &look.info;
    let of = format!("a replica of {}:{}", info.shown("master_host"), info.shown("master_port"));
    if info.text("master_link_status") == Some("up") {
        let silent_s = info.number("master_last_io_seconds_ago").unwrap_or(0);
        let bad = warning(silent_s > limits.replica_lag, || behind(limits));
        return judged.row(WHAT, None, format!("{of}, which it heard {silent_s} s ago"), bad);
    }
    let down = info.number("master_link_down_since_seconds");
    let down = down.map_or(String::new(), |s| format!(" for {}", span(i64::try_from(s).unwrap_or(i64::MAX))));
    if info.number("master_sync_in_progress") == Some(1) {
        let why = "it copies all of it just now: wait".to_owned();
        return judged.row(WHAT, None, format!("{of}, not in step{down}"), Some((Level::Warning, why)));
    }
    let why =
        "it has lost its master, so what it answers is old: is the master up, and is its password right?".to_owned();
    judged.row(WHAT, None, format!("{of}, cut off{down}"), Some((Level::Critical, why)));
}

fn behind(limits: &Limits) -> String {
    format!("over {} s behind: is the network or a disk slow?", limits.replica_lag)
}
