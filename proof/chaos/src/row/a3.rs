//! A3: killed while finishing: right before and right after the commit of an end.
//!
//! What was not written runs again, what was written does not; nobody is late, for the dead say nothing.

use crate::{
    Told,
    report::{Check, Report},
    row::cut,
    stage::Stage,
};

pub(super) fn play(stage: &Stage) -> Told<Report> {
    let kills = stage.pick(2, 20);
    let before = cut::play(&stage.scene("before")?, "finish.before_commit", kills)?;
    let after = cut::play(&stage.scene("after")?, "finish.after_commit", kills)?;
    let mut account = before.account.clone();
    account.add(&after.account);
    let (open, doubled, cut) = (account.open, account.duplicated_runs, before.cut + after.cut);
    Ok(Report::of(account)
        .headed(Check::none("written ends that ran again", after.again))
        .check(Check::exactly("unwritten ends", before.unheard, "", kills.into()))
        .check(Check::exactly("unwritten ends that ran again", before.again, "", before.unheard))
        .check(Check::exactly("ends written but never heard", after.unheard, "", kills.into()))
        .check(Check::exactly("run twice", doubled, "", before.again + cut))
        .check(Check::none("late", before.late + after.late))
        .check(Check::none("not ended", open))
        .note(format!("{kills} kills before and {kills} after the commit, {cut} runs cut short by them")))
}
