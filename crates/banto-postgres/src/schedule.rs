//! `register`: the schedules of a service; the account of what was due.

use std::collections::BTreeMap;

use banto_core::{InstanceId, Label, Name, ScheduleName};
use banto_store::{Board, Fault, Pause, Register, Registered, Registration, ScheduleView, Service, StoreError};
use tokio_postgres::Row;

use crate::{
    beat,
    conn::Conn,
    error::Worked,
    pause,
    said::{keep, said},
    time::Known,
};

/// Registers all schedules of a service.
pub(crate) async fn register(conn: &mut Conn, register: &Register) -> Worked<Registration> {
    let schedules = || register.schedules.iter();
    let names: Vec<&str> = schedules().map(|schedule| schedule.name.as_str()).collect();
    let revisions: Vec<i64> = schedules().map(|schedule| schedule.revision).collect();
    let models: Vec<_> = schedules().map(|schedule| keep(&schedule.model)).collect();
    let actions: Vec<_> = schedules().map(|schedule| keep(&schedule.action)).collect();
    let sources: Vec<_> = schedules().map(|schedule| keep(&schedule.source)).collect();
    let (service, by, build) = (register.service.as_str(), register.by.0.cast_signed(), register.build.as_str());
    let wall = conn.now.wall;
    let sql = "SELECT * FROM {s}.register($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let row = conn
        .one(sql, &[&service, &by, &build, &register.as_of, &names, &revisions, &models, &actions, &sources, &wall])
        .await?;
    let answers: Vec<i32> = row.try_get(1)?;
    conn.news = true;
    let answers = answers.into_iter().map(answer).collect::<Result<_, _>>()?;
    Ok(Registration { generation: row.try_get(0)?, answers })
}

fn answer(number: i32) -> Result<Registered, StoreError> {
    match number {
        0 => Ok(Registered::New),
        1 => Ok(Registered::Same),
        2 => Ok(Registered::Changed),
        3 => Ok(Registered::Taken),
        _ => Err(StoreError::new(Fault::Damaged, format!("register schedules: the server answers {number}"))),
    }
}

/// Keeps a service as another store had it.
pub(crate) async fn put_service(conn: &mut Conn, service: &Service) -> Worked<()> {
    let id = |id: InstanceId| id.0.cast_signed();
    let (name, registered_by, by) = (service.service.as_str(), id(service.registered_by), service.by.map(id));
    let sql =
        "INSERT INTO {s}.service (service, generation, registered_by, accounted_until, by) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (service) DO UPDATE SET generation = excluded.generation, registered_by = excluded.registered_by,
            accounted_until = excluded.accounted_until, by = excluded.by, base = NULL, boot = NULL";
    conn.execute(sql, &[&name, &service.generation, &registered_by, &service.accounted_until, &by]).await.map(drop)
}

/// Keeps a schedule as another store had it.
pub(crate) async fn put_schedule(conn: &mut Conn, view: &ScheduleView) -> Worked<()> {
    let (name, service, build) = (view.name.as_str(), view.service.as_str(), view.build.as_str());
    let (model, action, source) = (keep(&view.model), keep(&view.action), keep(&view.source));
    let sql = "INSERT INTO {s}.schedule (name, service, revision, model, action, source, build, since, retired_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (name) DO UPDATE SET service = excluded.service, revision = excluded.revision, model = excluded.model,
            action = excluded.action, source = excluded.source, build = excluded.build, since = excluded.since,
            retired_at = excluded.retired_at";
    conn.execute(
        sql,
        &[&name, &service, &view.revision, &model, &action, &source, &build, &view.since, &view.retired_at],
    )
    .await
    .map(drop)
}

const SERVICE: &str = "SELECT service, accounted_until, by, base, boot, generation, registered_by FROM {s}.service";

/// One service.
pub(crate) async fn service(conn: &mut Conn, name: &Name) -> Worked<Option<Service>> {
    let rows = conn.query(&format!("{SERVICE} WHERE service = $1"), &[&name.as_str()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let wall = conn.wall().await?;
    let now = conn.now.known(wall);
    let living = living(conn, now).await?;
    Ok(Some(read_service(row, name.clone(), now, &living)?))
}

/// Who lives.
async fn living(conn: &mut Conn, now: Known) -> Worked<Vec<InstanceId>> {
    let all = beat::all(conn, now).await?;
    Ok(all.into_iter().filter(|one| one.seen.living).map(|one| one.seen.instance.id).collect())
}

/// The leader's clock is the one that counts, as long as the leader lives and it is of this boot. By the server's own clock
/// that is the same clock.
fn read_service(row: &Row, service: Name, now: Known, living: &[InstanceId]) -> Worked<Service> {
    let id = |id: i64| InstanceId(id.cast_unsigned());
    let (by, base, boot): (Option<i64>, Option<i64>, Option<i64>) = (row.try_get(2)?, row.try_get(3)?, row.try_get(4)?);
    let by = by.map(id);
    let lives = by.is_some_and(|by| living.contains(&by)) && boot == Some(now.boot);
    Ok(Service {
        service,
        generation: row.try_get(5)?,
        registered_by: id(row.try_get(6)?),
        accounted_until: row.try_get(1)?,
        by,
        wall_ms: base.filter(|_| lives).map_or(now.wall, |base| base.saturating_add(now.steady)),
    })
}

/// Every service and schedule. A row whose names are no names is left out: nobody could ask for it.
pub(crate) async fn board(conn: &mut Conn) -> Worked<Board> {
    conn.begin_asking().await?;
    let wall = conn.wall().await?;
    let now = conn.now.known(wall);
    let mut halts = pause::SCHEDULES.all(conn, now.wall).await?;
    let living = living(conn, now).await?;
    let services = conn.query(&format!("{SERVICE} ORDER BY service"), &[]).await?;
    let sql = "SELECT name, service, revision, model, action, source, build, since, retired_at FROM {s}.schedule ORDER BY name";
    let schedules = conn.query(sql, &[]).await?;
    conn.commit().await?;
    let mut board = Board::default();
    for row in &services {
        if let Ok(name) = Name::new(row.try_get(0)?) {
            board.services.push(read_service(row, name, now, &living)?);
        }
    }
    for row in &schedules {
        board.schedules.extend(view(row, &mut halts)?);
    }
    board.maintenance = halts.remove("");
    Ok(board)
}

fn view(row: &Row, halts: &mut BTreeMap<String, Pause>) -> Worked<Option<ScheduleView>> {
    let (name, service) = (ScheduleName::new(row.try_get(0)?), Name::new(row.try_get(1)?));
    let (Ok(name), Ok(service)) = (name, service) else { return Ok(None) };
    Ok(Some(ScheduleView {
        revision: row.try_get(2)?,
        model: said(row.try_get(3)?),
        action: said(row.try_get(4)?),
        source: said(row.try_get(5)?),
        build: Label::new(row.try_get(6)?).unwrap_or_else(|_| Label::from(&service)),
        since: row.try_get(7)?,
        retired_at: row.try_get(8)?,
        pause: halts.get(name.as_str()).cloned(),
        name,
        service,
    }))
}
