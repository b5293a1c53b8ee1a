//! The comments of a run: written and noted one by one.

use banto::{Context, JobError};

use crate::{
    app::App,
    avatar::{self, Avatar, Made, Usage},
    event::CommentEvent,
    look::Look,
    port::WriteOrder,
    price,
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
    let written = app.writer.write(&order).await.map_err(|failure| policy(&failure))?;
    let (avatar, provider, now) = (avatar.clone(), app.writer.name(), app.now());
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
