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
    let wrong: [(&str, Change); 9] = [
        ("a version", |j| j.version = 0),
        ("a priority", |j| j.priority = 10),
        ("a number of attempts", |j| j.attempts_max = 0),
        ("a number of attempts", |j| j.attempts_max = 1001),
        ("a delay in milliseconds", |j| j.due = Due::In(SPAN_MS_MAX + 1)),
        ("a time in milliseconds since 1970", |j| j.due = Due::At(-1)),
        ("a number of tags", |j| j.options.tags = vec![Label::new("t").unwrap(); 17]),
        ("a time-out in milliseconds", |j| j.options.timeout_ms = Some(0)),
        ("a back-off", |j| j.options.backoff = Some(Backoff::Table(vec![]))),
    ];
    for (thing, change) in wrong {
        let mut job = job();
        change(&mut job);
        assert_eq!(job.check().unwrap_err().thing(), thing);
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
