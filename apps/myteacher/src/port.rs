//! What the avatar job asks of a provider: paint a picture, cut out its background, write a comment.
//!
//! Every provider (offline, Replicate, OpenAI) stands behind [`Painter`] or [`Writer`], chosen by configuration and
//! held as `Arc<dyn Painter>`. An order is filled or fails with a [`Failure`] that says why; a provider never retries a
//! refusal on its own, never softens a prompt on its own, and never charges anybody: the job decides all three.

use crate::event::CommentEvent;
use crate::failure::Failure;
use crate::look::{Look, Picture};
use std::pin::Pin;
use tokio_util::sync::CancellationToken;

/// A future that can be held behind an object-safe trait.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How far a prompt can be softened; see [`PaintOrder::softness`] and [`WriteOrder::softness`].
pub const SOFTNESS_MAX: u8 = 3;

/// One picture to be painted.
#[derive(Clone, Debug)]
pub struct PaintOrder {
    /// The teacher, its seed included.
    pub look: Look,
    /// Pose and expression.
    pub picture: Picture,
    /// How far moderation made us soften the prompt, 0 to [`SOFTNESS_MAX`]: 1 drops words that trigger, 2 also
    /// weakens all weights, 3 also replaces the expression's words by neutral ones.
    pub softness: u8,
    /// Fires when the order is called off: the provider cancels what it has begun (a running prediction is billed)
    /// and answers [`Failure::CalledOff`].
    pub cancel: CancellationToken,
}

impl PaintOrder {
    /// An order that was not softened and that nobody calls off.
    pub fn new(look: Look, picture: Picture) -> Self {
        Self { look, picture, softness: 0, cancel: CancellationToken::new() }
    }
}

/// A painted picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Painted {
    /// The picture, encoded as PNG.
    pub png: Vec<u8>,
    /// The model that painted it, as the provider names it.
    pub model: String,
    /// The seed it was painted with.
    pub seed: u32,
    /// How many images the provider billed; what one costs is decided by the price list, not here.
    pub cost_units: u32,
}

/// Paints pictures of a teacher.
pub trait Painter: Send + Sync {
    /// The provider's short name, for logs and tables.
    fn name(&self) -> &'static str;

    /// The names of all settings it lacks; empty when it can work. Asked before a worker starts, and touches no network.
    fn missing(&self) -> Vec<String>;

    /// Paints one picture. Painting the same order twice is allowed and is billed twice by most providers.
    fn paint<'a>(&'a self, order: &'a PaintOrder) -> BoxFuture<'a, Result<Painted, Failure>>;

    /// Removes the background of a picture that was painted for this very order.
    fn cut_out<'a>(&'a self, order: &'a PaintOrder, painted: &'a Painted) -> BoxFuture<'a, Result<Painted, Failure>>;
}

/// How many characters a comment may have.
pub const COMMENT_CHARS_MAX: usize = 50;

/// One comment to be written.
#[derive(Clone, Debug)]
pub struct WriteOrder {
    /// The teacher: its personality shapes the words, its seed picks among equals.
    pub look: Look,
    /// The moment to comment on.
    pub event: CommentEvent,
    /// How far moderation made us soften the prompt, 0 to [`SOFTNESS_MAX`]: 1 asks for no feeling, 2 also for no tone and
    /// no humor, 3 for a plain kind word of nobody in particular.
    pub softness: u8,
    /// Fires when the order is called off: the provider stops and answers [`Failure::CalledOff`].
    pub cancel: CancellationToken,
}

impl WriteOrder {
    /// An order that was not softened and that nobody calls off.
    pub fn new(look: Look, event: CommentEvent) -> Self {
        Self { look, event, softness: 0, cancel: CancellationToken::new() }
    }
}

/// A written comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// One line of Japanese, 1 to [`COMMENT_CHARS_MAX`] characters.
    pub text: String,
    /// The model that wrote it, as the provider names it.
    pub model: String,
    /// Tokens the provider billed for reading the order.
    pub tokens_in: u32,
    /// Tokens the provider billed for the answer.
    pub tokens_out: u32,
}

/// Writes the teacher's comments.
pub trait Writer: Send + Sync {
    /// The provider's short name, for logs and tables.
    fn name(&self) -> &'static str;

    /// The names of all settings it lacks; empty when it can work. Asked before a worker starts, and touches no network.
    fn missing(&self) -> Vec<String>;

    /// Writes one comment.
    fn write<'a>(&'a self, order: &'a WriteOrder) -> BoxFuture<'a, Result<Written, Failure>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_traits_can_be_held_behind_a_pointer() {
        fn shared<T: ?Sized + Send + Sync>() {}
        shared::<dyn Painter>();
        shared::<dyn Writer>();
    }

    #[test]
    fn an_order_is_called_off_through_a_clone_of_its_token() {
        let picture = Look::default().pictures()[0];
        let order = PaintOrder::new(Look::default(), picture);
        order.cancel.clone().cancel();
        assert!(order.cancel.is_cancelled());
    }
}
