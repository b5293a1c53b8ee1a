//! `finish`: writes verdicts under their leases.
//!
//! The fence: only the lease that the job runs under may write, and what it has written it may say again. All else is late,
//! changes nothing and is counted. All verdicts of a call are one statement; a job that is there twice takes one more.

use std::collections::HashSet;

use banto_core::{Lease, Refusal, State};
use banto_store::{Finish, Finished};
use uuid::Uuid;

use crate::{
    conn::Conn,
    error::{Result, Worked},
    row::uuid,
    said::keep,
};

/// A verdict ends the run; there is none that goes on running. Needs no connection.
pub(crate) fn check(finishes: &[Finish]) -> Result<()> {
    match finishes.iter().any(|finish| finish.verdict.to == State::Running) {
        true => Err(Refusal::new("a verdict", State::Running.word(), "any other state is allowed").into()),
        false => Ok(()),
    }
}

/// Leases as columns.
pub(crate) struct Leases {
    pub ids: Vec<Uuid>,
    pub fences: Vec<i64>,
    pub tokens: Vec<i64>,
}

impl Leases {
    /// The columns of those.
    pub fn of<'a>(leases: impl IntoIterator<Item = &'a Lease>) -> Leases {
        let mut of = Leases { ids: Vec::new(), fences: Vec::new(), tokens: Vec::new() };
        for lease in leases {
            of.ids.push(uuid(&lease.job));
            of.fences.push(lease.fence.into());
            of.tokens.push(lease.token.cast_signed());
        }
        of
    }
}

/// Writes verdicts.
pub(crate) async fn finish(conn: &mut Conn, finishes: &[Finish]) -> Worked<Vec<Finished>> {
    write(conn, finishes, None).await
}

/// Writes verdicts, or for a rescue those whose lease is over; there it is said which lie too far in the future.
pub(crate) async fn write(conn: &mut Conn, finishes: &[Finish], rescue: Option<&[bool]>) -> Worked<Vec<Finished>> {
    let first = distinct(finishes);
    if first == finishes.len() {
        return write_part(conn, finishes, rescue).await;
    }
    conn.begin().await?;
    let mut answers = Vec::with_capacity(finishes.len());
    let mut rest = finishes;
    while !rest.is_empty() {
        let (part, after) = rest.split_at(distinct(rest));
        let strange = rescue.and_then(|strange| strange.get(answers.len()..answers.len() + part.len()));
        answers.extend(write_part(conn, part, strange).await?);
        rest = after;
    }
    conn.commit().await?;
    Ok(answers)
}

/// How many of the first are all of different jobs.
fn distinct(finishes: &[Finish]) -> usize {
    let mut seen = HashSet::new();
    finishes.iter().take_while(|finish| seen.insert(finish.lease.job)).count()
}

const FINISH: &str =
    "SELECT {s}.finish($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";

async fn write_part(conn: &mut Conn, finishes: &[Finish], rescue: Option<&[bool]>) -> Worked<Vec<Finished>> {
    if finishes.is_empty() {
        return Ok(Vec::new());
    }
    let of = Leases::of(finishes.iter().map(|finish| &finish.lease));
    let verdicts = || finishes.iter().map(|finish| &finish.verdict);
    let to: Vec<i32> = verdicts().map(|verdict| verdict.to.number().into()).collect();
    let attempts: Vec<i32> = verdicts().map(|verdict| verdict.attempt.into()).collect();
    let crashes: Vec<i32> = verdicts().map(|verdict| verdict.crashes.into()).collect();
    let delays: Vec<i64> = verdicts().map(|verdict| i64::try_from(verdict.delay_ms).unwrap_or(i64::MAX)).collect();
    let errors: Vec<_> = verdicts().map(|verdict| verdict.error.as_deref().map(keep)).collect();
    let words: Vec<&str> = verdicts().map(|verdict| verdict.word).collect();
    let causes: Vec<_> = verdicts().map(|verdict| verdict.park.as_ref().map(|park| park.cause.word())).collect();
    let texts: Vec<_> = verdicts().map(|verdict| verdict.park.as_ref().map(|park| keep(&park.text))).collect();
    let builds: Vec<_> = verdicts().map(|verdict| verdict.park.as_ref().map(|park| keep(&park.build))).collect();
    let errors = errors.iter().any(Option::is_some).then_some(errors);
    let strange = rescue.map(<[bool]>::to_vec);
    let (rescues, tell, now) = (rescue.is_some(), conn.tell, conn.now);
    let row = conn
        .one(
            FINISH,
            &[
                &of.ids,
                &of.fences,
                &of.tokens,
                &to,
                &attempts,
                &crashes,
                &delays,
                &errors,
                &words,
                &causes,
                &texts,
                &builds,
                &rescues,
                &strange,
                &tell,
                &now.wall,
                &now.steady,
                &now.boot,
            ],
        )
        .await?;
    let written: Option<Vec<bool>> = row.try_get(0)?;
    let written = written.unwrap_or_else(|| vec![true; finishes.len()]);
    conn.news |= verdicts().zip(&written).any(|(verdict, written)| *written && !verdict.to.ended());
    Ok(written.into_iter().map(|written| if written { Finished::Written } else { Finished::Late }).collect())
}
