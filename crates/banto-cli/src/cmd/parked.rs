//! `queue parked`: jobs that nobody could run, by kind and cause, each with its cure.

use banto_core::{Cause, Name, State};
use banto_store::{Census, Select};
use serde::Serialize;

use super::Desk;
use crate::{
    args,
    exit::{Exit, Failure},
    mean, table,
};

/// Most jobs of a kind and cause that are looked through for one of a version.
const LOOKED_AT_MAX: usize = 100;

/// Parked jobs that are alike.
#[derive(Debug, Serialize)]
struct Group {
    queue: Name,
    kind: Name,
    version: u16,
    cause: Cause,
    jobs: u64,
    /// What was seen with the newest of them.
    text: String,
    cure: &'static str,
}

pub(super) async fn run(desk: &mut Desk<'_>, typed: &args::Parked) -> Result<Exit, Failure> {
    let queue = typed.queue.as_deref().map(|text| mean::name("--queue", text)).transpose()?;
    let mut groups = Vec::new();
    for census in desk.store().census().await? {
        if census.state == State::Parked && queue.as_ref().is_none_or(|queue| *queue == census.queue) {
            groups.extend(group(desk, census).await?);
        }
    }
    if desk.print.json() {
        return groups.iter().try_for_each(|group| desk.print.object(group)).map(|()| Exit::Well);
    }
    if groups.is_empty() {
        desk.print.note("no job is parked");
        return Ok(Exit::Well);
    }
    let rows = groups.iter().map(|group| {
        let Group { queue, kind, version, cause, jobs, text, .. } = group;
        [queue.to_string(), kind.to_string(), version.to_string(), cause.word().into(), jobs.to_string(), text.clone()]
    });
    let drawn = table::draw(["queue", "kind", "version", "cause", "jobs", "what was seen"], rows, desk.print.width());
    desk.print.say(drawn);
    for cause in Cause::ALL.into_iter().filter(|cause| groups.iter().any(|group| group.cause == *cause)) {
        desk.print.say(format!("cure for {}: {}", cause.word(), cause.cure()));
    }
    Ok(Exit::Well)
}

async fn group(desk: &Desk<'_>, census: Census) -> Result<Option<Group>, Failure> {
    let Some(cause) = census.cause else { return Ok(None) };
    let Census { queue, kind, version, jobs, .. } = census;
    let alike = Select {
        queue: Some(queue.clone()),
        kind: Some(kind.clone()),
        cause: Some(cause),
        limit: LOOKED_AT_MAX,
        ..Select::states([State::Parked])
    };
    let page = desk.store().jobs(alike, None).await?;
    // Another version of the same kind has words of its own.
    let newest = page.jobs.into_iter().find(|job| job.version == version).and_then(|job| job.park);
    let text = newest.map_or_else(String::new, |park| park.text);
    Ok(Some(Group { queue, kind, version, cause, jobs, text, cure: cause.cure() }))
}
