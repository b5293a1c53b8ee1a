//! A job as it is stored: its moving part of eighty bytes, and putting it together with what never changes.
//!
//! The twin of the row in `lua/desk.lua`. Everything that comes out is checked as if it came from the net, for somebody
//! may have written there: lengths, ranges, names, JSON, the sum. An entry that does not hold is [`Damaged`], with the
//! reason; it never stops its neighbours.

use banto_core::{Cause, InstanceId, Job, JobId, Lease, Park, State, limits::PRIORITY_MAX, text::visible};

use banto_store::{
    Run,
    unreadable::{no_payload, stand_in},
};

use crate::fixed::Fixed;

/// How long a moving part is.
pub(crate) const BYTES: usize = 80;

/// What does not hold.
pub(crate) type Why = String;

/// The moving part of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moving {
    pub state: State,
    pub flags: u8,
    pub priority: u8,
    pub cause: Option<Cause>,
    pub class: u32,
    pub attempt: u16,
    pub crashes: u16,
    pub fence: u32,
    pub run_at: i64,
    pub enqueued_at: i64,
    started_at: i64,
    finished_at: i64,
    instance: u64,
    pub token: u64,
}

/// Flags of a moving part.
pub(crate) mod flag {
    pub(crate) const CANCEL_ASKED: u8 = 1;
    pub(crate) const ERROR: u8 = 2;
    pub(crate) const PROGRESS: u8 = 4;
    pub(crate) const PARK: u8 = 8;
    pub(crate) const KEYED: u8 = 16;
    pub(crate) const FIRE: u8 = 32;
}

impl Moving {
    pub fn read(bytes: &[u8]) -> Result<Moving, Why> {
        if bytes.len() != BYTES {
            return Err(format!("its moving part has {} bytes, not {BYTES}", bytes.len()));
        }
        let mut bytes = Bytes(bytes);
        let state = State::of_number(bytes.u8().into()).ok_or("its state has an unknown number")?;
        let (flags, priority, cause) = (bytes.u8(), bytes.u8(), bytes.u8());
        if priority > PRIORITY_MAX {
            return Err(format!("its priority is {priority}, and {PRIORITY_MAX} is the last"));
        }
        let class = bytes.u32();
        let (attempt, crashes, fence) = (bytes.u16(), bytes.u16(), bytes.u32());
        let _lease_ms = bytes.u32();
        let (run_at, enqueued_at, started_at, finished_at) = (bytes.i64(), bytes.i64(), bytes.i64(), bytes.i64());
        let (instance, token) = (bytes.u64(), bytes.u64());
        let cause = match cause {
            0 => None,
            number => Some(
                cause_of(number).ok_or_else(|| format!("its cause to be parked has the unknown number {number}"))?,
            ),
        };
        Ok(Moving {
            state,
            flags,
            priority,
            cause,
            class,
            attempt,
            crashes,
            fence,
            run_at,
            enqueued_at,
            started_at,
            finished_at,
            instance,
            token,
        })
    }

    /// That of a job that comes from another store: no lease of its own, and no class yet.
    pub fn of(job: &Job) -> Moving {
        let is = |holds: bool, flag: u8| if holds { flag } else { 0 };
        Moving {
            state: job.state,
            flags: is(job.cancel_asked, flag::CANCEL_ASKED)
                | is(job.unique.is_some(), flag::KEYED)
                | is(job.options.fire.is_some(), flag::FIRE),
            priority: job.priority,
            cause: job.park.as_ref().map(|park| park.cause),
            class: 0,
            attempt: job.attempt,
            crashes: job.crashes,
            fence: job.fence,
            run_at: job.run_at,
            enqueued_at: job.enqueued_at,
            started_at: job.started_at.unwrap_or(0),
            finished_at: job.finished_at.unwrap_or(0),
            instance: job.instance.map_or(0, |instance| instance.0),
            token: 0,
        }
    }

    /// That of a job of which only its run is known; none if not even where it stands.
    pub fn of_run(run: &Run) -> Option<Moving> {
        Some(Moving {
            state: run.state?,
            flags: if run.error.is_some() { flag::ERROR } else { 0 },
            priority: 0,
            cause: None,
            class: 0,
            attempt: run.attempt,
            crashes: run.crashes,
            // It was claimed, if it began.
            fence: u32::from(run.started_at.is_some()),
            run_at: 0,
            enqueued_at: 0,
            started_at: run.started_at.unwrap_or(0),
            finished_at: run.finished_at.unwrap_or(0),
            instance: run.instance.map_or(0, |instance| instance.0),
            token: 0,
        })
    }

    /// Its bytes, with no lease that was ever written under.
    pub fn written(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.extend_from_slice(&[self.state.number(), self.flags, self.priority, number_of(self.cause)]);
        bytes.extend_from_slice(&self.class.to_le_bytes());
        bytes.extend_from_slice(&self.attempt.to_le_bytes());
        bytes.extend_from_slice(&self.crashes.to_le_bytes());
        bytes.extend_from_slice(&self.fence.to_le_bytes());
        bytes.extend_from_slice(&[0; 4]);
        for at in [self.run_at, self.enqueued_at, self.started_at, self.finished_at] {
            bytes.extend_from_slice(&at.to_le_bytes());
        }
        bytes.extend_from_slice(&self.instance.to_le_bytes());
        bytes.extend_from_slice(&self.token.to_le_bytes());
        bytes.resize(BYTES, 0);
        bytes
    }

    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub fn started_at(&self) -> Option<i64> {
        (self.fence > 0).then_some(self.started_at)
    }

    pub fn finished_at(&self) -> Option<i64> {
        self.state.ended().then_some(self.finished_at)
    }

    pub fn instance(&self) -> Option<InstanceId> {
        (self.fence > 0).then_some(InstanceId(self.instance))
    }

    /// The lease it runs under, or ran under last.
    pub fn lease(&self, job: JobId) -> Lease {
        Lease { job, fence: self.fence, token: self.token }
    }
}

/// A cause's number in a moving part; nought is none.
pub(crate) fn number_of(cause: Option<Cause>) -> u8 {
    let at = cause.and_then(|cause| Cause::ALL.into_iter().position(|other| other == cause));
    at.and_then(|at| u8::try_from(at + 1).ok()).unwrap_or(0)
}

/// The cause with that number.
pub(crate) fn cause_of(number: u8) -> Option<Cause> {
    usize::from(number).checked_sub(1).and_then(|at| Cause::ALL.get(at).copied())
}

/// All that is stored of a job, as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Raw {
    pub moving: Option<Vec<u8>>,
    pub fixed: Option<Vec<u8>>,
    pub error: Option<Vec<u8>>,
    pub park: Option<Vec<u8>>,
    pub progress: Option<Vec<u8>>,
}

/// An entry that cannot be read.
#[derive(Debug, Clone)]
pub(crate) struct Damaged {
    /// The job as far as it can be shown: parked, for the reason that its entry is damaged, unless it has ended.
    pub job: Job,
    /// What does not hold.
    pub why: Why,
}

impl Raw {
    /// Whether anything is stored at all.
    pub fn there(&self) -> bool {
        self.moving.is_some() || self.fixed.is_some()
    }

    /// The job.
    pub fn read(&self, id: JobId) -> Result<Job, Box<Damaged>> {
        let made = self.moving().and_then(|moving| {
            let fixed = Fixed::read(id, self.fixed.as_deref().ok_or("what never changes of it is missing")?)?;
            self.job(id, &moving, fixed)
        });
        made.map_err(|why| Box::new(Damaged { job: self.shown(id, &why), why }))
    }

    /// As [`Raw::read`], with a damaged one as it can be shown.
    pub fn show(&self, id: JobId) -> (Job, bool) {
        self.read(id).map_or_else(|damaged| (damaged.job, true), |job| (job, false))
    }

    fn moving(&self) -> Result<Moving, Why> {
        Moving::read(self.moving.as_deref().ok_or("its moving part is missing")?)
    }

    fn job(&self, id: JobId, moving: &Moving, fixed: Fixed) -> Result<Job, Why> {
        if moving.has(flag::KEYED) != fixed.unique.is_some() {
            return Err("whether it has a key is not what it was".into());
        }
        Ok(Job {
            id,
            kind: fixed.kind,
            version: fixed.version,
            queue: fixed.queue,
            priority: moving.priority,
            payload: fixed.payload,
            state: moving.state,
            run_at: moving.run_at,
            attempt: moving.attempt,
            attempts_max: fixed.attempts_max,
            crashes: moving.crashes,
            fence: moving.fence,
            unique: fixed.unique,
            options: fixed.options,
            enqueued_at: moving.enqueued_at,
            started_at: moving.started_at(),
            finished_at: moving.finished_at(),
            error: match (moving.has(flag::ERROR), &self.error) {
                (true, Some(error)) => Some(text(error, "what was last said of it")?),
                (true, None) => return Err("what was last said of it is missing".into()),
                (false, _) => None,
            },
            park: self.parked(moving)?,
            progress: match (moving.has(flag::PROGRESS), &self.progress) {
                (true, Some(json)) => {
                    Some(serde_json::from_slice(json).map_err(|error| format!("its progress: {error}"))?)
                }
                _ => None,
            },
            cancel_asked: moving.has(flag::CANCEL_ASKED),
            instance: moving.instance(),
        })
    }

    fn parked(&self, moving: &Moving) -> Result<Option<Park>, Why> {
        let Some(cause) = moving.cause else { return Ok(None) };
        let json = self.park.as_deref().filter(|_| moving.has(flag::PARK)).ok_or("why it is parked is missing")?;
        let (text, build) = serde_json::from_slice(json).map_err(|error| format!("why it is parked: {error}"))?;
        Ok(Some(Park { cause, text, build }))
    }

    /// What can be shown of an entry that does not hold: the good parts as they are, the others by a stand-in.
    fn shown(&self, id: JobId, why: &str) -> Job {
        let moving = self.moving().ok();
        let fixed = self.fixed.as_deref().and_then(|bytes| Fixed::guess(id, bytes));
        let ended = moving.as_ref().map(|moving| moving.state).filter(|state| state.ended());
        let said = |bytes: &[u8]| visible(&String::from_utf8_lossy(bytes), 2_000);
        let number = |read: fn(&Moving) -> i64| moving.as_ref().map_or(0, read);
        Job {
            id,
            kind: fixed.as_ref().map_or_else(stand_in, |fixed| fixed.kind.clone()),
            version: fixed.as_ref().map_or(0, |fixed| fixed.version),
            queue: fixed.as_ref().map_or_else(stand_in, |fixed| fixed.queue.clone()),
            priority: moving.as_ref().map_or(PRIORITY_MAX, |moving| moving.priority),
            payload: fixed.as_ref().map_or_else(no_payload, |fixed| fixed.payload.clone()),
            state: ended.unwrap_or(State::Parked),
            run_at: number(|moving| moving.run_at),
            attempt: moving.as_ref().map_or(0, |moving| moving.attempt),
            attempts_max: fixed.as_ref().and_then(|fixed| fixed.attempts_max),
            crashes: moving.as_ref().map_or(0, |moving| moving.crashes),
            fence: moving.as_ref().map_or(0, |moving| moving.fence),
            unique: fixed.as_ref().and_then(|fixed| fixed.unique.clone()),
            options: fixed.map(|fixed| fixed.options).unwrap_or_default(),
            enqueued_at: number(|moving| moving.enqueued_at),
            started_at: moving.as_ref().and_then(Moving::started_at),
            finished_at: moving.as_ref().and_then(Moving::finished_at),
            error: self.error.as_deref().map(said),
            park: ended.is_none().then(|| Park { cause: Cause::Damaged, text: why.to_owned(), build: String::new() }),
            progress: None,
            cancel_asked: false,
            instance: moving.as_ref().and_then(Moving::instance),
        }
    }

    /// All that is stored, as text: for `job show` of a damaged one.
    pub fn raw(&self) -> String {
        let parts = [
            ("moving", &self.moving),
            ("fixed", &self.fixed),
            ("error", &self.error),
            ("park", &self.park),
            ("progress", &self.progress),
        ];
        let shown = |bytes: &Vec<u8>| match std::str::from_utf8(bytes) {
            Ok(text) if !text.chars().any(char::is_control) => format!("\"{}\"", visible(text, 2_000)),
            _ => bytes.iter().take(512).fold("x'".to_owned(), |hex, byte| format!("{hex}{byte:02x}")) + "'",
        };
        let lines = parts.into_iter().filter_map(|(name, part)| Some(format!("{name} = {}", shown(part.as_ref()?))));
        lines.collect::<Vec<_>>().join("\n")
    }
}

pub(crate) fn text(bytes: &[u8], what: &str) -> Result<String, Why> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| format!("{what} is no text in UTF-8"))
}

/// Numbers out of bytes, the least byte first. What is not there is nought: lengths are asked for before.
pub(crate) struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// That many bytes, if there are.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.0.split_at_checked(count)?;
        self.0 = left;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        self.take(N).and_then(|taken| taken.try_into().ok()).unwrap_or([0; N])
    }

    pub fn u8(&mut self) -> u8 {
        u8::from_le_bytes(self.array())
    }

    pub fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.array())
    }

    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    pub fn i64(&mut self) -> i64 {
        i64::from_le_bytes(self.array())
    }
}

/// An id out of its sixteen bytes.
pub(crate) fn id_of(bytes: &[u8]) -> Option<JobId> {
    bytes.try_into().ok().map(JobId::of_bytes)
}
