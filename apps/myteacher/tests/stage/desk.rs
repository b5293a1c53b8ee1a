//! A desk at which one painter and one writer sit: what they were asked is written down, one call can be made to never
//! end, and one item to panic. Their work is the item's name, which costs nothing to make.

use std::sync::{Arc, Mutex};

use myteacher::{
    failure::Failure,
    port::{BoxFuture, PaintOrder, Painted, Painter, WriteOrder, Writer, Written},
};
use tokio::sync::Notify;

#[derive(Clone, Default)]
pub struct Desk(Arc<Inner>);

#[derive(Default)]
struct Inner {
    asked: Mutex<Vec<String>>,
    stuck: Mutex<Option<usize>>,
    panics: Mutex<Option<&'static str>>,
    reached: Notify,
}

impl Desk {
    /// What was asked so far, in order.
    pub fn asked(&self) -> Vec<String> {
        self.0.asked.lock().unwrap().clone()
    }

    /// The call with that number, counted from 0, never ends.
    pub fn sticks_at(&self, call: Option<usize>) {
        *self.0.stuck.lock().unwrap() = call;
    }

    /// Whoever is asked for that item panics.
    pub fn panics_at(&self, item: Option<&'static str>) {
        *self.0.panics.lock().unwrap() = item;
    }

    /// Waits for the call that never ends.
    pub async fn reached(&self) {
        self.0.reached.notified().await;
    }

    async fn called(&self, item: String) {
        let broken = *self.0.panics.lock().unwrap();
        assert_ne!(broken, Some(item.as_str()), "the pencil broke");
        let call = {
            let mut asked = self.0.asked.lock().unwrap();
            asked.push(item);
            asked.len() - 1
        };
        if *self.0.stuck.lock().unwrap() == Some(call) {
            self.0.reached.notify_one();
            std::future::pending::<()>().await;
        }
    }

    async fn painted(&self, item: String, order: &PaintOrder) -> Result<Painted, Failure> {
        let (png, seed) = (item.clone().into_bytes(), order.look.seed);
        self.called(item).await;
        Ok(Painted { png, model: "desk".into(), seed, cost_units: 1 })
    }
}

impl Painter for Desk {
    fn name(&self) -> &'static str {
        "desk"
    }

    fn missing(&self) -> Vec<String> {
        Vec::new()
    }

    fn paint<'a>(&'a self, order: &'a PaintOrder) -> BoxFuture<'a, Result<Painted, Failure>> {
        Box::pin(self.painted(order.picture.to_string(), order))
    }

    fn cut_out<'a>(&'a self, order: &'a PaintOrder, painted: &'a Painted) -> BoxFuture<'a, Result<Painted, Failure>> {
        let drawn = order.picture.to_string();
        assert_eq!(painted.png, drawn.as_bytes(), "it is given the drawing of this very picture");
        Box::pin(self.painted(format!("{drawn} cut out"), order))
    }
}

impl Writer for Desk {
    fn name(&self) -> &'static str {
        "desk"
    }

    fn missing(&self) -> Vec<String> {
        Vec::new()
    }

    fn write<'a>(&'a self, order: &'a WriteOrder) -> BoxFuture<'a, Result<Written, Failure>> {
        Box::pin(async move {
            self.called(order.event.to_string()).await;
            let text = order.event.moment().to_owned();
            Ok(Written { text, model: "desk".into(), tokens_in: 1, tokens_out: 1 })
        })
    }
}
