//! Writes jobs away before they are touched: one JSON object a line, each a job and its trail.
//!
//! The file is new (an old one is never overwritten), only its owner's to read, and on the disk before anything else
//! happens. What could not be written away is not touched.

use std::{
    fs::{File, OpenOptions},
    io::{BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::Arc,
};

use banto_core::{Job, JobId, limits::PAGE_MAX, text::visible};
use banto_store::{Select, Store};

use super::Desk;
use crate::{
    exit::{Exit, Failure},
    print::object_line,
};

/// How many ask at once: each job is a question of its own, and a store answers several at a time.
const ASKERS: usize = 8;

/// Writes the jobs of `select` to `path` and gives their ids. What could not be written to its end is not left there: it
/// would look like an export, and stand in the way of the next try.
pub(super) async fn write(desk: &Desk<'_>, select: &Select, path: &Path) -> Result<Vec<JobId>, Failure> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let file = file.map_err(|error| failed(path, error))?;
    let written = fill(desk, select, file, path).await;
    if written.is_err() {
        // Nothing better can be done about a part that cannot be removed either; why it is only a part is said.
        let _ = std::fs::remove_file(path);
    }
    written
}

fn failed(path: &Path, error: std::io::Error) -> Failure {
    let shown = visible(&path.to_string_lossy(), 300);
    match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::usage(format!(
            "export to \"{shown}\": it is there already and is not overwritten; name a new file"
        )),
        _ => Failure::new(Exit::Machine, format!("export to \"{shown}\": {error}; nothing was changed")),
    }
}

async fn fill(desk: &Desk<'_>, select: &Select, file: File, path: &Path) -> Result<Vec<JobId>, Failure> {
    let failed = |error| failed(path, error);
    let mut to = BufWriter::new(file);
    let (mut ids, mut before) = (Vec::new(), None);
    loop {
        let page = desk.store().jobs(Select { limit: PAGE_MAX, ..select.clone() }, before).await?;
        before = page.jobs.last().map(|job| job.id).or(before);
        for (id, line) in lines(desk.store(), &page.jobs).await? {
            writeln!(to, "{line}").map_err(failed)?;
            ids.push(id);
        }
        if !page.more || page.jobs.is_empty() {
            break;
        }
    }
    let file = to.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    // The name of the file is in its folder, which is on the disk only when it was told so.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(ids)
}

/// These jobs with their trails, as lines, in the same order. One that went away meanwhile is neither written nor touched.
async fn lines(store: &Arc<dyn Store>, jobs: &[Job]) -> Result<Vec<(JobId, String)>, Failure> {
    let part = jobs.len().div_ceil(ASKERS).max(1);
    let ask = |jobs: &[Job]| {
        let (store, ids) = (store.clone(), jobs.iter().map(|job| job.id).collect::<Vec<_>>());
        tokio::spawn(async move {
            let mut lines = Vec::with_capacity(ids.len());
            for id in ids {
                if let Some(card) = store.job(id).await? {
                    lines.push((id, object_line(&card)?));
                }
            }
            Ok::<_, Failure>(lines)
        })
    };
    let asked: Vec<_> = jobs.chunks(part).map(ask).collect();
    let mut lines = Vec::with_capacity(jobs.len());
    for part in asked {
        let stopped =
            |error| Failure::new(Exit::Machine, format!("read the jobs to export: {error}; nothing was changed"));
        lines.extend(part.await.map_err(stopped)??);
    }
    Ok(lines)
}
