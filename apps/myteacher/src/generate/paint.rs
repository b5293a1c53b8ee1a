//! The pictures of a run: painted, cut out if asked, stored, and only then noted.
//!
//! A crash between storing and noting costs one picture, never a row without its file. Drawing and cutting out are paid for
//! apart, so each has its checkpoint: a provider that cannot remove a background just now is asked for that alone again.

use banto::{Context, JobError};

use crate::{
    app::App,
    avatar::{self, Avatar, Drawing, Made, Usage},
    failure::Failure,
    files::Files,
    look::{Look, Picture},
    port::{PaintOrder, Painted, SOFTNESS_MAX},
    price,
};

use super::{kept, policy, steps};

/// Paints what is not there yet.
pub(super) async fn all(run: &Context<App>, avatar: &Avatar, look: Look, made: &Made) -> Result<(), JobError> {
    let files = &run.state().files;
    files.ready(avatar).await.map_err(kept)?;
    for (done, picture) in look.pictures().into_iter().enumerate() {
        run.progress(done as u64, steps(&look), format!("painting {picture}"));
        let path = Files::path(avatar, picture);
        let noted = made.pictures.iter().any(|(_, have, _)| *have == path);
        if noted && files.has(&path).await.map_err(kept)? {
            continue;
        }
        let mut order = PaintOrder::new(look, picture);
        order.cancel = run.token().clone();
        if look.is_transparent {
            cut_out(run, avatar, &mut order).await?;
        } else {
            opaque(run, avatar, &mut order).await?;
        }
    }
    Ok(())
}

async fn opaque(run: &Context<App>, avatar: &Avatar, order: &mut PaintOrder) -> Result<(), JobError> {
    let (app, picture) = (run.state(), order.picture);
    let painted = softened(run, order).await?;
    let path = Files::path(avatar, picture);
    let (png, painted) = parted(painted);
    let bytes = put(app, &path, png).await?;
    let (avatar, look, provider, now) = (avatar.clone(), order.look, app.painter.name(), app.now());
    app.write(move |db| {
        let cost = price::picture(db, &look)?;
        avatar::used(db, &avatar, &usage(&picture.to_string(), provider, &painted, cost), now)?;
        Ok(avatar::pictured(db, &avatar, picture, &path, bytes, now)?)
    })
    .await?;
    Ok(())
}

async fn cut_out(run: &Context<App>, avatar: &Avatar, order: &mut PaintOrder) -> Result<(), JobError> {
    let (app, picture) = (run.state(), order.picture);
    let drawn = match drawing(run, avatar, picture).await? {
        Some(drawn) => drawn,
        None => draw(run, avatar, order).await?,
    };
    let cut = app.painter.cut_out(order, &drawn).await.map_err(|failure| policy(&failure))?;
    let path = Files::path(avatar, picture);
    let (png, cut) = parted(cut);
    let bytes = put(app, &path, png).await?;
    let (noted, provider, now) = (avatar.clone(), app.painter.name(), app.now());
    app.write(move |db| {
        // A provider that had nothing to remove did not do it, and is not paid for it.
        if cut.cost_units > 0 {
            let cost = price::cut_out(db)?;
            avatar::used(db, &noted, &usage(&format!("{picture} cut out"), provider, &cut, cost), now)?;
        }
        Ok(avatar::pictured(db, &noted, picture, &path, bytes, now)?)
    })
    .await?;
    if let Err(error) = app.files.delete(&Files::drawing(avatar, picture)).await {
        run.log(format!("the drawing of {picture} stays until the avatar is completed: {error}"));
    }
    Ok(())
}

/// What an earlier attempt drew, if it is really there.
async fn drawing(run: &Context<App>, avatar: &Avatar, picture: Picture) -> Result<Option<Painted>, JobError> {
    let (app, sought) = (run.state(), avatar.clone());
    let Some(drawing) = app.read(move |db| Ok(avatar::drawing(db, &sought, picture)?)).await? else { return Ok(None) };
    let png = app.files.get(&drawing.path).await.map_err(kept)?;
    Ok(png.map(|png| Painted { png, model: drawing.model, seed: drawing.seed, cost_units: 1 }))
}

/// Draws, and keeps the drawing until it is cut out.
async fn draw(run: &Context<App>, avatar: &Avatar, order: &mut PaintOrder) -> Result<Painted, JobError> {
    let (app, picture) = (run.state(), order.picture);
    let drawn = softened(run, order).await?;
    let path = Files::drawing(avatar, picture);
    put(app, &path, drawn.png.clone()).await?;
    let (avatar, look, provider, now) = (avatar.clone(), order.look, app.painter.name(), app.now());
    let noted = Painted { png: Vec::new(), ..drawn.clone() };
    app.write(move |db| {
        let cost = price::picture(db, &look)?;
        avatar::used(db, &avatar, &usage(&picture.to_string(), provider, &noted, cost), now)?;
        let drawing = Drawing { path, model: noted.model, seed: noted.seed };
        Ok(avatar::drawn(db, &avatar, picture, &drawing, now)?)
    })
    .await?;
    Ok(drawn)
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

/// The bytes, and what there is to note of them.
fn parted(painted: Painted) -> (Vec<u8>, Painted) {
    let Painted { png, model, seed, cost_units } = painted;
    (png, Painted { png: Vec::new(), model, seed, cost_units })
}

async fn put(app: &App, path: &str, png: Vec<u8>) -> Result<i64, JobError> {
    let bytes = i64::try_from(png.len()).unwrap_or(i64::MAX);
    app.files.put(path, png).await.map_err(kept)?;
    Ok(bytes)
}

fn usage<'a>(item: &'a str, provider: &'a str, painted: &'a Painted, cost: i64) -> Usage<'a> {
    Usage { item, provider, model: &painted.model, units: painted.cost_units, cost }
}
