//! From the process's arguments to what was typed.
//!
//! What clap does not do: the colon forms (`queue:work`, `deploy:check`) that people bring along become the words they
//! stand for, `--store` and `--json` may stand before the command, help shows no value of the environment (it may be an
//! address with a password), and what is wrong is said the way the house says it. Which words may stand before a colon
//! follows from the commands themselves, so an application's own groups (`avatars:reconcile`) work without being named here.

use std::{
    ffi::{OsStr, OsString},
    io,
};

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
    let typed: Vec<OsString> = std::env::args_os().collect();
    read::<T>(&typed).map_err(|error| {
        let name = T::command().get_name().to_owned();
        let mut print = Print::of_process(wants_json(&typed));
        let failure = match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => match error.print() {
                // Help that nobody reads to its end (`… | head`) is no failure.
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    Failure::new(Exit::Machine, format!("write the help: {error}"))
                }
                _ => return Exit::Well,
            },
            // No command was typed, or only its group: what could be is more help than what is wrong with that.
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if !wants_json(&typed) => {
                print.note(error.to_string());
                return Exit::Usage;
            }
            _ => misread(&error),
        };
        print.failure(&name, &failure);
        failure.exit
    })
}

/// Reads words as a `T`, the colon forms included, the first of them the program's name: for an application that holds the commands
/// of its own schedule to what it knows, before the first of them is due.
///
/// ```
/// # #[derive(clap::Parser)] struct Typed { #[command(subcommand)] command: banto_cli::Commands }
/// assert!(banto_cli::parse_from::<Typed>(["shop", "queue:work", "--queue", "mail"]).is_ok());
/// let fault = banto_cli::parse_from::<Typed>(["shop", "queue:wrok"]).err().unwrap();
/// assert!(fault.text.contains("wrok"), "{}", fault.text);
/// ```
pub fn parse_from<T: Parser>(words: impl IntoIterator<Item = impl Into<OsString>>) -> Result<T, Failure> {
    read::<T>(&words.into_iter().map(Into::into).collect::<Vec<_>>()).map_err(|error| misread(&error))
}

fn read<T: Parser>(typed: &[OsString]) -> Result<T, clap::Error> {
    let mut command = hushed(T::command());
    let matches = command.try_get_matches_from_mut(spelled::<T>(typed.iter().cloned()))?;
    T::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// The commands with no value of the environment in their help.
fn hushed(command: Command) -> Command {
    command.mut_args(|flag| flag.hide_env_values(true)).mut_subcommands(hushed)
}

/// Whether what is wrong is to be said to a program. Asked of what was typed, for nothing could be read from it.
fn wants_json(typed: &[OsString]) -> bool {
    typed.iter().skip(1).take_while(|word| *word != "--").any(|word| word == "--json")
}

/// What clap could not read, as the house says it.
pub(crate) fn misread(error: &clap::Error) -> Failure {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Failure::usage("read the command: it does not say what to do; --help behind it lists what can be done");
    }
    let text = error.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    Failure::usage(format!("read the command: {}", text.trim_end()))
}

/// The arguments with a colon form parted into its words, and with `--store` and `--json` behind the first of them. Only
/// the first word that is no flag and no flag's value can be a command, so that texts and names are left alone.
pub(crate) fn spelled<T: CommandFactory>(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let program = T::command();
    let groups = groups(&program);
    let mut arguments = arguments.into_iter();
    let mut spelled: Vec<OsString> = arguments.next().into_iter().collect();
    let (shared, arguments) = ahead(&program, arguments.collect());
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
                open &= argument != "--" && (flag || value || argument == "help");
                value = flag && !argument.as_encoded_bytes().contains(&b'=');
                spelled.push(argument);
            }
        }
    }
    // Help and version are the same whatever stands before them, and take no flags.
    if spelled.get(1).is_some_and(|word| ["help", "--help", "-h", "--version", "-V"].iter().any(|asks| word == asks)) {
        return spelled;
    }
    let command = spelled.get(1).is_some_and(|word| !word.as_encoded_bytes().starts_with(b"-"));
    let place = if command { 2 } else { 1 }.min(spelled.len());
    spelled.splice(place..place, shared);
    spelled
}

/// The flags of every command that were typed before the command, and the rest. What the program has itself stays its own.
fn ahead(program: &Command, arguments: Vec<OsString>) -> (Vec<OsString>, Vec<OsString>) {
    let ours = |name: &str| !program.get_arguments().any(|flag| flag.get_long() == Some(name));
    let (store, json) = (ours("store"), ours("json"));
    let mut until = 0;
    while let Some(argument) = arguments.get(until).map(|argument| argument.as_encoded_bytes()) {
        until += match argument {
            b"--store" if store && until + 1 < arguments.len() => 2,
            b"--json" if json => 1,
            argument if store && argument.starts_with(b"--store=") => 1,
            _ => break,
        };
    }
    let mut shared = arguments;
    let rest = shared.split_off(until);
    (shared, rest)
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
            ("banto schedule:run", "banto schedule run"),
            ("banto schedule test schedule:run", "banto schedule test schedule:run"),
            ("banto --store sqlite://x queue:list", "banto queue --store sqlite://x list"),
            ("banto --store sqlite://x queue list", "banto queue --store sqlite://x list"),
            ("banto --json --store x migrate", "banto migrate --json --store x"),
            ("banto --json queue:failed", "banto queue --json failed"),
            ("banto --store=x queue:nonsense", "banto queue --store=x nonsense"),
            ("banto --store queue:list", "banto --store queue:list"),
            ("banto --verbose --store x", "banto --verbose --store x"),
            ("banto avatars:reconcile --dry-run", "banto avatars reconcile --dry-run"),
            ("banto avatar:reconcile", "banto avatar reconcile"),
            ("banto --json --help", "banto --help"),
            ("banto --store x -V", "banto -V"),
            ("banto --store=x --json help", "banto help"),
            ("banto help queue:work", "banto help queue work"),
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
            "banto note queue:work",
        ] {
            assert_eq!(words(typed), typed);
        }
    }

    #[test]
    fn words_without_a_command_are_told_so() {
        let failure = parse_from::<Typed>(["banto"]).unwrap_err();
        assert!(failure.text.ends_with("--help behind it lists what can be done"), "{}", failure.text);
    }

    #[test]
    fn what_is_typed_before_the_command_counts() {
        for typed in ["banto --store x queue:list --json", "banto --json queue list --store=x"] {
            let typed: Vec<OsString> = typed.split(' ').map(OsString::from).collect();
            let Verb::Banto(command) = read::<Typed>(&typed).unwrap()._verb else { panic!("not banto's") };
            assert_eq!((command.shared().store.as_deref(), command.shared().json), (Some("x"), true));
        }
    }

    #[test]
    fn an_application_keeps_a_flag_of_its_own() {
        #[derive(Debug, Parser)]
        struct Own {
            #[arg(long)]
            store: Option<String>,
            #[command(subcommand)]
            verb: crate::Commands,
        }
        let words = "banto --store x queue list".split(' ').map(OsString::from);
        let spelled = spelled::<Own>(words);
        assert_eq!(spelled.join(OsStr::new(" ")), "banto --store x queue list");
    }

    #[test]
    fn help_shows_no_value_of_the_environment() {
        #[derive(Debug, Parser)]
        struct Secret {
            /// Where
            #[arg(long, env = "PATH")]
            place: Option<String>,
        }
        let path = std::env::var("PATH").unwrap();
        let help = hushed(Secret::command()).render_long_help().to_string();
        assert!(help.contains("PATH") && !help.contains(&path), "{help}");
    }

    #[test]
    fn odd_bytes_are_left_alone() {
        use std::os::unix::ffi::OsStringExt;
        let odd = OsString::from_vec(vec![b'q', 0xff, b':']);
        assert_eq!(spelled::<Typed>([OsString::from("banto"), odd.clone()]), [OsString::from("banto"), odd]);
    }
}
