//! `import`: the banto.toml that stands for what is scheduled elsewhere.
//!
//! For whoever comes from cron or Laravel. It prints a file for a person to look at: each schedule with what it was made of
//! beside it, and everything that could not be taken over, with its cure. It changes nothing anywhere and runs nothing
//! unless it is told to.

mod crontab;
mod laravel;

use banto_core::text::visible;
use serde_json::json;

use super::init::write_new;
use crate::{
    args::import::{From, Import},
    exit::{Exit, Failure},
    file::{open, write},
    print::Print,
};

/// The most that is read, in bytes.
const BYTES_MAX: usize = 4 << 20;

/// What was made of it.
struct Imported {
    /// The banto.toml.
    toml: String,
    /// What could not be taken over as it was, each with its cure.
    left: Vec<String>,
}

/// Imports.
pub(crate) async fn run(typed: &Import, print: &mut Print) -> Result<Exit, Failure> {
    match &typed.from {
        From::Crontab(typed) => {
            let imported = crontab::run(typed, print)?;
            answer(imported, typed.out.as_deref(), print)
        }
        From::Laravel(typed) => match laravel::run(typed, print).await? {
            Some(imported) => answer(imported, typed.out.as_deref(), print),
            None => Ok(Exit::Well),
        },
    }
}

fn answer(imported: Imported, out: Option<&str>, print: &mut Print) -> Result<Exit, Failure> {
    let Imported { mut toml, left } = imported;
    if !left.is_empty() {
        toml.push_str("\n# What could not be taken over as it was:\n");
        left.iter().for_each(|one| toml.push_str(&write::comment(&format!("- {one}"))));
    }
    match out {
        Some(path) => {
            write_new(path, &toml)?;
            print.note(format!("{} is written", visible(path, 200)));
        }
        None if print.json() => print.object(&json!({ "toml": toml, "left": left }))?,
        None => print.say(&toml),
    }
    for one in &left {
        print.note(format!("not taken over as it was: {}", visible(one, 1_000)));
    }
    Ok(if left.is_empty() { Exit::Well } else { Exit::Found })
}

/// The text of a file, or of the standard input.
fn text_of(name: &str, print: &mut Print) -> Result<String, Failure> {
    match name {
        "-" => print.input(BYTES_MAX),
        path => open::text_of(path.as_ref(), BYTES_MAX).map_err(Failure::usage),
    }
}
