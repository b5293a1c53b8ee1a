//! The painter that needs no key and no network: it draws the teacher itself, as vectors.
//!
//! For the demo, for tests and for users without a key. The same order always gives the same bytes, and all pictures of
//! a seed show the same character. It never refuses a picture, so an order's softness changes nothing here.

use super::figure;
use crate::failure::Failure;
use crate::look::{Look, Picture};
use crate::port::{BoxFuture, PaintOrder, Painted, Painter};

#[cfg(test)]
mod tests;

/// The name this painter's pictures carry as their model.
pub const MODEL: &str = "offline";

/// Draws anime-like teachers of [`SIDE_PX`](super::SIDE_PX) squared.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfflinePainter;

impl Painter for OfflinePainter {
    fn name(&self) -> &'static str {
        MODEL
    }

    /// Nothing is ever missing.
    fn missing(&self) -> Vec<String> {
        Vec::new()
    }

    /// Paints with the classroom behind the teacher, or with nothing if the look is transparent.
    fn paint<'a>(&'a self, order: &'a PaintOrder) -> BoxFuture<'a, Result<Painted, Failure>> {
        Box::pin(filled(order, !order.look.is_transparent))
    }

    /// Paints the same picture without the room: exact where a filter could only guess. It knows only its own
    /// pictures, so one of another model is a [`Failure::BadAttribute`].
    fn cut_out<'a>(&'a self, order: &'a PaintOrder, painted: &'a Painted) -> BoxFuture<'a, Result<Painted, Failure>> {
        Box::pin(async move {
            if painted.model != MODEL || painted.seed != order.look.seed {
                let what = format!(
                    "a picture by {} with seed {}; the offline painter cuts out only its own of seed {}",
                    painted.model, painted.seed, order.look.seed
                );
                return Err(Failure::BadAttribute { what: what.into() });
            }
            filled(order, false).await
        })
    }
}

/// Draws beside the runtime, as drawing is all work and no waiting, and stops waiting when the order is called off.
async fn filled(order: &PaintOrder, with_room: bool) -> Result<Painted, Failure> {
    let (look, picture) = (order.look, order.picture);
    if order.cancel.is_cancelled() {
        return Err(Failure::CalledOff);
    }
    let drawing = tokio::task::spawn_blocking(move || png(look, picture, with_room));
    let png = tokio::select! {
        () = order.cancel.cancelled() => return Err(Failure::CalledOff),
        drawn = drawing => match drawn {
            Ok(png) => png?,
            Err(stopped) if stopped.is_panic() => std::panic::resume_unwind(stopped.into_panic()),
            Err(_) => return Err(Failure::CalledOff),
        },
    };
    Ok(Painted { png, model: MODEL.to_owned(), seed: look.seed, cost_units: 1 })
}

/// One picture as PNG, with the room behind the teacher or with a transparent background.
///
/// # Errors
/// [`Failure::Outage`] if there is no memory for the sheet or the encoder fails.
pub fn png(look: Look, picture: Picture, with_room: bool) -> Result<Vec<u8>, Failure> {
    let sheet = figure::paint(look, picture, with_room)
        .ok_or_else(|| Failure::Outage { what: "no memory for a sheet of 512 x 512 pixels".into() })?;
    sheet.encode_png().map_err(|error| Failure::Outage { what: format!("png encoder: {error}").into() })
}
