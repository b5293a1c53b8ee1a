//! What is enqueued on a bench, and assertions on it.
//!
//! A failed assertion lists what *is* enqueued, because that is the next thing anybody asks.

use std::task::{Context, Poll, Waker};

use banto_core::{Job as JobRecord, Payload, State, limits::PAGE_MAX, text::visible};
use banto_engine::Job;
use banto_store::{Answer, Select};
use serde_json::Value;

use super::Bench;

/// Most jobs that a failed assertion lists.
const LISTED_MAX: usize = 20;

impl Bench {
    /// The jobs of this type that wait to be run (scheduled or ready), in the order of their enqueue. Aliases count, and
    /// older payloads are lifted, as a worker would do.
    ///
    /// # Panics
    /// When a payload does not decode as a `J`, or is of a newer version: a worker would park it.
    #[track_caller]
    pub fn enqueued<J: Job>(&self) -> Vec<J> {
        let ours =
            |record: &JobRecord| std::iter::once(&J::KIND).chain(J::ALIASES).any(|kind| record.kind.as_str() == *kind);
        let read = |record: JobRecord| match read(&record) {
            Ok(job) => job,
            #[expect(clippy::panic, reason = "this is an assertion of a test")]
            Err(why) => panic!("could not read the payload of {}: {why}", line(&record, self.clock_ms())),
        };
        self.waiting().into_iter().filter(ours).map(read).collect()
    }

    /// Asserts that a job of this type waits to be run that `fits`.
    #[track_caller]
    pub fn assert_enqueued<J: Job>(&self, fits: impl Fn(&J) -> bool) {
        assert!(self.enqueued::<J>().iter().any(fits), "no {} that fits is enqueued; {}", J::KIND, self.listed());
    }

    /// Asserts that no job of any type waits to be run.
    #[track_caller]
    pub fn assert_nothing_enqueued(&self) {
        assert!(self.waiting().is_empty(), "something is enqueued; {}", self.listed());
    }

    /// What waits to be run, in words.
    pub(super) fn listed(&self) -> String {
        let (waiting, now) = (self.waiting(), self.clock_ms());
        if waiting.is_empty() {
            return "nothing is enqueued".into();
        }
        let mut text = String::from("enqueued are:");
        for record in waiting.iter().take(LISTED_MAX) {
            text.push_str("\n  ");
            text.push_str(&line(record, now));
        }
        if waiting.len() > LISTED_MAX {
            text.push_str(&format!("\n  and {} more", waiting.len() - LISTED_MAX));
        }
        text
    }

    /// Every waiting job, in the order of enqueue.
    #[track_caller]
    pub(super) fn waiting(&self) -> Vec<JobRecord> {
        let (mut waiting, mut before) = (Vec::new(), None);
        loop {
            let select = Select { limit: PAGE_MAX, ..Select::states([State::Scheduled, State::Ready]) };
            let page = at_once(self.store().jobs(select, before));
            before = page.jobs.last().map(|record| record.id);
            waiting.extend(page.jobs);
            if !page.more || before.is_none() {
                break;
            }
        }
        waiting.reverse();
        waiting
    }

    fn clock_ms(&self) -> i64 {
        use banto_store::Clock;
        self.clock().wall_ms()
    }
}

/// The answer of the store in memory, which is ready when it is first asked for.
#[track_caller]
fn at_once<T>(mut answer: Answer<'_, T>) -> T {
    match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(value)) => value,
        #[expect(clippy::panic, reason = "this is an assertion of a test")]
        Poll::Ready(Err(error)) => panic!("could not ask the bench's store: {error}"),
        #[expect(clippy::panic, reason = "this is an assertion of a test")]
        Poll::Pending => panic!("the store in memory did not answer at once; this is a bug of banto"),
    }
}

fn read<J: Job>(record: &JobRecord) -> Result<J, String> {
    if record.version == J::VERSION {
        return record.payload.read().map_err(|refusal| refusal.to_string());
    }
    if record.version > J::VERSION {
        return Err(format!("it has version {} and this build reads up to {}", record.version, J::VERSION));
    }
    let mut payload: Value = record.payload.read().map_err(|refusal| refusal.to_string())?;
    for version in record.version..J::VERSION {
        payload = J::upcast(version, payload)?;
    }
    Payload::of(&payload).and_then(|payload| payload.read()).map_err(|refusal| refusal.to_string())
}

fn line(record: &JobRecord, now_ms: i64) -> String {
    let JobRecord { id, kind, queue, state, run_at, payload, .. } = record;
    let due = match run_at - now_ms {
        ms if ms > 0 => format!("due in {ms} ms"),
        _ => "due".into(),
    };
    let key = record.unique.as_ref().map_or(String::new(), |unique| format!(", key \"{}\"", unique.key));
    format!("{kind} in {queue}, {state}, {due}{key}: {} (job {id})", visible(payload.as_str(), 200))
}
