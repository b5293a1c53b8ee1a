//! Tests of calendars: what is kept, and what is refused.

use super::*;

fn calendar(days: &[(&str, &str)]) -> Calendar {
    let days = days.iter().map(|(date, name)| (date.parse().unwrap(), Label::new(name).unwrap()));
    Calendar::new(Name::new("de").unwrap(), days).unwrap()
}

#[test]
fn days_are_kept_in_order_with_their_names() {
    let two = calendar(&[("2026-12-25", "Christmas"), ("2026-01-01", "New Year"), ("2026-12-25", "Weihnachten")]);
    let json = r#"{"name":"de","days":{"2026-01-01":"New Year","2026-12-25":"Weihnachten"}}"#;
    assert_eq!(serde_json::to_string(&two).unwrap(), json);
    assert_eq!(serde_json::from_str::<Calendar>(json).unwrap(), two);
    assert_eq!(two.day("2026-01-01".parse().unwrap()).map(Label::as_str), Some("New Year"));
    assert_eq!(two.day("2026-01-02".parse().unwrap()), None);
    assert_eq!((two.last(), two.days().count()), (Some("2026-12-25".parse().unwrap()), 2));
}

#[test]
fn a_calendar_that_is_damaged_or_too_long_is_refused() {
    for json in [
        r#"{"name":"de"}"#,
        r#"{"name":"d e","days":{}}"#,
        r#"{"name":"de","days":{"2026-02-30":"x"}}"#,
        r#"{"name":"de","days":{"2026-02-01":""}}"#,
        r#"{"name":"de","days":{},"more":1}"#,
    ] {
        assert!(serde_json::from_str::<Calendar>(json).is_err(), "{json}");
    }
    let days = std::iter::successors("2000-01-01".parse().ok(), |date: &Date| Some(date.next()));
    let many = days.map(|date| (date, Label::new("off").unwrap())).take(DAYS_OFF_MAX + 1);
    let refused = Calendar::new(Name::new("de").unwrap(), many).unwrap_err().to_string();
    assert_eq!(refused, "take \"de\" as a calendar: at most 10000 days are allowed");
}
