//! Whose program it is, and how one command is carried out.
//!
//! An [`App`] names the application, its default store and its kinds; [`App::run`] opens the store, carries the command
//! out and says in one line what could not be done. It never panics and never prints a value's inside.

use std::{future::Future, path::Path, pin::Pin, process::ExitCode, sync::Arc, time::Duration};

use banto_engine::{BoxFuture, Events, Layer, Registry, Timetable};
use banto_open::{Found, Wanted};
use banto_store::{Clock, Store, StoreError, SystemClock};

use crate::{
    args::{Commands, Shared},
    cmd,
    exit::{Exit, Failure},
    health::Asks,
    log::{self, Logs},
    print::Print,
    store,
};

/// A store that was opened for a command, and its address, for an application that keeps its own rows beside the jobs.
#[derive(Clone)]
pub struct Opened {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Its address, as it was given.
    pub url: String,
}

type Opener = Box<dyn Fn(Wanted) -> BoxFuture<'static, Result<Found, StoreError>> + Send + Sync>;
pub(crate) type Beside = Arc<dyn Fn(Opened, Events) -> BoxFuture<'static, ()> + Send + Sync>;
type Schedules = Box<dyn Fn(Opened) -> BoxFuture<'static, Result<Timetable, String>> + Send + Sync>;
type Kinds = Box<dyn Fn(Opened) -> BoxFuture<'static, Result<Registry, String>> + Send + Sync>;

/// An application that embeds the command set.
pub struct App {
    pub(crate) name: String,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) layers: Vec<Arc<dyn Layer>>,
    pub(crate) logs: Option<Logs>,
    url: Option<String>,
    pub(crate) beside: Option<Beside>,
    opener: Option<Opener>,
    kinds: Option<Kinds>,
    schedules: Option<Schedules>,
    pub(crate) checks: Vec<(String, Asks)>,
}

impl App {
    /// The application called `name`. It knows no kinds yet, so it can do what `banto` can.
    pub fn new(name: impl Into<String>) -> App {
        App {
            name: name.into(),
            clock: Arc::new(SystemClock),
            layers: Vec::new(),
            logs: None,
            url: None,
            beside: None,
            opener: None,
            kinds: None,
            schedules: None,
            checks: Vec::new(),
        }
    }

    /// The address of its store when nothing else says: `--store`, `BANTO_STORE`, `BANTO_STORE_FILE`, a `banto.toml`.
    pub fn store(mut self, url: impl Into<String>) -> App {
        self.url = Some(url.into());
        self
    }

    /// The kinds it can run.
    pub fn registry(self, registry: Registry) -> App {
        self.registry_with(move |_| {
            let registry = registry.clone();
            async move { Ok(registry) }
        })
    }

    /// As [`App::registry`], for handlers that need the opened store, or things that take time to set up. Asked only by
    /// commands that run or judge jobs. An error is a fragment that fits after "could not".
    pub fn registry_with<F, Fut>(mut self, kinds: F) -> App
    where
        F: Fn(Opened) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Registry, String>> + Send + 'static,
    {
        self.kinds = Some(Box::new(move |opened| Box::pin(kinds(opened))));
        self
    }

    /// The schedules that it has in code. What a `banto.toml` adds is asked for with `--config`.
    pub fn schedules(self, timetable: Timetable) -> App {
        self.schedules_with(move |_| {
            let timetable = timetable.clone();
            async move { Ok(timetable) }
        })
    }

    /// As [`App::schedules`], for schedules that need the opened store, or things that take time to set up. An error is a
    /// fragment that fits after "could not".
    pub fn schedules_with<F, Fut>(mut self, schedules: F) -> App
    where
        F: Fn(Opened) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Timetable, String>> + Send + 'static,
    {
        self.schedules = Some(Box::new(move |opened| Box::pin(schedules(opened))));
        self
    }

    /// Where the lines of its worker, scheduler and programs are kept in files, beside the standard output, unless a
    /// `banto.toml` or what is typed says otherwise.
    pub fn logs(mut self, logs: Logs) -> App {
        self.logs = Some(logs);
        self
    }

    /// Adds a layer around each run of its worker, inside those added before.
    pub fn layer(mut self, layer: impl Layer) -> App {
        self.layers.push(Arc::new(layer));
        self
    }

    /// Something that lives beside its worker, from before the first job until the worker has stopped: a sweep, a mirror of
    /// its events.
    pub fn beside<F, Fut>(mut self, beside: F) -> App
    where
        F: Fn(Opened, Events) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.beside = Some(Arc::new(move |opened, events| Box::pin(beside(opened, events))));
        self
    }

    /// Something else that must be well for this application to do its work, as `redis`: under `--health`, a running process
    /// asks it every five seconds, on the application's runtime, and its health says so when there is no `Ok` within five
    /// more. An error is in words for people; it is shown to whoever may ask, so it holds no secret (a user and password
    /// before the host of an address are left out). The name is as a queue's.
    pub fn check<F, Fut>(mut self, name: impl Into<String>, check: F) -> App
    where
        F: Fn(Opened) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.checks.push((name.into(), Arc::new(move |opened| Box::pin(check(opened)))));
        self
    }

    /// How stores are opened, for an application that knows other stores than banto, or that shares one it has open.
    /// It is told whether the command may make or migrate one; [`Wanted::open`] does as it is told.
    pub fn opener<F, Fut, T>(mut self, opener: F) -> App
    where
        F: Fn(Wanted) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, StoreError>> + Send + 'static,
        T: Into<Found>,
    {
        self.opener = Some(Box::new(move |wanted| {
            let opened = opener(wanted);
            Box::pin(async move { opened.await.map(Into::into) })
        }));
        self
    }

    /// Carries out a command and says how the program is to end; see [`crate::exit`].
    ///
    /// When a worker stops although one of its runs does not, this ends the process itself, because the runtime would wait
    /// for that run for ever.
    pub fn run(&self, command: Commands) -> Pin<Box<dyn Future<Output = ExitCode> + '_>> {
        Box::pin(async move {
            let mut print = Print::of_process(command.shared().json);
            ExitCode::from(self.carry_out(command, &mut print).await.code())
        })
    }

    pub(crate) async fn carry_out(&self, command: Commands, print: &mut Print) -> Exit {
        let exit = cmd::run(self, command, print).await.unwrap_or_else(|failure| {
            self.complain(&failure, print);
            failure.exit
        });
        log::flush();
        let Some(why) = print.lost().filter(|_| exit <= Exit::Found) else { return exit };
        let failure =
            Failure::new(Exit::Machine, format!("write the answer: {why}; whatever was ordered has been done"));
        self.complain(&failure, print);
        failure.exit
    }

    fn complain(&self, failure: &Failure, print: &mut Print) {
        print.failure(&self.name, failure);
    }

    /// Opens the store that the command means; `migrate` lets a new one be made, or an old one changed. Answers its
    /// schema's version before and after too, where that is known.
    pub(crate) async fn open(
        &self,
        command: &Commands,
        migrate: bool,
    ) -> Result<(Opened, Option<(usize, usize)>), Failure> {
        let Some(url) = self.address(command.shared(), command.config())? else {
            return Err(Failure::usage(
                "find a store: give --store URL, or set BANTO_STORE or BANTO_STORE_FILE, or say store = \"sqlite://jobs.db\" in banto.toml",
            ));
        };
        self.open_at(url, migrate).await
    }

    /// Opens the store at an address.
    pub(crate) async fn open_at(
        &self,
        url: String,
        migrate: bool,
    ) -> Result<(Opened, Option<(usize, usize)>), Failure> {
        let wanted = Wanted { url: url.clone(), migrate };
        let found = match &self.opener {
            Some(opener) => opener(wanted).await?,
            None => wanted.open(self.clock.clone()).await?,
        };
        Ok((Opened { store: found.store, url }, found.schema))
    }

    /// The store's address, if there is one; `config` names a `banto.toml`.
    pub(crate) fn address(&self, shared: &Shared, config: Option<&Path>) -> Result<Option<String>, Failure> {
        // Where schedules are in code, a file is read only if it is named.
        store::find(shared.store.as_deref(), config, self.schedules.is_none(), self.url.as_deref())
    }

    /// The kinds, if it has any.
    pub(crate) async fn known(&self, opened: &Opened) -> Result<Option<Registry>, Failure> {
        let Some(kinds) = &self.kinds else { return Ok(None) };
        kinds(opened.clone()).await.map(Some).map_err(|text| Failure::new(Exit::Unready, text))
    }

    /// The schedules in code, if it has any.
    pub(crate) async fn scheduled(&self, opened: &Opened) -> Result<Option<Timetable>, Failure> {
        let Some(schedules) = &self.schedules else { return Ok(None) };
        schedules(opened.clone()).await.map(Some).map_err(|text| Failure::new(Exit::Unready, text))
    }

    /// Refuses what only an application can do.
    pub(crate) fn must_know_kinds(&self, what: &str) -> Result<(), Failure> {
        if self.kinds.is_some() {
            return Ok(());
        }
        let name = &self.name;
        Err(Failure::new(
            Exit::NoKinds,
            format!(
                "{what}: {name} knows no kinds of jobs, for they are code of an application; add banto_cli::Commands to the \
                 application's own commands and give it the registry (see the docs of banto_cli), then type its name instead \
                 of {name}"
            ),
        ))
    }
}

/// Runs a program's future on a runtime of its own, and does not wait for what is left over: a run that ignores every
/// order to stop, or a blocking call, ends with the process.
pub fn block_on(program: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let exit = runtime.block_on(program);
            runtime.shutdown_timeout(Duration::from_millis(100));
            exit
        }
        Err(error) => {
            Print::of_process(false).note(format!("could not start the runtime: {error}"));
            ExitCode::from(Exit::Machine.code())
        }
    }
}

impl Commands {
    /// The `banto.toml` that is named, if one is.
    fn config(&self) -> Option<&Path> {
        match self {
            Commands::Schedule(schedule) => schedule.source.config.as_deref(),
            Commands::Up(up) => up.source.config.as_deref(),
            _ => None,
        }
    }

    /// What every command takes.
    pub fn shared(&self) -> &Shared {
        match self {
            Commands::Queue(queue) => &queue.shared,
            Commands::Schedule(schedule) => &schedule.shared,
            Commands::Up(up) => &up.shared,
            Commands::Program(program) => &program.shared,
            Commands::Reload(reload) => &reload.shared,
            Commands::Deploy(deploy) => &deploy.shared,
            Commands::Migrate(migrate) => &migrate.shared,
            Commands::Store(store) => &store.shared,
            Commands::Health(health) => &health.shared,
            Commands::Init(init) => &init.shared,
            Commands::Import(import) => &import.shared,
        }
    }
}
