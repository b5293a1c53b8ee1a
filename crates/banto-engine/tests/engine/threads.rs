//! A worker with a thread of its own, in real time: handlers that block every thread of the application's runtime.
//! These tests wait for calls of the store and for channels, never for a time.

use std::sync::{Arc, Mutex, mpsc};

use banto_core::State;
use banto_engine::{Client, Config, Event, Halt, Worker};
use banto_store::{
    Read, Store, SystemClock,
    faulty::{Faulty, Verb},
    memory::Memory,
};
use tokio::runtime::Runtime;

use crate::house::{act, acting, name};

struct Place {
    memory: Memory,
    faulty: Faulty,
    client: Client,
    application: Runtime,
}

fn place(threads: usize) -> Place {
    let memory = Memory::new(Arc::new(SystemClock), 1);
    let faulty = Faulty::new(Arc::new(memory.clone()), 1);
    let client = Client::new(Arc::new(memory.clone()));
    let application = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build().unwrap();
    Place { memory, faulty, client, application }
}

impl Place {
    fn worker(&self, registry: banto_engine::Registry, change: impl FnOnce(&mut Config)) -> Worker {
        let mut config = Config::new(name("w"), [name("default")]);
        (config.lease_ms, config.renew_ms) = (1_150, 50);
        change(&mut config);
        let store: Arc<dyn Store> = Arc::new(self.faulty.clone());
        Worker::new(store, registry, config)
    }
}

/// A registry whose handlers block their thread until the sender is dropped; each says that it has begun.
fn blocking() -> (banto_engine::Registry, mpsc::Sender<()>, mpsc::Receiver<()>) {
    let (go, wait) = mpsc::channel::<()>();
    let (begun, begins) = mpsc::channel();
    let wait = Arc::new(Mutex::new(wait));
    let registry = acting(move |_, _| {
        let (wait, begun) = (wait.clone(), begun.clone());
        async move {
            begun.send(()).unwrap();
            let _ = wait.lock().unwrap().recv();
            Ok(())
        }
    });
    (registry, go, begins)
}

#[test]
fn handlers_that_block_every_thread_do_not_stop_renewals() {
    let place = place(2);
    let here = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ids = here.block_on(async {
        let enqueued = place.client.enqueue_all(&[act("x"), act("y")]).await.unwrap();
        [enqueued[0].id, enqueued[1].id]
    });
    let (registry, go, begins) = blocking();
    let worker = place.worker(registry, |_| {});
    let stop = worker.stop();
    let report = place.application.spawn(worker.start());
    begins.recv().unwrap();
    begins.recv().unwrap();
    here.block_on(async {
        for _ in 0..40 {
            place.faulty.hold(Verb::Renew);
            place.faulty.until_held(Verb::Renew, 1).await;
            place.faulty.let_go(Verb::Renew);
        }
        for id in ids {
            let job = place.memory.job(id).await.unwrap().unwrap().job;
            assert_eq!((job.state, job.fence), (State::Running, 1), "two leases long nobody took it away");
        }
    });
    stop.graceful("the test is over");
    drop(go);
    let report = here.block_on(report).unwrap().unwrap();
    assert_eq!((report.ended.get("done"), report.late), (Some(&2), 0));
}

#[test]
fn a_run_that_cannot_even_be_dropped_stops_the_worker() {
    let place = place(2);
    let here = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let id = here.block_on(place.client.enqueue(&act("x"))).unwrap().id;
    let (registry, go, begins) = blocking();
    let worker = place.worker(registry, |config| {
        (config.timeout_ms, config.cancel_grace_ms, config.grace_ms) = (10, 10, 10);
        config.jobs_max = Some(1);
    });
    let mut events = worker.events().subscribe();
    let report = place.application.spawn(worker.start());
    begins.recv().unwrap();
    let report = here.block_on(report).unwrap().unwrap();
    assert_eq!((report.halt, report.left.first().map(|(left, _)| *left)), (Halt::Stuck, Some(id)));
    let stuck = std::iter::from_fn(|| events.try_recv().ok()).any(|event| matches!(event, Event::Stuck { .. }));
    assert!(stuck);
    assert_eq!(here.block_on(place.memory.job(id)).unwrap().unwrap().job.fence, 1);
    drop(go);
}

#[test]
fn a_worker_that_nobody_waits_for_stops() {
    let place = place(2);
    let here = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let worker = place.worker(acting(|_, _| async { Ok(()) }), |_| {});
    let mut events = worker.events().subscribe();
    place.faulty.hold(Verb::Claim);
    let report = place.application.spawn(worker.start());
    here.block_on(place.faulty.until_held(Verb::Claim, 1));
    report.abort();
    let told = here.block_on(events.recv()).unwrap();
    assert_eq!(told, Event::Stopping { reason: "nobody waits for it any more".into() });
}

#[test]
fn a_worker_whose_application_goes_hands_back_and_stops() {
    let place = place(1);
    let here = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let id = here.block_on(place.client.enqueue(&act("x"))).unwrap().id;
    let worker = place.worker(acting(|_, _| std::future::pending()), |_| {});
    let mut events = worker.events().subscribe();
    place.application.spawn(worker.start());
    here.block_on(async { while !matches!(events.recv().await.unwrap(), Event::Started { .. }) {} });
    place.application.shutdown_background();
    here.block_on(async {
        while !matches!(events.recv().await.unwrap(), Event::Ended { outcome: "hand_back", .. }) {}
        let job = place.memory.job(id).await.unwrap().unwrap().job;
        assert_eq!((job.state, job.attempt), (State::Ready, 0));
        while events.recv().await.is_ok() {} // its thread ends too
    });
}

/// Handlers that block every thread of the application's runtime keep no due instant from firing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocked_handlers_do_not_stop_the_scheduler() {
    use banto_engine::{Scheduler, SchedulerConfig};
    use banto_store::{Read, SelectFires, Store, SystemClock, memory::Memory};

    let store = Memory::new(Arc::new(SystemClock), 7);
    let table =
        crate::clockwork::timetable([crate::clockwork::says("a", |draft| draft.every(banto_core::Span::seconds(1)))]);
    let shared: Arc<dyn Store> = Arc::new(store.clone());
    let scheduler = Scheduler::new(shared, Arc::new(table), SchedulerConfig::new(crate::house::name("s")));
    let stop = scheduler.stop();
    let ended = tokio::spawn(scheduler.start());
    let (block, hold) = std::sync::mpsc::channel::<()>();
    let hold = Arc::new(std::sync::Mutex::new(hold));
    for _ in 0..2 {
        let hold = hold.clone();
        tokio::spawn(async move { hold.lock().unwrap().recv().unwrap_err() });
    }
    // On a thread that no runtime has: all of this one's are blocked.
    let watch = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            while store.fires(SelectFires { limit: 10, ..SelectFires::default() }).await.unwrap().len() < 2 {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        });
        stop.graceful("the test is over");
        drop(block);
    });
    tokio::task::spawn_blocking(move || watch.join().unwrap()).await.unwrap();
    assert!(ended.await.unwrap().unwrap().looked.fired >= 2);
}

/// Says so when it goes.
struct Going(mpsc::Sender<()>);

impl Drop for Going {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

/// A store whose first `finish` holds the thread that asks.
struct Slow {
    inner: Memory,
    asked: mpsc::Sender<()>,
    go: Mutex<mpsc::Receiver<()>>,
    _going: Going,
}

impl Store for Slow {
    fn finish(&self, finishes: Vec<banto_store::Finish>) -> banto_store::Answer<'_, Vec<banto_store::Finished>> {
        let _ = self.asked.send(());
        let _ = self.go.lock().unwrap().recv();
        self.inner.finish(finishes)
    }
    banto_store::pass!(inner: enqueue claim renew expired rescue register fire steer prune settle record beat changed);
}

impl Read for Slow {
    banto_store::pass!(inner: about reads);
}

/// Its loop may be just in the middle on another thread, and would write down that the runs were handed back.
#[test]
fn a_dropped_worker_tells_of_no_end() {
    let place = place(2);
    let here = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ids = here.block_on(async {
        let enqueued = place.client.enqueue_all(&[act("long"), act("short")]).await.unwrap();
        [enqueued[0].id, enqueued[1].id]
    });
    let (asked, asks) = mpsc::channel();
    let (go, wait) = mpsc::channel::<()>();
    let (gone, goes) = mpsc::channel();
    let store = Slow { inner: place.memory.clone(), asked, go: Mutex::new(wait), _going: Going(gone) };
    let (dropped, drops) = mpsc::channel();
    let begun = Arc::new(tokio::sync::Notify::new());
    let registry = acting(move |act, _| {
        let (begun, going) = (begun.clone(), (act.0 == "long").then(|| Going(dropped.clone())));
        async move {
            let Some(_going) = going else {
                begun.notified().await;
                return Ok(());
            };
            begun.notify_one();
            std::future::pending().await
        }
    });
    let worker = Worker::new(Arc::new(store), registry, Config::new(name("w"), [name("default")]));
    let running = place.application.spawn(worker.run());
    asks.recv().unwrap(); // the short one has ended, and that is being written
    running.abort();
    drops.recv().unwrap(); // the long one was cut off
    drop(go);
    goes.recv().unwrap(); // nothing of the worker is left
    let states = ids.map(|id| here.block_on(place.memory.job(id)).unwrap().unwrap().job.state);
    assert_eq!(states, [State::Running, State::Done]);
}
