//! Who was ever protected (支援措置). A marker is written with the row that says so, and stays.

use std::collections::{BTreeSet, HashSet};

use crypto::{ResidentTag, TenantKeys};
use domain::{Generation, TenantScope};
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};

use crate::{InRegister, Status, Store, StoreError, item::Item, keys, many::MOST};

/// How many requests, for residents or for what the log says of one, are under way at once.
const AT_ONCE: usize = 8;

/// [`crate::RegisterWriter::add_protected`] writes the markers, before the register that they come from is in force.
///
/// There is no marker for somebody of whom nothing is known. So to find out whether somebody may be protected, look at
/// the resident in force as well.
impl Store {
    /// Whether the resident is noted as protected now or at any time before.
    pub async fn ever_protected(
        &self,
        scope: &TenantScope,
        resident: &ResidentTag,
    ) -> Result<bool, StoreError> {
        let pk = keys::protected(scope);
        let marker = self.get(scope, pk, &resident.to_string()).await?;
        Ok(marker.is_some())
    }

    /// Which of these are noted so. Without any, nothing is read.
    pub async fn protected_among(
        &self,
        scope: &TenantScope,
        residents: &[ResidentTag],
    ) -> Result<HashSet<ResidentTag>, StoreError> {
        let mut found = HashSet::new();
        for some in residents.chunks(MOST) {
            let key = |tag: &ResidentTag| (keys::protected(scope), tag.to_string());
            let some: Vec<_> = some.iter().map(key).collect();
            for marker in self.get_many(scope, &some).await? {
                let tag = ResidentTag::parse(Item(&marker).text("sk")?);
                found.insert(tag.map_err(|_| StoreError::Damaged {
                    what: "marker of protection",
                })?);
            }
        }
        Ok(found)
    }

    /// Which of these may be protected, or may have been when they were asked about: by the register, by the log's
    /// entries about them, or because another record that such an entry names may be protected.
    pub async fn may_ever_be_protected(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        residents: &[ResidentTag],
    ) -> Result<HashSet<ResidentTag>, StoreError> {
        let mut may_be = self.may_be_protected(scope, keys, residents).await?;
        let rest = residents.iter().filter(|tag| !may_be.contains(*tag));
        let entries = rest.map(|tag| async move {
            let entries = self.every_inquiry_about(scope, tag).await?;
            Ok::<_, StoreError>((*tag, entries))
        });
        let entries: Vec<_> = entries.collect();
        let entries = stream::iter(entries).buffer_unordered(AT_ONCE);
        let entries: Vec<_> = entries.try_collect().await?;
        let named = entries.iter().flat_map(|(tag, entries)| {
            let named = entries.iter().filter_map(|entry| entry.event.resident());
            named.filter(move |named| named != tag)
        });
        let named = Vec::from_iter(named.collect::<BTreeSet<_>>());
        let named = self.may_be_protected(scope, keys, &named).await?;
        may_be.extend(entries.into_iter().filter_map(|(tag, entries)| {
            let is_told = entries.iter().any(|entry| {
                let other = entry.event.resident();
                entry.may_tell_of_protected() || other.is_some_and(|it| named.contains(&it))
            });
            is_told.then_some(tag)
        }));
        Ok(may_be)
    }

    /// Which of these have a marker, or may be protected by the register in force, removed residents included: unless
    /// it says "not protected", they may be, and so may those whose record cannot be read.
    async fn may_be_protected(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        residents: &[ResidentTag],
    ) -> Result<HashSet<ResidentTag>, StoreError> {
        let mut may_be = self.protected_among(scope, residents).await?;
        let rest = residents.iter().filter(|tag| !may_be.contains(*tag));
        let rest: Vec<_> = rest.copied().collect();
        if rest.is_empty() {
            return Ok(may_be);
        }
        let generation = self.register(scope).await?.generation();
        let mut unprotected = HashSet::new();
        for (tag, found) in self.opened(scope, keys, &rest, generation).await? {
            if let Ok(Some(found)) = found
                && found.resident.resident.protected == Some(false)
            {
                unprotected.insert(tag);
            }
        }
        may_be.extend(rest.into_iter().filter(|tag| !unprotected.contains(tag)));
        Ok(may_be)
    }

    /// The status (registered or removed) of each of these who is protected under `generation`, in no order.
    /// Whoever cannot be read is taken for registered and protected: one spoilt record holds up no file, and nobody who
    /// may be protected loses it unasked. They may be many: what was opened is not kept.
    pub async fn protected_under(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        residents: &[ResidentTag],
        generation: Generation,
    ) -> Result<Vec<Status>, StoreError> {
        let read = |some| self.protected_of(scope, keys, some, generation).boxed();
        let reads: Vec<_> = residents.chunks(MOST).map(read).collect();
        let protected = stream::iter(reads).buffer_unordered(AT_ONCE);
        protected.try_concat().await
    }

    async fn protected_of(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        residents: &[ResidentTag],
        generation: Generation,
    ) -> Result<Vec<Status>, StoreError> {
        let opened = self.opened(scope, keys, residents, generation).await?;
        let status = |found: Result<Option<InRegister>, StoreError>| match found {
            Ok(found) => found
                .filter(|it| it.resident.resident.protected == Some(true))
                .map(|it| it.status),
            Err(_) => Some(Status::Registered),
        };
        let protected = opened.into_iter();
        Ok(protected.filter_map(|(_, found)| status(found)).collect())
    }

    /// Everybody of the municipality's who is, in the order of their tags' texts. Of a million residents, a thousand or two.
    pub async fn every_protected(
        &self,
        scope: &TenantScope,
    ) -> Result<Vec<ResidentTag>, StoreError> {
        self.hints(scope, &keys::protected(scope)).await
    }
}
