//! `steer`: what an operator orders.
//!
//! Jobs are taken by id, the oldest first, in pages; each that is changed or asked gets a line in its trail. With `preview` the
//! same statements run and the transaction is given up, so that what was counted is what would be done.

use std::collections::HashMap;

use banto_core::{JobId, ScheduleName, State};
use banto_store::{Order, Select, Steer, Steered};
use uuid::Uuid;

use crate::{
    beat,
    conn::Conn,
    enqueue,
    error::Worked,
    pages::Pages,
    pause, prune,
    row::{Int, Stored, job_id, uuid, uuids},
    said::keep,
    settle,
    sum::Summed,
};

/// The most ids that are shown of what an order changed.
const SAMPLE: usize = 20;

/// Carries out an order, or only counts.
pub(crate) async fn steer(conn: &mut Conn, steer: &Steer) -> Worked<Steered> {
    conn.begin().await?;
    settle::admit(conn).await?;
    let steered = order(conn, steer).await?;
    if steer.preview {
        conn.roll_back().await?;
        return Ok(steered);
    }
    conn.news = steered.count + steered.asked > 0;
    if conn.news && conn.tell {
        conn.execute("SELECT pg_notify('{s}.news', '')", &[]).await?;
    }
    conn.commit().await?;
    Ok(steered)
}

async fn order(conn: &mut Conn, steer: &Steer) -> Worked<Steered> {
    let by = steer.by.as_str();
    match &steer.order {
        Order::Cancel(select) => each(conn, select, Sort::Cancel, by).await,
        Order::Retry(select) => each(conn, select, Sort::Retry, by).await,
        Order::Release(select) => each(conn, select, Sort::Release, by).await,
        Order::Forget(select) => each(conn, select, Sort::Forget, by).await,
        Order::Pause { queue, reason, until } => {
            pause::QUEUES.begin(conn, queue.as_str(), by, reason, *until).await.map(|new| counted(new.into()))
        }
        Order::Resume { queue } => pause::QUEUES.end(conn, queue.as_str()).await.map(|was| counted(was.into())),
        Order::PauseSchedule { schedule, reason, until } => {
            pause::SCHEDULES.begin(conn, one_or_all(schedule), by, reason, *until).await.map(|new| counted(new.into()))
        }
        Order::ResumeSchedule { schedule } => {
            pause::SCHEDULES.end(conn, one_or_all(schedule)).await.map(|was| counted(was.into()))
        }
        Order::Restart => beat::restart(conn, by).await.map(counted),
    }
}

fn counted(count: usize) -> Steered {
    Steered { count, ..Steered::default() }
}

/// The orders on jobs.
#[derive(Debug, Clone, Copy)]
enum Sort {
    Cancel,
    Retry,
    Release,
    Forget,
}

impl Sort {
    /// Whether the order applies to a job, as it was read.
    fn applies(self, stored: &Stored) -> bool {
        let job = &stored.job;
        match self {
            Sort::Cancel => !(job.state.ended() || (job.state == State::Running && job.cancel_asked)),
            // A row that cannot be read would only be parked again.
            Sort::Retry => matches!(job.state, State::Dead | State::Cancelled | State::Scheduled) && !stored.damaged,
            Sort::Release => job.state == State::Parked && !stored.damaged,
            Sort::Forget => job.state.ended(),
        }
    }
}

/// Carries out the order at each job that fits, until as many as it says were taken.
async fn each(conn: &mut Conn, select: &Select, sort: Sort, by: &str) -> Worked<Steered> {
    let mut steered = Steered::default();
    let mut taken = 0;
    let mut pages = Pages::oldest_first(select);
    while taken < select.limit {
        let Some(page) = pages.next(conn).await? else { break };
        let mut page: Vec<Stored> = page.into_iter().filter(|stored| sort.applies(stored)).collect();
        page.truncate(select.limit - taken);
        taken += carry_out(conn, &page, sort, by, &mut steered).await?;
    }
    Ok(steered)
}

/// Carries out the order at these jobs; says at how many it applied.
async fn carry_out(conn: &mut Conn, page: &[Stored], sort: Sort, by: &str, done: &mut Steered) -> Worked<usize> {
    if page.is_empty() {
        return Ok(0);
    }
    let ids = uuids(page.iter().map(|stored| &stored.job.id));
    let (by, wall) = (keep(by), conn.now.wall);
    let rows = match sort {
        Sort::Cancel => {
            let why = |stored: &Stored| {
                stored.job.park.as_ref().filter(|_| stored.damaged).map(|park| keep(&park.text).into_owned())
            };
            let whys: Vec<Option<String>> = page.iter().map(why).collect();
            conn.query("SELECT * FROM {s}.cancel_jobs($1, $2, $3, $4)", &[&ids, &whys, &by, &wall]).await?
        }
        Sort::Retry => {
            let wall_now = conn.wall().await?;
            let (mut options, mut sums, mut lifts) = (Vec::new(), Vec::new(), Vec::new());
            for stored in page {
                let mut job = stored.job.clone();
                lifts.push(job.options.lift(wall_now));
                let text = enqueue::options(&job.options);
                sums.push(Summed::of(&job, text.as_deref()).sum());
                options.push(text);
            }
            let sql = "SELECT * FROM {s}.retry_jobs($1, $2, $3, $4, $5, $6)";
            conn.query(sql, &[&ids, &options, &sums, &lifts, &by, &wall]).await?
        }
        Sort::Release => conn.query("SELECT * FROM {s}.release_jobs($1, $2, $3)", &[&ids, &by, &wall]).await?,
        Sort::Forget => {
            let ids: Vec<JobId> = page.iter().map(|stored| stored.job.id).collect();
            done.count += prune::remove(conn, &ids).await?;
            ids.into_iter().for_each(|id| show(done, id));
            return Ok(page.len());
        }
    };
    let mut answers: HashMap<Uuid, i64> = HashMap::new();
    for row in &rows {
        answers.insert(row.try_get(0)?, row.try_get::<_, Int>(1)?.0);
    }
    for stored in page {
        let id = stored.job.id;
        match (sort, answers.get(&uuid(&id))) {
            (Sort::Cancel, Some(2)) => done.asked += 1,
            (Sort::Retry, Some(2)) => {
                done.held += 1;
                continue;
            }
            (_, Some(_)) => done.count += 1,
            (_, None) => continue,
        }
        show(done, job_id(uuid(&id)));
    }
    Ok(answers.len())
}

/// The key of a schedule's pause, or of that of all.
fn one_or_all(schedule: &Option<ScheduleName>) -> &str {
    schedule.as_ref().map_or("", ScheduleName::as_str)
}

fn show(steered: &mut Steered, id: JobId) {
    if steered.sample.len() < SAMPLE {
        steered.sample.push(id);
    }
}
