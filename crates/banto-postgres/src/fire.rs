//! `fire`: due instants are accounted for, in one call.
//!
//! The primary key of the ledger is the schedule and the instant: two schedulers cannot both write one. What fires is enqueued in
//! the same transaction, so a due instant and its job are there together or not at all.

use banto_core::{Fate, NewJob, Reason, text::cut};
use banto_store::{Act, Fault, Fire, Fired, Firing, StoreError, fire::NOTE_BYTES_MAX};
use tokio_postgres::types::ToSql;

use crate::{conn::Conn, enqueue::Columns, error::Worked, said::keep};

const FIRE: &str =
    "SELECT {s}.fire($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
    $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31)";

/// Accounts for due instants.
pub(crate) async fn fire(conn: &mut Conn, firing: &Firing) -> Worked<Vec<Fired>> {
    let fires = || firing.fires.iter();
    let (service, by) = (firing.service.as_str(), firing.by.0.cast_signed());
    let schedules: Vec<&str> = fires().map(|fire| fire.schedule.as_str()).collect();
    let revisions: Vec<i64> = fires().map(|fire| fire.revision).collect();
    let dues: Vec<i64> = fires().map(|fire| fire.due_at).collect();
    let counts: Vec<i64> = fires().map(|fire| fire.count.cast_signed()).collect();
    let reasons: Vec<Option<&str>> = fires().map(|fire| reason(fire).map(Reason::word)).collect();
    let fates: Vec<Option<i32>> = fires().map(|fire| reason(fire).map(|reason| number(reason.fate()))).collect();
    let lates: Vec<bool> = fires().map(|fire| fire.late).collect();
    let evens: Vec<bool> = fires().map(|fire| fire.even_in_maintenance).collect();
    let notes: Vec<String> = fires().map(|fire| keep(&cut(&fire.note, NOTE_BYTES_MAX)).into_owned()).collect();
    let jobs = Columns::of(fires().map(job)).or_none();
    let now = conn.now;
    let mut values: Vec<&(dyn ToSql + Sync)> =
        vec![&service, &by, &schedules, &revisions, &dues, &counts, &reasons, &fates, &lates, &evens, &notes];
    values.extend(jobs.values());
    let account: [&(dyn ToSql + Sync); 6] =
        [&firing.until, &firing.rewind, &firing.generation, &now.wall, &now.steady, &now.boot];
    values.extend(account);
    let answers: Vec<String> = conn.one(FIRE, &values).await?.try_get(0)?;
    let fired = fires().zip(answers).map(|(fire, answer)| fired(fire, &answer)).collect::<Result<Vec<_>, _>>()?;
    conn.news |= fired.iter().any(|fired| matches!(fired, Fired::Run(_)));
    Ok(fired)
}

fn fired(fire: &Fire, answer: &str) -> Result<Fired, StoreError> {
    match (answer, job(fire)) {
        ("run", Some(job)) => Ok(Fired::Run(job.id)),
        ("there", _) => Ok(Fired::There),
        ("stale", _) => Ok(Fired::Stale),
        _ => answer.parse().map(Fired::Not).map_err(|_| {
            let what = format!("account for due instants: the server answers {answer:?}, which means nothing here");
            StoreError::new(Fault::Damaged, what)
        }),
    }
}

fn job(fire: &Fire) -> Option<&NewJob> {
    match &fire.act {
        Act::Run(job) => Some(job),
        Act::Not(_) => None,
    }
}

fn reason(fire: &Fire) -> Option<Reason> {
    match fire.act {
        Act::Run(_) => None,
        Act::Not(reason) => Some(reason),
    }
}

/// The number that stands for a fate. Never renumber: stores of older builds hold them.
pub(crate) fn number(fate: Fate) -> i32 {
    fate as i32
}
