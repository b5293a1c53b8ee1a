//! The offline painter, failing as told.

use std::{
    collections::VecDeque,
    ops::Deref,
    sync::{Arc, Mutex},
};

use myteacher::{
    failure::Failure,
    paint::offline::OfflinePainter,
    port::{BoxFuture, PaintOrder, Painted, Painter},
    write::offline::OfflineWriter,
};

use crate::stage;

/// One entry a call, `None` paints.
#[derive(Default)]
pub struct Scripted {
    script: Mutex<VecDeque<Option<Failure>>>,
    softness: Mutex<Vec<u8>>,
    lacks: Mutex<Vec<String>>,
    cuts: Mutex<VecDeque<Option<Failure>>>,
    billed: Mutex<Option<u32>>,
}

impl Scripted {
    pub fn then(&self, calls: impl IntoIterator<Item = Option<Failure>>) {
        self.script.lock().unwrap().extend(calls);
    }

    pub fn lack(&self, names: &[&str]) {
        *self.lacks.lock().unwrap() = names.iter().map(|name| (*name).to_owned()).collect();
    }

    /// The same for the removal of backgrounds.
    pub fn then_cut(&self, calls: impl IntoIterator<Item = Option<Failure>>) {
        self.cuts.lock().unwrap().extend(calls);
    }

    /// From now on a removal bills that many images.
    pub fn bills_for_a_cut(&self, units: u32) {
        *self.billed.lock().unwrap() = Some(units);
    }

    /// The softness of every call so far.
    pub fn calls(&self) -> Vec<u8> {
        self.softness.lock().unwrap().clone()
    }
}

impl Painter for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn missing(&self) -> Vec<String> {
        self.lacks.lock().unwrap().clone()
    }

    fn paint<'a>(&'a self, order: &'a PaintOrder) -> BoxFuture<'a, Result<Painted, Failure>> {
        self.softness.lock().unwrap().push(order.softness);
        match self.script.lock().unwrap().pop_front().flatten() {
            Some(failure) => Box::pin(async { Err(failure) }),
            None => OfflinePainter.paint(order),
        }
    }

    fn cut_out<'a>(&'a self, order: &'a PaintOrder, painted: &'a Painted) -> BoxFuture<'a, Result<Painted, Failure>> {
        if let Some(failure) = self.cuts.lock().unwrap().pop_front().flatten() {
            return Box::pin(async { Err(failure) });
        }
        let billed = *self.billed.lock().unwrap();
        Box::pin(async move {
            let cut = OfflinePainter.cut_out(order, painted).await?;
            Ok(Painted { cost_units: billed.unwrap_or(cut.cost_units), ..cut })
        })
    }
}

/// A stage whose painter is scripted.
pub struct Stage {
    pub painter: Arc<Scripted>,
    stage: stage::Stage,
}

impl Stage {
    pub async fn new() -> Stage {
        let (house, painter) = (stage::house(), Arc::new(Scripted::default()));
        let stage = stage::Stage::set(house, painter.clone(), Arc::new(OfflineWriter), None).await;
        Stage { painter, stage }
    }
}

impl Deref for Stage {
    type Target = stage::Stage;

    fn deref(&self) -> &stage::Stage {
        &self.stage
    }
}
