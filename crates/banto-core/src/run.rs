//! The job that runs a schedule's command or closure: what it is called, and where it waits.
//!
//! For everybody who makes, takes or stores jobs. Runs wait in queues of their own, and nothing else is let into those. So a
//! process that knows schedules and no kinds never takes an application's job, which it could only set aside; and a worker of
//! jobs never takes a run.

use crate::{name::Name, refusal::Refusal};

/// The kind of the jobs that run a schedule's command or closure.
pub const RUN_KIND: &str = "banto.run";
/// The queue that such jobs wait in, where a schedule names none. Others begin with this word and a dot.
pub const RUN_QUEUE: &str = "schedules";

/// Whether a queue is for runs of schedules.
pub fn is_for_runs(queue: &Name) -> bool {
    let rest = queue.as_str().strip_prefix(RUN_QUEUE);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The queue, if it is for runs of schedules. Refuses any other, and says what to call it.
pub fn queue_for_runs(queue: Name) -> Result<Name, Refusal> {
    if is_for_runs(&queue) {
        return Ok(queue);
    }
    let allowed = format!(
        "runs of schedules wait in queues of their own: \"{RUN_QUEUE}\", or what begins with \"{RUN_QUEUE}.\", as \"{RUN_QUEUE}.{queue}\""
    );
    Err(Refusal::new("the queue of a run", queue.as_str(), allowed))
}

/// Refuses a run in a queue of jobs, and a job in a queue of runs.
pub(crate) fn apart(kind: &Name, queue: &Name) -> Result<(), Refusal> {
    if kind.as_str() == RUN_KIND {
        return queue_for_runs(queue.clone()).map(drop);
    }
    if is_for_runs(queue) {
        let allowed = format!(
            "\"{RUN_QUEUE}\" and what begins with \"{RUN_QUEUE}.\" are for runs of schedules; any other name is allowed"
        );
        return Err(Refusal::new("the queue of a job", queue.as_str(), allowed));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart_of(kind: &str, queue: &str) -> Result<(), String> {
        apart(&kind.parse().unwrap(), &queue.parse().unwrap()).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn runs_and_jobs_wait_apart() {
        for queue in ["schedules", "schedules.mail", "schedules.a.b", "schedules."] {
            assert_eq!(apart_of(RUN_KIND, queue), Ok(()), "{queue}");
            let refused = apart_of("greet", queue).unwrap_err();
            assert!(refused.starts_with(&format!("take \"{queue}\" as the queue of a job: ")), "{refused}");
        }
        for queue in ["mail", "default", "schedules-mail", "schedulesmail", "Schedules", "my.schedules"] {
            assert_eq!(apart_of("greet", queue), Ok(()), "{queue}");
            let refused = apart_of(RUN_KIND, queue).unwrap_err();
            assert!(refused.starts_with(&format!("take \"{queue}\" as the queue of a run: ")), "{refused}");
            assert!(refused.ends_with(&format!("as \"schedules.{queue}\"")), "{refused}");
        }
    }
}
