//! Tests of ids and of the checks at the door.

use super::*;

fn job() -> NewJob {
    NewJob::new(Ids::new(1).make(0), Name::new("k").unwrap(), Name::new("q").unwrap(), Payload::parse("{}").unwrap())
}

#[test]
fn ids_are_version_seven_and_hold_the_time() {
    let id = Ids::new(7).make(0x0123_4567_89ab);
    let uuid = Uuid::from_bytes(*id.bytes());
    assert_eq!(uuid.get_version_num(), 7);
    assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
    assert_eq!(id.bytes()[..6], [0x01, 0x23, 0x45, 0x67, 0x89, 0xab]);
    assert_eq!(id.to_string().parse::<JobId>().unwrap(), id);
}

proptest::proptest! {
    #[test]
    fn ids_grow_whatever_the_clock_does(seed: u64, times in proptest::collection::vec(0i64..1 << 47, 1..200)) {
        let mut ids = Ids::new(seed);
        let made: Vec<JobId> = times.iter().map(|now| ids.make(*now)).collect();
        proptest::prop_assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
        proptest::prop_assert!(made.iter().all(|id| Uuid::from_bytes(*id.bytes()).get_version_num() == 7));
    }
}

#[test]
fn a_standing_clock_makes_a_million_different_ids() {
    let mut ids = Ids::new(3);
    let mut last = ids.make(5);
    for _ in 0..1_000_000 {
        let next = ids.make(5);
        assert!(next > last);
        last = next;
    }
}

#[test]
fn text_that_is_no_id_is_refused() {
    for bad in ["", "1", "0190-", "zzzzzzzz-zzzz-7zzz-8zzz-zzzzzzzzzzzz"] {
        assert!(bad.parse::<JobId>().unwrap_err().to_string().contains("a UUID is wanted"));
    }
}

#[test]
fn an_ordinary_job_passes() {
    assert_eq!(job().check(), Ok(()));
    assert_eq!(job().once(Label::new("pay 7").unwrap()).check(), Ok(()));
}

#[test]
fn each_number_has_its_limits() {
    type Change = fn(&mut NewJob);
    let wrong: [(&str, Change); 16] = [
        ("a version", |j| j.version = 0),
        ("a priority", |j| j.priority = 10),
        ("a number of attempts", |j| j.attempts_max = Some(0)),
        ("a number of attempts", |j| j.attempts_max = Some(1001)),
        ("a delay in milliseconds", |j| j.due = Due::In(SPAN_MS_MAX + 1)),
        ("a time in milliseconds since 1970", |j| j.due = Due::At(-1)),
        ("a number of tags", |j| j.options.tags = vec![Label::new("t").unwrap(); 17]),
        ("a time-out in milliseconds", |j| j.options.timeout_ms = Some(0)),
        ("a back-off", |j| j.options.backoff = Some(Backoff::Table(vec![]))),
        ("a time in milliseconds since 1970", |j| j.due = Due::At(TIME_MS_MAX + 1)),
        ("a time-out in milliseconds", |j| j.options.timeout_ms = Some(SPAN_MS_MAX + 1)),
        ("a time in milliseconds since 1970", |j| j.options.retry_until = Some(-1)),
        ("a time in milliseconds since 1970", |j| j.options.retry_until = Some(TIME_MS_MAX + 1)),
        ("a number of crashes", |j| j.options.crashes_max = Some(0)),
        ("a number of crashes", |j| j.options.crashes_max = Some(101)),
        ("a hold in milliseconds", |j| j.unique = held(Hold::Remember(0))),
    ];
    for (thing, change) in wrong {
        let mut job = job();
        change(&mut job);
        assert_eq!(job.check().unwrap_err().thing(), thing);
    }
}

fn held(hold: Hold) -> Option<Unique> {
    Some(Unique { key: Label::new("k").unwrap(), hold })
}

#[test]
fn a_hold_has_its_limits_in_both_its_forms() {
    let forms: [fn(u64) -> Hold; 2] = [Hold::Remember, Hold::Period];
    for form in forms {
        for (ms, fits) in [(0, false), (1, true), (SPAN_MS_MAX, true), (SPAN_MS_MAX + 1, false), (u64::MAX, false)] {
            assert_eq!(NewJob { unique: held(form(ms)), ..job() }.check().is_ok(), fits, "{:?}", form(ms));
        }
    }
    for hold in [Hold::Queued, Hold::Done] {
        assert_eq!(NewJob { unique: held(hold), ..job() }.check(), Ok(()));
    }
}

#[test]
fn each_number_is_taken_up_to_its_limit() {
    type Change = fn(&mut NewJob);
    let right: [Change; 17] = [
        |j| j.version = 1,
        |j| j.version = u16::MAX,
        |j| j.priority = 0,
        |j| j.priority = 9,
        |j| j.attempts_max = Some(1),
        |j| j.attempts_max = Some(1000),
        |j| j.due = Due::In(0),
        |j| j.due = Due::In(SPAN_MS_MAX),
        |j| j.due = Due::At(0),
        |j| j.due = Due::At(TIME_MS_MAX),
        |j| j.options.tags = vec![Label::new("t").unwrap(); 16],
        |j| j.options.timeout_ms = Some(1),
        |j| j.options.timeout_ms = Some(SPAN_MS_MAX),
        |j| j.options.retry_until = Some(0),
        |j| j.options.retry_until = Some(TIME_MS_MAX),
        |j| j.options.crashes_max = Some(1),
        |j| j.options.crashes_max = Some(100),
    ];
    for change in right {
        let mut job = job();
        change(&mut job);
        assert_eq!(job.check(), Ok(()), "{job:?}");
    }
}

#[test]
fn a_refused_number_is_shown_with_what_is_allowed() {
    let refusal = NewJob { priority: 10, ..job() }.check().unwrap_err();
    assert_eq!(refusal.to_string(), "take \"10\" as a priority: 0 to 9 is allowed");
    let refusal = NewJob { due: Due::At(-5), ..job() }.check().unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "take \"-5\" as a time in milliseconds since 1970: 0 to 253402300799999 is allowed"
    );
}

#[test]
fn once_remembers_the_key_for_a_day() {
    let unique = job().once(Label::new("pay 7").unwrap()).unique.unwrap();
    assert_eq!((unique.key.as_str(), unique.hold), ("pay 7", Hold::Remember(24 * 60 * 60 * 1000)));
}

/// The first millisecond of the year 10000 is one over the cap.
#[test]
fn the_latest_time_is_the_end_of_the_year_9999() {
    let days = (0..8030).fold(0i64, |days, year| {
        let year = 1970 + year;
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        days + if leap { 366 } else { 365 }
    });
    assert_eq!(days * 86_400_000 - 1, TIME_MS_MAX);
}

#[test]
fn makers_of_other_seeds_make_other_ids_and_of_the_same_the_same() {
    let made = |seed| -> Vec<JobId> {
        let mut ids = Ids::new(seed);
        (0..100).map(|_| ids.make(1_000)).collect()
    };
    assert_eq!(made(1), made(1));
    let all: std::collections::BTreeSet<JobId> = [1, 2, 3, 1 << 40, u64::MAX].into_iter().flat_map(made).collect();
    assert_eq!(all.len(), 500);
}

#[test]
fn ids_of_one_millisecond_share_no_guessable_step() {
    let mut ids = Ids::new(9);
    let made: Vec<u128> = (0..50).map(|_| Uuid::from_bytes(*ids.make(1).bytes()).as_u128()).collect();
    let steps: std::collections::BTreeSet<u128> = made.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(steps.len() > 40, "{steps:?}");
}

#[test]
fn odd_clocks_make_ids_all_the_same() {
    // Before 1970, beyond 48 bits, and what they do to the order.
    let mut ids = Ids::new(3);
    let times = [i64::MIN, -1, 0, 1 << 47, (1 << 48) - 1, 1 << 48, i64::MAX, 5];
    let made: Vec<JobId> = times.iter().map(|now| ids.make(*now)).collect();
    for pair in made.windows(2) {
        assert!(pair[0] < pair[1], "{made:?}");
    }
    for id in made {
        let uuid = Uuid::from_bytes(*id.bytes());
        assert_eq!((uuid.get_version_num(), uuid.get_variant()), (7, uuid::Variant::RFC4122), "{id}");
    }
    assert_eq!(Ids::new(1).make(-1).bytes()[..6], [0; 6]);
}

#[test]
fn an_id_is_text_in_json_and_in_a_table() {
    let id = JobId::of_bytes([0x01, 0x90, 0, 0, 0, 0, 0x7a, 0xbc, 0x8d, 0xef, 1, 2, 3, 4, 5, 6]);
    let text = "01900000-0000-7abc-8def-010203040506";
    assert_eq!((id.to_string().as_str(), format!("{id:?}").as_str()), (text, text));
    assert_eq!(format!("{id:>38}"), format!("  {text}"));
    assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{text}\""));
    assert_eq!(serde_json::from_str::<JobId>(&format!("\"{text}\"")).unwrap(), id);
    assert_eq!(text.to_uppercase().parse::<JobId>().unwrap(), id);
}

#[test]
fn the_order_of_ids_is_that_of_their_bytes_and_their_text() {
    let mut ids = Ids::new(4);
    let made: Vec<JobId> = (0..200).map(|n| ids.make(n * 7 % 50)).collect();
    assert!(made.windows(2).all(|pair| pair[0].bytes() < pair[1].bytes()));
    assert!(made.windows(2).all(|pair| pair[0].to_string() < pair[1].to_string()));
}

/// Stores and the wire keep these forms.
#[test]
fn words_of_an_order_have_the_forms_that_older_files_have() {
    let forms = [
        (serde_json::to_string(&[Due::Now, Due::In(7), Due::At(-1)]), r#"["now",{"in":7},{"at":-1}]"#),
        (
            serde_json::to_string(&[Hold::Queued, Hold::Done, Hold::Remember(1), Hold::Period(2)]),
            r#"["queued","done",{"remember":1},{"period":2}]"#,
        ),
        (serde_json::to_string(&held(Hold::Done).unwrap()), r#"{"key":"k","hold":"done"}"#),
    ];
    for (written, form) in forms {
        assert_eq!(written.unwrap(), form);
    }
    let all = r#"{"timeout_ms":1,"backoff":{"table":[1]},"retry_until":2,"crashes_max":3,"tags":["t"],"trace":"00-a"}"#;
    let read: Options = serde_json::from_str(all).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), all);
    assert_eq!((read.timeout_ms, read.retry_until, read.crashes_max), (Some(1), Some(2), Some(3)));
    for bad in
        [r#"{"tags":["a\nb"]}"#, r#"{"timeout_ms":-1}"#, r#"{"crashes_max":65536}"#, r#"{"backoff":{"table":1}}"#]
    {
        assert!(serde_json::from_str::<Options>(bad).is_err(), "{bad}");
    }
}

#[test]
fn options_are_small_and_strict() {
    assert_eq!(serde_json::to_string(&Options::default()).unwrap(), "{}");
    assert!(serde_json::from_str::<Options>(r#"{"run":"rm"}"#).is_err());
}

#[test]
fn a_job_is_ready_or_scheduled_by_the_time_it_is_accepted() {
    let cases = [
        (Due::Now, (State::Ready, 1_000)),
        (Due::In(0), (State::Ready, 1_000)),
        (Due::In(5), (State::Scheduled, 1_005)),
        (Due::In(u64::MAX), (State::Scheduled, i64::MAX)),
        (Due::At(999), (State::Ready, 999)),
        (Due::At(1_000), (State::Ready, 1_000)),
        (Due::At(1_001), (State::Scheduled, 1_001)),
    ];
    for (due, (state, run_at)) in cases {
        let new = NewJob { due, ..job() };
        assert_eq!(new.place(1_000), (state, run_at), "{due:?}");
        let made = new.accepted(1_000);
        assert_eq!((made.state, made.run_at, made.enqueued_at, made.attempt), (state, run_at, 1_000, 0), "{due:?}");
    }
}
