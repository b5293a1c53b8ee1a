//! What is written down to be done: the schedules of an application's code, and what a `banto.toml` adds.
//!
//! Both make one timetable; a name that stands in both is a fault. The file can be read again while a process runs: it is
//! taken whole or not at all.

use std::path::PathBuf;

use banto_core::{Name, text::visible};
use banto_engine::{Registry, Timetable, supervise::Program};

use crate::{
    app::{App, Opened},
    args::{Work, schedule::Source},
    exit::Failure,
    file::{File, HealthSettings, LogSettings, SchedulerSettings, StoreUrl},
    mean,
};

mod program;

/// The file that is read where none is named, if it is there.
pub(crate) const FILE: &str = "banto.toml";

/// Where it is written down.
#[derive(Clone)]
pub(crate) struct Given {
    code: Option<Timetable>,
    path: Option<PathBuf>,
    app: String,
    environment: Option<String>,
}

/// All that is written down.
#[derive(Clone)]
pub(crate) struct Written {
    /// The schedules, and every fault.
    pub timetable: Timetable,
    /// The programs to be kept running.
    pub programs: Vec<Program>,
    /// The words of `queue work`, if the file has some.
    pub worker: Option<Work>,
    /// How the scheduler works, as far as the file says.
    pub scheduler: SchedulerSettings,
    /// Where and when it says how it is, as far as the file says.
    pub health: HealthSettings,
    /// Where lines are kept, as far as the file says.
    pub log: LogSettings,
    /// The store's address, if the file says one.
    pub store: Option<StoreUrl>,
}

impl Written {
    /// Schedules, and nothing else.
    fn of(timetable: Timetable) -> Written {
        let (scheduler, health, log) = <(SchedulerSettings, HealthSettings, LogSettings)>::default();
        Written { timetable, programs: Vec::new(), worker: None, scheduler, health, log, store: None }
    }
}

/// The file that is named; else, where one may lie beside, `banto.toml`, if it is there. An empty name names none.
pub(crate) fn file(named: Option<PathBuf>, beside: bool) -> Option<PathBuf> {
    let named = named.filter(|path| !path.as_os_str().is_empty());
    named.or_else(|| Some(PathBuf::from(FILE)).filter(|path| beside && path.exists()))
}

impl Given {
    /// What the application and `source` name. Where the application has schedules in code, a file is read only if it is
    /// named; else `banto.toml` is, if there is one.
    pub async fn of(app: &App, opened: &Opened, source: &Source) -> Result<Given, Failure> {
        let code = app.scheduled(opened).await?;
        let path = file(source.config.clone(), code.is_none());
        let environment = source.environment.clone().filter(|name| !name.is_empty());
        if let Some(name) = &environment {
            mean::name("--environment", name)?;
        }
        Ok(Given { code, path, app: app.name.clone(), environment })
    }

    /// Whether anything says what is to be done.
    pub fn is_some(&self) -> bool {
        self.code.is_some() || self.path.is_some()
    }

    /// The file, as it shall be shown, if there is one.
    pub fn file(&self) -> Option<String> {
        self.path.as_ref().map(|path| visible(&path.to_string_lossy(), 200))
    }

    /// Reads all of it. What its schedules enqueue is of the kinds of `registry`, where that is known.
    pub fn read(&self, registry: Option<&Registry>) -> Result<Written, Failure> {
        let file = self.path.as_ref().map(File::read).transpose()?;
        let mut timetable = match (&self.code, &file) {
            (Some(code), _) => code.clone(),
            (None, Some(file)) => {
                let build = registry.map_or(env!("CARGO_PKG_VERSION"), Registry::build);
                Timetable::new(file.service.clone(), build).environment(file.environment.as_str())
            }
            (None, None) => Timetable::new(self.service()?, env!("CARGO_PKG_VERSION")),
        };
        if let Some(environment) = &self.environment {
            timetable = timetable.environment(environment.as_str());
        }
        let Some(file) = file else {
            return Ok(Written::of(timetable));
        };
        file.fill(&mut timetable, registry);
        let programs = file.programs.iter().map(program::of).collect();
        let File { worker, scheduler, health, log, store, .. } = file;
        Ok(Written { timetable, programs, worker, scheduler, health, log, store })
    }

    fn service(&self) -> Result<Name, Failure> {
        Ok(Name::new(&self.app).or_else(|_| Name::new("banto"))?)
    }

    /// Where to write schedules down, for whoever has none.
    pub fn hint(&self) -> String {
        match self.file() {
            Some(file) => format!("{file} has none for this environment"),
            None => format!("write some into {FILE}, or name a file with --config"),
        }
    }
}
