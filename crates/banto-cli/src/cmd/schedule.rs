//! `schedule …`: what is due when, what became of it, and orders on it.
//!
//! Each verb has a file; `look` is what they see of the build and of the store, `say` how fates and times are told.

use super::Desk;
use crate::{
    args::schedule::{Schedule, ScheduleVerb},
    exit::{Exit, Failure},
    given::Given,
};

mod diff;
mod history;
mod lint;
mod list;
mod locks;
pub(super) mod look;
mod pause;
mod preview;
pub(super) mod run;
mod say;
mod test;

pub(super) async fn verb(desk: &mut Desk<'_>, typed: Schedule) -> Result<Exit, Failure> {
    let given = Given::of(desk.app, &desk.opened, &typed.source).await?;
    match typed.verb {
        ScheduleVerb::List(typed) => list::run(desk, &given, &typed).await,
        ScheduleVerb::Run(typed) => run::run(desk, &given, &typed.how).await,
        ScheduleVerb::Work(typed) => super::up::clock(desk, given, *typed).await,
        ScheduleVerb::Test(typed) => test::run(desk, &given, &typed.name).await,
        ScheduleVerb::History(typed) => history::run(desk, &given, &typed).await,
        ScheduleVerb::Pause(typed) => pause::pause(desk, &given, &typed).await,
        ScheduleVerb::Resume(typed) => pause::resume(desk, &given, &typed).await,
        ScheduleVerb::Locks(typed) => locks::run(desk, &given, &typed).await,
        ScheduleVerb::Preview(typed) => preview::run(desk, &given, &typed).await,
        ScheduleVerb::Diff => diff::run(desk, &given).await,
        ScheduleVerb::Lint => lint::run(desk, &given).await,
    }
}
