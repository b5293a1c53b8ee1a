//! From the process's arguments to what was typed.
//!
//! Two things that clap does not do: the colon forms (`queue:work`, `deploy:check`) that people bring along become the
//! words they stand for, and what is wrong is said the way the house says it. Which words may stand before a colon follows
//! from the commands themselves, so an application's own groups (`avatars:reconcile`) work without being named here.

use std::ffi::{OsStr, OsString};

use clap::{Command, CommandFactory, Parser, error::ErrorKind};

use crate::{
    exit::{Exit, Failure},
    print::Print,
};

/// Reads this process's arguments as a `T`, the colon forms included: every command that has commands below it, banto's
/// and the application's own, may be followed by a colon. Help and version are printed here; what is wrong is
/// said here. Both end in the exit code to return.
///
/// ```no_run
/// # #[derive(clap::Parser)] struct Typed { #[command(subcommand)] command: banto_cli::Commands }
/// let typed = match banto_cli::parse::<Typed>() {
///     Ok(typed) => typed,
///     Err(exit) => std::process::exit(exit.code().into()),
/// };
/// ```
pub fn parse<T: Parser>() -> Result<T, Exit> {
    T::try_parse_from(spelled::<T>(std::env::args_os())).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // Help that nobody reads to its end (`… | head`) is no failure.
            let _ = error.print();
            Exit::Well
        }
        _ => {
            let name = T::command().get_name().to_owned();
            let failure = misread(&error);
            Print::of_process(false).note(format!("{name}: could not {}", failure.text));
            failure.exit
        }
    })
}

/// What clap could not read, as the house says it.
pub(crate) fn misread(error: &clap::Error) -> Failure {
    let text = error.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    Failure::usage(format!("read the command: {}", text.trim_end()))
}

/// The arguments with a colon form parted into its words. Only the first word that is no flag and no flag's value can be
/// one, so that texts and names are left alone.
pub(crate) fn spelled<T: CommandFactory>(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let groups = groups(&T::command());
    let mut spelled: Vec<OsString> = Vec::new();
    let mut arguments = arguments.into_iter();
    spelled.extend(arguments.next());
    let mut open = true; // whether a command may still come
    let mut value = false; // whether this one may be the value of a flag
    for argument in arguments {
        let flag = argument.as_encoded_bytes().starts_with(b"-");
        match parted(&argument, &groups).filter(|_| open && !flag) {
            Some((group, verb)) => {
                spelled.extend([group, verb]);
                open = false;
            }
            None => {
                open &= argument != "--" && (flag || value);
                value = flag && !argument.as_encoded_bytes().contains(&b'=');
                spelled.push(argument);
            }
        }
    }
    spelled
}

/// The words that may stand before a colon: the commands that have commands below them, by all their names.
fn groups(program: &Command) -> Vec<String> {
    let grouped = program.get_subcommands().filter(|command| command.has_subcommands());
    let names = grouped.flat_map(|command| command.get_all_aliases().chain([command.get_name()]));
    names.map(str::to_owned).collect()
}

fn parted(argument: &OsStr, groups: &[String]) -> Option<(OsString, OsString)> {
    let (group, verb) = argument.to_str()?.split_once(':')?;
    let known = groups.iter().any(|own| own == group);
    (known && !verb.is_empty()).then(|| (group.into(), verb.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An application with banto's commands, a group of its own and a command that is none.
    #[derive(Debug, Parser)]
    struct Typed {
        #[command(subcommand)]
        _verb: Verb,
    }

    #[derive(Debug, clap::Subcommand)]
    enum Verb {
        #[command(subcommand, alias = "avatar")]
        Avatars(Own),
        Note,
        #[command(flatten)]
        Banto(crate::Commands),
    }

    #[derive(Debug, clap::Subcommand)]
    enum Own {
        Reconcile,
    }

    fn words(typed: &str) -> String {
        let spelled = spelled::<Typed>(typed.split(' ').map(OsString::from));
        spelled.join(OsStr::new(" ")).into_string().unwrap()
    }

    #[test]
    fn the_colon_forms_are_the_words() {
        for (typed, meant) in [
            ("banto queue:work --once", "banto queue work --once"),
            ("banto deploy:check", "banto deploy check"),
            ("banto --store sqlite://x queue:list", "banto --store sqlite://x queue list"),
            ("banto --json queue:failed", "banto --json queue failed"),
            ("banto --store=x queue:nonsense", "banto --store=x queue nonsense"),
            ("banto avatars:reconcile --dry-run", "banto avatars reconcile --dry-run"),
            ("banto avatar:reconcile", "banto avatar reconcile"),
        ] {
            assert_eq!(words(typed), meant);
        }
    }

    #[test]
    fn everything_else_is_left_alone() {
        for typed in [
            "banto",
            "banto queue enqueue queue:work",
            "banto queue pause mail --reason queue:work",
            "banto -- queue:work",
            "banto queue:",
            "banto schedule:run",
            "banto note queue:work",
        ] {
            assert_eq!(words(typed), typed);
        }
    }

    #[test]
    fn odd_bytes_are_left_alone() {
        use std::os::unix::ffi::OsStringExt;
        let odd = OsString::from_vec(vec![b'q', 0xff, b':']);
        assert_eq!(spelled::<Typed>([OsString::from("banto"), odd.clone()]), [OsString::from("banto"), odd]);
    }
}
