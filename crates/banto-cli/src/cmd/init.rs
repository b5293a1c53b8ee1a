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
        if print.json() {
            print.object(&serde_json::json!({ "toml": TEXT }))?;
        } else {
            print.say(TEXT);
        }
        return Ok(Exit::Well);
    }
    write_new(&typed.out, TEXT)?;
    if print.json() {
        print.object(&serde_json::json!({ "file": typed.out }))?;
        return Ok(Exit::Well);
    }
    print.note(format!(
        "{} is written: look through it, ask `migrate` for its store, and `schedule list` what it means; `up` runs it",
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::file::File;

    fn parsed(text: &str) -> File {
        File::parse(text, Path::new("banto.toml"), None).unwrap_or_else(|faults| panic!("could not {faults}"))
    }

    #[test]
    fn the_first_file_is_valid_as_it_is_and_with_each_example_taken_up() {
        assert!(parsed(TEXT).schedules.is_empty());
        let all: String = TEXT
            .lines()
            .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line))
            .filter(|line| !line.starts_with("crontab") && !line.starts_with("file"))
            .map(|line| format!("{line}\n"))
            .collect();
        let file = parsed(&all);
        assert_eq!((file.schedules.len(), file.programs.len()), (3, 1));
        assert!(file.worker.is_some() && file.log.dir.is_some());
        assert_eq!(file.health.listen, Some("127.0.0.1:8081".parse().unwrap()));
    }

    #[test]
    fn a_file_that_is_there_is_not_touched() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("banto.toml");
        let path = path.to_str().unwrap();
        write_new(path, "mine").unwrap();
        let failure = write_new(path, TEXT).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.text.contains("it is there already and is not touched"), "{}", failure.text);
        assert_eq!(std::fs::read_to_string(path).unwrap(), "mine");
        std::os::unix::fs::symlink("elsewhere", dir.path().join("link")).unwrap();
        write_new(dir.path().join("link").to_str().unwrap(), TEXT).unwrap_err();
        assert!(!dir.path().join("elsewhere").exists());
    }
}
