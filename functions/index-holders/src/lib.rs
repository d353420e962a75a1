//! Keeps the index of holders: which municipalities hold records of which person.
//!
//! **Triggered by** the stream of the table `records`: residents who are new, and residents whose My Number
//! changed, in the order of each resident's changes.
//!
//! **What a repeat does.** An entry is put under person, municipality and resident, whole; putting it again changes
//! nothing. A batch that failed comes again from the record that failed, is split when it keeps failing, and in
//! the end goes to the dead letters, which raises an alarm. `vrs index rebuild` makes the index anew. A record of a
//! municipality that does not take part (any more) is passed over, with a warning in the log.
//!
//! Entries are only ever put, here, and never read here: this function opens My Numbers and has no right to look
//! up who holds records of whom. An entry that is out of date leads to a resident whose number is compared and
//! does not fit. Each resident who was given a number has an entry of their own under it, so a resident who is given
//! somebody else's number by mistake does not hide the person who carries it. My Number itself goes nowhere but to
//! KMS, for the person's tag.

mod pace;
mod record;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use crypto::{Keyring, KmsError, NoncePool, PersonTag, PersonTags, Tag, TenantKeys};
use domain::{Clock, TenantCode, TenantScope};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use store::{HolderIndex, Pointer, Store, StoreError, seal_pointer};

use crate::pace::Pace;
use crate::record::{Change, NotARecord};
pub use wire::wire;

/// Calls under way at the same time.
const AT_ONCE: usize = 8;

/// The function's work, over its adapters.
struct IndexHolders {
    store: Store,
    index: HolderIndex,
    keys: Keyring,
    persons: PersonTags,
    /// How many tags may be made in a second.
    pace: Pace,
    clock: Arc<dyn Clock>,
}

/// A record could not be dealt with.
#[derive(Debug, thiserror::Error)]
enum IndexError {
    /// Not a record of this stream.
    #[error(transparent)]
    Record(#[from] NotARecord),
    /// A table or the key service failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The record of a batch that failed, and why.
struct FailedAt {
    /// Its place in the batch.
    record: usize,
    error: IndexError,
}

impl From<KmsError> for IndexError {
    fn from(error: KmsError) -> Self {
        Self::Store(error.into())
    }
}

/// A resident whose number the index does not have yet.
struct New {
    at: usize,
    scope: TenantScope,
    keys: Arc<TenantKeys>,
    change: Change,
}

/// An entry to be put, and the last record that it is for.
struct Entry {
    at: usize,
    scope: TenantScope,
    pointer: Pointer,
}

/// The keys of the municipalities in a batch; `None` for one that does not take part.
type Known = BTreeMap<TenantCode, Option<Arc<TenantKeys>>>;

impl IndexHolders {
    /// Deals with a batch in its order. Fails with the place of the first record that failed; those
    /// before it are done.
    async fn handle(&self, records: Vec<String>) -> Result<(), FailedAt> {
        let (news, stopped) = self.new_numbers(&records).await;
        let tagged = self.entries(news).await;
        let (entries, failed) = match tagged {
            Ok(entries) => (entries, None),
            // Nothing was put yet: all of the batch comes again from its first record.
            Err(error) => (BTreeMap::new(), Some(FailedAt { record: 0, error })),
        };
        let puts = entries.iter().map(|((person, _), entry)| async move {
            let put = self.index.put(&entry.scope, person, &entry.pointer).await;
            put.map_err(|error| FailedAt {
                record: entry.at,
                error: error.into(),
            })
        });
        let puts: Vec<_> = puts.collect();
        let mut puts = stream::iter(puts).buffer_unordered(AT_ONCE);
        let mut first = failed.or(stopped);
        while let Some(put) = puts.next().await {
            if let Err(failed) = put
                && first.as_ref().is_none_or(|it| failed.record < it.record)
            {
                first = Some(failed);
            }
        }
        first.map_or(Ok(()), Err)
    }

    /// The numbers that are new, up to the first record that cannot be read.
    async fn new_numbers(&self, records: &[String]) -> (Vec<New>, Option<FailedAt>) {
        let (mut news, mut known) = (Vec::new(), Known::new());
        for (at, record) in records.iter().enumerate() {
            match self.new_number(at, record, &mut known).await {
                Ok(new) => news.extend(new),
                Err(error) => return (news, Some(FailedAt { record: at, error })),
            }
        }
        (news, None)
    }

    async fn new_number(
        &self,
        at: usize,
        record: &str,
        known: &mut Known,
    ) -> Result<Option<New>, IndexError> {
        let Some(change) = Change::read(record)? else {
            return Ok(None);
        };
        let scope = change.key.scope();
        let keys = if let Some(keys) = known.get(&scope.code()) {
            keys.clone()
        } else {
            let keys = self.tenant_keys(&scope).await?;
            known.entry(scope.code()).or_insert(keys).clone()
        };
        let Some(keys) = keys else {
            // It has left while its records were still written; who waits behind them must not wait for that.
            tracing::warn!(tenant = %scope.code(), "a record of a municipality that does not take part");
            return Ok(None);
        };
        let is_new = change.is_new(&keys)?;
        Ok(is_new.then_some(New {
            at,
            scope,
            keys,
            change,
        }))
    }

    /// Entries by person and name: of two records that make the same one, the later counts.
    async fn entries(
        &self,
        news: Vec<New>,
    ) -> Result<BTreeMap<(PersonTag, Tag), Entry>, IndexError> {
        let tags = news.into_iter().map(|new| async move {
            let Some(number) = new.change.my_number(&new.keys)? else {
                return Ok(None);
            };
            self.pace.turn().await;
            let person = self.persons.tag(number).await?;
            Ok::<_, IndexError>(Some((new, person)))
        });
        let tags: Vec<_> = tags.collect();
        let tagged: Vec<_> = stream::iter(tags).buffered(AT_ONCE).try_collect().await?;
        let mut nonces = NoncePool::default();
        let mut entries = BTreeMap::new();
        for (new, person) in tagged.into_iter().flatten() {
            let resident = &new.change.key.resident;
            let pointer = seal_pointer(&new.keys, &mut nonces, &person, resident);
            let entry = Entry {
                at: new.at,
                scope: new.scope,
                pointer,
            };
            entries.insert((person, entry.pointer.name), entry);
        }
        Ok(entries)
    }

    /// `None` of a municipality that does not take part.
    async fn tenant_keys(
        &self,
        scope: &TenantScope,
    ) -> Result<Option<Arc<TenantKeys>>, IndexError> {
        let Some(tenant) = self.store.tenant(scope).await? else {
            return Ok(None);
        };
        let now = self.clock.now();
        Ok(Some(tenant.keys(scope, &self.keys, now).await?))
    }
}
