//! Words and decisions of banto.
//!
//! Floor 0 of the house. Nothing here reads a clock, a file, a socket or a random source: time and seeds are
//! given. So nothing here can fail; it can only refuse, and it says what, which value and what is allowed.
//!
//! # Layout
//! - [`name`] and [`text`]: what may be called what, and how foreign text is shown.
//! - [`secret`]: what is blacked out of a line before anybody reads it.
//! - [`limits`]: every cap of the house in one table.
//! - [`payload`], [`job`], [`unique`]: what is enqueued, and what is kept of it.
//! - [`state`]: the seven states and the table of moves between them.
//! - [`lease`]: who may finish a job, and until when.
//! - [`outcome`]: how a run ended, and [`outcome::decide`]: what becomes of the job; [`outcome::barred`]: which run may not begin.
//! - [`fire`]: what becomes of a schedule's due instant; [`run`]: the job that runs it.
//! - [`civil`], [`cron`], [`zone`], [`calendar`]: the words for "when": dates, expressions, time zones, days off.
//! - [`schedule`](mod@schedule), [`draft`] and [`when`]: a schedule as data, and how it is said fluently.
//! - [`occurrence`]: when it is due, clock changes and days off included.
//! - [`plan`](mod@plan): what becomes of due instants that are not accounted for yet.
//! - [`lint`](mod@lint): what people should know about a schedule.
//! - [`crontab`]: a crontab, read as it stands.
//! - [`retry`]: how long to wait before the next attempt.
//! - [`refusal`]: the domain says no.

pub mod calendar;
pub mod civil;
pub mod cron;
pub mod crontab;
pub mod draft;
pub mod fire;
pub mod job;
pub mod lease;
pub mod limits;
pub mod lint;
pub mod name;
pub mod occurrence;
pub mod outcome;
pub mod payload;
pub mod plan;
pub mod refusal;
pub mod retry;
pub mod run;
pub mod schedule;
pub mod secret;
pub mod state;
pub mod text;
pub mod unique;
mod walk;
pub mod when;
pub mod zone;

pub use calendar::Calendar;
pub use civil::{Date, Hours, TimeOfDay, Weekday};
pub use cron::Cron;
pub use draft::{ScheduleDraft, schedule};
pub use fire::{Fate, Reason};
pub use job::{Due, FireId, Ids, Job, JobId, NewJob, Options, Progress};
pub use lease::{InstanceId, Lease};
pub use lint::{Finding, lint};
pub use name::{Label, Name, ScheduleName};
pub use occurrence::Occurrence;
pub use outcome::{Cause, Facts, Outcome, Park, Verdict, barred, decide};
pub use payload::Payload;
pub use plan::{Planned, What, jitter_ms, plan};
pub use refusal::Refusal;
pub use retry::Backoff;
pub use schedule::{DaysOff, Missed, Output, Schedule, Then, Timing};
pub use secret::Secrets;
pub use state::State;
pub use unique::{Hold, Unique};
pub use when::Span;
pub use zone::{Fold, Gap, Zone};
