//! What is written is read back as the same.

use std::path::Path;

use banto_core::{Cron, ScheduleName};
use proptest::prelude::*;

use super::super::tests::well;
use super::*;

fn again(written: &Written) -> Written {
    let mut read = well(&schedule(written, "UTC")).schedules.remove(0);
    read.source = written.source.clone();
    read
}

fn written(command: Spec) -> Written {
    let schedule =
        Schedule::new(ScheduleName::new("a").unwrap(), Timing::Cron(vec![Cron::new("*/5 * * * *").unwrap()]));
    let dir = Some("/srv/shop".into());
    let does = Does::Run(Box::new(Spec { dir, ..command }));
    Written::new(schedule, does, String::new())
}

#[test]
fn a_schedule_is_read_back_as_it_was_written() {
    let said = "[[schedule]]\nname = \"a\"\nrun = [\"x\", \"it's \\\"quoted\\\"\"]\ncron = [\"0 1 * * *\", \"0 2 * * *\"]\n\
        timezone = \"Asia/Tokyo\"\nbetween = \"09:00-17:00\"\nunless_between = \"12:00-13:00\"\nfrom = 2026-01-01\nuntil = 2027-01-01\n\
        weekdays = \"mon-fri\"\nenvironments = [\"a\", \"b\"]\nwhen = { file = \"/ready\" }\nskip = [{ file = \"/down\" }, { file = \"/off\" }]\ngap = \"before\"\nfold = \"second\"\nmissed = { all = 3 }\nno_overlap = true\n\
        even_in_maintenance = true\ngroup = \"g\"\ndescription = \"d\"\ndir = \"/x\"\nuser = \"u\"\nenv = { \"A\" = \"b\" }\noutput = \"/log\"\nstop_signal = \"INT\"\n";
    let first = well(said).schedules.remove(0);
    let mut second = again(&first);
    second.source = first.source.clone();
    assert_eq!(second, first);
}

#[test]
fn only_a_text_that_needs_no_shell_becomes_words() {
    for (text, list) in [
        ("php artisan x --y=1", true),
        ("/usr/bin/backup -a 3", true),
        ("cd /x", false),
        ("A=1 x", false),
        ("x > y", false),
        ("x ~/y", false),
        ("x *", false),
        ("x $Y", false),
        ("x 'y'", false),
        ("x # y", false),
        ("", false),
    ] {
        assert_eq!(words(text).is_some(), list, "{text}");
    }
}

#[test]
fn a_comment_stays_one_whatever_is_in_it() {
    let text = comment("a\n[[schedule]]\rname = 1\u{1b}[2J");
    assert!(text.lines().all(|line| line.starts_with("# ")), "{text}");
    assert!(well(&text).schedules.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_command_is_read_back_as_it_was_written(
        argv in proptest::collection::vec("[^\0]{1,20}", 1..4).prop_filter("a program", |argv| !argv[0].trim().is_empty()),
        value in "[^\0]{0,20}",
        shell in "[^\0]{1,40}".prop_filter("a text", |text| !text.trim().is_empty()),
    ) {
        let mut spec = Spec::argv(argv);
        spec.env.set.insert("A".into(), value);
        let one = written(spec);
        prop_assert_eq!(again(&one), one);
        // One that needs no shell comes back as its words.
        let one = written(Spec::shell(shell.clone()));
        let Does::Run(spec) = again(&one).does else { panic!() };
        let meant = match words(&shell) {
            Some(words) => Command::Argv(words.into_iter().map(str::to_owned).collect()),
            None => Command::Shell(shell),
        };
        prop_assert_eq!(spec.command, meant);
        prop_assert_eq!(spec.dir.as_deref(), Some(Path::new("/srv/shop")));
    }
}
