//! `changed`: waking those who wait for work or orders.
//!
//! What this process changes wakes it at once. What others change comes by NOTIFY, on a connection that does nothing else. A
//! commit that notifies waits for every other that does, because PostgreSQL keeps them in one order; so a process notifies with
//! the change itself only if it has not just done so, else a moment later once for all. Where notifications do not arrive (a
//! pooler that hands connections on), that is found out by sending one to ourselves, said in a notice, and the database is
//! asked instead; where no such connection can be had, everybody looks every two seconds, which is said too.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use banto_store::{Clock, SystemClock};
use futures_util::StreamExt;
use tokio::{
    sync::{Mutex, Notify, mpsc, watch},
    time::{sleep, timeout},
};
use tokio_postgres::{AsyncMessage, Client};

use crate::{
    advice::{LIMITS, advice},
    conn::in_schema,
    error::{Doing, Failed, Result, fault},
    pool::{Pool, lock},
};

/// How long a process keeps still after it has notified. Far below the 50 ms within which others must wake.
const PAUSE_MS: u64 = 10;
/// How often the listening connection is tried out.
const PROBE_EVERY_MS: u64 = 10_000;
/// How long a notification to ourselves may take.
const PROBE_PATIENCE_MS: u64 = 3_000;
/// How often the database is asked instead, while somebody waits.
const POLL_EVERY_MS: u64 = 45;
/// How long a statement on the listening connection may take.
const PATIENCE: Duration = Duration::from_secs(6);

/// What is known of changes.
pub(crate) struct News {
    pub number: watch::Sender<u64>,
    told: std::sync::Mutex<Told>,
    /// There is something to tell that was not told.
    untold: Notify,
    /// How many wait.
    pub waiting: AtomicUsize,
    /// Notifications do not arrive.
    pub deaf: AtomicBool,
    /// Why there is no connection that listens, if there is none.
    without: std::sync::Mutex<Option<String>>,
    /// What an operator should know of the database.
    advice: std::sync::Mutex<Vec<String>>,
}

/// What this process has notified.
#[derive(Default)]
struct Told {
    /// When it last did, by the steady clock.
    at: Option<u64>,
    /// A call is at work that will, if it changes anything.
    telling: bool,
}

/// Somebody waits, as long as this lives.
pub(crate) struct Waiting<'a>(&'a News);

impl News {
    pub fn new() -> News {
        News {
            // One, not nought: whoever asks `changed(0)` looks once before waiting.
            number: watch::Sender::new(1),
            told: std::sync::Mutex::default(),
            untold: Notify::new(),
            waiting: AtomicUsize::new(0),
            deaf: AtomicBool::new(false),
            without: std::sync::Mutex::default(),
            advice: std::sync::Mutex::default(),
        }
    }

    /// Whether a call that begins now may notify by itself. Whoever may says afterwards that it was [`made`](News::made).
    pub fn may_tell(&self) -> bool {
        let mut told = self.told();
        let may = !told.telling && told.at.is_none_or(|at| steady().saturating_sub(at) >= PAUSE_MS);
        told.telling |= may;
        may
    }

    /// A call was made, by one who might notify or not, and has changed something or not.
    pub fn made(&self, might: bool, changed: bool) {
        if might {
            let mut told = self.told();
            told.telling = false;
            told.at = if changed { Some(steady()) } else { told.at };
        } else if changed {
            self.untold.notify_one();
        }
        if changed {
            self.hear();
        }
    }

    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        lock(&self.told)
    }

    /// What an operator should know now.
    pub fn notices(&self) -> Vec<String> {
        let mut notices = lock(&self.advice).clone();
        if let Some(why) = &*lock(&self.without) {
            notices.push(format!("changes of other processes are looked for every two seconds: could not {why}"));
        }
        if self.deaf.load(Ordering::SeqCst) {
            let notice = "notifications do not arrive (a pooler that hands connections on?): the database is asked every 45 ms \
                          instead; connect to the server itself, or to a pool that keeps sessions";
            notices.push(notice.into());
        }
        notices
    }

    /// Counts somebody who waits.
    pub fn waits(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        Waiting(self)
    }

    fn hear(&self) {
        self.number.send_modify(|number| *number += 1);
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Listens as long as the store is open.
pub(crate) async fn listen(pool: Arc<Pool>, news: Weak<News>) {
    let mut pause = Duration::from_millis(50);
    while let Some(strong) = news.upgrade() {
        let opened = Ear::open(&pool, &strong).await;
        *lock(&strong.without) = opened.as_ref().err().map(ToString::to_string);
        // Whatever was changed before counts as heard now; and without an ear everybody looks now and then.
        strong.hear();
        if let Ok(ear) = opened {
            pause = Duration::from_millis(50);
            ear.attend(&pool, strong, &news).await;
        } else {
            drop(strong);
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        }
    }
}

/// A connection that listens.
struct Ear {
    client: Client,
    heard: Mutex<mpsc::Receiver<Heard>>,
}

/// What comes on it.
enum Heard {
    /// Somebody else has changed something.
    News,
    /// What we sent to ourselves.
    Probe,
}

impl Ear {
    async fn open(pool: &Arc<Pool>, news: &Arc<News>) -> Result<Ear> {
        const WHAT: &str = "listen for changes";
        let (client, mut messages) = pool.connect(WHAT).await?;
        let (to, heard) = mpsc::channel(64);
        let (ours, probe) = (Arc::clone(pool), in_schema("{s}.probe", &pool.options.schema));
        tokio::spawn(async move {
            while let Some(Ok(message)) = messages.next().await {
                let AsyncMessage::Notification(note) = message else { continue };
                let heard = match note.channel() == probe {
                    true => Heard::Probe,
                    false if ours.ours(note.process_id()) => continue,
                    false => Heard::News,
                };
                // A full channel means that somebody is about to look anyway.
                if let Err(mpsc::error::TrySendError::Closed(_)) = to.try_send(heard) {
                    return;
                }
            }
        });
        let _heard_by = news;
        let listen = in_schema("LISTEN \"{s}.news\"; LISTEN \"{s}.probe\"", &pool.options.schema);
        let failed = |error| fault(WHAT, Doing::Connecting, Failed::Server(error));
        pool.ready(WHAT, &client).await?;
        client.batch_execute(&listen).await.map_err(failed)?;
        Ok(Ear { client, heard: Mutex::new(heard) })
    }

    /// Attends to what comes and to what is to be told, until the connection breaks or the store is closed.
    async fn attend(self, pool: &Pool, strong: Arc<News>, news: &Weak<News>) {
        drop(strong);
        let mut heard = self.heard.lock().await;
        let mut next_probe = steady();
        let mut probed: Option<u64> = None;
        let mut snapshot = String::new();
        loop {
            let Some(now) = news.upgrade() else { return };
            let deaf = now.deaf.load(Ordering::SeqCst);
            let wait = match (deaf && now.waiting.load(Ordering::SeqCst) > 0, probed) {
                (true, _) => POLL_EVERY_MS,
                (false, Some(at)) => (at + PROBE_PATIENCE_MS).saturating_sub(steady()),
                (false, None) => next_probe.saturating_sub(steady()).min(1_000),
            };
            tokio::select! {
                got = heard.recv() => match got {
                    Some(Heard::News) => now.hear(),
                    Some(Heard::Probe) => {
                        probed = None;
                        now.deaf.store(false, Ordering::SeqCst);
                    }
                    None => return,
                },
                () = now.untold.notified() => {
                    sleep(Duration::from_millis(PAUSE_MS)).await;
                    if self.tell(pool, "{s}.news").await.is_none() {
                        return;
                    }
                }
                () = sleep(Duration::from_millis(wait)) => {}
            }
            if probed.is_some_and(|at| steady().saturating_sub(at) >= PROBE_PATIENCE_MS) {
                probed = None;
                now.deaf.store(true, Ordering::SeqCst);
            }
            if steady() >= next_probe {
                next_probe = steady() + PROBE_EVERY_MS;
                probed = Some(steady());
                if self.tell(pool, "{s}.probe").await.is_none() {
                    return;
                }
                let advice = advice(&self.client, &pool.options.schema, &LIMITS).await;
                *lock(&now.advice) = advice;
            }
            if now.deaf.load(Ordering::SeqCst) && !self.poll(&now, &mut snapshot).await {
                return;
            }
        }
    }

    /// Notifies; `None` if the connection is broken.
    async fn tell(&self, pool: &Pool, channel: &str) -> Option<()> {
        let channel = in_schema(channel, &pool.options.schema);
        // Not waited for on the disk: if the server crashes, everybody looks anyway.
        let sql = format!("BEGIN; SET LOCAL synchronous_commit = off; SELECT pg_notify('{channel}', ''); COMMIT");
        timeout(PATIENCE, self.client.batch_execute(&sql)).await.ok()?.ok()
    }

    /// Asks whether anything was committed since it was last asked; whatever it was, everybody looks.
    async fn poll(&self, news: &News, snapshot: &mut String) -> bool {
        let asked = timeout(PATIENCE, self.client.query_one("SELECT pg_current_snapshot()::text", &[])).await;
        let Ok(Ok(row)) = asked else { return false };
        let now: String = row.try_get(0).unwrap_or_default();
        if *snapshot != now {
            *snapshot = now;
            news.hear();
        }
        true
    }
}

fn steady() -> u64 {
    SystemClock.steady_ms()
}
