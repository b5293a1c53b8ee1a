//! A key that cannot be shown by accident.
//!
//! It has no `Display`, no `Serialize` and no `PartialEq`, and `Debug` shows three stars. Only the HTTP client of this
//! crate can look inside, to put it into a header and to strike it out of whatever a server echoes.

use std::fmt;

/// A key or token.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes a key; `None` if it is empty or has a character that no header may carry.
    pub fn new(key: impl Into<String>) -> Option<Self> {
        let key = key.into();
        let fits = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then_some(Self(key))
    }

    pub(in crate::provider) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}
