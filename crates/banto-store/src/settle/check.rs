//! What a load must be, whatever store it came from.

use banto_core::{Due, Fate, Job, NewJob, Reason, Refusal, State, limits::LINES_MAX};

use super::{LOAD_MAX, Load};
use crate::{
    fire::FireView,
    read::Card,
    schedule::{MODEL_BYTES_MAX, ScheduleView},
};

impl Load {
    /// Refuses too many things, and any that no store can have said of itself. To be asked before anything is written.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.len() > LOAD_MAX {
            let allowed = format!("{LOAD_MAX} are allowed in one call; send the rest in another");
            return Err(Refusal::new("a number of things to put", &self.len().to_string(), allowed));
        }
        self.jobs.iter().try_for_each(sound_job)?;
        self.schedules.iter().try_for_each(sound_schedule)?;
        self.fires.iter().try_for_each(sound_fire)
    }
}

/// Refuses a job that cannot stand as it is said to stand: one that runs, one that cannot be read, one whose parts do not fit.
pub fn sound_job(card: &Card) -> Result<(), Refusal> {
    let Card { job, trail, raw } = card;
    let refused = |allowed: &str| Err(Refusal::new("a job to put", &job.id.to_string(), allowed));
    if job.state == State::Running {
        return refused("it runs; only what does not run can be put");
    }
    if raw.is_some() {
        return refused("its row cannot be read");
    }
    if job.state.ended() != job.finished_at.is_some() {
        return refused("its end does not fit its state");
    }
    if job.state == State::Done && (job.started_at.is_none() || job.instance.is_none()) {
        return refused("it is done and was never begun");
    }
    if job.park.is_some() && job.state != State::Parked {
        return refused("it has a reason to be parked and is not");
    }
    if trail.len() > LINES_MAX {
        return refused("its trail is too long");
    }
    ordered(job).check()
}

/// The job as it was ordered, due now.
pub fn ordered(job: &Job) -> NewJob {
    NewJob {
        id: job.id,
        kind: job.kind.clone(),
        version: job.version,
        queue: job.queue.clone(),
        priority: job.priority,
        payload: job.payload.clone(),
        due: Due::Now,
        attempts_max: job.attempts_max,
        unique: job.unique.clone(),
        options: job.options.clone(),
    }
}

/// Refuses a schedule whose model is too long.
fn sound_schedule(view: &ScheduleView) -> Result<(), Refusal> {
    if view.model.len() > MODEL_BYTES_MAX {
        let allowed = format!("its model may have {MODEL_BYTES_MAX} bytes of JSON");
        return Err(Refusal::new("a schedule", view.name.as_str(), allowed));
    }
    Ok(())
}

/// Refuses a row of the ledger whose fate, reason and run do not fit each other.
pub fn sound_fire(view: &FireView) -> Result<(), Refusal> {
    let fits = view.reason.map_or(Fate::Fired, Reason::fate) == view.fate;
    if fits && (view.fate == Fate::Fired) == view.run.is_some() {
        return Ok(());
    }
    let row = format!("{} at {}", view.schedule, view.due_at);
    Err(Refusal::new("a row of the ledger", &row, "its fate, its reason and its run do not fit each other"))
}
