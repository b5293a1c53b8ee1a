//! A job's row: the only file that knows which column is what.
//!
//! Everything that comes out of the tables is checked as if it came from the net, for somebody may have written into them:
//! ranges, names, JSON, the sum. A row that does not hold is [`Damaged`], with the reason; it never stops its neighbours.

use banto_core::{
    Cause, Hold, InstanceId, Job, JobId, Label, Lease, Name, Options, Park, Payload, Progress, State, Unique,
    limits::{ATTEMPTS_MAX, PRIORITY_MAX},
    text::visible,
};
use banto_store::unreadable::{no_payload, stand_in};
use tokio_postgres::{
    Row,
    types::{FromSql, Type},
};
use uuid::Uuid;

use crate::{conn::Conn, error::Worked, said::said, sum::Summed};

/// Any job as it stands: `SELECT` this from `{s}.whole`.
pub(crate) const ANY: &str = "SELECT w.* FROM {s}.whole w";

/// A column of those, by its place. A claim has two before them.
#[derive(Debug, Clone, Copy)]
#[rustfmt::skip]
enum Column {
    Id, Kind, Version, Queue, Priority, State, RunAt, EnqueuedAt, AttemptsMax, Attempt, Crashes, Fence, Key, Hold, HoldMs,
    Instance, StartedAt, CancelAsked, Error, Progress, Options, Payload, Sum, Cause, ParkText, ParkBuild, FinishedAt,
    Token, Boot, Until, Length, Fits,
}

/// A job as it is stored, and what is the store's own business.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub job: Job,
    /// The lease it runs under, while it runs.
    pub held: Option<Held>,
    /// Whether the row cannot be read: then the job is only as it can be shown.
    pub damaged: bool,
}

/// A lease, its end by the steady clock of that boot, and how long it was given for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    pub lease: Lease,
    pub boot: i64,
    pub until: i64,
    pub length: i64,
}

/// A row that cannot be read: the job as far as it can be shown, parked for that reason unless an operator has ended it.
#[derive(Debug, Clone)]
pub(crate) struct Damaged(pub Job);

/// What a row is read as.
pub(crate) type Read = Result<Stored, Box<Damaged>>;

/// What does not hold.
type Why = String;

impl Damaged {
    /// What does not hold.
    pub fn why(&self) -> String {
        self.0.park.as_ref().map(|park| park.text.clone()).or(self.0.error.clone()).unwrap_or_default()
    }
}

/// Reads a row of [`ANY`], which begins at that column.
pub(crate) fn read(row: &Row, from: usize) -> Read {
    let at = At { row, from };
    at.stored().map_err(|why| Box::new(Damaged(at.shown(why))))
}

/// Reads a row to list it: a damaged one comes as it can be shown.
pub(crate) fn show(row: &Row) -> Stored {
    read(row, 0).unwrap_or_else(|damaged| Stored { job: damaged.0, held: None, damaged: true })
}

/// The jobs with those ids that are there, whole.
pub(crate) async fn find(conn: &mut Conn, ids: &[JobId]) -> Worked<Vec<Row>> {
    conn.query("SELECT w.* FROM {s}.whole w WHERE w.id = ANY ($1) ORDER BY w.id", &[&uuids(ids)]).await
}

/// Ids as the driver wants them.
pub(crate) fn uuids<'a>(ids: impl IntoIterator<Item = &'a JobId>) -> Vec<Uuid> {
    ids.into_iter().map(uuid).collect()
}

/// An id as the driver wants it.
pub(crate) fn uuid(id: &JobId) -> Uuid {
    Uuid::from_bytes(*id.bytes())
}

/// An id as it comes.
pub(crate) fn job_id(id: Uuid) -> JobId {
    JobId::of_bytes(id.into_bytes())
}

/// A whole number of whatever size the column has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Int(pub i64);

impl<'a> FromSql<'a> for Int {
    fn from_sql(sort: &Type, raw: &'a [u8]) -> Result<Int, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Int(match *sort {
            Type::INT2 => i16::from_sql(sort, raw)?.into(),
            Type::INT4 => i32::from_sql(sort, raw)?.into(),
            _ => i64::from_sql(sort, raw)?,
        }))
    }

    fn accepts(sort: &Type) -> bool {
        matches!(*sort, Type::INT2 | Type::INT4 | Type::INT8)
    }
}

/// The whole row as text, for `job show` of a damaged one: control characters visible, long values cut.
pub(crate) fn raw(row: &Row) -> String {
    let shown = |(at, column): (usize, &tokio_postgres::Column)| -> Option<String> {
        let value = match *column.type_() {
            Type::UUID => row.try_get::<_, Option<Uuid>>(at).ok()??.to_string(),
            Type::BOOL => row.try_get::<_, Option<bool>>(at).ok()??.to_string(),
            Type::TEXT => {
                let text = row.try_get::<_, Option<String>>(at).ok()??;
                format!("\"{}\"", visible(&text, 2_000))
            }
            _ => row.try_get::<_, Option<Int>>(at).ok()??.0.to_string(),
        };
        Some(format!("{} = {value}", column.name()))
    };
    row.columns().iter().enumerate().filter_map(shown).collect::<Vec<_>>().join("\n")
}

/// A row whose columns begin at a place.
struct At<'a> {
    row: &'a Row,
    from: usize,
}

impl<'a> At<'a> {
    fn stored(&self) -> Result<Stored, Why> {
        let job = self.job()?;
        self.compare(&job)?;
        let held = match job.state {
            State::Running => Some(self.held(&job)?),
            _ => None,
        };
        Ok(Stored { job, held, damaged: false })
    }

    fn job(&self) -> Result<Job, Why> {
        let state = self.maybe_int(Column::State)?.ok_or("it stands nowhere")?;
        Ok(Job {
            id: self.id()?,
            kind: self.name(Column::Kind)?,
            version: self.number(Column::Version, 1, u16::MAX)?,
            queue: self.name(Column::Queue)?,
            priority: self.number(Column::Priority, 0, PRIORITY_MAX)?,
            payload: Payload::parse(self.text(Column::Payload)?)
                .map_err(|_| "the payload is not JSON within its limits")?,
            state: State::of_number(state).ok_or("the state has an unknown number")?,
            run_at: self.int(Column::RunAt)?,
            attempt: self.number(Column::Attempt, 0, u16::MAX)?,
            attempts_max: self.attempts_max()?,
            crashes: self.number(Column::Crashes, 0, u16::MAX)?,
            fence: self.number(Column::Fence, 0, u32::MAX)?,
            unique: self.unique()?,
            options: self.options()?,
            enqueued_at: self.int(Column::EnqueuedAt)?,
            started_at: self.maybe_int(Column::StartedAt)?,
            finished_at: self.maybe_int(Column::FinishedAt)?,
            error: self.said(Column::Error)?,
            park: self.park()?,
            progress: self.progress()?,
            cancel_asked: self.yes(Column::CancelAsked)?,
            instance: self.maybe_int(Column::Instance)?.map(|id| InstanceId(id.cast_unsigned())),
        })
    }

    /// Compares the row with what was stored, and its place with the row.
    fn compare(&self, job: &Job) -> Result<(), Why> {
        if !self.yes(Column::Fits)? {
            return Err("where it stands does not fit what it is".into());
        }
        let Some(sum) = self.maybe_int(Column::Sum)? else { return Ok(()) };
        match Summed::of(job, self.maybe_text(Column::Options)?).sum() == sum {
            true => Ok(()),
            false => Err("the row is not what was stored: its sum differs".into()),
        }
    }

    fn held(&self, job: &Job) -> Result<Held, Why> {
        let token = self.int(Column::Token)?.cast_unsigned();
        let lease = Lease { job: job.id, fence: job.fence, token };
        let (boot, until, length) = (self.int(Column::Boot)?, self.int(Column::Until)?, self.int(Column::Length)?);
        Ok(Held { lease, boot, until, length })
    }

    fn id(&self) -> Result<JobId, Why> {
        self.value::<Option<Uuid>>(Column::Id)?.map(job_id).ok_or_else(|| "it has no id".into())
    }

    fn name(&self, column: Column) -> Result<Name, Why> {
        Name::new(self.text(column)?).map_err(|refusal| format!("{column:?}: {refusal}"))
    }

    fn unique(&self) -> Result<Option<Unique>, Why> {
        let Some(key) = self.maybe_text(Column::Key)? else { return Ok(None) };
        let key = Label::new(key).map_err(|refusal| refusal.to_string())?;
        let hold =
            to_hold(self.maybe_int(Column::Hold)?, self.maybe_int(Column::HoldMs)?).ok_or("the hold is unknown")?;
        Ok(Some(Unique { key, hold }))
    }

    fn options(&self) -> Result<Options, Why> {
        let Some(text) = self.maybe_text(Column::Options)? else { return Ok(Options::default()) };
        serde_json::from_str(text).map_err(|error| format!("the options: {error}"))
    }

    fn progress(&self) -> Result<Option<Progress>, Why> {
        let Some(text) = self.maybe_text(Column::Progress)? else { return Ok(None) };
        serde_json::from_str(text).map(Some).map_err(|error| format!("the progress: {error}"))
    }

    fn park(&self) -> Result<Option<Park>, Why> {
        let Some(word) = self.maybe_text(Column::Cause)? else { return Ok(None) };
        let cause = Cause::of_word(word).ok_or_else(|| format!("the cause \"{}\" is unknown", visible(word, 40)))?;
        let (text, build) = (self.said(Column::ParkText)?, self.said(Column::ParkBuild)?);
        Ok(Some(Park { cause, text: text.unwrap_or_default(), build: build.unwrap_or_default() }))
    }

    /// Nought is none.
    fn attempts_max(&self) -> Result<Option<u16>, Why> {
        let attempts = self.number(Column::AttemptsMax, 0, ATTEMPTS_MAX)?;
        Ok(Some(attempts).filter(|attempts| *attempts > 0))
    }

    fn number<T: TryFrom<i64> + PartialOrd>(&self, column: Column, least: T, most: T) -> Result<T, Why> {
        let number = self.int(column)?;
        let fits = T::try_from(number).ok().filter(|fit| *fit >= least && *fit <= most);
        fits.ok_or_else(|| format!("{column:?} is {number}, outside its limits"))
    }

    fn int(&self, column: Column) -> Result<i64, Why> {
        self.maybe_int(column)?.ok_or_else(|| format!("{column:?} is missing"))
    }

    fn maybe_int(&self, column: Column) -> Result<Option<i64>, Why> {
        Ok(self.value::<Option<Int>>(column)?.map(|int| int.0))
    }

    fn yes(&self, column: Column) -> Result<bool, Why> {
        Ok(self.value::<Option<bool>>(column)?.unwrap_or(false))
    }

    fn text(&self, column: Column) -> Result<&'a str, Why> {
        self.maybe_text(column)?.ok_or_else(|| format!("{column:?} is missing"))
    }

    fn maybe_text(&self, column: Column) -> Result<Option<&'a str>, Why> {
        self.value(column)
    }

    fn said(&self, column: Column) -> Result<Option<String>, Why> {
        Ok(self.maybe_text(column)?.map(|text| said(text.to_owned())))
    }

    fn value<T: FromSql<'a>>(&self, column: Column) -> Result<T, Why> {
        let row: &'a Row = self.row;
        row.try_get(self.from + column as usize).map_err(|_| format!("{column:?} is of another type"))
    }

    /// What can be shown of a row that does not hold: the good fields as they are, the others by a stand-in.
    fn shown(&self, why: Why) -> Job {
        let maybe = |column| self.maybe_int(column).ok().flatten();
        let at = |column| maybe(column).unwrap_or(0);
        let ended = State::of_number(maybe(Column::State).unwrap_or(-1));
        let ended = ended.filter(|state| matches!(state, State::Dead | State::Cancelled));
        let text = |column| self.said(column).ok().flatten();
        Job {
            id: self.id().unwrap_or_else(|_| JobId::of_bytes([0; 16])),
            kind: self.name(Column::Kind).unwrap_or_else(|_| stand_in()),
            version: self.number(Column::Version, 0, u16::MAX).unwrap_or(0),
            queue: self.name(Column::Queue).unwrap_or_else(|_| stand_in()),
            priority: self.number(Column::Priority, 0, PRIORITY_MAX).unwrap_or(PRIORITY_MAX),
            payload: self
                .text(Column::Payload)
                .ok()
                .and_then(|text| Payload::parse(text).ok())
                .unwrap_or_else(no_payload),
            state: ended.unwrap_or(State::Parked),
            run_at: at(Column::RunAt),
            attempt: self.number(Column::Attempt, 0, u16::MAX).unwrap_or(0),
            attempts_max: self.attempts_max().unwrap_or(None),
            crashes: self.number(Column::Crashes, 0, u16::MAX).unwrap_or(0),
            fence: self.number(Column::Fence, 0, u32::MAX).unwrap_or(0),
            unique: self.unique().unwrap_or(None),
            options: self.options().unwrap_or_default(),
            enqueued_at: at(Column::EnqueuedAt),
            started_at: maybe(Column::StartedAt),
            finished_at: maybe(Column::FinishedAt),
            error: text(Column::Error).map(|text| visible(&text, 2_000)),
            park: ended.is_none().then(|| Park { cause: Cause::Damaged, text: why, build: String::new() }),
            progress: self.progress().unwrap_or(None),
            cancel_asked: self.yes(Column::CancelAsked).unwrap_or(false),
            instance: maybe(Column::Instance).map(|id| InstanceId(id.cast_unsigned())),
        }
    }
}

/// A hold as its two columns.
pub(crate) fn of_hold(hold: Hold) -> (i32, Option<i64>) {
    match hold {
        Hold::Queued => (0, None),
        Hold::Done => (1, None),
        Hold::Remember(ms) => (2, Some(i64::try_from(ms).unwrap_or(i64::MAX))),
        Hold::Period(ms) => (3, Some(i64::try_from(ms).unwrap_or(i64::MAX))),
    }
}

/// Two columns as a hold.
fn to_hold(hold: Option<i64>, ms: Option<i64>) -> Option<Hold> {
    match (hold?, ms.map(u64::try_from)) {
        (0, None) => Some(Hold::Queued),
        (1, None) => Some(Hold::Done),
        (2, Some(Ok(ms))) => Some(Hold::Remember(ms)),
        (3, Some(Ok(ms))) => Some(Hold::Period(ms)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_can_be_read_and_holds_come_back() {
        assert_eq!((stand_in().as_str(), no_payload().as_str()), ("unreadable", "null"));
        for hold in [Hold::Queued, Hold::Done, Hold::Remember(7), Hold::Period(9)] {
            let (number, ms) = of_hold(hold);
            assert_eq!(to_hold(Some(number.into()), ms), Some(hold));
        }
        assert!(
            to_hold(Some(2), None).is_none()
                && to_hold(Some(4), None).is_none()
                && to_hold(Some(2), Some(-1)).is_none()
        );
    }
}
