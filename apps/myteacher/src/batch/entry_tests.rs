//! Entries as the web application keeps them, as they are typed, and as they must never be understood.

use banto_core::{Cron, Schedule, Timing};

use super::*;

fn crons(json: &str, month_end: MonthEnd) -> Vec<String> {
    entries(json).unwrap().iter().flat_map(|entry| entry.crons(month_end)).collect()
}

#[test]
fn each_kind_of_entry_is_a_cron_expression() {
    for (json, cron) in [
        (r#"[{"type":"daily","time":"09:00"}]"#, "0 9 * * *"),
        (r#"[{"type":"daily","time":"00:00"}]"#, "0 0 * * *"),
        (r#"[{"type":"daily","time":"23:59"}]"#, "59 23 * * *"),
        (r#"[{"type":"weekly","time":"18:05","days":[0,6]}]"#, "5 18 * * 0,6"),
        (r#"[{"type":"weekly","time":"18:05","days":["1","5",1]}]"#, "5 18 * * 1,5"),
        (r#"[{"type":"monthly","time":"07:30","dates":[1,"15"]}]"#, "30 7 1,15 * *"),
        (r#"[{"type":"daily","time":"09:00","days":["left over"]}]"#, "0 9 * * *"),
    ] {
        assert_eq!(crons(json, MonthEnd::LastDay), [cron], "{json}");
    }
}

#[test]
fn the_last_days_of_a_month_are_as_the_policy_says() {
    let of = |dates: &str, month_end| {
        crons(&format!(r#"[{{"type":"monthly","time":"09:00","dates":[{dates}]}}]"#), month_end)
    };
    assert_eq!(of("31", MonthEnd::LastDay), ["0 9 L * *"]);
    assert_eq!(of("29", MonthEnd::LastDay), ["0 9 29 * *", "0 9 L 2 *"]);
    assert_eq!(of("28,30", MonthEnd::LastDay), ["0 9 28,30 * *", "0 9 L 2 *"]);
    assert_eq!(of("1,30,31", MonthEnd::LastDay), ["0 9 1,30 * *", "0 9 L * *"]);
    assert_eq!(of("28", MonthEnd::LastDay), ["0 9 28 * *"]);
    assert_eq!(of("29,30,31", MonthEnd::Skip), ["0 9 29,30,31 * *"]);
}

/// The days of a year on which dates are due.
fn days_of(year: i32, dates: &str, month_end: MonthEnd) -> Vec<String> {
    let crons = crons(&format!(r#"[{{"type":"monthly","time":"09:00","dates":[{dates}]}}]"#), month_end);
    let crons: Vec<Cron> = crons.iter().map(|cron| cron.parse().unwrap()).collect();
    let schedule = Schedule::new("x".parse().unwrap(), Timing::Cron(crons));
    let start: jiff::Timestamp = format!("{year}-01-01T00:00:00Z").parse().unwrap();
    let end: jiff::Timestamp = format!("{}-01-01T00:00:00Z", year + 1).parse().unwrap();
    let due = schedule.occurrences(start.as_millisecond() - 1, end.as_millisecond() - 1, 1_000);
    due.iter().map(|one| schedule.local(one.at_ms)[9..14].to_owned()).collect()
}

#[test]
fn d18_dates_29_to_31_fall_on_the_last_day_of_a_shorter_month_and_are_one_instant_there() {
    let all = days_of(2026, "31", MonthEnd::LastDay);
    assert_eq!(
        all,
        ["01-31", "02-28", "03-31", "04-30", "05-31", "06-30", "07-31", "08-31", "09-30", "10-31", "11-30", "12-31"]
    );
    assert_eq!(days_of(2026, "28,29,30", MonthEnd::LastDay)[3..5], ["02-28", "03-28"], "one instant in February");
    assert_eq!(days_of(2028, "29", MonthEnd::LastDay)[1], "02-29", "a leap year has its 29th");
    assert_eq!(days_of(2028, "30", MonthEnd::LastDay)[1], "02-29");
    assert_eq!(days_of(2026, "31", MonthEnd::Skip), ["01-31", "03-31", "05-31", "07-31", "08-31", "10-31", "12-31"]);
    assert_eq!(days_of(2026, "29", MonthEnd::Skip).len(), 11);
}

#[test]
fn d18_a_damaged_entry_is_refused_in_words_and_never_means_every_minute() {
    for (json, word) in [
        ("", "read the schedules"),
        ("null", "at least one entry"),
        ("{}", "at least one entry"),
        ("[]", "at least one entry"),
        ("[null]", "HH:MM"),
        ("[7]", "HH:MM"),
        (r#"[{"type":"daily"}]"#, "HH:MM"),
        (r#"[{"type":"daily","time":""}]"#, "HH:MM"),
        (r#"[{"type":"daily","time":null}]"#, "HH:MM"),
        (r#"[{"type":"daily","time":"24:00"}]"#, "HH:MM"),
        (r#"[{"type":"daily","time":"9:00"}]"#, "HH:MM"),
        (r#"[{"type":"daily","time":"*:*  "}]"#, "HH:MM"),
        (r#"[{"type":"daily","time":"09:00:00"}]"#, "HH:MM"),
        (r#"[{"type":"hourly","time":"09:00"}]"#, "daily, weekly or monthly"),
        (r#"[{"time":"09:00"}]"#, "daily, weekly or monthly"),
        (r#"[{"type":"weekly","time":"09:00"}]"#, "0 (Sunday) to 6"),
        (r#"[{"type":"weekly","time":"09:00","days":[]}]"#, "0 (Sunday) to 6"),
        (r#"[{"type":"weekly","time":"09:00","days":[7]}]"#, "0 (Sunday) to 6"),
        (r#"[{"type":"weekly","time":"09:00","days":[1,"x"]}]"#, "0 (Sunday) to 6"),
        (r#"[{"type":"weekly","time":"09:00","days":"1"}]"#, "0 (Sunday) to 6"),
        (r#"[{"type":"monthly","time":"09:00","dates":[0]}]"#, "1 to 31"),
        (r#"[{"type":"monthly","time":"09:00","dates":[32]}]"#, "1 to 31"),
        (r#"[{"type":"monthly","time":"09:00","dates":[1.5]}]"#, "1 to 31"),
        (r#"[{"type":"daily","time":"09:00"},{"type":"daily"}]"#, "HH:MM"),
    ] {
        let fault = entries(json).unwrap_err();
        assert!(fault.contains(word), "{json}: {fault}");
    }
    let many = format!("[{}]", [r#"{"type":"daily","time":"09:00"}"#; 17].join(","));
    assert!(entries(&many).unwrap_err().contains("at most 16"));
}

#[test]
fn what_is_typed_is_what_is_kept() {
    for (typed, json) in [
        ("daily 09:00", r#"{"time":"09:00","type":"daily"}"#),
        ("weekly 09:00 5,1", r#"{"days":[1,5],"time":"09:00","type":"weekly"}"#),
        ("monthly 23:59 31", r#"{"dates":[31],"time":"23:59","type":"monthly"}"#),
    ] {
        let entry = Entry::typed(typed).unwrap();
        assert_eq!(entry.to_json().to_string(), json);
        assert_eq!(entries(&format!("[{json}]")).unwrap(), [entry]);
    }
    for (wrong, word) in [
        ("", "\"daily HH:MM\""),
        ("daily", "\"daily HH:MM\""),
        ("daily 09:00 1", "\"daily HH:MM\""),
        ("hourly 09:00", "\"daily HH:MM\""),
        ("daily 25:00", "00:00 to 23:59"),
        ("weekly 09:00", "0 (Sunday)"),
        ("weekly 09:00 mon", "0 (Sunday)"),
        ("monthly 09:00 32", "1 to 31"),
        ("monthly 09:00 1,,2", "1 to 31"),
    ] {
        let refusal = Entry::typed(wrong).unwrap_err().to_string();
        assert!(refusal.contains(word), "{wrong}: {refusal}");
    }
}
