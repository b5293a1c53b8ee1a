//! What a running process answers to those who reach it.

use std::path::PathBuf;

use banto_engine::supervise::{Health, Status};
use tokio::sync::mpsc;

use super::keeper::Keeper;
pub(super) use crate::reach::listen::Asked;
use crate::{
    log::recent,
    reach::{
        listen::{self, Door},
        words::{Answer, Ask, Order, View},
    },
};

/// Listens in the first of the folders where it can: that nobody can reach it is said, and keeps nothing from running.
pub(super) async fn open(folders: Result<Vec<PathBuf>, String>, to: mpsc::Sender<Asked>) -> Option<Door> {
    let mut faults = Vec::new();
    match folders {
        Ok(folders) => {
            for folder in folders {
                match listen::open(&folder, to.clone()).await {
                    Ok(door) => return Some(door),
                    Err(why) => faults.push(why),
                }
            }
        }
        Err(why) => faults.push(why),
    }
    tracing::warn!("program and reload do not reach this process: could not {}", faults.join("; could not "));
    None
}

/// Answers one question.
pub(super) async fn answer(keeper: &mut Keeper, asked: Asked) {
    let Asked { ask, answers } = asked;
    let last = match ask {
        Ask::Programs {} => {
            for status in keeper.programs.status() {
                // Whoever asked may be gone, here and below.
                let _ = answers.send(Answer::Program(view(&status))).await;
            }
            Answer::End {}
        }
        Ask::Steer { program, order } => {
            let done = keeper.programs.with(&program, |one| match order {
                Order::Start => one.start(),
                Order::Stop => one.stop(),
                Order::Restart => one.restart(),
                Order::Reload => one.reload(),
            });
            match done {
                Ok(()) => Answer::End {},
                Err(refusal) => Answer::Fault { text: refusal.to_string(), unknown: true },
            }
        }
        Ask::Logs { program, follow } => match keeper.programs.with(&program, |_| ()) {
            Ok(()) => {
                tokio::spawn(logs(program.to_string(), follow, answers));
                return;
            }
            Err(refusal) => Answer::Fault { text: refusal.to_string(), unknown: true },
        },
        Ask::Reload {} => match keeper.reload("it was asked for").await {
            Ok(lines) => {
                for text in lines {
                    let _ = answers.send(Answer::Said { text }).await;
                }
                Answer::End {}
            }
            Err(text) => Answer::Fault { text, unknown: false },
        },
    };
    let _ = answers.send(last).await;
}

/// What a program has printed lately, and prints from now on.
async fn logs(program: String, follow: bool, answers: mpsc::Sender<Answer>) {
    let (lines, mut more) = recent::of(&program);
    for recent::Line { at, stream, text } in lines {
        if answers.send(Answer::Line { at, stream, text }).await.is_err() {
            return;
        }
    }
    if !follow {
        let _ = answers.send(Answer::End {}).await;
        return;
    }
    loop {
        let answer = tokio::select! { biased;
            () = answers.closed() => return,
            heard = more.next(&program) => match heard {
                recent::Heard::Line(recent::Line { at, stream, text }) => Answer::Line { at, stream, text },
                recent::Heard::Missed(count) => {
                    Answer::Said { text: format!("({count} lines were too fast and are left out)") }
                }
            },
        };
        if answers.send(answer).await.is_err() {
            return;
        }
    }
}

fn view(status: &Status) -> View {
    let health = match &status.health {
        Health::Unknown => None,
        Health::Good => Some("good".to_owned()),
        Health::Bad { failures, error } => Some(format!("bad, {failures} times: {error}")),
    };
    let last = status.fault.as_ref().map(|fault| format!("could not {fault}"));
    View {
        program: status.name.clone(),
        phase: status.phase.word().to_owned(),
        since: status.since_ms,
        pid: status.pid,
        starts: status.starts,
        restarts: status.restarts,
        health,
        last: last.or_else(|| status.last.as_ref().map(|ended| ended.words())),
        restart_ms: status.restart_ms,
        keeper: std::process::id(),
    }
}
