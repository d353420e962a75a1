//! The lease on a chunk, kept from its claim to its last row.

use domain::Lease;
use jiff::Timestamp;
use store::StoreError;

use crate::{LoadChunk, LoadError, chunk::Work};

/// What becomes of a lease that runs low.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    next: Lease,
    is_renewed: bool,
}

impl Due {
    /// `None` while enough is left of the lease.
    pub(crate) fn of(lease: Lease, now: Timestamp) -> Option<Self> {
        let renewal = lease.renewal(now);
        if renewal.is_none() && !lease.is_ending(now) {
            return None;
        }
        Some(Self {
            // Near the end of the invocation the lease is given back: the next worker need not wait.
            next: renewal.unwrap_or(Lease::new(now, now)),
            is_renewed: renewal.is_some(),
        })
    }
}

impl LoadChunk {
    /// While nothing is written yet: renews the lease when it runs low, and stops in good time when it cannot be
    /// renewed. Every step on the way to the first row comes by here, for without it another worker would take
    /// the chunk from this one, and this one from that one again.
    pub(crate) async fn keep_lease(&self, work: &mut Work<'_>) -> Result<(), LoadError> {
        if let Some(due) = Due::of(work.lease, self.clock.now()) {
            work.lease = self.note(work, due, work.chunk.written).await?;
        }
        Ok(())
    }

    /// Notes how many rows are written, and what is due; gives the lease to go on with.
    ///
    /// [`LoadError::OutOfTime`] when there is none, [`LoadError::Busy`] when another worker has the chunk.
    pub(crate) async fn note(
        &self,
        work: &Work<'_>,
        due: Due,
        written: u32,
    ) -> Result<Lease, LoadError> {
        let (id, until) = (&work.upload.id, due.next.until());
        let noted = self
            .store
            .note_written(work.scope, id, &work.chunk, written, until);
        match noted.await {
            Ok(()) if due.is_renewed => Ok(due.next),
            Ok(()) => Err(LoadError::OutOfTime),
            Err(StoreError::Moved) => Err(LoadError::Busy(until)),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_lease_is_renewed_when_it_runs_low_and_given_back_near_the_end_of_the_invocation() {
        let lease = Lease::new(at(0), at(180));
        assert!(Due::of(lease, at(10)).is_none());
        let renewed = Due::of(lease, at(30)).unwrap();
        assert_eq!((renewed.next.until(), renewed.is_renewed), (at(90), true));
        let last = Lease::new(at(130), at(180));
        assert!(Due::of(last, at(150)).is_none(), "enough for some requests");
        let ended = Due::of(last, at(157)).unwrap();
        assert_eq!((ended.next.until(), ended.is_renewed), (at(157), false));
    }
}
