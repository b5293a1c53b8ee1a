//! The lines of a crontab as schedules.
//!
//! For whoever has one and wants it to go on as it stands, and for `import crontab`. A crontab's command is a text for a
//! shell by its nature, so it runs as cron runs it: by `/bin/sh -c`, or the `SHELL` that the crontab sets, in `HOME`. What
//! was missed is not made up for, because cron does not. What we cannot do is a fault with its line, never left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use banto_core::{
    Missed, Schedule, ScheduleName, Timing, Zone,
    crontab::{self, Form, Line},
    limits::CRONTAB_BYTES_MAX,
    text::visible,
};
use banto_process::Spec;
use toml::de::DeValue;

use super::{
    keys::CRONTAB,
    open,
    schedule::{Does, Written},
    source::{Fault, Source},
    value::Value,
};

/// Longest part of a name that comes from a command, in bytes.
const NAME_BYTES_MAX: usize = 60;
/// Variables that speak to cron and not to the command.
const FOR_CRON: [&str; 4] = ["SHELL", "MAILTO", "MAILFROM", "RANDOM_DELAY"];

/// The schedules of a crontab that a file names; faults go to that file's.
pub(crate) fn read(value: Value<'_>, zone: &Zone) -> Vec<Written> {
    let (name, form) = match value.inner() {
        DeValue::Table(_) => {
            let Some(table) = value.table(&CRONTAB) else { return Vec::new() };
            if !table.has("file") {
                table
                    .fault("know which crontab is meant: file is wanted, as { file = \"crontab\", form = \"system\" }");
            }
            let forms = [("user", Form::User), ("system", Form::System), ("supercronic", Form::Supercronic)];
            (table.get("file"), table.read("form", |value| value.word(&forms)).unwrap_or(Form::User))
        }
        _ => (Some(value), Form::User),
    };
    let Some((at, name)) = name.and_then(|at| at.text().map(|text| (at, text))) else { return Vec::new() };
    let path = value.source.path(name);
    let text = match open::text_of(&path, CRONTAB_BYTES_MAX) {
        Ok(text) => text,
        Err(why) => {
            at.fault(why);
            return Vec::new();
        }
    };
    let (written, faults) = schedules(&text, &path, name, form, zone);
    faults.into_iter().for_each(|fault| value.source.push(fault));
    written.into_iter().map(|(_, written)| written).collect()
}

/// A schedule and the number of its line.
pub(crate) type Numbered = (usize, Written);

/// The schedules of a crontab's text, and its faults; `called` is how people call the file.
pub(crate) fn schedules(text: &str, path: &Path, called: &str, form: Form, zone: &Zone) -> (Vec<Numbered>, Vec<Fault>) {
    let read = crontab::read(text, form);
    let source = Source::new(text, path);
    let called = visible(called, 200);
    let fault = |line: usize, text: String| Fault { line, column: 1, file: called.clone(), text };
    let mut faults: Vec<Fault> =
        read.faults.iter().map(|wrong| fault(wrong.number, wrong.refusal.to_string())).collect();
    let named: Vec<Named<'_>> =
        read.lines.iter().map(|line| Named { command: &line.command, when: line.cron.as_str() }).collect();
    let mut written = Vec::new();
    for (line, name) in read.lines.iter().zip(names(&named)) {
        if line.stdin.is_some() {
            let say = "have a % feed its standard input: a command's standard input is closed here; write \
                printf '%s' … | command, with \\% for each %";
            faults.push(fault(line.number, say.to_owned()));
            continue;
        }
        let mut schedule = Schedule::new(name, Timing::Cron(vec![line.cron.clone()]));
        schedule.zone = line.zone.clone().unwrap_or_else(|| zone.clone());
        schedule.missed = Missed::Skip;
        let spec = spec(line, form, &source.folder);
        let source = format!("{called}:{}", line.number);
        let does = Does::Run(Box::new(spec));
        written.push((line.number, Written::new(schedule, does, source)));
    }
    (written, faults)
}

/// The command as cron would run it.
fn spec(line: &Line, form: Form, folder: &Path) -> Spec {
    let shell = line.environment.get("SHELL").filter(|shell| !shell.is_empty() && *shell != "/bin/sh");
    let mut spec = match shell {
        None => Spec::shell(&line.command),
        Some(shell) => Spec::argv([shell.as_str(), "-c", line.command.as_str()]),
    };
    let home = line.environment.get("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    spec.dir = match form {
        Form::User => home.or_else(|| std::env::var_os("HOME").map(PathBuf::from)),
        Form::System => home.or_else(|| Some(PathBuf::from("/"))),
        // It runs everything where it stands itself: beside its crontab, as a rule.
        Form::Supercronic => Some(folder.to_owned()),
    };
    spec.user = line.user.clone();
    let variables = line.environment.iter().filter(|(name, _)| !FOR_CRON.contains(&name.as_str()));
    spec.env.set = variables.map(|(name, value)| (name.clone(), value.clone())).collect();
    spec
}

/// A command and when it is due, from which its schedule's name is made.
pub(crate) struct Named<'a> {
    /// As the crontab has it.
    pub command: &'a str,
    /// The expression's text.
    pub when: &'a str,
}

/// A name for each, from the words of its command, so that it stays when lines move. Those that would share one get a sign
/// of their time and command too, and equal ones a number.
pub(crate) fn names(all: &[Named<'_>]) -> Vec<ScheduleName> {
    let bare: Vec<String> = all.iter().map(|one| slug(one.command)).collect();
    let mut count = BTreeMap::<&str, usize>::new();
    for name in &bare {
        *count.entry(name).or_default() += 1;
    }
    let mut taken = BTreeSet::new();
    let mut named = Vec::new();
    for (one, name) in all.iter().zip(&bare) {
        let shared = count.get(name.as_str()).is_some_and(|count| *count > 1);
        let name = if shared { format!("{name}-{}", sign(one)) } else { name.clone() };
        let more = (2..).map(|n| format!("{name}-{n}"));
        let free = std::iter::once(name.clone()).chain(more).find(|name| !taken.contains(name)).unwrap_or(name);
        taken.insert(free.clone());
        // A slug is short and made of the letters that a name allows.
        named.extend(ScheduleName::new(&free));
    }
    named
}

/// The words of a command that say what it does, joined by hyphens: its program without its folder, and its arguments; not
/// where it goes first (`cd … &&`), not the variables before it and nothing from the first pipe or redirection on.
fn slug(command: &str) -> String {
    let moved = command.trim_start().strip_prefix("cd ").and_then(|rest| rest.split_once(['&', ';']));
    let text = moved.map_or(command, |(_, rest)| rest).trim_start_matches(['&', '(', '{', ' ', '\t']);
    let end = text.find(['|', '>', '<', ';', '&']).unwrap_or(text.len());
    let (text, rest) = text.split_at(end);
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let stream = |word: &&str| rest.starts_with(['<', '>']) && text.ends_with(word) && is_number(word);
    words.truncate(words.len() - usize::from(words.last().is_some_and(stream)));
    let set = |word: &&str| word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && !name.starts_with('-'));
    let mut words = words.into_iter().skip_while(set);
    let program = words.next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() || ".:_".contains(c) { c } else { '-' };
    let all: String = std::iter::once(program).chain(words).collect::<Vec<_>>().join("-").chars().map(plain).collect();
    let parts: Vec<&str> = all.split('-').filter(|part| !part.is_empty()).collect();
    let name = parts.join("-");
    let name = name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    let cut = name.get(..NAME_BYTES_MAX).unwrap_or(name).trim_end_matches(['-', '.', ':', '_']);
    if cut.is_empty() { "command".to_owned() } else { cut.to_owned() }
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Four letters that follow from a time and a command: the same in every build.
fn sign(one: &Named<'_>) -> String {
    let timing = Timing::Every(60);
    let print =
        ScheduleName::new("sign").map(|name| Schedule::new(name, timing).fingerprint_with(&[one.when, one.command]));
    format!("{:04x}", print.unwrap_or_default() & 0xffff)
}

#[cfg(test)]
#[path = "crontab_tests.rs"]
mod tests;
