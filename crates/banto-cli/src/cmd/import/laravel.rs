//! `import laravel`: what an application's PHP schedules, as banto.toml.
//!
//! Laravel's schedule is code, so PHP must read it out: `export.php` does, a JSON object for each event. It is printed for
//! its owner to run, or run when that is asked for by name. What only PHP can decide is not guessed: such a schedule stands
//! there as a comment, with the cure.

use std::path::{Path, PathBuf};

use banto_core::text::visible;

use super::{Imported, text_of};
use crate::{
    args::import::Laravel,
    exit::{Exit, Failure},
    file::{
        crontab::{Named, names},
        write,
    },
    print::Print,
};

mod event;
mod exporter;

use event::{Event, Turned};

/// Reads the schedule, or prints what can read it out.
pub(super) async fn run(typed: &Laravel, print: &mut Print) -> Result<Option<Imported>, Failure> {
    let dir = std::path::absolute(&typed.dir).unwrap_or_else(|_| PathBuf::from(&typed.dir));
    let lines = match (&typed.exported, typed.run) {
        (Some(name), _) => text_of(name, print)?,
        (None, true) => exporter::run(&dir, &typed.php).await?,
        (None, false) => {
            if print.json() {
                print.object(&serde_json::json!({ "exporter": exporter::TEXT }))?;
                return Ok(None);
            }
            print.say(exporter::TEXT);
            print.note(format!(
                "this reads the schedule out and runs none of it: save it, look at it, run it in {} with php, and give what it \
                 prints to --exported; or type --run",
                visible(&typed.dir, 200)
            ));
            return Ok(None);
        }
    };
    imported(&lines, &dir).map(Some)
}

/// The banto.toml of what the exporter printed.
fn imported(lines: &str, dir: &Path) -> Result<Imported, Failure> {
    let mut events = Vec::new();
    for (number, line) in (1..).zip(lines.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let event: Event = serde_json::from_str(line).map_err(|error| {
            let allowed = "a line is the JSON of an event, as the exporter prints it";
            Failure::new(Exit::Usage, format!("read line {number} of what was exported: {error}; {allowed}"))
        })?;
        events.push(event);
    }
    let zone = events.iter().find_map(|event| event.app_timezone.clone()).unwrap_or_else(|| "UTC".to_owned());
    let commands: Vec<String> = events.iter().map(Event::spoken).collect();
    let named: Vec<Named<'_>> =
        events.iter().zip(&commands).map(|(event, command)| Named { command, when: &event.expression }).collect();
    let mut toml = write::comment(&format!(
        "From the Laravel application in {}. Stop its schedule:run or schedule:work when this is in use, or everything runs twice.\n\
         Laravel makes up for nothing that it missed, so missed = \"skip\" stands in each; without it the last one is made up for.",
        visible(&dir.to_string_lossy(), 200)
    ));
    toml.push_str(&format!("\ntimezone = {}\n", write::text(&zone)));
    let mut left = Vec::new();
    for (event, name) in events.iter().zip(names(&named)) {
        let Turned { written, notes, withheld } = event.turned(name.clone(), &zone, dir);
        toml.push('\n');
        toml.push_str(&write::comment(&format!("{}: {}", event.expression, event.shown())));
        notes.iter().for_each(|note| toml.push_str(&write::comment(note)));
        left.extend(notes.into_iter().map(|note| format!("{name}: {note}")));
        if let Some(written) = written {
            let text = write::schedule(&written, &zone);
            toml.push_str(&if withheld { write::comment(&text) } else { text });
        }
    }
    Ok(Imported { toml, left })
}

#[cfg(test)]
#[path = "laravel_tests.rs"]
mod tests;
