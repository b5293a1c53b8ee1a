//! The comments of a run: written and noted one by one.
//!
//! A comment that moderation refuses is asked for more softly, as a picture is. One that it refuses even then is no reason
//! to throw away an avatar whose pictures are all paid for: the built-in writer's words for that moment take its place,
//! at no cost, and the usage log, the trail and whoever shows the avatar say so.

use banto::{Context, JobError};

use crate::{
    app::App,
    avatar::{self, Avatar, Made, Usage},
    event::CommentEvent,
    failure::Failure,
    look::Look,
    port::{SOFTNESS_MAX, WriteOrder, Written},
    price,
    write::offline,
};

use super::{policy, steps};

/// Writes what is not there yet.
pub(super) async fn all(run: &Context<App>, avatar: &Avatar, look: Look, made: &Made) -> Result<(), JobError> {
    let steps = steps(&look);
    for (done, event) in (look.pictures().len()..).zip(CommentEvent::ALL.iter().copied()) {
        run.progress(done as u64, steps, format!("writing {event}"));
        if !made.comments.iter().any(|(have, _)| have == event.as_str()) {
            one(run, avatar, look, event).await?;
        }
    }
    run.progress(steps, steps, "completing");
    Ok(())
}

async fn one(run: &Context<App>, avatar: &Avatar, look: Look, event: CommentEvent) -> Result<(), JobError> {
    let mut order = WriteOrder::new(look, event);
    order.cancel = run.token().clone();
    let app = run.state();
    let written = softened(run, &mut order).await?;
    let provider = if written.is_some() { app.writer.name() } else { avatar::BUILT_IN };
    let written = written.unwrap_or_else(|| built_in(&look, event));
    let (avatar, now) = (avatar.clone(), app.now());
    app.write(move |db| {
        let cost = price::comment(db, written.tokens_in, written.tokens_out)?;
        let units = written.tokens_in.saturating_add(written.tokens_out);
        let usage = Usage { item: event.as_str(), provider, model: &written.model, units, cost };
        avatar::used(db, &avatar, &usage, now)?;
        Ok(avatar::commented(db, &avatar, event, &written.text, now)?)
    })
    .await?;
    Ok(())
}

/// Writes, and softens the order each time moderation refuses it, as far as it goes; `None` beyond.
async fn softened(run: &Context<App>, order: &mut WriteOrder) -> Result<Option<Written>, JobError> {
    loop {
        let (event, reason) = match run.state().writer.write(order).await {
            Ok(written) => return Ok(Some(written)),
            Err(Failure::Moderation { reason }) => (order.event, reason),
            Err(failure) => return Err(policy(&failure)),
        };
        if order.softness >= SOFTNESS_MAX {
            run.log(format!("{event}: moderation refused it ({reason}); the built-in comment takes its place"));
            return Ok(None);
        }
        order.softness += 1;
        run.log(format!("{event}: moderation refused it ({reason}); softened to {}", order.softness));
    }
}

fn built_in(look: &Look, event: CommentEvent) -> Written {
    let (text, model) = (offline::comment(look, event), offline::MODEL.to_owned());
    Written { text, model, tokens_in: 0, tokens_out: 0 }
}
