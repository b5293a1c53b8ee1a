//! One file a command, and what they share: the opened store, the time, and who orders.

use std::sync::Arc;

use banto_core::JobId;
use banto_engine::Registry;
use banto_store::{Clock, Store};

use crate::{
    app::{App, Opened},
    args::{Commands, DeployVerb, Queue, StoreVerb, Verb, schedule::ScheduleVerb, store::Store as StoreTyped},
    exit::{Exit, Failure},
    mean,
    print::Print,
};

mod beside;
mod check;
mod clear;
mod enqueue;
mod explain;
mod export;
mod flush;
mod health;
mod import;
mod init;
mod line;
mod list;
mod migrate;
mod monitor;
mod parked;
mod pause;
mod program;
mod schedule;
mod show;
mod signals;
mod steer;
mod store;
mod up;
mod work;

/// What a command works with.
pub(crate) struct Desk<'a> {
    pub app: &'a App,
    pub opened: Opened,
    pub print: &'a mut Print,
}

impl Desk<'_> {
    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.opened.store
    }

    /// The clock.
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.app.clock.clone()
    }

    /// Wall-clock time, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.app.clock.wall_ms()
    }

    /// The kinds of this build, if it knows any.
    pub async fn known(&self) -> Result<Option<Registry>, Failure> {
        self.app.known(&self.opened).await
    }

    /// The kinds of this build, for `what`.
    pub async fn kinds(&self, what: &str) -> Result<Registry, Failure> {
        self.app.must_know_kinds(what)?;
        Ok(self.known().await?.unwrap_or_default())
    }
}

/// Carries out a command.
pub(crate) async fn run(app: &App, command: Commands, print: &mut Print) -> Result<Exit, Failure> {
    match &command {
        Commands::Queue(Queue { verb: Verb::Work(_), .. }) => app.must_know_kinds("run jobs")?,
        Commands::Deploy(_) => app.must_know_kinds("check a build")?,
        // These want no store.
        Commands::Program(typed) => return program::run(app, typed, print).await,
        Commands::Reload(typed) => return program::reload(app, typed, print).await,
        Commands::Health(typed) => return health::run(typed, print).await,
        Commands::Init(typed) => return init::run(typed, print),
        Commands::Import(typed) => return import::run(typed, print).await,
        // It opens two.
        Commands::Store(StoreTyped { verb: StoreVerb::Copy(typed), .. }) => {
            return store::copy(app, typed, print).await;
        }
        Commands::Queue(_) | Commands::Schedule(_) | Commands::Up(_) | Commands::Store(_) | Commands::Migrate(_) => {}
    }
    // What is wrong with what was typed is said before a store is made, or migrated, for it.
    let payload = match &command {
        Commands::Queue(Queue { verb: Verb::Enqueue(typed), .. }) => {
            let payload = enqueue::payload(print, &typed.payload)?;
            mean::enqueue::job(typed, &payload, None, JobId::of_bytes([0; 16]), app.clock.wall_ms())?;
            payload
        }
        Commands::Queue(Queue { verb: Verb::Work(typed), .. }) => {
            mean::work::config(typed, &Registry::default(), &app.name)?;
            String::new()
        }
        _ => String::new(),
    };
    let (opened, schema) = app.open(&command, command.migrates()).await?;
    let mut desk = Desk { app, opened, print };
    match command {
        Commands::Queue(queue) => queue_verb(&mut desk, queue.verb, &payload).await,
        Commands::Deploy(deploy) => match deploy.verb {
            DeployVerb::Check => check::run(&mut desk).await,
        },
        Commands::Schedule(typed) => schedule::verb(&mut desk, typed).await,
        Commands::Up(typed) => up::run(&mut desk, *typed).await,
        Commands::Store(typed) => store::verb(&mut desk, typed.verb).await,
        Commands::Migrate(_) => migrate::run(&mut desk, schema),
        // They were answered above.
        Commands::Program(_) | Commands::Reload(_) | Commands::Health(_) | Commands::Init(_) | Commands::Import(_) => {
            Ok(Exit::Well)
        }
    }
}

async fn queue_verb(desk: &mut Desk<'_>, verb: Verb, payload: &str) -> Result<Exit, Failure> {
    match verb {
        Verb::Work(typed) => work::run(desk, &typed).await,
        Verb::Enqueue(typed) => enqueue::run(desk, &typed, payload).await,
        Verb::List(typed) => list::run(desk, &typed).await,
        Verb::Failed(typed) => list::failed(desk, &typed).await,
        Verb::Show(typed) => show::run(desk, &typed).await,
        Verb::Explain(typed) => explain::run(desk, &typed).await,
        Verb::Retry(typed) => steer::retry(desk, &typed).await,
        Verb::Forget(typed) => steer::forget(desk, &typed).await,
        Verb::Cancel(typed) => steer::cancel(desk, &typed).await,
        Verb::Release(typed) => steer::release(desk, &typed).await,
        Verb::Flush(typed) => flush::run(desk, &typed).await,
        Verb::Clear(typed) => clear::run(desk, &typed).await,
        Verb::Monitor(typed) => monitor::run(desk, &typed).await,
        Verb::Pause(typed) => pause::pause(desk, &typed).await,
        Verb::Resume(typed) => pause::resume(desk, &typed).await,
        Verb::Restart => pause::restart(desk).await,
        Verb::Parked(typed) => parked::run(desk, &typed).await,
    }
}

impl Commands {
    /// Whether the command may make a store where there is none, and bring an older one up to date.
    fn migrates(&self) -> bool {
        match self {
            Commands::Queue(queue) => matches!(queue.verb, Verb::Work(_) | Verb::Enqueue(_)),
            Commands::Schedule(typed) => matches!(typed.verb, ScheduleVerb::Run(_) | ScheduleVerb::Work(_)),
            Commands::Deploy(_)
            | Commands::Program(_)
            | Commands::Reload(_)
            | Commands::Health(_)
            | Commands::Init(_)
            | Commands::Store(_)
            | Commands::Import(_) => false,
            Commands::Up(_) | Commands::Migrate(_) => true,
        }
    }
}

#[cfg(test)]
mod tests;
