//! `renew`: prolongs leases.

use banto_core::Lease;

use super::{Data, Held, Now};
use crate::Renewed;

impl Data {
    pub(super) fn renew(&mut self, leases: &[Lease], lease_ms: u64, now: &Now) -> Vec<Renewed> {
        let renew_one = |lease: &Lease| match self.jobs.get_mut(&lease.job).filter(|row| row.held_by(lease)) {
            Some(row) => {
                let until = now.steady.saturating_add(lease_ms);
                row.held = Some(Held { lease: *lease, until, boot: now.boot.clone() });
                Renewed::Held { cancel_asked: row.job.cancel_asked }
            }
            None => Renewed::Lost,
        };
        leases.iter().map(renew_one).collect()
    }
}
