//! What is written down to be done: the schedules of an application's code, and what a `banto.toml` adds.
//!
//! Both make one timetable; a name that stands in both is a fault. The file can be read again while a process runs. Nothing
//! here judges: faults are kept in the timetable, where the preflight finds them all at once.

use std::path::{Path, PathBuf};

use banto_core::{Name, text::visible};
use banto_engine::{Timetable, supervise::Program};

use crate::{
    app::{App, Opened},
    args::schedule::Source,
    exit::Failure,
    file,
};

/// The file that is read where none is named, if it is there.
const FILE: &str = "banto.toml";

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
}

impl Given {
    /// What the application and `source` name. Where the application has schedules in code, a file is read only if it is
    /// named; else `banto.toml` is, if there is one.
    pub async fn of(app: &App, opened: &Opened, source: &Source) -> Result<Given, Failure> {
        let code = app.scheduled(opened).await?;
        let named = source.config.clone().filter(|path| !path.as_os_str().is_empty());
        let path = named.or_else(|| Some(PathBuf::from(FILE)).filter(|path| code.is_none() && path.exists()));
        let environment = source.environment.clone().filter(|name| !name.is_empty());
        if let Some(name) = &environment {
            crate::mean::name("--environment", name)?;
        }
        Ok(Given { code, path, app: app.name.clone(), environment })
    }

    /// Whether anything says what is to be done.
    pub fn is_some(&self) -> bool {
        self.code.is_some() || self.path.is_some()
    }

    /// The file, if there is one.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Reads all of it.
    pub fn read(&self) -> Result<Written, Failure> {
        let file = self.path.as_deref().map(file::read);
        let service = file.as_ref().and_then(|file| file.service.clone());
        let mut timetable = match &self.code {
            Some(code) => code.clone(),
            None => Timetable::new(service.map_or_else(|| self.service(), Ok)?, env!("CARGO_PKG_VERSION")),
        };
        if let Some(environment) = &self.environment {
            timetable = timetable.environment(environment.as_str());
        }
        let Some(file) = file else { return Ok(Written { timetable, programs: Vec::new() }) };
        file.entries.into_iter().for_each(|entry| timetable.add_entry(entry));
        file.faults.into_iter().for_each(|fault| timetable.fault(fault));
        Ok(Written { timetable, programs: file.programs })
    }

    fn service(&self) -> Result<Name, Failure> {
        Ok(Name::new(&self.app).or_else(|_| Name::new("banto"))?)
    }

    /// Where to write schedules down, for whoever has none.
    pub fn hint(&self) -> String {
        match &self.path {
            Some(path) => format!("{} has none", visible(&path.to_string_lossy(), 200)),
            None => format!("write some into {FILE} (see `banto init`), or name a file with --config"),
        }
    }
}
