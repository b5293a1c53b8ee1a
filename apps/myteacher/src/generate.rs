//! The main job: one avatar, painted and given its comments.
//!
//! The steps of one run, in order: take the row (another living job may have it), hold the tokens (an unpayable run ends
//! here), paint what is not painted yet, write what is not written yet, complete (charge, status, notification in one
//! step). Each picture and comment is a checkpoint, so a second attempt neither paints nor pays again. Every failure has
//! its own policy ([`policy`]); the row of a job that ends badly is brought to its end by [`crate::reconcile`].
//!
//! # Layout
//! - `paint`: the pictures. `write`: the comments.

mod paint;
mod write;

use std::time::Duration;

use banto::{Context, Job, JobError};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    avatar::{self, Avatar, Begin, Complete},
    error::Error,
    event::CommentEvent,
    failure::Failure,
    files::Unkept,
    look::Look,
};

/// How long to wait when a provider limits the rate and does not say for how long.
const RATE_WAIT: Duration = Duration::from_secs(30);

/// Makes the pictures and comments of one avatar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Job)]
#[job(
    kind = "avatar.generate",
    aliases = ["App\\Jobs\\GenerateAvatarImagesJob"],
    queue = "avatars",
    attempts_max = 3,
    timeout = "15m",
    backoff = "10s..10m",
    unique = "avatar:{avatar_id}",
    tags = ["avatar:{avatar_id}"]
)]
pub struct GenerateAvatar {
    /// Whose.
    pub avatar_id: i64,
}

/// Runs the job.
pub async fn generate(job: GenerateAvatar, run: Context<App>) -> Result<(), JobError> {
    let Some((avatar, look)) = taken(&run, job.avatar_id).await? else {
        return Ok(()); // an earlier attempt, or another job, completed it
    };
    let app = run.state();
    let sought = avatar.clone();
    let made = app.read(move |db| Ok(avatar::made(db, &sought)?)).await?;
    paint::all(&run, &avatar, look, &made).await?;
    write::all(&run, &avatar, look, &made).await?;
    let (ended, now) = (avatar.clone(), app.now());
    match app.write(move |db| Ok(avatar::complete(db, &ended, &look, now)?)).await? {
        Complete::Charged(_) => {}
        Complete::Lacks(what) => return Err(JobError::retry(what)),
        Complete::Replaced => return Err(JobError::cancel("another generation has taken this one's place")),
    }
    if let Err(error) = app.files.forget_all_but(&avatar, &look.pictures()).await {
        run.log(format!("pictures of earlier runs stay behind: {error}"));
    }
    Ok(())
}

/// Takes the row for this job. `None` if there is nothing left to do. The row is this job's if it was ordered with it, or if
/// no living job makes it; so two jobs for one row, however they came to be, never paint it both.
async fn taken(run: &Context<App>, id: i64) -> Result<Option<(Avatar, Look)>, JobError> {
    let (app, ours) = (run.state(), run.id().to_string());
    loop {
        let found = app.read(move |db| Ok(avatar::find(db, id)?)).await?;
        let avatar = found.ok_or_else(|| JobError::cancel(format!("avatar {id} does not exist any more")))?;
        if avatar.status == "completed" {
            return Ok(None);
        }
        if avatar.job != ours && lives(app, &avatar.job).await? {
            return Err(JobError::cancel(format!("avatar {id} is made by job {} already", avatar.job)));
        }
        let look = readable(&avatar)?;
        let (seen, by, now) = (avatar.clone(), ours.clone(), app.now());
        match app.write(move |db| Ok(avatar::begin(db, &seen, &by, now)?)).await? {
            Begin::Begun => return Ok(Some((avatar, look))),
            Begin::Changed => {} // somebody else took it since: look who
            Begin::Short(missing) => {
                let most = avatar.estimate;
                return Err(JobError::dead(format!(
                    "pay for the run: it may cost {most} tokens and {missing} are missing; nothing was painted"
                )));
            }
        }
    }
}

async fn lives(app: &App, job: &str) -> Result<bool, Error> {
    let Ok(id) = job.parse() else { return Ok(false) };
    Ok(app.store().job(id).await?.is_some_and(|card| !card.job.state.ended()))
}

/// What shall be painted. A look that this build cannot read may be one that a newer build wrote, so it is not painted
/// without what it says: the job is set aside for who can read it.
fn readable(avatar: &Avatar) -> Result<Look, JobError> {
    avatar.look.look().map_err(|wrong| {
        JobError::missing(format!(
            "read the look of avatar {} ({wrong}); start a worker of the build that wrote it, or mend teacher_avatars.look and \
             release the job",
            avatar.id
        ))
    })
}

/// How many steps a run has, for its progress.
fn steps(look: &Look) -> u64 {
    (look.pictures().len() + CommentEvent::ALL.len()) as u64
}

/// What it means for the job that a picture cannot be kept.
pub fn kept(error: Unkept) -> JobError {
    if error.again() { JobError::retry(error) } else { JobError::missing(error) }
}

/// What each failure of a provider means for the job.
pub fn policy(failure: &Failure) -> JobError {
    match failure {
        Failure::RateLimit { retry_after } => JobError::snooze(failure, retry_after.unwrap_or(RATE_WAIT)),
        Failure::Auth { .. } | Failure::MissingSetting { .. } => JobError::missing(failure),
        Failure::Outage { .. } | Failure::Timeout { .. } | Failure::CalledOff => JobError::retry(failure),
        Failure::Moderation { .. } | Failure::BadAttribute { .. } => JobError::dead(failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_its_policy() {
        let (ten, text) = (Duration::from_secs(10), || "x".into());
        let table = [
            (Failure::Moderation { reason: text() }, "dead"),
            (Failure::BadAttribute { what: text() }, "dead"),
            (Failure::RateLimit { retry_after: Some(ten) }, "snooze"),
            (Failure::RateLimit { retry_after: None }, "snooze"),
            (Failure::Auth { what: text() }, "park"),
            (Failure::MissingSetting { names: vec!["KEY".into()] }, "park"),
            (Failure::Outage { what: text() }, "retry"),
            (Failure::Timeout { after: ten }, "retry"),
            (Failure::CalledOff, "retry"),
        ];
        for (failure, word) in table {
            let error = policy(&failure);
            assert_eq!(error.outcome().word(), word, "{failure:?}");
            assert!(format!("{:?}", error.outcome()).contains("fill the order: "), "{failure:?} keeps its text");
        }
    }

    #[test]
    fn a_rate_limit_waits_as_long_as_it_says_or_half_a_minute() {
        for (said, waits) in [(Some(Duration::from_secs(90)), 90_000), (Some(Duration::ZERO), 0), (None, 30_000)] {
            let error = policy(&Failure::RateLimit { retry_after: said });
            let banto::Outcome::Snooze { delay_ms, .. } = error.outcome() else { panic!("{error:?}") };
            assert_eq!(*delay_ms, waits);
        }
    }
}
