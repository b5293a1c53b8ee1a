//! The account of due instants: what was due by plain counting, what the ledger says of it, and which jobs there are.

use std::collections::{BTreeMap, BTreeSet};

use banto_core::{Fate, InstanceId, Name, ScheduleName, limits::PAGE_MAX};
use banto_store::{Clock, FireView, SelectFires, Service, SystemClock};

use crate::{
    Told,
    account::Account,
    report::{Check, Report},
    scheduler::{Line, SERVICE},
    stage::Scene,
};

/// The library that fakes the clock of a process; the reason it cannot be had, else.
pub fn library() -> Result<String, &'static str> {
    let places = ["x86_64-linux-gnu", "aarch64-linux-gnu"];
    let path = |place| format!("/usr/lib/{place}/faketime/libfaketimeMT.so.1");
    let found = places.map(path).into_iter().find(|path| std::path::Path::new(path).exists());
    found.ok_or("libfaketime is not installed (Debian: apt-get install faketime)")
}

/// Wall-clock time in milliseconds since 1970.
pub fn wall() -> i64 {
    SystemClock.wall_ms()
}

/// The service that the row's schedulers serve.
pub fn service(scene: &Scene<'_>) -> Told<Option<Service>> {
    let name = Name::new(SERVICE).map_err(|refusal| refusal.to_string())?;
    scene.stage.wait(scene.open()?.service(name)).map_err(|error| error.to_string())
}

/// The process that leads.
pub fn leader(scene: &Scene<'_>) -> Told<Option<(InstanceId, u32)>> {
    let Some(by) = service(scene)?.and_then(|service| service.by) else { return Ok(None) };
    let seen = scene.stage.wait(scene.open()?.instances()).map_err(|error| error.to_string())?;
    Ok(seen.iter().find(|seen| seen.instance.id == by).map(|seen| (by, seen.instance.pid)))
}

/// All rows of the ledger.
pub fn rows(scene: &Scene<'_>) -> Told<Vec<FireView>> {
    let (store, mut rows) = (scene.open()?, BTreeMap::new());
    let mut before = None;
    loop {
        let select = SelectFires { before, limit: PAGE_MAX, ..SelectFires::default() };
        let page = scene.stage.wait(store.fires(select)).map_err(|error| error.to_string())?;
        let full = page.len() == PAGE_MAX;
        // Several are due together: the next page begins with the last instant of this one.
        before = page.last().map(|row| row.due_at + 1).filter(|last| before != Some(*last));
        rows.extend(page.into_iter().map(|row| ((row.schedule.clone(), row.due_at), row)));
        if !full || before.is_none() {
            return Ok(rows.into_values().collect());
        }
    }
}

/// What became of the due instants of a row.
#[derive(Debug, Default)]
pub struct Dues {
    /// How many there were.
    pub due: u64,
    /// Those that have fired, by schedule.
    pub fired: BTreeMap<String, u64>,
    /// Those that were missed, by schedule.
    pub missed: BTreeMap<String, u64>,
    /// Those without a row.
    pub open: u64,
    /// Jobs beyond the first of their due instant.
    pub doubled: u64,
    /// Rows of what was not due.
    pub invented: u64,
    /// How long after its time each was written down, in milliseconds, sorted.
    pub late_ms: Vec<i64>,
}

impl Dues {
    /// Counts what was due after `after` up to and with `until`, both in milliseconds since 1970.
    pub fn of(scene: &Scene<'_>, lines: &[Line], after: i64, until: i64) -> Told<Dues> {
        let rows = rows(scene)?;
        let known: BTreeMap<(&ScheduleName, i64), &FireView> =
            rows.iter().map(|row| ((&row.schedule, row.due_at), row)).collect();
        let mut dues = Dues::default();
        for line in lines {
            let name = ScheduleName::new(&line.name).map_err(|refusal| refusal.to_string())?;
            let period = i64::try_from(line.period_s * 1_000).unwrap_or(i64::MAX);
            let first = after.div_euclid(period) + 1;
            for due in (first..).map(|n| n * period).take_while(|due| *due <= until) {
                dues.due += 1;
                match known.get(&(&name, due)) {
                    None => dues.open += 1,
                    Some(row) => {
                        dues.late_ms.push(row.at - due);
                        let counts = if row.fate == Fate::Fired { &mut dues.fired } else { &mut dues.missed };
                        *counts.entry(line.name.clone()).or_default() += row.count;
                    }
                }
            }
            let of_line = rows.iter().filter(|row| row.schedule == name);
            dues.invented +=
                of_line.filter(|row| row.due_at % period != 0 || row.at + 1_000 < row.due_at).count() as u64;
        }
        let jobs = scene.listed()?;
        let fires: Vec<_> = jobs.iter().filter_map(|job| job.options.fire.as_ref()).collect();
        let distinct: BTreeSet<_> = fires.iter().map(|fire| (&fire.schedule, fire.due_at)).collect();
        dues.doubled = (fires.len() - distinct.len()) as u64;
        dues.late_ms.sort_unstable();
        Ok(dues)
    }

    /// Adds those of another part of the same row.
    pub fn add(&mut self, other: Dues) {
        self.due += other.due;
        self.open += other.open;
        self.invented += other.invented;
        // Of all jobs of the store, each time.
        self.doubled = self.doubled.max(other.doubled);
        self.late_ms.extend(other.late_ms);
        self.late_ms.sort_unstable();
        for (all, more) in [(&mut self.fired, other.fired), (&mut self.missed, other.missed)] {
            for (schedule, count) in more {
                *all.entry(schedule).or_default() += count;
            }
        }
    }

    /// All that have fired.
    pub fn all_fired(&self) -> u64 {
        self.fired.values().sum()
    }

    /// A report that begins with what must hold of every row: none fires twice, none is left out, none is made up.
    pub fn report(&self) -> Report {
        let account = Account {
            submitted: self.due,
            acked: self.due - self.open,
            lost: self.open,
            run: self.all_fired(),
            duplicated_runs: self.doubled,
            ..Account::default()
        };
        let last = self.late_ms.last().copied().unwrap_or(0);
        Report { account, ..Report::default() }
            .check(Check::none("due instants that fired twice", self.doubled))
            .check(Check::none("due instants that are not accounted for", self.open))
            .check(Check::none("rows of what was not due, or before its time", self.invented))
            .check(Check::at_least("due instants", self.due as f64, "", 1.0))
            .note(format!("{} due instants; written down {last} ms after their time at most", self.due))
    }
}
