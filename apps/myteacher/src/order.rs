//! Orders of avatars: the row and its job in one transaction.
//!
//! What the web application calls. Before anything is written the owner must be able to pay; a second order while the
//! first is under way is answered with the first.

use banto::{JobId, sqlite::rusqlite::Connection};
use serde::Serialize;

use crate::{app::App, avatar, error::Error, generate::GenerateAvatar, look::Look, price, token};

/// An order that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Ordered {
    /// The avatar.
    pub avatar: i64,
    /// The job that makes it.
    pub job: JobId,
    /// Whether it is new; otherwise the avatar is being made already.
    pub fresh: bool,
}

/// Creates an avatar and enqueues its job: both are committed, or neither is. Refuses an owner who cannot pay.
pub async fn create(app: &App, user: i64, look: Look) -> Result<Ordered, Error> {
    let (ours, run, now) = (app.clone(), app.client.id().to_string(), app.now());
    app.write(move |db| {
        payable(db, user, &look)?;
        let id = avatar::create(db, user, &look, &run, now)?;
        enqueue(&ours, db, id)
    })
    .await
}

/// Has an avatar made anew, with another look if one is given. What it shows stays until all of the new one is there, and
/// also if that fails.
pub async fn regenerate(app: &App, id: i64, look: Option<Look>) -> Result<Ordered, Error> {
    let (ours, run, now) = (app.clone(), app.client.id().to_string(), app.now());
    app.write(move |db| {
        let row = avatar::find(db, id)?.ok_or_else(|| Error::Asked(format!("make avatar {id} anew: there is none")))?;
        let unreadable = |wrong: &str| {
            Error::Asked(format!(
                "make avatar {id} anew: its look cannot be read ({wrong}); use the build that wrote it"
            ))
        };
        let look = look.map_or_else(|| row.look.look().map_err(unreadable), Ok)?;
        payable(db, row.user, &look)?;
        let ordered = enqueue(&ours, db, id)?;
        if ordered.fresh {
            avatar::restart(db, id, &look, &run, now)?;
        }
        Ok(ordered)
    })
    .await
}

/// Enqueues the job of a row, under the row's key, and names it in the row.
pub fn enqueue(app: &App, db: &Connection, id: i64) -> Result<Ordered, Error> {
    let job = app.client.draft(&GenerateAvatar { avatar_id: id }).ready()?;
    let answers = app.sqlite().enqueue_in(db, &[job])?;
    let answer = answers.first().ok_or_else(|| Error::Asked("enqueue the job: the store gave no answer".into()))?;
    avatar::made_by(db, id, &answer.id.to_string())?;
    Ok(Ordered { avatar: id, job: answer.id, fresh: answer.fresh })
}

fn payable(db: &Connection, user: i64, look: &Look) -> Result<(), Error> {
    let (most, has) = (price::most(db, look)?, token::balance(db, user)?.available());
    if has >= most {
        return Ok(());
    }
    Err(Error::Asked(format!(
        "pay for the avatar: it may cost {most} tokens and user {user} has {has} to spend; give more with \
         `avatars grant --user {user} --tokens N`"
    )))
}
