//! Each modifier of a Laravel schedule has its counterpart, or is said to have none.

use banto_process::Command;

use super::*;
use crate::file::{Does, File};

/// What the exporter printed of a real application on Laravel 8, shortened to the fields that matter here.
const EXPORTED: &str = r#"
{"kind":"command","expression":"*/5 * * * *","repeat_seconds":null,"timezone":"UTC","app_timezone":"UTC","command":"'/usr/bin/php8.2' 'artisan' redis:monitor","description":null,"callback":null,"without_overlapping":true,"on_one_server":true,"background":true,"maintenance":false,"environments":[],"user":null,"output":"/srv/shop/storage/logs/redis.log","append":true,"filters":[],"rejects":[{"where":"Event.php:667","framework":true}],"before":[],"after":[]}
{"kind":"command","expression":"*/5 * * * *","timezone":"UTC","app_timezone":"UTC","command":"'/usr/bin/php8.2' 'artisan' auth:monitor --alert","filters":[{"between":["22:00:00","04:00:00"]}],"rejects":[{"between":["01:00:00","02:00:00"]}]}
{"kind":"callback","expression":"0 0 * * *","timezone":"UTC","command":null,"description":"cache-holidays","callback":"/srv/shop/routes/schedule.php:4"}
{"kind":"command","expression":"30 2 * * *","timezone":"Europe/Berlin","command":"'/usr/bin/php8.2' 'artisan' inspire --x=1","filters":[{"where":"/srv/shop/routes/schedule.php:6","framework":false}],"after":["Event.php:785"]}
{"kind":"command","expression":"0 2 1 * *","timezone":"UTC","command":"'/usr/bin/php8.2' 'artisan' reports:generate --name='it'\\''s ; a|b'","maintenance":true,"environments":["production","staging"],"user":"www-data","output":"/var/log/x.log","append":false}
{"kind":"command","expression":"0 15 30 * *","timezone":"UTC","command":"node /srv/x.js | logger","output":"/dev/null"}
{"kind":"command","expression":"* * * * *","repeat_seconds":10,"timezone":"UTC","command":"'/usr/bin/php8.2' 'artisan' env"}
"#;

fn import(lines: &str) -> (File, Imported) {
    let imported = imported(lines, Path::new("/srv/shop")).unwrap();
    let file = File::parse(&imported.toml, Path::new("/srv/shop/banto.toml"), None);
    (file.unwrap_or_else(|faults| panic!("could not {faults}\n{}", imported.toml)), imported)
}

fn spec(file: &File, name: &str) -> banto_process::Spec {
    let found = file.schedules.iter().find(|one| one.schedule.name.as_str() == name);
    match &found.unwrap_or_else(|| panic!("{name} is not there")).does {
        Does::Run(spec) => (**spec).clone(),
        Does::Enqueue(_) => panic!("it enqueues"),
    }
}

#[test]
fn each_modifier_has_its_counterpart() {
    let (file, _) = import(EXPORTED);
    let shown: Vec<String> = file.schedules.iter().map(|one| one.schedule.to_json()).collect();
    assert_eq!(
        shown,
        [
            r#"{"name":"redis:monitor","timing":{"cron":["*/5 * * * *"]},"missed":"skip","no_overlap":true,"output":{"path":"/srv/shop/storage/logs/redis.log","append":true}}"#,
            r#"{"name":"auth:monitor-alert","timing":{"cron":["*/5 * * * *"]},"between":["22:00-04:00"],"unless_between":["01:00-02:00"],"missed":"skip"}"#,
            r#"{"name":"reports:generate-name-it-s","timing":{"cron":["0 2 1 * *"]},"environments":["production","staging"],"missed":"skip","even_in_maintenance":true,"output":{"path":"/var/log/x.log","append":true}}"#,
            r#"{"name":"node-srv-x.js","timing":{"cron":["0 15 30 * *"]},"missed":"skip"}"#,
            r#"{"name":"env","timing":{"cron":["*/10 * * * * *"]},"missed":"skip"}"#,
        ]
    );
    let down: Vec<usize> = file.schedules.iter().map(|one| one.skip.len()).collect();
    assert_eq!(down, [1, 1, 0, 1, 1], "all but what runs in maintenance too keep still while the application is down");
    assert_eq!(file.schedules[0].skip, [Path::new("/srv/shop/storage/framework/down")]);
    let monitor = spec(&file, "redis:monitor");
    assert_eq!(monitor.command, Command::Argv(["php", "artisan", "redis:monitor"].map(String::from).into()));
    assert_eq!(monitor.dir.as_deref(), Some(Path::new("/srv/shop")));
    let report = spec(&file, "reports:generate-name-it-s");
    assert_eq!(
        report.command,
        Command::Argv(["php", "artisan", "reports:generate", "--name=it's ; a|b"].map(String::from).into())
    );
    assert_eq!(report.user.as_deref(), Some("www-data"));
    assert_eq!(spec(&file, "node-srv-x.js").command, Command::Shell("node /srv/x.js | logger".into()));
}

#[test]
fn what_only_php_can_decide_stays_a_comment_with_its_cure() {
    let (file, imported) = import(EXPORTED);
    assert!(imported.toml.contains("# [[schedule]]\n# name = \"inspire-x-1\"\n"), "{}", imported.toml);
    assert!(file.schedules.iter().all(|one| one.schedule.name.as_str() != "inspire-x-1"));
    for part in [
        "cache-holidays: \"cache-holidays\" (/srv/shop/routes/schedule.php:4) is PHP code and no command: make it an artisan command",
        "inspire-x-1: only PHP can decide its when() or skip() (/srv/shop/routes/schedule.php:6)",
        "inspire-x-1: 1 of its hooks",
        "reports:generate-name-it-s: its output was written anew",
        "node-srv-x.js: if it was lastDayOfMonth()",
    ] {
        assert!(imported.left.iter().any(|left| left.starts_with(part)), "{part}: {:#?}", imported.left);
    }
    assert_eq!(imported.left.len(), 5);
}

/// An older exporter says only how many conditions there are; one of them keeps runs from overlapping.
#[test]
fn numbers_of_conditions_are_taken_too() {
    let line = |more: &str| {
        format!(r#"{{"kind":"command","expression":"* * * * *","command":"x","without_overlapping":true,{more}}}"#)
    };
    assert_eq!(import(&line(r#""filters":0,"rejects":1,"before":0,"after":0,"mutex":"m""#)).0.schedules.len(), 1);
    assert_eq!(import(&line(r#""filters":0,"rejects":2"#)).0.schedules.len(), 0);
    assert_eq!(import(&line(r#""filters":1,"rejects":1"#)).0.schedules.len(), 0);
}

#[test]
fn what_cannot_be_read_is_said_and_nothing_is_taken() {
    let text = imported("{\"kind\":\"command\"", Path::new("/srv")).err().unwrap().text;
    assert!(text.starts_with("read line 1 of what was exported: "), "{text}");
    let (file, imported) = import(
        r#"{"kind":"command","expression":"61 * * * *","command":"x\u001b[2J\n[[schedule]]","environments":["a b"]}"#,
    );
    assert!(file.schedules.is_empty() && !imported.toml.contains('\u{1b}'));
    assert!(imported.left[0].contains("take \"61 * * * *\" as a cron expression"), "{:#?}", imported.left);
}

#[tokio::test]
async fn a_php_that_fails_or_is_missing_is_said_with_its_words() {
    let dir = tempfile::tempdir().unwrap();
    let fails = dir.path().join("php");
    std::fs::write(&fails, "#!/bin/sh\necho '{\"kind\":1}'\necho 'no such class' >&2\nexit 3\n").unwrap();
    std::fs::set_permissions(&fails, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let text = exporter::run(dir.path(), fails.to_str().unwrap()).await.unwrap_err().text;
    assert!(text.contains("exit code 3") && text.contains("no such class"), "{text}");
    let text = exporter::run(dir.path(), "no-such-php-anywhere").await.unwrap_err().text;
    assert!(text.contains("could not find \"no-such-php-anywhere\""), "{text}");
    // What it says on its error stream is no part of the answer, and the code is handed over as one argument.
    std::fs::write(&fails, "#!/bin/sh\necho \"$#:$1:$PWD\"\necho x >&2\n").unwrap();
    let said = exporter::run(dir.path(), fails.to_str().unwrap()).await.unwrap();
    assert_eq!(said, format!("2:-r:{}\n", dir.path().canonicalize().unwrap().display()));
}
