//! The program `myteacher`: banto's command set, and MyTeacher's own commands beside it.

use std::{
    process::ExitCode,
    sync::{Arc, OnceLock},
};

use banto::{Store, StoreError, sqlite::Sqlite};
use myteacher::{
    args::{Place, Typed, Verb},
    cmd, work,
};

fn main() -> ExitCode {
    let typed = match banto_cli::parse::<Typed>() {
        Ok(typed) => typed,
        Err(exit) => return exit.code().into(),
    };
    banto_cli::block_on(async {
        let done = match typed.verb {
            Verb::Demo(demo) => cmd::demo(&demo).await,
            Verb::Avatars(avatars) => cmd::avatars(&avatars).await,
            Verb::Banto(command) => return commands().run(command).await,
        };
        done.unwrap_or_else(|error| cmd::complain(&error))
    })
}

/// banto's commands over MyTeacher's store and kinds. The store is opened once and shared by banto and the application.
fn commands() -> banto_cli::App {
    let opened: Arc<OnceLock<Sqlite>> = Arc::default();
    let (opens, knows) = (opened.clone(), opened);
    let app: Arc<OnceLock<myteacher::app::App>> = Arc::default();
    let tended = app.clone();
    banto_cli::App::new("myteacher")
        .store(cmd::STORE)
        .opener(move |url| {
            let opens = opens.clone();
            async move {
                let store = cmd::open_store(&url)?;
                let _ = opens.set(store.clone());
                Ok::<Arc<dyn Store>, StoreError>(Arc::new(store))
            }
        })
        .registry_with(move |_| {
            let (store, app) = (knows.get().cloned(), app.clone());
            async move {
                let store = store.ok_or("find the store: it is not open")?;
                let made = cmd::app_of(store, &Place::from_env()?).await.map_err(|error| error.to_string())?;
                Ok(app.get_or_init(|| made).registry())
            }
        })
        .beside(move |_, events| {
            let app = tended.get().cloned();
            async move {
                if let Some(app) = app {
                    work::tend(app, events.subscribe()).await;
                }
            }
        })
}
