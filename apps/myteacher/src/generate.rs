//! The main job: one avatar, painted and given its comments.
//!
//! The steps of one run, in order: load, hold the tokens (an unpayable run ends here), paint what is not painted yet,
//! write what is not written yet, complete (charge, status, notification in one step). Each picture and comment is a
//! checkpoint, so a second attempt neither paints nor pays again. Every failure has its own policy ([`policy`]); the row
//! of a job that ends badly is brought to its end by [`crate::reconcile`].

use std::time::Duration;

use banto::{Context, Job, JobError};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    avatar::{self, Avatar, Made, Usage},
    event::CommentEvent,
    failure::Failure,
    files::{Files, Unkept},
    look::Picture,
    port::{PaintOrder, Painted, SOFTNESS_MAX, WriteOrder},
    price,
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
    let app = run.state();
    let id = job.avatar_id;
    let found = app.read(move |db| Ok(avatar::find(db, id)?)).await?;
    let avatar = found.ok_or_else(|| JobError::cancel(format!("avatar {id} does not exist any more")))?;
    if avatar.status == "completed" {
        return Ok(()); // an earlier attempt completed it and could not say so
    }
    let (begun, now) = (avatar.clone(), app.now());
    if let Err(missing) = app.write(move |db| Ok(avatar::begin(db, &begun, now)?)).await? {
        let most = avatar.estimate;
        return Err(JobError::dead(format!(
            "pay for the run: it may cost {most} tokens and {missing} are missing; nothing was painted"
        )));
    }
    let sought = avatar.clone();
    let made = app.read(move |db| Ok(avatar::made(db, &sought)?)).await?;
    paint_all(&run, &avatar, &made).await?;
    write_all(&run, &avatar, &made).await?;
    let (ended, now) = (avatar.clone(), app.now());
    app.write(move |db| Ok(avatar::complete(db, &ended, now)?)).await?.map_err(JobError::retry)?;
    if let Err(error) = app.files.forget_earlier_runs(&avatar).await {
        run.log(format!("pictures of earlier runs stay behind: {error}"));
    }
    Ok(())
}

async fn paint_all(run: &Context<App>, avatar: &Avatar, made: &Made) -> Result<(), JobError> {
    let pictures = avatar.look.pictures();
    let steps = (pictures.len() + CommentEvent::ALL.len()) as u64;
    run.state().files.ready(avatar).await.map_err(kept)?;
    for (done, picture) in pictures.into_iter().enumerate() {
        run.progress(done as u64, steps, format!("painting {picture}"));
        let path = Files::path(avatar, picture);
        let noted = made.pictures.iter().any(|(_, have, _)| *have == path);
        if noted && run.state().files.has(&path).await.map_err(kept)? {
            continue;
        }
        paint_one(run, avatar, picture, path).await?;
    }
    Ok(())
}

/// Paints one picture, stores it, then notes it: a crash in between costs one picture, never a row without its file.
async fn paint_one(run: &Context<App>, avatar: &Avatar, picture: Picture, path: String) -> Result<(), JobError> {
    let app = run.state();
    let mut order = PaintOrder::new(avatar.look, picture);
    order.cancel = run.token().clone();
    let painted = softened(run, &mut order).await?;
    let (png, cut) = if avatar.look.is_transparent {
        let cut = app.painter.cut_out(&order, &painted).await.map_err(|failure| policy(&failure))?;
        (cut.png.clone(), Some(cut))
    } else {
        (painted.png.clone(), None)
    };
    let bytes = i64::try_from(png.len()).unwrap_or(i64::MAX);
    app.files.put(&path, png).await.map_err(kept)?;
    let (avatar, provider, now) = (avatar.clone(), app.painter.name(), app.now());
    app.write(move |db| {
        let item = picture.to_string();
        let cost = price::picture(db, &avatar.look)?;
        avatar::used(db, &avatar, &usage(&item, provider, &painted, cost), now)?;
        if let Some(cut) = &cut {
            let (item, cost) = (format!("{item} cut out"), price::cut_out(db)?);
            avatar::used(db, &avatar, &usage(&item, provider, cut, cost), now)?;
        }
        Ok(avatar::pictured(db, &avatar, picture, &path, bytes, now)?)
    })
    .await?;
    Ok(())
}

fn usage<'a>(item: &'a str, provider: &'a str, painted: &'a Painted, cost: i64) -> Usage<'a> {
    Usage { item, provider, model: &painted.model, units: painted.cost_units, cost }
}

/// Paints, and softens the order each time moderation refuses it, as far as it goes.
async fn softened(run: &Context<App>, order: &mut PaintOrder) -> Result<Painted, JobError> {
    loop {
        match run.state().painter.paint(order).await {
            Ok(painted) => return Ok(painted),
            Err(Failure::Moderation { reason }) if order.softness < SOFTNESS_MAX => {
                order.softness += 1;
                run.log(format!("{}: moderation refused it ({reason}); softened to {}", order.picture, order.softness));
            }
            Err(failure) => return Err(policy(&failure)),
        }
    }
}

async fn write_all(run: &Context<App>, avatar: &Avatar, made: &Made) -> Result<(), JobError> {
    let pictures = avatar.look.pictures().len();
    let steps = (pictures + CommentEvent::ALL.len()) as u64;
    for (done, event) in CommentEvent::ALL.iter().copied().enumerate() {
        run.progress((pictures + done) as u64, steps, format!("writing {event}"));
        if made.comments.iter().any(|(have, _)| have == event.as_str()) {
            continue;
        }
        let mut order = WriteOrder::new(avatar.look, event);
        order.cancel = run.token().clone();
        let app = run.state();
        let written = app.writer.write(&order).await.map_err(|failure| policy(&failure))?;
        let (avatar, provider, now) = (avatar.clone(), app.writer.name(), app.now());
        app.write(move |db| {
            let cost = price::comment(db, written.tokens_in, written.tokens_out)?;
            let units = written.tokens_in + written.tokens_out;
            let usage = Usage { item: event.as_str(), provider, model: &written.model, units, cost };
            avatar::used(db, &avatar, &usage, now)?;
            Ok(avatar::commented(db, &avatar, event, &written.text, now)?)
        })
        .await?;
    }
    run.progress(steps, steps, "completing");
    Ok(())
}

/// What it means for the job that a picture cannot be kept.
fn kept(error: Unkept) -> JobError {
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
