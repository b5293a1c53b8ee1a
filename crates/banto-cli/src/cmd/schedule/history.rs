//! `schedule history`: what became of a schedule's due instants, the latest first.

use std::collections::BTreeMap;

use banto_core::{
    InstanceId, Label,
    limits::PAGE_MAX,
    text::{visible, visible_lines},
};
use banto_store::{FireView, SelectFires};
use serde_json::Value;

use super::{
    look::Look,
    say::{self, Local},
};
use crate::{
    args::schedule::History,
    cmd::Desk,
    exit::{Exit, Failure},
    given::Given,
    mean, table,
};

/// The trail's word for what the run itself said.
const SAID: &str = "log";
/// Most due instants that are shown at once.
const LIMIT_MAX: usize = 100_000;

pub(super) async fn run(desk: &mut Desk<'_>, given: &Given, typed: &History) -> Result<Exit, Failure> {
    let name = mean::schedule::name(&typed.name)?;
    let fates = mean::schedule::fates(&typed.fate)?;
    let mut left = mean::number("--limit", &typed.limit.to_string(), 1, LIMIT_MAX)?;
    let local = Local::of(&typed.zone)?;
    let look = Look::at(desk, given).await?;
    let schedule = look.line(&name)?.schedule.as_ref();
    let hosts = hosts(desk).await?;
    let (mut fires, mut before) = (Vec::new(), None);
    while left > 0 {
        let limit = left.min(PAGE_MAX);
        let select = SelectFires { schedule: Some(name.clone()), fates: fates.clone(), before, since: None, limit };
        let page = desk.store().fires(select).await?;
        before = page.last().map(|fire| fire.due_at);
        left = if page.len() < limit { 0 } else { left - page.len() };
        fires.extend(page);
    }
    if desk.print.json() {
        return fires.iter().try_for_each(|fire| desk.print.object(&json(fire, &hosts)?)).map(|()| Exit::Well);
    }
    if fires.is_empty() {
        desk.print.note(format!("nothing of the schedule {name} is on the ledger that fits"));
        return Ok(Exit::Well);
    }
    let heads = ["due", "fate", "started", "ended", "took", "outcome", "exit", "host", "instance", "note"];
    let rows = fires.iter().map(|fire| row(fire, &hosts, &|at| local.time(schedule, at)));
    let drawn = table::draw(heads, rows, desk.print.width());
    desk.print.say(drawn);
    if typed.output {
        tails(desk, &fires, &|at| local.time(schedule, at)).await?;
    }
    Ok(Exit::Well)
}

type Hosts = BTreeMap<InstanceId, Label>;

async fn hosts(desk: &Desk<'_>) -> Result<Hosts, Failure> {
    let seen = desk.store().instances().await?;
    Ok(seen.into_iter().map(|seen| (seen.instance.id, seen.instance.host)).collect())
}

/// Where a run was or is.
fn host(fire: &FireView, hosts: &Hosts) -> Option<String> {
    let run = fire.run.as_ref()?;
    let said = run.output.as_ref().map(|output| output.host.clone()).filter(|host| !host.is_empty());
    said.or_else(|| run.instance.and_then(|id| hosts.get(&id)).map(ToString::to_string))
}

fn row(fire: &FireView, hosts: &Hosts, time: &dyn Fn(i64) -> String) -> [String; 10] {
    let run = fire.run.as_ref();
    let at = |at: Option<i64>| at.map(time).unwrap_or_default();
    [
        time(fire.due_at),
        say::fate(fire),
        at(run.and_then(|run| run.started_at)),
        at(run.and_then(|run| run.finished_at)),
        run.map(say::took).unwrap_or_default(),
        run.map(say::outcome).unwrap_or_default(),
        run.and_then(say::exit).unwrap_or_default(),
        host(fire, hosts).unwrap_or_default(),
        run.and_then(|run| run.instance).map(|id| id.to_string()).unwrap_or_default(),
        note(fire),
    ]
}

/// What there is to say: of the due instant, and of a run that did not end well.
fn note(fire: &FireView) -> String {
    let error = fire.run.as_ref().filter(|run| say::failed(run)).and_then(|run| run.error.clone());
    let parts = [Some(fire.note.clone()).filter(|note| !note.is_empty()), error];
    visible(&parts.into_iter().flatten().collect::<Vec<_>>().join("; "), 300)
}

/// What each run printed and said, under its due instant.
async fn tails(desk: &mut Desk<'_>, fires: &[FireView], time: &dyn Fn(i64) -> String) -> Result<(), Failure> {
    for fire in fires {
        let Some(run) = &fire.run else { continue };
        // What a function said, and what is remarkable about a command, is in the trail of its job, as long as that is listed.
        let card = desk.store().job(run.job).await?;
        let said: Vec<String> = card
            .iter()
            .flat_map(|card| &card.trail)
            .filter(|line| line.word == SAID)
            .map(|line| visible(&line.text, 1_000))
            .collect();
        let printed = run.output.as_ref().map(|output| match output.tail.trim_end_matches('\n') {
            "" => "(nothing was printed)".to_owned(),
            tail => visible_lines(tail, usize::MAX),
        });
        if printed.is_none() && said.is_empty() {
            continue;
        }
        let memory = run.output.as_ref().map(|output| output.peak_bytes).filter(|bytes| *bytes > 0);
        let memory =
            memory.map(|bytes| format!(" (memory: {:.1} MiB at most)", bytes as f64 / 1_048_576.0)).unwrap_or_default();
        let lines = printed.into_iter().chain(said.into_iter().map(|line| format!("-- {line}")));
        let lines: Vec<String> = lines.map(|text| text.replace('\n', "\n    ")).collect();
        desk.print.say(format!("\n{}{memory}:\n    {}", time(fire.due_at), lines.join("\n    ")));
    }
    Ok(())
}

/// The row of the ledger, with where it ran and how long that took.
fn json(fire: &FireView, hosts: &Hosts) -> Result<Value, Failure> {
    let failed = |error| Failure::new(Exit::Damaged, format!("write the answer as JSON: {error}"));
    let mut value = serde_json::to_value(fire).map_err(failed)?;
    if let Some(fields) = value.as_object_mut() {
        fields.insert("host".into(), host(fire, hosts).into());
        fields.insert("took_ms".into(), fire.run.as_ref().and_then(say::took_ms).into());
    }
    Ok(value)
}
