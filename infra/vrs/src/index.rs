//! The index of holders made anew from the records, with an operator's own rights.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use crypto::{Keyring, NoncePool, OpenError, PersonTag, PersonTags, ResidentTag, TenantKeys};
use domain::{TenantCode, TenantScope};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use manifest::ManifestReader;
use objects::{ObjectName, Objects, PinnedObject};
use store::{HolderIndex, Pointer, Store, StoreError, open_pointer, seal_pointer};

/// Residents under way at once.
const AT_ONCE: usize = 32;

/// What the index is made from, and where it is.
pub struct Indexing {
    /// The records.
    pub store: Store,
    /// The bucket of manifests.
    pub work: Objects,
    /// The index itself.
    pub index: HolderIndex,
    /// Makes the tags of persons.
    pub persons: PersonTags,
    /// The municipalities' keys.
    pub keys: Keyring,
    /// Between two calls to KMS, so that everybody else's calls get through.
    pub pause: Duration,
}

/// What was found of one municipality, or of all.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Residents, those who left included.
    pub residents: u64,
    /// Those of them without a My Number.
    pub without_number: u64,
    /// Those of them whose records cannot be read; their entries are not looked for.
    pub unreadable: Vec<Unreadable>,
    /// Entries that were there and right.
    pub right: u64,
    /// Entries that were missing.
    pub missing: u64,
    /// Entries that did not open, or led to somebody else.
    pub wrong: u64,
}

/// A resident whose record cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable {
    /// The municipality that holds the record.
    pub tenant: TenantCode,
    /// The resident whose record it is.
    pub resident: ResidentTag,
    /// The part that cannot be read.
    pub what: &'static str,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            tenant,
            resident,
            what,
        } = self;
        write!(f, "{tenant}: resident {resident} cannot be read: {what}")
    }
}

/// What a resident's record says of whose it is.
enum Whose {
    Person(PersonTag),
    WithoutNumber,
    Unreadable(&'static str),
}

impl Compared {
    /// Whether the index said what the records say, as far as they can be read.
    #[must_use]
    pub const fn is_right(&self) -> bool {
        self.missing == 0 && self.wrong == 0
    }

    pub fn add(&mut self, other: Self) {
        self.residents += other.residents;
        self.without_number += other.without_number;
        self.unreadable.extend(other.unreadable);
        self.right += other.right;
        self.missing += other.missing;
        self.wrong += other.wrong;
    }
}

impl Indexing {
    /// Holds the index against the records of one municipality: puts what is missing or wrong, and takes out
    /// what leads to no resident of theirs and does not open, unless it only looks. Looked at are the entries of
    /// persons whose number a resident carries, or carried when leaving. One for a number that nobody has any
    /// more is not found in this way. As long as it opens it does no harm: whoever it leads to is compared and
    /// does not fit. Whoever's record cannot be read is said, and keeps nobody else from being looked at.
    pub async fn rebuild(
        &self,
        tenant: TenantCode,
        only_look: bool,
        now: Timestamp,
    ) -> Result<Compared> {
        let scope = TenantScope::for_operator(tenant);
        let state = self.store.tenant(&scope).await?;
        let state = state.with_context(|| format!("{tenant} does not take part"))?;
        let keys = state.keys(&scope, &self.keys, now).await?;
        let mut compared = Compared::default();
        let persons = self.persons_of(&scope, &keys, &mut compared).await?;
        let mut nonces = NoncePool::default();
        let looked = stream::iter(persons)
            .map(|(person, residents)| async move {
                let entries = self.index.of(&person).await?;
                let own = entries.into_iter().find(|entry| entry.holder == tenant);
                let own = own.map_or_else(Vec::new, |entry| entry.pointers);
                Ok::<_, anyhow::Error>((person, residents, own))
            })
            .buffered(AT_ONCE);
        let mut looked = std::pin::pin!(looked);
        while let Some((person, residents, mut own)) = looked.try_next().await? {
            for resident in residents {
                let name = keys.pointer_tag(&person, &resident);
                let there = own.iter().position(|pointer| pointer.name == name);
                match there.map(|at| own.swap_remove(at)) {
                    Some(pointer) if leads_to(&keys, &person, &pointer, &resident) => {
                        compared.right += 1;
                        continue;
                    }
                    Some(_) => compared.wrong += 1,
                    None => compared.missing += 1,
                }
                if !only_look {
                    let pointer = seal_pointer(&keys, &mut nonces, &person, &resident);
                    self.index.put(&scope, &person, &pointer).await?;
                }
            }
            // One that does not open keeps the person from being answered about, whatever it is called.
            for pointer in own {
                if self.opens(&scope, &keys, &person, &pointer, now).await? {
                    continue;
                }
                compared.wrong += 1;
                if !only_look {
                    self.index.remove(&scope, &person, &pointer).await?;
                }
            }
        }
        Ok(compared)
    }

    /// Whether an entry leads to anybody, under a key that was added since `keys` were read too.
    async fn opens(
        &self,
        scope: &TenantScope,
        keys: &TenantKeys,
        person: &PersonTag,
        pointer: &Pointer,
        now: Timestamp,
    ) -> Result<bool> {
        let opened = open_pointer(keys, person, pointer);
        if !matches!(opened, Err(OpenError::UnknownKey(_))) {
            return Ok(opened.is_ok());
        }
        let Some(state) = self.store.tenant(scope).await? else {
            return Ok(true);
        };
        let keys = state.keys(scope, &self.keys, now).await?;
        Ok(open_pointer(&keys, person, pointer).is_ok())
    }

    /// Who has which number, those who left included: two may have the same.
    async fn persons_of(
        &self,
        scope: &TenantScope,
        keys: &Arc<TenantKeys>,
        compared: &mut Compared,
    ) -> Result<BTreeMap<PersonTag, BTreeSet<ResidentTag>>> {
        let mut persons: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        let tags = self.tags(scope, keys).await?;
        compared.residents += tags.len() as u64;
        let tagged = stream::iter(tags)
            .map(|tag| async move {
                let whose = self.whose(scope, keys, &tag).await?;
                Ok::<_, anyhow::Error>((tag, whose))
            })
            .buffered(AT_ONCE);
        let mut tagged = std::pin::pin!(tagged);
        while let Some((resident, whose)) = tagged.try_next().await? {
            match whose {
                Whose::Person(person) => {
                    persons.entry(person).or_default().insert(resident);
                }
                Whose::WithoutNumber => compared.without_number += 1,
                Whose::Unreadable(what) => compared.unreadable.push(Unreadable {
                    tenant: scope.code(),
                    resident,
                    what,
                }),
            }
        }
        Ok(persons)
    }

    async fn whose(
        &self,
        scope: &TenantScope,
        keys: &Arc<TenantKeys>,
        tag: &ResidentTag,
    ) -> Result<Whose> {
        let resident = match self.store.resident_or_former(scope, keys, tag).await {
            // The others are looked at all the same.
            Err(StoreError::Damaged { what }) => return Ok(Whose::Unreadable(what)),
            read => read?,
        };
        let Some(number) = resident.and_then(|it| it.my_number) else {
            return Ok(Whose::WithoutNumber);
        };
        tokio::time::sleep(self.pause).await;
        Ok(Whose::Person(self.persons.tag(number).await?))
    }

    /// The residents in the manifest of the register in force, those who left included: of one manifest, for
    /// whoever leaves between two would be in neither.
    async fn tags(&self, scope: &TenantScope, keys: &Arc<TenantKeys>) -> Result<Vec<ResidentTag>> {
        let register = self.store.register(scope).await?;
        let manifest = register.in_force.and_then(|in_force| in_force.manifest);
        let Some(at) = manifest else {
            return Ok(Vec::new());
        };
        let name = ObjectName::Manifest(at.generation, at.merge);
        let object = PinnedObject::written(scope, &name, &at.version);
        let object = self.work.open(scope, &object).await?;
        let mut reader = ManifestReader::new(scope, keys, &name, object);
        let mut tags = Vec::new();
        while let Some(block) = reader.next_block().await? {
            for entry in block.entries() {
                tags.push(entry?.tag);
            }
        }
        Ok(tags)
    }
}

fn leads_to(
    keys: &TenantKeys,
    person: &PersonTag,
    pointer: &Pointer,
    resident: &ResidentTag,
) -> bool {
    open_pointer(keys, person, pointer).is_ok_and(|found| found == *resident)
}
