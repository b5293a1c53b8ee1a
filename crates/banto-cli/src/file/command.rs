//! What a schedule or a program of a file runs.
//!
//! A command is a list of words that no shell reads. A text for a shell is taken only where `shell = true` stands beside
//! it. Nothing is looked up or run here: that is the preflight's.

use std::collections::BTreeMap;

use banto_process::{OutputFile, Signal, Spec};
use toml::de::DeValue;

use super::{keys::OUTPUT, table::Table, value::Value};

/// The keys that say how a command runs.
pub(crate) const KEYS: [&str; 11] =
    ["shell", "dir", "user", "nice", "env", "env_pass", "memory_max", "grace", "stop_signal", "success", "output"];

/// The command of a schedule or program; `zone` is whose midnight turns its output file.
pub(crate) fn spec(table: Table<'_>, zone: Option<&str>) -> Option<Spec> {
    let shell = table.read("shell", Value::flag).unwrap_or(false);
    let spec = table.read("run", |run| command(run, shell));
    let mut asked = place(table);
    asked.nice = table.read("nice", |value| value.whole(-20i32..=19));
    asked.memory_max_bytes = table.read("memory_max", Value::size);
    asked.grace_ms = table.read("grace", Value::some_span).unwrap_or(asked.grace_ms);
    asked.stop_signal = table.read("stop_signal", Value::parsed::<Signal>).unwrap_or(asked.stop_signal);
    if let Some(value) = table.get("success") {
        asked.success = value.each(|value| value.whole(0i32..=255));
        if value.items().is_empty() {
            value.refuse("at least one exit code is wanted, as [0]");
        }
    }
    asked.file = table.read("output", |value| output(value, zone));
    spec.map(|spec| Spec { command: spec.command, ..asked })
}

/// Where and as whom a command runs, and what it sees of the environment; the command itself is left open.
pub(crate) fn place(table: Table<'_>) -> Spec {
    let mut spec = Spec::argv(Vec::<String>::new());
    let dir = table.read("dir", path);
    spec.dir = dir.or_else(|| Some(table.source.folder.clone()));
    spec.user = table.read("user", named_user);
    spec.env.set = table.read("env", variables).unwrap_or_default();
    spec.env.pass = table.each("env_pass", variable);
    spec
}

/// A command, as a list of words or as a text for a shell.
pub(crate) fn command(run: Value<'_>, shell: bool) -> Option<Spec> {
    match (run.inner(), shell) {
        (DeValue::Array(_), false) => {
            let words = run.each(|value| value.text().map(|text| (value, text)));
            match words.first() {
                Some((_, program)) if !program.trim().is_empty() => {}
                Some((value, _)) => value.refuse("a program is wanted as the first word"),
                None => run.refuse("a program and its arguments are wanted, as [\"php\", \"artisan\", \"inspire\"]"),
            }
            words.iter().filter(|(_, text)| text.contains('\0')).for_each(|(value, _)| no_zero(*value));
            Some(Spec::argv(words.into_iter().map(|(_, text)| text)))
        }
        (DeValue::Array(_), true) => {
            run.refuse("with shell = true one text is wanted, as \"a | b\"; a list of words needs no shell");
            None
        }
        (DeValue::String(text), true) => {
            if text.trim().is_empty() {
                run.refuse("a text for the shell is wanted");
            }
            if text.contains('\0') {
                no_zero(run);
            }
            Some(Spec::shell(text.as_ref()))
        }
        (DeValue::String(text), false) => {
            run.refuse(&format!(
                "a list of words is wanted, as {}; a text for a shell needs shell = true beside it",
                as_list(text)
            ));
            None
        }
        _ => {
            run.refuse("a list of words is wanted, as [\"php\", \"artisan\", \"inspire\"]");
            None
        }
    }
}

fn no_zero(value: Value<'_>) {
    value.refuse("a program cannot be given a zero byte");
}

/// How the text would be written as a list, if no shell is needed to understand it.
fn as_list(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -_./:=,@+".contains(c);
    if !text.trim().is_empty() && text.len() <= 60 && text.chars().all(plain) {
        let words: Vec<String> = text.split_whitespace().map(|word| format!("\"{word}\"")).collect();
        return format!("[{}]", words.join(", "));
    }
    "[\"php\", \"artisan\", \"inspire\"]".to_owned()
}

fn named_user(value: Value<'_>) -> Option<String> {
    match value.inner() {
        DeValue::Integer(_) => value.whole(0u32..=u32::MAX).map(|id| id.to_string()),
        _ => value.text().filter(|text| !text.is_empty()).map(str::to_owned).or_else(|| {
            value.refuse("a user's name or number is wanted");
            None
        }),
    }
}

/// Variables and their values, which are never shown: they may be secrets.
fn variables(value: Value<'_>) -> Option<BTreeMap<String, String>> {
    let DeValue::Table(table) = value.inner() else {
        value.fault("take its value as env: a table is wanted, as { LANG = \"C\" }");
        return None;
    };
    let mut set = BTreeMap::new();
    for (key, at) in table {
        let name = Value::new(value.source, key.get_ref(), at);
        if key.get_ref().is_empty() || key.get_ref().contains(['=', '\0']) {
            name.fault(format!(
                "set the variable \"{}\": a name is not empty and has no \"=\" in it",
                banto_core::text::visible(key.get_ref(), 80)
            ));
        }
        match at.get_ref() {
            DeValue::String(text) if !text.contains('\0') => {
                set.insert(key.get_ref().to_string(), text.to_string());
            }
            _ => name.fault(format!(
                "set the variable {}: a text in quotes without a zero byte is wanted",
                banto_core::text::visible(key.get_ref(), 80)
            )),
        }
    }
    Some(set)
}

fn variable(value: Value<'_>) -> Option<String> {
    let name = value.text()?;
    if name.is_empty() || name.contains(['=', '\0']) {
        value.refuse("the name of a variable is wanted; its value is handed on");
        return None;
    }
    Some(name.to_owned())
}

/// The file that output is added to.
fn output(value: Value<'_>, zone: Option<&str>) -> Option<OutputFile> {
    if let DeValue::String(_) = value.inner() {
        return path(value).map(|path| OutputFile { zone: zone.map(str::to_owned), ..OutputFile::new(path) });
    }
    let table = value.table(&OUTPUT)?;
    if !table.has("file") {
        table.fault("know where the output goes: file is wanted, as output = { file = \"backup.log\" }");
    }
    let mut file = OutputFile::new(table.read("file", path)?);
    file.zone = zone.map(str::to_owned);
    file.bytes_max = table.read("max_size", Value::size).or(file.bytes_max);
    file.daily = table.read("daily", Value::flag).unwrap_or(file.daily);
    file.keep = table.read("keep", super::log::keep).unwrap_or(file.keep);
    file.compress = table.read("compress", Value::flag).unwrap_or(file.compress);
    Some(file)
}

/// A path, relative to the folder of the file.
pub(crate) fn path(value: Value<'_>) -> Option<std::path::PathBuf> {
    let path = value.text()?;
    if path.is_empty() || path.chars().any(banto_core::text::hides) {
        value.refuse("a path without control or invisible characters is wanted");
        return None;
    }
    Some(value.source.path(path))
}
