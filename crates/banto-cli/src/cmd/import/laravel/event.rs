//! One event of a Laravel schedule, and the schedule that stands for it.

use std::path::Path;

use banto_core::{
    Cron, Hours, Missed, Name, Schedule, ScheduleName, Timing, Zone,
    text::{hides, visible},
};
use banto_process::{OutputFile, Spec};
use serde::Deserialize;

use crate::file::{Does, Written};

/// What the exporter says of an event. Fields that are not known are passed over: it is another program's.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    kind: Kind,
    pub expression: String,
    #[serde(default)]
    repeat_seconds: Option<u32>,
    #[serde(default)]
    timezone: Option<String>,
    #[serde(default)]
    pub app_timezone: Option<String>,
    #[serde(default)]
    command: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    callback: Option<String>,
    #[serde(default)]
    without_overlapping: bool,
    #[serde(default)]
    maintenance: bool,
    #[serde(default)]
    environments: Vec<String>,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    output: Option<String>,
    #[serde(default)]
    append: bool,
    #[serde(default)]
    filters: Conditions,
    #[serde(default)]
    rejects: Conditions,
    #[serde(default)]
    before: Hooks,
    #[serde(default)]
    after: Hooks,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Command,
    Callback,
}

/// Conditions, each by itself, or only how many there are.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Conditions {
    Each(Vec<Condition>),
    Count(usize),
}

impl Default for Conditions {
    fn default() -> Conditions {
        Conditions::Count(0)
    }
}

#[derive(Debug, Deserialize)]
struct Condition {
    #[serde(default)]
    between: Option<(String, String)>,
    #[serde(default, rename = "where")]
    place: Option<String>,
    /// Whether it is the framework's own, which another field says too.
    #[serde(default)]
    framework: bool,
}

/// Hooks by their places, or only how many there are.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Hooks {
    Each(Vec<Option<String>>),
    Count(usize),
}

impl Default for Hooks {
    fn default() -> Hooks {
        Hooks::Count(0)
    }
}

impl Hooks {
    fn count(&self) -> usize {
        match self {
            Hooks::Each(places) => places.len(),
            Hooks::Count(count) => *count,
        }
    }
}

/// The schedule that stands for an event, and what it lacks.
pub(super) struct Turned {
    /// The schedule, if there is one.
    pub written: Option<Written>,
    /// What is not as it was, with the cure.
    pub notes: Vec<String>,
    /// It must not run before a person has done something about it.
    pub withheld: bool,
}

impl Event {
    /// What it runs, as people would type it: an artisan command without `php artisan`.
    pub fn spoken(&self) -> String {
        match (&self.command, self.words().as_slice()) {
            (Some(_), [_, artisan, rest @ ..]) if artisan == "artisan" && !rest.is_empty() => rest.join(" "),
            (Some(command), _) => command.clone(),
            (None, _) => self.description.clone().unwrap_or_else(|| "closure".to_owned()),
        }
    }

    /// What it is, for a comment.
    pub fn shown(&self) -> String {
        let callback = self.callback.as_deref().unwrap_or("a closure");
        visible(self.command.as_deref().unwrap_or(callback), 300)
    }

    /// The words of its command, where no shell is needed to know them. Laravel puts quotes around each.
    fn words(&self) -> Vec<String> {
        let Some(command) = self.command.as_deref() else { return Vec::new() };
        // What is between quotes means itself; a quote inside of them is written '\''.
        let joined = command.replace("'\\''", "");
        let shell = |c: char| "|&;<>()$`*?[]#~%!{}\\\"\n".contains(c);
        if joined.split('\'').step_by(2).any(|bare| bare.contains(shell)) {
            return Vec::new();
        }
        shlex::split(command).unwrap_or_default()
    }

    /// The schedule that stands for it, in a file whose `timezone` is `zone`.
    pub fn turned(&self, name: ScheduleName, zone: &str, dir: &Path) -> Turned {
        let mut notes = Vec::new();
        if self.kind == Kind::Callback || self.command.is_none() {
            notes.push(self.no_command());
            return Turned { written: None, notes, withheld: true };
        }
        let schedule = self.schedule(name, zone, &mut notes);
        let Some(mut schedule) = schedule else { return Turned { written: None, notes, withheld: true } };
        let withheld = self.conditions(&mut schedule, &mut notes);
        self.hooks(&mut notes);
        let spec = self.spec(dir, &mut notes);
        let does = Does::Run(Box::new(spec));
        let mut written = Written::new(schedule, does, String::new());
        if !self.maintenance {
            // `php artisan down` writes it; Laravel's own schedule keeps still while it is there.
            written.skip.push(dir.join("storage/framework/down"));
        }
        Turned { written: Some(written), notes, withheld }
    }

    /// What to do about code that only PHP can run.
    fn no_command(&self) -> String {
        let place = self.callback.as_deref().unwrap_or("unknown place");
        let what = match self.description.as_deref() {
            Some(said) => format!("\"{}\" ({})", visible(said, 100), visible(place, 200)),
            None => visible(place, 200),
        };
        format!(
            "{what} is PHP code and no command: make it an artisan command and schedule that; until then let php artisan \
             schedule:run keep it"
        )
    }

    fn schedule(&self, name: ScheduleName, zone: &str, notes: &mut Vec<String>) -> Option<Schedule> {
        let text = match self.repeat_seconds {
            Some(seconds) => format!("*/{seconds} {}", self.expression),
            None => self.expression.clone(),
        };
        let cron = Cron::new(&text).map_err(|refusal| notes.push(format!("could not {refusal}"))).ok()?;
        let mut schedule = Schedule::new(name, Timing::Cron(vec![cron]));
        let wanted = self.timezone.as_deref().unwrap_or(zone);
        schedule.zone = Zone::new(wanted).map_err(|refusal| notes.push(format!("could not {refusal}"))).ok()?;
        schedule.missed = Missed::Skip;
        schedule.no_overlap = self.without_overlapping;
        schedule.even_in_maintenance = self.maintenance;
        for environment in &self.environments {
            match Name::new(environment) {
                Ok(name) => {
                    schedule.environments.insert(name);
                }
                Err(refusal) => notes.push(format!("could not {refusal}")),
            }
        }
        let fits = |said: &&String| !said.chars().any(hides) && said.len() <= 1_000;
        schedule.description = self.description.clone().filter(|said| fits(&said));
        if self.expression.split(' ').nth(2).is_some_and(|day| matches!(day, "28" | "29" | "30" | "31")) {
            notes.push(
                "if it was lastDayOfMonth(), Laravel has put in the last day of this month: write L in place of the day"
                    .to_owned(),
            );
        }
        Some(schedule)
    }

    /// Its conditions; answers whether some of them only PHP can decide.
    fn conditions(&self, schedule: &mut Schedule, notes: &mut Vec<String>) -> bool {
        let mut places = Vec::new();
        let mut unknown = 0;
        for (conditions, spans, own) in [
            (&self.filters, &mut schedule.between, 0),
            // A known number counts the one that keeps runs from overlapping too.
            (&self.rejects, &mut schedule.unless_between, usize::from(self.without_overlapping)),
        ] {
            match conditions {
                Conditions::Count(count) => unknown += count.saturating_sub(own),
                Conditions::Each(each) => {
                    for condition in each.iter().filter(|condition| !condition.framework) {
                        let hours = condition.between.as_ref().and_then(|(from, to)| hours(from, to));
                        match hours {
                            Some(hours) => spans.push(hours),
                            None => places.push(condition.place.clone().unwrap_or_else(|| "unknown place".to_owned())),
                        }
                    }
                }
            }
        }
        if unknown > 0 {
            places.push(format!("{unknown} of them"));
        }
        if places.is_empty() {
            return false;
        }
        notes.push(format!(
            "only PHP can decide its when() or skip() ({}): ask the condition inside the command, then take the signs before \
             these lines away",
            visible(&places.join(", "), 500)
        ));
        true
    }

    fn hooks(&self, notes: &mut Vec<String>) {
        for (hooks, called) in [(&self.before, "before()"), (&self.after, "after(), onSuccess(), onFailure() or ping")]
        {
            let count = hooks.count();
            if count > 0 {
                notes.push(format!("{count} of its hooks ({called}) stay behind: do in the command what they did"));
            }
        }
    }

    fn spec(&self, dir: &Path, notes: &mut Vec<String>) -> Spec {
        let words = self.words();
        let mut spec = match words.as_slice() {
            // The path is that of the machine that exported it.
            [php, artisan, rest @ ..] if artisan == "artisan" && is_php(php) => {
                Spec::argv(["php", "artisan"].into_iter().chain(rest.iter().map(String::as_str)))
            }
            [_, ..] => Spec::argv(words),
            [] => Spec::shell(self.command.as_deref().unwrap_or_default()),
        };
        spec.dir = Some(dir.to_owned());
        spec.user = self.user.clone();
        if let Some(path) = self.output.as_deref().filter(|path| !["/dev/null", "NUL", ""].contains(path)) {
            spec.file = Some(OutputFile::new(dir.join(path)));
            if !self.append {
                notes.push(
                    "its output was written anew by each run; here it is added, and the file turns at 64 MiB"
                        .to_owned(),
                );
            }
        }
        spec
    }
}

fn is_php(program: &str) -> bool {
    program.rsplit('/').next().is_some_and(|name| name.starts_with("php"))
}

fn hours(from: &str, to: &str) -> Option<Hours> {
    let time = |text: &str| text.parse().ok();
    Some(Hours::new(time(from)?, time(to)?))
}
