//! A crontab, read as it stands.
//!
//! For the command line, which makes schedules of its lines. Three forms are known: a user's crontab and the system's
//! (with a user in each line) as Vixie's cron reads them, and supercronic's (seconds and years; no `%`). All faults are
//! found at once, each with its line. Nothing is run or expanded here: a command is text.

use std::{collections::BTreeMap, fmt};

use crate::{cron::Cron, limits::CRONTAB_BYTES_MAX, refusal::Refusal, zone::Zone};

/// Whose rules a crontab is written by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `crontab -e`: five fields and a command.
    User,
    /// `/etc/crontab`, `/etc/cron.d`: five fields, a user and a command.
    System,
    /// supercronic: five fields, six with the year last or seven with seconds first, and a command. `%` is a letter.
    Supercronic,
}

/// What a crontab says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crontab {
    /// Its lines that say when to run what, in order.
    pub lines: Vec<Line>,
    /// What cannot be taken, in order of the lines; a crontab with faults is not to be used.
    pub faults: Vec<Fault>,
}

/// A line that says when to run what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub number: usize,
    /// When.
    pub cron: Cron,
    /// In whose local time, if a line before set `CRON_TZ` or `TZ`; else in that of the machine.
    pub zone: Option<Zone>,
    /// The variables set before it, `CRON_TZ` not among them.
    pub environment: BTreeMap<String, String>,
    /// Who runs it, in the system's form.
    pub user: Option<String>,
    /// What to run, for a shell.
    pub command: String,
    /// What the command reads, if a `%` said so.
    pub stdin: Option<String>,
}

/// A line that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its number, from 1; 0 is the whole.
    pub number: usize,
    /// Why.
    pub refusal: Refusal,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.number, self.refusal)
    }
}

/// Reads a crontab of that form. Never fails: what cannot be taken is among its faults.
///
/// ```
/// use banto_core::crontab::{Form, read};
/// let crontab = read("CRON_TZ=Europe/Berlin\n30 2 * * * backup --all\n", Form::User);
/// assert_eq!(crontab.lines[0].command, "backup --all");
/// assert!(crontab.faults.is_empty());
/// ```
pub fn read(text: &str, form: Form) -> Crontab {
    let mut crontab = Crontab::default();
    if text.len() > CRONTAB_BYTES_MAX {
        let refusal = Refusal::new("a crontab", text, format!("at most {CRONTAB_BYTES_MAX} bytes are allowed"));
        crontab.faults.push(Fault { number: 0, refusal });
        return crontab;
    }
    let mut above = Above::default();
    for (number, line) in (1..).zip(text.split('\n')) {
        let line = line.trim_matches([' ', '\t', '\r']);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let read = match variable(line) {
            Some((name, value)) => above.set(name, value),
            None => above.line(number, line, form).map(|line| crontab.lines.push(line)),
        };
        if let Err(refusal) = read {
            crontab.faults.push(Fault { number, refusal });
        }
    }
    crontab
}

/// What the lines above have set.
#[derive(Default)]
struct Above {
    environment: BTreeMap<String, String>,
    /// By `CRON_TZ`, which goes before `TZ`.
    cron_zone: Option<Zone>,
    zone: Option<Zone>,
}

impl Above {
    fn set(&mut self, name: &str, value: String) -> Result<(), Refusal> {
        if value.contains('\0') {
            return Err(refused(name, "a value must not hold a NUL"));
        }
        if name == "CRON_TZ" {
            // As cronie: an empty one means the machine's own zone again.
            self.cron_zone = if value.is_empty() { None } else { Some(Zone::new(&value)?) };
            return Ok(());
        }
        if name == "TZ" {
            self.zone = if value.is_empty() { None } else { Some(Zone::new(&value)?) };
        }
        self.environment.insert(name.to_owned(), value);
        Ok(())
    }

    fn line(&self, number: usize, line: &str, form: Form) -> Result<Line, Refusal> {
        let (cron, rest) = timed(line, form)?;
        let (user, rest) = match form {
            Form::System => {
                let (user, rest) = word(rest);
                let named =
                    !user.is_empty() && user.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-$:".contains(&b));
                if !named {
                    return Err(refused(line, "a user is wanted between the time and the command"));
                }
                (Some(user.to_owned()), rest)
            }
            Form::User | Form::Supercronic => (None, rest),
        };
        let (command, stdin) = match form {
            Form::Supercronic => (rest.to_owned(), None),
            Form::User | Form::System => percent(rest),
        };
        if command.trim().is_empty() {
            return Err(refused(line, "a command is wanted after the time"));
        }
        if command.contains('\0') {
            return Err(refused(line, "a command must not hold a NUL"));
        }
        let zone = self.cron_zone.clone().or_else(|| self.zone.clone());
        Ok(Line { number, cron, zone, environment: self.environment.clone(), user, command, stdin })
    }
}

fn refused(line: &str, allowed: &str) -> Refusal {
    Refusal::new("a line of a crontab", line, allowed)
}

/// The first word, and what follows it.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches([' ', '\t']);
    let end = text.find([' ', '\t']).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word, rest.trim_start_matches([' ', '\t']))
}

/// The first `count` words, if there are as many, and what follows them.
fn words(text: &str, count: usize) -> Option<(Vec<&str>, &str)> {
    let mut found = Vec::with_capacity(count);
    let mut rest = text;
    for _ in 0..count {
        let (first, after) = word(rest);
        found.push(first);
        rest = after;
    }
    found.last().is_some_and(|last| !last.is_empty()).then_some((found, rest))
}

/// When a line is due, and what stands after that.
fn timed(line: &str, form: Form) -> Result<(Cron, &str), Refusal> {
    if line.starts_with('@') {
        let (nickname, rest) = word(line);
        return Ok((Cron::new(nickname)?, rest));
    }
    let too_short =
        || refused(line, "five fields (minute, hour, day of the month, month, weekday) and a command are wanted");
    if form == Form::Supercronic {
        // As supercronic does it: the longest that can be read. Its six fields have the year last and no seconds.
        for count in [7, 6] {
            let Some((fields, rest)) = words(line, count).filter(|(_, rest)| !rest.is_empty()) else { continue };
            let text = fields.join(" ");
            let text = if count == 6 { format!("0 {text}") } else { text };
            if let Ok(cron) = Cron::new(&text) {
                return Ok((cron, rest));
            }
        }
    }
    let (fields, rest) = words(line, 5).ok_or_else(too_short)?;
    Ok((Cron::new(&fields.join(" "))?, rest))
}

/// `NAME = value`, with or without quotes around either; `None` if the line is none.
fn variable(line: &str) -> Option<(&str, String)> {
    let (name, rest) = match line.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        Some(quote) => {
            let (name, rest) = line.get(1..)?.split_once(quote)?;
            (name, rest.trim_start().strip_prefix('=')?)
        }
        None => line.split_once('=')?,
    };
    let name = name.trim_end();
    let fits =
        name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !name.starts_with(|c: char| c.is_ascii_digit());
    if name.is_empty() || !fits {
        return None;
    }
    let value = rest.trim();
    let quoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    Some((name, quoted.unwrap_or(value).to_owned()))
}

/// Splits a command at its first bare `%`: what follows is what it reads, with further ones as line ends; `\%` is a `%`.
fn percent(text: &str) -> (String, Option<String>) {
    let mut parts = vec![String::new()];
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, parts.last_mut()) {
            ('\\', Some(part)) if letters.peek() == Some(&'%') => part.extend(letters.next()),
            ('%', _) => parts.push(String::new()),
            (letter, Some(part)) => part.push(letter),
            (_, None) => {}
        }
    }
    let mut parts = parts.into_iter();
    let command = parts.next().unwrap_or_default();
    let stdin: Vec<String> = parts.collect();
    (command.trim_end().to_owned(), (!stdin.is_empty()).then(|| stdin.join("\n") + "\n"))
}

#[cfg(test)]
#[path = "crontab_tests.rs"]
mod tests;
