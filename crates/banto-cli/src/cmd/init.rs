//! `init`: a first `banto.toml`, with a comment on everything.
//!
//! For a newcomer, who learns the words by reading the file. It never touches a file that is there.

use std::{fs::OpenOptions, io::Write};

use banto_core::text::visible;

use crate::{
    args::init::Init,
    exit::{Exit, Failure},
    print::Print,
};

/// The file, as it is written.
pub(crate) const TEXT: &str = include_str!("init.toml");

/// Writes it.
pub(crate) fn run(typed: &Init, print: &mut Print) -> Result<Exit, Failure> {
    if typed.out == "-" {
        print.say(TEXT);
        return Ok(Exit::Well);
    }
    write_new(&typed.out, TEXT)?;
    print.note(format!(
        "{} is written; look through it, then ask schedule list what it means",
        visible(&typed.out, 200)
    ));
    Ok(Exit::Well)
}

/// Writes a file that is not there yet.
pub(crate) fn write_new(path: &str, text: &str) -> Result<(), Failure> {
    let shown = visible(path, 200);
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = file.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::usage(format!(
            "write {shown}: it is there already and is not touched; name another one with --out"
        )),
        _ => Failure::new(Exit::Machine, format!("write {shown}: {error}")),
    })?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|error| Failure::new(Exit::Machine, format!("write {shown}: {error}; what is there is not whole")))
}
