//! A month of MyTeacher's schedule in given time: two schedulers, two workers, every chore, over a database whose counts are known,
//! and a real Redis to be watched.
//! Each due instant is accounted for, none fires twice, and each chore leaves the rows that its description promises.

#![expect(clippy::unwrap_used, reason = "test code says what it wants and fails loudly")]

use std::{collections::BTreeMap, fs::File, io::Write, path::PathBuf, sync::Arc, time::Duration};

use banto::{
    Clock, Config, Fate, FireView, Prune, Read, Registry, Scheduler, SchedulerConfig, SelectFires, Timetable, Worker,
    limits::SPAN_MS_MAX,
    memory::Memory,
    sqlite::{Options, Sqlite, Synchronous},
};
use banto_servers::Redis;
use jiff::{Timestamp, tz::TimeZone};
use myteacher::{
    app::App,
    files::Files,
    paint::offline::OfflinePainter,
    schedule::{self, How, TOKYO},
    write::offline::OfflineWriter,
};
use seed::{Seeded, due as due_by, seed};
use tokio::time::Instant;

#[path = "stage/seed.rs"]
#[cfg(test)]
mod seed;

/// December in Tokyo and a little more: both its turns by either zone, and the days of two logins.
const FROM: &str = "2025-11-30T14:50:30Z";
const UNTIL: &str = "2026-01-01T02:00:30Z";

/// A clock that follows tokio's paused time.
struct Tied {
    since: Instant,
    begin_ms: i64,
}

impl Clock for Tied {
    fn wall_ms(&self) -> i64 {
        self.begin_ms + i64::try_from(self.since.elapsed().as_millis()).unwrap()
    }
    fn steady_ms(&self) -> u64 {
        3_600_000 + u64::try_from(self.since.elapsed().as_millis()).unwrap()
    }
    fn boot(&self) -> String {
        "month".into()
    }
}

fn ms(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

/// When a schedule is due in the month, told minute by minute, apart from the code under test.
fn due(fits: impl Fn(&jiff::Zoned) -> bool, zone: &str) -> Vec<i64> {
    let zone = TimeZone::get(zone).unwrap();
    let minutes = (ms(FROM) / 60_000 + 1)..=(ms(UNTIL) / 60_000);
    let at = |minute: i64| Timestamp::from_millisecond(minute * 60_000).unwrap().to_zoned(zone.clone());
    minutes.filter(|minute| fits(&at(*minute))).map(|minute| minute * 60_000).collect()
}

fn expected() -> BTreeMap<&'static str, Vec<i64>> {
    let utc = "UTC";
    let at = |hour: i8, minute: i8| move |now: &jiff::Zoned| now.hour() == hour && now.minute() == minute;
    let first = |hour: i8| move |now: &jiff::Zoned| now.day() == 1 && now.hour() == hour && now.minute() == 0;
    let sunday = |now: &jiff::Zoned| now.weekday() == jiff::civil::Weekday::Sunday && at(3, 0)(now);
    BTreeMap::from([
        ("redis:monitor", due(|now| now.minute() % 5 == 0, utc)),
        ("auth:monitor-dual-auth", due(|now| now.minute() % 5 == 0 && now.month() == 12 && now.day() <= 14, TOKYO)),
        ("batch:execute-scheduled-tasks", due(|_| true, utc)),
        ("avatars:reconcile", due(|now| now.minute() % 5 == 0, utc)),
        ("notifications:delete-expired", due(at(0, 0), utc)),
        ("cache:clear", due(at(3, 0), utc)),
        ("executions:clean", due(sunday, utc)),
        ("payment:clean-old-histories", due(first(1), utc)),
        ("batch:delete-inactive-users", due(at(1, 0), TOKYO)),
        ("subscription:cleanup-expired", due(at(3, 0), TOKYO)),
        ("legal:delete-unconsented-minors", due(at(3, 0), TOKYO)),
        ("tokens:reset-free", due(first(0), TOKYO)),
        ("group:reset-monthly-task-count", due(first(0), TOKYO)),
        ("reports:generate-monthly", due(first(2), TOKYO)),
    ])
}

/// User 1 may edit group 2, and user 21 does what is to be done there. Three plans, a row of a history that is too old to be
/// kept, and an avatar whose job was lost.
const SCHOOL: &str = r#"UPDATE users SET group_edit_flg = 1 WHERE id = 1;
    INSERT INTO scheduled_group_tasks (id, group_id, created_by, title, schedules, start_date, skip_holidays, created_at, updated_at)
      VALUES (1, 2, 1, 'Sweep', '[{"type":"daily","time":"09:00"}]', '2025-01-01', 1, 0, 0),
             (2, 2, 1, 'Read', '[{"type":"weekly","time":"16:00","days":[1,"5"]}]', '2025-01-01', 0, 0, 0),
             (3, 2, 1, 'Year', '[{"type":"monthly","time":"08:00","dates":[31]}]', '2025-01-01', 0, 0, 0);
    INSERT INTO scheduled_task_executions (scheduled_task_id, due_local, executed_at, status, created_at, updated_at)
      VALUES (1, 'long ago', 0, 'skipped', 0, 0);
    INSERT INTO teacher_avatars (id, user_id, look, generation_status, run, job, estimated_token_usage, created_at, updated_at)
      VALUES (77, 1, '{}', 'generating', 'lost', '', 0, 0, 0)"#;

struct Month {
    app: App,
    store: Arc<Memory>,
    clock: Arc<dyn Clock>,
    timetable: Arc<Timetable>,
    seeded: Seeded,
    _redis: Redis,
    folder: tempfile::TempDir,
}

impl Month {
    async fn begin() -> Month {
        let clock: Arc<dyn Clock> = Arc::new(Tied { since: Instant::now(), begin_ms: ms(FROM) });
        let folder = tempfile::tempdir().unwrap();
        // The calls of an inline store are over when they return, so paused time never runs ahead of them.
        let options = Options {
            synchronous: Synchronous::Normal,
            reserve_bytes: 0,
            ..Options::of(folder.path().join("tables.db"))
        };
        let tables = Sqlite::inline(options, clock.clone(), 1).unwrap();
        let files = Files::open(folder.path().join("pictures").to_str().unwrap()).unwrap();
        let (painter, writer) = (Arc::new(OfflinePainter), Arc::new(OfflineWriter));
        let app = App::new(tables, clock.clone(), painter, writer, files).await.unwrap();
        let filled = app.write(|db| {
            let seeded = seed(db, ms(FROM))?;
            db.execute_batch(SCHOOL)?;
            db.execute("UPDATE scheduled_group_tasks SET accounted_until = ?1", [ms(FROM)])?;
            Ok(seeded)
        });
        let seeded = filled.await.unwrap();
        let at = |what: &str| folder.path().join(what).to_str().unwrap().to_owned();
        let exports = vec!["--exports".to_owned(), at("exports")];
        let users = [exports.clone(), vec!["--files".into(), at("pictures")]].concat();
        let redis =
            Redis::start(&[("maxmemory", "64mb"), ("maxmemory-policy", "noeviction"), ("appendonly", "yes")]).unwrap();
        let flags = [
            ("redis:monitor", vec!["--redis".into(), redis.url(), "--keep-days".into(), "60".into()]),
            ("auth:monitor-dual-auth", vec!["--log".into(), at("laravel*.log")]),
            ("payment:clean-old-histories", exports),
            ("batch:delete-inactive-users", users.clone()),
            ("legal:delete-unconsented-minors", users),
        ];
        let flags = flags.into_iter().map(|(chore, flags)| (chore.to_owned(), flags)).collect();
        let timetable = Arc::new(schedule::timetable(&How::Here { app: app.clone(), flags }).unwrap());
        assert_eq!(timetable.faults(), Vec::<String>::new());
        let store = Arc::new(Memory::new(clock.clone(), 1));
        Month { app, store, clock, timetable, seeded, _redis: redis, folder }
    }

    /// The application says each minute that somebody was let in.
    async fn log(clock: Arc<dyn Clock>, file: PathBuf) {
        loop {
            let at = Timestamp::from_millisecond(clock.wall_ms()).unwrap().strftime("%Y-%m-%d %H:%M:%S").to_string();
            let line = format!("[{at}] production.INFO: DualAuth: Breeze session authenticated {{\"user_id\":1}}\n");
            let mut file = File::options().create(true).append(true).open(&file).unwrap();
            file.write_all(line.as_bytes()).unwrap();
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    }

    async fn count(&self, sql: &'static str) -> i64 {
        self.app.read(move |db| Ok(db.query_row(sql, [], |row| row.get(0))?)).await.unwrap()
    }

    fn scheduler(&self, name: &str) -> Scheduler {
        let config = SchedulerConfig { beat_ms: 60_000, ..SchedulerConfig::new(name.parse().unwrap()) };
        Scheduler::new(self.store.clone(), self.timetable.clone(), config).clock(self.clock.clone())
    }

    fn worker(&self, name: &str) -> Worker {
        let mut registry = Registry::new("month");
        self.timetable.clone().work_in(&mut registry);
        // Idle turns are a minute apart, or a month has millions of them. The ledger is kept whole, for it is looked at in the end.
        let (lease_ms, turn_ms, hour_ms) = (600_000, 60_000, 3_600_000);
        let (fires_ms, skips_ms) = (SPAN_MS_MAX, SPAN_MS_MAX);
        let config = Config {
            lease_ms,
            renew_ms: turn_ms,
            poll_ms: turn_ms,
            rescue_ms: turn_ms,
            adopt_ms: turn_ms,
            prune_ms: hour_ms,
            prune: Prune { done_ms: hour_ms, fires_ms, skips_ms, ..Prune::default() },
            ..Config::new(name.parse().unwrap(), ["schedules".parse().unwrap()])
        };
        Worker::new(self.store.clone(), registry, config).clock(self.clock.clone())
    }

    /// The whole ledger: the due instants of each schedule, and what became of them.
    async fn ledger(&self) -> BTreeMap<(String, i64), FireView> {
        let mut all = BTreeMap::new();
        let mut before = None;
        loop {
            let select = SelectFires { before, limit: 1_000, ..SelectFires::default() };
            let page = self.store.fires(select).await.unwrap();
            let (had, oldest) = (all.len(), page.last().map(|row| row.due_at));
            all.extend(page.into_iter().map(|row| ((row.schedule.to_string(), row.due_at), row)));
            if all.len() == had {
                return all;
            }
            before = oldest.map(|oldest| oldest + 1); // what else was due at that instant is on the next page
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_due_instant_of_a_month_is_accounted_for_and_each_chore_does_what_it_says() {
    let month = Month::begin().await;
    let log = tokio::spawn(Month::log(month.clock.clone(), month.folder.path().join("laravel-2025-12.log")));
    let schedulers = ["one", "two"].map(|name| month.scheduler(name));
    let workers = ["one", "two"].map(|name| month.worker(name));
    let stops: Vec<_> = schedulers.iter().map(Scheduler::stop).chain(workers.iter().map(Worker::stop)).collect();
    let schedulers = schedulers.map(|scheduler| tokio::spawn(scheduler.run()));
    let workers = workers.map(|worker| tokio::spawn(worker.run()));
    tokio::time::sleep(Duration::from_millis(u64::try_from(ms(UNTIL) - ms(FROM)).unwrap())).await;
    stops.iter().for_each(|stop| stop.graceful("the month is over"));
    for scheduler in schedulers {
        scheduler.await.unwrap().expect("it started");
    }
    let mut done = 0;
    for worker in workers {
        let report = worker.await.unwrap().expect("it started");
        assert_eq!(report.ended.keys().copied().collect::<Vec<_>>(), ["done"], "{report:?}");
        done += report.ended["done"];
    }
    log.abort();
    let fired = accounted(&month).await;
    assert_eq!(done, fired, "each fire is one run");
    rows_are_right(&month).await;
}

/// Each due instant has one row, and was fired in time. Answers how many.
async fn accounted(month: &Month) -> u64 {
    let mut seen: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let mut fired = 0;
    for ((schedule, due_at), row) in month.ledger().await {
        assert_eq!((row.fate, row.reason, row.late, row.count), (Fate::Fired, None, false, 1), "{row:?}");
        fired += 1;
        seen.entry(schedule).or_default().push(due_at);
    }
    for (schedule, due) in expected() {
        assert_eq!(seen.remove(schedule).unwrap_or_default(), due, "{schedule}");
    }
    assert!(seen.is_empty(), "{seen:?}");
    fired
}

/// What is left of the seed, and what the chores have made.
async fn rows_are_right(month: &Month) {
    let Seeded { notifications, payments, payments_kept, users, minors, subscriptions, cache, .. } = &month.seeded;
    let &Seeded { groups, living, cache_dashboard, .. } = &month.seeded;
    for gone in [notifications, payments, users, minors, subscriptions, cache] {
        assert_eq!(due_by(gone, ms("2026-01-01T00:00:00Z")), i64::try_from(gone.len()).unwrap(), "all were due");
    }
    let stay = living - i64::try_from(minors.len()).unwrap();
    assert_eq!(cache_dashboard, 10, "and all of them are gone");
    let looks = i64::try_from(expected().remove("redis:monitor").unwrap().len()).unwrap();
    for (sql, wanted) in [
        ("SELECT count(*) FROM auth_metrics", 14 * 24 * 12),
        ("SELECT count(*) FROM auth_alerts", 0),
        ("SELECT count(*) FROM redis_metrics WHERE verdict = 'well'", looks),
        ("SELECT count(*) FROM redis_metrics", looks),
        // Every day but New Year's, each Monday and Friday, and the 31st; of each only the last is still open.
        ("SELECT count(*) FROM scheduled_task_executions WHERE status = 'success'", 31 + 9 + 1),
        ("SELECT count(*) FROM scheduled_task_executions WHERE status = 'skipped'", 1),
        ("SELECT count(*) FROM scheduled_task_executions", 31 + 9 + 1 + 1),
        ("SELECT count(*) FROM tasks WHERE user_id = 21", 31 + 9 + 1),
        ("SELECT count(*) FROM tasks WHERE deleted_at IS NULL", 3),
        ("SELECT count(*) FROM task_notices", 0),
        ("SELECT count(*) FROM teacher_avatars WHERE id = 77 AND job <> ''", 1),
        // Five that never end, and what the batch has told.
        ("SELECT count(*) FROM notification_templates", 5 + 31 + 9 + 1),
        ("SELECT count(*) FROM cache", 1),
        ("SELECT count(*) FROM payment_histories", payments_kept.iter().sum::<i64>() + 3),
        ("SELECT count(*) FROM users", stay),
        ("SELECT count(*) FROM groups WHERE subscription_active = 1", 4),
        ("SELECT count(*) FROM token_balances WHERE free_reset_month = '2026-01'", stay),
        ("SELECT count(*) FROM groups WHERE task_count_month = '2026-01'", groups),
        ("SELECT count(*) FROM monthly_reports WHERE month = '2025-11'", groups),
        ("SELECT count(*) FROM monthly_reports WHERE month = '2025-12'", groups),
        ("SELECT count(*) FROM monthly_reports", 2 * groups),
    ] {
        assert_eq!(month.count(sql).await, wanted, "{sql}");
    }
    let exported = std::fs::read_dir(month.folder.path().join("exports")).unwrap();
    let lines = exported.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap().lines().count());
    assert!(lines.sum::<usize>() >= 30 + 10 + 7, "what is gone for good was written away");
}
