//! A job's row: the only file that knows which column is what.
//!
//! Everything that comes out of the file is checked as if it came from the net, for somebody may have written into it:
//! types, ranges, names, JSON. A row that does not hold is [`Damaged`], with the reason; it never stops its neighbours.

use std::sync::LazyLock;

use banto_core::{
    Cause, Hold, InstanceId, Job, JobId, Label, Lease, Name, Options, Park, Payload, Progress, State, Unique,
    limits::{ATTEMPTS_MAX, PRIORITY_MAX},
    text::visible,
};
use banto_store::unreadable::{no_payload, stand_in};
use rusqlite::{Connection, OptionalExtension, Row, types::ValueRef};

use crate::sum::Summed;

/// The columns of a job that waits in line, with the row as `j`. What it cannot have (an end, a lease, a reason to be
/// parked) is not asked for: the line is read by every claim, and a column costs as much as an index step.
pub(crate) const WAITING: &str = "SELECT j.seq, j.id, j.kind, j.version, j.queue, j.priority, j.state, j.run_at, \
    j.enqueued_at, j.attempts_max, j.attempt, j.crashes, j.fence, j.key, j.hold, j.hold_ms, j.instance, j.started_at, \
    j.cancel_asked, j.error, j.progress, j.options, \
    ifnull(j.payload, (SELECT payload FROM banto_payload b WHERE b.seq = j.seq)), j.sum, j.cause";

/// Any job as it stands: `SELECT` this.
pub(crate) const ANY: &str = "SELECT j.seq, j.id, j.kind, j.version, j.queue, j.priority, \
    CASE WHEN l.seq IS NOT NULL THEN 2 WHEN d.seq IS NOT NULL THEN 4 WHEN j.state IN (2, 4) THEN -1 ELSE j.state END, \
    j.run_at, j.enqueued_at, j.attempts_max, iif(l.seq IS NULL, coalesce(d.attempt, j.attempt), min(j.attempt + 1, 65535)), \
    coalesce(d.crashes, j.crashes), coalesce(l.fence, d.fence, j.fence), j.key, j.hold, j.hold_ms, \
    coalesce(l.instance, d.instance, j.instance), coalesce(l.started_at, d.started_at, j.started_at), \
    coalesce(l.cancel_asked, j.cancel_asked), j.error, coalesce(l.progress, j.progress), j.options, \
    ifnull(j.payload, (SELECT payload FROM banto_payload b WHERE b.seq = j.seq)), j.sum, \
    j.cause, coalesce(d.finished_at, j.finished_at), j.park_text, j.park_build, l.token, l.boot, l.until, d.token, \
    j.written, j.written_fence \
    FROM banto_job j LEFT JOIN banto_lease l ON l.seq = j.seq LEFT JOIN banto_done d ON d.seq = j.seq";

/// A column of those, by its place. Those after the cause are absent in a row of [`WAITING`].
#[derive(Debug, Clone, Copy)]
#[rustfmt::skip]
enum Column {
    Seq, Id, Kind, Version, Queue, Priority, State, RunAt, EnqueuedAt, AttemptsMax, Attempt, Crashes, Fence, Key, Hold,
    HoldMs, Instance, StartedAt, CancelAsked, Error, Progress, Options, Payload, Sum, Cause,
    FinishedAt, ParkText, ParkBuild, Token, Boot, Until, DoneToken, Written, WrittenFence,
}

/// Their names, to show a damaged row by.
const NAMES: &str = "seq id kind version queue priority state run_at enqueued_at attempts_max attempt crashes fence key \
    hold hold_ms instance started_at cancel_asked error progress options payload sum cause finished_at park_text park_build \
    token boot until done_token written written_fence";

/// A job as it is stored, and what is the store's own business.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub seq: i64,
    pub job: Job,
    /// The lease it runs under, while it runs.
    pub held: Option<Held>,
    /// The last lease that a finish was written under.
    pub written: Option<Lease>,
    /// Whether the row cannot be read: then the job is only as it can be shown.
    pub damaged: bool,
}

/// A lease, and its end by the steady clock of that boot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    pub lease: Lease,
    pub boot: i64,
    pub until: i64,
}

/// A row that cannot be read.
#[derive(Debug, Clone)]
pub(crate) struct Damaged {
    pub seq: i64,
    /// The job as far as it can be shown: parked, for the reason that its row is damaged, unless an operator has ended it.
    pub job: Job,
    /// What stands where its queue, kind and version should be: the class it is counted under.
    pub class: (String, String, i64),
    /// Its state, if that can be read.
    pub state: Option<State>,
}

/// What a row is read as.
pub(crate) type Read = Result<Stored, Box<Damaged>>;

/// What does not hold.
type Why = String;

/// Reads rows. Neighbours mostly share their queue and kind, so those names are made once.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    kind: Option<Name>,
    queue: Option<Name>,
}

impl Reader {
    /// Reads a row of [`ANY`] or [`WAITING`].
    pub fn read(&mut self, row: &Row<'_>) -> Read {
        self.stored(row).map_err(|why| Box::new(damaged(row, why)))
    }

    /// Reads a row to list it: a damaged one comes as it can be shown.
    pub fn show(&mut self, row: &Row<'_>) -> Stored {
        let damaged =
            |row: Box<Damaged>| Stored { seq: row.seq, job: row.job, held: None, written: None, damaged: true };
        self.read(row).unwrap_or_else(damaged)
    }

    fn stored(&mut self, row: &Row<'_>) -> Result<Stored, Why> {
        let seq = int(row, Column::Seq)?;
        let job = self.job(row)?;
        compare(row, &job)?;
        let held = match job.state {
            State::Running => Some(held(row, &job)?),
            _ => None,
        };
        let written = written(row, &job)?;
        Ok(Stored { seq, job, held, written, damaged: false })
    }

    fn job(&mut self, row: &Row<'_>) -> Result<Job, Why> {
        let state = State::of_number(int(row, Column::State)?).ok_or("the state has an unknown number")?;
        Ok(Job {
            id: id(row)?,
            kind: name(row, Column::Kind, &mut self.kind)?,
            version: number(row, Column::Version, 1, u16::MAX)?,
            queue: name(row, Column::Queue, &mut self.queue)?,
            priority: number(row, Column::Priority, 0, PRIORITY_MAX)?,
            payload: Payload::parse(text(row, Column::Payload)?)
                .map_err(|_| "the payload is not JSON within its limits")?,
            state,
            run_at: int(row, Column::RunAt)?,
            attempt: number(row, Column::Attempt, 0, u16::MAX)?,
            attempts_max: attempts_max(row)?,
            crashes: number(row, Column::Crashes, 0, u16::MAX)?,
            fence: number(row, Column::Fence, 0, u32::MAX)?,
            unique: unique(row)?,
            options: options(row)?,
            enqueued_at: int(row, Column::EnqueuedAt)?,
            started_at: maybe_int(row, Column::StartedAt)?,
            finished_at: maybe_int(row, Column::FinishedAt)?,
            error: maybe_text(row, Column::Error)?.map(str::to_owned),
            park: park(row)?,
            progress: progress(row)?,
            cancel_asked: number(row, Column::CancelAsked, 0, 1u8)? == 1,
            instance: maybe_int(row, Column::Instance)?.map(|id| InstanceId(id.cast_unsigned())),
        })
    }
}

/// Compares the row with what was stored.
fn compare(row: &Row<'_>, job: &Job) -> Result<(), Why> {
    let Some(sum) = maybe_int(row, Column::Sum)? else { return Ok(()) };
    let now = Summed::of(job, maybe_text(row, Column::Options)?, maybe_text(row, Column::Key)?);
    match now.sum() == sum {
        true => Ok(()),
        false => Err("the row is not what was stored: its sum differs".into()),
    }
}

/// The job with that id, if there is one.
pub(crate) fn find(db: &Connection, reader: &mut Reader, id: JobId) -> rusqlite::Result<Option<Read>> {
    static SQL: LazyLock<String> = LazyLock::new(|| format!("{ANY} WHERE j.id = ?1"));
    let mut find = db.prepare_cached(&SQL)?;
    find.query_row([id.bytes()], |row| Ok(reader.read(row))).optional()
}

/// Text for people or for counting; what is no UTF-8 gets a stand-in.
pub(crate) fn lossy(row: &Row<'_>, at: usize) -> rusqlite::Result<String> {
    Ok(String::from_utf8_lossy(row.get_ref(at)?.as_bytes().unwrap_or_default()).into_owned())
}

/// The whole row as text, for `job show` of a damaged one: control bytes visible, long values cut.
pub(crate) fn raw(row: &Row<'_>) -> String {
    let shown = |at: usize| -> Option<String> {
        let name = NAMES.split_whitespace().nth(at)?;
        let value = match row.get_ref(at).ok()? {
            ValueRef::Null => return None,
            ValueRef::Integer(number) => number.to_string(),
            ValueRef::Real(number) => format!("{number:?} (real)"),
            ValueRef::Text(bytes) => format!("\"{}\"", visible(&String::from_utf8_lossy(bytes), 2_000)),
            ValueRef::Blob(bytes) => {
                bytes.iter().take(64).fold("x'".to_owned(), |hex, b| format!("{hex}{b:02x}")) + "'"
            }
        };
        Some(format!("{name} = {value}"))
    };
    (0..=Column::WrittenFence as usize).filter_map(shown).collect::<Vec<_>>().join("\n")
}

fn held(row: &Row<'_>, job: &Job) -> Result<Held, Why> {
    let token = int(row, Column::Token)?.cast_unsigned();
    let lease = Lease { job: job.id, fence: job.fence, token };
    Ok(Held { lease, boot: int(row, Column::Boot)?, until: int(row, Column::Until)? })
}

/// A job that is done was written by the lease it was done under; any other as its row remembers.
fn written(row: &Row<'_>, job: &Job) -> Result<Option<Lease>, Why> {
    let (token, fence) = match maybe_int(row, Column::DoneToken)? {
        Some(token) => (Some(token), Some(i64::from(job.fence))),
        None => (maybe_int(row, Column::Written)?, maybe_int(row, Column::WrittenFence)?),
    };
    let lease = |(token, fence): (i64, i64)| {
        let fence = u32::try_from(fence).map_err(|_| "the fence last written under is outside its limits")?;
        Ok(Lease { job: job.id, fence, token: token.cast_unsigned() })
    };
    token.zip(fence).map(lease).transpose()
}

fn id(row: &Row<'_>) -> Result<JobId, Why> {
    let bytes = value(row, Column::Id).as_blob().map_err(|_| "the id is no blob")?;
    bytes.try_into().map(JobId::of_bytes).map_err(|_| format!("the id has {} bytes, not 16", bytes.len()))
}

fn name(row: &Row<'_>, column: Column, last: &mut Option<Name>) -> Result<Name, Why> {
    let text = text(row, column)?;
    if let Some(name) = last.as_ref().filter(|name| name.as_str() == text) {
        return Ok(name.clone());
    }
    let name = Name::new(text).map_err(|refusal| format!("{column:?}: {refusal}"))?;
    Ok(last.insert(name).clone())
}

fn unique(row: &Row<'_>) -> Result<Option<Unique>, Why> {
    let Some(key) = maybe_text(row, Column::Key)? else { return Ok(None) };
    let key = Label::new(key).map_err(|refusal| refusal.to_string())?;
    let hold = to_hold(maybe_int(row, Column::Hold)?, maybe_int(row, Column::HoldMs)?).ok_or("the hold is unknown")?;
    Ok(Some(Unique { key, hold }))
}

/// A hold as its two columns.
pub(crate) fn of_hold(hold: Hold) -> (i64, Option<i64>) {
    match hold {
        Hold::Queued => (0, None),
        Hold::Done => (1, None),
        Hold::Remember(ms) => (2, Some(i64::try_from(ms).unwrap_or(i64::MAX))),
        Hold::Period(ms) => (3, Some(i64::try_from(ms).unwrap_or(i64::MAX))),
    }
}

/// Two columns as a hold.
pub(crate) fn to_hold(hold: Option<i64>, ms: Option<i64>) -> Option<Hold> {
    match (hold?, ms.map(u64::try_from)) {
        (0, None) => Some(Hold::Queued),
        (1, None) => Some(Hold::Done),
        (2, Some(Ok(ms))) => Some(Hold::Remember(ms)),
        (3, Some(Ok(ms))) => Some(Hold::Period(ms)),
        _ => None,
    }
}

fn options(row: &Row<'_>) -> Result<Options, Why> {
    let Some(text) = maybe_text(row, Column::Options)? else { return Ok(Options::default()) };
    serde_json::from_str(text).map_err(|error| format!("the options: {error}"))
}

fn progress(row: &Row<'_>) -> Result<Option<Progress>, Why> {
    let Some(text) = maybe_text(row, Column::Progress)? else { return Ok(None) };
    serde_json::from_str(text).map(Some).map_err(|error| format!("the progress: {error}"))
}

fn park(row: &Row<'_>) -> Result<Option<Park>, Why> {
    let Some(word) = maybe_text(row, Column::Cause)? else { return Ok(None) };
    let cause = Cause::of_word(word).ok_or_else(|| format!("the cause \"{}\" is unknown", visible(word, 40)))?;
    let said = |column| Ok::<_, Why>(maybe_text(row, column)?.unwrap_or_default().to_owned());
    Ok(Some(Park { cause, text: said(Column::ParkText)?, build: said(Column::ParkBuild)? }))
}

/// Nought is none.
fn attempts_max(row: &Row<'_>) -> Result<Option<u16>, Why> {
    number(row, Column::AttemptsMax, 0, ATTEMPTS_MAX).map(|attempts| Some(attempts).filter(|attempts| *attempts > 0))
}

fn number<T: TryFrom<i64> + PartialOrd>(row: &Row<'_>, column: Column, least: T, most: T) -> Result<T, Why> {
    let number = int(row, column)?;
    let fits = T::try_from(number).ok().filter(|fit| *fit >= least && *fit <= most);
    fits.ok_or_else(|| format!("{column:?} is {number}, outside its limits"))
}

fn int(row: &Row<'_>, column: Column) -> Result<i64, Why> {
    value(row, column).as_i64().map_err(|_| format!("{column:?} is no whole number"))
}

fn maybe_int(row: &Row<'_>, column: Column) -> Result<Option<i64>, Why> {
    value(row, column).as_i64_or_null().map_err(|_| format!("{column:?} is no whole number"))
}

fn text<'a>(row: &'a Row<'_>, column: Column) -> Result<&'a str, Why> {
    value(row, column).as_str().map_err(|_| format!("{column:?} is no text in UTF-8"))
}

fn maybe_text<'a>(row: &'a Row<'_>, column: Column) -> Result<Option<&'a str>, Why> {
    value(row, column).as_str_or_null().map_err(|_| format!("{column:?} is no text in UTF-8"))
}

/// What is not there reads as absent, which then does not hold.
fn value<'a>(row: &'a Row<'_>, column: Column) -> ValueRef<'a> {
    row.get_ref(column as usize).unwrap_or(ValueRef::Null)
}

/// What can be shown of a row that does not hold: the good fields as they are, the others by a stand-in.
fn damaged(row: &Row<'_>, why: Why) -> Damaged {
    let lossy = |column| match value(row, column) {
        ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    };
    let class = (lossy(Column::Queue), lossy(Column::Kind), int(row, Column::Version).unwrap_or(0));
    let state = int(row, Column::State).ok().and_then(State::of_number);
    Damaged { seq: int(row, Column::Seq).unwrap_or(0), job: shown(row, why), class, state }
}

fn shown(row: &Row<'_>, why: Why) -> Job {
    let at = |column| int(row, column).unwrap_or(0);
    let maybe = |column| maybe_int(row, column).ok().flatten();
    let ended = State::of_number(at(Column::State)).filter(|state| matches!(state, State::Dead | State::Cancelled));
    Job {
        id: id(row).unwrap_or_else(|_| mended_id(row)),
        kind: name(row, Column::Kind, &mut None).unwrap_or_else(|_| stand_in()),
        version: number(row, Column::Version, 0, u16::MAX).unwrap_or(0),
        queue: name(row, Column::Queue, &mut None).unwrap_or_else(|_| stand_in()),
        priority: number(row, Column::Priority, 0, PRIORITY_MAX).unwrap_or(PRIORITY_MAX),
        payload: text(row, Column::Payload).ok().and_then(|text| Payload::parse(text).ok()).unwrap_or_else(no_payload),
        state: ended.unwrap_or(State::Parked),
        run_at: at(Column::RunAt),
        attempt: number(row, Column::Attempt, 0, u16::MAX).unwrap_or(0),
        attempts_max: attempts_max(row).unwrap_or(None),
        crashes: number(row, Column::Crashes, 0, u16::MAX).unwrap_or(0),
        fence: number(row, Column::Fence, 0, u32::MAX).unwrap_or(0),
        unique: unique(row).unwrap_or(None),
        options: options(row).unwrap_or_default(),
        enqueued_at: at(Column::EnqueuedAt),
        started_at: maybe(Column::StartedAt),
        finished_at: maybe(Column::FinishedAt),
        error: maybe_text(row, Column::Error).ok().flatten().map(|text| visible(text, 2_000)),
        park: ended.is_none().then(|| Park { cause: Cause::Damaged, text: why, build: String::new() }),
        progress: progress(row).unwrap_or(None),
        cancel_asked: at(Column::CancelAsked) == 1,
        instance: maybe(Column::Instance).map(|id| InstanceId(id.cast_unsigned())),
    }
}

/// Sixteen bytes for an id that has more, fewer or none, so that the row can be named. Parking writes it back.
fn mended_id(row: &Row<'_>) -> JobId {
    let bytes = value(row, Column::Id).as_bytes().unwrap_or_default();
    let mut id = [0; 16];
    id.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    JobId::of_bytes(id)
}
