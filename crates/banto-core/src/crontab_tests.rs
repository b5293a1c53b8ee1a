//! Tests of crontabs: samples as they stand, every fault with its line, hostile text.

use super::*;

/// Debian's own /etc/crontab, in its form.
const SYSTEM: &str = r#"# /etc/crontab: system-wide crontab
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin
MAILTO = "ops@example.org"

# m h dom mon dow user	command
17 *	* * *	root	cd / && run-parts --report /etc/cron.hourly
25 6	* * *	root	test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }
@monthly www-data php artisan tokens:reset-free
"#;

#[test]
fn a_system_crontab() {
    let crontab = read(SYSTEM, Form::System);
    assert_eq!(crontab.faults, []);
    let shown: Vec<String> = crontab
        .lines
        .iter()
        .map(|line| format!("{} {} [{}] {}", line.number, line.cron, line.user.as_deref().unwrap(), line.command))
        .collect();
    assert_eq!(
        shown,
        [
            "7 17 * * * * [root] cd / && run-parts --report /etc/cron.hourly",
            "8 25 6 * * * [root] test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }",
            "9 @monthly [www-data] php artisan tokens:reset-free",
        ]
    );
    assert_eq!(crontab.lines[0].environment["MAILTO"], "ops@example.org");
    assert_eq!(crontab.lines[0].environment.len(), 3);
    assert_eq!(crontab.lines[0].zone, None);
}

#[test]
fn variables_hold_for_the_lines_below_and_quotes_keep_blanks() {
    let text = "A='1 2 '\n0 0 * * * one\n B = 3 \r\n\"C\" = \"it's\"\nA=\n0 0 * * * two --x=1\n";
    let crontab = read(text, Form::User);
    assert_eq!(crontab.faults, []);
    let environment =
        |at: usize| crontab.lines[at].environment.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>();
    assert_eq!(environment(0), ["A=1 2 "]);
    assert_eq!(environment(1), ["A=", "B=3", "C=it's"]);
    assert_eq!(crontab.lines[1].command, "two --x=1");
}

#[test]
fn a_zone_holds_for_the_lines_below() {
    let text = "TZ=Asia/Tokyo\n0 0 * * * a\nCRON_TZ=Europe/Berlin\n0 0 * * * b\nCRON_TZ=\n0 0 * * * c\nCRON_TZ=Berlin\n0 0 * * * d\n";
    let crontab = read(text, Form::User);
    let zones: Vec<&str> = crontab.lines.iter().map(|line| line.zone.as_ref().unwrap().as_str()).collect();
    assert_eq!(zones, ["Asia/Tokyo", "Europe/Berlin", "Asia/Tokyo", "Asia/Tokyo"]);
    assert!(
        crontab
            .lines
            .iter()
            .all(|line| !line.environment.contains_key("CRON_TZ") && line.environment.contains_key("TZ"))
    );
    let faults: Vec<String> = crontab.faults.iter().map(Fault::to_string).collect();
    assert_eq!(faults, ["line 7: take \"Berlin\" as a time zone: no zone has this name; is it Europe/Berlin?"]);
}

#[test]
fn a_percent_sign_begins_what_the_command_reads_and_an_escaped_one_is_a_letter() {
    let one = |text, form| {
        let mut line = read(text, form).lines.remove(0);
        (std::mem::take(&mut line.command), line.stdin)
    };
    let line = r"0 0 * * * date +\%F | mail -s hi%Dear all,%bye \% now";
    assert_eq!(one(line, Form::User), ("date +%F | mail -s hi".to_owned(), Some("Dear all,\nbye % now\n".to_owned())));
    assert_eq!(one("0 0 * * * date +%F", Form::Supercronic), ("date +%F".to_owned(), None));
    assert_eq!(one(r"0 0 * * * a\b \\", Form::User), (r"a\b \\".to_owned(), None));
}

#[test]
fn supercronic_reads_years_and_seconds() {
    let text = "*/5 * * * * * * echo hi\n0 12 * * * 2030 noon\n* * * * * 7zip x\n* * * * * * b\n@hourly c\n30 4 1 * * printf %s\n";
    let crontab = read(text, Form::Supercronic);
    assert_eq!(crontab.faults, []);
    let shown: Vec<String> = crontab.lines.iter().map(|line| format!("{} : {}", line.cron, line.command)).collect();
    assert_eq!(
        shown,
        [
            "*/5 * * * * * * : echo hi",
            "0 0 12 * * * 2030 : noon",
            "* * * * * : 7zip x",
            "0 * * * * * * : b",
            "@hourly : c",
            "30 4 1 * * : printf %s",
        ]
    );
}

#[test]
fn all_faults_are_found_at_once_each_with_its_line() {
    let text = "@reboot start\n61 * * * * a\n* * * *\n\n* * * * *\n0 0 30 2 * never\n@every 5m x\n0 0 * * * ok\n0 0 * * * a\0b\n";
    let crontab = read(text, Form::User);
    assert_eq!(crontab.lines.len(), 1);
    let faults: Vec<String> = crontab.faults.iter().map(Fault::to_string).collect();
    let begins = ["line 1: ", "line 2: ", "line 3: ", "line 5: ", "line 6: ", "line 7: ", "line 9: "];
    assert_eq!(faults.len(), begins.len(), "{faults:#?}");
    for (fault, begin) in faults.iter().zip(begins) {
        assert!(fault.starts_with(begin), "{fault}");
    }
    assert!(faults[0].contains("@reboot is no time"), "{}", faults[0]);
    assert!(faults[3].contains("a command is wanted"), "{}", faults[3]);
    assert!(faults[4].contains("never matches"), "{}", faults[4]);
    let system = read("0 0 * * * root\n0 0 * * *\n0 0 * * * {bad user} x\n", Form::System);
    assert_eq!((system.lines.len(), system.faults.len()), (0, 3));
}

#[test]
fn a_crontab_that_is_too_long_is_refused_unread() {
    let crontab = read(&"#\n".repeat(CRONTAB_BYTES_MAX), Form::User);
    assert_eq!((crontab.lines.len(), crontab.faults.len(), crontab.faults[0].number), (0, 1, 0));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "([*/0-9,@%=\"'\\\\ \t\r\n#A-Za-z\0\u{e9}-]{0,60}\n?){0,8}") {
        for form in [Form::User, Form::System, Form::Supercronic] {
            let crontab = read(&text, form);
            let lines = text.split('\n').count();
            proptest::prop_assert!(crontab.lines.len() + crontab.faults.len() <= lines);
            proptest::prop_assert!(crontab.lines.iter().all(|line| !line.command.trim().is_empty()));
        }
    }
}
