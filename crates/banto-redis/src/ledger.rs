//! The ledger of due instants: what is known of each, and what its run left behind.
//!
//! An entry names its job, which says how the run stands for as long as it is listed. When the job goes, its moving part
//! and what was last said of it stay with the entry.

use banto_core::{Fate, InstanceId, JobId, Reason, ScheduleName, limits::PAGE_MAX};
use banto_store::{FireView, Output, Run, SelectFires};
use serde::{Deserialize, Serialize};

use crate::{
    Redis,
    call::Call,
    error::Result,
    row::{Moving, flag},
    script,
};

/// What an entry says that scripts do not read.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    pub count: u64,
    pub late: bool,
    pub note: String,
    pub by: InstanceId,
}

/// An entry as it is stored.
pub(crate) fn written(view: &FireView) -> String {
    let words = Words { count: view.count, late: view.late, note: view.note.clone(), by: view.by };
    let job = view.run.as_ref().map_or("-".to_owned(), |run| run.job.to_string().replace('-', ""));
    let reason = view.reason.map_or("-", Reason::word);
    // Numbers and text, which serde_json always can write.
    let words = serde_json::to_string(&words).unwrap_or_default();
    format!("{reason}\n{job}\n{}\n-\n{words}", view.at)
}

/// Rows that fit, the latest due first.
pub(crate) async fn fires(store: &Redis, select: &SelectFires) -> Result<Vec<FireView>> {
    let limit = select.limit.min(PAGE_MAX);
    let fates: Vec<Fate> =
        Fate::ALL.into_iter().filter(|fate| select.fates.is_empty() || select.fates.contains(fate)).collect();
    if limit == 0 {
        return Ok(Vec::new());
    }
    let bound = |at: Option<i64>, open: &str, none: &str| at.map_or(none.to_owned(), |at| format!("{open}{at}"));
    let mut call = Call::of(&script::FIRES)
        .arg(select.schedule.as_ref().map_or("", ScheduleName::as_str))
        .arg(bound(select.since, "", "-inf"))
        .arg(bound(select.before, "(", "+inf"))
        .number(limit);
    fates.iter().for_each(|fate| call.push(fate.word()));
    let mut parts = store.call(call).await?.parts.list()?;
    let mut found = Vec::with_capacity(parts.len() / 5);
    while parts.len() > 0 {
        let (field, entry) = (parts.text()?, parts.text()?);
        let (row, said, output) = (parts.bytes()?, parts.text()?, parts.bytes()?);
        let run = |job| Run {
            output: serde_json::from_slice::<Output>(&output).ok().map(Output::cut),
            ..run(job, &row, said.clone())
        };
        found.extend(view(&field, &entry, run));
    }
    Ok(found)
}

/// An entry; `None` if its schedule's name is none, so that nobody could ask for it.
fn view(field: &str, entry: &str, run: impl Fn(JobId) -> Run) -> Option<FireView> {
    let (schedule, due_at) = field.split_once(' ')?;
    let mut lines = entry.splitn(5, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (reason, job, at, overlapped, words) = (line(), line(), line(), line(), line());
    let unreadable = |_| Words {
        count: 1,
        late: false,
        note: "this row of the ledger was changed by somebody else".into(),
        by: InstanceId(0),
    };
    let words: Words = serde_json::from_str(words).unwrap_or_else(unreadable);
    let id = |text: &str| text.parse::<JobId>().ok();
    let reason = if reason == "-" { None } else { Some(reason.parse::<Reason>().ok()?) };
    let note = match id(overlapped) {
        Some(other) => format!("job {other} has not ended"),
        None => words.note,
    };
    Some(FireView {
        schedule: ScheduleName::new(schedule).ok()?,
        due_at: due_at.parse().ok()?,
        count: words.count,
        fate: reason.map_or(Fate::Fired, Reason::fate),
        reason,
        late: words.late,
        note,
        at: at.parse().unwrap_or(0),
        by: words.by,
        run: id(job).map(run),
    })
}

/// A run as its job stands, or as it stood when it was removed.
fn run(job: JobId, row: &[u8], said: String) -> Run {
    let Ok(moving) = Moving::read(row) else { return Run::gone(job) };
    Run {
        job,
        state: Some(moving.state),
        attempt: moving.attempt,
        crashes: moving.crashes,
        started_at: moving.started_at(),
        finished_at: moving.finished_at(),
        instance: moving.instance(),
        error: moving.has(flag::ERROR).then_some(said),
        output: None,
    }
}
