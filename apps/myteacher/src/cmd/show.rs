//! Avatars as they stand: in a list, or one with its pictures and comments.

use banto::text::visible;
use serde_json::json;

use crate::{
    app::App,
    args::Place,
    avatar::{self, Avatar, Made},
    error::Error,
    print::{line, object, table},
};

pub(super) async fn list(app: &App, user: Option<i64>, limit: u32, place: &Place) -> Result<(), Error> {
    let rows: Vec<Avatar> = app.read(move |db| Ok(avatar::list(db, user, limit)?)).await?;
    if place.json {
        return object(&json!({ "avatars": rows }));
    }
    let mut table = table(["avatar", "user", "status", "seed", "job", "reason"]);
    for row in rows {
        let (seed, unreadable) = match row.look.look() {
            Ok(look) => (look.seed.to_string(), None),
            Err(wrong) => ("?".to_owned(), Some(format!("its look cannot be read: {wrong}"))),
        };
        let reason = visible(&row.detail.or(unreadable).unwrap_or_default(), 80);
        table.add_row([row.id.to_string(), row.user.to_string(), row.status, seed, row.job, reason]);
    }
    line(&table)
}

pub(super) async fn one(app: &App, id: i64, place: &Place) -> Result<(), Error> {
    let found = app.read(move |db| {
        let Some(row) = avatar::find(db, id)? else { return Ok(None) };
        let (shown, under_way) = (avatar::shown(db, &row)?, avatar::made(db, &row)?);
        Ok(Some((row, shown, under_way)))
    });
    let Some((row, made, now)) = found.await? else {
        return Err(Error::Asked(format!("show avatar {id}: there is none; see `myteacher avatars list`")));
    };
    let under_way = (row.shown.as_ref() != Some(&row.run)).then_some(now);
    if place.json {
        return object(&json!({ "avatar": row, "made": made, "under_way": under_way }));
    }
    head(&row, under_way.as_ref())?;
    shown(made, place)
}

fn head(row: &Avatar, under_way: Option<&Made>) -> Result<(), Error> {
    line(&format!("avatar {} of user {}: {}, job {}", row.id, row.user, row.status, row.job))?;
    if let Err(wrong) = row.look.look() {
        line(&format!("its look cannot be read: {wrong}; use the build that wrote it, or mend teacher_avatars.look"))?;
    }
    if let Some(detail) = &row.detail {
        line(&format!("it failed: {}", visible(detail, 500)))?;
    }
    if let Some(reason) = &row.failure {
        line(&format!("its owner was told: {}", visible(reason, 500)))?;
    }
    if let Some(made) = under_way {
        let (pictures, comments) = (made.pictures.len(), made.comments.len());
        let shows = if row.shown.is_some() { "; what it showed before is below" } else { "" };
        line(&format!("its present run has made {pictures} pictures and {comments} comments so far{shows}"))?;
    }
    Ok(())
}

fn shown(made: Made, place: &Place) -> Result<(), Error> {
    if made == Made::default() {
        return line("it has nothing to show yet");
    }
    let mut pictures = table(["picture", "file"]);
    for (name, path, _) in made.pictures {
        pictures.add_row([name, format!("{}/{path}", place.files)]);
    }
    line(&pictures)?;
    let mut comments = table(["event", "comment"]);
    for (event, text) in made.comments {
        comments.add_row([event, visible(&text, 100)]);
    }
    line(&comments)?;
    said_built_in(&made.built_in)
}

/// Says which comments are not the provider's.
pub(super) fn said_built_in(events: &[String]) -> Result<(), Error> {
    if events.is_empty() {
        return Ok(());
    }
    line(&format!("built-in comments, since moderation refused every other: {}", events.join(", ")))
}
