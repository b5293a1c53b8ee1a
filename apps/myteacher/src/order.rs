//! Orders of avatars: a row, and the job that makes it.
//!
//! What the web application calls. Before anything is written the owner must be able to pay; a second order while the
//! first is under way is answered with the first. How row and job are kept together is [`crate::jobs`]'s.

use banto::{JobId, sqlite::rusqlite::Connection};
use serde::Serialize;

use crate::{
    app::App,
    avatar::{self, Avatar, Unfinished},
    error::Error,
    look::Look,
    price, token,
};

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

/// What a row is to become, and wants a job for. Each step is one inside the caller's transaction.
#[derive(Debug, Clone)]
pub enum Wish {
    /// A new one.
    New {
        /// Whose.
        user: i64,
        /// How it looks.
        look: Look,
        /// Its first generation.
        run: String,
    },
    /// Made anew.
    Anew {
        /// Which.
        id: i64,
        /// How it looks from now on, if not as before.
        look: Option<Look>,
        /// Its next generation.
        run: String,
    },
    /// Made at last: it has no job that lives.
    Mended(Unfinished),
}

/// Creates an avatar and has its job enqueued. Refuses an owner who cannot pay.
pub async fn create(app: &App, user: i64, look: Look) -> Result<Ordered, Error> {
    order(app, Wish::New { user, look, run: app.client.id().to_string() }).await
}

/// Has an avatar made anew, with another look if one is given. What it shows stays until all of the new one is there, and
/// also if that fails.
pub async fn regenerate(app: &App, id: i64, look: Option<Look>) -> Result<Ordered, Error> {
    order(app, Wish::Anew { id, look, run: app.client.id().to_string() }).await
}

async fn order(app: &App, wish: Wish) -> Result<Ordered, Error> {
    let ordered = app.jobs.enqueue_with(app, wish).await?;
    ordered.ok_or_else(|| Error::Asked("order the avatar: its row is gone".into()))
}

impl Wish {
    /// The row, if it is there already.
    pub fn avatar(&self) -> Option<i64> {
        match self {
            Wish::New { .. } => None,
            Wish::Anew { id, .. } => Some(*id),
            Wish::Mended(row) => Some(row.id),
        }
    }

    /// The row, made if it is new. `None` if it wants no job any more; refuses what cannot be paid, or made.
    pub fn row(&self, db: &Connection, now: i64) -> Result<Option<i64>, Error> {
        match self {
            Wish::New { user, look, run } => {
                payable(db, *user, look)?;
                Ok(Some(avatar::create(db, *user, look, run, now)?))
            }
            Wish::Anew { id, look, .. } => {
                let row = found(db, *id)?;
                payable(db, row.user, &next(&row, *look)?)?;
                Ok(Some(*id))
            }
            Wish::Mended(row) => Ok(avatar::is_still(db, row)?.then_some(row.id)),
        }
    }

    /// Its job is new: so the row begins, if it is to begin anew.
    pub fn begin(&self, db: &Connection, now: i64) -> Result<(), Error> {
        let Wish::Anew { id, look, run } = self else { return Ok(()) };
        let look = next(&found(db, *id)?, *look)?;
        Ok(avatar::restart(db, *id, &look, run, now)?)
    }
}

fn found(db: &Connection, id: i64) -> Result<Avatar, Error> {
    avatar::find(db, id)?.ok_or_else(|| Error::Asked(format!("make avatar {id} anew: there is none")))
}

/// How it looks when it is made anew.
fn next(row: &Avatar, look: Option<Look>) -> Result<Look, Error> {
    let unreadable = |wrong: &str| {
        let id = row.id;
        Error::Asked(format!("make avatar {id} anew: its look cannot be read ({wrong}); use the build that wrote it"))
    };
    look.map_or_else(|| row.look.look().map_err(unreadable), Ok)
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
