//! The end of a process that keeps things running: in order and with grace, or, told twice, at once.

use tokio::task::JoinHandle;

use super::{End, keeper::Keeper, workers::Worked};
use crate::{
    cmd::signals::{Order, Signals},
    exit::Exit,
};

impl Keeper {
    /// Stops the scheduler, then runs, then programs, each with its grace; a second order stops all at once.
    pub(super) async fn wind_down(mut self, signals: &mut Signals) -> End {
        let mut end = self.end.take().unwrap_or(End { exit: Exit::Well, reason: String::new(), stuck: false });
        let reason = end.reason.clone();
        let mut hurried = end.exit == Exit::Hurried;
        tracing::info!(reason, "stopping: the scheduler, then runs, then programs");
        if hurried {
            self.stop_now(&reason);
        }
        self.end_scheduler(&reason).await;
        for one in &self.workers {
            one.stop.graceful(reason.as_str());
        }
        let mut reports = Vec::new();
        for at in 0..self.workers.len() {
            let ended = self.hurriedly(signals, &mut hurried, &mut end, at).await;
            reports.extend(ended.and_then(Result::ok).and_then(Result::ok));
        }
        self.programs.stop_all(hurried);
        self.programs_end(signals, &mut hurried, &mut end).await;
        self.beside_running.iter().for_each(JoinHandle::abort);
        self.end = Some(end);
        for report in &reports {
            let ended: Vec<String> = report.ended.iter().map(|(word, count)| format!("{word} {count}")).collect();
            tracing::info!(ended = ended.join(", "), late = report.late, "the worker has ended");
            self.heeds_nobody(report);
        }
        let stuck = self.end.as_ref().is_some_and(|end| end.stuck);
        if let Some(jobs) = self.jobs_told.take().filter(|_| !stuck) {
            // Not beside a run that heeds nobody: it may hold the thread that this needs.
            jobs.told().await;
        }
        self.end.take().unwrap_or(End { exit: Exit::Well, reason, stuck: false })
    }

    pub(super) fn stop_now(&mut self, reason: &str) {
        for one in &self.workers {
            one.stop.now(reason);
        }
        self.programs.stop_all(true);
    }

    /// The end of one worker; a second signal on the way hurries all.
    pub(super) async fn hurriedly(
        &mut self,
        signals: &mut Signals,
        hurried: &mut bool,
        end: &mut End,
        at: usize,
    ) -> Option<Result<Worked, String>> {
        loop {
            let order = {
                let one = self.workers.get_mut(at)?;
                tokio::select! { biased;
                    ended = one.slot.end() => return ended,
                    Some(order) = signals.orders.recv() => order,
                }
            };
            self.hurry(order, hurried, end);
        }
    }

    pub(super) async fn programs_end(&mut self, signals: &mut Signals, hurried: &mut bool, end: &mut End) {
        loop {
            let order = tokio::select! { biased;
                () = self.programs.ended() => return,
                Some(order) = signals.orders.recv() => order,
            };
            self.hurry(order, hurried, end);
        }
    }

    pub(super) fn hurry(&mut self, order: Order, hurried: &mut bool, end: &mut End) {
        if let Order::Now(_, signal) = order {
            tracing::warn!(signal, "told a second time: stopping at once");
            (*hurried, end.exit, end.reason) = (true, Exit::Hurried, order.reason());
            let reason = end.reason.clone();
            self.stop_now(&reason);
        }
    }
}
