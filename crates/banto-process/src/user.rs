//! The user a program runs as.
//!
//! A name or a number becomes ids, groups and a home before the start, because nothing may be looked up between fork
//! and exec. Another user than our own needs root, and that is said before the start.

use std::ffi::{CString, OsString};

use banto_core::text::visible;
use rustix::process::{geteuid, getuid};

use crate::child;

/// Somebody in the user database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub uid: u32,
    pub gid: u32,
    pub groups: Vec<u32>,
    pub name: OsString,
    pub home: OsString,
    pub shell: OsString,
}

impl User {
    /// What the environment says of a user.
    pub fn env(&self) -> impl Iterator<Item = (&'static str, OsString)> {
        let login = [("USER", &self.name), ("LOGNAME", &self.name), ("HOME", &self.home), ("SHELL", &self.shell)];
        login.into_iter().map(|(name, value)| (name, value.clone()))
    }
}

/// Who we are, for people: `app (1000)`.
pub(crate) fn own() -> String {
    let uid = geteuid().as_raw();
    match child::user_by_id(uid) {
        Ok(Some(user)) => format!("the user {} ({uid})", visible(&user.name.to_string_lossy(), 80)),
        _ => format!("the user {uid}"),
    }
}

/// Looks a user up. None if it is who we are anyway. The text of an error fits after "could not".
pub(crate) fn look_up(name_or_uid: &str) -> Result<Option<User>, String> {
    let shown = visible(name_or_uid, 80);
    let unknown = || format!("find the user \"{shown}\": the system knows no such user");
    let user = match name_or_uid.parse::<u32>() {
        Ok(uid) => child::user_by_id(uid),
        Err(_) => child::user_by_name(&CString::new(name_or_uid).map_err(|_| unknown())?),
    };
    let user = user.map_err(|error| format!("find the user \"{shown}\": {error}"))?.ok_or_else(unknown)?;
    if user.uid == geteuid().as_raw() && user.uid == getuid().as_raw() {
        return Ok(None);
    }
    if !geteuid().is_root() {
        return Err(format!(
            "run as the user \"{shown}\": only root can run as another user; start banto as root, or as that user"
        ));
    }
    Ok(Some(user))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_unknown_is_said_and_shown() {
        let error = look_up("no-such-user\u{1b}").unwrap_err();
        assert_eq!(error, "find the user \"no-such-user\\u{1b}\": the system knows no such user");
        assert!(look_up("a\0b").is_err());
        assert!(look_up("4294967294").unwrap_err().contains("no such user"));
    }

    #[test]
    fn who_we_are_needs_no_change() {
        let own = geteuid().as_raw().to_string();
        assert_eq!(look_up(&own), Ok(None));
    }
}
