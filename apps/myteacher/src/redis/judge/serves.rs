//! How the server serves: what is found in it, what it drops, whom it turns away, what is slow.

use super::{Judgement, Limits, percent, since::Since, warning};
use crate::redis::look::Look;

const HITS: &str = "hit rate";
const CLIENTS: &str = "clients";
const SLOW: &str = "slow log";

/// Lookups that found something, since the look before; of the server's life it is only said.
pub(super) fn hit_rate(look: &Look, since: &Since, limits: &Limits, judged: &mut Judgement) {
    let Some((hits, misses)) = since.added.hits.zip(since.added.misses) else {
        return judged.untold(HITS, "keyspace_hits and keyspace_misses");
    };
    let lookups = hits.saturating_add(misses);
    let words = &since.words;
    match percent(hits, lookups) {
        None => judged.well(HITS, format!("nothing was looked up {words}")),
        Some(rate) => {
            let few = lookups < limits.lookups_min;
            let bad = warning(!few && rate < limits.hit_rate, || {
                format!(
                    "below {} %: what is asked for is not there: evicted, expired, or never stored?",
                    limits.hit_rate
                )
            });
            let few = if few { ", too few to judge" } else { "" };
            judged.row(HITS, rate, format!("{rate:.1} % of {lookups} lookups {words}{few}"), bad);
        }
    }
    let life = look.info.number("keyspace_hits").zip(look.info.number("keyspace_misses"));
    if let Some(rate) = life.and_then(|(hits, misses)| percent(hits, hits.saturating_add(misses))) {
        judged.row("lifetime hit rate", rate, format!("{rate:.1} %"), None);
    }
}

/// What was evicted and who was turned away.
pub(super) fn counted(since: &Since, limits: &Limits, judged: &mut Judgement) {
    let cures = [
        "it is full and drops what nobody told it to drop: raise maxmemory; a queue or a session may be among it",
        "it had no place for them: raise maxclients, or find out who holds connections and does not let go",
    ];
    let counts =
        [("evicted", since.added.evicted, limits.evictions), ("rejected", since.added.rejected, limits.rejected)];
    for ((what, count, most), cure) in counts.into_iter().zip(cures) {
        let Some(count) = count else {
            judged.untold(what, "evicted_keys or rejected_connections");
            continue;
        };
        let things = if what == "evicted" { "keys" } else { "connections" };
        let bad = warning(count > most, || cure.to_owned());
        judged.row(what, count as f64, format!("{count} {things} {}", since.words), bad);
    }
}

/// Clients, of those that it takes.
pub(super) fn clients(look: &Look, limits: &Limits, judged: &mut Judgement) {
    let info = &look.info;
    let Some(clients) = info.number("connected_clients") else { return judged.untold(CLIENTS, "connected_clients") };
    let Some(most) = info.number("maxclients") else {
        return judged.well(CLIENTS, format!("{clients} (how many it takes is not told)"));
    };
    let part = percent(clients, most).unwrap_or(100.0);
    let bad = warning(part > limits.clients, || {
        format!("over {} %: soon it takes no more; find out who holds connections and does not let go", limits.clients)
    });
    judged.row(CLIENTS, part, format!("{clients} of {most}"), bad);
}

/// Commands that were slow since the look before.
pub(super) fn slow_log(look: &Look, since: &Since, limits: &Limits, judged: &mut Judgement) {
    let log = match &look.slow {
        Ok(log) => log,
        Err(why) => {
            let bad = format!("it cannot be read: {why}; allow this user SLOWLOG GET");
            return judged.row(SLOW, None, "unknown", Some((super::Level::Warning, bad)));
        }
    };
    let (count, slowest) = log.after(since.added.slow_last);
    let slowest = slowest.map_or(String::new(), |slow| {
        format!(", the slowest {} with {:.1} ms", slow.command, slow.took_us as f64 / 1000.0)
    });
    let bad = warning(count > limits.slow, || format!("over {}: SLOWLOG GET shows them", limits.slow));
    judged.row(SLOW, count as f64, format!("{count} commands {}{slowest}", since.words), bad);
}
