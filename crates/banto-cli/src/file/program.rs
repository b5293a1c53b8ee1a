//! One `[[program]]` of a file: a long-running command, and how it is kept alive.

use std::net::{Ipv4Addr, SocketAddr};

use banto_core::{Backoff, Name};
use banto_engine::supervise::{Brake, How, Probe, Restart, Then};
use banto_process::{Signal, Spec};
use toml::de::DeValue;

use super::{
    command,
    keys::{BACKOFF, BRAKE, PROBE, PROGRAM},
    table::Table,
    value::Value,
};

/// A program to keep running. What is `None` is as the supervisor has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramSpec {
    /// Its name.
    pub name: Name,
    /// What runs.
    pub spec: Spec,
    /// Where it was written down: the file and the line.
    pub source: String,
    /// It is started when each of these is ready, and stopped before them.
    pub after: Vec<Name>,
    /// Whether it starts by itself.
    pub start: bool,
    /// When it is started again after its end.
    pub restart: Restart,
    /// How long to wait before that.
    pub backoff: Option<Backoff>,
    /// A life of so many milliseconds was a good one.
    pub healthy_ms: Option<u64>,
    /// What stops a crash loop.
    pub brake: Option<Brake>,
    /// How to ask whether it is healthy.
    pub probe: Option<Probe>,
    /// What makes it read its settings again.
    pub reload_signal: Option<Signal>,
}

/// The program that `value` is, if nothing is wrong with it.
pub(crate) fn read(value: Value<'_>) -> Option<ProgramSpec> {
    let table = value.table(&PROGRAM)?;
    for (key, what) in [("name", "what the program is called"), ("run", "what the program is")] {
        if !table.has(key) {
            table.fault(format!("know {what}: {key} is wanted"));
        }
    }
    let source = format!("{}:{}", table.source.name, table.get("name").map_or(table.line(), Value::line));
    let restart = [("always", Restart::Always), ("on_failure", Restart::OnFailure), ("never", Restart::Never)];
    let name = table.read("name", Value::parsed);
    let spec = command::spec(table, None);
    let after = table.each("after", Value::parsed);
    let start = table.read("start", Value::flag).unwrap_or(true);
    let restart = table.read("restart", |value| value.word(&restart)).unwrap_or_default();
    let backoff = table.read("backoff", backoff);
    let healthy_ms = table.read("healthy", Value::some_span);
    let brake = table.read("brake", brake);
    let probe = table.read("probe", |value| probe(value, table));
    let reload_signal = table.read("reload_signal", Value::parsed);
    let (name, spec) = name.zip(spec)?;
    Some(ProgramSpec { name, spec, source, after, start, restart, backoff, healthy_ms, brake, probe, reload_signal })
}

/// `{ first = "1s", longest = "1m" }`, or a list of waits.
fn backoff(value: Value<'_>) -> Option<Backoff> {
    let backoff = match value.inner() {
        DeValue::Table(_) => {
            let table = value.table(&BACKOFF)?;
            let base_ms = table.read("first", Value::some_span).unwrap_or(1_000);
            let max_ms = table.read("longest", Value::some_span).unwrap_or(60_000.max(base_ms));
            Backoff::Exponential { base_ms, max_ms }
        }
        _ => Backoff::Table(value.each(Value::some_span)),
    };
    value.checked(backoff.check())?;
    Some(backoff)
}

fn brake(value: Value<'_>) -> Option<Brake> {
    let table = value.table(&BRAKE)?;
    let gives_up = table.read("then", |value| value.word(&[("slowly", false), ("give_up", true)])).unwrap_or(false);
    if gives_up {
        table.refuse(&["every"], "a program that is given up is not tried again");
    }
    let every_ms = table.read("every", Value::some_span).unwrap_or(60_000);
    let starts = table.read("starts", |value| value.whole(1u32..=1_000)).unwrap_or(5);
    Some(Brake {
        starts_max: usize::try_from(starts).unwrap_or(usize::MAX),
        within_ms: table.read("within", Value::some_span).unwrap_or(60_000),
        then: if gives_up { Then::GiveUp } else { Then::Slowly { every_ms } },
    })
}

fn probe(value: Value<'_>, program: Table<'_>) -> Option<Probe> {
    let table = value.table(&PROBE)?;
    let ways = ["http", "tcp", "command"];
    let asked: Vec<&str> = ways.into_iter().filter(|way| table.has(way)).collect();
    if asked.len() != 1 {
        table.fault("know how to ask for its health: one of http, tcp and command is wanted, as probe = { http = \"127.0.0.1:8080/health\" }");
    }
    let http = table.read("http", page);
    let tcp = table.read("tcp", |value| address(value, value.text()?).map(How::Tcp));
    let command = table.read("command", |value| command::command(value, false)).map(|spec| {
        // A probe asks as the program runs: in the same place, as the same user.
        let own = command::place(program);
        How::Command(Box::new(Spec { dir: own.dir, user: own.user, env: own.env, ..spec }))
    });
    let interval_ms = table.read("every", Value::some_span);
    let timeout_ms = table.read("timeout", Value::some_span);
    let failures_max = table.read("failures", |value| value.whole(1u32..=1_000));
    let start_period_ms = table.read("start_period", Value::span);
    let plain = Probe::new(http.or(tcp).or(command)?);
    Some(Probe {
        interval_ms: interval_ms.unwrap_or(plain.interval_ms),
        timeout_ms: timeout_ms.unwrap_or(plain.timeout_ms),
        failures_max: failures_max.unwrap_or(plain.failures_max),
        start_period_ms: start_period_ms.unwrap_or(plain.start_period_ms),
        ..plain
    })
}

/// `127.0.0.1:8080/health`, with or without `http://` before it.
fn page(value: Value<'_>) -> Option<How> {
    let text = value.text()?;
    let bare = text.strip_prefix("http://").unwrap_or(text);
    let (host, path) = bare.split_at(bare.find('/').unwrap_or(bare.len()));
    if path.bytes().any(|byte| !byte.is_ascii_graphic()) {
        value.refuse("its path has blanks or letters that are not ASCII; write them as %20");
        return None;
    }
    let path = if path.is_empty() { "/" } else { path };
    address(value, host).map(|addr| How::Http { addr, path: path.to_owned() })
}

/// An address on loopback and a port.
fn address(value: Value<'_>, text: &str) -> Option<SocketAddr> {
    let local = text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
    let addr = local.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))).or_else(|| text.parse().ok());
    let addr = addr.filter(|addr| addr.ip().is_loopback() && addr.port() != 0);
    if addr.is_none() {
        value.refuse("an address on loopback with its port is wanted, as 127.0.0.1:8080 or [::1]:8080");
    }
    addr
}
