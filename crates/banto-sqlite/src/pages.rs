//! Going through the jobs that fit, by id, a page at a time.
//!
//! For listings (newest first) and for orders (oldest first). Where the counts say that few jobs stand where the filter
//! looks, those few are looked at; else the ids are walked in order until enough are found or no more can be. Filters
//! become bound values, never text; [`Select::fits`] has the last word on every row, so a statement may be too wide.

use banto_core::{JobId, State, limits::PAGE_MAX};
use banto_store::Select;
use rusqlite::{Connection, types::Value};

use crate::row::{ANY, Reader, Stored};

/// So many jobs are "few": looking at all of them takes some ten milliseconds.
const FEW: u64 = 20_000;

/// A walk through the jobs that fit. What changes meanwhile is met or not.
pub(crate) struct Pages<'a> {
    select: &'a Select,
    after: Option<JobId>,
    newest_first: bool,
    rows: usize,
    /// The filter as SQL, once the counts were asked.
    filter: Option<Filter>,
    ended: bool,
}

/// `AND …`, with its values, and how many jobs in which states there are that it can give.
#[derive(Clone, Default)]
struct Filter {
    sql: String,
    values: Vec<Value>,
    states: Vec<State>,
    left: u64,
}

impl<'a> Pages<'a> {
    /// All that fit, the oldest first.
    pub fn oldest_first(select: &'a Select) -> Pages<'a> {
        Pages { select, after: None, newest_first: false, rows: PAGE_MAX, filter: None, ended: false }
    }

    /// All that fit and are older than `before`, the newest first.
    pub fn newest_first(select: &'a Select, before: Option<JobId>) -> Pages<'a> {
        let rows = select.limit.saturating_add(1).clamp(32, PAGE_MAX);
        Pages { select, after: before, newest_first: true, rows, filter: None, ended: false }
    }

    /// The next page; `None` after the last. A page may be empty. A damaged row comes as it can be shown.
    pub fn next(&mut self, db: &Connection) -> rusqlite::Result<Option<Vec<Stored>>> {
        if self.filter.is_none() {
            let filter = Filter::of(db, self.select)?;
            self.ended = filter.left == 0;
            self.filter = Some(filter);
        }
        if self.ended {
            return Ok(None);
        }
        let (sql, values) = self.query();
        let Some(filter) = &mut self.filter else { return Ok(None) };
        let mut find = db.prepare_cached(&sql)?;
        let mut rows = find.query(rusqlite::params_from_iter(values))?;
        let (mut found, mut seen, mut met, mut reader) = (Vec::new(), 0, 0, Reader::default());
        while let Some(row) = rows.next()? {
            seen += 1;
            let stored = reader.show(row);
            self.after = Some(stored.job.id);
            met += u64::from(filter.states.contains(&stored.job.state));
            if self.select.fits(&stored.job) {
                found.push(stored);
            }
        }
        // By the counts as they were at the beginning. A walk meets jobs of other states too, which say nothing of those left.
        filter.left = filter.left.saturating_sub(met);
        self.ended = seen < self.rows || filter.left == 0;
        Ok(Some(found))
    }

    fn query(&self) -> (String, Vec<Value>) {
        let Filter { sql: filter, mut values, .. } = self.filter.clone().unwrap_or_default();
        let (beyond, order) = if self.newest_first { ("<", "DESC") } else { (">", "ASC") };
        let place = match self.after {
            Some(id) => {
                values.push(Value::Blob(id.bytes().to_vec()));
                format!(" AND j.id {beyond} ?")
            }
            None => String::new(),
        };
        (format!("{ANY} WHERE 1{filter}{place} ORDER BY j.id {order} LIMIT {}", self.rows), values)
    }
}

impl Filter {
    fn of(db: &Connection, select: &Select) -> rusqlite::Result<Filter> {
        let mut filter = Filter { left: u64::MAX, ..Filter::default() };
        for (column, name) in [("queue", &select.queue), ("kind", &select.kind)] {
            if let Some(name) = name {
                filter.and(&format!("j.{column} = ?"), Value::Text(name.as_str().into()));
            }
        }
        if !select.ids.is_empty() {
            let quoted: Vec<String> = select.ids.iter().map(|id| format!("\"{id}\"")).collect();
            let ids = Value::Text(format!("[{}]", quoted.join(",")));
            filter.and("j.id IN (SELECT unhex(value, '-') FROM json_each(?))", ids);
            return Ok(filter);
        }
        let states = select.may_stand();
        filter.left = count(db, select, &states)?;
        let narrows = states.len() < State::ALL.len();
        let parked = states.contains(&State::Parked);
        let reads_all = select.seeks_damaged() && count(db, select, &State::ALL)? <= FEW;
        if narrows && !reads_all && filter.left <= FEW {
            let places: Vec<&str> = states.iter().map(|state| place(*state)).collect();
            filter.sql += &format!(" AND j.id IN ({})", places.join(" UNION ALL "));
        }
        // Damaged rows are counted as what they were and shown as parked; so where those are looked for, nothing is sure.
        if parked {
            filter.left = u64::MAX;
        }
        filter.states = states;
        Ok(filter)
    }

    fn and(&mut self, condition: &str, value: Value) {
        self.sql += &format!(" AND {condition}");
        self.values.push(value);
    }
}

/// How many jobs of that queue and kind stand in those states.
fn count(db: &Connection, select: &Select, states: &[State]) -> rusqlite::Result<u64> {
    let mut find = db.prepare_cached(
        "SELECT state, sum(jobs) FROM banto_count WHERE (?1 IS NULL OR queue = ?1) AND (?2 IS NULL OR kind = ?2) GROUP BY state",
    )?;
    let mut rows =
        find.query([&select.queue, &select.kind].map(|name| name.as_ref().map(|name| name.as_str().to_owned())))?;
    let mut sum = 0;
    while let Some(row) = rows.next()? {
        if State::of_number(row.get(0)?).is_some_and(|state| states.contains(&state)) {
            sum += u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
        }
    }
    Ok(sum)
}

/// The ids of the jobs in one state. An index that holds only some rows is used where the statement has its very words.
pub(crate) fn place(state: State) -> &'static str {
    match state {
        State::Scheduled => "SELECT id FROM banto_job WHERE state = 0",
        State::Ready => "SELECT id FROM banto_ready",
        State::Running => "SELECT id FROM banto_lease CROSS JOIN banto_job USING (seq)",
        State::Parked => "SELECT id FROM banto_job WHERE state = 3",
        State::Done => "SELECT id FROM banto_done CROSS JOIN banto_job USING (seq)",
        State::Dead => "SELECT id FROM banto_job WHERE state = 5 AND state >= 5",
        State::Cancelled => "SELECT id FROM banto_job WHERE state = 6 AND state >= 5",
    }
}
