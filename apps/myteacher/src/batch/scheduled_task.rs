//! The row of a scheduled task, and its plan: a [`Schedule`] in its creator's zone.
//!
//! Each row is read by itself and checked like input from outside, so that a damaged one is its own fault and no other's.

use banto::{
    Date, Schedule, Zone,
    sqlite::rusqlite::{self, Connection, OptionalExtension, Row},
};
use banto_core::{Calendar, Cron, DaysOff, Missed, ScheduleName, Then, Timing};

use super::entry::{self, MonthEnd};

/// How late a due instant still counts as an ordinary one, in milliseconds: a roll-out or a slow minute is no outage.
pub const LATE_MS: u64 = 15 * 60_000;
/// The most due instants of an outage that are made up for.
pub const MADE_UP_MAX: u32 = 100;

/// A row of `scheduled_group_tasks`, and what its creator has to do with it.
#[derive(Debug, Clone)]
pub struct ScheduledTask {
    /// Its number.
    pub id: i64,
    /// Whose it is.
    pub group_id: i64,
    /// Who made it.
    pub created_by: i64,
    /// What is to be done.
    pub title: String,
    /// The same at length.
    pub description: Option<String>,
    /// Whether a picture has to show that it is done.
    pub requires_image: bool,
    /// Whether somebody has to approve it.
    pub requires_approval: bool,
    /// What it is worth.
    pub reward: i64,
    /// Who alone gets it.
    pub assigned_user_id: Option<i64>,
    /// Whether one member gets it, by chance.
    pub auto_assign: bool,
    /// The entries, as JSON.
    pub schedules: String,
    /// By when it is to be done, in days.
    pub due_days: Option<i64>,
    /// And hours.
    pub due_hours: Option<i64>,
    /// The first day.
    pub start_date: String,
    /// The last day, which is in it.
    pub end_date: Option<String>,
    /// Not on holidays.
    pub skip_holidays: bool,
    /// On the next business day instead of a holiday.
    pub move_to_next_business_day: bool,
    /// What is left of the last time goes.
    pub delete_incomplete_previous: bool,
    /// What days 29 to 31 are in a shorter month.
    pub month_end: String,
    /// What an outage missed is made up for.
    pub missed: String,
    /// Since when it is paused, in ms since 1970.
    pub paused_at: Option<i64>,
    /// Up to when every due instant has its row, in ms since 1970.
    pub accounted_until: i64,
    /// What was wrong with its plan at the last look.
    pub fault: Option<String>,
    /// When it was changed last, in ms since 1970.
    pub updated_at: i64,
    /// Its creator's time zone.
    pub timezone: String,
    /// Whether its creator is there no more.
    pub orphaned: bool,
}

const FIND: &str = "SELECT s.*, u.timezone, u.deleted_at IS NOT NULL AS orphaned
    FROM scheduled_group_tasks s JOIN users u ON u.id = s.created_by
    WHERE s.id = ?1 AND s.deleted_at IS NULL";

/// The numbers of all that are to be looked after, or of one group only, in order.
pub fn active(db: &Connection, group: Option<i64>) -> rusqlite::Result<Vec<i64>> {
    let sql = "SELECT id FROM scheduled_group_tasks
               WHERE is_active = 1 AND deleted_at IS NULL AND (?1 IS NULL OR group_id = ?1) ORDER BY id";
    db.prepare(sql)?.query_map([group], |row| row.get(0))?.collect()
}

/// One, if it is there.
pub fn find(db: &Connection, id: i64) -> rusqlite::Result<Option<ScheduledTask>> {
    db.query_row(FIND, [id], read).optional()
}

/// All their due instants up to `now` (ms since 1970) have their rows.
pub fn accounted(tx: &Connection, ids: &[i64], now: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE scheduled_group_tasks SET accounted_until = max(coalesce(accounted_until, ?2), ?2), fault = NULL WHERE id = ?1";
    let mut update = tx.prepare(sql)?;
    ids.iter().try_for_each(|id| update.execute([id, &now]).map(|_| ()))
}

fn read(row: &Row<'_>) -> rusqlite::Result<ScheduledTask> {
    Ok(ScheduledTask {
        id: row.get("id")?,
        group_id: row.get("group_id")?,
        created_by: row.get("created_by")?,
        title: row.get("title")?,
        description: row.get("description")?,
        requires_image: row.get("requires_image")?,
        requires_approval: row.get("requires_approval")?,
        reward: row.get("reward")?,
        assigned_user_id: row.get("assigned_user_id")?,
        auto_assign: row.get("auto_assign")?,
        schedules: row.get("schedules")?,
        due_days: row.get("due_duration_days")?,
        due_hours: row.get("due_duration_hours")?,
        start_date: row.get("start_date")?,
        end_date: row.get("end_date")?,
        skip_holidays: row.get("skip_holidays")?,
        move_to_next_business_day: row.get("move_to_next_business_day")?,
        delete_incomplete_previous: row.get("delete_incomplete_previous")?,
        month_end: row.get("month_end")?,
        missed: row.get("missed")?,
        paused_at: row.get("paused_at")?,
        accounted_until: match row.get("accounted_until")? {
            Some(until) => until,
            None => row.get("created_at")?,
        },
        fault: row.get("fault")?,
        updated_at: row.get("updated_at")?,
        timezone: row.get("timezone")?,
        orphaned: row.get("orphaned")?,
    })
}

impl ScheduledTask {
    /// Its plan. Answers what is wrong as a fragment that fits after "could not".
    pub fn schedule(&self, holidays: &Calendar) -> Result<Schedule, String> {
        let said = |refusal: banto::Refusal| refusal.to_string();
        let month_end: MonthEnd = self.month_end.parse().map_err(|error| format!("take its month-end: {error}"))?;
        let entries = entry::entries(&self.schedules)?;
        let crons: Result<Vec<Cron>, _> =
            entries.iter().flat_map(|entry| entry.crons(month_end)).map(|cron| Cron::new(&cron)).collect();
        let name = ScheduleName::new(&format!("scheduled-task:{}", self.id)).map_err(said)?;
        let mut schedule = Schedule::new(name, Timing::Cron(crons.map_err(said)?));
        schedule.zone = Zone::new(&self.timezone).map_err(said)?;
        schedule.from = Some(self.start_date.parse::<Date>().map_err(said)?);
        schedule.until = self.end_date.as_deref().map(str::parse).transpose().map_err(said)?;
        schedule.missed = missed(&self.missed).map_err(said)?;
        schedule.late_ms = LATE_MS;
        // Whoever asks for both wants it done, and not on the holiday.
        schedule.days_off = (self.skip_holidays || self.move_to_next_business_day).then(|| DaysOff {
            calendar: Some(holidays.clone()),
            weekends: false,
            then: if self.move_to_next_business_day { Then::NextBusinessDay } else { Then::Skip },
        });
        match schedule.check().into_iter().next() {
            Some(fault) => Err(fault.to_string()),
            None => Ok(schedule),
        }
    }
}

/// What an outage missed is made up for: `skip`, `last` or `all:N`.
pub fn missed(text: &str) -> Result<Missed, banto::Refusal> {
    let all = || text.strip_prefix("all:")?.parse().ok().filter(|max| (1..=MADE_UP_MAX).contains(max));
    match text {
        "skip" => Ok(Missed::Skip),
        "last" => Ok(Missed::Last),
        _ => all().map(|max| Missed::All { max }).ok_or_else(|| {
            let allowed = format!("skip, last and all:N with N from 1 to {MADE_UP_MAX} are allowed");
            banto::Refusal::new("a policy for what was missed", text, allowed)
        }),
    }
}
