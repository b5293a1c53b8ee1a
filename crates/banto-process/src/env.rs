//! What a program sees of the environment: an allow-list, what is passed on by name, and what is set.
//!
//! For programs that must not inherit our secrets, nor an `LD_PRELOAD` that somebody left in the shell we were started
//! from. Values are never printed.

use std::{collections::BTreeMap, ffi::OsString, fmt};

use banto_core::{Secrets, text::visible};

use crate::user::User;

/// The names that are passed on without being asked for; names that begin with `LC_` too.
pub const ALLOWED: [&str; 9] = ["PATH", "HOME", "LANG", "LANGUAGE", "TZ", "USER", "LOGNAME", "SHELL", "TMPDIR"];

/// Where programs are looked for when the environment has no `PATH`.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The environment of a program: [`ALLOWED`] and `LC_*` from ours, then what is passed on, then what is set.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Env {
    /// Further names to hand on from our environment, if they are there.
    pub pass: Vec<String>,
    /// What is set, over all else.
    pub set: BTreeMap<String, String>,
}

impl Env {
    /// The whole environment of the program. `HOME`, `USER`, `LOGNAME` and `SHELL` are those of `user` if it is another.
    pub(crate) fn build(
        &self,
        ours: impl Iterator<Item = (OsString, OsString)>,
        user: Option<&User>,
    ) -> BTreeMap<OsString, OsString> {
        let mut built: BTreeMap<OsString, OsString> = ours.filter(|(name, _)| self.passes(name)).collect();
        built.entry("PATH".into()).or_insert_with(|| PATH.into());
        if let Some(user) = user {
            built.extend(user.env().map(|(name, value)| (name.into(), value)));
        }
        built.extend(self.set.iter().map(|(name, value)| (name.into(), value.into())));
        built
    }

    /// What must not be seen of ours, and of what is set.
    pub(crate) fn secrets(&self, ours: impl Iterator<Item = (OsString, OsString)>) -> Secrets {
        let text = |text: OsString| text.to_string_lossy().into_owned();
        let set = self.set.iter().map(|(name, value)| (name.clone(), value.clone()));
        Secrets::of(ours.map(|(name, value)| (text(name), text(value))).chain(set))
    }

    fn passes(&self, name: &OsString) -> bool {
        let Some(name) = name.to_str() else { return false };
        ALLOWED.contains(&name) || name.starts_with("LC_") || self.pass.iter().any(|passed| passed == name)
    }

    pub(crate) fn faults(&self) -> impl Iterator<Item = String> {
        let wrong = |name: &&String| name.is_empty() || name.contains(['=', '\0']);
        let names = self.pass.iter().chain(self.set.keys()).filter(wrong).map(|name| {
            format!("set the variable \"{}\": a name is not empty and has no \"=\" in it", visible(name, 80))
        });
        let values = self.set.iter().filter(|(_, value)| value.contains('\0'));
        let values = values
            .map(|(name, _)| format!("set the variable \"{}\": its value has a zero byte in it", visible(name, 80)));
        names.chain(values)
    }
}

impl fmt::Debug for Env {
    /// Shows names only: values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env").field("pass", &self.pass).field("set", &self.set.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
        pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    fn names(env: &Env, pairs: &[(&str, &str)]) -> Vec<String> {
        let built = env.build(ours(pairs).into_iter(), None);
        built.into_keys().map(|name| name.into_string().unwrap()).collect()
    }

    #[test]
    fn only_the_allowed_are_handed_on() {
        let env = Env::default();
        let given =
            [("PATH", "/bin"), ("LC_ALL", "C"), ("LD_PRELOAD", "x"), ("APP_KEY", "s"), ("BASH_ENV", "x"), ("IFS", "x")];
        assert_eq!(names(&env, &given), ["LC_ALL", "PATH"]);
    }

    #[test]
    fn what_is_named_is_passed_on_and_what_is_set_wins() {
        let env = Env { pass: vec!["APP_KEY".into(), "GONE".into()], set: [("PATH".into(), "/opt".into())].into() };
        let built = env.build(ours(&[("PATH", "/bin"), ("APP_KEY", "s"), ("OTHER", "o")]).into_iter(), None);
        assert_eq!(built.get(&OsString::from("PATH")), Some(&"/opt".into()));
        assert_eq!(built.get(&OsString::from("APP_KEY")), Some(&"s".into()));
        assert_eq!(built.len(), 2);
    }

    #[test]
    fn there_is_always_a_path() {
        assert_eq!(Env::default().build(std::iter::empty(), None).len(), 1);
    }

    #[test]
    fn names_that_are_none_are_faults_and_values_are_not_shown() {
        let set = [("A=B", "1"), ("", "2"), ("OK", "sec\0ret")].map(|(name, value)| (name.into(), value.into()));
        let env = Env { pass: vec!["C\0".into()], set: set.into() };
        let faults: Vec<String> = env.faults().collect();
        assert_eq!(faults.len(), 4, "{faults:?}");
        assert!(!format!("{env:?} {faults:?}").contains("sec"));
    }
}
