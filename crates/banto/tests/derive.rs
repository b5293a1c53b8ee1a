//! The derive as a user meets it: through the face, with a compiler.

use banto::{Backoff, Hold, Job};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Job, Serialize, Deserialize)]
#[job(kind = "plain")]
struct Plain;

#[derive(Job, Serialize, Deserialize)]
#[job(
    kind = "avatar.generate",
    aliases = ["App\\Jobs\\GenerateAvatarImagesJob", "avatar.make"],
    queue = "avatars",
    priority = 3,
    attempts_max = 7,
    timeout = "15m",
    backoff = "10s..1h",
    retry_for = "1d",
    crashes_max = 2,
    version = 2,
    upcast = lift::one,
    unique = "avatar:{avatar_id}",
    unique_for = "done+24h",
    tags = ["user:{user_id}", "{{{type}}}"]
)]
struct Full {
    avatar_id: i64,
    user_id: u32,
    r#type: String,
}

mod lift {
    use serde_json::{Value, json};

    pub(crate) fn one(from: u16, payload: Value) -> Result<Value, String> {
        Ok(json!([from, payload]))
    }
}

#[derive(Job, Serialize, Deserialize)]
#[job(kind = "tuple", backoff = "1s, 5s", unique = "{1}/{0}", unique_for = "queued")]
struct Tuple(u8, String);

#[derive(Job, Serialize, Deserialize)]
#[job(kind = "choice", unique = "only one", unique_for = "24h")]
enum Choice {
    Left,
    Right { turns: u8 },
}

/// What the derive writes leans on nothing that is in scope, and finds banto where it is said to be.
#[no_implicit_prelude]
mod bare {
    pub(crate) use ::banto as clerk;
    use ::serde::{Deserialize, Serialize};

    pub(crate) fn lift(
        _: u16,
        payload: ::serde_json::Value,
    ) -> clerk::__private::Result<::serde_json::Value, clerk::__private::String> {
        clerk::__private::Result::Ok(payload)
    }

    #[derive(clerk::Job, Serialize, Deserialize)]
    #[job(
        kind = "elsewhere",
        crate = "crate::bare::clerk",
        queue = "q",
        priority = 0,
        attempts_max = 1,
        timeout = "1s"
    )]
    #[job(backoff = "1s,2s", retry_for = "1h", crashes_max = 1, version = 3, upcast = lift, aliases = ["e"])]
    #[job(unique = "{a}", tags = ["{a}", "b"])]
    pub(crate) struct Elsewhere {
        pub(crate) a: u8,
    }
}

#[test]
fn what_is_not_said_is_the_houses_default() {
    assert_eq!((Plain::KIND, Plain::VERSION, Plain::ALIASES.len()), ("plain", 1, 0));
    assert_eq!(Plain::policy(), banto::Policy::default());
    assert!(Plain.unique().unwrap().is_none() && Plain.tags().is_empty());
    assert!(Plain::upcast(1, Value::Null).unwrap_err().contains("plain has no upcast step"));
    assert_eq!(bare::Elsewhere { a: 7 }.tags(), ["7", "b"]);
}

#[test]
fn what_is_said_is_kept() {
    assert_eq!(Full::KIND, "avatar.generate");
    assert_eq!(Full::ALIASES, ["App\\Jobs\\GenerateAvatarImagesJob", "avatar.make"]);
    let policy = Full::policy();
    assert_eq!((policy.queue, policy.priority, policy.attempts_max), ("avatars", 3, Some(7)));
    assert_eq!((policy.timeout_ms, policy.retry_for_ms), (Some(900_000), Some(86_400_000)));
    assert_eq!(policy.backoff, Some(Backoff::Exponential { base_ms: 10_000, max_ms: 3_600_000 }));
    assert_eq!((policy.crashes_max, Full::VERSION), (Some(2), 2));
    assert_eq!(Full::upcast(1, 7.into()), Ok(json!([1, 7])));
}

#[test]
fn placeholders_are_the_fields_values() {
    let job = Full { avatar_id: -7, user_id: 3, r#type: "chibi".into() };
    let unique = job.unique().unwrap().unwrap();
    assert_eq!((unique.key.as_str(), unique.hold), ("avatar:-7", Hold::Remember(86_400_000)));
    assert_eq!(job.tags(), ["user:3", "{chibi}"]);
    let unique = Tuple(1, "a".into()).unique().unwrap().unwrap();
    assert_eq!((unique.key.as_str(), unique.hold), ("a/1", Hold::Queued));
    assert_eq!(Tuple::policy().backoff, Some(Backoff::Table(vec![1_000, 5_000])));
    let unique = Choice::Left.unique().unwrap().unwrap();
    assert_eq!((unique.key.as_str(), unique.hold), ("only one", Hold::Period(86_400_000)));
}

#[test]
fn a_value_that_makes_no_key_is_refused_when_it_is_known() {
    for hostile in ["a\nb".to_string(), "\u{202e}".into(), "x".repeat(300)] {
        let refusal = Tuple(1, hostile).unique().unwrap_err().to_string();
        assert!(refusal.contains("as a key or tag"), "{refusal}");
    }
    assert!(Tuple(1, "番頭".into()).unique().is_ok());
}
