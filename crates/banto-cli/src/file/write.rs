//! A schedule as `banto.toml` would have it.
//!
//! For `import`, which prints a file that its owner goes on with. What is as usual is left out; what is printed is read
//! back by a test as the same.

use banto_core::{Fold, Gap, Missed, Schedule, Timing, Weekday};
use banto_process::{Command, OutputFile, Signal, Spec};
use toml::Value as Toml;

use super::{Does, Written};

/// A text in quotes.
pub(crate) fn text(value: &str) -> String {
    Toml::String(value.to_owned()).to_string()
}

/// A list of texts in quotes.
pub(crate) fn list<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    let all: Vec<String> = values.into_iter().map(text).collect();
    format!("[{}]", all.join(", "))
}

/// A comment: each line with its sign before it, nothing in it that hides.
pub(crate) fn comment(said: &str) -> String {
    said.lines().map(|line| format!("# {}\n", banto_core::text::visible(line, 1_000))).collect()
}

/// A schedule with its section's head, in a file whose `timezone` is `zone`.
pub(crate) fn schedule(written: &Written, zone: &str) -> String {
    let mut lines = vec!["[[schedule]]".to_owned(), format!("name = {}", text(written.schedule.name.as_str()))];
    lines.extend(timing(&written.schedule));
    if written.schedule.zone.as_str() != zone {
        lines.push(format!("timezone = {}", text(written.schedule.zone.as_str())));
    }
    lines.extend(windows(&written.schedule));
    for (key, files) in [("when", &written.when), ("skip", &written.skip)] {
        let files: Vec<String> =
            files.iter().map(|file| format!("{{ file = {} }}", text(&file.to_string_lossy()))).collect();
        match files.as_slice() {
            [] => {}
            [one] => lines.push(format!("{key} = {one}")),
            many => lines.push(format!("{key} = [{}]", many.join(", "))),
        }
    }
    lines.extend(policies(&written.schedule));
    if let Does::Run(spec) = &written.does {
        lines.extend(command(spec));
    }
    lines.join("\n") + "\n"
}

fn timing(schedule: &Schedule) -> Vec<String> {
    match &schedule.timing {
        Timing::Every(seconds) => vec![format!("every = \"{seconds}s\"")],
        Timing::Cron(crons) => match crons.as_slice() {
            [one] => vec![format!("cron = {}", text(one.as_str()))],
            many => vec![format!("cron = {}", list(many.iter().map(|cron| cron.as_str())))],
        },
    }
}

fn windows(schedule: &Schedule) -> Vec<String> {
    let mut lines = Vec::new();
    let shown = |values: &[banto_core::Hours]| -> Vec<String> { values.iter().map(ToString::to_string).collect() };
    for (key, spans) in [("between", shown(&schedule.between)), ("unless_between", shown(&schedule.unless_between))] {
        if !spans.is_empty() {
            lines.push(format!("{key} = {}", list(spans.iter().map(String::as_str))));
        }
    }
    for (key, date) in [("from", schedule.from), ("until", schedule.until)] {
        lines.extend(date.map(|date| format!("{key} = {date}")));
    }
    if !schedule.weekdays.is_empty() {
        lines.push(format!("weekdays = {}", list(schedule.weekdays.iter().map(|day: &Weekday| day.word()))));
    }
    if !schedule.environments.is_empty() {
        lines.push(format!("environments = {}", list(schedule.environments.iter().map(|name| name.as_str()))));
    }
    lines.extend(schedule.gap.map(|gap| {
        format!(
            "gap = \"{}\"",
            match gap {
                Gap::Skip => "skip",
                Gap::Next => "next",
                Gap::Before => "before",
            }
        )
    }));
    lines.extend(schedule.fold.map(|fold| {
        format!(
            "fold = \"{}\"",
            match fold {
                Fold::First => "first",
                Fold::Second => "second",
                Fold::Both => "both",
            }
        )
    }));
    lines
}

fn policies(schedule: &Schedule) -> Vec<String> {
    let mut lines = Vec::new();
    match schedule.missed {
        Missed::Last => {}
        Missed::Skip => lines.push("missed = \"skip\"".to_owned()),
        Missed::All { max } => lines.push(format!("missed = {{ all = {max} }}")),
    }
    for (key, is) in [("no_overlap", schedule.no_overlap), ("even_in_maintenance", schedule.even_in_maintenance)] {
        if is {
            lines.push(format!("{key} = true"));
        }
    }
    lines.extend(schedule.group.as_ref().map(|group| format!("group = {}", text(group.as_str()))));
    lines.extend(schedule.description.as_ref().map(|said| format!("description = {}", text(said))));
    lines
}

fn command(spec: &Spec) -> Vec<String> {
    let mut lines = match &spec.command {
        Command::Argv(argv) => vec![format!("run = {}", list(argv.iter().map(String::as_str)))],
        Command::Shell(shell) => match words(shell) {
            Some(words) => vec![format!("run = {}", list(words))],
            None => vec![format!("run = {}", text(shell)), "shell = true".to_owned()],
        },
    };
    lines.extend(spec.dir.as_ref().map(|dir| format!("dir = {}", text(&dir.to_string_lossy()))));
    lines.extend(spec.user.as_ref().map(|user| format!("user = {}", text(user))));
    if !spec.env.set.is_empty() {
        let pairs: Vec<String> =
            spec.env.set.iter().map(|(name, value)| format!("{} = {}", text(name), text(value))).collect();
        lines.push(format!("env = {{ {} }}", pairs.join(", ")));
    }
    lines.extend(spec.file.as_ref().map(output));
    if spec.stop_signal != Signal::TERM {
        lines.push(format!("stop_signal = {}", text(&spec.stop_signal.to_string())));
    }
    lines
}

fn output(file: &OutputFile) -> String {
    format!("output = {}", text(&file.path.to_string_lossy()))
}

/// The words of a shell's text that would be the same without a shell: no quotes, no expansions, no built-in command.
fn words(shell: &str) -> Option<Vec<&str>> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,@+% \t".contains(c);
    let own = [
        ".", ":", "alias", "bg", "cd", "command", "eval", "exec", "exit", "export", "fg", "hash", "if", "for", "while",
        "until", "case", "jobs", "read", "return", "set", "shift", "source", "times", "trap", "type", "ulimit",
        "umask", "unalias", "unset", "wait",
    ];
    let words: Vec<&str> = shell.split_whitespace().collect();
    let first = words.first()?;
    (shell.chars().all(|c| plain(c) || c == '=') && !first.contains('=') && !own.contains(first)).then_some(words)
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
