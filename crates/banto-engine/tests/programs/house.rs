//! What these tests stand on: programs in a folder of their own, a supervisor that runs, and how to wait for events.

use std::{path::Path, sync::Arc};

use banto_core::{Backoff, Name};
use banto_engine::supervise::{Brake, Event, Handle, Phase, Program, Status, Supervisor, Then};
use banto_process::Spec;
use banto_store::SystemClock;
use tokio::{sync::broadcast::Receiver, task::JoinHandle};

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// A shell's text as a program in this folder, restarted after 10 ms, hardly ever braked.
pub fn sh(dir: &Path, called: &str, text: &str) -> Program {
    let spec = Spec { dir: Some(dir.into()), grace_ms: 60_000, ..Spec::argv(["sh", "-c", text]) };
    let brake = Brake { starts_max: 1_000, within_ms: 60_000, then: Then::GiveUp };
    Program { backoff: Backoff::Table(vec![10]), brake, ..Program::new(name(called), spec) }
}

/// One that runs until it is told to stop, and then says so.
pub fn server(dir: &Path, called: &str) -> Program {
    let text = format!(
        "trap 'echo {called} stops >>log; exit 0' TERM; trap 'echo {called} reloads >>log' HUP; echo {called} starts >>log; while :; do sleep 0.05; done"
    );
    sh(dir, called, &text)
}

/// A supervisor that runs.
pub struct House {
    pub handle: Handle,
    pub events: Receiver<Event>,
    pub running: JoinHandle<()>,
}

pub fn house(programs: Vec<Program>) -> House {
    let supervisor = Supervisor::new(programs, Arc::new(SystemClock)).unwrap();
    let (handle, events) = (supervisor.handle(), supervisor.events());
    House { handle, events, running: tokio::spawn(supervisor.run()) }
}

impl House {
    /// The next event of this program that fits; a minute at most, which no machine needs.
    pub async fn next(&mut self, called: &str, fits: impl Fn(&Event) -> bool) -> Event {
        let found = async {
            loop {
                let event = self.events.recv().await.unwrap();
                if event.program().as_str() == called && fits(&event) {
                    return event;
                }
            }
        };
        let found = tokio::time::timeout(std::time::Duration::from_secs(60), found).await;
        found.unwrap_or_else(|_| panic!("no such event of {called}; {:?}", self.handle.status()))
    }

    pub async fn until(&self, called: &str, phase: Phase) -> Status {
        let program = name(called);
        let program = self.handle.program(&program).unwrap();
        let found = tokio::time::timeout(std::time::Duration::from_secs(60), program.until(phase)).await;
        found.unwrap_or_else(|_| panic!("{called} does not become {phase:?}: {:?}", program.status()))
    }

    pub fn status(&self, called: &str) -> Status {
        self.handle.program(&name(called)).unwrap().status()
    }

    pub async fn stop(self) {
        self.handle.stop();
        self.running.await.unwrap();
    }
}

/// Waits until a file holds this line.
pub async fn line(path: &Path, wanted: &str) {
    for _ in 0..6_000 {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if text.lines().any(|line| line == wanted) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{} does not say {wanted}", path.display());
}

pub fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, after)| !after.starts_with(['Z', 'X']))
}
