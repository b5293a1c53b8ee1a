//! The lines of a crontab as schedules: names, places, faults.

use std::fs;

use banto_process::Command;

use super::*;
use crate::file::File;

fn read(text: &str, form: Form) -> (Vec<Written>, Vec<Fault>) {
    let (written, faults) = schedules(text, Path::new("/srv/crontab"), "crontab", form, &Zone::utc());
    (written.into_iter().map(|(_, written)| written).collect(), faults)
}

fn called(commands: &[&str]) -> Vec<String> {
    let all: Vec<Named<'_>> = commands.iter().map(|command| Named { command, when: "* * * * *" }).collect();
    names(&all).iter().map(ToString::to_string).collect()
}

#[test]
fn a_name_is_made_of_the_words_of_a_command() {
    for (command, name) in [
        ("/usr/bin/backup --all", "backup-all"),
        ("cd /srv/app && php artisan schedule:run >> /dev/null 2>&1", "php-artisan-schedule:run"),
        ("cd /srv/app; ./run.sh", "run.sh"),
        ("A=1 B=2 /opt/x/send --to=me | logger", "send-to-me"),
        ("sleep 2 >/dev/null", "sleep-2"),
        ("sleep 2>/dev/null", "sleep"),
        ("( ls )", "ls"),
        ("'日本'", "command"),
        ("echo é", "echo"),
        ("...", "command"),
        (">x", "command"),
    ] {
        assert_eq!(called(&[command]), [name], "{command}");
    }
    let long = called(&[&"a-".repeat(500)]);
    assert!(long[0].len() <= NAME_BYTES_MAX && long[0].ends_with('a'));
}

#[test]
fn a_name_stays_when_lines_move_and_is_never_taken_twice() {
    let text = ["1 * * * * a --x", "2 * * * * b", "3 * * * * a --x | c", "1 * * * * a --x"];
    let name = |lines: &[&str]| -> BTreeMap<String, usize> {
        let (written, _) = read(&lines.join("\n"), Form::User);
        let mut count = BTreeMap::new();
        written.iter().for_each(|one| *count.entry(one.schedule.name.to_string()).or_default() += 1);
        count
    };
    let before = name(&text);
    assert_eq!(before.len(), 4, "{before:?}");
    assert!(before.values().all(|count| *count == 1) && before.contains_key("b"));
    let moved = [text[3], text[2], "# a comment", text[1], "", text[0]];
    assert_eq!(name(&moved), before);
}

#[test]
fn a_line_runs_as_cron_runs_it() {
    let text =
        "HOME=/home/me\nMAILTO=me\nA = b\nCRON_TZ=Europe/Berlin\n30 2 * * * x | y\nSHELL=/bin/bash\n1 1 * * * z\n";
    let (written, faults) = read(text, Form::User);
    assert_eq!(faults, []);
    let specs: Vec<Spec> = written
        .iter()
        .map(|one| match &one.does {
            Does::Run(spec) => (**spec).clone(),
            Does::Enqueue(_) => panic!("it enqueues"),
        })
        .collect();
    assert_eq!(specs[0].command, Command::Shell("x | y".into()));
    assert_eq!(specs[1].command, Command::Argv(["/bin/bash", "-c", "z"].map(String::from).into()));
    assert_eq!(specs[0].dir.as_deref(), Some(Path::new("/home/me")));
    let set: Vec<&str> = specs[1].env.set.keys().map(String::as_str).collect();
    assert_eq!(set, ["A", "HOME"]);
    assert_eq!((written[0].schedule.zone.as_str(), written[0].schedule.missed), ("Europe/Berlin", Missed::Skip));
    assert_eq!(written[1].source, "crontab:7");
}

#[test]
fn the_forms_differ_in_user_place_and_fields() {
    let (system, faults) = read("* * * * * www-data x\n", Form::System);
    assert_eq!(faults, []);
    let Does::Run(spec) = &system[0].does else { panic!() };
    assert_eq!((spec.user.as_deref(), spec.dir.as_deref()), (Some("www-data"), Some(Path::new("/"))));
    let (supercronic, faults) = read("*/10 * * * * * * date +%H\n", Form::Supercronic);
    assert_eq!(faults, []);
    let Does::Run(spec) = &supercronic[0].does else { panic!() };
    assert_eq!((&spec.command, spec.dir.as_deref()), (&Command::Shell("date +%H".into()), Some(Path::new("/srv"))));
}

#[test]
fn what_cannot_be_done_is_a_fault_with_its_line_and_cure() {
    let (written, faults) = read("@reboot a\n* * * * * mail me%hello\n61 * * * * b\n* * * * * c\n", Form::User);
    let shown: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(written.len(), 1);
    assert_eq!(shown.len(), 3, "{shown:#?}");
    for part in ["crontab:1:1: ", "a program, not a schedule", "crontab:2:1: ", "write printf", "crontab:3:1: "] {
        assert!(shown.iter().any(|fault| fault.contains(part)), "{part} is not in {shown:#?}");
    }
}

#[test]
fn crontabs_that_a_file_names_are_read_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let toml = dir.path().join("banto.toml");
    let text = "timezone = \"Asia/Tokyo\"\ncrontab = [\"one\", { file = \"two\", form = \"system\" }]\n";
    fs::write(&toml, text).unwrap();
    fs::write(dir.path().join("one"), "* * * * * one\n").unwrap();
    fs::write(dir.path().join("two"), "* * * * * me two\n").unwrap();
    let file = File::read(&toml).unwrap();
    let shown: Vec<String> = file
        .schedules
        .iter()
        .map(|one| format!("{} {} {}", one.schedule.name, one.source, one.schedule.zone))
        .collect();
    assert_eq!(shown, ["one one:1 Asia/Tokyo", "two two:1 Asia/Tokyo"]);
    fs::write(dir.path().join("two"), "* * * * * me two\n61 * * * * me x\n").unwrap();
    fs::remove_file(dir.path().join("one")).unwrap();
    let text = File::read(&toml).unwrap_err().text;
    assert!(text.contains("2 faults") && text.contains("banto.toml:2:12: could not read"), "{text}");
    assert!(text.contains("two:2:1: could not take"), "{text}");
    fs::write(dir.path().join("one"), "* * * * * one\n* * * * * a\n").unwrap();
    fs::write(dir.path().join("two"), "* * * * * me one\n").unwrap();
    let text = File::read(&toml).unwrap_err().text;
    assert!(text.contains("take the schedule one of two:1 too: the name is taken"), "{text}");
}
