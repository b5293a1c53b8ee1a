//! What runs a job, and how it may end.
//!
//! A handler is an async function of the job's value and a [`Context`](crate::Context). It ends `Ok(())` or with a [`JobError`],
//! which says what kind of trouble it was; any ordinary error used with `?` means "another attempt may help".

use std::{fmt, time::Duration};

use banto_core::{Cause, Outcome, Park};

use crate::{BoxFuture, context::Run};

/// Trouble, by kind. Made by the named functions or, from any error, by `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobError(pub(crate) Outcome);

impl JobError {
    /// Another attempt may help; it waits for the kind's back-off.
    pub fn retry(error: impl fmt::Display) -> JobError {
        JobError(Outcome::Retry { error: error.to_string(), delay_ms: None })
    }

    /// Another attempt may help, after that long: a rate limit, an outage with a known end.
    pub fn retry_in(error: impl fmt::Display, delay: Duration) -> JobError {
        JobError(Outcome::Retry { error: error.to_string(), delay_ms: Some(millis(delay)) })
    }

    /// Not yet: run again after that long, without burning an attempt.
    pub fn snooze(reason: impl fmt::Display, delay: Duration) -> JobError {
        JobError(Outcome::Snooze { delay_ms: millis(delay), reason: reason.to_string() })
    }

    /// No attempt would help: the job is dead at once.
    pub fn dead(error: impl fmt::Display) -> JobError {
        JobError(Outcome::Dead { error: error.to_string() })
    }

    /// There is nothing left to do: the job is cancelled.
    pub fn cancel(reason: impl fmt::Display) -> JobError {
        JobError(Outcome::Cancel { reason: reason.to_string() })
    }

    /// This worker lacks something (a setting, a service): the job is parked with that cause, burns no attempt, and is
    /// taken back by a worker that has it.
    pub fn missing(what: impl fmt::Display) -> JobError {
        JobError(Outcome::Park(Park { cause: Cause::Missing, text: what.to_string(), build: String::new() }))
    }

    /// The outcome it stands for.
    pub fn outcome(&self) -> &Outcome {
        &self.0
    }
}

impl<E: std::error::Error> From<E> for JobError {
    /// Keeps the error's text and the texts of its causes.
    fn from(error: E) -> JobError {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(below) = cause {
            text.push_str(": ");
            text.push_str(&below.to_string());
            cause = below.source();
        }
        JobError::retry(text)
    }
}

fn millis(delay: Duration) -> u64 {
    u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)
}

/// Something that happens around each run: a span, a connection, a check. The first added is the outermost.
pub trait Layer: Send + Sync + 'static {
    /// Does what it does, calls `next` (or does not), and answers with the outcome to go on with.
    fn around<'a>(&'a self, run: &'a Run, next: Next<'a>) -> BoxFuture<'a, Outcome>;
}

/// The rest of the layers, and the handler at the end.
pub struct Next<'a> {
    pub(crate) layers: &'a [std::sync::Arc<dyn Layer>],
    pub(crate) run: &'a Run,
    pub(crate) call: BoxFuture<'a, Outcome>,
}

impl<'a> Next<'a> {
    /// Runs the rest.
    pub fn run(self) -> BoxFuture<'a, Outcome> {
        match self.layers.split_first() {
            None => self.call,
            Some((first, rest)) => first.around(self.run, Next { layers: rest, ..self }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_error_is_retried_with_its_causes() {
        #[derive(Debug)]
        struct Outer(std::num::ParseIntError);
        impl fmt::Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("read the age")
            }
        }
        impl std::error::Error for Outer {
            fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
                Some(&self.0)
            }
        }
        let error = JobError::from(Outer("x".parse::<u8>().unwrap_err()));
        let Outcome::Retry { error, delay_ms: None } = error.outcome() else { panic!("{error:?}") };
        assert_eq!(error, "read the age: invalid digit found in string");
    }

    #[test]
    fn each_kind_of_trouble_has_its_outcome() {
        let second = Duration::from_secs(1);
        let words = [
            JobError::retry("x"),
            JobError::retry_in("x", second),
            JobError::snooze("x", second),
            JobError::dead("x"),
            JobError::cancel("x"),
            JobError::missing("x"),
        ];
        let words: Vec<&str> = words.iter().map(|error| error.outcome().word()).collect();
        assert_eq!(words, ["retry", "retry", "snooze", "dead", "cancel", "park"]);
    }
}
