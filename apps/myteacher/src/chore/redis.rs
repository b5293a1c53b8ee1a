//! `redis monitor`: a look at Redis, judged and kept; `redis history`: the looks there were.
//!
//! It ends with 0 if all is well, 1 with a warning, 2 if something is critical or the server does not answer: a schedule that
//! looks at exit codes learns of it. Each finding is a line of the log, too.

use std::time::Duration;

use banto::text::visible;
use clap::{Args, Subcommand};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use crate::{
    args::At,
    error::Error,
    print,
    redis::{
        self,
        address::{ADDRESS, Address},
        judge::{Judgement, Level, Limits, judge, since::Counters, since::Since},
        kept::{self, Kept},
        look::{Look, Unreached},
    },
    report::Report,
    table::Tables,
};

const DAY_MS: i64 = 86_400_000;

/// `redis …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Redis {
    /// Look at Redis and judge what is seen: 0 well, 1 a warning, 2 critical or unreachable.
    Monitor(Box<Monitor>),
    /// List the looks there were, newest first.
    History(History),
}

/// `redis monitor`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  myteacher redis monitor --redis redis://cache:6379
  myteacher redis monitor --memory 90 --hit-rate 50 --replicas 1 --json")]
pub struct Monitor {
    /// Where it is: redis://[user:password@]host[:port]; the password is never shown.
    #[arg(long = "redis", env = "REDIS_URL", hide_env_values = true, default_value = ADDRESS, value_name = "URL")]
    address: Address,
    /// How long all of it may take, in milliseconds.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(100..=60_000))]
    timeout_ms: u64,
    /// How many days of history are kept.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..))]
    keep_days: u16,
    /// Where.
    #[command(flatten)]
    at: At,
    /// What is still well.
    #[command(flatten)]
    limits: Limits,
}

/// `redis history`.
#[derive(Debug, Clone, Args)]
pub struct History {
    /// Of this server only (host:port).
    #[arg(long)]
    server: Option<String>,
    /// How many.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Where.
    #[command(flatten)]
    at: At,
}

impl Redis {
    pub(super) fn at(&self) -> &At {
        match self {
            Redis::Monitor(typed) => &typed.at,
            Redis::History(typed) => &typed.at,
        }
    }

    pub(super) async fn carry_out(&self, tables: &Tables) -> Result<Report, Error> {
        match self {
            Redis::Monitor(typed) => monitor(typed, tables).await,
            Redis::History(typed) => history(typed, tables).await,
        }
    }
}

async fn monitor(typed: &Monitor, tables: &Tables) -> Result<Report, Error> {
    let server = typed.address.server()?;
    let looked = redis::look(&typed.address, Duration::from_millis(typed.timeout_ms)).await;
    let now = tables.now();
    let old = now.saturating_sub(i64::from(typed.keep_days) * DAY_MS);
    match looked {
        Ok(look) => seen(typed, tables, server, &look, now, old).await,
        Err(why) => unseen(tables, server, &why, now, old).await,
    }
}

async fn seen(
    typed: &Monitor,
    tables: &Tables,
    server: String,
    look: &Look,
    now: i64,
    old: i64,
) -> Result<Report, Error> {
    let asked = server.clone();
    let before = tables.read(move |db| Ok(kept::before(db, &asked)?)).await?;
    let since = Since::new(look, before.as_ref(), now);
    let judged = judge(look, &since, &typed.limits, now);
    let row = Kept {
        server: server.clone(),
        looked_at: now,
        verdict: judged.level().as_str().to_owned(),
        findings: judged.findings().map(|row| json!({"what": row.what, "level": row.level, "why": row.why})).collect(),
        memory_percent: judged.figure("memory"),
        hit_rate: judged.figure("hit rate"),
    };
    let counters = kept_counters(look, before);
    tables.write(move |db| Ok(kept::keep(db, &row, &counters, old)?)).await?;
    told(&server, &judged);
    let version = look.info.shown("redis_version");
    let object = json!({ "server": server, "looked_at": now, "version": version, "verdict": judged.level(),
        "since": since.from, "rows": judged.rows });
    let mut lines = vec![format!("redis {server}, version {version}: {}", judged.level().as_str())];
    lines.push(shown(&judged));
    lines.extend(
        judged.findings().map(|row| format!("{}: {}: {}, {}", row.level.as_str(), row.what, row.stands, row.why)),
    );
    Ok(Report { lines, object, exit: judged.level().exit() })
}

/// What the next look counts from. A slow log that was emptied goes on from the number it had.
fn kept_counters(look: &Look, before: Option<(i64, Counters)>) -> Counters {
    let mut counters = Counters::of(look);
    let before = before.filter(|(_, before)| before.run_id == counters.run_id);
    counters.slow_last = counters.slow_last.or(before.and_then(|(_, before)| before.slow_last));
    counters
}

async fn unseen(tables: &Tables, server: String, why: &Unreached, now: i64, old: i64) -> Result<Report, Error> {
    let said = why.to_string();
    tracing::error!(server, why = said, "redis cannot be reached");
    let row = Kept {
        server: server.clone(),
        looked_at: now,
        verdict: "unreachable".to_owned(),
        findings: json!([{ "what": "connection", "level": Level::Critical, "why": said }]),
        memory_percent: None,
        hit_rate: None,
    };
    tables.write(move |db| Ok(kept::keep(db, &row, &Counters::default(), old)?)).await?;
    let line = format!("critical: redis {server} cannot be reached: {said}");
    let object =
        json!({ "server": server, "looked_at": now, "verdict": "unreachable", "why": why.why, "cure": why.cure });
    Ok(Report { lines: vec![line], object, exit: Level::Critical.exit() })
}

/// Each finding, for the log.
fn told(server: &str, judged: &Judgement) {
    for row in judged.findings() {
        let (what, stands, why) = (row.what, &row.stands, &row.why);
        match row.level {
            Level::Critical => tracing::error!(server, what, stands, why, "redis is not well"),
            _ => tracing::warn!(server, what, stands, why, "redis is not well"),
        }
    }
}

fn shown(judged: &Judgement) -> String {
    let mut table = print::table(["what", "how it stands", ""]);
    for row in &judged.rows {
        let level = if row.level == Level::Well { "" } else { row.level.as_str() };
        table.add_row([row.what, &row.stands, level]);
    }
    table.to_string()
}

async fn history(typed: &History, tables: &Tables) -> Result<Report, Error> {
    let (server, limit) = (typed.server.clone(), typed.limit);
    let rows = tables.read(move |db| Ok(kept::list(db, server.as_deref(), limit)?)).await?;
    let mut table = print::table(["when (UTC)", "server", "verdict", "memory", "hit rate", "findings"]);
    let percent = |figure: Option<f64>| figure.map_or("-".to_owned(), |figure| format!("{figure:.1} %"));
    for row in &rows {
        table.add_row([
            when(row.looked_at),
            visible(&row.server, 60),
            visible(&row.verdict, 20),
            percent(row.memory_percent),
            percent(row.hit_rate),
            findings(&row.findings),
        ]);
    }
    let said = if rows.is_empty() { "nobody has looked yet".to_owned() } else { table.to_string() };
    Ok(Report::well([said], json!({ "looks": rows })))
}

fn when(at_ms: i64) -> String {
    let at = Timestamp::from_millisecond(at_ms).ok();
    at.map_or("?".to_owned(), |at| at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// What was not well, in few words.
fn findings(kept: &Value) -> String {
    let of = |finding: &Value| {
        let word = |name| finding.get(name).and_then(Value::as_str).unwrap_or("?");
        match word("what") {
            "connection" => word("why").to_owned(),
            what => what.to_owned(),
        }
    };
    let all: Vec<String> = kept.as_array().into_iter().flatten().map(of).collect();
    visible(&all.join(", "), 100)
}
