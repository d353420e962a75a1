#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod unfinished;

use std::future::ready;

use domain::{Clock, Lease, NextLease, TenantScope, UploadId};
use jiff::Timestamp;
use store::{Chunk, ChunkClaim, LoadedRows, Store, StoreError};

pub use unfinished::Unfinished;

/// The error of a function that works chunks off.
pub trait ChunkError: From<StoreError> + From<Unfinished> {
    /// The function's timeout leaves no time to write anything.
    fn timeout_too_short() -> Self;

    /// This worker did not come to the end of the chunk, as many before it.
    fn never_done() -> Self;

    /// Whether it came from [`Unfinished`].
    fn is_unfinished(&self) -> bool;

    /// Whether the table takes no more for now, and the message is to be sent again for that.
    fn is_throttled(&self) -> bool;
}

/// The chunks of one file, for whoever works them off.
#[derive(Clone, Copy)]
pub struct Chunks<'a> {
    /// Where they are noted.
    pub store: &'a Store,
    /// What time it is.
    pub clock: &'a dyn Clock,
    /// Whose file it is.
    pub scope: &'a TenantScope,
    /// Which file.
    pub upload: UploadId,
}

impl Chunks<'_> {
    /// Takes a chunk, for an invocation that is ended at `deadline`; `None` when it is done.
    pub async fn claim<E: ChunkError>(
        &self,
        number: u32,
        deadline: Timestamp,
    ) -> Result<Option<(Chunk, Lease)>, E> {
        let now = self.clock.now();
        let lease = Lease::new(now, deadline);
        if lease.is_ending(now) {
            return Err(E::timeout_too_short());
        }
        let (scope, id) = (self.scope, &self.upload);
        let claim = self
            .store
            .claim_chunk(scope, id, number, now, lease.until());
        match claim.await? {
            ChunkClaim::Done => Ok(None),
            ChunkClaim::Busy(until) => Err(Unfinished::Busy(until).into()),
            ChunkClaim::Unknown => Err(StoreError::Damaged { what: "chunk" }.into()),
            ChunkClaim::Mine(chunk) => Ok(Some((chunk, lease))),
        }
    }

    /// Notes how many rows are done with, and what becomes of the lease; gives the lease to go on with.
    ///
    /// [`Unfinished::OutOfTime`] when there is none, [`Unfinished::Busy`] when another worker has the chunk.
    pub async fn note<E: ChunkError>(
        &self,
        chunk: &Chunk,
        next: NextLease,
        written: u32,
    ) -> Result<Lease, E> {
        let until = next.lease.until();
        let noted = self
            .store
            .note_written(self.scope, &self.upload, chunk, written, until);
        match noted.await {
            Ok(()) if next.is_renewed => Ok(next.lease),
            Ok(()) => Err(Unfinished::OutOfTime.into()),
            Err(StoreError::Moved) => Err(Unfinished::Busy(until).into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Notes that a chunk is done, and what became of its rows; `share` is the version of what it leaves.
    ///
    /// [`Unfinished::Busy`] when another worker took it over.
    pub async fn complete<E: ChunkError>(
        &self,
        chunk: &Chunk,
        lease: Lease,
        rows: &LoadedRows,
        share: Option<&str>,
    ) -> Result<(), E> {
        let done = self
            .store
            .complete_chunk(self.scope, &self.upload, chunk, rows, share);
        match done.await {
            Ok(()) => Ok(()),
            Err(StoreError::Moved) => Err(Unfinished::Busy(lease.until()).into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Leaves a chunk that was not completed to the next worker; says what its message fails with, or waits for.
    ///
    /// One that failed is given back; what is still under way must do no harm. One that is unfinished needs no help:
    /// another worker has it, or goes on with it.
    pub async fn give_up<E: ChunkError>(&self, chunk: &Chunk, error: E) -> E {
        self.give_up_landed(chunk, error, ready(true)).await
    }

    /// The same where something under way may do harm: a chunk that failed is given back once `landed` says that
    /// nothing is any more. Where it says no, the lease ends by itself.
    pub async fn give_up_landed<E: ChunkError>(
        &self,
        chunk: &Chunk,
        error: E,
        landed: impl Future<Output = bool>,
    ) -> E {
        if !error.is_unfinished() && landed.await {
            self.give_back(chunk).await;
        }
        verdict(error, chunk.is_tried_enough())
    }

    /// Ends the lease, whether or not the failure may pass. Else the message would find the lease in its way at each
    /// attempt, be sent anew, and never come to the dead letters.
    async fn give_back(&self, chunk: &Chunk) {
        let now = self.clock.now();
        let released = self
            .store
            .release_chunk(self.scope, &self.upload, chunk, now);
        // Another worker has it, or the lease ends by itself.
        if let Err(error) = released.await {
            tracing::debug!(error = %error, "the lease was not given back");
        }
    }
}

/// What a worker's error counts as, after so many workers.
fn verdict<E: ChunkError>(error: E, tried_enough: bool) -> E {
    if error.is_unfinished() && tried_enough {
        E::never_done()
    } else if error.is_throttled() && !tried_enough {
        Unfinished::Throttled.into()
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    enum Error {
        Unfinished(Unfinished),
        NeverDone,
        TimeoutTooShort,
        Throttling,
        Other,
    }

    impl From<StoreError> for Error {
        fn from(_: StoreError) -> Self {
            Self::Other
        }
    }

    impl From<Unfinished> for Error {
        fn from(unfinished: Unfinished) -> Self {
            Self::Unfinished(unfinished)
        }
    }

    impl ChunkError for Error {
        fn timeout_too_short() -> Self {
            Self::TimeoutTooShort
        }

        fn never_done() -> Self {
            Self::NeverDone
        }

        fn is_unfinished(&self) -> bool {
            matches!(self, Self::Unfinished(_))
        }

        fn is_throttled(&self) -> bool {
            *self == Self::Throttling
        }
    }

    #[test]
    fn what_is_no_failure_is_one_after_many_workers_and_what_is_one_stays_one() {
        let busy = || Error::Unfinished(Unfinished::Busy(Timestamp::UNIX_EPOCH));
        let out_of_time = || Error::Unfinished(Unfinished::OutOfTime);
        let throttled = Error::Unfinished(Unfinished::Throttled);
        for (error, tried_enough, counts_as) in [
            (busy(), false, busy()),
            (busy(), true, Error::NeverDone),
            (out_of_time(), false, out_of_time()),
            (out_of_time(), true, Error::NeverDone),
            (Error::Throttling, false, throttled),
            (Error::Throttling, true, Error::Throttling),
            (Error::Other, false, Error::Other),
            (Error::Other, true, Error::Other),
        ] {
            assert_eq!(verdict(error, tried_enough), counts_as);
        }
    }
}
