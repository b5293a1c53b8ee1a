//! Tests of names and labels: what may be called what, by tables and by chance.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

#[test]
fn names_of_the_field_are_taken() {
    for good in ["default", "avatar.generate", "App\\Jobs\\SendMail", "a", "Z9-_.", &"x".repeat(128)] {
        assert_eq!(Name::new(good).unwrap().as_str(), good);
    }
}

#[test]
fn hostile_names_are_refused() {
    let hostile = [
        "",
        " ",
        "a b",
        "a:lock",
        "*",
        "a\r\nFLUSHALL",
        "a;touch pwned",
        "../x",
        "a/b",
        "\u{202e}x",
        "é",
        "番頭",
        ".hidden",
        "-rf",
        "\\x",
        "a\0",
        "'; drop table job",
        "<b>",
        &"x".repeat(129),
    ];
    for bad in hostile {
        let refusal = Name::new(bad).unwrap_err().to_string();
        assert!(refusal.contains("are allowed") && !refusal.contains('\n'), "{refusal}");
    }
}

#[test]
fn labels_take_what_can_be_seen() {
    for good in ["avatar:7", "番頭 さん", "a/b?c", "user@example"] {
        assert_eq!(Label::new(good).unwrap().as_str(), good);
    }
    for bad in ["", "a\nb", "\u{200b}", "a\u{1b}[0m", &"x".repeat(256)] {
        assert!(Label::new(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn names_are_checked_when_they_come_back() {
    assert!(serde_json::from_str::<Name>("\"a b\"").is_err());
    assert_eq!(serde_json::from_str::<Name>("\"ab\"").unwrap(), Name::new("ab").unwrap());
}

/// Every one-byte text, and each byte behind a good one.
#[test]
fn the_alphabet_of_names_is_66_letters_and_62_may_stand_first() {
    let ascii = || (0u8..128).map(char::from);
    let inside: String = ascii().filter(|c| Name::new(&format!("a{c}")).is_ok()).collect();
    let first: String = ascii().filter(|c| Name::new(&c.to_string()).is_ok()).collect();
    assert_eq!(inside, "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ\\_abcdefghijklmnopqrstuvwxyz");
    assert_eq!(first, inside.replace(['-', '.', '\\', '_'], ""));
}

#[test]
fn a_label_ends_at_255_bytes_not_letters() {
    assert!(Label::new(&"é".repeat(127)).is_ok());
    assert!(Label::new(&format!("{}x", "é".repeat(127))).is_ok());
    assert!(Label::new(&"é".repeat(128)).is_err());
    assert!(Name::new(&"x".repeat(128)).is_ok_and(|name| Label::from(&name).as_str().len() == 128));
}

#[test]
fn what_is_no_text_or_no_label_is_refused_when_it_comes_back() {
    for bad in ["7", "null", "[]", "\"\"", "\"a\\nb\"", "\"\\u202e\""] {
        assert!(serde_json::from_str::<Label>(bad).is_err(), "{bad}");
    }
    let refused = serde_json::from_str::<Name>("\"a b\"").unwrap_err().to_string();
    assert!(refused.contains("take \"a b\" as a name"), "{refused}");
}

#[test]
fn a_name_is_shown_padded_and_quoted_and_sorted_by_its_bytes() {
    let name = |text| Name::new(text).unwrap();
    assert_eq!(format!("[{:>5}] {:?}", name("ab"), name("a\\b")), "[   ab] \"a\\\\b\"");
    let sorted: BTreeSet<Name> = ["b", "a", "B", "a.b", "a-b"].map(name).into();
    assert_eq!(sorted.iter().map(Name::as_str).collect::<Vec<_>>(), ["B", "a", "a-b", "a.b", "b"]);
}

proptest! {
    #[test]
    fn a_name_is_taken_by_the_rule_and_by_nothing_else(text in "[a-zA-Z0-9._\\\\-]{0,4}|\\PC{0,6}|[ -~]{0,6}") {
        let letter = |c: char| c.is_ascii_alphanumeric();
        let fits = text.starts_with(letter) && text.chars().all(|c| letter(c) || "._-\\".contains(c));
        prop_assert_eq!(Name::new(&text).is_ok(), fits);
        // Whatever is a name is a label, in the same bytes, and comes back out of JSON.
        if let Ok(name) = Name::new(&text) {
            prop_assert_eq!(Label::new(&text).unwrap(), Label::from(&name));
            let json = serde_json::to_string(&name).unwrap();
            prop_assert_eq!(serde_json::from_str::<Name>(&json).unwrap(), name);
        }
    }

    #[test]
    fn no_refusal_can_harm_a_terminal_or_a_log(text in "(?s).{0,300}") {
        let refusals = [Name::new(&text).map(|_| ()), Label::new(&text).map(|_| ()), text.parse::<crate::JobId>().map(|_| ())];
        for refusal in refusals.into_iter().filter_map(Result::err) {
            let said = refusal.to_string();
            prop_assert!(!said.chars().any(hides), "{said:?}");
            prop_assert!(said.chars().count() < 80 * 10 + 200);
        }
    }
}

#[test]
fn a_schedules_name_may_have_colons_and_nothing_else_that_a_name_may_not() {
    for text in ["redis:monitor", "payments:clean-old", "a", "cache.clear_old"] {
        assert_eq!(ScheduleName::new(text).unwrap().as_str(), text);
    }
    for text in ["", ":a", "a b", "a/b", "a*", "a\n", "é", &"a".repeat(129)] {
        assert!(ScheduleName::new(text).is_err(), "{text:?}");
    }
    let refused = ScheduleName::new("a b").unwrap_err().to_string();
    assert_eq!(
        refused,
        "take \"a b\" as a schedule's name: 1 to 128 of A-Z a-z 0-9 . _ - : \\ are allowed, a letter or digit first"
    );
}
