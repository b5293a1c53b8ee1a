//! Which schedules this build has, and what each of them does.
//!
//! The timetable is to schedules what the registry is to kinds: filled by explicit `add`s, with every fault kept for the
//! preflight. A schedule's time is data that goes into the store; what it does is code, or a command out of a file on disk, and
//! stays here. So a store that was tampered with can make nothing run that this build did not declare.

use std::{collections::BTreeMap, fmt, future::Future, sync::Arc, time::Duration};

use banto_core::{
    FireId, Hold, Job as Record, JobId, Label, Name, NewJob, Payload, Reason, Refusal, Schedule, ScheduleDraft,
    ScheduleName, Unique, limits::ATTEMPTS_MAX, text::visible,
};
use banto_process::{OutputFile, Spec};
use banto_store::NewSchedule;

use crate::{
    BoxFuture, command,
    context::{Context, Run},
    enqueue,
    handler::JobError,
    kind::{Job, Policy},
    panic::guarded,
    registry::Registry,
};

/// The kind of the jobs that run a schedule's command or closure.
pub const RUN_KIND: &str = "banto.run";
/// The queue that such jobs wait in, where a schedule names none.
pub const RUN_QUEUE: &str = "schedules";

type Make = Arc<dyn Fn(JobId, i64) -> Result<NewJob, Refusal> + Send + Sync>;
type Call = Arc<dyn Fn(Context) -> BoxFuture<'static, Result<(), JobError>> + Send + Sync>;
type Condition = Arc<dyn Fn() -> bool + Send + Sync>;

/// What a schedule does when it is due.
#[derive(Clone)]
pub enum Action {
    /// A job of some kind is enqueued.
    Enqueue {
        /// Its kind.
        kind: Name,
        /// Makes it.
        make: Make,
    },
    /// A command runs.
    Command(Arc<Spec>),
    /// A closure runs.
    Call(Call),
}

/// A schedule and what it does.
#[derive(Clone)]
pub struct Entry {
    /// When.
    pub schedule: Schedule,
    /// What.
    pub action: Action,
    /// Where it was written down: "code", or a file and a line.
    pub source: String,
    queue: Name,
    attempts_max: u16,
    timeout_ms: Option<u64>,
    conditions: Vec<Condition>,
}

/// A schedule that is being written down: its time is there, and what it does. See [`Does`].
pub struct Scheduled {
    entry: Result<Entry, Vec<Refusal>>,
    faults: Vec<Refusal>,
}

/// From a schedule's time to what it does.
pub trait Does {
    /// Enqueues this job, as its kind's policy says.
    fn job<J: Job + Sync>(self, job: J) -> Scheduled;
    /// Runs a command: a program and its arguments, of which no shell ever reads anything.
    fn command<I: IntoIterator<Item = T>, T: Into<String>>(self, argv: I) -> Scheduled;
    /// Runs a command with limits, environment and output of its own.
    fn spec(self, spec: Spec) -> Scheduled;
    /// Runs a closure.
    fn call<F, Fut>(self, call: F) -> Scheduled
    where
        F: Fn(Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static;
}

impl Does for ScheduleDraft {
    fn job<J: Job + Sync>(self, job: J) -> Scheduled {
        let make: Make = Arc::new(move |id, now_ms| enqueue::made(&job, id, now_ms));
        match Name::new(J::KIND) {
            Ok(kind) => Scheduled::of(self, Action::Enqueue { kind, make }),
            Err(refusal) => Scheduled { entry: Err(vec![refusal]), faults: Vec::new() },
        }
    }

    fn command<I: IntoIterator<Item = T>, T: Into<String>>(self, argv: I) -> Scheduled {
        self.spec(Spec::argv(argv))
    }

    fn spec(self, spec: Spec) -> Scheduled {
        Scheduled::of(self, Action::Command(Arc::new(spec)))
    }

    fn call<F, Fut>(self, call: F) -> Scheduled
    where
        F: Fn(Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        Scheduled::of(self, Action::Call(Arc::new(move |context| Box::pin(call(context)))))
    }
}

impl Scheduled {
    fn of(draft: ScheduleDraft, action: Action) -> Scheduled {
        let entry =
            draft.build().and_then(|schedule| Entry::new(schedule, action, "code").map_err(|fault| vec![fault]));
        Scheduled { entry, faults: Vec::new() }
    }

    /// Its job waits in that queue.
    pub fn queue(self, queue: &str) -> Scheduled {
        self.set_to(Name::new(queue), |entry, queue| entry.queue = queue)
    }

    /// A run that does not end well is tried again, so often in all; once where nothing is said. A job of a kind keeps to its kind.
    pub fn attempts_max(self, attempts: u16) -> Scheduled {
        let allowed =
            || Refusal::new("a number of attempts", &attempts.to_string(), format!("1 to {ATTEMPTS_MAX} is allowed"));
        let checked = if (1..=ATTEMPTS_MAX).contains(&attempts) { Ok(attempts) } else { Err(allowed()) };
        self.set_to(checked, |entry, attempts| entry.attempts_max = attempts)
    }

    /// A run is stopped after that long, and has failed.
    pub fn timeout(self, timeout: Duration) -> Scheduled {
        let ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        self.set_to(Ok(ms), |entry, ms| entry.timeout_ms = Some(ms))
    }

    /// A due instant fires only when this holds; else it is skipped. Asked right before, on the scheduler's own thread: it
    /// must be quick.
    pub fn when(self, condition: impl Fn() -> bool + Send + Sync + 'static) -> Scheduled {
        self.set_to(Ok(Arc::new(condition) as Condition), |entry, condition| entry.conditions.push(condition))
    }

    /// A due instant is skipped when this holds.
    pub fn skip(self, condition: impl Fn() -> bool + Send + Sync + 'static) -> Scheduled {
        self.when(move || !condition())
    }

    fn set_to<T>(mut self, value: Result<T, Refusal>, change: impl FnOnce(&mut Entry, T)) -> Scheduled {
        match (value, &mut self.entry) {
            (Ok(value), Ok(entry)) => change(entry, value),
            (Ok(_), Err(_)) => {}
            (Err(fault), _) => self.faults.push(fault),
        }
        self
    }
}

impl Entry {
    /// A schedule that does that, written down at `source`: one attempt, in the queue `schedules`. A command's output goes to
    /// the schedule's file; nothing else has any.
    pub fn new(schedule: Schedule, action: Action, source: impl Into<String>) -> Result<Entry, Refusal> {
        let queue = Name::new(RUN_QUEUE)?;
        let source = source.into();
        let action = match (action, &schedule.output) {
            (Action::Command(spec), Some(output)) if spec.file.is_none() => {
                let file = Some(OutputFile { zone: zone_of(&schedule), ..OutputFile::new(&output.path) });
                Action::Command(Arc::new(Spec { file, ..(*spec).clone() }))
            }
            (Action::Command(spec), _) => Action::Command(spec),
            (_, Some(output)) => {
                let allowed = "only a command's output goes to a file; a job and a closure write to the log";
                return Err(Refusal::new("a file for the output", &output.path, allowed));
            }
            (action, None) => action,
        };
        Ok(Entry { schedule, action, source, queue, attempts_max: 1, timeout_ms: None, conditions: Vec::new() })
    }

    /// In that queue, with so many attempts, each so long at most.
    pub fn run_as(self, queue: Option<Name>, attempts_max: Option<u16>, timeout_ms: Option<u64>) -> Entry {
        let queue = queue.unwrap_or(self.queue);
        let attempts_max = attempts_max.unwrap_or(self.attempts_max);
        Entry { queue, attempts_max, timeout_ms: timeout_ms.or(self.timeout_ms), ..self }
    }

    /// What it does, in words. Arguments are shown: a secret belongs into the environment.
    pub fn words(&self) -> String {
        match &self.action {
            Action::Enqueue { kind, .. } => format!("enqueue a job of {kind}"),
            Action::Command(spec) => format!("run {}", command::shown(spec)),
            Action::Call(_) => "call a function".into(),
        }
    }

    /// A fingerprint of all that matters: who goes by another one does something else.
    pub fn revision(&self) -> i64 {
        let Entry { queue, attempts_max, timeout_ms, .. } = self;
        self.schedule.fingerprint_with(&[&self.words(), queue.as_str(), &format!("{attempts_max} {timeout_ms:?}")])
    }

    /// As it is registered.
    pub(crate) fn registered(&self) -> NewSchedule {
        NewSchedule {
            name: self.schedule.name.clone(),
            revision: self.revision(),
            model: self.schedule.to_json(),
            action: visible(&self.words(), 500),
            source: self.source.clone(),
        }
    }

    /// The job of a due instant, to be run at `run_at` (milliseconds since 1970).
    pub(crate) fn job(&self, id: JobId, due_at: i64, run_at: i64, now_ms: i64) -> Result<NewJob, Refusal> {
        let name = &self.schedule.name;
        let fire = FireId { schedule: name.clone(), due_at };
        let mut job = match &self.action {
            Action::Enqueue { make, .. } => make(id, now_ms)?,
            Action::Command(_) | Action::Call(_) => {
                let kind = Name::new(RUN_KIND)?;
                let mut job = NewJob::new(id, kind, self.queue.clone(), Payload::of(&fire)?);
                job.attempts_max = Some(self.attempts_max);
                job.options.timeout_ms = self.timeout_ms;
                // A command that took its worker with it has ended badly: the next due instant is its next chance.
                job.options.crashes_max = Some(1);
                job
            }
        };
        if self.schedule.no_overlap {
            job.unique = Some(Unique { key: key(name)?, hold: Hold::Done });
        }
        if run_at > now_ms {
            job.due = banto_core::Due::At(run_at);
        }
        job.options.fire = Some(fire);
        Ok(job)
    }

    /// Why a due instant does not fire now, by the schedule's own conditions.
    pub(crate) fn filtered(&self) -> Option<(Reason, String)> {
        for condition in &self.conditions {
            match guarded(|| condition()) {
                Ok(true) => {}
                Ok(false) => return Some((Reason::Filter, String::new())),
                Err(text) => return Some((Reason::Filter, format!("its condition panicked: {}", visible(&text, 200)))),
            }
        }
        None
    }
}

/// The zone whose midnight turns a schedule's file.
fn zone_of(schedule: &Schedule) -> Option<String> {
    Some(schedule.zone.as_str().to_owned())
}

/// The key that keeps the runs of a schedule apart.
pub fn key(schedule: &ScheduleName) -> Result<Label, Refusal> {
    Label::new(&format!("schedule:{schedule}"))
}

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
        registry.add::<RunSchedule, _, _, _>(self, run);
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

async fn run(RunSchedule(fire): RunSchedule, context: Context<Timetable>) -> Result<(), JobError> {
    let Some(entry) = context.state().entry(&fire.schedule) else {
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
fn of_another(job: &Record, fire: &FireId) -> bool {
    job.options.fire.as_ref() != Some(fire)
}
