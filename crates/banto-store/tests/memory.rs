//! Every promise, kept by the reference store.

use std::sync::{Arc, Mutex};

use banto_store::{
    GivenClock, Store,
    memory::Memory,
    suite::{Opening, Place},
};

#[derive(Default)]
struct InMemory(Mutex<Option<Memory>>);

impl Place for InMemory {
    fn open(&self, clock: GivenClock) -> Opening<'_, Arc<dyn Store>> {
        let memory = Memory::new(Arc::new(clock), 1);
        *self.0.lock().unwrap() = Some(memory.clone());
        Box::pin(async move { Arc::new(memory) as Arc<dyn Store> })
    }

    fn again(&self, _: GivenClock) -> Opening<'_, Option<Arc<dyn Store>>> {
        let memory = self.0.lock().unwrap().clone();
        Box::pin(async move { memory.map(|memory| Arc::new(memory) as Arc<dyn Store>) })
    }
}

banto_store::suite!(InMemory::default());
