//! Which jobs are meant: filters and ids as the store's own selection.

use std::collections::BTreeSet;

use banto_core::{JobId, State};
use banto_store::Select;

use super::{cause, id, label, name, states};
use crate::{
    args::{Choose, ChooseParked, Failed, Filter, List},
    exit::Failure,
};

/// What a listing shows.
pub(crate) fn listed(list: &List) -> Result<Select, Failure> {
    Ok(Select { states: states(&list.state)?, ..failed(&list.page)? })
}

/// What a listing shows whose states are given elsewhere.
pub(crate) fn failed(page: &Failed) -> Result<Select, Failure> {
    let limit = page.limit;
    if limit == 0 {
        return Err(super::refuse("--limit", "0", "1 or more is wanted"));
    }
    Ok(Select { limit, ..filtered(&page.filter)? })
}

/// What an order is for. Without ids it wants `--all` or a filter, and takes `states_else` unless states were typed.
pub(crate) fn chosen(choose: &Choose, states_else: &[State]) -> Result<Select, Failure> {
    let Choose { ids, all, filter, state, .. } = choose;
    let filter = filtered(filter)?;
    let narrowed = filter != Select::default() || !state.is_empty();
    let select = named(ids, *all, narrowed, filter, "--state")?;
    let states_else = if select.ids.is_empty() { states_else } else { &[] };
    Ok(Select { states: states_or(state, states_else)?, ..select })
}

/// What an order on parked jobs is for.
pub(crate) fn chosen_parked(choose: &ChooseParked) -> Result<Select, Failure> {
    let ChooseParked { ids, all, filter, cause: word, .. } = choose;
    let filter = filtered(filter)?;
    let cause = word.as_deref().map(cause).transpose()?;
    let narrowed = filter != Select::default() || cause.is_some();
    let select = named(ids, *all, narrowed, filter, "--cause")?;
    Ok(Select { cause, ..select })
}

fn named(ids: &[String], all: bool, narrowed: bool, filter: Select, own: &str) -> Result<Select, Failure> {
    // Laravel's users type `retry all`. Beside ids it may be a slip that would cost every other job.
    let spelled = ids.iter().any(|id| id == "all");
    if spelled && ids.len() > 1 {
        return Err(super::refuse("a job id", "all", "it stands for every job, so no id may stand beside it"));
    }
    let all = all || spelled;
    match (ids.is_empty() || all, all || narrowed) {
        (true, true) => Ok(filter),
        (true, false) => {
            let which = format!("tell which jobs: name ids, a filter (--queue, --kind, --tag, {own}), or --all");
            Err(Failure::usage(which))
        }
        (false, _) => {
            // One that is named twice is one job.
            let ids: BTreeSet<JobId> = ids.iter().map(|text| id(text)).collect::<Result<_, _>>()?;
            Ok(Select { ids: ids.into_iter().collect(), ..filter })
        }
    }
}

fn filtered(filter: &Filter) -> Result<Select, Failure> {
    Ok(Select {
        queue: filter.queue.as_deref().map(|text| name("--queue", text)).transpose()?,
        kind: filter.kind.as_deref().map(|text| name("--kind", text)).transpose()?,
        tag: filter.tag.as_deref().map(|text| label("--tag", text)).transpose()?,
        ..Select::default()
    })
}

fn states_or(words: &[String], otherwise: &[State]) -> Result<Vec<State>, Failure> {
    if words.is_empty() { Ok(otherwise.to_vec()) } else { states(words) }
}
