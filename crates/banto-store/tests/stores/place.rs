//! A place in memory, before whose store another may stand.

use std::sync::{Arc, Mutex};

use banto_store::{
    Clock, GivenClock, Store,
    memory::Memory,
    suite::{Opening, Place},
};

/// Where the reference store is opened; `before` puts something before it.
pub struct InMemory<B> {
    before: B,
    memory: Mutex<Option<Memory>>,
}

impl<B: Fn(Memory) -> Arc<dyn Store> + Send + Sync + 'static> InMemory<B> {
    /// A place where `before` says what stands before the store.
    pub fn new(before: B) -> InMemory<B> {
        InMemory { before, memory: Mutex::new(None) }
    }
}

impl<B: Fn(Memory) -> Arc<dyn Store> + Send + Sync + 'static> Place for InMemory<B> {
    fn open(&self, clock: GivenClock) -> Opening<'_, Arc<dyn Store>> {
        let memory = Memory::new(Arc::new(clock) as Arc<dyn Clock>, 1);
        *self.memory.lock().unwrap() = Some(memory.clone());
        Box::pin(async move { (self.before)(memory) })
    }

    fn again(&self, _: GivenClock) -> Opening<'_, Option<Arc<dyn Store>>> {
        let memory = self.memory.lock().unwrap().clone();
        Box::pin(async move { memory.map(&self.before) })
    }
}
