//! A question that is asked again and again, and what came of it last.
//!
//! For everything foreign that may hang, panic or lie: a store, a disk, a check of the application. Each question has a
//! deadline, and no second one is asked while the first waits (but for one that is given up after a minute), so what hangs
//! piles nothing up. Whoever wants to know reads what came last and waits for nothing.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use banto_core::text::visible;
use banto_store::Clock;
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{explain::span, pulse::Moment};

/// Most characters of a foreign reason.
const REASON_CHARS_MAX: usize = 300;
/// How long a question that is over its deadline is waited for before another is asked.
const GIVEN_UP: Duration = Duration::from_secs(60);

/// How often something is asked, and how long an answer may take, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub every_ms: u64,
    pub deadline_ms: u64,
}

/// A question's last answers. Clones share them.
#[derive(Debug)]
pub(super) struct Ask<T> {
    pace: Pace,
    told: Arc<Mutex<Told<T>>>,
}

#[derive(Debug)]
struct Told<T> {
    begun: Moment,
    good: Option<Good<T>>,
    trouble: Option<Trouble>,
}

/// A good answer.
#[derive(Debug)]
pub(super) struct Good<T> {
    pub answer: Arc<T>,
    pub at: Moment,
    pub took_ms: u64,
}

/// Why there is no good answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// Since when: the first question that got none.
    pub since: Moment,
    /// In words for people.
    pub why: String,
}

impl<T> Clone for Ask<T> {
    fn clone(&self) -> Ask<T> {
        Ask { pace: self.pace, told: self.told.clone() }
    }
}

impl<T> Clone for Good<T> {
    fn clone(&self) -> Good<T> {
        Good { answer: self.answer.clone(), ..*self }
    }
}

impl<T> Ask<T> {
    /// Nothing was asked yet.
    pub fn new(pace: Pace, now: Moment) -> Ask<T> {
        Ask { pace, told: Arc::new(Mutex::new(Told { begun: now, good: None, trouble: None })) }
    }

    /// The last good answer, and what is wrong if the last one was none.
    pub fn last(&self, now: Moment) -> (Option<Good<T>>, Option<Trouble>) {
        self.with(|told| {
            let trouble = told.trouble.clone().or_else(|| self.stale(told, now));
            (told.good.clone(), trouble)
        })
    }

    /// Asks for ever, by that clock. `ask` begins a question elsewhere, so that nothing foreign runs here.
    pub async fn again_and_again(&self, clock: &dyn Clock, ask: impl Fn() -> JoinHandle<Result<T, String>>) {
        loop {
            self.once(clock, ask()).await;
            sleep(Duration::from_millis(self.pace.every_ms)).await;
        }
    }

    async fn once(&self, clock: &dyn Clock, mut asked: JoinHandle<Result<T, String>>) {
        let since = Moment::now(clock);
        let deadline_ms = self.pace.deadline_ms;
        match timeout(Duration::from_millis(deadline_ms), &mut asked).await {
            Ok(answer) => self.told(since, Moment::now(clock), flat(answer)),
            Err(_) => {
                self.ill(since, format!("no answer within {}", words(deadline_ms)));
                let late = timeout(GIVEN_UP, &mut asked).await;
                asked.abort();
                if let Ok(answer) = late {
                    self.told(since, Moment::now(clock), flat(answer));
                }
            }
        }
    }

    /// Takes note of an answer to a question that was asked at `since`.
    pub fn told(&self, since: Moment, now: Moment, answer: Result<T, String>) {
        let answer = match answer {
            Ok(answer) => answer,
            Err(why) => return self.ill(since, why),
        };
        let took_ms = since.ago(now);
        let slow = (took_ms > self.pace.deadline_ms).then(|| format!("the last answer took {}", words(took_ms)));
        self.with(|told| {
            told.good = Some(Good { answer: Arc::new(answer), at: now, took_ms });
            told.trouble = slow.map(|why| Trouble { since: told.trouble.as_ref().map_or(since, |old| old.since), why });
        });
    }

    fn ill(&self, since: Moment, why: String) {
        let why = visible(&without_passwords(&why), REASON_CHARS_MAX);
        self.with(|told| {
            let since = told.trouble.as_ref().map_or(since, |old| old.since);
            told.trouble = Some(Trouble { since, why });
        });
    }

    /// No answer yet, or none for so long that nobody can have asked.
    fn stale(&self, told: &Told<T>, now: Moment) -> Option<Trouble> {
        let Some(good) = &told.good else {
            return Some(Trouble { since: told.begun, why: "it has not answered yet".into() });
        };
        let most = self.pace.every_ms.saturating_mul(3).saturating_add(self.pace.deadline_ms);
        let ago = good.at.ago(now);
        (ago > most).then(|| Trouble { since: good.at, why: format!("it was not asked for {}", words(ago)) })
    }

    fn with<R>(&self, act: impl FnOnce(&mut Told<T>) -> R) -> R {
        act(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A panic is an answer too.
fn flat<T>(answer: Result<Result<T, String>, tokio::task::JoinError>) -> Result<T, String> {
    answer.unwrap_or_else(|broke| {
        let Ok(panic) = broke.try_into_panic() else { return Err("the question was ended from outside".into()) };
        // What was thrown is foreign and may panic when it is dropped.
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        let _ = crate::panic::guarded(move || drop(panic));
        Err(format!("it panicked: {text}"))
    })
}

/// A text with the user's part of each address left out: errors like to quote addresses, and those may hold a password.
fn without_passwords(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut left = text;
    while let Some((before, after)) = left.split_once("://") {
        shown.push_str(before);
        shown.push_str("://");
        let end = after.find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '?' | '#'));
        let (host, rest) = after.split_at(end.unwrap_or(after.len()));
        match host.rsplit_once('@') {
            Some((_, host)) => shown.extend(["…@", host]),
            None => shown.push_str(host),
        }
        left = rest;
    }
    shown + left
}

/// A span in words.
pub(super) fn words(ms: u64) -> String {
    span(i64::try_from(ms).unwrap_or(i64::MAX))
}

#[cfg(test)]
#[path = "ask_tests.rs"]
mod tests;
