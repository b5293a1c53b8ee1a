//! A full disk, on a real small file system: new work is refused, running jobs finish, and once there is room work is
//! taken again by itself. Mounting wants root; without it these tests say so and pass, except in CI.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod bench;

use std::{fs, path::Path, process::Command, sync::Arc};

use banto_core::{NewJob, Payload};
use banto_sqlite::{Options, Read, Sqlite, Store};
use banto_store::{Fault, Finished, GivenClock, Order, Prune, Select, Steer, StoreError};
use bench::{START, claim, done, job, jobs, retry, sound};
use tempfile::TempDir;

/// A small file system of its own, unmounted at the end.
struct Disk(TempDir);

impl Disk {
    fn new(options: &str) -> Option<Disk> {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder.path()).output();
        if mount.is_ok_and(|mounted| mounted.status.success()) {
            return Some(Disk(folder));
        }
        assert!(std::env::var_os("CI").is_none(), "in CI a file system must be mountable");
        eprintln!("SKIPPED: this test mounts a small file system, which wants root");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn store(&self, clock: &GivenClock, reserve: u64) -> Sqlite {
        let options = Options { reserve_bytes: reserve, ..Options::of(self.path().join("banto.db")) };
        Sqlite::open_with(options, Arc::new(clock.clone())).unwrap()
    }

    fn remount(&self, options: &str) {
        let done = Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(self.path()).status();
        assert!(done.unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a failed test may still hold the store open.
        let _left = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn heavy() -> NewJob {
    let text = format!("\"{}\"", "x".repeat(20_000));
    NewJob { payload: Payload::parse(&text).unwrap(), ..job() }
}

/// Enqueues until the disk is full; gives the ids that were accepted.
async fn fill(store: &Sqlite, clock: &GivenClock) -> (usize, StoreError) {
    let mut accepted = 0;
    loop {
        clock.pass(10);
        match store.enqueue([heavy()].into()).await {
            Ok(_) => accepted += 1,
            Err(error) => return (accepted, error),
        }
    }
}

#[tokio::test]
async fn when_the_disk_is_full_running_jobs_finish_and_work_is_taken_again_once_there_is_room() {
    let Some(disk) = Disk::new("size=8m") else { return };
    let clock = GivenClock::at(START);
    let store = disk.store(&clock, 1 << 20);
    store.enqueue(jobs(200).into()).await.unwrap();
    let running = claim(&store, 150).await.jobs;
    // Somebody else eats the disk while the store fills it: at some moment SQLite itself meets its end.
    let ballast = disk.path().join("ballast");
    fs::write(&ballast, vec![1; 3 << 20]).unwrap();
    let (accepted, error) = fill(&store, &clock).await;
    assert_eq!(*error.fault(), Fault::Full, "{error}");
    assert!(error.to_string().contains("running jobs still finish"), "{error}");
    let rest = fs::metadata(disk.path()).is_ok();
    assert!(rest && accepted > 10, "{accepted}");
    // The last free block too.
    let _full = fs::write(disk.path().join("more"), vec![1; 8 << 20]);
    clock.pass(1_000);
    assert_eq!(*store.enqueue(jobs(1).into()).await.unwrap_err().fault(), Fault::Full);
    assert!(store.about().notices.iter().any(|notice| notice.contains("disk is full")), "{:?}", store.about());

    for half in running.chunks(75) {
        let answers = store.finish(half.iter().map(done).collect()).await.unwrap();
        assert!(answers.iter().all(|answer| *answer == Finished::Written));
    }
    let order = Order::Cancel(Select::default());
    store.steer(Steer { order, by: "ann".into(), preview: false }).await.unwrap();
    let cancelled = Prune { done_ms: 0, cancelled_ms: 0, limit: 20, ..Prune::default() };
    clock.pass(1_000);
    assert!(store.prune(cancelled).await.unwrap().jobs > 0);
    fs::remove_file(disk.path().join("more")).unwrap();
    fs::remove_file(&ballast).unwrap();
    clock.pass(1_000);
    assert!(store.enqueue(jobs(1).into()).await.is_ok(), "there is room again: {:?}", store.about());
    assert_eq!(claim(&store, 5).await.jobs.len(), 1);
    assert!(store.about().notices.is_empty());
    assert!(fs::metadata(disk.path().join("banto.db-reserve")).unwrap().len() >= 1 << 20, "it is allotted anew");
    sound(&store).await;
}

#[tokio::test]
async fn on_a_full_disk_a_backlog_is_worked_off_and_pruned_until_jobs_are_taken_again() {
    let Some(disk) = Disk::new("size=8m") else { return };
    let clock = GivenClock::at(START);
    let store = disk.store(&clock, 1 << 20);
    let (accepted, _) = fill(&store, &clock).await;
    let _full = fs::write(disk.path().join("more"), vec![1; 8 << 20]);
    clock.pass(1_000);
    assert_eq!(*store.enqueue(jobs(1).into()).await.unwrap_err().fault(), Fault::Full);
    let mut worked = 0;
    loop {
        clock.pass(1_000);
        let claimed = claim(&store, 10).await.jobs;
        if claimed.is_empty() {
            break;
        }
        worked += claimed.len();
        let answers = store.finish(claimed.iter().map(done).collect()).await.unwrap();
        assert!(answers.iter().all(|answer| *answer == Finished::Written));
        store.prune(Prune { done_ms: 0, ..Prune::default() }).await.unwrap();
    }
    assert_eq!(worked, accepted, "every job of the backlog ran while the disk was full");
    // A little room for the WAL, far less than the reserve; the rest is in the file.
    let more = fs::File::options().write(true).open(disk.path().join("more")).unwrap();
    more.set_len(more.metadata().unwrap().len() - (300 << 10)).unwrap();
    clock.pass(1_000);
    assert!(store.enqueue(jobs(5).into()).await.is_ok(), "{:?}", store.about());
    sound(&store).await;
}

#[tokio::test]
async fn once_half_the_reserve_is_gone_nothing_more_is_handed_out_and_what_runs_still_finishes() {
    let Some(disk) = Disk::new("size=8m") else { return };
    let clock = GivenClock::at(START);
    let store = disk.store(&clock, 2 << 20);
    store.enqueue(jobs(200).into()).await.unwrap();
    let running = claim(&store, 100).await.jobs;
    // Another process has given the reserve up, and others ate most of it.
    fs::remove_file(disk.path().join("banto.db-reserve")).unwrap();
    let ballast = fs::File::create(disk.path().join("more")).unwrap();
    let free = rustix::fs::statvfs(disk.path()).unwrap();
    let eaten = free.f_bavail * free.f_frsize - (600 << 10);
    rustix::fs::fallocate(&ballast, rustix::fs::FallocateFlags::empty(), 0, eaten).unwrap();
    clock.pass(1_000);
    let error = store.claim(bench::asks(1)).await.unwrap_err();
    assert_eq!(*error.fault(), Fault::Full);
    assert!(error.to_string().contains("hand out more jobs"), "{error}");
    let answers = store.finish(running.iter().map(done).collect()).await.unwrap();
    assert_eq!(answers, vec![Finished::Written; 100]);
    drop(ballast);
    fs::remove_file(disk.path().join("more")).unwrap();
    clock.pass(1_000);
    assert_eq!(claim(&store, 100).await.jobs.len(), 100);
    sound(&store).await;
}

#[tokio::test]
async fn without_another_hand_on_the_disk_enqueue_stops_before_the_reserve_is_touched() {
    let Some(disk) = Disk::new("size=6m") else { return };
    let clock = GivenClock::at(START);
    let store = disk.store(&clock, 1 << 20);
    store.enqueue(jobs(20).into()).await.unwrap();
    let running = claim(&store, 20).await.jobs;
    let mut refused = None;
    for _ in 0..1_000 {
        clock.pass(200);
        if let Err(error) = store.enqueue([heavy()].into()).await {
            refused = Some(error);
            break;
        }
    }
    assert_eq!(*refused.unwrap().fault(), Fault::Full);
    let held = fs::metadata(disk.path().join("banto.db-reserve")).unwrap().len();
    assert_eq!(held, 1 << 20, "the reserve is still there");
    assert_eq!(store.finish(running.iter().map(retry).collect()).await.unwrap(), [Finished::Written; 20]);
    sound(&store).await;
}

#[tokio::test]
async fn a_store_that_opens_on_a_full_disk_says_so_and_lets_the_pruner_work() {
    let Some(disk) = Disk::new("size=6m") else { return };
    let clock = GivenClock::at(START);
    {
        let store = disk.store(&clock, 0);
        store.enqueue((0..100).map(|_| heavy()).collect()).await.unwrap();
    }
    let _full = fs::write(disk.path().join("more"), vec![1; 6 << 20]);
    let store = disk.store(&clock, 1 << 20);
    assert_eq!(*store.enqueue(jobs(1).into()).await.unwrap_err().fault(), Fault::Full);
    assert!(store.tally().await.unwrap().accepted == 100);
}

#[tokio::test]
async fn a_file_that_may_not_be_written_to_is_refused_with_a_word() {
    let Some(disk) = Disk::new("size=4m") else { return };
    let clock = GivenClock::at(START);
    drop(disk.store(&clock, 0));
    disk.remount("ro");
    let error = Sqlite::open_with(Options::of(disk.path().join("banto.db")), Arc::new(clock)).unwrap_err();
    assert_eq!(*error.fault(), Fault::Config, "{error}");
    assert!(error.to_string().contains("may not be written to"), "{error}");
}

#[tokio::test]
async fn no_inode_left_is_a_word_not_a_spin() {
    let Some(disk) = Disk::new("size=4m,nr_inodes=2") else { return };
    fs::write(disk.path().join("last"), "").unwrap();
    let options = Options::of(disk.path().join("banto.db"));
    let error = Sqlite::open_with(options, Arc::new(GivenClock::at(START))).unwrap_err();
    assert!(error.to_string().contains("No space left"), "{error}");
}

#[tokio::test]
async fn whoever_only_asks_is_told_that_the_disk_is_full() {
    let Some(disk) = Disk::new("size=8m") else { return };
    let clock = GivenClock::at(START);
    drop(disk.store(&clock, 1 << 20));
    let options = Options { reserve_bytes: 1 << 20, migrate: false, ..Options::of(disk.path().join("banto.db")) };
    let opened = || Sqlite::open_with(options.clone(), Arc::new(clock.clone())).unwrap();
    let early = opened();
    assert_eq!(early.about().notices, Vec::<String>::new());
    let _full = fs::write(disk.path().join("ballast"), vec![1; 8 << 20]);
    let full = |store: &Sqlite| store.about().notices.iter().any(|notice| notice.contains("disk is full"));
    assert!(full(&opened()), "who comes now hears of it at once");
    clock.pass(1_000);
    early.tally().await.unwrap();
    assert!(full(&early), "and so does who was there before, with the next question");
}
