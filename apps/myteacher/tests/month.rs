//! A month of MyTeacher's schedule in given time: two schedulers, two workers, every chore. Each due instant is accounted for, none
//! fires twice, and each chore leaves the rows that its description promises.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test code says what it wants and fails loudly")]

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use banto::{
    Clock, Config, Fate, FireView, Prune, Read, Registry, Scheduler, SchedulerConfig, SelectFires, Timetable, Worker,
    limits::SPAN_MS_MAX,
    memory::Memory,
    sqlite::{Options, Sqlite, Synchronous},
};
use jiff::{Timestamp, tz::TimeZone};
use myteacher::{
    app::App,
    files::Files,
    paint::offline::OfflinePainter,
    schedule::{self, How, TOKYO},
    write::offline::OfflineWriter,
};
use tokio::time::Instant;

/// From the last hours of January in Tokyo to the first of March: both month's turns, by either zone.
const FROM: &str = "2026-01-31T00:00:30Z";
const UNTIL: &str = "2026-03-02T00:00:30Z";

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
        ("auth:monitor-dual-auth", Vec::new()), // its window was over before
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

struct Month {
    app: App,
    store: Arc<Memory>,
    clock: Arc<dyn Clock>,
    timetable: Arc<Timetable>,
    _folder: tempfile::TempDir,
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
        let timetable = Arc::new(schedule::timetable(&How::Here(app.clone())).unwrap());
        let store = Arc::new(Memory::new(clock.clone(), 1));
        Month { app, store, clock, timetable, _folder: folder }
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
    let (schedulers, workers) =
        (["one", "two"].map(|name| month.scheduler(name)), ["one", "two"].map(|name| month.worker(name)));
    let stops: Vec<_> = schedulers.iter().map(Scheduler::stop).chain(workers.iter().map(Worker::stop)).collect();
    let schedulers = schedulers.map(|scheduler| tokio::spawn(scheduler.run()));
    let workers = workers.map(|worker| tokio::spawn(worker.run()));
    tokio::time::sleep(Duration::from_millis(u64::try_from(ms(UNTIL) - ms(FROM)).unwrap())).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
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
    let ledger = month.ledger().await;
    assert_eq!(done, ledger.len() as u64, "each fire is one run");
    let mut seen: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for ((schedule, due_at), row) in ledger {
        seen.entry(schedule).or_default().push(due_at);
        assert_eq!((row.fate, row.late, row.count), (Fate::Fired, false, 1), "{row:?}");
    }
    for (schedule, due) in expected() {
        assert_eq!(seen.remove(schedule).unwrap_or_default(), due, "{schedule}");
    }
    assert!(seen.is_empty(), "{seen:?}");
    drop(month.app);
}
