//! `import crontab`: each line as a schedule, with the line beside it.

use std::path::Path;

use banto_core::{Zone, crontab::Form, text::visible};

use super::{Imported, text_of};
use crate::{
    args::import::Crontab,
    exit::Failure,
    file::{crontab, write},
    mean::refuse,
    print::Print,
};

/// Reads the crontab.
pub(super) fn run(typed: &Crontab, print: &mut Print) -> Result<Imported, Failure> {
    let zone = match typed.timezone.as_deref() {
        Some(name) => Zone::new(name)?,
        None => own_zone(),
    };
    let form = match typed.form.as_deref() {
        Some("user") => Form::User,
        Some("system") => Form::System,
        Some("supercronic") => Form::Supercronic,
        Some(other) => return Err(refuse("--form", other, "user, system and supercronic are allowed")),
        None if typed.file.starts_with("/etc/") => Form::System,
        None => Form::User,
    };
    let text = text_of(&typed.file, print)?;
    Ok(imported(&text, &typed.file, form, &zone))
}

/// The zone of this machine, which is cron's.
fn own_zone() -> Zone {
    let own = jiff::tz::TimeZone::system();
    let name = own.iana_name().filter(|name| *name != "Etc/UTC");
    name.and_then(|name| Zone::new(name).ok()).unwrap_or_default()
}

/// The banto.toml of a crontab's text.
fn imported(text: &str, file: &str, form: Form, zone: &Zone) -> Imported {
    let called = if file == "-" { "the standard input" } else { file };
    let (schedules, faults) = crontab::schedules(text, Path::new(file), called, form, zone);
    let mut toml = write::comment(&format!(
        "From the crontab {}. Take its lines out there when this is in use, or everything runs twice.\n\
         Cron makes up for nothing that it missed, so missed = \"skip\" stands in each; without it the last one is made up for.",
        visible(called, 200)
    ));
    toml.push_str(&format!("\ntimezone = {}\n", write::text(zone.as_str())));
    let lines: Vec<&str> = text.split('\n').collect();
    for (number, written) in &schedules {
        let line = lines.get(number.saturating_sub(1)).copied().unwrap_or_default().trim();
        toml.push('\n');
        toml.push_str(&write::comment(&format!("line {number}: {line}")));
        toml.push_str(&write::schedule(written, zone.as_str()));
    }
    let mut left: Vec<String> =
        faults.iter().map(|fault| format!("line {}: could not {}", fault.line, fault.text)).collect();
    let mails = |line: &str| {
        line.trim_start().strip_prefix("MAILTO").and_then(|rest| rest.trim_start().strip_prefix('=').map(str::to_owned))
    };
    for (number, to) in (1..).zip(&lines).filter_map(|(number, line)| Some((number, mails(line)?))) {
        if !to.trim().trim_matches(['"', '\'']).is_empty() {
            left.push(format!(
                "line {number}: MAILTO: no mail is sent; the output is in the log and in schedule history"
            ));
        }
    }
    Imported { toml, left }
}

#[cfg(test)]
#[path = "crontab_tests.rs"]
mod tests;
