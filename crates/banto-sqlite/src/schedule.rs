//! `register`: the schedules of a service; the account of what was due.

use std::collections::BTreeMap;

use banto_core::{InstanceId, Label, Name, ScheduleName};
use banto_store::{
    Board, Firing, NewSchedule, Pause, Register, Registered, Registration, ScheduleView, Service, StoreError,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    beat,
    desk::{Desk, Now},
    error::{Result, fault},
    mutate, pause,
    row::lossy,
};

/// Refuses what cannot be registered. Needs no desk, so it is asked before the queue.
pub(crate) fn check(register: &Register) -> Result<()> {
    register.check().map_err(StoreError::from)
}

/// Registers all schedules of a service.
pub(crate) fn register(desk: &mut Desk<'_>, register: &Register) -> Result<Registration> {
    write(desk, register).map_err(|error| fault("register schedules", &error))
}

fn write(desk: &mut Desk<'_>, register: &Register) -> rusqlite::Result<Registration> {
    let (service, as_of) = (register.service.as_str(), register.as_of.min(desk.now.wall));
    desk.db
        .prepare_cached(
            "INSERT INTO banto_service (service, registered_by, accounted_until) VALUES (?1, ?2, ?3)
             ON CONFLICT (service) DO UPDATE SET registered_by = excluded.registered_by",
        )?
        .execute(params![service, register.by.0.cast_signed(), as_of])?;
    let mut left = living(desk.db, service)?;
    let mut answers = Vec::with_capacity(register.schedules.len());
    for schedule in &register.schedules {
        left.remove(schedule.name.as_str());
        answers.push(write_one(desk.db, register, schedule, as_of)?);
    }
    let mut retire = desk.db.prepare_cached("UPDATE banto_schedule SET retired_at = ?2 WHERE name = ?1")?;
    for name in left.keys() {
        retire.execute(params![name, as_of])?;
    }
    let same = |answer: &Registered| matches!(answer, Registered::Same | Registered::Taken);
    let changed = !left.is_empty() || !answers.iter().all(same);
    let generation = desk
        .db
        .prepare_cached(
            "UPDATE banto_service SET generation = generation + ?2 WHERE service = ?1 RETURNING generation",
        )?
        .query_row(params![service, changed], |row| row.get(0))?;
    desk.counts.news = true;
    Ok(Registration { generation, answers })
}

/// The schedules of a service that are not retired, with their revisions.
fn living(db: &Connection, service: &str) -> rusqlite::Result<BTreeMap<String, i64>> {
    let sql = "SELECT name, revision FROM banto_schedule WHERE service = ?1 AND retired_at IS NULL";
    db.prepare_cached(sql)?.query_map([service], |row| Ok((lossy(row, 0)?, row.get(1)?)))?.collect()
}

fn write_one(db: &Connection, register: &Register, schedule: &NewSchedule, as_of: i64) -> rusqlite::Result<Registered> {
    let read =
        |row: &Row<'_>| Ok((lossy(row, 0)?, row.get::<_, i64>(1)?, row.get::<_, bool>(2)?, row.get::<_, i64>(3)?));
    let known = db
        .prepare_cached("SELECT service, revision, retired_at IS NOT NULL, since FROM banto_schedule WHERE name = ?1")?
        .query_row([schedule.name.as_str()], read)
        .optional()?;
    let (answer, since) = match known {
        None => (Registered::New, as_of),
        Some((service, _, false, _)) if service != register.service.as_str() => return Ok(Registered::Taken),
        Some((service, _, retired, _)) if retired || service != register.service.as_str() => (Registered::New, as_of),
        Some((_, revision, _, since)) if revision == schedule.revision => (Registered::Same, since),
        Some(_) => (Registered::Changed, as_of),
    };
    db.prepare_cached(
        "INSERT INTO banto_schedule (name, service, revision, model, action, source, build, since)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (name) DO UPDATE SET service = excluded.service, revision = excluded.revision,
                 model = excluded.model, action = excluded.action, source = excluded.source, build = excluded.build,
                 since = excluded.since, retired_at = NULL",
    )?
    .execute(params![
        schedule.name.as_str(),
        register.service.as_str(),
        schedule.revision,
        schedule.model,
        schedule.action,
        schedule.source,
        register.build.as_str(),
        since,
    ])?;
    Ok(answer)
}

/// Up to when a service is accounted for, by whom, and by which clock.
pub(crate) fn account(desk: &mut Desk<'_>, firing: &Firing) -> rusqlite::Result<()> {
    let Some(until) = firing.until else { return Ok(()) };
    desk.db
        .prepare_cached(
            "UPDATE banto_service SET accounted_until = iif(?3, ?2, max(accounted_until, ?2)), by = ?4, base = ?5,
                 boot = ?6 WHERE service = ?1 AND (generation = ?7 OR ?8)",
        )?
        .execute(params![
            firing.service.as_str(),
            until,
            firing.rewind,
            firing.by.0.cast_signed(),
            desk.now.wall.saturating_sub(desk.now.steady),
            desk.now.boot,
            firing.generation,
            mutate::generation_dropped(),
        ])?;
    desk.counts.touched = true;
    Ok(())
}

/// Keeps a service as it is said elsewhere; its leader's clock is not this machine's.
pub(crate) fn put_service(db: &Connection, service: &Service) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO banto_service (service, generation, registered_by, accounted_until, by)
             VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        service.service.as_str(),
        service.generation,
        service.registered_by.0.cast_signed(),
        service.accounted_until,
        service.by.map(|by| by.0.cast_signed()),
    ])?;
    Ok(())
}

/// Keeps a schedule as it is said elsewhere, without its pause.
pub(crate) fn put_schedule(db: &Connection, view: &ScheduleView) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO banto_schedule (name, service, revision, model, action, source, build, since, retired_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        view.name.as_str(),
        view.service.as_str(),
        view.revision,
        view.model,
        view.action,
        view.source,
        view.build.as_str(),
        view.since,
        view.retired_at,
    ])?;
    Ok(())
}

/// One service.
pub(crate) fn service(db: &Connection, now: Now, name: &Name) -> Result<Option<Service>> {
    let read = |row: &Row<'_>| read_service(row);
    let found = db
        .prepare_cached(&format!("{SERVICE} WHERE service = ?1"))
        .and_then(|mut find| find.query_row([name.as_str()], read).optional());
    let Some((_, account)) = found.map_err(|error| fault("look for a service", &error))? else { return Ok(None) };
    Ok(Some(account.seen(name.clone(), db, now).map_err(|error| fault("look for a service", &error))?))
}

const SERVICE: &str = "SELECT service, accounted_until, by, base, boot, generation, registered_by FROM banto_service";

/// What is kept of a service.
struct Account {
    until: i64,
    by: Option<i64>,
    base: Option<i64>,
    boot: Option<i64>,
    generation: i64,
    registered_by: i64,
}

fn read_service(row: &Row<'_>) -> rusqlite::Result<(String, Account)> {
    let account = Account {
        until: row.get(1)?,
        by: row.get(2)?,
        base: row.get(3)?,
        boot: row.get(4)?,
        generation: row.get(5)?,
        registered_by: row.get(6)?,
    };
    Ok((lossy(row, 0)?, account))
}

impl Account {
    /// The leader's clock is the one that counts, as long as the leader lives and it is of this boot.
    fn seen(&self, service: Name, db: &Connection, now: Now) -> rusqlite::Result<Service> {
        let by = self.by.map(|by| InstanceId(by.cast_unsigned()));
        let of_this_boot = self.base.filter(|_| self.boot == Some(now.boot));
        let lives = match (by, of_this_boot) {
            (Some(by), Some(_)) => beat::all(db, now)?.iter().any(|one| one.seen.instance.id == by && one.seen.living),
            _ => false,
        };
        let wall_ms = of_this_boot.filter(|_| lives).map_or(now.wall, |base| base.saturating_add(now.steady));
        Ok(Service {
            service,
            generation: self.generation,
            registered_by: InstanceId(self.registered_by.cast_unsigned()),
            accounted_until: self.until,
            by,
            wall_ms,
        })
    }
}

/// Every service and schedule. A row whose names are no names is left out: nobody could ask for it.
pub(crate) fn board(db: &Connection, now: Now) -> Result<Board> {
    read_board(db, now).map_err(|error| fault("list schedules", &error))
}

fn read_board(db: &Connection, now: Now) -> rusqlite::Result<Board> {
    let mut halts = pause::SCHEDULES.all(db, now)?;
    let mut services = Vec::new();
    let rows = db
        .prepare_cached(&format!("{SERVICE} ORDER BY service"))?
        .query_map([], read_service)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for (name, account) in rows {
        if let Ok(name) = Name::new(&name) {
            services.push(account.seen(name, db, now)?);
        }
    }
    let sql = "SELECT name, service, revision, model, action, source, build, since, retired_at FROM banto_schedule ORDER BY name";
    let mut find = db.prepare_cached(sql)?;
    let rows = find.query_map([], |row| view(row, &mut halts))?;
    let schedules: Vec<ScheduleView> = rows.filter_map(rusqlite::Result::transpose).collect::<rusqlite::Result<_>>()?;
    let maintenance = halts.remove("");
    let ahead = halts.into_iter().filter_map(|(name, pause)| Some((ScheduleName::new(&name).ok()?, pause))).collect();
    Ok(Board { services, schedules, ahead, maintenance })
}

fn view(row: &Row<'_>, halts: &mut BTreeMap<String, Pause>) -> rusqlite::Result<Option<ScheduleView>> {
    let (name, service) = (ScheduleName::new(&lossy(row, 0)?), Name::new(&lossy(row, 1)?));
    let (Ok(name), Ok(service)) = (name, service) else { return Ok(None) };
    Ok(Some(ScheduleView {
        revision: row.get(2)?,
        model: lossy(row, 3)?,
        action: lossy(row, 4)?,
        source: lossy(row, 5)?,
        build: Label::new(&lossy(row, 6)?).unwrap_or_else(|_| Label::from(&service)),
        since: row.get(7)?,
        retired_at: row.get(8)?,
        pause: halts.remove(name.as_str()),
        name,
        service,
    }))
}
