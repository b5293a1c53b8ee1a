//! The way that all orders go: choose, count, ask, write away, do, say.
//!
//! For `retry`, `forget`, `cancel` and `release` here, and for `flush` and `clear`, which add the asking and the export.
//! Nothing is changed by a count, and nothing is deleted that was to be written away and was not.

use banto_core::{JobId, State, text::count_of};
use banto_engine::steer::steer;
use banto_store::{Order, Select, Steered};
use serde_json::json;

use super::{Desk, line};
use crate::{
    args::{Choose, ChooseParked, ChooseSurely},
    exit::{Exit, Failure},
    mean,
};

/// An order, and how it is spoken of.
pub(super) struct Words {
    /// Which jobs, one and many: "dead job", "dead jobs".
    pub of: (&'static str, &'static str),
    /// What it never touches, if people mix it up with something else.
    pub spares: &'static str,
    /// What was done: "retried".
    pub done: &'static str,
    /// Which jobs the order applies to, for those that were left: "dead, cancelled and scheduled jobs".
    pub applies: &'static str,
    /// The order on these jobs.
    pub order: fn(Select) -> Order,
}

impl Words {
    /// So many of the jobs that are meant.
    pub fn count(&self, jobs: impl TryInto<u64>) -> String {
        count_of(jobs, self.of.0, self.of.1)
    }
}

const RETRY: Words = any("retried", "it applies to dead, cancelled and scheduled jobs", Order::Retry);
const FORGET: Words = any("forgotten", "it applies to done, dead and cancelled jobs", Order::Forget);
const CANCEL: Words = any("cancelled", "it applies to jobs that have not ended, and asks each one once", Order::Cancel);
const RELEASE: Words = any("released", "it applies to parked jobs", Order::Release);

const fn any(done: &'static str, applies: &'static str, order: fn(Select) -> Order) -> Words {
    Words { of: ("job", "jobs"), spares: "", done, applies, order }
}

/// What is to be retried, forgotten or cancelled. A state to which the order never applies is refused: "0 jobs" would
/// sound as if there were none.
fn chosen(typed: &Choose, words: &Words, states: &[State], states_else: &[State]) -> Result<Select, Failure> {
    let select = mean::select::chosen(typed, states_else)?;
    match select.states.iter().find(|state| !states.contains(state)) {
        Some(other) => Err(mean::refuse("--state", other.word(), words.applies)),
        None => Ok(select),
    }
}

pub(super) async fn retry(desk: &mut Desk<'_>, typed: &Choose) -> Result<Exit, Failure> {
    let select = chosen(typed, &RETRY, &[State::Dead, State::Cancelled, State::Scheduled], &[State::Dead])?;
    let by_filter = select.ids.is_empty() && !typed.dry_run;
    let expected = if by_filter { count(desk, &RETRY, select.clone()).await?.count } else { 0 };
    carry_out(desk, &RETRY, select, expected, typed.dry_run).await
}

pub(super) async fn forget(desk: &mut Desk<'_>, typed: &ChooseSurely) -> Result<Exit, Failure> {
    let ended = [State::Done, State::Dead, State::Cancelled];
    let select = chosen(&typed.choose, &FORGET, &ended, &ended)?;
    let question = |jobs| format!("delete {jobs} that have ended, with their trails, for ever?");
    surely(desk, &FORGET, select, typed, question).await
}

pub(super) async fn cancel(desk: &mut Desk<'_>, typed: &ChooseSurely) -> Result<Exit, Failure> {
    let open = [State::Scheduled, State::Ready, State::Running, State::Parked];
    let select = chosen(&typed.choose, &CANCEL, &open, &[])?;
    surely(desk, &CANCEL, select, typed, |jobs| format!("cancel {jobs}?")).await
}

/// As [`carry_out`], but what was not named job by job is counted and asked about first.
async fn surely(
    desk: &mut Desk<'_>,
    words: &Words,
    select: Select,
    typed: &ChooseSurely,
    question: impl FnOnce(String) -> String,
) -> Result<Exit, Failure> {
    let mut expected = 0;
    if select.ids.is_empty() && !typed.choose.dry_run {
        let counted = count(desk, words, select.clone()).await?;
        expected = counted.count + counted.asked;
        if expected > 0 {
            confirm(desk, typed.yes, &question(line::jobs(expected)))?;
        }
    }
    carry_out(desk, words, select, expected, typed.choose.dry_run).await
}

pub(super) async fn release(desk: &mut Desk<'_>, typed: &ChooseParked) -> Result<Exit, Failure> {
    carry_out(desk, &RELEASE, mean::select::chosen_parked(typed)?, 0, typed.dry_run).await
}

/// Orders it, and says what was done and what was not; `expected` is how many were counted before, if any were.
async fn carry_out(
    desk: &mut Desk<'_>,
    words: &Words,
    select: Select,
    expected: usize,
    dry_run: bool,
) -> Result<Exit, Failure> {
    let ids = select.ids.clone();
    let narrowed = Select { ids: Vec::new(), ..select.clone() } != Select::default();
    let (missing, damaged) = unusual(desk, &ids).await?;
    let steered = steer(desk.store(), (words.order)(select), &who(), dry_run).await?;
    let touched = steered.count + steered.asked;
    let untouched = ids.len().saturating_sub(missing.len() + touched + steered.held);
    told(desk, words, &steered, dry_run)?;
    let mut why: Vec<String> = missing.iter().map(|id| format!("job {id} is not listed")).collect();
    if untouched > 0 {
        let and = if narrowed { ", and only to what the flags beside the ids let through" } else { "" };
        why.push(format!("{} left as they were: {}{and}", line::jobs(untouched), words.applies));
        let unread = |id: &JobId| format!("job {id} cannot be read, so it can only be cancelled, then forgotten");
        why.extend(damaged.iter().map(unread));
    }
    if steered.held > 0 {
        let text = "left as they were: another job holds their key; see `queue explain ID`";
        why.push(format!("{} {text}", line::jobs(steered.held)));
    }
    why.extend(fewer(expected, touched + steered.held));
    let exit = if missing.is_empty() { Exit::Found } else { Exit::NotListed };
    Ok(left(desk, words, why, exit))
}

/// What there is to say when fewer jobs were touched than were counted just before.
pub(super) fn fewer(expected: usize, touched: usize) -> Vec<String> {
    let gone = expected.saturating_sub(touched);
    let text = format!(
        "{} of the {expected} that were counted changed meanwhile, and were left as they are",
        line::jobs(gone)
    );
    if gone > 0 { vec![text] } else { Vec::new() }
}

/// Says why jobs were left as they were, if some were: in lines for people, in one object for programs.
pub(super) fn left(desk: &mut Desk<'_>, words: &Words, why: Vec<String>, exit: Exit) -> Exit {
    if why.is_empty() {
        return Exit::Well;
    }
    match desk.print.json() {
        true => {
            let text = format!("have every job {}: {}", words.done, why.join("; "));
            desk.print.failure(&desk.app.name, &Failure::new(exit, text));
        }
        false => why.iter().for_each(|line| desk.print.note(line)),
    }
    exit
}

/// Those of `ids` that the store does not list, and those that it cannot read.
async fn unusual(desk: &Desk<'_>, ids: &[JobId]) -> Result<(Vec<JobId>, Vec<JobId>), Failure> {
    let (mut missing, mut damaged) = (Vec::new(), Vec::new());
    for id in ids {
        match desk.store().job(*id).await? {
            None => missing.push(*id),
            Some(card) if card.raw.is_some() => damaged.push(*id),
            Some(_) => {}
        }
    }
    Ok((missing, damaged))
}

/// Says what was done, or would be.
pub(super) fn told(desk: &mut Desk<'_>, words: &Words, steered: &Steered, dry_run: bool) -> Result<(), Failure> {
    let Steered { count, asked, held, sample } = steered;
    if desk.print.json() {
        let answer = json!({
            "order": words.done, "count": count, "asked": asked, "held": held, "sample": sample, "dry_run": dry_run,
        });
        return desk.print.object(&answer);
    }
    let would = if dry_run { "would be " } else { "" };
    let mut text = format!("{} {would}{}", words.count(*count), words.done);
    if *asked > 0 {
        text.push_str(&format!(", {} {would}asked to stop", count_of(*asked, "running job", "running jobs")));
    }
    desk.print.say(text);
    if !words.spares.is_empty() {
        desk.print.note(words.spares);
    }
    Ok(())
}

/// What the order would change.
pub(super) async fn count(desk: &Desk<'_>, words: &Words, select: Select) -> Result<Steered, Failure> {
    Ok(steer(desk.store(), (words.order)(select), &who(), true).await?)
}

/// Asks whether it is meant; without somebody to ask, `--yes` must have said so.
pub(super) fn confirm(desk: &mut Desk<'_>, yes: bool, question: &str) -> Result<(), Failure> {
    let refuse = |why: &str| Err(Failure::new(Exit::Unconfirmed, format!("go on: {why}; nothing was changed")));
    if yes {
        return Ok(());
    }
    if !desk.print.person() {
        let next = "add --yes if it is meant, or --dry-run to count";
        return refuse(&format!("there is no terminal to ask on: \"{question}\"; {next}"));
    }
    if desk.print.ask(question) { Ok(()) } else { refuse("the answer was not yes") }
}

/// Who orders, as it is written into trails and pauses.
pub(super) fn who() -> String {
    let user = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok()).filter(|user| !user.is_empty());
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let who = format!("{}@{host}", user.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw())));
    banto_core::text::visible(&who, 60)
}
