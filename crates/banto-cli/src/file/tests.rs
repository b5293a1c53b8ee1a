//! Every key means what the page says, and every fault has its place.

use std::path::Path;

use banto_core::{Cron, Timing};
use banto_engine::{
    Action,
    supervise::{Brake, How, Restart, Then},
};
use banto_process::Command;

use super::{keys::ALL, *};

/// What a text says as `banto.toml` in `/srv/shop`.
pub(crate) fn parsed(text: &str) -> Result<File, Faults> {
    File::parse(text, Path::new("/srv/shop/banto.toml"), None)
}

pub(crate) fn well(text: &str) -> File {
    parsed(text).unwrap_or_else(|faults| panic!("could not {faults}"))
}

/// The faults, as `line:column: text`.
pub(crate) fn wrong(text: &str) -> Vec<String> {
    let faults = parsed(text).expect_err("it has no fault");
    faults.list.iter().map(|fault| format!("{}:{}: {}", fault.line, fault.column, fault.text)).collect()
}

/// A schedule with these lines.
pub(crate) fn scheduled(lines: &str) -> String {
    format!("[[schedule]]\nname = \"a\"\nrun = [\"true\"]\n{lines}")
}

fn model(lines: &str) -> String {
    let file = well(&scheduled(lines));
    let json = file.schedules[0].schedule.to_json();
    json.strip_prefix("{\"name\":\"a\",\"timing\":").and_then(|rest| rest.strip_suffix('}')).unwrap().to_owned()
}

fn spec(lines: &str) -> banto_process::Spec {
    match well(&scheduled(&format!("every = 60\n{lines}"))).schedules.remove(0).does {
        Does::Run(spec) => *spec,
        Does::Enqueue(_) => panic!("it enqueues"),
    }
}

#[test]
fn an_empty_file_has_the_defaults() {
    let file = well("");
    assert_eq!((file.service.as_str(), file.environment.as_str()), ("default", "production"));
    assert!(file.schedules.is_empty() && file.programs.is_empty() && file.worker.is_none());
    assert!(file.timetable("1", None).is_empty());
}

#[test]
fn each_way_to_say_when() {
    for (lines, timing) in [
        (r#"every = "5m""#, r#"{"cron":["*/5 * * * *"]}"#),
        (r#"every = 300"#, r#"{"cron":["*/5 * * * *"]}"#),
        (r#"every = "7m""#, r#"{"every_s":420}"#),
        (r#"every = "minute""#, r#"{"cron":["* * * * *"]}"#),
        (r#"every = "hour""#, r#"{"cron":["0 * * * *"]}"#),
        (r#"every = "day""#, r#"{"cron":["0 0 * * *"]}"#),
        (r#"every = "week""#, r#"{"cron":["0 0 * * 0"]}"#),
        ("every = \"week\"\nweekdays = \"mon\"\nat = \"9:00\"", r#"{"cron":["0 9 * * 1"]}"#),
        (r#"every = "month""#, r#"{"cron":["0 0 1 * *"]}"#),
        ("every = \"month\"\nday = [1, 15, \"last\"]", r#"{"cron":["0 0 1,15,L * *"]}"#),
        (r#"every = "quarter""#, r#"{"cron":["0 0 1 1,4,7,10 *"]}"#),
        (r#"every = "year""#, r#"{"cron":["0 0 1 1 *"]}"#),
        ("every = \"year\"\nmonth = \"dec\"\nday = 24\nat = \"15:30\"", r#"{"cron":["30 15 24 12 *"]}"#),
        (r#"at = "09:00""#, r#"{"cron":["0 9 * * *"]}"#),
        (r#"at = ["09:00", "13:05:30"]"#, r#"{"cron":["0 9 * * *","30 5 13 * * *"]}"#),
        ("at = \"09:00\"\nweekdays = [\"mon-wed\", \"fri\"]", r#"{"cron":["0 9 * * 1,2,3,5"]}"#),
        ("at = \"09:00\"\nweekdays = \"sat-mon\"", r#"{"cron":["0 9 * * 1,6,0"]}"#),
        ("day = 1\nweekdays = \"mon\"", r#"{"cron":["0 0 1 * *"]},"weekdays":["mon"]"#),
        ("month = [1, \"july\"]", r#"{"cron":["0 0 * 1,7 *"]}"#),
        (r#"cron = "0 9 * * MON#1""#, r#"{"cron":["0 9 * * MON#1"]}"#),
        (r#"cron = ["@daily", "0 12 * * *"]"#, r#"{"cron":["@daily","0 12 * * *"]}"#),
        ("cron = \"*/5 * * * *\"\nweekdays = \"mon\"", r#"{"cron":["*/5 * * * *"]},"weekdays":["mon"]"#),
    ] {
        assert_eq!(model(lines), timing, "{lines}");
    }
}

#[test]
fn each_key_of_a_schedule_means_what_the_model_has() {
    for (line, json) in [
        (r#"timezone = "Asia/Tokyo""#, r#""zone":"Asia/Tokyo""#),
        (r#"between = "09:00-17:00""#, r#""between":["09:00-17:00"]"#),
        (r#"unless_between = ["22:00-04:00"]"#, r#""unless_between":["22:00-04:00"]"#),
        ("from = 2025-12-01\nuntil = \"2025-12-14\"", r#""from":"2025-12-01","until":"2025-12-14""#),
        (r#"environments = ["staging"]"#, r#""environments":["staging"]"#),
        (
            r#"days_off = { weekends = true, then = "next_business_day" }"#,
            r#""days_off":{"weekends":true,"then":"next_business_day"}"#,
        ),
        (r#"gap = "skip""#, r#""gap":"skip""#),
        (r#"fold = "both""#, r#""fold":"both""#),
        (r#"missed = "skip""#, r#""missed":"skip""#),
        (r#"missed = { all = 10 }"#, r#""missed":{"all":{"max":10}}"#),
        (r#"missed_age_max = "6h""#, r#""age_ms_max":21600000"#),
        (r#"spread = "5m""#, r#""spread_ms":300000"#),
        (r#"late = 90"#, r#""late_ms":90000"#),
        (r#"jitter = 1.5"#, r#""jitter_ms":1500"#),
        ("no_overlap = true", r#""no_overlap":true"#),
        ("even_in_maintenance = true", r#""even_in_maintenance":true"#),
        (r#"group = "night""#, r#""group":"night""#),
        (r#"description = "for people""#, r#""description":"for people""#),
        (r#"output = "a.log""#, r#""output":{"path":"/srv/shop/a.log","append":true}"#),
    ] {
        assert_eq!(model(&format!("every = \"1m\"\n{line}")), format!("{{\"cron\":[\"* * * * *\"]}},{json}"), "{line}");
    }
    assert_eq!(model("every = \"1m\"\none_server = true\nmissed = \"last\""), r#"{"cron":["* * * * *"]}"#);
}

#[test]
fn each_key_of_a_command_means_what_the_spec_has() {
    let plain = spec("");
    assert_eq!((plain.dir.as_deref(), plain.success.as_slice()), (Some(Path::new("/srv/shop")), [0].as_slice()));
    let said = spec(
        "dir = \"sub\"\nuser = 33\nnice = -5\nenv = { A = \"b\" }\nenv_pass = \"APP_KEY\"\nmemory_max = \"64MiB\"\n\
         grace = \"3s\"\nstop_signal = \"int\"\nsuccess = [0, 3]\ntimeout = \"2m\"\n\
         output = { file = \"/log/a\", max_size = 1000, daily = true, keep = 2 }\ntimezone = \"Asia/Tokyo\"",
    );
    assert_eq!(said.dir.as_deref(), Some(Path::new("/srv/shop/sub")));
    assert_eq!((said.user.as_deref(), said.nice, said.memory_max_bytes), (Some("33"), Some(-5), Some(64 << 20)));
    assert_eq!((said.env.set["A"].as_str(), said.env.pass.as_slice()), ("b", ["APP_KEY".to_owned()].as_slice()));
    assert_eq!((said.grace_ms, said.timeout_ms, said.stop_signal), (3_000, Some(120_000), banto_process::Signal::INT));
    assert_eq!(said.success, [0, 3]);
    let file = said.file.unwrap();
    assert_eq!(
        (file.path.as_path(), file.bytes_max, file.daily, file.keep),
        (Path::new("/log/a"), Some(1_000), true, banto_process::Keep::Files(2))
    );
    assert_eq!(file.zone.as_deref(), Some("Asia/Tokyo"));
}

#[test]
fn a_shell_is_used_only_where_it_is_written() {
    assert_eq!(spec("").command, Command::Argv(vec!["true".into()]));
    let text = "[[schedule]]\nname = \"a\"\nevery = 1\nrun = \"a | b\"\n";
    assert_eq!(
        wrong(text),
        [
            "4:7: take \"a | b\" as run: a list of words is wanted, as [\"php\", \"artisan\", \"inspire\"]; a text for a shell needs shell = true beside it"
        ]
    );
    assert!(wrong(&text.replace("a | b", "ls -l /srv"))[0].contains("[\"ls\", \"-l\", \"/srv\"]"));
    let Does::Run(spec) = well(&format!("{text}shell = true")).schedules.remove(0).does else { panic!() };
    assert_eq!(spec.command, Command::Shell("a | b".into()));
    assert!(wrong(&scheduled("every = 1\nshell = true"))[0].contains("with shell = true one text is wanted"));
}

#[test]
fn a_job_to_enqueue_has_its_own_keys() {
    let file = well(
        "[[schedule]]\nname = \"a\"\nat = \"9:00\"\nenqueue = { kind = \"report.make\", version = 2, queue = \"q\", \
         priority = 1, attempts = 7, timeout = \"9s\", tags = [\"t\"], payload = { a = [1, 2.5, \"x\", true, 2026-01-01], b = { c = 1 } } }",
    );
    let timetable = file.timetable("1", None);
    let entry = timetable.entries().next().unwrap();
    assert_eq!(entry.source, "/srv/shop/banto.toml:2");
    let Action::Enqueue { kind, make } = &entry.action else { panic!("it does something else") };
    let job = make(JobId::of_bytes([7; 16]), 0).unwrap();
    assert_eq!((kind.as_str(), job.queue.as_str(), job.version, job.priority), ("report.make", "q", 2, 1));
    assert_eq!((job.attempts_max, job.options.timeout_ms, job.options.tags.len()), (Some(7), Some(9_000), 1));
    assert_eq!(job.payload.as_str(), r#"{"a":[1,2.5,"x",true,"2026-01-01"],"b":{"c":1}}"#);
    let faults =
        wrong("[[schedule]]\nname = \"a\"\nevery = 1\nenqueue = { payload = { x = inf } }\ndir = \"x\"\nattempts = 3");
    assert_eq!(faults.len(), 4, "{faults:#?}");
    assert!(faults[0].starts_with("4:11: know which job to enqueue"), "{faults:#?}");
    assert!(faults[1].contains("JSON has no such number"), "{faults:#?}");
    assert!(faults[2].starts_with("5:7: take dir here: it belongs to a command"), "{faults:#?}");
    assert!(faults[3].starts_with("6:12: take attempts here: of a job it is said inside enqueue"), "{faults:#?}");
}

#[test]
fn a_commands_job_outlives_the_commands_own_timeout() {
    let file = well(&scheduled("every = 60\ntimeout = \"1m\"\nqueue = \"schedules.q\"\nattempts = 2"));
    let debug = format!("{:?}", file.schedules[0]);
    assert!(debug.contains("queue: Some(\"schedules.q\"), attempts_max: Some(2)"), "{debug}");
    let timetable = file.timetable("1", None);
    assert_eq!(timetable.faults(), [] as [&str; 0]);
    assert_eq!(timetable.entries().count(), 1);
}

/// A payload that the kind cannot read, or a key beside no_overlap, is found before anything is due.
#[test]
fn what_a_kind_refuses_is_a_fault_of_the_timetable() {
    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    struct Greet {
        whom: String,
    }
    impl banto_engine::Job for Greet {
        const KIND: &'static str = "greet";
        fn policy() -> banto_engine::Policy {
            banto_engine::Policy { queue: "hello", ..Default::default() }
        }
        fn unique(&self) -> Result<Option<banto_core::Unique>, Refusal> {
            let key = banto_core::Label::new(&self.whom)?;
            Ok(Some(banto_core::Unique { key, hold: banto_core::Hold::Done }))
        }
    }
    let mut registry = Registry::new("1");
    registry.add(Arc::new(()), |_: Greet, _: banto_engine::Context<()>| async { Ok(()) });
    let faults = |lines: &str| {
        let file = well(&format!("[[schedule]]\nname = \"a\"\nevery = 60\nenqueue = {{ kind = \"greet\", {lines}"));
        let timetable = file.timetable("1", Some(&registry));
        let queue = timetable.entries().next().map(|entry| match &entry.action {
            Action::Enqueue { make, .. } => make(JobId::of_bytes([1; 16]), 0).unwrap().queue.to_string(),
            _ => panic!("it does something else"),
        });
        (queue, timetable.faults().join("\n"))
    };
    assert_eq!(faults("payload = { whom = \"me\" } }"), (Some("hello".into()), String::new()));
    let (_, said) = faults("payload = { who = \"me\" } }");
    assert!(said.contains("/srv/shop/banto.toml:2") && said.contains("its payload is not one"), "{said}");
    let (_, said) = faults("payload = { whom = \"me\" } }\nno_overlap = true");
    assert!(said.contains("take \"me\" as the key of a schedule's job"), "{said}");
}

#[test]
fn a_calendar_is_written_there_or_in_a_file_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("jp.csv"),
        "\u{feff}date,name\r\n# comment\n2026-01-01,New Year\r\n\n2026-01-12,\"Coming of Age, Day\"\n",
    )
    .unwrap();
    let text =
        "[[calendar]]\nname = \"jp\"\nfile = \"jp.csv\"\ndays = [{ date = 2026-02-11, name = \"Foundation\" }]\n";
    let schedule = "[[schedule]]\nname = \"a\"\nrun = [\"true\"]\nat = \"9:00\"\ndays_off = { calendar = \"jp\" }\n";
    let path = dir.path().join("banto.toml");
    std::fs::write(&path, format!("{text}{schedule}")).unwrap();
    let file = File::read(&path).unwrap();
    let off = file.schedules[0].schedule.days_off.clone().unwrap();
    let days: Vec<String> = off.calendar.unwrap().days().map(|(date, name)| format!("{date} {name}")).collect();
    assert_eq!(days, ["2026-01-01 New Year", "2026-01-12 Coming of Age, Day", "2026-02-11 Foundation"]);
    std::fs::write(dir.path().join("jp.csv"), "2026-02-11,Again\n2026-13-01,No\n2026-01-01\n").unwrap();
    let text = File::read(&path).unwrap_err().text;
    for part in ["jp.csv:2:1: could not take \"2026-13-01\" as a date", "jp.csv:3:1: ", "take 2026-02-11 twice"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let faults = wrong(&schedule.replace("jp", "de"));
    assert_eq!(faults, ["5:25: take \"de\" as calendar: there is no [[calendar]] in this file"]);
}

#[test]
fn a_program_has_all_its_words() {
    let file = well(
        "[[program]]\nname = \"db\"\nrun = [\"db\"]\n[[program]]\nname = \"web\"\nrun = \"exec web\"\nshell = true\nafter = \"db\"\nstart = false\n\
         restart = \"on_failure\"\nbackoff = { first = \"2s\", longest = \"5m\" }\nhealthy = \"20s\"\n\
         brake = { starts = 3, within = \"2m\", then = \"give_up\" }\nreload_signal = \"USR1\"\nuser = \"www-data\"\n\
         probe = { http = \"http://localhost:8080/health\", every = \"1s\", timeout = \"2s\", failures = 4, start_period = 0 }",
    );
    let web = &file.programs[1];
    assert_eq!((web.name.as_str(), web.source.as_str()), ("web", "/srv/shop/banto.toml:5"));
    assert_eq!(web.spec.command, Command::Shell("exec web".into()));
    assert_eq!((web.after[0].as_str(), web.start, web.restart), ("db", false, Restart::OnFailure));
    assert_eq!(web.backoff, Some(banto_core::Backoff::Exponential { base_ms: 2_000, max_ms: 300_000 }));
    assert_eq!(web.brake, Some(Brake { starts_max: 3, within_ms: 120_000, then: Then::GiveUp }));
    assert_eq!((web.healthy_ms, web.reload_signal), (Some(20_000), Some(banto_process::Signal::USR1)));
    let probe = web.probe.clone().unwrap();
    assert_eq!(probe.how, How::Http { addr: ([127, 0, 0, 1], 8080).into(), path: "/health".into() });
    assert_eq!((probe.interval_ms, probe.timeout_ms, probe.failures_max, probe.start_period_ms), (1_000, 2_000, 4, 0));
    let one = |line: &str| well(&format!("[[program]]\nname = \"a\"\nrun = [\"a\"]\n{line}")).programs.remove(0);
    assert_eq!(one("backoff = [1, \"5s\"]").backoff, Some(banto_core::Backoff::Table(vec![1_000, 5_000])));
    assert_eq!(one("probe = { tcp = \"[::1]:6379\" }").probe.unwrap().how, How::Tcp("[::1]:6379".parse().unwrap()));
    let How::Command(asks) = one("user = \"u\"\nprobe = { command = [\"ping\"] }").probe.unwrap().how else { panic!() };
    assert_eq!((asks.user.as_deref(), asks.dir.as_deref()), (Some("u"), Some(Path::new("/srv/shop"))));
    for (line, part) in [
        ("after = \"no\"", "start a after no (/srv/shop/banto.toml:2): there is no [[program]] of this name"),
        ("probe = {}", "one of http, tcp and command is wanted"),
        ("probe = { tcp = \"10.0.0.1:1\" }", "an address on loopback with its port is wanted"),
        ("probe = { http = \"example.com/\" }", "an address on loopback with its port is wanted"),
        ("backoff = { first = \"2m\", longest = \"1m\" }", "the first not above the longest"),
        ("restart = \"sometimes\"", "allowed are \"always\", \"on_failure\", \"never\""),
        ("brake = { then = \"give_up\", every = 3 }", "a program that is given up is not tried again"),
    ] {
        let faults = wrong(&format!("[[program]]\nname = \"a\"\nrun = [\"a\"]\n{line}"));
        assert!(faults.len() == 1 && faults[0].contains(part), "{line}: {faults:#?}");
    }
}

#[test]
fn a_worker_has_the_words_of_queue_work() {
    let file = well(
        "[worker]\nqueue = [\"mail=3\", \"default\"]\nconcurrency = 4\nsleep = \"2s\"\nrest = 0\ntries = 5\ntimeout = \"1m\"\nmax_jobs = 9\n\
         max_time = \"1h\"\nmemory = 512\nbackoff = [1, \"5s\"]\nverbose = true\nname = \"w\"\ngrace = 9\nkeep_done = \"1h\"\n\
         keep_cancelled = \"2h\"\nkeep_dead = \"3h\"\nstart_anyway = true\n[scheduler]\nname = \"s\"\nstand_by = \"1s\"\noffset_max = \"2s\"",
    );
    let config = mean::work::config(file.worker.as_ref().unwrap(), &Registry::default(), "x").unwrap();
    assert_eq!((config.name.as_str(), config.concurrency, config.poll_ms, config.timeout_ms), ("w", 4, 2_000, 60_000));
    assert_eq!((config.attempts_max, config.jobs_max, config.time_max_ms), (Some(5), Some(9), Some(3_600_000)));
    assert_eq!((config.memory_max_bytes, config.grace_ms, config.start_anyway), (Some(512 << 20), 9_000, true));
    assert_eq!(config.queues.iter().map(|queue| queue.weight).collect::<Vec<_>>(), [3, 1]);
    let scheduler = &file.scheduler;
    assert_eq!((scheduler.stand_by_ms, scheduler.offset_ms_max), (Some(1_000), Some(2_000)));
    assert_eq!(wrong("[worker]\nqueue = [\"a\", \"a\"]"), ["2:9: take \"a\" as queue: it stands there twice"]);
}

#[test]
fn the_environment_of_the_process_goes_before_the_files() {
    let text = "environment = \"staging\"\n[[schedule]]\nname = \"a\"\nrun = [\"true\"]\nevery = 60\nenvironments = [\"local\"]";
    let read = |environment| File::parse(text, Path::new("banto.toml"), environment).unwrap();
    assert_eq!(read(None).environment.as_str(), "staging");
    assert!(read(None).timetable("1", None).is_empty());
    assert!(!read(Some("local")).timetable("1", None).is_empty());
    let faults = File::parse(text, Path::new("banto.toml"), Some("lo cal")).unwrap_err().to_string();
    assert!(faults.contains("(BANTO_ENV)"), "{faults}");
}

#[test]
fn all_faults_are_said_at_once_with_their_places() {
    let text = "servce = 1\ntimezone = \"Europe/Berlim\"\n[[schedule]]\nname = \"a b\"\nrun = []\nevery = \"5x\"\n\
                [[schedule]]\nname = 'y'\nnam = 3\nrun_in_background = true\nmissed = 3\n[[schedule]]\nname = 'y'\nrun = ['x']\ncron = '61 * * * *'\n";
    let faults = parsed(text).unwrap_err();
    let lines: Vec<String> = faults.list.iter().map(|fault| format!("{}:{}", fault.line, fault.column)).collect();
    assert_eq!(
        lines,
        ["1:1", "2:12", "4:8", "5:7", "6:9", "7:1", "7:1", "9:1", "10:1", "11:10", "13:8", "15:8"],
        "{faults}"
    );
    let text = faults.to_string();
    for part in [
        "take /srv/shop/banto.toml: it has 12 faults, and nothing of it is used\n",
        "/srv/shop/banto.toml:1:1: could not take \"servce\" in banto.toml: it has no such key; is it service?",
        "is it Europe/Berlin?",
        "it has no such key; is it name?",
        "it has no such key; leave it out: no run waits for another one",
        "take \"y\" twice: it stands in line 8 already; rename one",
        "as its minute",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn faults_of_the_whole_schedule() {
    for (lines, part) in [
        ("", "know when it is due: say every, at or cron"),
        ("every = 60\ncron = \"* * * * *\"", "take every here: cron says when already"),
        ("every = 60\nat = \"9:00\"", "take at here: every says when already"),
        ("every = \"fortnight\"", "one of minute, hour, day, week, month, quarter and year is wanted"),
        ("every = \"1.5s\"", "whole seconds are allowed"),
        ("every = 0", "more than 0 is wanted"),
        ("every = \"day\"\nday = 3", "take day here: it goes with the words month, quarter and year"),
        ("every = \"quarter\"\nmonth = 3", "take month here: every says the months already"),
        ("at = \"25:00\"", "00:00 to 23:59 is allowed"),
        ("day = 32", "a whole number from 1 to 31 is allowed"),
        ("day = \"first\"", "a day of the month from 1 to 31, or \"last\", is wanted"),
        ("day = 30\nmonth = 2", "it never matches"),
        ("month = \"foo\"", "a month from 1 to 12, or jan to dec, is wanted"),
        ("at = \"9:00\"\nweekdays = \"monday-funday\"", "mon, tue, wed, thu, fri, sat and sun are allowed"),
        ("every = 60\nfrom = 2026-02-30", "a date that exists is wanted"),
        ("every = 60\nfrom = 2026-02-03\nuntil = 2026-02-01", "the first day must not come after the last one"),
        ("every = 60\nmissed = { all = 0 }", "a whole number from 1 to 100000 is allowed"),
        ("every = 60\nmissed = { }", "all is wanted"),
        ("every = 60\none_server = false", "it is always so"),
        ("every = 60\ndays_off = { }", "calendar = \"…\" or weekends = true is wanted"),
        ("every = 60\nenqueue = { kind = \"k\" }", "take run and enqueue in one schedule"),
        (
            "every = 60\nqueue = \"mail\"",
            "take \"mail\" as the queue of a run: runs of schedules wait in queues of their own",
        ),
        ("every = 60\nsuccess = []", "at least one exit code is wanted"),
        ("every = 60\nsuccess = 256", "a whole number from 0 to 255 is allowed"),
        ("every = 60\nmemory_max = \"64MB\"", "KiB, MiB or GiB"),
        ("every = 60\nmemory_max = 0", "KiB, MiB or GiB"),
        ("every = 60\nnice = 20", "a whole number from -20 to 19 is allowed"),
        ("every = 60\nattempts = 99999999999999999999999", "a whole number from 1 to 1000 is allowed"),
        ("every = 60\noutput = { keep = 3 }", "file is wanted"),
        ("every = 60\noutput = \"\"", "a path without control or invisible characters is wanted"),
        ("every = 60\njitter = \"11000000h\"", "to ten years"),
    ] {
        let faults = wrong(&scheduled(lines));
        assert!(faults.iter().any(|fault| fault.contains(part)), "{lines}: {faults:#?}");
        assert!(faults.len() <= 2, "{lines}: {faults:#?}");
    }
    assert!(wrong("[[schedule]]\nevery = 60").iter().any(|fault| fault.contains("know what the schedule is called")));
    assert!(wrong("[schedule]\nname = \"a\"")[0].contains("write [[schedule]], with two brackets"));
    assert!(wrong("schedule = 3")[0].contains("write [[schedule]]"));
    assert!(wrong("worker = 3")[0].contains("a table is wanted"));
}

#[test]
fn values_of_the_environment_are_never_shown() {
    for env in ["{ KEY = 4711 }", "{ KEY = \"47\\u000011\" }", "\"4711\"", "{ \"A=B\" = \"4711\" }", "[\"4711\"]"] {
        let faults = wrong(&scheduled(&format!("every = 60\nenv = {env}")));
        assert!(!faults.is_empty() && !format!("{faults:?}").contains("4711"), "{env}: {faults:?}");
    }
}

/// A key that is listed and not read would be taken and do nothing.
#[test]
fn every_key_is_read() {
    for section in ALL {
        for key in section.keys {
            // Numbers in a list in a list mean nothing anywhere, and JSON has no such number.
            let (above, line) = match section.title {
                "banto.toml" => (String::new(), format!("{key} = [[inf]]")),
                title @ ("crontab" | "days") => (
                    title.replace("crontab", "[[crontab]]").replace("days", "[[calendar]]\n[[calendar.days]]"),
                    format!("{key} = [[inf]]"),
                ),
                title @ ("days_off" | "missed" | "enqueue" | "when") => {
                    ("[[schedule]]".into(), format!("{title}.{key} = [[inf]]"))
                }
                "output" => ("[[schedule]]\nrun = [\"x\"]".into(), format!("output.{key} = [[inf]]")),
                title @ ("backoff" | "brake" | "probe") => ("[[program]]".into(), format!("{title}.{key} = [[inf]]")),
                "[[schedule]]" if *key == "every" => ("[[schedule]]".into(), "every = [[inf]]".into()),
                "[[schedule]]" if ["run", "enqueue"].contains(key) => {
                    ("[[schedule]]".into(), format!("{key} = [[inf]]"))
                }
                "[[schedule]]" => ("[[schedule]]\nrun = [\"x\"]".into(), format!("{key} = [[inf]]")),
                title => (title.into(), format!("{key} = [[inf]]")),
            };
            let text = format!("{above}\n{line}");
            let place = format!("{}:", text.lines().count());
            let faults = wrong(&text);
            assert!(faults.iter().any(|fault| fault.starts_with(&place)), "{key} of {}: {faults:#?}", section.title);
        }
    }
}

#[test]
fn the_page_explains_each_key_and_no_other() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/banto.toml.md")).unwrap();
    for section in ALL {
        let head = format!("\n## `{}`\n", section.title);
        let part = page.split(&head).nth(1).unwrap_or_else(|| panic!("docs/banto.toml.md lacks {head}"));
        let part = part.split("\n## ").next().unwrap();
        let rows = part.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(key, _)| key));
        let mut rows: Vec<&str> = rows.collect();
        let mut keys = section.keys.to_vec();
        rows.sort_unstable();
        keys.sort_unstable();
        assert_eq!(rows, keys, "docs/banto.toml.md, {}", section.title);
    }
    let example = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(well(example).schedules.len(), 1);
}

#[test]
fn a_fluent_schedule_and_a_written_one_are_the_same() {
    use banto_core::Span;
    let fluent = banto_core::schedule("a").every(5.minutes()).no_overlap().between("09:00", "17:00").build().unwrap();
    let written = well(&scheduled("every = \"5m\"\nno_overlap = true\nbetween = \"09:00-17:00\"")).schedules.remove(0);
    assert_eq!(written.schedule, fluent);
    let Timing::Cron(crons) = &written.schedule.timing else { panic!() };
    assert_eq!(crons, &[Cron::new("*/5 * * * *").unwrap()]);
}
