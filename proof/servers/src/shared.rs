//! One server for many tests.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::{Postgres, Redis, Told};

pub(crate) static POSTGRES: One<Postgres> = One::new("BANTO_TEST_POSTGRES", Postgres::url);
pub(crate) static REDIS: One<Redis> = One::new("BANTO_TEST_REDIS", Redis::url);

/// A server that others use too. One of this process's own ends with the last that holds it.
#[derive(Debug, Clone)]
pub struct Shared<S> {
    url: String,
    _own: Option<Arc<S>>,
}

impl<S> Shared<S> {
    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// The one server of a sort in this process.
pub(crate) struct One<S> {
    variable: &'static str,
    url: fn(&S) -> String,
    own: Mutex<Weak<S>>,
}

impl<S> One<S> {
    const fn new(variable: &'static str, url: fn(&S) -> String) -> One<S> {
        One { variable, url, own: Mutex::new(Weak::new()) }
    }

    /// The one that the environment names, else this process's own, started when it is first asked for.
    pub fn get(&self, start: impl FnOnce() -> Told<S>) -> Told<Shared<S>> {
        if let Some(url) = std::env::var(self.variable).ok().filter(|url| !url.is_empty()) {
            return Ok(Shared { url, _own: None });
        }
        let mut known = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let server = match known.upgrade() {
            Some(server) => server,
            None => Arc::new(start()?),
        };
        *known = Arc::downgrade(&server);
        Ok(Shared { url: (self.url)(&server), _own: Some(server) })
    }
}
