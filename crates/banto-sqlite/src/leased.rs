//! What this process has leased: where each lease stands, and as what it is counted.
//!
//! A finish names a job by its id, and the file keeps leases by the number of the row. For a lease that this very process
//! gave out the number is known here, so an ordinary end is one statement: it frees the lease if it still holds. That is
//! the fence, and only the file answers it; what is not known here, or not true any more, is merely looked up.

use std::collections::HashMap;

use banto_core::{JobId, Lease, Name};
use rusqlite::{Connection, OptionalExtension};

/// So many leases are known at most. Those that end elsewhere are never asked for again, so now and then all are forgotten.
const KNOWN_MAX: usize = 50_000;

/// The leases of this process.
#[derive(Debug, Default)]
pub(crate) struct Leased(HashMap<JobId, Known>);

/// A lease of a job without a key.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub lease: Lease,
    pub seq: i64,
    pub started_at: i64,
    pub instance: i64,
    pub queue: Name,
    pub kind: Name,
    pub version: i64,
}

impl Leased {
    /// Notes a lease.
    pub fn know(&mut self, known: Known) {
        if self.0.len() >= KNOWN_MAX {
            self.0.clear();
        }
        self.0.insert(known.lease.job, known);
    }

    /// Takes out what is known of a lease.
    pub fn take(&mut self, lease: &Lease) -> Option<Known> {
        self.0.remove(&lease.job).filter(|known| known.lease == *lease)
    }

    /// Asks the file for a lease: the row of its job, and whether the job was asked to stop. `None` if it holds no more.
    pub fn held(&self, db: &Connection, lease: &Lease) -> rusqlite::Result<Option<(i64, bool)>> {
        let seq = self.seq(db, lease)?;
        db.prepare_cached(
            "SELECT seq, cancel_asked <> 0 FROM banto_lease WHERE seq = ?1 AND fence = ?2 AND token = ?3",
        )?
        .query_row((seq, lease.fence, lease.token.cast_signed()), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
    }

    fn seq(&self, db: &Connection, lease: &Lease) -> rusqlite::Result<Option<i64>> {
        // Of this very lease only: the job's id may be another job's by now, in another row.
        match self.0.get(&lease.job).filter(|known| known.lease == *lease) {
            Some(known) => Ok(Some(known.seq)),
            None => db
                .prepare_cached("SELECT seq FROM banto_job WHERE id = ?1")?
                .query_row([lease.job.bytes()], |row| row.get(0))
                .optional(),
        }
    }
}

#[cfg(test)]
mod tests {
    use banto_core::Ids;

    use super::*;

    fn known(ids: &mut Ids, token: u64) -> Known {
        let name = Name::new("x").unwrap();
        let lease = Lease { job: ids.make(1), fence: 1, token };
        Known { lease, seq: 7, started_at: 0, instance: 0, queue: name.clone(), kind: name, version: 1 }
    }

    #[test]
    fn only_the_very_lease_is_known_and_only_once() {
        let (mut leased, one) = (Leased::default(), known(&mut Ids::new(1), 5));
        leased.know(one.clone());
        assert!(leased.take(&Lease { token: 6, ..one.lease }).is_none());
        leased.know(one.clone());
        assert_eq!(leased.take(&one.lease).map(|known| known.seq), Some(7));
        assert!(leased.take(&one.lease).is_none());
    }

    #[test]
    fn leases_that_ended_elsewhere_are_forgotten_in_the_end() {
        let (mut leased, mut ids) = (Leased::default(), Ids::new(1));
        for _ in 0..=KNOWN_MAX {
            leased.know(known(&mut ids, 5));
        }
        assert_eq!(leased.0.len(), 1);
    }
}
