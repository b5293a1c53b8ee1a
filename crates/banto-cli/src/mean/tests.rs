//! Each flag to its meaning, as tables.

use banto_core::{Backoff, Due, Hold, Ids, State};
use banto_engine::{Config, Registry, config::QueueWeight};
use banto_store::Select;
use clap::Parser;

use super::*;
use crate::{
    args::{Commands, Verb, schedule::ScheduleVerb},
    argv::{misread, spelled},
    exit::Exit,
};

#[derive(Parser)]
#[command(name = "banto")]
struct Typed {
    #[command(subcommand)]
    command: Commands,
}

/// What a flag changes of what is meant without it.
type Change<T> = fn(&mut T);

fn verb(typed: &str) -> Verb {
    let typed = Typed::try_parse_from(spelled::<Typed>(typed.split(' ').map(Into::into))).unwrap();
    let Commands::Queue(queue) = typed.command else { panic!("no queue command") };
    queue.verb
}

fn config(flags: &str) -> Result<Config, Failure> {
    let Verb::Work(typed) = verb(format!("banto queue work {flags}").trim()) else { panic!("not work") };
    work::config(&typed, &Registry::new("test"), "errands")
}

fn job(flags: &str) -> Result<banto_core::NewJob, Failure> {
    let Verb::Enqueue(typed) = verb(&format!("banto queue enqueue {flags}")) else { panic!("not enqueue") };
    enqueue::job(&typed, &typed.payload, None, Ids::new(1).make(0), 0)
}

/// That the failure is one of usage and says all of this.
fn refused<T: std::fmt::Debug>(meant: Result<T, Failure>, says: &[&str]) {
    let failure = meant.unwrap_err();
    assert_eq!(failure.exit, Exit::Usage, "{failure:?}");
    for said in says {
        assert!(failure.text.contains(said), "{said} is not in: {}", failure.text);
    }
}

#[test]
fn spans_are_seconds_or_numbers_with_units() {
    for (text, ms) in [
        ("0", 0),
        ("90", 90_000),
        ("1.5", 1_500),
        ("0.2", 200),
        ("200ms", 200),
        ("90s", 90_000),
        ("5m", 300_000),
        ("5min", 300_000),
        ("1h30m", 5_400_000),
        ("1h 30m", 5_400_000),
        ("2d", 172_800_000),
        ("3650d", SPAN_MS_MAX),
    ] {
        assert_eq!(span("--x", text).unwrap(), ms, "{text}");
    }
}

#[test]
fn odd_spans_are_refused_with_the_flag_and_what_is_allowed() {
    for text in [
        "",
        " ",
        "-1",
        "1x",
        "m",
        "1..2",
        "5m3",
        "0m5",
        "0h30",
        "0 0",
        "1e3",
        "NaN",
        "inf",
        "3651d",
        "99999999999999999999",
        "١",
        "1h-",
    ] {
        refused(span("--sleep", text), &["--sleep", "seconds, or numbers with ms"]);
    }
    refused(some_span("--timeout", "0"), &["--timeout", "more than 0"]);
}

#[test]
fn moments_need_their_offset() {
    assert_eq!(moment("--at", "1970-01-01T00:00:01Z").unwrap(), 1_000);
    assert_eq!(moment("--at", "2026-12-01T09:00:00+09:00").unwrap(), moment("--at", "2026-12-01T00:00:00Z").unwrap());
    for text in ["2026-12-01T09:00:00", "2026-12-01", "tomorrow", "", "2026-02-30T00:00:00Z", "1969-12-31T23:59:59Z"] {
        refused(moment("--at", text), &["--at", "offset"]);
    }
}

#[test]
fn until_is_a_moment_or_a_span_and_lies_ahead() {
    assert_eq!(until("--until", "30m", 1_000).unwrap(), 1_801_000);
    assert_eq!(until("--until", "1970-01-01T00:01:00Z", 1_000).unwrap(), 60_000);
    refused(until("--until", "1970-01-01T00:00:00Z", 1_000), &["over already"]);
    refused(until("--until", "0", 1_000), &["more than 0"]);
}

#[test]
fn times_are_told_in_utc_and_never_fail() {
    assert_eq!(clock_time(0), "1970-01-01 00:00:00Z");
    assert_eq!(clock_time(1_764_547_199_999), "2025-11-30 23:59:59Z");
    assert_eq!(clock_time(i64::MAX), format!("{} ms since 1970", i64::MAX));
}

#[test]
fn each_flag_of_work_has_its_meaning() {
    let plain = config("").unwrap();
    let cases: [(&str, Change<Config>); 19] = [
        ("--concurrency 3", |c| c.concurrency = 3),
        ("--once", |c| (c.jobs_max, c.concurrency, c.stop_when_empty) = (Some(1), 1, true)),
        ("--once --concurrency 5", |c| (c.jobs_max, c.concurrency, c.stop_when_empty) = (Some(1), 1, true)),
        ("--stop-when-empty", |c| c.stop_when_empty = true),
        ("--sleep 3", |c| c.poll_ms = 3_000),
        ("--rest 0.5", |c| c.rest_ms = 500),
        ("--tries 7", |c| c.attempts_max = Some(7)),
        ("--timeout 300", |c| c.timeout_ms = 300_000),
        ("--max-jobs 100", |c| c.jobs_max = Some(100)),
        ("--max-time 1h", |c| c.time_max_ms = Some(3_600_000)),
        ("--memory 128", |c| c.memory_max_bytes = Some(128 << 20)),
        ("--backoff 5", |c| c.backoff = Backoff::Table(vec![5_000])),
        ("--backoff 1,30,5m", |c| c.backoff = Backoff::Table(vec![1_000, 30_000, 300_000])),
        ("--name night", |c| c.name = "night".parse().unwrap()),
        ("--grace 0", |c| c.grace_ms = 0),
        ("--keep-done 0", |c| c.prune.done_ms = 0),
        ("--keep-cancelled 2h", |c| c.prune.cancelled_ms = 7_200_000),
        ("--keep-dead 90d", |c| c.prune.dead_ms = 90 * 86_400_000),
        ("--start-anyway", |c| c.start_anyway = true),
    ];
    for (flags, change) in cases {
        let mut wanted = plain.clone();
        change(&mut wanted);
        let meant = Config { seed: plain.seed, ..config(flags).unwrap() };
        assert_eq!(meant, wanted, "{flags}");
    }
    assert_eq!(plain.name.as_str(), "errands");
}

#[test]
fn queues_are_in_strict_order_or_by_weight() {
    let queues = |flags: &str| {
        let shown = |q: &QueueWeight| format!("{}={}", q.queue, q.weight);
        config(flags).unwrap().queues.iter().map(shown).collect::<Vec<_>>().join(",")
    };
    assert_eq!(queues("--queue a,b"), "a=0,b=0");
    assert_eq!(queues("--queue a --queue b"), "a=0,b=0");
    assert_eq!(queues("--queue a=3,b=1"), "a=3,b=1");
    assert_eq!(queues("--queue a=3,b"), "a=3,b=1");
    assert_eq!(queues(""), "default=1");
}

#[test]
fn odd_numbers_for_work_are_refused() {
    for (flags, says) in [
        ("--queue a,a", "twice"),
        ("--queue a=0", "weight"),
        ("--queue a=x", "weight"),
        ("--queue a:b", "A-Z"),
        ("--queue =3", "A-Z"),
        ("--concurrency 0", "1 to 10000"),
        ("--tries 0", "1 to 1000"),
        ("--tries 1001", "1 to 1000"),
        ("--tries 99999999", "1 to 1000"),
        ("--tries -1", "1 to 1000"),
        ("--max-jobs 0", "1 or more"),
        ("--memory 0", "1 or more"),
        ("--timeout 0", "more than 0"),
        ("--sleep 0", "more than 0"),
        ("--name a/b", "--name"),
        ("--backoff x", "--backoff"),
    ] {
        refused(config(flags), &[says]);
    }
}

#[test]
fn each_flag_of_enqueue_has_its_meaning() {
    let plain = job("mail.send").unwrap();
    assert_eq!((plain.kind.as_str(), plain.queue.as_str(), plain.payload.as_str()), ("mail.send", "default", "{}"));
    let cases: [(&str, Change<banto_core::NewJob>); 13] = [
        ("--payload [1,2]", |j| j.payload = banto_core::Payload::parse("[1,2]").unwrap()),
        ("--payload -1", |j| j.payload = banto_core::Payload::parse("-1").unwrap()),
        ("--version 3", |j| j.version = 3),
        ("--queue mail", |j| j.queue = "mail".parse().unwrap()),
        ("--priority 0", |j| j.priority = 0),
        ("--delay 10m", |j| j.due = Due::In(600_000)),
        ("--at 1970-01-02T00:00:00Z", |j| j.due = Due::At(86_400_000)),
        ("--attempts 9", |j| j.attempts_max = Some(9)),
        ("--timeout 5", |j| j.options.timeout_ms = Some(5_000)),
        ("--backoff 1,2", |j| j.options.backoff = Some(Backoff::Table(vec![1_000, 2_000]))),
        ("--tag a --tag b", |j| j.options.tags = ["a", "b"].map(|tag| tag.parse().unwrap()).into()),
        ("--once k", |j| *j = j.clone().once("k".parse().unwrap())),
        ("--count 5", |_| {}),
    ];
    for (flags, change) in cases {
        let mut wanted = plain.clone();
        change(&mut wanted);
        assert_eq!(job(&format!("mail.send {flags}")).unwrap(), wanted, "{flags}");
    }
}

#[test]
fn a_key_is_held_as_it_was_said() {
    let hold = |flags: &str| job(format!("a --unique k {flags}").trim()).unwrap().unique.unwrap().hold;
    assert_eq!(hold(""), Hold::Done);
    assert_eq!(hold("--unique-for queued"), Hold::Queued);
    assert_eq!(hold("--unique-for done"), Hold::Done);
    assert_eq!(hold("--unique-for 1h"), Hold::Period(3_600_000));
}

#[test]
fn odd_jobs_are_refused() {
    for (flags, says) in [
        ("a/b", "A-Z"),
        ("a --queue *", "A-Z"),
        ("a --payload {", "JSON"),
        ("a --payload nul", "JSON"),
        ("a --priority 10", "take \"10\" as --priority: 0 to 9 is allowed"),
        ("a --priority -1", "take \"-1\" as --priority: 0 to 9 is allowed"),
        ("a --attempts 0", "--attempts: 1 to 1000 is allowed"),
        ("a --attempts 99999999", "--attempts: 1 to 1000 is allowed"),
        ("a --version 0", "--version: 1 to 65535 is allowed"),
        ("a --version x", "--version: 1 to 65535 is allowed"),
        ("a --delay 11y", "--delay"),
        ("a --at noon", "--at"),
        ("a --count 0", "--count"),
        ("a --count 2 --once k", "key"),
        ("a --unique k --unique-for 0", "more than 0"),
        ("a --unique k --unique-for never", "or \"queued\" or \"done\""),
    ] {
        refused(job(flags), &[says]);
    }
}

#[test]
fn a_refused_back_off_shows_what_was_typed() {
    let long = vec!["1"; 33].join(",");
    let failure = job(&format!("a --backoff {long}")).unwrap_err();
    assert!(failure.text.starts_with("take \"1,1,1,") && failure.text.contains("1 to 32 waits"), "{}", failure.text);
    let failure = job("a --backoff 1,11y").unwrap_err();
    assert!(failure.text.starts_with("take \"11y\" as --backoff"), "{}", failure.text);
}

#[test]
fn what_clap_refuses_is_one_failure_of_usage() {
    for typed in [
        "banto queue work --concurrency x",
        "banto queue enqueue a --delay 1 --at x",
        "banto queue enqueue a --once k --unique k",
        "banto queue explain",
        "banto queue failed --state ready",
        "banto queue flush --yes --dry-run",
        "banto queue:nonsense",
    ] {
        let error = Typed::try_parse_from(spelled::<Typed>(typed.split(' ').map(Into::into))).err().unwrap();
        let failure = misread(&error);
        assert_eq!(failure.exit, Exit::Usage, "{typed}");
        assert!(failure.text.starts_with("read the command: "), "{}", failure.text);
    }
}

#[test]
fn what_is_no_whole_number_is_refused_with_what_is_allowed() {
    for typed in [
        "queue work --concurrency x",
        "queue work --max-jobs 1.5",
        "queue work --memory -1",
        "queue list --limit -1",
        "queue monitor --max-waiting many",
        "queue monitor --max-dead 99999999999999999999",
        "queue enqueue a --count -1",
        "schedule list --next x",
        "schedule history a --limit x",
        "schedule preview a --count x",
        "schedule work --concurrency x",
    ] {
        let read = Typed::try_parse_from(std::iter::once("banto").chain(typed.split(' ')));
        let odd = read.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(odd.contains("a whole number is wanted, 0 or more"), "{typed}: {odd}");
    }
}

#[test]
fn a_negative_number_is_a_wrong_value_and_no_unknown_flag() {
    use clap::CommandFactory;
    for typed in [
        "banto queue work --sleep -1",
        "banto queue work --memory -1",
        "banto queue list --limit -1",
        "banto queue monitor --watch -1",
        "banto queue flush --hours -1",
        "banto queue pause mail --until -5",
        "banto queue enqueue a --delay -5",
    ] {
        let read = Typed::try_parse_from(typed.split(' '));
        let odd = read.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(odd.is_empty() || odd.contains("invalid value '-1' for '--"), "{typed}: {odd}");
    }
    refused(config("--sleep -1"), &["take \"-1\" as --sleep"]);
    refused(job("a --delay -5"), &["take \"-5\" as --delay"]);
    let command = Typed::command();
    for verb in command.get_subcommands().flat_map(|group| group.get_subcommands()) {
        for flag in verb.get_arguments().filter(|flag| flag.get_long().is_some()) {
            let counts = |name: &clap::builder::Str| matches!(name.as_str(), "N" | "MIB" | "SPAN" | "SPAN,…" | "TIME");
            let counts = flag.get_value_names().is_some_and(|names| names.iter().any(counts));
            assert!(!counts || flag.is_allow_negative_numbers_set(), "{} {flag}", verb.get_name());
        }
    }
}

#[test]
fn what_the_operators_of_the_old_system_type_is_understood() {
    let worker = verb("banto queue:work --sleep=3 --tries=3 --max-time=3600 --timeout=300 --memory=128 --backoff=0");
    let Verb::Work(worker) = worker else { panic!("not work") };
    let config = work::config(&worker, &Registry::new("test"), "errands").unwrap();
    assert_eq!((config.poll_ms, config.attempts_max, config.time_max_ms), (3_000, Some(3), Some(3_600_000)));
    assert_eq!((config.timeout_ms, config.memory_max_bytes), (300_000, Some(128 << 20)));
    assert_eq!(config.backoff, Backoff::Table(vec![0]));
    assert!(matches!(verb("banto queue:work --once --verbose"), Verb::Work(work) if work.once && work.verbose));
    assert!(matches!(verb("banto queue:flush --hours=48"), Verb::Flush(flush) if flush.hours.as_deref() == Some("48")));
    assert!(matches!(verb("banto queue:clear --queue=emails"), Verb::Clear(clear) if clear.queue == "emails"));
    assert!(matches!(verb("banto queue:retry all"), Verb::Retry(_)));
    assert!(matches!(verb("banto queue:failed"), Verb::Failed(_)));
    assert!(matches!(verb("banto queue:restart"), Verb::Restart));
}

#[test]
fn an_order_takes_ids_a_filter_or_all() {
    let id = "0199e7c4-8e3a-7c11-b0a3-5f0f6f0e9a11";
    let chosen = |flags: &str| {
        let Verb::Retry(typed) = verb(format!("banto queue retry {flags}").trim()) else { panic!("not retry") };
        select::chosen(&typed, &[State::Dead])
    };
    assert_eq!(chosen(id).unwrap(), Select::ids([id.parse().unwrap()]));
    assert_eq!(chosen("--all").unwrap(), Select::states([State::Dead]));
    assert_eq!(chosen("all").unwrap(), Select::states([State::Dead]), "Laravel's word");
    let mail = Select { kind: Some("mail".parse().unwrap()), ..Select::states([State::Dead]) };
    assert_eq!(chosen("--kind mail").unwrap(), mail);
    assert_eq!(chosen("--state cancelled").unwrap(), Select::states([State::Cancelled]));
    refused(chosen(""), &["name ids"]);
    refused(chosen("nonsense"), &["job id"]);
    refused(chosen("--state gone"), &["scheduled, ready"]);
    refused(chosen("--queue a:b"), &["--queue"]);
}

#[test]
fn a_release_knows_causes() {
    let chosen = |flags: &str| {
        let Verb::Release(typed) = verb(&format!("banto queue release {flags}")) else { panic!("not release") };
        select::chosen_parked(&typed)
    };
    assert_eq!(chosen("--cause missing").unwrap().cause, Some(Cause::Missing));
    assert_eq!(chosen("--all").unwrap(), Select::default());
    refused(chosen("--cause bad"), &["unknown_kind, newer_version"]);
}

/// A line of help as a shell would part it, without what stands before a pipe, behind the command, or beside it.
fn shell_words(line: &str) -> Vec<String> {
    let line = line.rsplit(" | ").next().unwrap().trim_start().split(" && ").next().unwrap();
    let line = line.split(" > ").next().unwrap();
    let line = line.split("  ").next().unwrap();
    let (mut words, mut quoted) = (vec![String::new()], false);
    for c in line.trim().chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    assert!(!quoted, "{line}");
    words
}

#[test]
fn every_example_of_the_help_can_be_typed_and_means_something() {
    use clap::CommandFactory;
    let command = Typed::command();
    let groups: Vec<_> = command.get_subcommands().collect();
    let verbs = groups.iter().flat_map(|group| group.get_subcommands()).chain(groups.iter().copied());
    let mut examples = 0;
    for verb in verbs {
        let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
        let Some((_, lines)) = help.split_once("EXAMPLE") else { continue };
        for line in lines.lines().skip(1).filter(|line| line.starts_with("  ")) {
            let words = std::iter::once("banto".to_owned()).chain(shell_words(line));
            let typed = Typed::try_parse_from(spelled::<Typed>(words.map(Into::into)));
            let typed = typed.unwrap_or_else(|error| panic!("{line}: {error}"));
            examples += 1;
            if let Commands::Schedule(typed) = &typed.command {
                assert_eq!(schedule_means(&typed.verb), Ok(()), "{line}");
            }
            let Commands::Queue(queue) = typed.command else { continue };
            let meant = match queue.verb {
                Verb::Work(typed) => work::config(&typed, &Registry::new("test"), "errands").map(drop),
                Verb::Enqueue(typed) => {
                    let elsewhere = typed.payload == "-" || typed.payload.starts_with('@');
                    let payload = if elsewhere { "{}" } else { &typed.payload };
                    enqueue::job(&typed, payload, None, Ids::new(1).make(0), 0).map(drop)
                }
                Verb::List(typed) => select::listed(&typed).map(drop),
                Verb::Failed(typed) => select::failed(&typed).map(drop),
                Verb::Retry(typed) => select::chosen(&typed, &[State::Dead]).map(drop),
                Verb::Forget(typed) | Verb::Cancel(typed) => select::chosen(&typed.choose, &[]).map(drop),
                Verb::Release(typed) => select::chosen_parked(&typed).map(drop),
                Verb::Explain(typed) => typed.id.map_or(Ok(()), |text| id(&text).map(drop)),
                Verb::Monitor(typed) => typed.max_age.map_or(Ok(()), |text| span("--max-age", &text).map(drop)),
                Verb::Clear(typed) => name("--queue", &typed.queue).map(drop),
                _ => Ok(()),
            };
            assert_eq!(meant, Ok(()), "{line}");
        }
    }
    assert!(examples > 20, "only {examples} examples were found");
}

/// Whether what an example of `schedule` says is allowed.
fn schedule_means(verb: &ScheduleVerb) -> Result<(), Failure> {
    let now = moment("now", "2026-11-29T00:00:00Z")?;
    match verb {
        ScheduleVerb::Test(one) => schedule::name(&one.name).map(drop),
        ScheduleVerb::Work(typed) => schedule::worker(&typed.how, "errands", vec!["schedules".parse()?]).map(drop),
        ScheduleVerb::History(typed) => {
            schedule::fates(&typed.fate)?;
            schedule::name(&typed.name).map(drop)
        }
        ScheduleVerb::Pause(typed) => typed.until.as_deref().map_or(Ok(()), |at| until("--until", at, now).map(drop)),
        ScheduleVerb::Preview(typed) => {
            typed.missed_since.as_deref().map_or(Ok(now), |at| schedule::past("--missed-since", at, now))?;
            typed.name.as_deref().map_or(Ok(()), |name| schedule::name(name).map(drop))
        }
        ScheduleVerb::List(typed) => {
            typed.zone.timezone.as_deref().map_or(Ok(()), |zone| Ok(banto_core::Zone::new(zone).map(drop)?))
        }
        _ => Ok(()),
    }
}

#[test]
fn parts_and_past_times_are_named_when_they_are_wrong() {
    let words = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        schedule::parts(&words("workers,schedules")),
        Ok(vec![schedule::Part::Workers, schedule::Part::Schedules])
    );
    assert_eq!(schedule::parts(&[]).map(|all| all.len()), Ok(3));
    refused(schedule::parts(&words("cron")), &["--only", "schedules, programs, workers"]);
    refused(schedule::past("--missed-since", "2099-01-01T00:00:00Z", 0), &["a time that has been"]);
    refused(schedule::fates(&words("fired,lost")), &["lost", "fired, skipped, missed"]);
    refused(schedule::name("a b"), &["a schedule's name"]);
}

#[test]
fn clap_finds_no_fault_in_the_commands() {
    use clap::CommandFactory;
    Typed::command().debug_assert();
}

#[test]
fn the_page_names_every_command() {
    use clap::CommandFactory;
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md")).unwrap();
    let command = Typed::command();
    for group in command.get_subcommands() {
        let verbs: Vec<String> =
            group.get_subcommands().map(|verb| format!("{} {}", group.get_name(), verb.get_name())).collect();
        let names = if verbs.is_empty() { vec![group.get_name().to_owned()] } else { verbs };
        for name in names {
            let stands = [format!("| `{name}` |"), format!("| `{name} ")].iter().any(|row| page.contains(row));
            assert!(stands, "docs/cli.md lacks `{name}`");
        }
    }
}
