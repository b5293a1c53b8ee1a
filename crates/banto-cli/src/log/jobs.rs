//! When each job begins and ends, a line each, for who asked for it (`--verbose`).

use banto_engine::Event;
use tokio::{
    runtime::Handle,
    sync::{
        broadcast::{Receiver, error::RecvError},
        oneshot,
    },
    task::JoinHandle,
};

use super::part::JOB;

/// Somebody who tells of jobs.
pub(crate) struct Jobs {
    over: oneshot::Sender<()>,
    telling: JoinHandle<()>,
}

impl Jobs {
    /// Begins to tell, on that runtime. What did not end well is said by the engine.
    pub fn tell(on: &Handle, events: Receiver<Event>) -> Jobs {
        let (over, until) = oneshot::channel();
        Jobs { over, telling: on.spawn(lines(events, until)) }
    }

    /// Waits until everything that has happened was told.
    pub async fn told(self) {
        // If it has gone already it has told all.
        let _ = self.over.send(());
        let _ = self.telling.await;
    }
}

/// Tells until nobody can say anything any more, or it is over; what has been heard by then is told first.
async fn lines(mut events: Receiver<Event>, mut over: oneshot::Receiver<()>) {
    loop {
        let heard = tokio::select! { biased;
            heard = events.recv() => heard,
            _ = &mut over => return,
        };
        match heard {
            Ok(Event::Started { job, kind, queue, attempt }) => {
                tracing::info!(target: JOB, %job, %kind, %queue, attempt, "running");
            }
            Ok(Event::Ended { job, kind, outcome: outcome @ "done", ran_ms, attempt, .. }) => {
                tracing::info!(target: JOB, %job, %kind, attempt, ran_ms, outcome, "ended");
            }
            Ok(_) => {}
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(target: JOB, missed, "jobs began and ended faster than they can be told")
            }
            Err(RecvError::Closed) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use banto_core::{JobId, Name, State};

    use super::*;
    use crate::log::tests::{Heard, logs};

    fn events() -> (Event, impl Fn(&'static str) -> Event) {
        let (job, kind, queue): (JobId, Name, Name) = (
            "0199e7c4-8e3a-7c11-b0a3-5f0f6f0e9a11".parse().unwrap(),
            "greet".parse().unwrap(),
            "mail".parse().unwrap(),
        );
        let started = Event::Started { job, kind: kind.clone(), queue: queue.clone(), attempt: 1 };
        let ended = move |outcome| Event::Ended {
            job,
            kind: kind.clone(),
            queue: queue.clone(),
            attempt: 1,
            outcome,
            state: State::Done,
            ran_ms: 12,
            error: None,
        };
        (started, ended)
    }

    fn hears() -> (Heard, tracing::subscriber::DefaultGuard) {
        let heard = Heard::default();
        let writer = heard.clone();
        (heard, logs(false, 0, move || writer.clone()))
    }

    fn said(heard: &Heard) -> Vec<serde_json::Value> {
        let text = String::from_utf8(heard.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[tokio::test]
    async fn each_job_begins_and_ends_in_a_line() {
        let (to, from) = tokio::sync::broadcast::channel(10);
        let (started, ended) = events();
        for event in [started, ended("retry"), ended("done")] {
            to.send(event).unwrap();
        }
        drop(to);
        let (heard, _guard) = hears();
        lines(from, oneshot::channel().1).await;
        let said = said(&heard);
        let [running, ended] = &said[..] else { panic!("the engine says itself what did not end well: {said:?}") };
        assert_eq!((&running["message"], &running["queue"]), (&"running".into(), &"mail".into()));
        let outcome = (&ended["message"], &ended["ran_ms"], &ended["outcome"]);
        assert_eq!(outcome, (&"ended".into(), &12.into(), &"done".into()));
    }

    #[tokio::test]
    async fn what_was_heard_before_the_end_is_told_before_it_whoever_could_still_speak() {
        let (to, from) = tokio::sync::broadcast::channel(1_000);
        let (heard, _guard) = hears();
        let jobs = Jobs::tell(&Handle::current(), from);
        for _ in 0..500 {
            to.send(events().0).unwrap();
        }
        jobs.told().await;
        assert_eq!(said(&heard).len(), 500);
        assert_eq!(to.receiver_count(), 0);
    }
}
