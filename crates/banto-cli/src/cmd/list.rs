//! `queue list` and `queue failed`: jobs, newest first, a page at a time.

use banto_core::{JobId, State, limits::PAGE_MAX};
use banto_store::Select;

use super::{Desk, line};
use crate::{
    args::{Failed, List},
    exit::{Exit, Failure},
    mean, table,
};

pub(super) async fn run(desk: &mut Desk<'_>, typed: &List) -> Result<Exit, Failure> {
    let before = typed.page.before.as_deref().map(mean::id).transpose()?;
    pages(desk, mean::select::listed(typed)?, before).await
}

pub(super) async fn failed(desk: &mut Desk<'_>, typed: &Failed) -> Result<Exit, Failure> {
    let before = typed.before.as_deref().map(mean::id).transpose()?;
    let select = Select { states: vec![State::Dead], ..mean::select::failed(typed)? };
    pages(desk, select, before).await
}

async fn pages(desk: &mut Desk<'_>, select: Select, mut before: Option<JobId>) -> Result<Exit, Failure> {
    let (mut left, mut more) = (select.limit, true);
    let (mut rows, now) = (Vec::new(), desk.now_ms());
    while left > 0 && more && !desk.print.gone() {
        let page = desk.store().jobs(Select { limit: left.min(PAGE_MAX), ..select.clone() }, before).await?;
        more = page.more && !page.jobs.is_empty();
        left = left.saturating_sub(page.jobs.len());
        for job in &page.jobs {
            before = Some(job.id);
            match desk.print.json() {
                true => desk.print.object(job)?,
                false => rows.push(line::row(job, now)),
            }
        }
    }
    if !desk.print.json() {
        let empty = rows.is_empty();
        if empty {
            desk.print.note("no job fits");
        } else {
            let drawn = table::draw(line::HEADS, rows, desk.print.width());
            desk.print.say(drawn);
        }
    }
    if let Some(last) = before.filter(|_| more) {
        desk.print.note(format!("there are more: --before {last}"));
    }
    Ok(Exit::Well)
}
