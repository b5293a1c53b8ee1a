//! Tests of payloads: what is kept byte for byte, and what is refused before it is read.

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use super::*;

#[test]
fn odd_numbers_and_double_keys_are_kept_byte_for_byte() {
    for text in ["1e400", "-0", "18446744073709551616", r#"{"a":1,"a":2}"#, "[ 1 , 2 ]", r#""\u0000\u202e""#] {
        assert_eq!(Payload::parse(text).unwrap().as_str(), text);
    }
}

#[test]
fn what_is_no_json_is_refused() {
    for bad in ["", "NaN", "{", "[1,]", "'a'", "{\"a\":1}x", "\u{feff}{}", "nul"] {
        assert!(Payload::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn size_and_depth_are_capped() {
    let just = format!("\"{}\"", "x".repeat(PAYLOAD_BYTES_MAX - 2));
    assert!(Payload::parse(&just).is_ok());
    assert!(Payload::parse(&format!("{just} ")).unwrap_err().to_string().contains("1048577 bytes"));
    assert!(Payload::parse(&"[".repeat(100_000)).is_err());
    let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    assert!(Payload::parse(&deep(PAYLOAD_DEPTH_MAX)).is_ok());
    assert!(Payload::parse(&deep(PAYLOAD_DEPTH_MAX + 1)).is_err());
    assert!(Payload::parse(r#""[[[\"[[[""#).is_ok());
}

#[test]
fn e1_a_value_that_would_never_end_is_refused_at_the_cap() {
    struct Endless;
    impl Serialize for Endless {
        fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.collect_seq(std::iter::repeat("x".repeat(1_000)))
        }
    }
    assert!(Payload::of(&Endless).unwrap_err().to_string().contains("more than 1048576 bytes"));
    assert!(Payload::of(&"x".repeat(PAYLOAD_BYTES_MAX - 2)).is_ok());
    assert!(Payload::of(&"x".repeat(PAYLOAD_BYTES_MAX - 1)).is_err());
    let deep = (0..PAYLOAD_DEPTH_MAX).fold(serde_json::json!(1), |inner, _| serde_json::json!([inner]));
    assert!(Payload::of(&deep).is_ok());
    assert!(Payload::of(&[deep]).unwrap_err().to_string().contains("nesting"));
    assert!(Payload::of(&std::collections::BTreeMap::from([((1, 2), 3)])).is_err(), "a key that is no text");
}

#[test]
fn a_refusal_to_read_does_not_quote_the_payload() {
    let payload = Payload::parse(r#"{"card":"4111-secret"}"#).unwrap();
    let refusal = payload.read::<Vec<u8>>().unwrap_err().to_string();
    assert!(!refusal.contains("secret"), "{refusal}");
}

proptest::proptest! {
    #[test]
    fn any_text_is_kept_or_refused(text in "\\PC{0,200}") {
        if let Ok(payload) = Payload::parse(&text) { proptest::prop_assert_eq!(payload.as_str(), text); }
    }
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    number: u64,
    brand: Option<Brand>,
    name: Option<crate::Name>,
}

#[derive(Debug, PartialEq, Deserialize)]
enum Brand {
    Visa,
}

/// Every way in which serde says what it has read.
#[test]
fn no_refusal_to_read_shows_what_was_read() {
    let payloads = [
        r#"{"number":"4111-secret"}"#,
        r#"{"number":"a \"4111-secret\", expected x"}"#,
        r#"{"number":-4111}"#,
        r#"{"number":4111.5}"#,
        r#"{"number":1,"brand":"4111-secret"}"#,
        r#"{"number":1,"name":"4111 secret"}"#,
        r#"{"number":1,"4111-secret":2}"#,
        r#""4111-secret""#,
        r#"["4111-secret"]"#,
    ];
    for text in payloads {
        let refusal = Payload::parse(text).unwrap().read::<Card>().unwrap_err().to_string();
        assert!(!refusal.contains("secret") && !refusal.contains("4111"), "{refusal}");
        assert!(refusal.contains(" at line 1 column "), "{refusal}");
    }
}

#[test]
fn a_refusal_to_read_says_what_was_wanted_and_where() {
    let words = |text: &str| Payload::parse(text).unwrap().read::<Card>().unwrap_err().to_string();
    let said = [
        (r#"{"number":"x"}"#, "invalid type: string, expected u64 at line 1 column 13"),
        (r#"{"number":-1}"#, "invalid value: integer, expected u64 at line 1 column 12"),
        (r#"{"number":1,"brand":"x"}"#, "unknown variant, expected `Visa` at line 1 column 23"),
        (r#"{"number":1,"x":1}"#, "unknown field, expected one of `number`, `brand`, `name` at line 1 column 15"),
        ("{}", "missing field `number` at line 1 column 2"),
        (r#"{"number":1,"number":1}"#, "duplicate field `number` at line 1 column 20"),
        ("[]", "invalid length 0, expected struct Card with 3 elements at line 1 column 2"),
        (r#"{"number":1,"name":"a b"}"#, "its type's own check refuses it at line 1 column 25"),
    ];
    for (text, said) in said {
        assert!(words(text).ends_with(&format!(": {said}")), "{}", words(text));
    }
}

#[test]
fn a_payload_that_is_no_json_hears_where() {
    for (text, place) in [("{", "line 1 column 1"), ("[1,\n2 3]", "line 2 column 3"), ("", "line 1 column 0")] {
        let refusal = Payload::parse(text).unwrap_err().to_string();
        assert!(refusal.contains("it must be JSON") && refusal.contains(place), "{refusal}");
        assert!(!refusal.contains('\n'), "{refusal}");
    }
}

#[test]
fn text_that_is_too_long_is_refused_by_its_size_whatever_it_is() {
    for text in ["é".repeat(PAYLOAD_BYTES_MAX), "[".repeat(PAYLOAD_BYTES_MAX + 1), " ".repeat(PAYLOAD_BYTES_MAX + 1)] {
        let refusal = Payload::parse(&text).unwrap_err().to_string();
        assert!(refusal.contains("and 1048576 are allowed") && refusal.len() < 500, "{refusal}");
    }
}

#[test]
fn brackets_in_texts_do_not_nest_and_quotes_do_not_hide_them() {
    let many = "[{".repeat(300);
    let flat = [
        format!("\"{many}\""),
        format!("[\"{many}\\\"{many}\"]"),
        format!("{{\"{many}\":\"\\\\\",\"b\":\"{many}\"}}"),
        format!("[{}0]", "[],".repeat(5_000)),
    ];
    for text in flat {
        assert_eq!(Payload::parse(&text).unwrap().as_str(), text);
    }
    let deep = format!("{}{}", "[".repeat(101), "]".repeat(101));
    for text in [deep.clone(), format!("[\"\\\\\",{deep}]"), format!("[\"\\\"\",{deep}]"), format!("{{\"a\":{deep}}}")]
    {
        assert!(Payload::parse(&text).unwrap_err().to_string().contains("100 levels"), "{text}");
    }
}

#[test]
fn a_payload_goes_into_other_json_as_it_is() {
    #[derive(Serialize)]
    struct Outer {
        payload: Payload,
    }
    for text in ["1e400", "{\"a\":1, \"a\":2}", "[1.10]", "-0"] {
        let written = serde_json::to_string(&Outer { payload: Payload::parse(text).unwrap() }).unwrap();
        assert_eq!(written, format!("{{\"payload\":{text}}}"));
    }
}

#[test]
fn a_payload_is_not_shown_by_accident() {
    assert_eq!(format!("{:?}", Payload::parse("\"secret\"").unwrap()), "Payload(8 bytes)");
}

/// How deep JSON nests, by what a reader has read.
fn nested(value: &Value) -> usize {
    match value {
        Value::Array(all) => 1 + all.iter().map(nested).max().unwrap_or(0),
        Value::Object(all) => 1 + all.values().map(nested).max().unwrap_or(0),
        _ => 0,
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let text = "[\\[\\]{}\"\\\\a]{0,6}";
    let leaf = prop_oneof![Just(Value::Null), any::<i64>().prop_map(|n| json!(n)), text.prop_map(|text| json!(text))];
    leaf.prop_recursive(8, 64, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(text, inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn depth_is_counted_as_a_reader_would(value in any_json()) {
        let text = value.to_string();
        prop_assert_eq!(depth(&text), nested(&value), "{}", text);
    }

    #[test]
    fn a_value_comes_back_from_its_payload(value in any_json()) {
        let payload = Payload::of(&value).unwrap();
        prop_assert_eq!(payload.read::<Value>().unwrap(), value.clone());
        prop_assert_eq!(Payload::parse(payload.as_str()).unwrap(), payload);
    }

    #[test]
    fn no_brackets_panic_and_none_too_deep_get_in(text in "[\\[\\]{}\"\\\\,:1]{0,400}") {
        if let Ok(payload) = Payload::parse(&text) {
            prop_assert!(nested(&payload.read::<Value>().unwrap()) <= PAYLOAD_DEPTH_MAX);
        }
    }
}
