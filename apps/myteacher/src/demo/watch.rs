//! What is said while a demo works: how far it is, each attempt that fails, a paused queue, a signal.
//!
//! It stops the worker when the job has ended, however it did, when nobody would run it for now (parked, its queue paused),
//! and when a signal says so. It looks at the store now and then too, for the job may be another worker's, and a slow
//! reader misses events.

use std::{convert::Infallible, io, process, thread, time::Duration};

use banto::{Event, JobId, Name, State, Stop, Worker};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::broadcast::{Receiver, error::RecvError},
    time::Interval,
};

use crate::{app::App, error::Error, order::Ordered, print, reason::spoken};

/// How often the store is asked what no event would tell.
const LOOK: Duration = Duration::from_millis(500);

/// A signal that ended a demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Told {
    /// TERM or INT.
    pub name: &'static str,
    /// Its number.
    pub signal: u8,
}

impl Told {
    /// How a program that was ended by a signal ends: 128 and the signal's number.
    pub fn exit(self) -> u8 {
        128 + self.signal
    }
}

/// How long a second signal leaves to hand back what runs; then the process ends, whoever still waits for what.
const LAST: Duration = Duration::from_secs(1);

/// The signals that end a demo.
pub(super) struct Signals {
    term: Signal,
    int: Signal,
}

impl Signals {
    /// Listens from now on; without it a signal would be a crash.
    pub fn listen() -> Result<Signals, Error> {
        let failed = |error: io::Error| Error::Machine { what: "listen for signals", error };
        let term = signal(SignalKind::terminate()).map_err(failed)?;
        Ok(Signals { term, int: signal(SignalKind::interrupt()).map_err(failed)? })
    }

    async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.term.recv() => Told { name: "TERM", signal: 15 },
            _ = self.int.recv() => Told { name: "INT", signal: 2 },
        }
    }
}

/// What happens beside a demo's worker.
enum Seen {
    Event(Result<Event, RecvError>),
    Told(Told),
    Time,
}

/// Watches one job of one worker.
pub(super) struct Watch {
    app: App,
    ordered: Ordered,
    queue: Name,
    events: Receiver<Event>,
    hears: bool,
    stop: Stop,
    signals: Signals,
    told: Option<Told>,
    look: Interval,
    deaf: bool,
    bar: ProgressBar,
    json: bool,
}

impl Watch {
    pub fn new(app: &App, worker: &Worker, ordered: Ordered, queue: Name, signals: Signals, json: bool) -> Watch {
        let (events, stop) = (worker.events().subscribe(), worker.stop());
        let (look, bar) = (tokio::time::interval(LOOK), progress(!json));
        let (hears, told, deaf) = (true, None, false);
        Watch { app: app.clone(), ordered, queue, events, hears, stop, signals, told, look, deaf, bar, json }
    }

    /// The signal that was received, if one was.
    pub fn told(&self) -> Option<Told> {
        self.told
    }

    /// Watches for as long as the worker lives.
    pub async fn watch(&mut self) -> Infallible {
        loop {
            let seen = tokio::select! {
                event = self.events.recv(), if self.hears => Seen::Event(event),
                told = self.signals.next() => Seen::Told(told),
                _ = self.look.tick() => Seen::Time,
            };
            match seen {
                Seen::Event(Ok(event)) => self.happened(event).await,
                Seen::Event(Err(RecvError::Lagged(_))) => {} // the next look shows what was missed
                Seen::Event(Err(RecvError::Closed)) => self.hears = false,
                Seen::Told(told) => self.obey(told),
                Seen::Time if self.stop.asked() => {}
                Seen::Time => {
                    if let Err(error) = self.look_around().await {
                        self.misses(&error);
                    }
                }
            }
        }
    }

    async fn happened(&mut self, event: Event) {
        let ours = self.ordered.job;
        match event {
            Event::Progressed { job, progress } if job == ours => {
                self.bar.set_length(progress.total);
                self.bar.set_position(progress.done);
                self.bar.set_message(progress.text);
            }
            Event::Ended { job, state, .. } if job == ours && state.ended() => self.over("the demo's job has ended"),
            Event::Parked { job, .. } if job == ours => self.over("the demo's job is parked"),
            Event::Ended { job, outcome: outcome @ ("retry" | "snooze"), attempt, error, .. } if job == ours => {
                let again = self.again(job).await;
                let error = spoken(&error.unwrap_or_default());
                match outcome {
                    "retry" => self.say(&format!("attempt {attempt} failed: {error}; {again}")),
                    _ => self.say(&format!("not now: {error}; {again}")),
                }
            }
            Event::StoreDown { verb, error } => self.say(&format!("the store does not {verb}: {error}; waiting")),
            _ => {}
        }
    }

    /// When the job runs again, in words.
    async fn again(&self, job: JobId) -> String {
        match self.app.store().job(job).await {
            Ok(Some(card)) => {
                format!("again in {} s", (card.job.run_at - self.app.now()).max(0).saturating_add(999) / 1_000)
            }
            _ => "again later".to_owned(),
        }
    }

    /// What no event tells: another worker ended the job, or nobody may take it.
    async fn look_around(&mut self) -> Result<(), Error> {
        let card = self.app.store().job(self.ordered.job).await?;
        let Some(state) = card.map(|card| card.job.state) else {
            self.over("the demo's job is not listed any more");
            return Ok(());
        };
        if state.ended() || state == State::Parked {
            self.over("the demo's job does not run any more");
        } else if state != State::Running {
            let queues = self.app.store().queues().await?;
            let ours = queues.into_iter().find(|view| view.queue == self.queue);
            if let Some(pause) = ours.and_then(|view| view.pause) {
                let (queue, by, reason) = (&self.queue, &pause.by, &pause.reason);
                self.say(&format!(
                    "the queue \"{queue}\" is paused by {by} ({reason}), so nobody takes the job; resume it with: queue resume {queue}"
                ));
                self.over("the queue is paused");
            }
        }
        self.deaf = false;
        Ok(())
    }

    fn obey(&mut self, told: Told) {
        if self.told.replace(told).is_some() {
            self.stop.now(format!("{} was received again", told.name));
            return end(told, self.json);
        }
        self.say(&format!("{} was received: stopping; what is made is kept", told.name));
        self.over(&format!("{} was received", told.name));
    }

    fn over(&self, reason: &str) {
        self.bar.finish_and_clear();
        self.stop.graceful(reason);
    }

    fn misses(&mut self, error: &Error) {
        if !std::mem::replace(&mut self.deaf, true) {
            self.say(&format!("could not {error}; it is tried again"));
        }
    }

    /// Says something above the bar.
    fn say(&self, text: &str) {
        match self.bar.length() {
            Some(1..) => self.bar.suspend(|| print::note(text, self.json)),
            _ => print::note(text, self.json), // there is no bar yet, and drawing an empty one helps nobody
        }
    }
}

/// Ends the process soon, whatever it waits for by then: a store that does not answer holds it up even at its very end.
fn end(told: Told, json: bool) {
    thread::spawn(move || {
        thread::sleep(LAST);
        print::note(
            &format!("{} was received again: ending now; what ran is given to others in 10 s", told.name),
            json,
        );
        process::exit(told.exit().into());
    });
}

fn progress(shown: bool) -> ProgressBar {
    if !shown {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{bar:32} {pos}/{len} {msg}");
    style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
}
