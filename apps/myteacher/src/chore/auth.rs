//! `auth monitor-dual-auth`: how logging in went in the last whole period, counted in the application's log.
//!
//! A period is a step of the clock (09:00 to 09:05), not "the last five minutes": each request is counted in one period, and two
//! machines that look at the same time look at the same one. It ends with 0 if all is well, 1 with warnings, 2 without input.

use std::ops::Range;

use clap::{Args, Subcommand};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use crate::{
    args::At,
    auth::{
        count::{Counts, count},
        judge::{Kind, Limits, Warning, no_input, rate, warnings},
        kept,
        line::Told,
        source::{self, Pattern},
    },
    error::Error,
    print,
    report::Report,
    table::Tables,
};

/// The log when nobody names another.
const LOG: &str = "storage/logs/laravel*.log";
const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;
const WARNED: u8 = 1;
const NO_INPUT: u8 = 2;

/// `auth …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Auth {
    /// Count who was let in during the last whole period, by the application's log: 0 well, 1 warnings, 2 no input.
    MonitorDualAuth(Box<MonitorDualAuth>),
}

/// `auth monitor-dual-auth`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  myteacher auth monitor-dual-auth --alert
  myteacher auth monitor-dual-auth --period 60 --log '/srv/app/storage/logs/laravel*.log' --zone Asia/Tokyo")]
pub struct MonitorDualAuth {
    /// Minutes of a period; the last whole one of the clock is looked at (09:00 to 09:05).
    #[arg(long, value_name = "MINUTES", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1440))]
    period: u16,
    /// Give one alert for each warning of a period: a line of the log, and a row in auth_alerts.
    #[arg(long)]
    alert: bool,
    /// Files of the log; * stands for anything in a file's name, rolled and compressed files are found too.
    #[arg(long, env = "MYTEACHER_APP_LOG", value_name = "PATTERN", num_args = 1.., value_delimiter = ',', default_value = LOG)]
    log: Vec<String>,
    /// The zone of the log's times that name none.
    #[arg(long, env = "MYTEACHER_APP_LOG_ZONE", default_value = "UTC")]
    zone: String,
    /// How many days of rows are kept.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..))]
    keep_days: u16,
    /// Where.
    #[command(flatten)]
    at: At,
    /// What is still well.
    #[command(flatten)]
    limits: Limits,
}

impl Auth {
    pub(super) fn at(&self) -> &At {
        let Auth::MonitorDualAuth(typed) = self;
        &typed.at
    }

    pub(super) async fn carry_out(&self, tables: &Tables) -> Result<Report, Error> {
        let Auth::MonitorDualAuth(typed) = self;
        monitor(typed, tables).await
    }
}

async fn monitor(typed: &MonitorDualAuth, tables: &Tables) -> Result<Report, Error> {
    let now = tables.now();
    let period = period(now, i64::from(typed.period) * MINUTE_MS);
    let counts = counted(typed, period.clone(), now).await?;
    let missing = no_input(&counts, &typed.log.join(", "), &typed.limits, now);
    let input = |message: &String| Warning { kind: Kind::Input, critical: true, message: message.clone() };
    let found = missing.as_ref().map_or_else(|| warnings(&counts, &typed.limits), |message| vec![input(message)]);
    let kept = missing.is_none().then(|| counts.clone());
    let old = now.saturating_sub(i64::from(typed.keep_days) * DAY_MS);
    let (alerts, of) = (if typed.alert { found.clone() } else { Vec::new() }, period.clone());
    let given = tables.write(move |db| {
        if let Some(counts) = kept {
            kept::keep(db, &of, &counts, now)?;
        }
        let given = kept::alert(db, &of, alerts, now)?;
        kept::forget(db, old)?;
        Ok(given)
    });
    let given = given.await?;
    given.iter().for_each(|warning| told(warning, &period));
    let exit = if missing.is_some() { NO_INPUT } else { u8::from(!found.is_empty()) * WARNED };
    let object = object(&counts, missing.as_deref(), &found, &given, &period);
    Ok(Report { lines: lines(&counts, missing, &found, &period), object, exit })
}

/// The last whole step of the clock.
fn period(now_ms: i64, length_ms: i64) -> Range<i64> {
    let end = now_ms - now_ms.rem_euclid(length_ms);
    end - length_ms..end
}

/// Reads and counts, where it holds nobody up.
async fn counted(typed: &MonitorDualAuth, period: Range<i64>, now_ms: i64) -> Result<Counts, Error> {
    let patterns = typed.log.iter().map(|log| Pattern::new(log)).collect::<Result<Vec<_>, _>>()?;
    let zone = TimeZone::get(&typed.zone).map_err(|error| {
        Error::Asked(format!("find the zone {:?}: {error}; allowed are names like Asia/Tokyo", typed.zone))
    })?;
    let told = Told { zone, now_ms };
    let work = tokio::task::spawn_blocking(move || count(source::find(&patterns), &period, &told));
    work.await.map_err(|error| Error::Asked(format!("read the log: {error}")))
}

/// An alert, for the log.
fn told(warning: &Warning, period: &Range<i64>) {
    let (kind, message, period) = (warning.kind.as_str(), &warning.message, when(period.start));
    match warning.critical {
        true => tracing::error!(kind, period, "logging in: {message}"),
        false => tracing::warn!(kind, period, "logging in: {message}"),
    }
}

fn lines(counts: &Counts, missing: Option<String>, found: &[Warning], period: &Range<i64>) -> Vec<String> {
    let head = format!("logging in from {} to {} UTC", when(period.start), when(period.end));
    if let Some(missing) = missing {
        return vec![head, format!("no input: {missing}")];
    }
    let mut table = print::table(["what", "count", "part"]);
    let part = |part, of| rate(part, of).map_or("-".to_owned(), |rate| format!("{rate:.1} %"));
    let (requests, let_in) = (counts.requests(), counts.let_in());
    for (what, count, of) in [
        ("requests", requests, None),
        ("let in", let_in, Some(requests)),
        ("  by Breeze's session", counts.breeze, Some(let_in)),
        ("  by Cognito's token", counts.cognito, Some(let_in)),
        ("not let in", counts.failed, Some(requests)),
        ("tokens without a user", counts.unmapped, None),
    ] {
        table.add_row([what.to_owned(), count.to_string(), of.map_or(String::new(), |of| part(count, of))]);
    }
    let mut lines = vec![head, table.to_string()];
    lines.extend(found.iter().map(|warning| format!("{}: {}", warning.level(), warning.message)));
    lines
}

fn object(counts: &Counts, missing: Option<&str>, found: &[Warning], given: &[Warning], period: &Range<i64>) -> Value {
    let alerted: Vec<&str> = given.iter().map(|warning| warning.kind.as_str()).collect();
    let mut object =
        json!({ "period_start": period.start, "period_end": period.end, "warnings": found, "alerted": alerted });
    let more = match missing {
        Some(missing) => json!({ "no_input": missing }),
        None => json!({
            "total_requests": counts.requests(), "breeze_success": counts.breeze, "cognito_success": counts.cognito,
            "auth_failure": counts.failed, "mapping_error": counts.unmapped,
            "success_rate": rate(counts.let_in(), counts.requests()), "failure_rate": rate(counts.failed, counts.requests()),
            "breeze_share": rate(counts.breeze, counts.let_in()), "cognito_share": rate(counts.cognito, counts.let_in()),
            "files": counts.files, "entries": counts.entries, "newest_at": counts.newest_ms,
        }),
    };
    if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
        object.extend(more);
    }
    object
}

fn when(at_ms: i64) -> String {
    let at = Timestamp::from_millisecond(at_ms).ok();
    at.map_or("?".to_owned(), |at| at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M").to_string())
}
