//! A month, day by day, over a database whose counts are known: each chore finds what is due that day, and nothing else.

use super::desk::{DAY, Desk, numbers};
use crate::seed::{due, seed};

/// What is done once a month finds everything on the first day, whenever else it is asked.
#[tokio::test]
async fn every_chore_does_on_each_day_of_a_month_what_is_due_on_that_day() {
    let desk = Desk::at("2025-11-30T18:00:00Z").await; // 1 December in Tokyo, 03:00
    let from = desk.now() - DAY / 8;
    let seeded = desk.tables.write(move |db| Ok(seed(db, from)?)).await.unwrap();
    let daily = [
        ("notifications delete-expired", "deleted", &seeded.notifications),
        ("payment clean-old-histories --yes", "deleted", &seeded.payments),
        ("users delete-inactive", "deleted", &seeded.users),
        ("legal delete-unconsented-minors --yes", "deleted", &seeded.minors),
        ("subscription cleanup-expired", "reset", &seeded.subscriptions),
        ("cache clear", "deleted", &seeded.cache),
    ];
    let mut before = i64::MIN;
    for day in 1..=31 {
        let first = i64::from(day == 1);
        for (typed, number, all) in [
            ("tokens reset-free", "reset", seeded.living),
            ("group reset-monthly-task-count", "reset", seeded.groups),
            ("reports generate-monthly", "made", seeded.groups),
        ] {
            assert_eq!(numbers(&desk.types(typed).await, [number]), [first * all], "day {day}: {typed}");
        }
        for (typed, number, instants) in daily {
            let always = if typed == "cache clear" { first * seeded.cache_dashboard } else { 0 };
            let wanted = due(instants, desk.now()) - due(instants, before) + always;
            assert_eq!(numbers(&desk.types(typed).await, [number]), [wanted], "day {day}: {typed}");
        }
        before = desk.now();
        desk.is_at(before + DAY);
    }
    for (typed, _, instants) in daily {
        assert_eq!(due(instants, before), i64::try_from(instants.len()).unwrap(), "{typed}: all of them were due");
    }
    let kept = desk.types("payment clean-old-histories --dry-run").await;
    assert_eq!(
        numbers(&kept, ["due", "kept_open", "kept_by_law"]),
        [0, seeded.payments_kept[0], seeded.payments_kept[1]]
    );
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM payment_histories").await, 13);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM notification_templates").await, 5);
    assert_eq!(desk.one::<i64>("SELECT count(*) FROM users").await, 41, "all grown-ups, and the minor with consent");
    assert_eq!(desk.all("SELECT DISTINCT month FROM monthly_reports").await, "2025-11");
}
