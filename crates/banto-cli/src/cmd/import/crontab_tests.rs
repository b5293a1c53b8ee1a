//! What is printed for a crontab is due when the crontab is.

use banto_core::{Occurrence, Schedule};
use proptest::prelude::*;

use super::*;
use crate::file::{Does, File};

const NOW: i64 = 1_774_742_400_000; // 2026-03-29T00:00Z: a day with a clock change in Europe

fn parsed(toml: &str) -> File {
    File::parse(toml, Path::new("banto.toml"), None).unwrap_or_else(|faults| panic!("could not {faults}\n{toml}"))
}

fn due(schedule: &Schedule) -> Vec<Occurrence> {
    schedule.occurrences(NOW, NOW + 400 * 86_400_000, 300)
}

/// What the crontab's lines mean beside what the printed file means.
fn same(text: &str, form: Form, zone: &Zone) -> usize {
    let toml = imported(text, "-", form, zone).toml;
    let read = parsed(&toml).schedules;
    let lines = banto_core::crontab::read(text, form).lines;
    let lines: Vec<_> = lines.into_iter().filter(|line| line.stdin.is_none()).collect();
    assert_eq!(read.len(), lines.len(), "{toml}");
    for (written, line) in read.iter().zip(&lines) {
        let mut meant = Schedule::new(written.schedule.name.clone(), banto_core::Timing::Cron(vec![line.cron.clone()]));
        meant.zone = line.zone.clone().unwrap_or_else(|| zone.clone());
        assert_eq!(due(&written.schedule), due(&meant), "{toml}");
        assert_eq!(written.schedule.missed, banto_core::Missed::Skip);
        let Does::Run(spec) = &written.does else { panic!("it enqueues") };
        let run = match &spec.command {
            banto_process::Command::Shell(text) => text.clone(),
            banto_process::Command::Argv(argv) if argv.get(1).is_some_and(|word| word == "-c") => argv[2].clone(),
            banto_process::Command::Argv(argv) => argv.join(" "),
        };
        let meant: Vec<&str> = line.command.split_whitespace().collect();
        assert_eq!(run.split_whitespace().collect::<Vec<_>>(), meant, "{toml}");
    }
    read.len()
}

#[test]
fn what_is_printed_is_due_when_the_crontab_is() {
    let text = "CRON_TZ=Europe/Berlin\nSHELL=/bin/bash\nX=\"a # b\"\n30 2 * * * cd /x && y 'z' # not a comment\n*/7 1-5 */2 * 1 a\\%b\n@daily c\nCRON_TZ=\n0 0 L * * d\n";
    assert_eq!(same(text, Form::User, &Zone::new("Asia/Tokyo").unwrap()), 4);
    assert_eq!(same("1 2 3 4 5 root x\n", Form::System, &Zone::utc()), 1);
    assert_eq!(same("*/5 * * * * * * x\n0 0 1 1 * 2027 y %\n", Form::Supercronic, &Zone::utc()), 2);
}

#[test]
fn each_line_stands_above_its_schedule_and_what_is_left_is_said() {
    let imported = imported(
        "MAILTO=ops@example.com\n@reboot x\n*/5 * * * * php artisan x\n* * * * * a%b\n",
        "crontab",
        Form::User,
        &Zone::utc(),
    );
    assert!(imported.toml.contains("# line 3: */5 * * * * php artisan x\n[[schedule]]\nname = \"php-artisan-x\"\ncron = \"*/5 * * * *\"\nmissed = \"skip\"\nrun = [\"php\", \"artisan\", \"x\"]\n"), "{}", imported.toml);
    assert_eq!(imported.left.len(), 3, "{:#?}", imported.left);
    for part in ["line 2: could not take \"@reboot\"", "line 4: could not have a %", "line 1: MAILTO: no mail is sent"]
    {
        assert!(imported.left.iter().any(|left| left.starts_with(part)), "{part}: {:#?}", imported.left);
    }
    let quiet = super::imported("MAILTO=\"\"\n* * * * * x\n", "crontab", Form::User, &Zone::utc());
    assert_eq!(quiet.left, [] as [&str; 0]);
}

fn field(most: u32, least: u32) -> impl Strategy<Value = String> {
    let one = least..=most;
    prop_oneof![
        3 => Just("*".to_owned()),
        2 => one.clone().prop_map(|n| n.to_string()),
        1 => (2..15u32).prop_map(|n| format!("*/{n}")),
        1 => (one.clone(), one).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn whatever_a_crontab_says_is_printed_as_the_same(
        lines in proptest::collection::vec(
            (field(59, 0), field(23, 0), field(28, 1), field(12, 1), field(7, 0), "[ -~]{1,40}"), 1..5),
        zone in prop_oneof![Just("UTC"), Just("Europe/Berlin"), Just("Australia/Lord_Howe")],
    ) {
        let text: String =
            lines.iter().map(|(m, h, d, mo, w, command)| format!("{m} {h} {d} {mo} {w} {command}\n")).collect();
        same(&text, Form::User, &Zone::new(zone).unwrap());
    }
}
