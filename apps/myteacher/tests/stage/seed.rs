//! A database out of the old system's tables as a month begins: rows of every age, and for each command the instants from
//! which its rows are due, so that how many it must find on any day of that month is known without asking it.

use banto::sqlite::rusqlite::{self, Connection, params};

pub const DAY: i64 = 86_400_000;

/// The instants, in milliseconds since 1970, from which the rows are due by each command's own defaults.
pub struct Seeded {
    /// `notifications delete-expired`: 60, of which two had been received by two users each.
    pub notifications: Vec<i64>,
    /// `payment clean-old-histories`: 30.
    pub payments: Vec<i64>,
    /// What it keeps of those that are old enough from the beginning: open, and by law.
    pub payments_kept: [i64; 2],
    /// `users delete-inactive`: 10.
    pub users: Vec<i64>,
    /// `legal delete-unconsented-minors`: 7.
    pub minors: Vec<i64>,
    /// `subscription cleanup-expired`: 12.
    pub subscriptions: Vec<i64>,
    /// `cache clear`: 30 that expire.
    pub cache: Vec<i64>,
    /// `cache clear`: those of the tag `dashboard`, due whenever it is asked for.
    pub cache_dashboard: i64,
    /// `tokens reset-free`: living users as the month begins, the minors among them.
    pub living: i64,
    /// `group reset-monthly-task-count` and `reports generate-monthly`: groups, all older than the month before.
    pub groups: i64,
}

/// How many of these are due at that time.
pub fn due(instants: &[i64], now_ms: i64) -> i64 {
    i64::try_from(instants.iter().filter(|instant| **instant <= now_ms).count()).unwrap()
}

/// Fills an empty database for the month that begins at `from_ms`.
pub fn seed(db: &Connection, from_ms: i64) -> rusqlite::Result<Seeded> {
    let groups = 20;
    for id in 1..=groups {
        let sql = "INSERT INTO groups (id, name, monthly_task_count, task_count_month) VALUES (?1, 'g', ?1, 'before')";
        db.execute(sql, [id])?;
    }
    // Two grown-ups of each group, who stay.
    for id in 1..=2 * groups {
        let sql = "INSERT INTO users (id, name, birth_date, group_id) VALUES (?1, 'u', '1990-04-01', 1 + ?1 % ?2)";
        db.execute(sql, [id, groups])?;
        db.execute("INSERT INTO token_balances (user_id, free_balance) VALUES (?1, 5)", [id])?;
    }
    let notifications = notifications(db, from_ms)?;
    let (payments, payments_kept) = payments(db, from_ms)?;
    let users = users(db, from_ms)?;
    let minors = minors(db, from_ms)?;
    let subscriptions = subscriptions(db, from_ms)?;
    let cache = cache(db, from_ms)?;
    let living = 2 * groups + 8; // the seven minors, and the one with consent
    Ok(Seeded {
        notifications,
        payments,
        payments_kept,
        users,
        minors,
        subscriptions,
        cache,
        cache_dashboard: 10,
        living,
        groups,
    })
}

/// Every twelve hours one: by its end, or by its deletion. Five have no end.
fn notifications(db: &Connection, from_ms: i64) -> rusqlite::Result<Vec<i64>> {
    let sql = "INSERT INTO notification_templates (id, sender_id, type, priority, title, message, created_at, expire_at, deleted_at)
               VALUES (?1, 1, 't', 'info', 'x', 'y', 0, ?2, ?3)";
    let instants: Vec<i64> = (0..60).map(|i| from_ms + i * DAY / 2).collect();
    for (id, instant) in (1..).zip(&instants) {
        let end = instant - 30 * DAY;
        let (expire_at, deleted_at) = if id % 2 == 0 { (Some(end), None) } else { (None, Some(end)) };
        db.execute(sql, params![id, expire_at, deleted_at])?;
    }
    for id in 101..=105 {
        db.execute(sql, params![id, None::<i64>, None::<i64>])?;
    }
    let sql = "INSERT INTO user_notifications (user_id, notification_template_id)
               SELECT u.id, t.id FROM users u, notification_templates t WHERE u.id <= 2 AND t.id <= 2";
    db.execute(sql, [])?;
    Ok(instants)
}

/// Every day one that nothing keeps; four that are open, six of a business year that is kept, three that nobody deleted.
fn payments(db: &Connection, from_ms: i64) -> rusqlite::Result<(Vec<i64>, [i64; 2])> {
    let sql = "INSERT INTO payment_histories (payable_type, payable_id, stripe_payment_intent_id, amount, status, refund_status,
               created_at, deleted_at) VALUES ('user', 1, 'pi_' || hex(randomblob(8)), 980, ?1, ?2, ?3, ?4)";
    let (ages_ago, kept_ago) = (from_ms - 12 * 365 * DAY, from_ms - 3 * 365 * DAY);
    let long_deleted = from_ms - 400 * DAY;
    let instants: Vec<i64> = (0..30).map(|i| from_ms + i * DAY + DAY / 3).collect();
    for instant in &instants {
        db.execute(sql, params!["succeeded", None::<&str>, ages_ago, instant - 365 * DAY])?;
    }
    for refund in [None, None, Some("open"), Some("open")] {
        let status = if refund.is_some() { "succeeded" } else { "pending" };
        db.execute(sql, params![status, refund, ages_ago, long_deleted])?;
    }
    for _ in 0..6 {
        db.execute(sql, params!["succeeded", Some("refused"), kept_ago, long_deleted])?;
    }
    for _ in 0..3 {
        db.execute(sql, params!["succeeded", None::<&str>, ages_ago, None::<i64>])?;
    }
    Ok((instants, [4, 6]))
}

/// Every three days one who left, each with an avatar and a balance.
fn users(db: &Connection, from_ms: i64) -> rusqlite::Result<Vec<i64>> {
    let instants: Vec<i64> = (0..10).map(|i| from_ms + 3 * i * DAY).collect();
    for (id, instant) in (1_001..).zip(&instants) {
        db.execute("INSERT INTO users (id, name, deleted_at) VALUES (?1, 'left', ?2)", [id, instant - 90 * DAY])?;
        let sql = "INSERT INTO teacher_avatars (user_id, look, generation_status, run, job, estimated_token_usage, created_at, updated_at)
                   VALUES (?1, '{}', 'completed', 'run ' || ?1, '', 0, 0, 0)";
        db.execute(sql, [id])?;
        db.execute("INSERT INTO token_balances (user_id) VALUES (?1)", [id])?;
    }
    Ok(instants)
}

/// Every four days one whose parent did not answer; one whose parent did.
fn minors(db: &Connection, from_ms: i64) -> rusqlite::Result<Vec<i64>> {
    let sql = "INSERT INTO users (id, name, birth_date, parent_consent_asked_at, parent_consented_at)
               VALUES (?1, 'minor', '2016-04-01', ?2, ?3)";
    let instants: Vec<i64> = (0..7).map(|i| from_ms + 4 * i * DAY).collect();
    for (id, instant) in (2_001..).zip(&instants) {
        db.execute(sql, params![id, instant - 30 * DAY, None::<i64>])?;
    }
    db.execute(sql, params![2_100, 0, from_ms])?;
    Ok(instants)
}

/// Every two days one that ends; groups 13 to 16 have no end.
fn subscriptions(db: &Connection, from_ms: i64) -> rusqlite::Result<Vec<i64>> {
    let sql = "UPDATE groups SET subscription_active = 1, subscription_plan = 'family', subscription_ends_at = ?2, max_members = 20
               WHERE id = ?1";
    let instants: Vec<i64> = (0..12).map(|i| from_ms + 2 * i * DAY + DAY / 4).collect();
    for (id, instant) in (1..).zip(&instants) {
        db.execute(sql, params![id, instant])?;
    }
    for id in 13..=16 {
        db.execute(sql, params![id, None::<i64>])?;
    }
    Ok(instants)
}

/// Every day one that expires, ten of the dashboard, and one that never does.
fn cache(db: &Connection, from_ms: i64) -> rusqlite::Result<Vec<i64>> {
    let sql = "INSERT INTO cache (key, tag, value, expires_at) VALUES (?1, ?2, 'x', ?3)";
    let instants: Vec<i64> = (0..30).map(|i| from_ms + i * DAY).collect();
    for instant in &instants {
        db.execute(sql, params![format!("at {instant}"), "avatar", instant])?;
    }
    for i in 0..10 {
        db.execute(sql, params![format!("shown {i}"), "dashboard", None::<i64>])?;
    }
    db.execute(sql, params!["never", None::<&str>, None::<i64>])?;
    Ok(instants)
}
