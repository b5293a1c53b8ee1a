//! What may be asked for when a scheduled task is created: every limit, and all that is wrong at once.
//!
//! It takes words as they were typed, so that a number that is none is one fault among the others and not the only one that is
//! told. It never writes before everything is right.

use banto::{
    Date, Refusal, Zone,
    sqlite::rusqlite::{Connection, OptionalExtension, params},
};

use super::{
    entry::{ENTRIES_MAX, Entry, MonthEnd},
    scheduled_task,
};
use crate::error::Error;

/// The longest title, in characters.
pub const TITLE_CHARS_MAX: usize = 255;
/// The longest description, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 5_000;
/// The longest tag, in characters.
pub const TAG_CHARS_MAX: usize = 50;
/// The most days until it is to be done.
pub const DUE_DAYS_MAX: i64 = 365;
/// The most hours until it is to be done.
pub const DUE_HOURS_MAX: i64 = 8_760;

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Who creates it: a user with the right to edit their group.
    pub by: String,
    /// What is to be done.
    pub title: String,
    /// The same at length.
    pub description: Option<String>,
    /// When: [`Entry::typed`].
    pub schedules: Vec<String>,
    /// What it is worth.
    pub reward: String,
    /// Whether a picture has to show that it is done.
    pub requires_image: bool,
    /// Whether somebody has to approve it.
    pub requires_approval: bool,
    /// Who alone gets it.
    pub assign: Option<String>,
    /// One member gets it, by chance.
    pub auto_assign: bool,
    /// By when it is to be done, in days.
    pub due_days: Option<String>,
    /// And hours.
    pub due_hours: Option<String>,
    /// The first day; today where none is given.
    pub start: Option<String>,
    /// The last day.
    pub end: Option<String>,
    /// Not on holidays.
    pub skip_holidays: bool,
    /// On the next business day instead.
    pub move_to_next_business_day: bool,
    /// What is left of the last time stays.
    pub keep_previous: bool,
    /// What days 29 to 31 are in a shorter month.
    pub month_end: String,
    /// What an outage missed is made up for.
    pub missed: String,
    /// Tags of the tasks.
    pub tags: Vec<String>,
}

/// A value, or its fault is noted.
fn or_note<T>(faults: &mut Vec<String>, read: Result<T, impl ToString>) -> Option<T> {
    read.map_err(|fault| faults.push(fault.to_string())).ok()
}

fn whole(text: &str, what: &'static str, least: i64, most: i64) -> Result<i64, Refusal> {
    let number = text.trim().parse().ok().filter(|number| (least..=most).contains(number));
    let allowed = || match most {
        i64::MAX => format!("a whole number from {least} is wanted"),
        _ => format!("a whole number from {least} to {most} is wanted"),
    };
    number.ok_or_else(|| Refusal::new(what, text, allowed()))
}

fn long(text: &str, what: &'static str, least: usize, most: usize) -> Result<String, Refusal> {
    let is_allowed = (least..=most).contains(&text.trim().chars().count()) && !text.contains('\0');
    is_allowed
        .then(|| text.trim().to_owned())
        .ok_or_else(|| Refusal::new(what, text, format!("{least} to {most} characters are allowed")))
}

/// A wish of which everything is allowed.
struct Checked {
    creator: i64,
    group: i64,
    title: String,
    description: Option<String>,
    entries: Vec<Entry>,
    reward: i64,
    assign: Option<i64>,
    due_days: Option<i64>,
    due_hours: Option<i64>,
    start: Date,
    end: Option<Date>,
    month_end: MonthEnd,
    tags: Vec<String>,
}

/// Creates it, or answers all that is wrong. Answers its number.
pub fn create(tx: &Connection, wish: &Wish, now: i64) -> Result<i64, Error> {
    let mut faults = Vec::new();
    let checked = check(tx, wish, now, &mut faults)?;
    let Some(ok) = checked.filter(|_| faults.is_empty()) else {
        return Err(Error::Asked(faults.join("; could not ")));
    };
    let schedules = serde_json::Value::from_iter(ok.entries.iter().map(Entry::to_json)).to_string();
    let sql = "INSERT INTO scheduled_group_tasks (group_id, created_by, title, description, requires_image, requires_approval,
                 reward, assigned_user_id, auto_assign, schedules, due_duration_days, due_duration_hours, start_date, end_date,
                 skip_holidays, move_to_next_business_day, delete_incomplete_previous, month_end, missed, accounted_until,
                 created_at, updated_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?20, ?20)
               RETURNING id";
    let values = params![
        ok.group,
        ok.creator,
        ok.title,
        ok.description,
        wish.requires_image,
        wish.requires_approval,
        ok.reward,
        ok.assign,
        wish.auto_assign,
        schedules,
        ok.due_days,
        ok.due_hours,
        ok.start.to_string(),
        ok.end.map(|end| end.to_string()),
        wish.skip_holidays,
        wish.move_to_next_business_day,
        !wish.keep_previous,
        ok.month_end.as_str(),
        wish.missed,
        now
    ];
    let id: i64 = tx.query_row(sql, values, |row| row.get(0))?;
    let mut insert = tx.prepare(
        "INSERT INTO scheduled_task_tags (scheduled_task_id, tag_name) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?;
    ok.tags.iter().try_for_each(|tag| insert.execute(params![id, tag]).map(|_| ()))?;
    Ok(id)
}

fn check(tx: &Connection, wish: &Wish, now: i64, faults: &mut Vec<String>) -> Result<Option<Checked>, Error> {
    let creator = match or_note(faults, whole(&wish.by, "a user", 1, i64::MAX)) {
        Some(user) => or_note(faults, editor(tx, user)?),
        None => None,
    };
    let title = or_note(faults, long(&wish.title, "a title", 1, TITLE_CHARS_MAX));
    let description = wish.description.as_deref().map(|text| long(text, "a description", 0, DESCRIPTION_CHARS_MAX));
    let description = description.map(|read| or_note(faults, read));
    let entries = entries(wish, faults);
    let reward = or_note(faults, whole(&wish.reward, "a reward", 0, i64::MAX));
    let assign = assign(tx, wish, creator.as_ref(), faults)?;
    let due = |text: &Option<String>, what, most| text.as_deref().map(|text| whole(text, what, 0, most)).transpose();
    let due_days = or_note(faults, due(&wish.due_days, "due days", DUE_DAYS_MAX));
    let due_hours = or_note(faults, due(&wish.due_hours, "due hours", DUE_HOURS_MAX));
    let start = match &wish.start {
        Some(text) => or_note(faults, text.parse::<Date>()),
        None => today(creator.as_ref(), now),
    };
    let end = or_note(faults, wish.end.as_deref().map(str::parse::<Date>).transpose());
    if let (Some(start), Some(Some(end))) = (start, end)
        && end < start
    {
        let allowed = format!("the first day, {start}, or a later one is allowed");
        faults.push(Refusal::new("the last day", &end.to_string(), allowed).to_string());
    }
    let month_end =
        or_note(faults, wish.month_end.parse::<MonthEnd>().map_err(|error| format!("take the month's end: {error}")));
    or_note(faults, scheduled_task::missed(&wish.missed));
    let tags: Vec<_> =
        wish.tags.iter().filter_map(|tag| or_note(faults, long(tag, "a tag", 1, TAG_CHARS_MAX))).collect();
    let all = || {
        let creator = creator?;
        Some(Checked {
            creator: creator.user,
            group: creator.group,
            title: title?,
            description: description.flatten(),
            entries,
            reward: reward?,
            assign,
            due_days: due_days?,
            due_hours: due_hours?,
            start: start?,
            end: end?,
            month_end: month_end?,
            tags,
        })
    };
    Ok(all())
}

/// A creator, and the group they may edit.
struct Creator {
    user: i64,
    group: i64,
    timezone: String,
}

fn editor(tx: &Connection, user: i64) -> Result<Result<Creator, String>, Error> {
    let sql = "SELECT group_id, group_edit_flg, timezone FROM users WHERE id = ?1 AND deleted_at IS NULL";
    let row = |row: &banto::sqlite::rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let found: Option<(Option<i64>, bool, String)> = tx.query_row(sql, [user], row).optional()?;
    let refused = |why: &str| Err(Refusal::new("the creator", &format!("user {user}"), why).to_string());
    Ok(match found {
        None => refused("no user has this number"),
        Some((None, ..)) => refused("a user in a group is wanted, with the right to edit it"),
        Some((_, false, _)) => refused("only users with the right to edit their group may create one"),
        Some((Some(group), true, timezone)) => match Zone::new(&timezone) {
            Ok(_) => Ok(Creator { user, group, timezone }),
            Err(refusal) => Err(refusal.to_string()),
        },
    })
}

fn entries(wish: &Wish, faults: &mut Vec<String>) -> Vec<Entry> {
    if !(1..=ENTRIES_MAX).contains(&wish.schedules.len()) {
        let typed = wish.schedules.len().to_string();
        faults
            .push(Refusal::new("a number of schedules", &typed, format!("1 to {ENTRIES_MAX} are allowed")).to_string());
    }
    wish.schedules.iter().filter_map(|text| or_note(faults, Entry::typed(text))).collect()
}

fn assign(
    tx: &Connection,
    wish: &Wish,
    creator: Option<&Creator>,
    faults: &mut Vec<String>,
) -> Result<Option<i64>, Error> {
    let Some(typed) = &wish.assign else { return Ok(None) };
    if wish.auto_assign {
        faults.push(
            Refusal::new("an assignee", typed, "either one user or one by chance is allowed, not both").to_string(),
        );
    }
    let Some(user) = or_note(faults, whole(typed, "an assignee", 1, i64::MAX)) else { return Ok(None) };
    let Some(creator) = creator else { return Ok(Some(user)) };
    let sql = "SELECT 1 FROM users WHERE id = ?1 AND group_id = ?2 AND deleted_at IS NULL";
    if tx.query_row(sql, [user, creator.group], |_| Ok(())).optional()?.is_none() {
        let allowed = format!("a user of group {} is wanted", creator.group);
        faults.push(Refusal::new("an assignee", &format!("user {user}"), allowed).to_string());
    }
    Ok(Some(user))
}

fn today(creator: Option<&Creator>, now: i64) -> Option<Date> {
    let zone = Zone::new(&creator?.timezone).ok()?;
    zone.shown(now).split(' ').nth(1)?.parse().ok()
}
