//! Going through the jobs that fit, by id, a page at a time.
//!
//! For listings (newest first) and for orders (oldest first). Where the counts say that few jobs stand where the filter looks,
//! those few are looked at; else the ids are walked in order until enough are found or no more can be. Filters become bound
//! values, never text; [`Select::fits`] has the last word on every row, so a statement may be too wide.

use banto_core::{JobId, State, limits::PAGE_MAX};
use banto_store::Select;
use tokio_postgres::types::ToSql;

use crate::{
    conn::Conn,
    error::Worked,
    row::{self, ANY, Int, Stored, uuid, uuids},
};

/// So many jobs are "few": looking at all of them takes some ten milliseconds.
const FEW: u64 = 20_000;

/// A value that is bound.
type Value = Box<dyn ToSql + Sync + Send>;

/// A walk through the jobs that fit. What changes meanwhile is met or not.
pub(crate) struct Pages<'a> {
    select: &'a Select,
    after: Option<JobId>,
    newest_first: bool,
    rows: usize,
    /// How many jobs the filter can give, and where to look, once the counts were asked.
    looked: Option<Looked>,
    ended: bool,
}

/// What the counts said.
struct Looked {
    states: Vec<State>,
    left: u64,
    /// Whether only the rows of those states are looked at.
    few: bool,
}

impl<'a> Pages<'a> {
    /// All that fit, the oldest first.
    pub fn oldest_first(select: &'a Select) -> Pages<'a> {
        Pages { select, after: None, newest_first: false, rows: PAGE_MAX, looked: None, ended: false }
    }

    /// All that fit and are older than `before`, the newest first.
    pub fn newest_first(select: &'a Select, before: Option<JobId>) -> Pages<'a> {
        let rows = select.limit.saturating_add(1).clamp(32, PAGE_MAX);
        Pages { select, after: before, newest_first: true, rows, looked: None, ended: false }
    }

    /// The next page; `None` after the last. A page may be empty. A damaged row comes as it can be shown.
    pub async fn next(&mut self, conn: &mut Conn) -> Worked<Option<Vec<Stored>>> {
        let mut looked = match self.looked.take() {
            Some(looked) => looked,
            None => {
                let looked = look(conn, self.select).await?;
                self.ended = looked.left == 0;
                looked
            }
        };
        if self.ended {
            return Ok(None);
        }
        let (sql, values) = self.query(&looked);
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| &**value as &(dyn ToSql + Sync)).collect();
        let rows = conn.query(&sql, &values).await?;
        let (mut found, mut met) = (Vec::new(), 0);
        for row in &rows {
            let stored = row::show(row);
            self.after = Some(stored.job.id);
            met += u64::from(looked.states.contains(&stored.job.state));
            if self.select.fits(&stored.job) {
                found.push(stored);
            }
        }
        // By the counts as they were at the beginning. A walk meets jobs of other states too, which say nothing of those left.
        looked.left = looked.left.saturating_sub(met);
        self.ended = rows.len() < self.rows || looked.left == 0;
        self.looked = Some(looked);
        Ok(Some(found))
    }

    fn query(&self, looked: &Looked) -> (String, Vec<Value>) {
        let mut sql = format!("{ANY} WHERE true");
        let mut values: Vec<Value> = Vec::new();
        let mut and = |condition: &str, value: Value| {
            values.push(value);
            sql += &format!(" AND {}", condition.replace('?', &format!("${}", values.len())));
        };
        for (condition, name) in [("w.queue = ?", &self.select.queue), ("w.kind = ?", &self.select.kind)] {
            if let Some(name) = name {
                and(condition, Box::new(name.as_str().to_owned()));
            }
        }
        if !self.select.ids.is_empty() {
            and("w.id = ANY (?)", Box::new(uuids(&self.select.ids)));
        }
        let (beyond, order) = if self.newest_first { ("w.id < ?", "DESC") } else { ("w.id > ?", "ASC") };
        if let Some(id) = self.after {
            and(beyond, Box::new(uuid(&id)));
        }
        if looked.few {
            let places: Vec<&str> = looked.states.iter().map(|state| place(*state)).collect();
            sql += &format!(" AND w.id = ANY (ARRAY({}))", places.join(" UNION ALL "));
        }
        sql += &format!(" ORDER BY w.id {order} LIMIT {}", self.rows);
        (sql, values)
    }
}

/// How many jobs the filter can give, and where they stand.
async fn look(conn: &mut Conn, select: &Select) -> Worked<Looked> {
    let states = select.may_stand();
    if !select.ids.is_empty() {
        return Ok(Looked { states, left: u64::MAX, few: false });
    }
    let left = count(conn, select, &states).await?;
    let narrows = states.len() < State::ALL.len();
    let parked = states.contains(&State::Parked);
    let reads_all = select.seeks_damaged() && count(conn, select, &State::ALL).await? <= FEW;
    let few = narrows && !reads_all && left <= FEW;
    // Damaged rows are counted as what they were and shown as parked; so where those are looked for, nothing is sure.
    Ok(Looked { states, left: if parked { u64::MAX } else { left }, few })
}

/// How many jobs of that queue and kind stand in those states.
async fn count(conn: &mut Conn, select: &Select, states: &[State]) -> Worked<u64> {
    let sql = "SELECT what, sum(n)::bigint FROM {s}.counted WHERE what <= 6 AND ($1::text IS NULL OR queue = $1)
        AND ($2::text IS NULL OR kind = $2) GROUP BY what";
    let name = |name: &Option<banto_core::Name>| name.as_ref().map(|name| name.as_str().to_owned());
    let mut sum = 0;
    for row in conn.query(sql, &[&name(&select.queue), &name(&select.kind)]).await? {
        if State::of_number(row.try_get::<_, Int>(0)?.0).is_some_and(|state| states.contains(&state)) {
            sum += u64::try_from(row.try_get::<_, i64>(1)?).unwrap_or(0);
        }
    }
    Ok(sum)
}

/// The ids of the jobs in one state. An index that holds only some rows is used where the statement has its very words.
fn place(state: State) -> &'static str {
    match state {
        State::Scheduled => "SELECT id FROM {s}.live WHERE state = 0",
        State::Ready => "SELECT id FROM {s}.live WHERE state = 1",
        State::Running => "SELECT id FROM {s}.live WHERE state = 2",
        State::Parked => "SELECT id FROM {s}.live WHERE state = 3",
        State::Done => "SELECT id FROM {s}.ended WHERE state = 4",
        State::Dead => "SELECT id FROM {s}.ended WHERE state = 5",
        State::Cancelled => "SELECT id FROM {s}.ended WHERE state = 6",
    }
}
