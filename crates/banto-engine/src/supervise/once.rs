//! One life of a program: started, watched, obeyed to, ended.
//!
//! For its keeper. What the program says goes into the log line by line, with the program's name and stream.

use std::sync::Arc;

use banto_core::Name;
use banto_process::{Control, Ended, Line, Runner, Sink};
use tokio::sync::mpsc;

use super::{Event, Health, Phase, Probe, handle::Order, keep::Keeper};

/// How many lines may wait for the log before others are dropped and counted.
const LINES_MAX: usize = 1_024;

/// How a life went.
pub(crate) struct Life {
    /// Its end, or why it did not begin.
    pub ended: Result<Arc<Ended>, String>,
    pub ran_ms: u64,
    /// Somebody had ordered its end.
    pub ordered: bool,
    /// It was ended because it was not healthy.
    pub sick: bool,
}

/// One life, from its start to its end.
pub(crate) async fn once(keeper: &mut Keeper) -> Life {
    keeper.began();
    let (sender, lines) = mpsc::channel(LINES_MAX);
    let program = keeper.program.clone();
    let mut run = match keeper.shared.runner.start(&program.spec, Sink::to(sender)).await {
        Ok(run) => run,
        Err(faults) => return Life { ended: Err(faults.to_string()), ran_ms: 0, ordered: false, sick: false },
    };
    let log = tokio::spawn(log(program.name.clone(), lines));
    keeper.runs(run.pid());
    let control = run.control();
    let (mut checks, mut ordered) = (Checks::new(keeper), false);
    let runner = keeper.shared.runner.clone();
    let ended = loop {
        tokio::select! {
            ended = &mut run => break ended,
            Some(order) = keeper.orders.recv() => obey(keeper, &control, order, &mut ordered),
            answer = ask(program.probe.as_ref(), &runner), if !checks.sick && !ordered => {
                checks.take(keeper, answer, &control);
            }
        }
    };
    // The channel is closed with the run; what waits in it is still logged.
    let _ = log.await;
    let ran_ms = ended.ran_ms;
    Life { ended: Ok(Arc::new(ended)), ran_ms, ordered, sick: checks.sick }
}

fn obey(keeper: &mut Keeper, control: &Control, order: Order, ordered: &mut bool) {
    let program = keeper.program.name.clone();
    match order {
        Order::Start => keeper.up = true,
        Order::Reload => {
            control.signal(keeper.program.reload_signal);
            keeper.shared.tell(Event::Reloaded { program });
        }
        Order::Stop | Order::Restart => {
            keeper.up = order == Order::Restart;
            *ordered = true;
            control.stop();
            keeper.enter(Phase::Stopping);
            keeper.shared.tell(Event::Stopping { program, now: false });
        }
        Order::StopNow => {
            keeper.up = false;
            *ordered = true;
            control.stop_now();
            keeper.enter(Phase::Stopping);
            keeper.shared.tell(Event::Stopping { program, now: true });
        }
    }
}

/// The next answer of the probe; never, if there is none.
async fn ask(probe: Option<&Probe>, runner: &Runner) -> Result<(), String> {
    match probe {
        Some(probe) => probe.next(runner).await,
        None => std::future::pending().await,
    }
}

/// What the probe's answers of a life add up to.
#[derive(Debug)]
struct Checks {
    began_ms: u64,
    failures: u32,
    healthy: bool,
    sick: bool,
}

impl Checks {
    fn new(keeper: &Keeper) -> Checks {
        Checks { began_ms: keeper.shared.clock.steady_ms(), failures: 0, healthy: false, sick: false }
    }

    fn take(&mut self, keeper: &Keeper, answer: Result<(), String>, control: &Control) {
        let program = keeper.program.name.clone();
        let Some(probe) = &keeper.program.probe else { return };
        let Err(error) = answer else {
            if !self.healthy || self.failures > 0 {
                keeper.shared.tell(Event::Healthy { program });
            }
            (self.healthy, self.failures) = (true, 0);
            keeper.health(Health::Good);
            keeper.enter(Phase::Running);
            return;
        };
        let age_ms = keeper.shared.clock.steady_ms().saturating_sub(self.began_ms);
        let patient = !self.healthy && age_ms < probe.start_period_ms;
        self.failures += u32::from(!patient);
        self.sick = self.failures >= probe.failures_max;
        keeper.health(Health::Bad { failures: self.failures, error: error.clone() });
        if !patient {
            let (failures, restarts) = (self.failures, self.sick);
            keeper.shared.tell(Event::Unhealthy { program, error, failures, restarts });
        }
        if self.sick {
            control.stop();
            keeper.enter(Phase::Stopping);
        }
    }
}

async fn log(program: Name, mut lines: mpsc::Receiver<Line>) {
    let program = program.as_str();
    while let Some(Line { stream, text, dropped }) = lines.recv().await {
        if dropped > 0 {
            tracing::warn!(target: "banto::program", program, dropped, "lines were dropped because the log was slow");
        }
        tracing::info!(target: "banto::program", program, stream = stream.word(), "{text}");
    }
}
