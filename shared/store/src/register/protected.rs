//! Who was ever protected (支援措置). A marker is written with the row that says so, and stays.

use std::collections::HashSet;

use crypto::{ResidentTag, TenantKeys};
use domain::{Generation, TenantScope};

use crate::{InRegister, Status, Store, StoreError, item::Item, keys, many::MOST};

/// [`crate::RegisterWriter::add_protected`] writes the markers, before the register that they come from is in force.
///
/// Of whom nothing is known there is none: whoever asks whether somebody may be protected looks at the resident in
/// force as well.
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

    /// Who of these is. Nothing is read for none.
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

    /// Who of these is noted so, or may be protected as the register in force has them, who were removed among them:
    /// of whom that does not say that they are not, or cannot be read.
    pub async fn may_be_protected(
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

    /// Who of these is protected under `generation`, registered or removed. Whoever cannot be read is taken for
    /// registered and protected: one spoilt record holds up no file, and nobody who may be protected loses it unasked.
    pub async fn protected_under(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        residents: &[ResidentTag],
        generation: Generation,
    ) -> Result<Vec<(ResidentTag, Status)>, StoreError> {
        let opened = self.opened(scope, keys, residents, generation).await?;
        let status = |found: Result<Option<InRegister>, StoreError>| match found {
            Ok(found) => found
                .filter(|it| it.resident.resident.protected == Some(true))
                .map(|it| it.status),
            Err(_) => Some(Status::Registered),
        };
        let protected = opened.into_iter();
        let protected = protected.filter_map(|(tag, found)| Some((tag, status(found)?)));
        Ok(protected.collect())
    }

    /// Everybody of the municipality's who is, in the order of their tags' texts. Of a million residents, a thousand or two.
    pub async fn every_protected(
        &self,
        scope: &TenantScope,
    ) -> Result<Vec<ResidentTag>, StoreError> {
        self.hints(scope, &keys::protected(scope)).await
    }
}
