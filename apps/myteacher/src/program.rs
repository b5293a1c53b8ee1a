//! The program: banto's command set, and MyTeacher's own commands beside it.

use std::{
    process::ExitCode,
    sync::{Arc, OnceLock},
};

use crate::{
    app::App,
    args::{Place, Stores, Typed, Verb},
    cmd,
    error::Error,
    health,
    jobs::Jobs,
    print, reconcile,
    schedule::{self, How},
    work,
};
use banto::{Fault, StoreError};
use banto_cli::{Commands, Logs};

/// Carries out what was typed.
pub fn run() -> ExitCode {
    let typed = match banto_cli::parse::<Typed>() {
        Ok(typed) => typed,
        Err(exit) => return exit.code().into(),
    };
    banto_cli::block_on(async {
        let (done, json) = match typed.verb {
            Verb::Demo(demo) => (cmd::demo(&demo).await, demo.place.json),
            Verb::Avatars(avatars) => (cmd::avatars(&avatars).await, avatars.place().json),
            Verb::Chore(chore) => (cmd::chore(&chore).await, chore.at().json),
            Verb::Banto(command) => return banto(with_health(command)).await,
        };
        done.unwrap_or_else(|error| print::complain(&error, json))
    })
}

/// Where `up` says how it is, if nobody names another place.
const HEALTH: &str = "127.0.0.1:8081";

/// `up` says how it is, to this machine, and `health` asks there, unless they are told where, or a file may say.
fn with_health(mut command: Commands) -> Commands {
    match &mut command {
        Commands::Up(up) if up.source.config.is_none() => {
            up.health.health.get_or_insert_with(|| HEALTH.to_owned());
        }
        Commands::Health(ask) if ask.config.is_none() => {
            ask.at.get_or_insert_with(|| HEALTH.to_owned());
        }
        _ => {}
    }
    command
}

/// Carries out one of banto's commands. After a worker the rows are looked at once more: what ended as it stopped was not
/// seen by what lived beside it.
async fn banto(command: Commands) -> ExitCode {
    let tended: Arc<OnceLock<App>> = Arc::default();
    let json = command.shared().json;
    let exit = commands(tended.clone()).run(command).await;
    if let Some(app) = tended.get()
        && let Err(error) = reconcile::reconcile(app, false).await
    {
        print::complain(&error, json); // the exit code stays the worker's, for its supervisor; the next worker mends the rows
    }
    exit
}

/// Its name and its places, and Redis as a part of its health; where there is no Redis, nothing is said of one.
fn named() -> banto_cli::App {
    let logs = Logs { zone: schedule::TOKYO.into(), ..Logs::in_dir(schedule::LOGS) };
    let program = banto_cli::App::new("myteacher").store(cmd::STORE).logs(logs);
    match health::redis_url() {
        Some(url) => program.check("redis", move |_| health::redis(url.clone())),
        None => program,
    }
}

/// Tables that do not open are a store that does not.
fn unopened(error: Error) -> StoreError {
    match error {
        Error::Store(error) => error,
        other => StoreError::new(Fault::Config, other.to_string()),
    }
}

/// banto's commands over MyTeacher's store and kinds. The store is opened once and shared by banto and the application;
/// `tended` is given the application if a worker works with it.
fn commands(tended: Arc<OnceLock<App>>) -> banto_cli::App {
    let opened: Arc<OnceLock<Jobs>> = Arc::default();
    let (opens, knows) = (opened.clone(), opened);
    let app: Arc<OnceLock<App>> = Arc::default();
    let (made, asked) = (app.clone(), app.clone());
    named()
        .check("pictures", move |_| {
            let app = asked.get().cloned();
            async move {
                let app = app.ok_or("nothing of it is open yet")?;
                app.files.answers().await.map_err(|error| error.to_string())
            }
        })
        .opener(move |wanted| {
            let opens = opens.clone();
            async move {
                let stores = Stores::from_env()?;
                let (jobs, found) = cmd::open_jobs(&wanted, &stores).await?;
                // A deployment migrates once, for whoever writes into the tables before a worker has come.
                if wanted.migrate {
                    cmd::tables_of(&jobs, &stores).await.map_err(unopened)?;
                }
                let _ = opens.set(jobs);
                Ok(found)
            }
        })
        .registry_with(move |_| {
            let (jobs, app) = (knows.get().cloned(), made.clone());
            async move {
                let jobs = jobs.ok_or("find the store: it is not open")?;
                let ours = cmd::app_of(jobs, &Place::from_env()?).await.map_err(|error| error.to_string())?;
                Ok(app.get_or_init(|| ours).registry())
            }
        })
        .schedules_with(|opened| async move {
            let program = std::env::current_exe().map_err(|error| format!("find this program's own file: {error}"))?;
            let program = program.into_os_string().into_string();
            let program =
                program.map_err(|odd| format!("name this program's own file {odd:?}: it is no UTF-8; move it"))?;
            cmd::make_folder(schedule::LOGS)?;
            schedule::timetable(&How::Process { program, store: opened.url, logs: schedule::LOGS.to_owned() })
        })
        .beside(move |_, events| {
            let app = app.get().cloned();
            if let Some(app) = &app {
                let _ = tended.set(app.clone());
            }
            async move {
                if let Some(app) = app {
                    work::tend(app, events.subscribe()).await;
                }
            }
        })
}
