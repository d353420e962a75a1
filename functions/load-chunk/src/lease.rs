//! The lease on a chunk, kept from its claim to its last row.

use domain::{Lease, NextLease};
use store::StoreError;

use crate::{LoadChunk, LoadError, chunk::Work};

impl LoadChunk {
    /// While nothing is written yet: renews the lease when it runs low, and stops in good time when it cannot be
    /// renewed. Every step on the way to the first row comes by here, for without it another worker would take
    /// the chunk from this one, and this one from that one again.
    pub(crate) async fn keep_lease(&self, work: &mut Work<'_>) -> Result<(), LoadError> {
        if let Some(next) = work.lease.next(self.clock.now()) {
            work.lease = self.note(work, next, work.chunk.written).await?;
        }
        Ok(())
    }

    /// Notes how many rows are written, and what becomes of the lease; gives the lease to go on with.
    ///
    /// [`LoadError::OutOfTime`] when there is none, [`LoadError::Busy`] when another worker has the chunk.
    pub(crate) async fn note(
        &self,
        work: &Work<'_>,
        next: NextLease,
        written: u32,
    ) -> Result<Lease, LoadError> {
        let (id, until) = (&work.upload.id, next.lease.until());
        let noted = self
            .store
            .note_written(work.scope, id, &work.chunk, written, until);
        match noted.await {
            Ok(()) if next.is_renewed => Ok(next.lease),
            Ok(()) => Err(LoadError::OutOfTime),
            Err(StoreError::Moved) => Err(LoadError::Busy(until)),
            Err(error) => Err(error.into()),
        }
    }
}
