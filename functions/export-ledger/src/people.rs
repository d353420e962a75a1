//! People with their doses, read in shares, each share by a task of its own: as many processors work on them
//! as there are.

use std::panic::resume_unwind;
use std::sync::Arc;

use crypto::{ResidentTag, TenantKeys};
use domain::{Generation, TenantScope};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use store::{PersonDoses, Store, StoreError};
use tokio::task::JoinSet;
use tracing::Instrument as _;

use crate::ExportError;

/// Persons that one task reads at least, if there are as many.
const LEAST_OF_A_SHARE: usize = 16;
/// Persons that one task reads at most.
const MOST_OF_A_SHARE: usize = 64;
/// How many of them are asked for at once.
const AT_ONCE: usize = 32;
/// How often the register may move under one person.
const MOVES: u32 = 5;

/// Reads the people of one municipality.
pub(crate) struct People {
    pub(crate) store: Store,
    pub(crate) scope: TenantScope,
    pub(crate) keys: Arc<TenantKeys>,
    /// What was in force when the reading began.
    pub(crate) generation: Generation,
    pub(crate) processors: usize,
}

impl People {
    /// These people, in this order. Ahead of whoever takes them are a share on each processor and one more.
    pub(crate) fn read(
        self: &Arc<Self>,
        tags: &[ResidentTag],
    ) -> impl Stream<Item = Result<Vec<PersonDoses>, ExportError>> + use<> {
        let this = Arc::clone(self);
        let ahead = self.processors + 1;
        let share = tags.len().div_ceil(ahead);
        let share = share.clamp(LEAST_OF_A_SHARE, MOST_OF_A_SHARE);
        let shares: Vec<_> = tags.chunks(share).map(<[_]>::to_vec).collect();
        stream::iter(shares)
            .map(move |share| apart(Arc::clone(&this).share(share)))
            .buffered(ahead)
    }

    async fn share(
        self: Arc<Self>,
        tags: Vec<ResidentTag>,
    ) -> Result<Vec<PersonDoses>, ExportError> {
        let persons = stream::iter(tags).map(|tag| self.person(tag));
        persons.buffered(AT_ONCE).try_collect().await
    }

    /// A person with their doses. When the register moves on by more than one file meanwhile, they
    /// are read under the one that is in force now.
    async fn person(&self, tag: ResidentTag) -> Result<PersonDoses, ExportError> {
        let mut generation = self.generation;
        for _ in 0..MOVES {
            let found = self
                .store
                .person_doses(&self.scope, &self.keys, &tag, generation);
            let found = found.await?;
            if found.person.is_some() {
                return Ok(found);
            }
            generation = self.store.register(&self.scope).await?.generation();
        }
        Err(ExportError::Store(StoreError::Damaged {
            what: "person of a dose",
        }))
    }
}

/// Lets a task of its own do it; it ends with whoever waits for it.
async fn apart<T: Send + 'static>(
    work: impl Future<Output = Result<T, ExportError>> + Send + 'static,
) -> Result<T, ExportError> {
    let mut task = JoinSet::new();
    task.spawn(work.in_current_span());
    match task.join_next().await {
        Some(Ok(done)) => done,
        Some(Err(error)) if error.is_panic() => resume_unwind(error.into_panic()),
        Some(Err(_)) | None => Err(ExportError::BrokenOff),
    }
}
