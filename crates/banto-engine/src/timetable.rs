//! Which schedules this build has, and what each of them does.
//!
//! The timetable is to schedules what the registry is to kinds: filled by explicit `add`s, with every fault kept for the
//! preflight. A schedule's time is data that goes into the store; what it does is code, or a command out of a file on disk, and
//! stays here. So a store that was tampered with can make nothing run that this build did not declare.

use std::{collections::BTreeMap, fmt, sync::Arc};

use banto_core::{FireId, Job as JobRecord, Name, ScheduleName};

use crate::{
    command,
    context::{Context, Run},
    handler::JobError,
    kind::{Job, Policy},
    registry::Registry,
};

mod current;
mod does;
mod entry;

pub use banto_core::run::{RUN_KIND, RUN_QUEUE};
pub use current::Current;
pub use does::{Does, Scheduled};
pub use entry::{Action, Entry, key};

/// How long the run of a command or closure may take where its schedule does not say, in milliseconds: a day. A worker's own limit
/// is for jobs that are meant to be short; a nightly backup is not.
pub const RUN_MS_MAX: u64 = 86_400_000;

/// The schedules of a build.
#[derive(Clone)]
pub struct Timetable {
    /// Whose they are.
    pub service: Name,
    /// The build, as it shall be shown.
    pub build: String,
    environment: String,
    entries: BTreeMap<ScheduleName, Entry>,
    faults: Vec<String>,
}

impl Timetable {
    /// An empty timetable of `service`, in the build called `build`. Schedules that name environments are for `production`
    /// until [`Timetable::environment`] says otherwise.
    pub fn new(service: Name, build: impl Into<String>) -> Timetable {
        let (build, environment) = (build.into(), "production".into());
        Timetable { service, build, environment, entries: BTreeMap::new(), faults: Vec::new() }
    }

    /// The environment that this process runs in. What is for others is left out.
    pub fn environment(self, environment: impl Into<String>) -> Timetable {
        Timetable { environment: environment.into(), ..self }
    }

    /// Adds a schedule. What is wrong with it is reported by the preflight.
    pub fn add(&mut self, scheduled: Scheduled) {
        let Scheduled { entry, faults } = scheduled;
        match entry {
            Ok(entry) if faults.is_empty() => self.add_entry(entry),
            entry => {
                let all = entry.err().unwrap_or_default().into_iter().chain(faults);
                self.faults.extend(all.map(|fault| format!("write down a schedule: could not {fault}")));
            }
        }
    }

    /// Adds a schedule that was read from a file.
    pub fn add_entry(&mut self, entry: Entry) {
        let name = entry.schedule.name.clone();
        if let Some(other) = self.entries.get(&name) {
            let (one, two) = (&other.source, &entry.source);
            self.faults.push(format!("have the schedule {name} twice ({one} and {two}); rename one"));
            return;
        }
        self.entries.insert(name, entry);
    }

    /// Something is wrong with where schedules are written down.
    pub fn fault(&mut self, fault: impl Into<String>) {
        self.faults.push(fault.into());
    }

    /// What went wrong while it was filled.
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// The schedules that fire in this environment, by name.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().filter(|entry| entry.schedule.is_for(&self.environment))
    }

    /// The schedules that are for other environments only, by name.
    pub fn elsewhere(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().filter(|entry| !entry.schedule.is_for(&self.environment))
    }

    /// A schedule that fires in this environment.
    pub fn entry(&self, name: &ScheduleName) -> Option<&Entry> {
        self.entries.get(name).filter(|entry| entry.schedule.is_for(&self.environment))
    }

    /// Whether it has no schedule that fires here.
    pub fn is_empty(&self) -> bool {
        self.entries().next().is_none()
    }

    /// Has a worker with that registry run this timetable's commands and closures.
    pub fn work_in(self: Arc<Timetable>, registry: &mut Registry) {
        Arc::new(Current::new(self)).work_in(registry);
    }
}

impl fmt::Debug for Timetable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timetable").field("service", &self.service).field("schedules", &self.entries.len()).finish()
    }
}

/// The run of a due instant, as a job: which one, and nothing of what is to be done.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
struct RunSchedule(FireId);

impl Job for RunSchedule {
    const KIND: &'static str = RUN_KIND;

    fn policy() -> Policy {
        Policy { queue: RUN_QUEUE, attempts_max: Some(1), crashes_max: Some(1), ..Policy::default() }
    }
}

async fn run(RunSchedule(fire): RunSchedule, context: Context<Current>) -> Result<(), JobError> {
    let timetable = context.state().get();
    let Some(entry) = timetable.entry(&fire.schedule) else {
        return Err(JobError::missing(format!("the schedule {} in the timetable of this build", fire.schedule)));
    };
    if of_another(context.job(), &fire) {
        return Err(JobError::dead(format!("it was not enqueued by the schedule {}", fire.schedule)));
    }
    let run: Arc<Run> = context.run.clone();
    match &entry.action {
        Action::Command(spec) => {
            let anew = entry.schedule.output.as_ref().is_some_and(|output| !output.append);
            command::run(spec, anew, &fire.schedule, &run).await
        }
        Action::Call(call) => call(Context { run, state: Arc::new(()) }).await,
        Action::Enqueue { kind, .. } => Err(JobError::dead(format!("{} enqueues jobs of {kind} now", fire.schedule))),
    }
}

/// Whether a job only says that it is the run of a due instant.
fn of_another(job: &JobRecord, fire: &FireId) -> bool {
    job.options.fire.as_ref() != Some(fire)
}
