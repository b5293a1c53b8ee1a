//! Tests of what a build can run, and of what it sets aside.

use banto_core::{Hold, Ids, Label, State, Unique};
use serde::{Deserialize, Serialize};

use super::*;

#[derive(Serialize, Deserialize)]
struct Paint {
    avatar: u64,
    colour: String,
}

impl Job for Paint {
    const KIND: &'static str = "paint";
    const VERSION: u16 = 3;
    const ALIASES: &'static [&'static str] = &["App\\Jobs\\Paint"];

    fn policy() -> Policy {
        Policy { queue: "brushes", priority: 2, attempts_max: Some(7), retry_for_ms: Some(60_000), ..Policy::default() }
    }

    fn unique(&self) -> Result<Option<Unique>, Refusal> {
        let key = Label::new(&format!("avatar:{}", self.avatar))?;
        Ok(Some(Unique { key, hold: Hold::Done }))
    }

    fn tags(&self) -> Vec<String> {
        assert_ne!(self.colour, "invisible", "a colour that can be seen");
        vec![self.colour.clone()]
    }

    fn upcast(from: u16, mut payload: Value) -> Result<Value, String> {
        match from {
            1 => payload["colour"] = "red".into(),
            2 => payload["avatar"] = payload["id"].take(),
            _ => return Err(format!("no step from {from}")),
        }
        Ok(payload)
    }
}

fn registry(missing: &'static [&'static str]) -> Registry {
    let mut registry = Registry::new("b7");
    let handler = |paint: Paint, _: Context<()>| async move {
        if paint.colour == "red" { Ok(()) } else { Err(JobError::dead("only red")) }
    };
    let names = move || missing.iter().map(|name| (*name).to_owned()).collect();
    registry.add_needing::<Paint, (), _, _>(Arc::new(()), handler, names);
    registry
}

fn record(kind: &str, version: u16, payload: &str) -> JobRecord {
    let new = NewJob::new(
        Ids::new(1).make(0),
        Name::new(kind).unwrap(),
        Name::new("q").unwrap(),
        Payload::parse(payload).unwrap(),
    );
    JobRecord { version, state: State::Running, attempt: 1, fence: 1, ..new.accepted(0) }
}

fn cause(registry: &Registry, record: &JobRecord) -> Option<Cause> {
    registry.verdict(record).map(|park| park.cause)
}

#[test]
fn what_is_known_and_decodes_can_run_under_each_name() {
    let good = r#"{"avatar":1,"colour":"red"}"#;
    assert_eq!(cause(&registry(&[]), &record("paint", 3, good)), None);
    assert_eq!(cause(&registry(&[]), &record("App\\Jobs\\Paint", 3, good)), None);
}

#[test]
fn older_payloads_are_lifted_step_by_step() {
    assert_eq!(cause(&registry(&[]), &record("paint", 1, r#"{"id":7}"#)), None);
    assert_eq!(cause(&registry(&[]), &record("paint", 2, r#"{"id":7,"colour":"x"}"#)), None);
}

#[test]
fn each_way_of_not_being_able_has_its_cause() {
    let good = r#"{"avatar":1,"colour":"red"}"#;
    assert_eq!(cause(&registry(&[]), &record("print", 1, "{}")), Some(Cause::UnknownKind));
    assert_eq!(cause(&registry(&[]), &record("paint", 4, good)), Some(Cause::NewerVersion));
    assert_eq!(cause(&registry(&[]), &record("paint", 3, r#"{"avatar":"x"}"#)), Some(Cause::Undecodable));
    assert_eq!(cause(&registry(&["REPLICATE_API_TOKEN"]), &record("paint", 3, good)), Some(Cause::Missing));
}

#[test]
fn the_words_name_what_is_wrong_and_the_build() {
    let park = registry(&["A_KEY", "a bucket"]).verdict(&record("paint", 3, "{}")).unwrap();
    assert_eq!((park.text.as_str(), park.build.as_str()), ("paint lacks A_KEY, a bucket", "b7"));
    let park = registry(&[]).verdict(&record("paint", 9, "{}")).unwrap();
    assert_eq!(park.text, "the payload has version 9, build b7 reads up to 3");
}

#[test]
fn a_kind_registered_twice_is_a_fault() {
    let mut registry = registry(&[]);
    registry.add::<Paint, (), _, _>(Arc::new(()), |_, _| async { Ok(()) });
    assert_eq!(registry.faults().len(), 2);
    assert!(registry.faults()[0].contains("\"paint\" twice"));
}

fn made(kind: &str, version: u16, payload: &str) -> Result<NewJob, String> {
    let registry = registry(&[]);
    let entry = registry.entry(&Name::new(kind).unwrap()).unwrap();
    entry.made(Payload::parse(payload).unwrap(), version, Ids::new(1).make(0), 1_000)
}

#[test]
fn a_job_from_a_typed_payload_is_the_one_its_type_would_make() {
    let typed = r#"{ "colour":"red", "avatar":7 }"#;
    for kind in ["paint", "App\\Jobs\\Paint"] {
        let job = made(kind, 3, typed).unwrap();
        let own = enqueue::made(&Paint { avatar: 7, colour: "red".into() }, job.id, 1_000).unwrap();
        assert_eq!((job.kind.as_str(), job.payload.as_str()), (kind, typed), "name and bytes are as they were typed");
        assert_eq!(NewJob { kind: own.kind.clone(), payload: own.payload.clone(), ..job.clone() }, own);
        assert_eq!(job.unique.unwrap().key.as_str(), "avatar:7");
        assert_eq!((job.options.retry_until, job.options.tags[0].as_str()), (Some(61_000), "red"));
    }
}

#[test]
fn an_older_payload_is_made_a_job_as_it_is_with_the_key_of_what_it_means() {
    let job = made("paint", 1, r#"{"id":7}"#).unwrap();
    assert_eq!((job.version, job.payload.as_str()), (1, r#"{"id":7}"#));
    assert_eq!(job.unique.unwrap().key.as_str(), "avatar:7");
}

#[test]
fn what_this_build_would_park_is_made_no_job() {
    for (version, payload, says) in [
        (3, "{}", "missing field"),
        (4, r#"{"avatar":1,"colour":"red"}"#, "has version 4, this build reads up to 3"),
        (0, "{}", "no step from 0"),
        (3, r#"{"avatar":1,"colour":"invisible"}"#, "panicked"),
    ] {
        let refused = made("paint", version, payload).unwrap_err();
        assert!(refused.starts_with("make a job of paint: its payload") && refused.contains(says), "{refused}");
    }
}

#[test]
fn what_is_said_of_a_payload_that_does_not_fit_shows_none_of_it() {
    for (version, payload) in
        [(3, r#"{"avatar":"4111-secret","colour":"red"}"#), (2, r#"{"id":"4111-secret","colour":"red"}"#)]
    {
        let park = registry(&[]).verdict(&record("paint", version, payload)).unwrap();
        assert_eq!(park.cause, Cause::Undecodable);
        assert!(!park.text.contains("secret"), "{}", park.text);
    }
}
