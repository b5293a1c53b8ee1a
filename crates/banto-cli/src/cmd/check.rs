//! `deploy check`: would this build strand any job of that store?

use banto_core::text::count_of;
use banto_engine::deploy::{Stranded, check};
use serde_json::json;

use super::{Desk, line};
use crate::{
    exit::{Exit, Failure},
    table,
};

pub(super) async fn run(desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let registry = desk.kinds("check a build").await?;
    let check = check(desk.store(), &registry).await?;
    let exit = if check.stranded.is_empty() { Exit::Well } else { Exit::Found };
    let build = registry.build();
    if desk.print.json() {
        let answer = json!({ "build": build, "looked_at": check.looked_at, "stranded": check.stranded });
        desk.print.object(&answer)?;
        return Ok(exit);
    }
    if exit == Exit::Well {
        let jobs = count_of(check.looked_at, "job that has not ended", "jobs that have not ended");
        desk.print.say(format!("build {build} can run all of {jobs}"));
        return Ok(exit);
    }
    let stranded: u64 = check.stranded.iter().map(|group| group.jobs).sum();
    let of = check.looked_at;
    desk.print.say(format!("build {build} would strand {} of {of} that have not ended:", line::jobs(stranded)));
    let heads = ["queue", "kind", "version", "cause", "jobs", "newest", "what was seen"];
    let drawn = table::draw(heads, check.stranded.iter().map(row), desk.print.width());
    desk.print.say(drawn);
    let mut causes: Vec<_> = check.stranded.iter().map(|group| group.cause).collect();
    causes.sort_unstable();
    causes.dedup();
    for cause in causes {
        desk.print.say(format!("cure for {}: {}", cause.word(), cause.cure()));
    }
    Ok(exit)
}

fn row(group: &Stranded) -> [String; 7] {
    let Stranded { queue, kind, version, cause, jobs, sample, text, .. } = group;
    [
        queue.to_string(),
        kind.to_string(),
        version.to_string(),
        cause.word().into(),
        jobs.to_string(),
        sample.to_string(),
        text.clone(),
    ]
}
