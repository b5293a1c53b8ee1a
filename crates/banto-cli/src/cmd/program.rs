//! `program …` and `reload`: questions and orders to processes that run, through their sockets. No store is opened.

use std::path::PathBuf;

use banto_core::{Name, text::count_of};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::line::from_now;
use crate::{
    app::App,
    args::{
        Shared,
        program::{Program, ProgramVerb},
        up::{Reach, Reload},
    },
    exit::{Exit, Failure},
    mean::{self, clock_time},
    print::Print,
    reach::{
        self,
        ask::{self, Heard},
        words::{Answer, Ask, Order, View},
    },
    table,
};

/// Most answers that are taken of one process.
const ANSWERS_MAX: usize = 10_000;

pub(super) async fn run(app: &App, typed: &Program, print: &mut Print) -> Result<Exit, Failure> {
    let folders = folders(app, &typed.shared, &typed.reach)?;
    match &typed.verb {
        ProgramVerb::List => list(app, &folders, print).await,
        ProgramVerb::Start(one) => steer(&folders, &one.name, Order::Start, print).await,
        ProgramVerb::Stop(one) => steer(&folders, &one.name, Order::Stop, print).await,
        ProgramVerb::Restart(one) => steer(&folders, &one.name, Order::Restart, print).await,
        ProgramVerb::Reload(one) => steer(&folders, &one.name, Order::Reload, print).await,
        ProgramVerb::Logs(typed) => logs(&folders, &typed.name, typed.follow, print).await,
    }
}

/// `reload`.
pub(super) async fn reload(app: &App, typed: &Reload, print: &mut Print) -> Result<Exit, Failure> {
    let folders = folders(app, &typed.shared, &typed.reach)?;
    let mut exit = Exit::Well;
    for mut heard in reached(&folders, &Ask::Reload {}).await? {
        let (mut lines, mut fault) = (Vec::new(), None);
        let pid = heard.pid;
        for answer in answers(&mut heard).await? {
            match answer {
                Answer::Said { text } => lines.push(text),
                Answer::Fault { text, .. } => fault = Some(text),
                _ => {}
            }
        }
        if fault.is_some() {
            exit = Exit::Found;
        }
        if print.json() {
            print.object(&json!({ "pid": pid, "taken": fault.is_none(), "changes": lines, "fault": fault }))?;
            continue;
        }
        let who = format!("process {}", pid.unwrap_or_default());
        match (&fault, lines.is_empty()) {
            (Some(fault), _) => print.note(format!("{who} did not take it, all goes on as it was: could not {fault}")),
            (None, true) => print.say(format!("{who} has taken it: nothing has changed")),
            (None, false) => print.say(format!("{who} has taken it: {}", lines.join("; "))),
        }
    }
    Ok(exit)
}

/// Where processes on the store that is meant are reached.
fn folders(app: &App, shared: &Shared, reach: &Reach) -> Result<Vec<PathBuf>, Failure> {
    let url = app.address(shared, None)?;
    reach::folders(reach.run_dir.as_deref(), url.as_deref().unwrap_or_default()).map_err(Failure::usage)
}

async fn list(app: &App, folders: &[PathBuf], print: &mut Print) -> Result<Exit, Failure> {
    let mut views: Vec<View> = Vec::new();
    for mut heard in reached(folders, &Ask::Programs {}).await? {
        let answers = answers(&mut heard).await?;
        views.extend(answers.into_iter().filter_map(|answer| match answer {
            Answer::Program(view) => Some(view),
            _ => None,
        }));
    }
    if print.json() {
        return views.iter().try_for_each(|view| print.object(view)).map(|()| Exit::Well);
    }
    if views.is_empty() {
        print.note("no program is kept by what runs here");
        return Ok(Exit::Well);
    }
    let now = app.clock.wall_ms();
    let heads = ["program", "is", "since", "pid", "starts", "health", "kept by", "last end"];
    let rows = views.iter().map(|view| {
        [
            view.program.to_string(),
            view.phase.replace('_', " "),
            if view.since > 0 { from_now(view.since, now) } else { String::new() },
            view.pid.map(|pid| pid.to_string()).unwrap_or_default(),
            format!("{}, {} by itself", view.starts, view.restarts),
            view.health.clone().unwrap_or_default(),
            view.keeper.to_string(),
            view.last.clone().unwrap_or_default(),
        ]
    });
    let drawn = table::draw(heads, rows, print.width());
    print.say(drawn);
    Ok(Exit::Well)
}

async fn steer(folders: &[PathBuf], name: &str, order: Order, print: &mut Print) -> Result<Exit, Failure> {
    let program: Name = mean::name("a program", name)?;
    let ask = Ask::Steer { program: program.clone(), order };
    let told = ask_all(folders, &ask).await?;
    let word = match order {
        Order::Start => "start",
        Order::Stop => "stop",
        Order::Restart => "restart",
        Order::Reload => "reload",
    };
    if print.json() {
        print.object(&json!({ "program": program, "order": word, "told": told }))?;
    } else {
        print.say(format!(
            "{} told to {word} {program}; see `program list`",
            count_of(told, "process was", "processes were")
        ));
    }
    Ok(Exit::Well)
}

/// Asks all, and answers how many have such a program. That none has is a failure.
async fn ask_all(folders: &[PathBuf], ask: &Ask) -> Result<usize, Failure> {
    let (mut done, mut unknown) = (0, None);
    for mut heard in reached(folders, ask).await? {
        match answers(&mut heard).await?.pop() {
            Some(Answer::End {}) => done += 1,
            Some(Answer::Fault { text, unknown: true }) => unknown = Some(text),
            Some(Answer::Fault { text, .. }) => return Err(Failure::new(Exit::Found, text)),
            _ => return Err(Failure::new(Exit::Machine, "hear whether it was done: the process has ended")),
        }
    }
    match (done, unknown) {
        (0, Some(text)) => Err(Failure::new(Exit::NotListed, text)),
        (done, _) => Ok(done),
    }
}

async fn logs(folders: &[PathBuf], name: &str, follow: bool, print: &mut Print) -> Result<Exit, Failure> {
    let program = mean::name("a program", name)?;
    let failed = |error| Failure::new(Exit::Machine, format!("listen for signals: {error}"));
    let mut int = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut unknown = None;
    for mut heard in reached(folders, &Ask::Logs { program, follow }).await? {
        let mut lines = 0;
        loop {
            let answer = tokio::select! { biased;
                _ = int.recv() => return Ok(Exit::Well),
                answer = heard.next() => answer.map_err(|text| Failure::new(Exit::Machine, text))?,
            };
            match answer {
                Some(Answer::Line { at, stream, text }) => {
                    lines += 1;
                    match print.json() {
                        true => print.object(&json!({ "at": at, "stream": stream, "text": text }))?,
                        false => print.say(format!("{} {stream}  {text}", clock_time(at))),
                    }
                }
                Some(Answer::Said { text }) => print.note(text),
                Some(Answer::Fault { text, .. }) => {
                    unknown = Some(text);
                    break;
                }
                Some(Answer::End {}) if lines == 0 => {
                    print.note("it has printed nothing yet");
                    return Ok(Exit::Well);
                }
                Some(Answer::End {}) => return Ok(Exit::Well),
                Some(Answer::Program(_)) => {}
                None => {
                    print.note("the process that kept it has ended");
                    return Ok(Exit::Well);
                }
            }
            if print.gone() {
                return Ok(Exit::Well);
            }
        }
    }
    Err(Failure::new(Exit::NotListed, unknown.unwrap_or_else(|| "find the program".into())))
}

/// Those who listen, at least one.
async fn reached(folders: &[PathBuf], ask: &Ask) -> Result<Vec<Heard>, Failure> {
    let heard = ask::all(folders, ask).await.map_err(|text| Failure::new(Exit::Machine, text))?;
    if !heard.is_empty() {
        return Ok(heard);
    }
    let places: Vec<_> =
        folders.iter().map(|folder| banto_core::text::visible(&folder.to_string_lossy(), 200)).collect();
    let place = places.join(" or ");
    Err(Failure::new(
        Exit::Unheard,
        format!(
            "reach a running process: nobody listens in {place}; is `up` running, for this store, as this user, with this --run-dir?"
        ),
    ))
}

/// Everything that one process answers.
async fn answers(heard: &mut Heard) -> Result<Vec<Answer>, Failure> {
    let failed = |text| Failure::new(Exit::Machine, text);
    let mut answers = Vec::new();
    while answers.len() < ANSWERS_MAX {
        let Some(answer) = heard.next().await.map_err(failed)? else { break };
        let last = matches!(answer, Answer::End {} | Answer::Fault { .. });
        answers.push(answer);
        if last {
            break;
        }
    }
    Ok(answers)
}
