//! The lease on a chunk, kept from its claim to its last row.

use crate::{LoadChunk, LoadError, chunk::Work};

impl LoadChunk {
    /// While nothing is written yet: renews the lease when it runs low, and stops in good time when it cannot be
    /// renewed. Every step on the way to the first row comes by here, for without it another worker would take
    /// the chunk from this one, and this one from that one again.
    pub(crate) async fn keep_lease(&self, work: &mut Work<'_>) -> Result<(), LoadError> {
        if let Some(next) = work.lease.next(self.clock.now()) {
            let chunks = self.chunks(work.scope, work.upload.id);
            let noted = chunks.note::<LoadError>(&work.chunk, next, work.chunk.written);
            work.lease = noted.await?;
        }
        Ok(())
    }
}
